"""Texts on their way out, what the carrier says of them, and what the carrier knows of consent.

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
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import (
    caregiver_of,
    conversation,
    delivery_report,
    line,
    message,
    patient,
    phone,
    phone_state,
    phone_use,
    practice,
    practice_number,
    receipt,
    thread,
    unsafe_contact,
)
from engage.ids import MessageId, NumberId, PracticeId
from engage.messaging.copies import right_of
from engage.messaging.delivery import State
from engage.messaging.may_text import Facts
from engage.messaging.model import Outgoing
from engage.messaging.phones import store as phones
from engage.people.consent import closed_purposes
from engage.people.consents import store as consents
from engage.people.phone import NotAPhoneNumber, PhoneNumber


def _is(
    target: Table, id_name: ColumnElement[UUID], practice_id: ColumnElement[UUID]
) -> ColumnElement[bool]:
    """Join by the whole key: a practice and an id in it."""
    return and_(target.c.practice_id == practice_id, target.c.id == id_name)


_PRACTICE, _TEXT = bindparam("practice", type_=Uuid()), bindparam("text", type_=Uuid())

_LOCK_LINE = Query(
    select(line.c.id)
    .where(
        line.c.practice_id == _PRACTICE,
        line.c.id
        == select(message.c.line_id)
        .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT)
        .scalar_subquery(),
    )
    .with_for_update(key_share=True)
)
_OLDER = message.alias("older")
_BEHIND = Query(
    select(_OLDER.c.id)
    .where(
        _OLDER.c.practice_id == _PRACTICE,
        _OLDER.c.line_id == bindparam("line", type_=Uuid()),
        # In words, so that the planner sees the predicate of the index message_leaving.
        literal_column("older.direction = 'out' AND older.status IN ('queued', 'sending')"),
        # One that is held for the day stands aside.
        _OLDER.c.held_until.is_(None),
        _OLDER.c.id < _TEXT,
        _OLDER.c.id >= bindparam("since", type_=Uuid()),
    )
    .limit(1)
)
_NAMED = phone_use.alias("named")
_UNSAFE = exists(
    select(unsafe_contact.c.id)
    .where(
        unsafe_contact.c.practice_id == line.c.practice_id,
        unsafe_contact.c.patient_id == thread.c.patient_id,
        unsafe_contact.c.until_at.is_(None),
        _NAMED.c.practice_id == line.c.practice_id,
        _NAMED.c.caregiver_id == unsafe_contact.c.caregiver_id,
        _NAMED.c.phone_id == line.c.phone_id,
        _NAMED.c.until_at.is_(None),
    )
    .correlate(line, thread)
)
STILL_THEIRS = exists(
    select(phone_use.c.id).where(
        phone_use.c.practice_id == line.c.practice_id,
        phone_use.c.phone_id == line.c.phone_id,
        phone_use.c.until_at.is_(None),
        or_(
            phone_use.c.patient_id == thread.c.patient_id,
            exists(
                select(caregiver_of.c.caregiver_id)
                .where(
                    caregiver_of.c.practice_id == line.c.practice_id,
                    caregiver_of.c.caregiver_id == phone_use.c.caregiver_id,
                    caregiver_of.c.patient_id == thread.c.patient_id,
                    caregiver_of.c.until_at.is_(None),
                    # Whatever was queued before somebody said so, and whoever queues it.
                    ~_UNSAFE,
                )
                # By itself it would read all threads: whoever cares for anybody would do.
                .correlate(phone_use, line, thread)
            ),
        ),
    )
)
"""The phone of a line is still the person's of a thread, or a caregiver's and safe for them."""

# A text's surroundings, found from the text outwards. LIMIT keeps the planner from turning that
# round: without figures it joins every line with every thread and every patient of the practice
# before it looks for the text (measured with 400 patients: 12 s, and 2 ms this way).
_AROUND = (
    select(
        line.c.number_id,
        line.c.opted_out_at,
        thread.c.patient_id,
        patient.c.status.label("patient_status"),
        practice_number.c.number,
        phone.c.id.label("phone_id"),
        phone.c.number_sealed,
        or_(thread.c.id.is_(None), STILL_THEIRS).label("has_phone"),
        *phones.COLUMNS,
        conversation.c.script.label("asked_by"),
        consents.steps_of(line.c.practice_id, thread.c.patient_id).label("consents"),
    )
    .select_from(
        line.join(phone, _is(phone, line.c.phone_id, line.c.practice_id))
        .join(practice_number, _is(practice_number, line.c.number_id, line.c.practice_id))
        .outerjoin(phone_state, phones.OF_PHONE)
        .outerjoin(thread, _is(thread, message.c.thread_id, message.c.practice_id))
        .outerjoin(patient, _is(patient, thread.c.patient_id, thread.c.practice_id))
        .outerjoin(
            conversation,
            _is(conversation, message.c.conversation_id, message.c.practice_id),
        )
    )
    .where(_is(line, message.c.line_id, message.c.practice_id))
    .limit(1)
    .correlate(message)
    .lateral("around")
)
_OUTGOING = Query(
    select(message, *_AROUND.c)
    .select_from(message.join(_AROUND, true()))
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
        held_until=None,
    )
)
_HOLD = Query(
    update(message)
    .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT)
    .values(
        held_until=bindparam("until"),
        status_reason=bindparam("reason"),
        status_at=bindparam("moment"),
    )
)
_RESENT = Query(
    update(message)
    .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT)
    .values(tries=message.c.tries + 1)
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
        attempt=bindparam("number"),
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
_ACCOUNT = Query(select(practice.c.carrier_sealed).where(practice.c.id == _PRACTICE))
_NUMBERS = Query(
    select(practice_number.c.id, practice_number.c.number)
    .where(practice_number.c.practice_id == _PRACTICE)
    .order_by(practice_number.c.id)
)


async def lock_line(work: Work, practice: PracticeId, text: MessageId) -> None:
    """Lock the line of a text. What turns read and the outbox writes is in order behind this."""
    await work.run(_LOCK_LINE, practice=practice, text=text)


async def is_behind(work: Work, text: Outgoing, since: UUID) -> bool:
    """Say whether an older text of the line, made since a moment, has still to leave."""
    found = await work.maybe(
        _BEHIND, practice=text.practice_id, line=text.line_id, text=text.id, since=since
    )
    return found is not None


async def outgoing(work: Work, keys: PracticeKeys, text: MessageId) -> Outgoing | None:
    """Lock and return a text of ours; None if there is none. Call `lock_line` first."""
    row = await work.maybe(_OUTGOING, practice=keys.practice, text=text)
    if row is None:
        return None
    known = phones.read(row)
    return Outgoing(
        practice_id=keys.practice,
        id=row["id"],
        line_id=row["line_id"],
        number_id=row["number_id"],
        phone_id=row["phone_id"],
        phone=known,
        patient_id=row["patient_id"],
        from_number=row["number"],
        to=_number(keys, row["phone_id"], row["number_sealed"]),
        body=keys.open_text("message.body", row["id"], row["body_sealed"]),
        kind=row["kind"],
        state=row["status"],
        carrier_sid=row["carrier_sid"],
        at=row["at"],
        sending_at=row["sending_at"],
        resent=row["tries"] > 0,
        failed_sid=row["failed_sid"],
        not_after=row["not_after"],
        right=right_of(row["text_id"], row["kind"], row["asked_by"]),
        facts=Facts(
            has_phone=row["has_phone"],
            patient_active=row["patient_status"] in (None, "active"),
            opted_out=row["opted_out_at"] is not None,
            closed=closed_purposes(consents.read_steps(row["consents"])),
            trouble=known.trouble,
        ),
    )


async def move(  # noqa: PLR0913 - one row, and each value has its own name
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


async def hold(work: Work, text: Outgoing, until: datetime, reason: str, at: datetime) -> None:
    """Write until when a queued text is held, and why."""
    await work.run(
        _HOLD, practice=text.practice_id, text=text.id, until=until, reason=reason, moment=at
    )


async def count_resend(work: Work, text: Outgoing) -> None:
    """Note that a text is sent once more."""
    await work.run(_RESENT, practice=text.practice_id, text=text.id)


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
    work: Work, text: Outgoing, word: str, code: int, at: datetime, *, attempt: int = 1
) -> bool:
    """Keep a status report; False if the same was kept before of the same attempt."""
    kept = await work.run(
        _REPORT,
        practice=text.practice_id,
        text=text.id,
        word=word,
        code=code,
        moment=at,
        number=attempt,
    )
    return kept > 0


async def taken_sids(work: Work, text: Outgoing, since: UUID) -> frozenset[str]:
    """Return the carrier's ids of the line's other texts made since (a bound for their ids)."""
    rows = await work.rows(
        _TAKEN, practice=text.practice_id, on_line=text.line_id, text=text.id, since=since
    )
    return frozenset(row["carrier_sid"] for row in rows)


async def close_line(work: Work, text: Outgoing, at: datetime) -> bool:
    """Close a line in whatever state of consent it is; False if it was closed already."""
    return bool(
        await work.run(_CLOSE_LINE, practice=text.practice_id, on_line=text.line_id, moment=at)
    )


async def sealed_account(work: Work, practice: PracticeId) -> bytes | None:
    """Return the practice's account with its carrier, sealed; None if it has none."""
    row = await work.maybe(_ACCOUNT, practice=practice)
    return None if row is None else row["carrier_sealed"]


async def numbers(work: Work, practice: PracticeId) -> list[tuple[NumberId, str]]:
    """Return the practice's numbers, oldest first."""
    rows = await work.rows(_NUMBERS, practice=practice)
    return [(row["id"], row["number"]) for row in rows]


def _number(keys: PracticeKeys, phone_id: UUID, sealed: bytes) -> PhoneNumber | None:
    try:
        return PhoneNumber(keys.open_text("phone.number", phone_id, sealed))
    except NotAPhoneNumber:
        return None
