"""The rows of messages, sealed, and the senders outside the wall. It refuses to read a message."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import hl7_message
from engage.ids import PracticeId

Status: TypeAlias = Literal["recorded", "applied", "ignored", "unknown", "failed"]
"""unknown: it is about nobody whom the practice knows, and waits for a person."""

KIND = "hl7"
"""The kind of a message's row in `due`."""
_PLACE = "hl7_message.body"
_ABOUT = "hl7_message.about"


class Sender(Struct, frozen=True):
    """A system that may send, for which practice, and whose patient ids are the practice's own."""

    practice_id: PracticeId
    id: UUID
    authority: str


class Recorded(Struct, frozen=True, kw_only=True):
    """A message that was recorded."""

    id: UUID
    event: str
    status: Status
    at: datetime
    sealed: bytes


_RECORD = Query(
    insert_or(hl7_message)
    .values(
        practice_id=bindparam("practice"),
        id=bindparam("message"),
        sender_id=bindparam("sender"),
        control_id=bindparam("control"),
        about_hash=bindparam("about"),
        event=bindparam("what"),
        body_sealed=bindparam("body"),
        at=bindparam("now"),
        status=bindparam("stands"),
    )
    .on_conflict_do_nothing()
)
_THIS = (
    hl7_message.c.practice_id == bindparam("practice"),
    hl7_message.c.id == bindparam("message"),
)
_ONE = Query(select(hl7_message).where(*_THIS).with_for_update())
_SETTLE = Query(
    update(hl7_message).where(*_THIS).values(status=bindparam("stands"), tries=bindparam("count"))
)
_WAITING = Query(
    select(hl7_message.c.id)
    .where(
        hl7_message.c.practice_id == bindparam("practice"),
        or_(hl7_message.c.status == "unknown", hl7_message.c.status == "failed"),
    )
    .order_by(hl7_message.c.id)
)


async def sender(work: Work, application: str, facility: str) -> Sender | None:
    """Return a system that may send; before any practice is entered."""
    for row in await work.table("hl7_sender_find", application, facility):
        return Sender(PracticeId(row["practice_id"]), row["id"], row["authority"])
    return None


async def add_sender(
    work: Work, application: str, facility: str, new: Sender, at: datetime
) -> bool:
    """Let a system send, or say anew whose ids it gives; False if it is another practice's."""
    return bool(
        await work.call(
            "hl7_sender_add", application, facility, new.practice_id, new.id, new.authority, at
        )
    )


def seal(keys: PracticeKeys, message_id: UUID, body: bytes) -> bytes:
    """Return a message as it is kept."""
    return keys.seal(_PLACE, message_id, body)


def opened(keys: PracticeKeys, one: Recorded) -> bytes:
    """Return a message as it came; CannotOpen if it can't be opened any more."""
    return keys.open(_PLACE, one.id, one.sealed)


async def record(
    work: Work, keys: PracticeKeys, one: Recorded, sender_id: UUID, control_id: str, about: str
) -> bool:
    """Write a message down; False if it was here before."""
    written = await work.run(
        _RECORD,
        practice=keys.practice,
        message=one.id,
        sender=sender_id,
        control=control_id,
        about=keys.index(_ABOUT, about),
        what=one.event,
        body=one.sealed,
        now=one.at,
        stands=one.status,
    )
    return written == 1


async def lock(work: Work, practice: PracticeId, message_id: UUID) -> Recorded | None:
    """Lock and return a message, still sealed."""
    row = await work.maybe(_ONE, practice=practice, message=message_id)
    if row is None:
        return None
    return Recorded(
        id=row["id"],
        event=row["event"],
        status=row["status"],
        at=row["at"],
        sealed=row["body_sealed"],
    )


async def settle(
    work: Work, practice: PracticeId, message_id: UUID, status: Status, tries: int
) -> None:
    """Write what became of a message."""
    await work.run(_SETTLE, practice=practice, message=message_id, stands=status, count=tries)


async def waiting(work: Work, practice: PracticeId) -> tuple[UUID, ...]:
    """Return the messages that a person was asked about, oldest first."""
    return tuple(row["id"] for row in await work.rows(_WAITING, practice=practice))
