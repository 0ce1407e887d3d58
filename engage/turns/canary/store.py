"""The row of a practice's newest canary: when it left, and how far it got."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from engage.db.session import Query, Work
from engage.db.tables import canary, flag
from engage.ids import MessageId, PracticeId

_PRACTICE = bindparam("practice", type_=canary.c.practice_id.type)
_new = insert(canary).values(
    practice_id=_PRACTICE,
    id=bindparam("canary", type_=canary.c.id.type),
    sent_at=bindparam("at", type_=canary.c.sent_at.type),
)
_LAUNCH = Query(
    _new.on_conflict_do_update(
        index_elements=[canary.c.practice_id],
        set_={
            "id": _new.excluded.id,
            "sent_at": _new.excluded.sent_at,
            "recorded_at": None,
            "read_at": None,
            "decided_at": None,
        },
        # Of many workers one sends it.
        where=canary.c.sent_at <= bindparam("before", type_=canary.c.sent_at.type),
    )
)
_decided = bindparam("decided_at", type_=canary.c.decided_at.type)
_read = bindparam("read_at", type_=canary.c.read_at.type)
_UNREADABLE = Query(
    select(flag.c.id)
    .where(
        flag.c.practice_id == _PRACTICE,
        flag.c.message_id == bindparam("message"),
        flag.c.rule == bindparam("by_rule"),
    )
    .limit(1)
)
_ARRIVED = Query(
    update(canary)
    .where(canary.c.practice_id == _PRACTICE, canary.c.id == bindparam("canary"))
    .values(
        recorded_at=func.coalesce(
            canary.c.recorded_at, bindparam("at", type_=canary.c.recorded_at.type)
        ),
        read_at=func.coalesce(canary.c.read_at, _read),
        decided_at=func.coalesce(canary.c.decided_at, _decided),
        passed_at=case(
            (_decided.isnot(None) & _read.isnot(None), canary.c.sent_at), else_=canary.c.passed_at
        ),
    )
)


async def launch(
    work: Work, practice: PracticeId, canary_id: UUID, at: datetime, before: datetime
) -> bool:
    """Note that a canary leaves, if the last one left `before`; say whether it may."""
    done = await work.run(_LAUNCH, practice=practice, canary=canary_id, at=at, before=before)
    return bool(done)


async def unreadable(work: Work, practice: PracticeId, message: MessageId, rule: str) -> bool:
    """Say whether the reader failed on a text."""
    row = await work.maybe(_UNREADABLE, practice=practice, message=message, by_rule=rule)
    return row is not None


async def arrived(
    work: Work, practice: PracticeId, canary_id: UUID, at: datetime, *, read: bool, decided: bool
) -> None:
    """Note how far a canary got; one that a newer one has replaced is forgotten."""
    await work.run(
        _ARRIVED,
        practice=practice,
        canary=canary_id,
        at=at,
        read_at=at if read else None,
        decided_at=at if decided else None,
    )
