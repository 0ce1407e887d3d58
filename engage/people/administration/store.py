"""The rows of what administrators change, and of what it was before. It refuses to decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, insert, or_, select, update

from engage.clock import random_bytes
from engage.db.session import Query, Work
from engage.db.tables import membership, practice, practice_change, staff
from engage.ids import RANDOM_BYTES, PracticeId, StaffId, uuid7
from engage.people.practice import Practice
from engage.people.staff import Role
from engage.people.staffing.store import get_practice

About: TypeAlias = Literal[
    "practice", "holidays", "escalation", "on-call", "texts", "staff", "organization"
]
MOST_CHANGES = 50
_LOCALLY = True  # set_config's third argument: only in this transaction
_HERE = practice.c.id == bindparam("practice")
_WRITTEN = (
    "name",
    "texting_name",
    "support_phone",
    "time_zone",
    "business_hours",
    "holidays",
    "languages",
    "responsible_id",
    "texting_hours",
    "texts_a_day",
    "texts_a_week",
    "version",
)


class Change(Struct, frozen=True, kw_only=True):
    """What somebody changed, from what to what."""

    id: UUID
    at: datetime
    staff_id: StaffId
    given_name: str
    family_name: str
    about: About
    subject_id: UUID
    before: Any
    after: Any


_LOCK = Query(select(practice.c.id).where(_HERE).with_for_update(key_share=True))
_SAVE = Query(
    update(practice)
    .where(_HERE)
    .values({name: bindparam(f"its_{name}", type_=practice.c[name].type) for name in _WRITTEN})
)
_NOTE = Query(
    insert(practice_change).values({c.name: bindparam(c.name) for c in practice_change.c})
)
_CHANGES = Query(
    select(practice_change, staff.c.given_name, staff.c.family_name)
    .join(staff, staff.c.id == practice_change.c.staff_id)
    .where(
        practice_change.c.practice_id == bindparam("practice"),
        or_(
            bindparam("about", type_=practice_change.c.about.type).is_(None),
            practice_change.c.about == bindparam("about", type_=practice_change.c.about.type),
        ),
    )
    .order_by(practice_change.c.id.desc())
    .limit(MOST_CHANGES)
)
_ACTIVE = Query(
    update(staff).where(staff.c.id == bindparam("person")).values(active=bindparam("active"))
)
_PLACES = Query(
    select(membership.c.practice_id)
    .where(
        membership.c.staff_id == bindparam("person"),
        membership.c.from_at <= bindparam("now"),
        or_(membership.c.until_at.is_(None), membership.c.until_at > bindparam("now")),
    )
    .distinct()
    .order_by(membership.c.practice_id)
)
_END_ROLE = Query(
    update(membership)
    .where(
        membership.c.practice_id == bindparam("practice"),
        membership.c.staff_id == bindparam("person"),
        membership.c.role == bindparam("role"),
        or_(membership.c.until_at.is_(None), membership.c.until_at > bindparam("now")),
    )
    .values(until_at=bindparam("now"))
)


async def lock_practice(work: Work, practice_id: PracticeId) -> Practice:
    """Return a practice, and let nobody else change it or its people meanwhile."""
    await work.maybe(_LOCK, practice=practice_id)
    return await get_practice(work, practice_id)


async def save_practice(work: Work, after: Practice) -> None:
    """Write what is said of a practice."""
    fields = msgspec.structs.asdict(after)
    fields["business_hours"] = msgspec.json.encode(after.business_hours).decode()
    fields["languages"] = list(after.languages)
    values = {f"its_{name}": fields[name] for name in _WRITTEN}
    await work.run(_SAVE, practice=after.id, **values)


async def add_change(
    work: Work,
    practice_id: PracticeId,
    staff_id: StaffId,
    at: datetime,
    about: About,
    subject_id: UUID,
    before: object,
    after: object,
) -> None:
    """Add what was changed, from what to what."""
    await work.run(
        _NOTE,
        practice_id=practice_id,
        id=uuid7(at, random_bytes(RANDOM_BYTES)),
        at=at,
        staff_id=staff_id,
        about=about,
        subject_id=subject_id,
        before=msgspec.json.encode(before).decode(),
        after=msgspec.json.encode(after).decode(),
    )


async def changes(
    work: Work, practice_id: PracticeId, about: About | None = None
) -> Sequence[Change]:
    """Return the newest changes of a practice, or of one kind."""
    return [
        Change(
            id=row["id"],
            at=row["at"],
            staff_id=StaffId(row["staff_id"]),
            given_name=row["given_name"],
            family_name=row["family_name"],
            about=row["about"],
            subject_id=row["subject_id"],
            before=msgspec.json.decode(row["before"]),
            after=msgspec.json.decode(row["after"]),
        )
        for row in await work.rows(_CHANGES, practice=practice_id, about=about)
    ]


async def set_active(work: Work, person: StaffId, *, active: bool) -> None:
    """Let somebody in, or not, wherever they work."""
    await work.run(_ACTIVE, person=person, active=active)


async def works_in(work: Work, person: StaffId, at: datetime) -> tuple[PracticeId, ...]:
    """Return where somebody has a role now, active or not; it leaves no practice in scope."""
    await work.call("set_config", "engage.practices", "{}", _LOCALLY)
    await work.call("set_config", "engage.staff", str(person), _LOCALLY)
    rows = await work.rows(_PLACES, person=person, now=at)
    return tuple(PracticeId(row["practice_id"]) for row in rows)


async def end_role(
    work: Work, practice_id: PracticeId, person: StaffId, role: Role, at: datetime
) -> None:
    """End a role of somebody who can't sign in any more."""
    await work.run(_END_ROLE, practice=practice_id, person=person, role=role, now=at)
