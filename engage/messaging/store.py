"""All SQL of messaging: texts on their way out, threads, consent on a line, the simulator's ledger.

Rows never leave: what is sealed is opened here, and Structs go out. Lock order, as everywhere: the
line first, then the text. This module refuses to move a text along the delivery machine by itself;
it writes the state it is told.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    caregiver_of,
    consent_event,
    delivery_report,
    line,
    message,
    patient,
    phone,
    phone_use,
    practice,
    practice_number,
    receipt,
    simulator_text,
    thread,
)
from engage.ids import MessageId, NumberId, PatientId, PracticeId, ThreadId
from engage.messaging.delivery import State
from engage.messaging.may_text import Facts
from engage.messaging.model import Message, Outgoing, SimulatedText, Thread
from engage.people.phone import NotAPhoneNumber, PhoneNumber


def _is(
    target: Table, id_name: ColumnElement[UUID], practice_id: ColumnElement[UUID]
) -> ColumnElement[bool]:
    """Join by the whole key: a practice and an id in it."""
    return and_(target.c.practice_id == practice_id, target.c.id == id_name)


_PRACTICE, _TEXT = bindparam("practice"), bindparam("text")

_LOCK_LINE = Query(
    select(line.c.id)
    .where(
        line.c.practice_id == _PRACTICE,
        line.c.id
        == select(message.c.line_id)
        .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT)
        .scalar_subquery(),
    )
    .with_for_update()
)
# The phone is still this person's, or their caregiver's.
_STILL_THEIRS = exists(
    select(phone_use.c.id).where(
        phone_use.c.practice_id == line.c.practice_id,
        phone_use.c.phone_id == line.c.phone_id,
        phone_use.c.until_at.is_(None),
        or_(
            phone_use.c.patient_id == thread.c.patient_id,
            exists(
                select(caregiver_of.c.caregiver_id).where(
                    caregiver_of.c.practice_id == line.c.practice_id,
                    caregiver_of.c.caregiver_id == phone_use.c.caregiver_id,
                    caregiver_of.c.patient_id == thread.c.patient_id,
                    caregiver_of.c.until_at.is_(None),
                )
            ),
        ),
    )
)
_OUTGOING = Query(
    select(
        message,
        line.c.number_id,
        line.c.opted_out_at,
        thread.c.patient_id,
        patient.c.status.label("patient_status"),
        practice_number.c.number,
        phone.c.id.label("phone_id"),
        phone.c.number_sealed,
        or_(thread.c.id.is_(None), _STILL_THEIRS).label("has_phone"),
    )
    .select_from(
        message.join(line, _is(line, message.c.line_id, message.c.practice_id))
        .join(phone, _is(phone, line.c.phone_id, line.c.practice_id))
        .join(practice_number, _is(practice_number, line.c.number_id, line.c.practice_id))
        .outerjoin(thread, _is(thread, message.c.thread_id, message.c.practice_id))
        .outerjoin(patient, _is(patient, thread.c.patient_id, thread.c.practice_id))
    )
    .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT, message.c.direction == "out")
    .with_for_update(of=message)
)
_MOVE = Query(
    update(message)
    .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT)
    .values(
        status=bindparam("state"),
        status_at=bindparam("moment"),
        status_reason=bindparam("reason"),
        sending_at=bindparam("sent_from"),
        error_code=func.coalesce(bindparam("code", type_=Integer), message.c.error_code),
        carrier_sid=func.coalesce(message.c.carrier_sid, bindparam("sid", type_=Text)),
        segments=func.coalesce(bindparam("counted", type_=Integer), message.c.segments),
    )
)
_RECEIPT = Query(
    upsert(receipt)
    .values(
        practice_id=_PRACTICE,
        account_sid=bindparam("account"),
        sid=bindparam("carrier_id"),
        message_id=_TEXT,
        at=bindparam("moment"),
    )
    .on_conflict_do_nothing()
)
_REPORT = Query(
    upsert(delivery_report)
    .values(
        practice_id=_PRACTICE,
        message_id=_TEXT,
        status=bindparam("word"),
        error_code=bindparam("code"),
        at=bindparam("moment"),
    )
    .on_conflict_do_nothing()
)
_TAKEN = Query(
    select(message.c.carrier_sid).where(
        message.c.practice_id == _PRACTICE,
        message.c.line_id == bindparam("on_line"),
        message.c.id != _TEXT,
        message.c.id >= bindparam("since"),
        message.c.carrier_sid.is_not(None),
    )
)
_CLOSE_LINE = Query(
    update(line)
    .where(
        line.c.practice_id == _PRACTICE,
        line.c.id == bindparam("on_line"),
        line.c.opted_out_at.is_(None),
    )
    .values(opted_out_at=bindparam("moment"))
)
_CONSENT = Query(
    upsert(consent_event)
    .values(
        practice_id=_PRACTICE,
        id=bindparam("event"),
        line_id=bindparam("on_line"),
        kind="opted-out",
        how="carrier",
        message_id=_TEXT,
        at=bindparam("moment"),
    )
    .on_conflict_do_nothing()
)
_ACCOUNT = Query(select(practice.c.carrier_sealed).where(practice.c.id == _PRACTICE))
_NUMBERS = Query(
    select(practice_number.c.id, practice_number.c.number)
    .where(practice_number.c.practice_id == _PRACTICE)
    .order_by(practice_number.c.id)
)
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
_THREADS = Query(
    select(thread.c.id, thread.c.patient_id, thread.c.line_id, line.c.opted_out_at)
    .join(line, _is(line, thread.c.line_id, thread.c.practice_id))
    .where(
        thread.c.practice_id == _PRACTICE,
        or_(thread.c.id == bindparam("one"), thread.c.patient_id == bindparam("person")),
    )
    .order_by(thread.c.id)
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
_SIMULATE = Query(
    insert(simulator_text).values(
        practice_id=_PRACTICE,
        sid=bindparam("carrier_id"),
        own_id=bindparam("own"),
        from_number=bindparam("sender"),
        to_hash=bindparam("recipient"),
        body_sealed=bindparam("body"),
        at=bindparam("moment"),
    )
)
_SIMULATED = Query(
    select(simulator_text)
    .where(
        simulator_text.c.practice_id == _PRACTICE,
        simulator_text.c.to_hash == bindparam("recipient"),
    )
    .order_by(simulator_text.c.at, simulator_text.c.sid)
)
_SIMULATED_PHONE = Query(
    select(phone.c.id, phone.c.number_sealed)
    .join(
        simulator_text,
        and_(
            simulator_text.c.practice_id == phone.c.practice_id,
            simulator_text.c.to_hash == phone.c.number_hash,
        ),
    )
    .where(phone.c.practice_id == _PRACTICE, simulator_text.c.sid == bindparam("carrier_id"))
)


async def lock_line(work: Work, practice: PracticeId, text: MessageId) -> None:
    """Lock the line of a text. What turns read and the outbox writes is in order behind this."""
    await work.run(_LOCK_LINE, practice=practice, text=text)


async def outgoing(work: Work, keys: PracticeKeys, text: MessageId) -> Outgoing | None:
    """Lock and return a text of ours; None if there is none. Call `lock_line` first."""
    row = await work.maybe(_OUTGOING, practice=keys.practice, text=text)
    if row is None:
        return None
    return Outgoing(
        practice_id=keys.practice,
        id=row["id"],
        line_id=row["line_id"],
        number_id=row["number_id"],
        patient_id=row["patient_id"],
        from_number=row["number"],
        to=_number(keys, row["phone_id"], row["number_sealed"]),
        body=keys.open_text("message.body", row["id"], row["body_sealed"]),
        kind=row["kind"],
        state=row["status"],
        carrier_sid=row["carrier_sid"],
        at=row["at"],
        sending_at=row["sending_at"],
        facts=Facts(
            has_phone=row["has_phone"],
            patient_active=row["patient_status"] in (None, "active"),
            opted_out=row["opted_out_at"] is not None,
        ),
    )


async def move(
    work: Work,
    text: Outgoing,
    state: State,
    at: datetime,
    *,
    sending_at: datetime | None,
    reason: str | None = None,
    code: int | None = None,
    sid: str | None = None,
    segments: int | None = None,
) -> None:
    """Write a text's delivery state; a sid, once known, is never replaced."""
    await work.run(
        _MOVE,
        practice=text.practice_id,
        text=text.id,
        state=state,
        moment=at,
        reason=reason,
        sent_from=sending_at,
        code=code,
        sid=sid,
        counted=segments,
    )


async def keep_receipt(work: Work, text: Outgoing, account: str, sid: str, at: datetime) -> None:
    """Remember for ever which text a carrier's id belongs to."""
    await work.run(
        _RECEIPT,
        practice=text.practice_id,
        account=account,
        carrier_id=sid,
        text=text.id,
        moment=at,
    )


async def keep_report(
    work: Work, practice: PracticeId, text: MessageId, word: str, code: int, at: datetime
) -> bool:
    """Keep a status report; False if the same was kept before."""
    kept = await work.run(_REPORT, practice=practice, text=text, word=word, code=code, moment=at)
    return kept > 0


async def taken_sids(work: Work, text: Outgoing, since: UUID) -> frozenset[str]:
    """Return the carrier's ids of the line's other texts made since (a bound for their ids)."""
    rows = await work.rows(
        _TAKEN, practice=text.practice_id, on_line=text.line_id, text=text.id, since=since
    )
    return frozenset(row["carrier_sid"] for row in rows)


async def close_line(work: Work, text: Outgoing, event: UUID, at: datetime) -> bool:
    """Opt a line out, because the carrier knows of a STOP; False if it was opted out already."""
    on_line = text.line_id
    if not await work.run(_CLOSE_LINE, practice=text.practice_id, on_line=on_line, moment=at):
        return False
    await work.run(
        _CONSENT,
        practice=text.practice_id,
        event=event,
        on_line=on_line,
        text=text.id,
        moment=at,
    )
    return True


async def sealed_account(work: Work, practice: PracticeId) -> bytes | None:
    """Return the practice's account with its carrier, sealed; None if it has none."""
    row = await work.maybe(_ACCOUNT, practice=practice)
    return None if row is None else row["carrier_sealed"]


async def numbers(work: Work, practice: PracticeId) -> list[tuple[NumberId, str]]:
    """Return the practice's numbers, oldest first."""
    rows = await work.rows(_NUMBERS, practice=practice)
    return [(row["id"], row["number"]) for row in rows]


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
    rows = await work.rows(_THREADS, practice=practice, one=one, person=None)
    return _thread(rows[0]) if rows else None


async def threads_about(work: Work, practice: PracticeId, person: PatientId) -> list[Thread]:
    """Return all threads about a patient."""
    rows = await work.rows(_THREADS, practice=practice, one=None, person=person)
    return [_thread(row) for row in rows]


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


async def simulate(
    work: Work,
    keys: PracticeKeys,
    sid: str,
    own: str,
    sender: str,
    to: str,
    body: str,
    at: datetime,
) -> None:
    """Keep a text that the simulated carrier took."""
    await work.run(
        _SIMULATE,
        practice=keys.practice,
        carrier_id=sid,
        own=own,
        sender=sender,
        recipient=keys.phone_hash(to),
        body=keys.seal_text("simulator_text.body", sid, body),
        moment=at,
    )


async def simulated(work: Work, keys: PracticeKeys, to: str) -> list[SimulatedText]:
    """Return what the simulated carrier took for a number, oldest first."""
    rows = await work.rows(_SIMULATED, practice=keys.practice, recipient=keys.phone_hash(to))
    return [
        SimulatedText(
            sid=row["sid"],
            from_number=row["from_number"],
            body=keys.open_text("simulator_text.body", row["sid"], row["body_sealed"]),
            at=row["at"],
        )
        for row in rows
    ]


async def simulated_recipient(work: Work, keys: PracticeKeys, sid: str) -> str | None:
    """Return the number that the simulated carrier's text went to; None if it never had it."""
    row = await work.maybe(_SIMULATED_PHONE, practice=keys.practice, carrier_id=sid)
    return None if row is None else keys.open_text("phone.number", row["id"], row["number_sealed"])


def _number(keys: PracticeKeys, phone_id: UUID, sealed: bytes) -> PhoneNumber | None:
    try:
        return PhoneNumber(keys.open_text("phone.number", phone_id, sealed))
    except NotAPhoneNumber:
        return None


def _thread(row: Row) -> Thread:
    return Thread(row["id"], row["patient_id"], row["line_id"], row["opted_out_at"] is not None)
