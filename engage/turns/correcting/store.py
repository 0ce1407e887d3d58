"""The SQL around a correction: the text as it stands, and who it may be attached to.

This room refuses to change anything but to give a patient a thread on the line.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.clock import random_bytes
from engage.db.session import Query, Work
from engage.db.tables import (
    caregiver_of,
    correction,
    line,
    message,
    phone_use,
    thread,
)
from engage.ids import (
    RANDOM_BYTES,
    CaregiverId,
    ConversationId,
    LineId,
    MessageId,
    PatientId,
    PracticeId,
    uuid7,
)

MOST_CLAIMED = 200
"""So many texts one request claims: each is a correction, in one transaction."""
_HERE = bindparam("practice", type_=Uuid())
_TEXT = bindparam("text", type_=Uuid())


class Read(Struct, frozen=True, kw_only=True):
    """A text as it stands now, locked with its line."""

    id: MessageId
    line_id: LineId
    body_sealed: bytes
    opt_out_type: Literal["STOP", "START", "HELP"] | None
    media_count: int
    at: datetime
    handled_at: datetime | None
    author: str
    author_id: UUID | None
    patient_id: PatientId | None
    conversation_id: ConversationId | None
    prompt: str | None
    sure: str | None
    why: str | None
    #: The newest correction of it.
    corrected_by: UUID | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Read(id={self.id}, …)"


_NEWEST = (
    select(correction.c.id)
    .where(correction.c.practice_id == _HERE, correction.c.message_id == _TEXT)
    .order_by(correction.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("corrected_by")
)
_READ = Query(
    select(
        message.c.id,
        message.c.line_id,
        message.c.body_sealed,
        message.c.opt_out_type,
        message.c.media_count,
        message.c.at,
        message.c.handled_at,
        message.c.author,
        message.c.author_id,
        message.c.conversation_id,
        message.c.prompt,
        message.c.sure,
        message.c.why,
        thread.c.patient_id,
        _NEWEST,
    )
    .outerjoin(
        thread,
        and_(thread.c.practice_id == message.c.practice_id, thread.c.id == message.c.thread_id),
    )
    .where(message.c.practice_id == _HERE, message.c.id == _TEXT, message.c.direction == "in")
)
_LINE_OF = Query(
    select(message.c.line_id).where(
        message.c.practice_id == _HERE, message.c.id == _TEXT, message.c.direction == "in"
    )
)
_LOCK_LINES = Query(
    select(line.c.id)
    .where(
        line.c.practice_id == _HERE,
        line.c.id.in_(
            select(thread.c.line_id).where(
                thread.c.practice_id == _HERE,
                thread.c.patient_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
            )
        ),
    )
    .order_by(line.c.id)
    .with_for_update(key_share=True)
)
_ENSURE_THREAD = Query(
    insert_or(thread)
    .values(
        practice_id=_HERE,
        id=bindparam("new"),
        line_id=bindparam("on_line"),
        patient_id=bindparam("about"),
        created_at=bindparam("at"),
    )
    .on_conflict_do_nothing()
)
_CAREGIVERS = Query(
    select(caregiver_of.c.caregiver_id)
    .where(
        caregiver_of.c.practice_id == _HERE,
        caregiver_of.c.patient_id == bindparam("about"),
        caregiver_of.c.from_at <= bindparam("at"),
        or_(caregiver_of.c.until_at.is_(None), caregiver_of.c.until_at > bindparam("at")),
    )
    .order_by(caregiver_of.c.caregiver_id)
)
_UNPLACED = Query(
    select(message.c.id)
    .join(line, and_(line.c.practice_id == message.c.practice_id, line.c.id == message.c.line_id))
    .join(
        phone_use,
        and_(
            phone_use.c.practice_id == line.c.practice_id,
            phone_use.c.phone_id == line.c.phone_id,
        ),
    )
    .where(
        message.c.practice_id == _HERE,
        phone_use.c.patient_id == bindparam("about"),
        phone_use.c.until_at.is_(None),
        message.c.direction == "in",
        message.c.author == "unknown",
        message.c.thread_id.is_(None),
        message.c.handled_at.is_not(None),
    )
    .order_by(message.c.id)
    .limit(MOST_CLAIMED + 1)
)


async def lock_lines(work: Work, practice: PracticeId, patients: Sequence[PatientId]) -> None:
    """Lock the lines on which there are texts about any of these patients, in their order."""
    await work.rows(_LOCK_LINES, practice=practice, people=list(patients))


async def line_of(work: Work, practice: PracticeId, text: MessageId) -> LineId | None:
    """Return the line a text came in on; None if there is no such inbound text."""
    row = await work.maybe(_LINE_OF, practice=practice, text=text)
    return None if row is None else LineId(row["line_id"])


async def read(work: Work, practice: PracticeId, text: MessageId) -> Read | None:
    """Return an inbound text as it stands."""
    row = await work.maybe(_READ, practice=practice, text=text)
    return None if row is None else Read(**{name: row[name] for name in Read.__struct_fields__})


async def caregivers_of(
    work: Work, practice: PracticeId, about: PatientId, at: datetime
) -> tuple[CaregiverId, ...]:
    """Return the caregivers of a patient at this moment."""
    rows = await work.rows(_CAREGIVERS, practice=practice, about=about, at=at)
    return tuple(CaregiverId(row["caregiver_id"]) for row in rows)


async def ensure_thread(
    work: Work, practice: PracticeId, on_line: LineId, about: PatientId, at: datetime
) -> None:
    """Give a patient a thread on a line, if there is none; the line is locked."""
    new = uuid7(at, random_bytes(RANDOM_BYTES))
    await work.run(_ENSURE_THREAD, practice=practice, new=new, on_line=on_line, about=about, at=at)


async def unplaced(work: Work, practice: PracticeId, about: PatientId) -> list[MessageId]:
    """Return texts of a patient's phone that nobody was found for, oldest first, one too many."""
    rows = await work.rows(_UNPLACED, practice=practice, about=about)
    return [MessageId(row["id"]) for row in rows]
