"""Threads and their texts as staff read them, and what decides whether a patient may be texted.

It refuses to look into a practice other than the one whose keys it is given.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    line,
    message,
    patient,
    phone,
    phone_state,
    phone_use,
    practice_number,
    thread,
)
from engage.ids import (
    LineId,
    MessageId,
    NumberId,
    PatientId,
    PhoneId,
    PracticeId,
    ThreadId,
    floor_of,
)
from engage.messaging.may_text import DELAYED, Facts
from engage.messaging.model import HeldBack, Message, Thread
from engage.messaging.phones import store as phones
from engage.messaging.store import STILL_THEIRS
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
    select(
        thread.c.id,
        thread.c.patient_id,
        thread.c.line_id,
        line.c.opted_out_at,
        patient.c.status,
        STILL_THEIRS.label("has_phone"),
        *phones.COLUMNS,
        consents.steps_of(thread.c.practice_id, thread.c.patient_id).label("consents"),
    )
    .select_from(
        thread.join(
            line, and_(line.c.practice_id == thread.c.practice_id, line.c.id == thread.c.line_id)
        )
        .join(phone, and_(phone.c.practice_id == line.c.practice_id, phone.c.id == line.c.phone_id))
        .join(
            patient,
            and_(
                patient.c.practice_id == thread.c.practice_id, patient.c.id == thread.c.patient_id
            ),
        )
        .outerjoin(phone_state, phones.OF_PHONE)
    )
    .where(thread.c.practice_id == _PRACTICE, thread.c.id == bindparam("one"))
)


_WRITE_IN = Query(
    insert(message).values(
        practice_id=_PRACTICE,
        id=bindparam("one"),
        line_id=bindparam("on_line"),
        direction="in",
        author="unknown",
        body_sealed=bindparam("body"),
        kind="reply",
        status="received",
        media_count=0,
        at=bindparam("at"),
        tries=0,
    )
)


def _texted_phone(person: ColumnElement[UUID]) -> Select[Any]:
    """Select the one phone of a person's that is texted."""
    return (
        select(phone_use.c.phone_id)
        .where(
            phone_use.c.practice_id == _PRACTICE,
            phone_use.c.patient_id == person,
            phone_use.c.until_at.is_(None),
        )
        .order_by(phone_use.c.from_at.desc(), phone_use.c.id.desc())
        .limit(1)
    )


_TEXTED_PHONE = _texted_phone(bindparam("person", type_=Uuid()))
# The one number that texts it.
_FROM_NUMBER = (
    select(practice_number.c.id)
    .where(practice_number.c.practice_id == _PRACTICE)
    .order_by(practice_number.c.created_at, practice_number.c.id)
    .limit(1)
)
_DESTINATION = Query(
    select(
        _TEXTED_PHONE.scalar_subquery().label("phone_id"),
        _FROM_NUMBER.scalar_subquery().label("number_id"),
    )
)
_LINE_OF = Query(
    select(line.c.id).where(
        line.c.practice_id == _PRACTICE,
        line.c.phone_id == _TEXTED_PHONE.scalar_subquery(),
        line.c.number_id == _FROM_NUMBER.scalar_subquery(),
    )
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
    select(phone.c.id, phone.c.number_sealed)
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


def texting_of(person: ColumnElement[UUID]) -> Select[Any]:
    """Select what `facts_of` reads, of one patient or of each of many; the caller says which."""
    return select(
        patient.c.status,
        phone.c.id.label("phone_id"),
        exists(
            select(line.c.id).where(
                line.c.practice_id == phone.c.practice_id,
                line.c.phone_id == phone.c.id,
                line.c.opted_out_at.is_not(None),
            )
        ).label("opted_out"),
        *phones.COLUMNS,
        consents.steps_of(patient.c.practice_id, patient.c.id).label("consents"),
    ).select_from(
        patient.outerjoin(
            phone,
            and_(
                phone.c.practice_id == patient.c.practice_id,
                phone.c.id == _texted_phone(person).correlate(patient).scalar_subquery(),
            ),
        ).outerjoin(phone_state, phones.OF_PHONE)
    )


_TEXTING = Query(
    texting_of(bindparam("person", type_=Uuid())).where(
        patient.c.practice_id == _PRACTICE, patient.c.id == bindparam("person", type_=Uuid())
    )
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


async def destination(
    work: Work, practice: PracticeId, person: PatientId
) -> tuple[NumberId, PhoneId] | None:
    """Return from which number, and on which of their phones, a patient is texted.

    Of several (a merged record has the phones of both) it is the newest; nobody else decides that.
    """
    (row,) = await work.rows(_DESTINATION, practice=practice, person=person)
    if row["phone_id"] is None or row["number_id"] is None:
        return None
    return NumberId(row["number_id"]), PhoneId(row["phone_id"])


async def line_of(work: Work, practice: PracticeId, person: PatientId) -> LineId | None:
    """Return the line on which a patient is texted, by `destination`; None if it never was."""
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


async def write_in(
    work: Work, keys: PracticeKeys, on_line: LineId, one: MessageId, body: str, at: datetime
) -> None:
    """Record what somebody wrote without a carrier; whose it is, its turn says."""
    await work.run(
        _WRITE_IN,
        practice=keys.practice,
        one=one,
        on_line=on_line,
        body=keys.seal_text("message.body", one, body),
        at=at,
    )


async def sender(work: Work, keys: PracticeKeys, on_line: LineId) -> str | None:
    """Return the number on the far end of a line."""
    row = await work.maybe(_SENDER, practice=keys.practice, on_line=on_line)
    return None if row is None else keys.open_text("phone.number", row["id"], row["number_sealed"])


async def release(work: Work, practice: PracticeId, on_line: LineId, at: datetime) -> None:
    """Have every text of a line that is held judged again now."""
    for row in await work.rows(_RELEASE, practice=practice, on_line=on_line):
        await work.call("due_set", "outbox", row["id"], practice, at)


async def texting_facts(work: Work, practice: PracticeId, person: PatientId) -> Facts | None:
    """Return what `may_text` depends on for a text to a patient's `destination`; None: no such."""
    row = await work.maybe(_TEXTING, practice=practice, person=person)
    return None if row is None else facts_of(row)


def facts_of(row: Row) -> Facts:
    """Read what `texting_of` selects: what `may_text` depends on."""
    return Facts(
        has_phone=row["phone_id"] is not None,
        patient_active=row["status"] == "active",
        opted_out=row["opted_out"],
        closed=closed_purposes(consents.read_steps(row["consents"])),
        trouble=phones.read(row).trouble,
    )


def _thread(row: Row) -> Thread:
    facts = Facts(
        has_phone=row["has_phone"],
        patient_active=row["status"] == "active",
        opted_out=row["opted_out_at"] is not None,
        closed=closed_purposes(consents.read_steps(row["consents"])),
        trouble=phones.read(row).trouble,
    )
    return Thread(row["id"], row["patient_id"], row["line_id"], facts)
