"""The SQL of what a correction takes back: answers, flags, work, texts that have not left.

Answers and corrections are ledgers: nothing is changed there, only added. This room refuses to
cancel work that somebody touched, or that another text stands behind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from engage.conversation.answers import Answer
from engage.db.session import Query, Work
from engage.db.tables import (
    answer,
    answer_undone,
    appointment_event,
    correction,
    flag,
    message,
    paging,
    patient,
    queue_item,
    screening,
)
from engage.ids import (
    AnswerId,
    AppointmentId,
    FlagId,
    MessageId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
)
from engage.turns.context import ScreeningLeft
from engage.turns.correcting.store import Read
from engage.turns.rows import answer_of

WHY_CANCELLED = "text-was-anothers"
"""The outcome of work that only a misread text opened."""

TAKEN_BACK = "correction/taken-back"
"""The rule of the flag that tells a care manager of answers that are missing now."""

_UUIDS = ARRAY(Uuid())
_HERE = bindparam("practice", type_=Uuid())
_TEXT = bindparam("text", type_=Uuid())


class Effects(Struct, frozen=True, kw_only=True):
    """What a text did as somebody's, and which of it can simply be cancelled."""

    answers: tuple[AnswerId, ...] = ()
    prompts: tuple[str, ...] = ()
    screenings: tuple[ScreeningLeft, ...] = ()
    flags: tuple[FlagId, ...] = ()
    cancelled: tuple[QueueItemId, ...] = ()
    cancelled_crisis: bool = False
    #: Items that stay, because somebody touched them or another text stands behind them.
    kept: tuple[QueueItemId, ...] = ()
    queued: tuple[tuple[UUID, str], ...] = ()


class Entry(Struct, frozen=True, kw_only=True):
    """A line of the ledger."""

    id: UUID
    by: StaffId
    at: datetime
    to_author: str
    to_author_id: UUID | None
    to_patient_id: PatientId | None
    to_prompt: str | None
    reason_sealed: bytes | None


_STANDS = ~exists().where(
    answer_undone.c.practice_id == answer.c.practice_id, answer_undone.c.answer_id == answer.c.id
)
_ANSWERS = Query(
    select(
        answer.c.id,
        answer.c.item,
        screening.c.id.label("screening_id"),
        screening.c.patient_id,
        screening.c.instrument,
        screening.c.instrument_version,
        screening.c.channel,
        screening.c.language,
        screening.c.status,
    )
    .join(
        screening,
        and_(
            screening.c.practice_id == answer.c.practice_id,
            screening.c.id == answer.c.screening_id,
        ),
    )
    .where(answer.c.practice_id == _HERE, answer.c.message_id == _TEXT, _STANDS)
    .order_by(answer.c.id)
)
_LEFT = Query(
    select(answer.c.id, answer.c.item, answer.c.kind, answer.c.option)
    .where(
        answer.c.practice_id == _HERE,
        answer.c.screening_id == bindparam("of"),
        answer.c.message_id.is_distinct_from(_TEXT),
        _STANDS,
    )
    .order_by(answer.c.id)
)
_CAUSES = select(_TEXT.label("id")).union_all(
    select(correction.c.id).where(
        correction.c.practice_id == _HERE, correction.c.message_id == _TEXT
    )
)
_FLAGS = Query(
    select(flag.c.id, flag.c.item_id).where(
        flag.c.practice_id == _HERE,
        flag.c.withdrawn_at.is_(None),
        flag.c.source_id.in_(_CAUSES),
        # What tells of missing answers stays, unless they come back to the same person.
        or_(flag.c.rule != TAKEN_BACK, flag.c.patient_id == bindparam("back_to", type_=Uuid())),
    )
)
_other = flag.alias("other")
_ITEMS = Query(
    select(
        queue_item.c.id,
        queue_item.c.severity,
        and_(
            queue_item.c.closed_at.is_(None),
            queue_item.c.status == "ready",
            queue_item.c.claimed_at.is_(None),
            queue_item.c.first_touch_at.is_(None),
            # Who said that they are on it has not claimed it yet: they may be on the phone.
            ~exists().where(
                paging.c.practice_id == queue_item.c.practice_id,
                paging.c.item_id == queue_item.c.id,
                paging.c.acknowledged_at.is_not(None),
            ),
            ~exists().where(
                _other.c.practice_id == queue_item.c.practice_id,
                _other.c.item_id == queue_item.c.id,
                _other.c.withdrawn_at.is_(None),
                ~(_other.c.id == any_(bindparam("flags", type_=_UUIDS))),
            ),
        ).label("alone"),
    )
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.id == any_(bindparam("items", type_=_UUIDS)),
    )
    .order_by(queue_item.c.id)
)
_LOCK_ITEMS = Query(
    select(queue_item.c.id)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.id == any_(bindparam("items", type_=_UUIDS)),
    )
    .order_by(queue_item.c.id)
    .with_for_update()
)
_QUEUED = Query(
    select(message.c.conversation_id, message.c.text_key).where(
        message.c.practice_id == _HERE,
        message.c.line_id == bindparam("on_line"),
        message.c.direction == "out",
        message.c.status == "queued",
        message.c.conversation_id == bindparam("read_by"),
        message.c.text_key.is_not(None),
    )
)
_RECORD = Query(
    insert(correction).values(
        {c.name: bindparam(f"new_{c.name}", type_=c.type) for c in correction.c}
    )
)
_UNDO_ANSWER = Query(
    insert(answer_undone).values(
        practice_id=_HERE,
        answer_id=bindparam("gone"),
        correction_id=bindparam("by"),
        at=bindparam("now"),
    )
)
_WITHDRAW_FLAGS = Query(
    update(flag)
    .where(flag.c.practice_id == _HERE, flag.c.id == any_(bindparam("flags", type_=_UUIDS)))
    .values(withdrawn_at=bindparam("now"), withdrawn_by=bindparam("by"))
)
_CANCEL_ITEMS = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.id == any_(bindparam("items", type_=_UUIDS)),
    )
    .values(
        status="cancelled",
        closed_at=bindparam("now"),
        closed_by=bindparam("staff"),
        outcome=WHY_CANCELLED,
        waiting_since=None,
        version=queue_item.c.version + 1,
    )
)

_PERSON = bindparam("person", type_=Uuid())
_MOMENTS = bindparam("moments", type_=ARRAY(DateTime(timezone=True)))
_TOUCHED = Query(
    select(appointment_event.c.appointment_id)
    .distinct()
    .join(
        patient,
        (patient.c.practice_id == appointment_event.c.practice_id)
        & (patient.c.id == appointment_event.c.patient_id),
    )
    .where(
        appointment_event.c.practice_id == _HERE,
        or_(patient.c.id == _PERSON, patient.c.merged_into == _PERSON),
        appointment_event.c.at == any_(_MOMENTS),
        or_(appointment_event.c.by == "patient", appointment_event.c.by == "caregiver"),
    )
    .order_by(appointment_event.c.appointment_id)
)
_READ_AGAIN = Query(
    select(correction.c.at).where(
        correction.c.practice_id == _HERE,
        correction.c.message_id == bindparam("text", type_=Uuid()),
    )
)


async def effects(
    work: Work, practice: PracticeId, text: Read, back_to: PatientId | None
) -> Effects:
    """Return what a text did, and lock the work it is behind."""
    given = await work.rows(_ANSWERS, practice=practice, text=text.id)
    left: dict[ScreeningId, ScreeningLeft] = {}
    prompts: list[str] = []
    for row in given:
        of = ScreeningId(row["screening_id"])
        rest = await work.rows(_LEFT, practice=practice, of=of, text=text.id)
        known: dict[str, Answer] = {r["item"]: answer_of(r["kind"], r["option"]) for r in rest}
        if not any(r["item"] == row["item"] and r["id"] > row["id"] for r in rest):
            prompts.append(row["item"])
        left[of] = ScreeningLeft(
            id=of,
            patient_id=row["patient_id"],
            instrument=row["instrument"],
            instrument_version=row["instrument_version"],
            channel=row["channel"],
            language=row["language"],
            status=row["status"],
            known=known,
        )
    flags = await work.rows(_FLAGS, practice=practice, text=text.id, back_to=back_to)
    ids = [row["id"] for row in flags]
    behind = list({row["item_id"] for row in flags})
    # Locked first, and looked at then: somebody may have acknowledged one in between.
    await work.rows(_LOCK_ITEMS, practice=practice, items=behind)
    items = await work.rows(_ITEMS, practice=practice, items=behind, flags=ids)
    queued = (
        []
        if text.conversation_id is None or text.prompt is None
        else await work.rows(
            _QUEUED, practice=practice, on_line=text.line_id, read_by=text.conversation_id
        )
    )
    return Effects(
        answers=tuple(AnswerId(row["id"]) for row in given),
        prompts=tuple(prompts),
        screenings=tuple(left.values()),
        flags=tuple(FlagId(one) for one in ids),
        cancelled=tuple(QueueItemId(row["id"]) for row in items if row["alone"]),
        cancelled_crisis=any(row["alone"] and row["severity"] == "crisis" for row in items),
        kept=tuple(QueueItemId(row["id"]) for row in items if not row["alone"]),
        queued=tuple((row["conversation_id"], row["text_key"]) for row in queued),
    )


async def take_back(
    work: Work, practice: PracticeId, text: Read, done: Effects, entry: Entry
) -> None:
    """Write the correction into the ledger, and mark what it takes back."""
    await work.run(
        _RECORD,
        new_practice_id=practice,
        new_id=entry.id,
        new_message_id=text.id,
        new_staff_id=entry.by,
        new_at=entry.at,
        new_from_author=text.author,
        new_from_author_id=text.author_id,
        new_from_patient_id=text.patient_id,
        new_from_prompt=text.prompt,
        new_from_sure=text.sure,
        new_from_why=text.why,
        new_to_author=entry.to_author,
        new_to_author_id=entry.to_author_id,
        new_to_patient_id=entry.to_patient_id,
        new_to_prompt=entry.to_prompt,
        new_undone=msgspec.json.encode(_told(done)).decode(),
        new_reason_sealed=entry.reason_sealed,
    )
    for gone in done.answers:
        await work.run(_UNDO_ANSWER, practice=practice, gone=gone, by=entry.id, now=entry.at)
    if done.flags:
        await work.run(
            _WITHDRAW_FLAGS, practice=practice, flags=list(done.flags), by=entry.id, now=entry.at
        )
    if done.cancelled:
        items = list(done.cancelled)
        await work.run(_CANCEL_ITEMS, practice=practice, items=items, staff=entry.by, now=entry.at)


def _told(done: Effects) -> list[dict[str, Any]]:
    fates: Sequence[tuple[str, str, Sequence[UUID]]] = (
        ("answer", "undone", done.answers),
        ("flag", "withdrawn", done.flags),
        ("item", "cancelled", done.cancelled),
        ("item", "kept", done.kept),
    )
    return [{"kind": kind, "id": one, "fate": fate} for kind, fate, ids in fates for one in ids]


async def read_again(work: Work, practice: PracticeId, text: MessageId) -> tuple[datetime, ...]:
    """Return when a text was read once more, because somebody corrected whose it is."""
    rows = await work.rows(_READ_AGAIN, practice=practice, text=text)
    return tuple(row["at"] for row in rows)


async def visits_touched(
    work: Work, practice: PracticeId, person: PatientId, moments: Sequence[datetime]
) -> tuple[AppointmentId, ...]:
    """Return the visits of a person of which they, or who cares for them, said something then."""
    rows = await work.rows(_TOUCHED, practice=practice, person=person, moments=list(moments))
    return tuple(AppointmentId(row["appointment_id"]) for row in rows)
