"""Whether what was arranged came: when it is asked and what was said, in the database.

A row waits in `due` for as long as the person is still to be asked, and is found by its key alone.
This room refuses to ask and to decide: turns does the one, closing.py the other.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, any_, bindparam, select, update
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import insert

from engage.db.session import Query, Row, Work
from engage.db.tables import closing
from engage.ids import ConversationId, PatientId, PracticeId
from engage.needs.closing import Closing

KIND = "closing"
"""The kind of its row in `due`."""

_HERE = closing.c.practice_id == bindparam("practice")
_NAMES = [c.name for c in closing.c]
_ADD = Query(
    insert(closing)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in closing.c})
    .on_conflict_do_nothing()
)
_ONE = Query(select(closing).where(_HERE, closing.c.id == bindparam("one")))
_LOCKED = Query(select(closing).where(_HERE, closing.c.id == bindparam("one")).with_for_update())
_OF_CONVERSATION = Query(
    select(closing)
    .where(_HERE, closing.c.conversation_id == bindparam("conversation"))
    .with_for_update()
)
_OF_SOURCES = Query(
    select(closing)
    .where(_HERE, closing.c.source_id == any_(bindparam("some", type_=ARRAY(UuidType()))))
    .order_by(closing.c.id)
)
_OF_PATIENT = Query(
    select(closing)
    .where(_HERE, closing.c.patient_id == bindparam("patient"))
    .order_by(closing.c.id.desc())
    .limit(bindparam("most"))
)
_SAVE = Query(
    update(closing)
    .where(_HERE, closing.c.id == bindparam("one"))
    .values(
        {
            name: bindparam(f"its_{name}", type_=closing.c[name].type)
            for name in (
                *("status", "ask_at", "asked", "conversation_id"),
                *("answered_at", "answered_by", "message_id", "changed_at"),
            )
        }
    )
)


async def begin(work: Work, new: Closing) -> bool:
    """Have a person asked at its moment; what is known already stays as it is."""
    columns = msgspec.structs.asdict(new)
    added = await work.run(_ADD, **{f"its_{name}": columns[name] for name in _NAMES})
    if added:
        await work.call("due_set", KIND, new.id, new.practice_id, new.ask_at)
    return bool(added)


async def one(
    work: Work, practice: PracticeId, closing_id: UUID, *, lock: bool = False
) -> Closing | None:
    """Return one; locked, nobody else moves it until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=practice, one=closing_id)
    return None if row is None else _closing(row)


async def of_conversation(
    work: Work, practice: PracticeId, conversation: ConversationId
) -> Closing | None:
    """Return the one that a conversation asked about, locked."""
    row = await work.maybe(_OF_CONVERSATION, practice=practice, conversation=conversation)
    return None if row is None else _closing(row)


async def of_sources(work: Work, practice: PracticeId, some: Sequence[UUID]) -> tuple[Closing, ...]:
    """Return what is known of some things that were arranged."""
    rows = await work.rows(_OF_SOURCES, practice=practice, some=list(some))
    return tuple(_closing(row) for row in rows)


async def of_patient(
    work: Work, practice: PracticeId, patient: PatientId, most: int = 100
) -> tuple[Closing, ...]:
    """Return a person's, the newest first."""
    rows = await work.rows(_OF_PATIENT, practice=practice, patient=patient, most=most)
    return tuple(_closing(row) for row in rows)


async def save(work: Work, after: Closing) -> None:
    """Write where one stands, and have it wake if the person is still to be asked."""
    columns = msgspec.structs.asdict(after)
    names = (
        *("status", "ask_at", "asked", "conversation_id"),
        *("answered_at", "answered_by", "message_id", "changed_at"),
    )
    await work.run(
        _SAVE,
        practice=after.practice_id,
        one=after.id,
        **{f"its_{name}": columns[name] for name in names},
    )
    await rest(work, after.id)
    if after.status == "waiting":
        await work.call("due_set", KIND, after.id, after.practice_id, after.ask_at)


async def rest(work: Work, closing_id: UUID) -> None:
    """Let one be due no longer."""
    await work.call("due_done", KIND, closing_id)


async def move_to(work: Work, after: Closing, ask_at: datetime) -> None:
    """Ask at another moment, if it was not asked yet."""
    if after.status == "waiting":
        await save(work, msgspec.structs.replace(after, ask_at=ask_at))


def _closing(row: Row) -> Closing:
    return Closing(**{name: row[name] for name in _NAMES})
