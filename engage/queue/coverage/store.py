"""Who is away and who covers, what is written of somebody's work, and whose work is left alone."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from engage.db.session import Query, Row, Work
from engage.db.tables import (
    assignment,
    care_team_member,
    cover,
    duty,
    patient,
    queue_item,
)
from engage.ids import CoverId, PracticeId, QueueItemId, StaffId
from engage.people.access import Visible
from engage.people.staff import Cover
from engage.queue.leaving import Left
from engage.queue.routing import Shifts

AT_ONCE = 200
"""How many items are moved before the next look."""

MOST_LEFT = 500
"""How much of somebody's work is looked at beforehand."""

_HERE = bindparam("practice", type_=Uuid())
_PRACTICES = any_(bindparam("practices", type_=ARRAY(Uuid())))


class CoverKept(Struct, frozen=True):
    """A cover and whose practice it is."""

    practice_id: PracticeId
    cover: Cover


class DutyKept(Struct, frozen=True, kw_only=True):
    """What is written of somebody's work in a practice."""

    practice_id: PracticeId
    staff_id: StaffId
    hours: Shifts | None
    capacity: int | None
    languages: tuple[str, ...]
    changed_by: StaffId
    changed_at: datetime
    version: int = 1


_COVERS = Query(
    select(cover)
    .where(cover.c.practice_id == _PRACTICES, cover.c.until_at > bindparam("now"))
    .order_by(cover.c.from_at, cover.c.id)
    .limit(500)
)
_LOCK_COVER = Query(
    select(cover)
    .where(cover.c.practice_id == _HERE, cover.c.id == bindparam("one"))
    .with_for_update()
)
_SAVE_COVER = Query(
    update(cover)
    .where(cover.c.practice_id == _HERE, cover.c.id == bindparam("one"))
    .values(
        cover_id=bindparam("by_whom"),
        from_at=bindparam("begins"),
        until_at=bindparam("ends"),
    )
)
_OWNERS = Query(
    select(queue_item.c.owner_id, func.count().label("held"))
    .where(queue_item.c.practice_id == _HERE, queue_item.c.closed_at.is_(None))
    .group_by(queue_item.c.owner_id)
)
_OWNED = Query(
    select(queue_item.c.id)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.owner_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
        queue_item.c.closed_at.is_(None),
        ~(queue_item.c.id == any_(bindparam("but", type_=ARRAY(Uuid())))),
    )
    # What can't wait is moved first.
    .order_by(queue_item.c.urgency, queue_item.c.due_at, queue_item.c.id)
    .limit(AT_ONCE)
)
_person = bindparam("person", type_=Uuid())


def _theirs(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.practice_id == queue_item.c.practice_id,
        table.c.patient_id == queue_item.c.patient_id,
        table.c.from_at <= bindparam("now"),
        or_(table.c.until_at.is_(None), table.c.until_at > bindparam("now")),
    )


_LEFT = Query(
    select(
        queue_item.c.severity,
        queue_item.c.due_at,
        patient.c.language,
        select(assignment.c.staff_id)
        .where(*_theirs(assignment))
        .order_by(assignment.c.from_at.desc())
        .limit(1)
        .correlate(queue_item)
        .scalar_subquery()
        .label("manager"),
        select(
            func.array_agg(
                aggregate_order_by(
                    care_team_member.c.staff_id,
                    care_team_member.c.from_at,
                    care_team_member.c.staff_id,
                )
            )
        )
        .where(*_theirs(care_team_member))
        .correlate(queue_item)
        .scalar_subquery()
        .label("team"),
    )
    .select_from(queue_item)
    .outerjoin(
        patient,
        (patient.c.practice_id == queue_item.c.practice_id)
        & (patient.c.id == queue_item.c.patient_id),
    )
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.owner_id == _person,
        queue_item.c.closed_at.is_(None),
    )
    # As the round takes it.
    .order_by(queue_item.c.urgency, queue_item.c.due_at, queue_item.c.id)
    .limit(MOST_LEFT)
)
_LOCK_DUTY = Query(
    select(duty.c.version)
    .where(duty.c.practice_id == _HERE, duty.c.staff_id == _person)
    .with_for_update()
)
_DUTIES = Query(select(duty).where(duty.c.practice_id == _PRACTICES))
_put = insert(duty).values({c.name: bindparam(c.name) for c in duty.c if c.name != "version"})
_PUT_DUTY = Query(
    _put.on_conflict_do_update(
        index_elements=["practice_id", "staff_id"],
        set_={
            **{
                name: _put.excluded[name]
                for name in ("hours", "capacity", "languages", "changed_by", "changed_at")
            },
            "version": duty.c.version + 1,
        },
    )
)


async def covers(work: Work, visible: Visible, now: datetime) -> tuple[CoverKept, ...]:
    """Return who is or will be away, and who covers, in order of time."""
    rows = await work.rows(_COVERS, practices=list(visible.practices), now=now)
    return tuple(CoverKept(PracticeId(row["practice_id"]), _cover(row)) for row in rows)


async def lock_cover(work: Work, practice: PracticeId, one: CoverId) -> Cover | None:
    """Lock and return a cover."""
    row = await work.maybe(_LOCK_COVER, practice=practice, one=one)
    return None if row is None else _cover(row)


async def save_cover(work: Work, practice: PracticeId, after: Cover) -> None:
    """Write who covers now, and from when until when."""
    await work.run(
        _SAVE_COVER,
        practice=practice,
        one=after.id,
        by_whom=after.cover_id,
        begins=after.from_at,
        ends=after.until_at,
    )


async def held(work: Work, practice: PracticeId) -> Mapping[StaffId, int]:
    """Return how many open items each owner has."""
    rows = await work.rows(_OWNERS, practice=practice)
    return {StaffId(row["owner_id"]): row["held"] for row in rows}


async def owned_by(
    work: Work, practice: PracticeId, people: Sequence[StaffId], but: Collection[QueueItemId]
) -> tuple[QueueItemId, ...]:
    """Return open work of some people that is not named, the gravest first; AT_ONCE at the most."""
    rows = await work.rows(_OWNED, practice=practice, people=list(people), but=list(but))
    return tuple(QueueItemId(row["id"]) for row in rows)


async def left_by(
    work: Work, practice: PracticeId, person: StaffId, now: datetime
) -> tuple[Left, ...]:
    """Return the open work of somebody, the gravest first; MOST_LEFT at the most."""
    return tuple(
        Left(
            severity=row["severity"],
            due_at=row["due_at"],
            manager=None if row["manager"] is None else StaffId(row["manager"]),
            team=tuple(StaffId(one) for one in row["team"] or ()),
            language=row["language"],
        )
        for row in await work.rows(_LEFT, practice=practice, person=person, now=now)
    )


async def duties(work: Work, visible: Visible) -> tuple[DutyKept, ...]:
    """Return what is written of everybody's work."""
    return tuple(
        DutyKept(
            practice_id=PracticeId(row["practice_id"]),
            staff_id=StaffId(row["staff_id"]),
            hours=None if row["hours"] is None else msgspec.json.decode(row["hours"], type=Shifts),
            capacity=row["capacity"],
            languages=tuple(row["languages"]),
            changed_by=StaffId(row["changed_by"]),
            changed_at=row["changed_at"],
            version=row["version"],
        )
        for row in await work.rows(_DUTIES, practices=list(visible.practices))
    )


async def lock_duty(work: Work, practice: PracticeId, person: StaffId) -> int:
    """Lock what is known of somebody's work, and return its version; 0: nothing is known."""
    row = await work.maybe(_LOCK_DUTY, practice=practice, person=person)
    return 0 if row is None else row["version"]


async def put_duty(work: Work, new: DutyKept) -> None:
    """Write what is known of somebody's work, in place of what was."""
    columns = msgspec.structs.asdict(new)
    del columns["version"]
    columns["hours"] = None if new.hours is None else msgspec.json.encode(new.hours).decode()
    columns["languages"] = list(new.languages)
    await work.run(_PUT_DUTY, **columns)


def _cover(row: Row) -> Cover:
    return Cover(
        id=CoverId(row["id"]),
        absent_id=StaffId(row["absent_id"]),
        cover_id=StaffId(row["cover_id"]),
        from_at=row["from_at"],
        until_at=row["until_at"],
    )
