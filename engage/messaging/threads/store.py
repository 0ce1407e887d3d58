"""Threads and their texts as staff read them, and what decides whether a patient may be texted.

It refuses to look into a practice other than the one whose keys it is given.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import line, message, patient, phone, phone_use, thread
from engage.ids import LineId, MessageId, PatientId, PracticeId, ThreadId, floor_of
from engage.messaging.may_text import DELAYED, Facts
from engage.messaging.model import HeldBack, Message, Thread
from engage.people.consent import closed_purposes
from engage.people.consents import store as consents

LONGEST_HELD_BACK = 50

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
_LINE_OF = Query(
    select(line.c.id)
    .select_from(
        line.join(
            phone_use,
            and_(
                phone_use.c.practice_id == line.c.practice_id,
                phone_use.c.phone_id == line.c.phone_id,
            ),
        )
    )
    .where(
        line.c.practice_id == _PRACTICE,
        phone_use.c.patient_id == bindparam("person"),
        phone_use.c.until_at.is_(None),
    )
    .order_by(phone_use.c.from_at.desc(), line.c.created_at.desc())
    .limit(1)
)
_HELD_BACK = Query(
    select(
        message.c.id,
        message.c.kind,
        message.c.status_reason,
        message.c.at,
        message.c.held_until,
    )
    .join(
        thread,
        and_(thread.c.practice_id == message.c.practice_id, thread.c.id == message.c.thread_id),
    )
    .where(
        message.c.practice_id == _PRACTICE,
        thread.c.patient_id == bindparam("person"),
        message.c.direction == "out",
        message.c.id >= bindparam("since"),
        or_(
            and_(message.c.status == "queued", message.c.held_until.is_not(None)),
            and_(
                message.c.status == "expired",
                message.c.status_reason == any_(bindparam("dropped", type_=ARRAY(Text))),
            ),
        ),
    )
    .order_by(message.c.id.desc())
    .limit(LONGEST_HELD_BACK)
)
_SENDER = Query(
    select(phone.c.number_hash)
    .join(line, and_(line.c.practice_id == phone.c.practice_id, line.c.phone_id == phone.c.id))
    .where(line.c.practice_id == _PRACTICE, line.c.id == bindparam("on_line", type_=Uuid()))
)
_RELEASE = Query(
    update(message)
    .where(
        message.c.practice_id == _PRACTICE,
        message.c.line_id == bindparam("on_line", type_=Uuid()),
        # In words, so that the planner sees the predicate of the index message_leaving.
        literal_column("message.direction = 'out' AND message.status IN ('queued', 'sending')"),
        message.c.status == "queued",
        message.c.held_until.is_not(None),
    )
    .values(held_until=None, status_reason=None)
    .returning(message.c.id)
)
_TEXTING = Query(
    select(
        patient.c.status,
        func.count(phone_use.c.id).label("phones"),
        func.count(phone_use.c.id).filter(_CLOSED_PHONE).label("closed"),
        consents.steps_of(patient.c.practice_id, patient.c.id).label("consents"),
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
    .group_by(patient.c.practice_id, patient.c.id, patient.c.status)
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
            sure=row["sure"],
            why=row["why"],
            at=row["at"],
            state_at=row["status_at"],
        )
        for row in rows
    ]


async def thread_of(work: Work, practice: PracticeId, one: ThreadId) -> Thread | None:
    """Return a thread; None if the practice has no such."""
    row = await work.maybe(_THREAD, practice=practice, one=one)
    return None if row is None else _thread(row)


async def line_of(work: Work, practice: PracticeId, person: PatientId) -> LineId | None:
    """Return the line on which a patient's own phone is texted; None if it never was."""
    row = await work.maybe(_LINE_OF, practice=practice, person=person)
    return None if row is None else row["id"]


async def held_back(
    work: Work, practice: PracticeId, person: PatientId, since: datetime
) -> list[HeldBack]:
    """Return the texts about a patient that wait, and those dropped lately, newest first."""
    rows = await work.rows(
        _HELD_BACK, practice=practice, person=person, since=floor_of(since), dropped=list(DELAYED)
    )
    return [
        HeldBack(
            id=row["id"],
            kind=row["kind"],
            reason=row["status_reason"],
            at=row["at"],
            until=row["held_until"],
        )
        for row in rows
    ]


async def sender_hash(work: Work, practice: PracticeId, on_line: LineId) -> bytes | None:
    """Return the keyed hash of the number on the far end of a line."""
    row = await work.maybe(_SENDER, practice=practice, on_line=on_line)
    return None if row is None else row["number_hash"]


async def release(work: Work, practice: PracticeId, on_line: LineId, at: datetime) -> None:
    """Have every text of a line that is held judged again now."""
    for row in await work.rows(_RELEASE, practice=practice, on_line=on_line):
        await work.call("due_set", "outbox", row["id"], practice, at)


async def texting_facts(work: Work, practice: PracticeId, person: PatientId) -> Facts | None:
    """Return what `may_text` depends on for a patient; None if the practice has no such."""
    row = await work.maybe(_TEXTING, practice=practice, person=person)
    if row is None:
        return None
    return Facts(
        has_phone=row["phones"] > 0,
        patient_active=row["status"] == "active",
        opted_out=0 < row["phones"] == row["closed"],
        closed=closed_purposes(consents.read_steps(row["consents"])),
    )


def _thread(row: Row) -> Thread:
    return Thread(row["id"], row["patient_id"], row["line_id"], row["opted_out_at"] is not None)
