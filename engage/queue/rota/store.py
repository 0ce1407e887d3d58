"""The rows of rules and of the rota.

New paging takes the newest rules along by a trigger of the database (0025), so nothing here is read
on the way of a text. This room refuses to judge rules: rules.py does.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Uuid, bindparam, func, insert, select, update

from engage.db.session import Query, Row, Work
from engage.db.tables import escalation_rules, on_call
from engage.ids import PracticeId, StaffId
from engage.queue.rules import SHIPPED, Rules

MOST_DUTIES = 500


class OnCall(Struct, frozen=True, kw_only=True):
    """Who is on call from when until when."""

    id: UUID
    staff_id: StaffId
    from_at: datetime
    until_at: datetime
    removed_at: datetime | None = None
    version: int = 1


_HERE = bindparam("practice", type_=Uuid())
_RULES = Query(
    select(escalation_rules)
    .where(escalation_rules.c.practice_id == _HERE)
    .order_by(escalation_rules.c.version.desc())
    .limit(1)
)
_ADD_RULES = Query(
    insert(escalation_rules).values({c.name: bindparam(c.name) for c in escalation_rules.c})
)
_kept = (on_call.c.practice_id == _HERE, on_call.c.removed_at.is_(None))
_NOW = Query(
    select(on_call.c.staff_id)
    .where(*_kept, on_call.c.from_at <= bindparam("now"), on_call.c.until_at > bindparam("now"))
    .group_by(on_call.c.staff_id)
    .order_by(func.min(on_call.c.from_at), on_call.c.staff_id)
)
_BETWEEN = Query(
    select(on_call)
    .where(*_kept, on_call.c.from_at < bindparam("until"), on_call.c.until_at > bindparam("since"))
    .order_by(on_call.c.from_at, on_call.c.id)
    .limit(MOST_DUTIES)
)
_one = (on_call.c.practice_id == _HERE, on_call.c.id == bindparam("one"))
_LOCK = Query(select(on_call).where(*_one).with_for_update())
_ADD = Query(
    insert(on_call).values(
        {
            c.name: bindparam(f"its_{c.name}", type_=c.type)
            for c in on_call.c
            if c.name not in ("removed_at", "version")
        }
    )
)
_SAVE = Query(
    update(on_call)
    .where(*_one)
    .values(
        {
            c.name: bindparam(f"its_{c.name}", type_=c.type)
            for c in on_call.c
            if c.name not in ("practice_id", "id")
        }
    )
)


async def rules_of(work: Work, practice: PracticeId) -> Rules:
    """Return a practice's rules; those that are shipped where it has none, or none can be read."""
    row = await work.maybe(_RULES, practice=practice)
    if row is None:
        return SHIPPED
    try:
        read = msgspec.json.decode(row["rules"], type=Rules)
    except msgspec.MsgspecError:
        read = SHIPPED
    return msgspec.structs.replace(read, version=row["version"])


async def put_rules(
    work: Work, practice: PracticeId, rules: Rules, by: StaffId, at: datetime
) -> None:
    """Write rules as the version that they name; what is under way keeps those it has."""
    told = {"crisis": rules.crisis, "possible": rules.possible}
    await work.run(
        _ADD_RULES,
        practice_id=practice,
        version=rules.version,
        rules=msgspec.json.encode(told).decode(),
        set_by=by,
        set_at=at,
    )


async def on_call_at(work: Work, practice: PracticeId, at: datetime) -> tuple[StaffId, ...]:
    """Return who is on call at a moment, whoever began first first."""
    return tuple(
        StaffId(row["staff_id"]) for row in await work.rows(_NOW, practice=practice, now=at)
    )


async def on_call_between(
    work: Work, practice: PracticeId, since: datetime, until: datetime
) -> Sequence[OnCall]:
    """Return who is on call between two moments, in order of time."""
    rows = await work.rows(_BETWEEN, practice=practice, since=since, until=until)
    return [_duty(row) for row in rows]


async def lock(work: Work, practice: PracticeId, one: UUID) -> OnCall | None:
    """Return one line of the rota, locked."""
    row = await work.maybe(_LOCK, practice=practice, one=one)
    return None if row is None else _duty(row)


async def add(work: Work, practice: PracticeId, new: OnCall, by: StaffId, at: datetime) -> None:
    """Put somebody on call."""
    await work.run(
        _ADD,
        its_practice_id=practice,
        its_id=new.id,
        its_staff_id=new.staff_id,
        its_from_at=new.from_at,
        its_until_at=new.until_at,
        its_set_by=by,
        its_set_at=at,
    )


async def save(work: Work, practice: PracticeId, after: OnCall, by: StaffId, at: datetime) -> None:
    """Write one line of the rota as it is now."""
    await work.run(
        _SAVE,
        practice=practice,
        one=after.id,
        its_staff_id=after.staff_id,
        its_from_at=after.from_at,
        its_until_at=after.until_at,
        its_set_by=by,
        its_set_at=at,
        its_removed_at=after.removed_at,
        its_version=after.version,
    )


def _duty(row: Row) -> OnCall:
    return OnCall(
        id=row["id"],
        staff_id=StaffId(row["staff_id"]),
        from_at=row["from_at"],
        until_at=row["until_at"],
        removed_at=row["removed_at"],
        version=row["version"],
    )
