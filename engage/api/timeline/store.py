"""One page of what happened to a patient, merged from its tables by the moment inside each id.

Each table gives its newest rows below the cursor over an index of its own; the merge keeps the
newest of them all. Rows never leave this file.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import BYTEA

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import (
    answer_undone,
    appointment_event,
    check_in,
    check_in_plan,
    consent_event,
    contact_attempt,
    correction,
    message,
    need,
    need_event,
    patient,
    queue_item,
    ride_event,
    screening,
    thread,
)
from engage.ids import PatientId

EntryKind: TypeAlias = Literal[
    "message",
    "screening",
    "item",
    "consent",
    "correction",
    "appointment",
    "ride",
    "call",
    "need",
    "check-in",
]

LAST = UUID(int=2**128 - 1)
"""Above every id: where the first page begins."""


class Entry(Struct, frozen=True, kw_only=True):
    """One thing that happened; what the kinds do not share is None."""

    kind: EntryKind
    id: UUID
    at: datetime
    state: str
    what: str | None
    thread_id: UUID | None
    author: str | None
    outcome: str | None
    body: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Entry(kind={self.kind}, id={self.id}, …)"


_PRACTICE = bindparam("in_practice", type_=UuidType())
_PATIENT = bindparam("about", type_=UuidType())
_BEFORE = bindparam("before", type_=UuidType())
_MOST = bindparam("most", type_=Integer())
# A record that was merged into this one is the same person's.
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == _PRACTICE,
    or_(patient.c.id == _PATIENT, patient.c.merged_into == _PATIENT),
)
_THREADS = select(thread.c.id).where(
    thread.c.practice_id == _PRACTICE, thread.c.patient_id.in_(_RECORDS)
)
_LINES = select(thread.c.line_id).where(
    thread.c.practice_id == _PRACTICE, thread.c.patient_id.in_(_RECORDS)
)


def _newest(part: Select[*tuple[Any, ...]], newest_first: ColumnElement[Any]) -> Select[Any]:
    inner = part.order_by(newest_first).limit(_MOST).subquery()
    return select(inner)


_NO_TEXT, _NO_ID, _NO_BODY = (
    cast(null(), String()),
    cast(null(), UuidType()),
    cast(null(), BYTEA()),
)
_messages = select(
    literal("message").label("kind"),
    message.c.id,
    message.c.at,
    message.c.status.label("state"),
    message.c.direction.label("what"),
    message.c.thread_id,
    message.c.author,
    message.c.status_reason.label("outcome"),
    message.c.body_sealed,
).where(
    message.c.practice_id == _PRACTICE,
    message.c.thread_id.in_(_THREADS),
    message.c.id < _BEFORE,
)
_screenings = select(
    literal("screening").label("kind"),
    screening.c.id,
    screening.c.started_at.label("at"),
    screening.c.status.label("state"),
    screening.c.instrument.label("what"),
    _NO_ID.label("thread_id"),
    screening.c.channel.label("author"),
    func.jsonb_extract_path_text(screening.c.verdict, "type").label("outcome"),
    _NO_BODY.label("body_sealed"),
).where(
    screening.c.practice_id == _PRACTICE,
    screening.c.patient_id.in_(_RECORDS),
    screening.c.id < _BEFORE,
)
_items = select(
    literal("item").label("kind"),
    queue_item.c.id,
    queue_item.c.opened_at.label("at"),
    queue_item.c.status.label("state"),
    queue_item.c.subject.label("what"),
    queue_item.c.thread_id,
    queue_item.c.severity.label("author"),
    queue_item.c.outcome,
    _NO_BODY.label("body_sealed"),
).where(
    queue_item.c.practice_id == _PRACTICE,
    queue_item.c.patient_id.in_(_RECORDS),
    queue_item.c.id < _BEFORE,
)
_consent_columns = select(
    literal("consent").label("kind"),
    consent_event.c.id,
    consent_event.c.at,
    consent_event.c.kind.label("state"),
    consent_event.c.how.label("what"),
    _NO_ID.label("thread_id"),
    _NO_TEXT.label("author"),
    _NO_TEXT.label("outcome"),
    _NO_BODY.label("body_sealed"),
).where(consent_event.c.practice_id == _PRACTICE, consent_event.c.id < _BEFORE)
_consents = _consent_columns.where(consent_event.c.patient_id == _PATIENT)
# A phone's own; not what another patient of it said of themselves.
_consents_of_lines = _consent_columns.where(
    consent_event.c.line_id.in_(_LINES), consent_event.c.patient_id.is_(None)
)
_corrections = select(
    literal("correction").label("kind"),
    correction.c.id,
    correction.c.at,
    case((correction.c.to_patient_id.in_(_RECORDS), "to-here"), else_="away").label("state"),
    correction.c.from_author.label("what"),
    correction.c.message_id.label("thread_id"),
    correction.c.to_author.label("author"),
    cast(correction.c.staff_id, String()).label("outcome"),
    correction.c.reason_sealed.label("body_sealed"),
).where(
    correction.c.practice_id == _PRACTICE,
    or_(correction.c.from_patient_id.in_(_RECORDS), correction.c.to_patient_id.in_(_RECORDS)),
    correction.c.id < _BEFORE,
)
_visits = select(
    literal("appointment").label("kind"),
    appointment_event.c.id,
    appointment_event.c.at,
    appointment_event.c.status.label("state"),
    appointment_event.c.act.label("what"),
    appointment_event.c.appointment_id.label("thread_id"),
    appointment_event.c.by.label("author"),
    appointment_event.c.reason.label("outcome"),
    _NO_BODY.label("body_sealed"),
).where(
    appointment_event.c.practice_id == _PRACTICE,
    appointment_event.c.patient_id.in_(_RECORDS),
    appointment_event.c.applied,
    appointment_event.c.id < _BEFORE,
)
_rides = select(
    literal("ride").label("kind"),
    ride_event.c.id,
    ride_event.c.at,
    ride_event.c.status.label("state"),
    _NO_TEXT.label("what"),
    ride_event.c.ride_id.label("thread_id"),
    ride_event.c.by.label("author"),
    ride_event.c.reason.label("outcome"),
    _NO_BODY.label("body_sealed"),
).where(
    ride_event.c.practice_id == _PRACTICE,
    ride_event.c.patient_id.in_(_RECORDS),
    ride_event.c.id < _BEFORE,
)
_calls = select(
    literal("call").label("kind"),
    contact_attempt.c.id,
    contact_attempt.c.at,
    contact_attempt.c.outcome.label("state"),
    contact_attempt.c.channel.label("what"),
    contact_attempt.c.item_id.label("thread_id"),
    contact_attempt.c.direction.label("author"),
    cast(contact_attempt.c.staff_id, String()).label("outcome"),
    contact_attempt.c.note_sealed.label("body_sealed"),
).where(
    contact_attempt.c.practice_id == _PRACTICE,
    contact_attempt.c.patient_id.in_(_RECORDS),
    contact_attempt.c.id < _BEFORE,
)
_needs = (
    select(
        literal("need").label("kind"),
        need_event.c.id,
        need_event.c.at,
        need_event.c.status.label("state"),
        need_event.c.act.label("what"),
        need_event.c.need_id.label("thread_id"),
        need_event.c.by.label("author"),
        need.c.domain.label("outcome"),
        need_event.c.reason_sealed.label("body_sealed"),
    )
    .join(
        need,
        (need.c.practice_id == need_event.c.practice_id) & (need.c.id == need_event.c.need_id),
    )
    .where(
        need.c.practice_id == _PRACTICE,
        need.c.patient_id.in_(_RECORDS),
        need_event.c.practice_id == _PRACTICE,
        need_event.c.id < _BEFORE,
        # What stood on an answer that turned out to be somebody else's never happened to them.
        ~exists(
            select(answer_undone.c.answer_id).where(
                answer_undone.c.practice_id == need_event.c.practice_id,
                answer_undone.c.answer_id == need_event.c.answer_id,
            )
        ),
    )
)
_check_ins = (
    select(
        literal("check-in").label("kind"),
        check_in.c.id,
        check_in.c.at,
        check_in.c.status.label("state"),
        check_in_plan.c.script.label("what"),
        check_in.c.screening_id.label("thread_id"),
        _NO_TEXT.label("author"),
        check_in.c.why.label("outcome"),
        _NO_BODY.label("body_sealed"),
    )
    .join(
        check_in_plan,
        (check_in_plan.c.practice_id == check_in.c.practice_id)
        & (check_in_plan.c.id == check_in.c.plan_id),
    )
    .where(
        check_in.c.practice_id == _PRACTICE,
        check_in.c.patient_id.in_(_RECORDS),
        check_in.c.id < _BEFORE,
    )
)
_PARTS: Mapping[EntryKind, tuple[Select[Any], ...]] = {
    "message": (_newest(_messages, message.c.id.desc()),),
    "screening": (_newest(_screenings, screening.c.id.desc()),),
    "item": (_newest(_items, queue_item.c.id.desc()),),
    "consent": (
        _newest(_consents, consent_event.c.id.desc()),
        _newest(_consents_of_lines, consent_event.c.id.desc()),
    ),
    "correction": (_newest(_corrections, correction.c.id.desc()),),
    "appointment": (_newest(_visits, appointment_event.c.id.desc()),),
    "ride": (_newest(_rides, ride_event.c.id.desc()),),
    "call": (_newest(_calls, contact_attempt.c.id.desc()),),
    "need": (_newest(_needs, need_event.c.id.desc()),),
    "check-in": (_newest(_check_ins, check_in.c.id.desc()),),
}
_SEALED = {
    "message": "message.body",
    "correction": "correction.reason",
    "call": "contact_attempt.note",
    "need": "need_event.reason",
}


def _page(*parts: Select[Any]) -> Query:
    every = union_all(*parts).subquery()
    return Query(select(every).order_by(every.c.id.desc()).limit(_MOST))


_PAGE = _page(*(one for parts in _PARTS.values() for one in parts))
_PAGE_OF: Mapping[EntryKind, Query] = {kind: _page(*parts) for kind, parts in _PARTS.items()}


async def entries(
    work: Work,
    keys: PracticeKeys,
    about: PatientId,
    before: UUID | None,
    most: int,
    kind: EntryKind | None = None,
) -> list[Entry]:
    """Return what happened to a patient before an entry, newest first; of one kind, if asked."""
    rows = await work.rows(
        _PAGE if kind is None else _PAGE_OF[kind],
        in_practice=keys.practice,
        about=about,
        before=before or LAST,
        most=most,
    )
    return [
        Entry(
            kind=row["kind"],
            id=row["id"],
            at=row["at"],
            state=row["state"],
            what=row["what"],
            thread_id=row["thread_id"],
            author=row["author"],
            outcome=row["outcome"],
            body=None
            if row["body_sealed"] is None
            else keys.open_text(_SEALED[row["kind"]], row["id"], row["body_sealed"]),
        )
        for row in rows
    ]
