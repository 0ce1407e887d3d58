"""Threads and their texts as staff read them, and what decides whether a patient may be texted.

It refuses to look into a practice other than the one whose keys it is given.
"""

from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, exists, func, select

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import line, message, patient, phone_use, thread
from engage.ids import MessageId, PatientId, PracticeId, ThreadId
from engage.messaging.may_text import Facts
from engage.messaging.model import Message, Thread

_PRACTICE = bindparam("practice", type_=Uuid())

_THREAD_MESSAGES = Query(
    select(message)
    .where(
        message.c.practice_id == _PRACTICE,
        message.c.thread_id == bindparam("in_thread"),
        message.c.id < bindparam("before"),
    )
    .order_by(message.c.id.desc())
    .limit(bindparam("most"))
)
_THREAD = Query(
    select(thread.c.id, thread.c.patient_id, thread.c.line_id, line.c.opted_out_at)
    .join(line, and_(line.c.practice_id == thread.c.practice_id, line.c.id == thread.c.line_id))
    .where(thread.c.practice_id == _PRACTICE, thread.c.id == bindparam("one"))
)
_CLOSED_PHONE = exists(
    select(line.c.id).where(
        line.c.practice_id == phone_use.c.practice_id,
        line.c.phone_id == phone_use.c.phone_id,
        line.c.opted_out_at.is_not(None),
    )
)
_TEXTING = Query(
    select(
        patient.c.status,
        func.count(phone_use.c.id).label("phones"),
        func.count(phone_use.c.id).filter(_CLOSED_PHONE).label("closed"),
    )
    .select_from(
        patient.outerjoin(
            phone_use,
            and_(
                phone_use.c.practice_id == patient.c.practice_id,
                phone_use.c.patient_id == patient.c.id,
                phone_use.c.until_at.is_(None),
            ),
        )
    )
    .where(patient.c.practice_id == _PRACTICE, patient.c.id == bindparam("person"))
    .group_by(patient.c.status)
)


async def thread_messages(
    work: Work, keys: PracticeKeys, in_thread: ThreadId, before: MessageId | None, most: int
) -> list[Message]:
    """Return the newest texts of a thread that are older than `before`, newest first."""
    rows = await work.rows(
        _THREAD_MESSAGES,
        practice=keys.practice,
        in_thread=in_thread,
        before=before or UUID(int=2**128 - 1),
        most=most,
    )
    return [
        Message(
            id=row["id"],
            direction=row["direction"],
            author=row["author"],
            author_id=row["author_id"],
            body=keys.open_text("message.body", row["id"], row["body_sealed"]),
            kind=row["kind"],
            prompt=row["prompt"],
            state=row["status"],
            state_reason=row["status_reason"],
            error_code=row["error_code"],
            media_count=row["media_count"],
            at=row["at"],
            state_at=row["status_at"],
        )
        for row in rows
    ]


async def thread_of(work: Work, practice: PracticeId, one: ThreadId) -> Thread | None:
    """Return a thread; None if the practice has no such."""
    row = await work.maybe(_THREAD, practice=practice, one=one)
    return None if row is None else _thread(row)


async def texting_facts(work: Work, practice: PracticeId, person: PatientId) -> Facts | None:
    """Return what `may_text` depends on for a patient; None if the practice has no such."""
    row = await work.maybe(_TEXTING, practice=practice, person=person)
    if row is None:
        return None
    return Facts(
        has_phone=row["phones"] > 0,
        patient_active=row["status"] == "active",
        opted_out=0 < row["phones"] == row["closed"],
    )


def _thread(row: Row) -> Thread:
    return Thread(row["id"], row["patient_id"], row["line_id"], row["opted_out_at"] is not None)
