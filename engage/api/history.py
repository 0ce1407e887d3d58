"""A patient's timeline, outward: tagged entries, newest first."""

from datetime import datetime
from typing import Annotated, TypeAlias, assert_never
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.timeline.store import Entry, EntryKind, entries
from engage.audit import By, record_patients
from engage.ids import PatientId


class MessageEntry(Struct, frozen=True, kw_only=True, tag="message"):
    """A text, in or out."""

    id: UUID
    at: datetime
    thread_id: UUID | None
    direction: Annotated[str, Meta(description="in or out")]
    author: str | None
    state: Annotated[str, Meta(description="What became of it.")]
    state_reason: Annotated[str | None, Meta(description="Why it waits or was not sent.")]
    body: str | None


class ScreeningEntry(Struct, frozen=True, kw_only=True, tag="screening"):
    """An instrument that was asked."""

    id: UUID
    at: datetime
    instrument: str | None
    channel: str | None
    state: str
    verdict: Annotated[str | None, Meta(description="at-risk, no-risk or cannot-say")]


class ItemEntry(Struct, frozen=True, kw_only=True, tag="item"):
    """A piece of work."""

    id: UUID
    at: datetime
    subject: str | None
    severity: str | None
    state: str
    outcome: str | None


class ConsentEntry(Struct, frozen=True, kw_only=True, tag="consent"):
    """What was agreed, refused or found out about texting; GET …/consent has it in words."""

    id: UUID
    at: datetime
    state: Annotated[str, Meta(description="opted-out, granted, wrong-person…")]
    how: str | None


class CorrectionEntry(Struct, frozen=True, kw_only=True, tag="correction"):
    """Somebody of the practice said whose a text really is."""

    id: UUID
    at: datetime
    message_id: UUID | None
    state: Annotated[str, Meta(description="to-here: it is this patient's; away: it is not")]
    from_author: str | None
    to_author: str | None
    staff_id: Annotated[str | None, Meta(description="Who said so.")]
    reason: str | None


class AppointmentEntry(Struct, frozen=True, kw_only=True, tag="appointment"):
    """A visit was booked, moved, kept, missed or called off."""

    id: UUID
    at: datetime
    appointment_id: UUID | None
    act: Annotated[str | None, Meta(description="create, move, status; hear: by the clinic")]
    state: Annotated[str, Meta(description="How the visit stood after it.")]
    by: str | None
    reason: str | None


class RideEntry(Struct, frozen=True, kw_only=True, tag="ride"):
    """A ride or a box was asked for, arranged, driven or brought, or came to nothing."""

    id: UUID
    at: datetime
    ride_id: UUID | None
    state: str
    by: str | None
    reason: str | None


class CallEntry(Struct, frozen=True, kw_only=True, tag="call"):
    """A call, a video call or a visit at home was logged."""

    id: UUID
    at: datetime
    item_id: UUID | None
    channel: Annotated[str | None, Meta(description="phone, video or visit")]
    direction: Annotated[str | None, Meta(description="out: we called; in: they did")]
    outcome: str
    staff_id: Annotated[str | None, Meta(description="Who logged it.")]
    note: str | None


class NeedEntry(Struct, frozen=True, kw_only=True, tag="need"):
    """A need was found, wanted, helped with, met, or opened again."""

    id: UUID
    at: datetime
    need_id: UUID | None
    domain: str | None
    act: str | None
    state: Annotated[str, Meta(description="How the need stood after it.")]
    by: str | None
    reason: str | None


class CheckInEntry(Struct, frozen=True, kw_only=True, tag="check-in"):
    """A plan's questions were due: they were asked, or not, and why not."""

    id: UUID
    at: datetime
    script: str | None
    state: Annotated[str, Meta(description="asked, missed or skipped")]
    why: str | None
    #: The screening that holds the answers, if it was asked.
    screening_id: UUID | None


TimelineEntry: TypeAlias = (
    MessageEntry
    | ScreeningEntry
    | ItemEntry
    | ConsentEntry
    | CorrectionEntry
    | AppointmentEntry
    | RideEntry
    | CallEntry
    | NeedEntry
    | CheckInEntry
)


class Timeline(Struct, frozen=True):
    """A page of what happened, newest first."""

    items: tuple[TimelineEntry, ...]
    next: str | None


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: UUID


@get(
    "/patients/{patient_id:uuid}/timeline",
    opt=needs("thread.read"),
    operation_id="getTimeline",
    summary="What happened to a patient: texts, calls, questions, needs, work, consent, visits",
)
async def get_timeline(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    kind: Annotated[
        EntryKind | None,
        QueryParameter(required=False, description="Only entries of this kind."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Timeline:
    """Return a page of the timeline; that it was looked at is recorded."""
    before = position_of(cursor, _Before)
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, patient = await parts.vault.keys(practice), PatientId(patient_id)
    async with parts.database.work([practice], practice) as work:
        rows = await entries(work, keys, patient, before and before.id, limit + 1, kind)
        await record_patients(
            work,
            practice,
            parts.clock.now(),
            by=By.staff(visit.staff_id),
            action="patient.timeline",
            patients=[patient],
        )
    shown, last = cut(rows, limit)
    return Timeline(
        items=tuple(_outward(one) for one in shown),
        next=None if last is None else cursor_of(_Before(last.id)),
    )


def _outward(one: Entry) -> TimelineEntry:
    match one.kind:
        case "message":
            return MessageEntry(
                id=one.id,
                at=one.at,
                thread_id=one.thread_id,
                direction=one.what or "",
                author=one.author,
                state=one.state,
                state_reason=one.outcome,
                body=one.body,
            )
        case "screening":
            return ScreeningEntry(
                id=one.id,
                at=one.at,
                instrument=one.what,
                channel=one.author,
                state=one.state,
                verdict=one.outcome,
            )
        case "item":
            return ItemEntry(
                id=one.id,
                at=one.at,
                subject=one.what,
                severity=one.author,
                state=one.state,
                outcome=one.outcome,
            )
        case "consent":
            return ConsentEntry(id=one.id, at=one.at, state=one.state, how=one.what)
        case "correction":
            return CorrectionEntry(
                id=one.id,
                at=one.at,
                message_id=one.thread_id,
                state=one.state,
                from_author=one.what,
                to_author=one.author,
                staff_id=one.outcome,
                reason=one.body,
            )
        case "appointment":
            return AppointmentEntry(
                id=one.id,
                at=one.at,
                appointment_id=one.thread_id,
                act=one.what,
                state=one.state,
                by=one.author,
                reason=one.outcome,
            )
        case "ride":
            return RideEntry(
                id=one.id,
                at=one.at,
                ride_id=one.thread_id,
                state=one.state,
                by=one.author,
                reason=one.outcome,
            )
        case "call":
            return CallEntry(
                id=one.id,
                at=one.at,
                item_id=one.thread_id,
                channel=one.what,
                direction=one.author,
                outcome=one.state,
                staff_id=one.outcome,
                note=one.body,
            )
        case "need":
            return NeedEntry(
                id=one.id,
                at=one.at,
                need_id=one.thread_id,
                domain=one.outcome,
                act=one.what,
                state=one.state,
                by=one.author,
                reason=one.body,
            )
        case "check-in":
            return CheckInEntry(
                id=one.id,
                at=one.at,
                script=one.what,
                state=one.state,
                why=one.outcome,
                screening_id=one.thread_id,
            )
        case _:
            assert_never(one.kind)
