"""The rows of alarms: what is found, since when, and what of it was told. It refuses to decide."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from engage.db.sealing import MasterKeys
from engage.db.session import Query, Work
from engage.db.tables import alarm, membership, paging, practice, staff
from engage.ids import PracticeId, QueueItemId
from engage.queue.escalation import policy_for
from engage.queue.paging.leaving.store import PLACE
from engage.queue.paging.store import due

_PRACTICE = bindparam("practice", type_=Uuid())
_AT = bindparam("at", type_=alarm.c.found_at.type)
_LEADS = ("practice_admin", "supervisor")


class Alarm(Struct, frozen=True, kw_only=True):
    """A finding as it was told, or is to be."""

    id: UUID
    about: str
    count: int
    found_at: datetime
    raised_at: datetime | None
    mailed_at: datetime | None
    cleared_at: datetime | None


_new = insert(alarm).values(
    practice_id=_PRACTICE,
    about=bindparam("about"),
    id=bindparam("id", type_=Uuid()),
    found_at=_AT,
    seen_at=_AT,
    count=bindparam("many", type_=alarm.c.count.type),
)
_again = alarm.c.cleared_at.isnot(None)
_NOTE = Query(
    _new.on_conflict_do_update(
        index_elements=[alarm.c.practice_id, alarm.c.about],
        set_={
            "id": case((_again, _new.excluded.id), else_=alarm.c.id),
            "found_at": case((_again, _new.excluded.found_at), else_=alarm.c.found_at),
            "seen_at": _new.excluded.seen_at,
            "count": _new.excluded.count,
            "raised_at": case((_again, None), else_=alarm.c.raised_at),
            "mailed_at": case((_again, None), else_=alarm.c.mailed_at),
            "cleared_told_at": case((_again, None), else_=alarm.c.cleared_told_at),
            "cleared_at": None,
        },
    )
)
_GONE = Query(
    update(alarm)
    .where(
        alarm.c.practice_id == _PRACTICE,
        alarm.c.cleared_at.is_(None),
        ~(alarm.c.about == any_(bindparam("found", type_=ARRAY(Text())))),
    )
    .values(cleared_at=_AT)
)
_UNTOLD = Query(
    select(alarm)
    .where(
        alarm.c.practice_id == _PRACTICE,
        or_(
            alarm.c.cleared_at.is_(None)
            & or_(alarm.c.raised_at.is_(None), alarm.c.mailed_at.is_(None)),
            alarm.c.cleared_at.isnot(None)
            & alarm.c.cleared_told_at.is_(None)
            & or_(alarm.c.raised_at.isnot(None), alarm.c.mailed_at.isnot(None)),
        ),
    )
    .order_by(alarm.c.about)
)
_these = (
    alarm.c.practice_id == _PRACTICE,
    alarm.c.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
)
_RAISED = Query(update(alarm).where(*_these).values(raised_at=_AT))
_MAILED = Query(
    update(alarm)
    .where(*_these, or_(alarm.c.mailed_at.is_(None), _AT.is_(None)))
    .values(mailed_at=_AT)
)
_CLEARED_TOLD = Query(
    update(alarm)
    .where(*_these, or_(alarm.c.cleared_told_at.is_(None), _AT.is_(None)))
    .values(cleared_told_at=_AT)
)
_begun = insert(paging).values(
    practice_id=_PRACTICE,
    item_id=bindparam("item", type_=Uuid()),
    policy=bindparam("rules", type_=JSONB()),
    started_at=_AT,
    next_at=_AT,
)
_PAGE = Query(
    _begun.on_conflict_do_update(
        index_elements=[paging.c.practice_id, paging.c.item_id],
        set_={
            "started_at": _begun.excluded.started_at,
            "next_at": _begun.excluded.next_at,
            "ended_at": None,
            "step": 0,
            "acknowledged_by": None,
            "acknowledged_at": None,
            "lease_until": None,
        },
        # Who is being told already is told once.
        where=paging.c.ended_at.isnot(None),
    )
)
_PEOPLE = Query(
    select(
        staff.c.id,
        staff.c.email_sealed,
        (staff.c.id == practice.c.responsible_id).label("responsible"),
        func.array_agg(membership.c.role).label("roles"),
    )
    .join(membership, membership.c.staff_id == staff.c.id)
    .join(practice, practice.c.id == membership.c.practice_id)
    .where(
        membership.c.practice_id == _PRACTICE,
        staff.c.active,
        membership.c.from_at <= _AT,
        or_(membership.c.until_at.is_(None), membership.c.until_at > _AT),
    )
    .group_by(staff.c.id, staff.c.email_sealed, practice.c.responsible_id)
    .order_by(staff.c.id)
)


async def note(
    work: Work, practice_id: PracticeId, found: Mapping[str, tuple[UUID, int]], at: datetime
) -> None:
    """Write what is found now; what was found before and is not any more has cleared."""
    for about, (fresh, count) in sorted(found.items()):
        await work.run(_NOTE, practice=practice_id, about=about, id=fresh, many=count, at=at)
    await work.run(_GONE, practice=practice_id, found=sorted(found), at=at)


async def untold(work: Work, practice_id: PracticeId) -> list[Alarm]:
    """Return what is not told in every way yet, and what has cleared without a word."""
    return [
        Alarm(
            id=row["id"],
            about=row["about"],
            count=row["count"],
            found_at=row["found_at"],
            raised_at=row["raised_at"],
            mailed_at=row["mailed_at"],
            cleared_at=row["cleared_at"],
        )
        for row in await work.rows(_UNTOLD, practice=practice_id)
    ]


async def raised(work: Work, practice_id: PracticeId, alarm_id: UUID, at: datetime) -> None:
    """Note that an alarm has become work."""
    await work.run(_RAISED, practice=practice_id, ids=[alarm_id], at=at)


async def mailed(
    work: Work, practice_id: PracticeId, ids: Sequence[UUID], at: datetime | None
) -> int:
    """Note that a letter about alarms leaves; None: it did not. Return how many there were."""
    return await work.run(_MAILED, practice=practice_id, ids=list(ids), at=at)


async def cleared_told(
    work: Work, practice_id: PracticeId, ids: Sequence[UUID], at: datetime | None
) -> int:
    """Note that it was said that alarms have cleared; None: it was not."""
    return await work.run(_CLEARED_TOLD, practice=practice_id, ids=list(ids), at=at)


async def page(work: Work, practice_id: PracticeId, item: QueueItemId, at: datetime) -> None:
    """Have the owner of an item told now, and then the next, unless somebody is being told."""
    rules = msgspec.json.encode(policy_for("possible")).decode()
    if await work.run(_PAGE, practice=practice_id, item=item, rules=rules, at=at):
        await due(work, practice_id, item, at)


async def responsible(
    work: Work, practice_id: PracticeId, master: MasterKeys, at: datetime
) -> tuple[str, ...]:
    """Return where to write: who is responsible, else who directs the work, else everybody."""
    people = await work.rows(_PEOPLE, practice=practice_id, at=at)
    chosen = (
        [one for one in people if one["responsible"]]
        or [one for one in people if set(_LEADS) & set(one["roles"])]
        or people
    )
    return tuple(master.open_global(PLACE, one["id"], one["email_sealed"]) for one in chosen)
