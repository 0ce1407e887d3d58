"""What a turn about visits knows, asks to know, and does. (p).

A decision is pure: where it needs to see a visit, a free time, or whether a time could be had, it
says so (`Want`), the shell looks or tries in the same transaction, and the decision is made again
with what is `Known` then. Nearly no turn wants anything. This room refuses behaviour.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.appointments.appointment import Answer, Appointment, Reason
from engage.appointments.slot import Slot
from engage.ids import AppointmentId, ConversationId, PatientId, QueueItemId, SlotId

Kind: TypeAlias = Literal["remind", "which", "change", "echo", "offer", "missed", "ride"]
Speaker: TypeAlias = Literal["patient", "caregiver"]


class VisitTalk(Struct, frozen=True, kw_only=True):
    """What a conversation about visits is about: its numbers stand for these, in their order."""

    conversation_id: ConversationId
    patient_id: PatientId
    kind: Kind
    #: Of the place.
    zone: str
    visits: tuple[Appointment, ...] = ()
    slots: tuple[Slot, ...] = ()
    #: The time that somebody asked for in words.
    proposed_at: datetime | None = None


class Meet(Struct, frozen=True, kw_only=True):
    """A conversation about visits that a turn begins, and those whose place it takes."""

    kind: Kind
    zone: str
    visits: tuple[Appointment, ...] = ()
    slots: tuple[Slot, ...] = ()
    instead_of: tuple[ConversationId, ...] = ()


# What a decision asks to know


class Ahead(Struct, frozen=True, tag="ahead"):
    """Which visits of a person are to come, or have just begun."""

    patient_id: PatientId


class Openings(Struct, frozen=True, tag="openings"):
    """Which times may be offered for a visit: the best ones, or those of a span that was named."""

    visit_id: AppointmentId
    since: datetime | None = None
    until: datetime | None = None


class Book(Struct, frozen=True, tag="book"):
    """Whether this visit can have this time; if so it has it."""

    visit_id: AppointmentId
    slot_id: SlotId
    by: Speaker
    by_id: UUID | None


class TakeOffer(Struct, frozen=True, tag="take-offer"):
    """Whether the time that was offered is theirs; the first who asks has it."""

    conversation_id: ConversationId
    by: Speaker
    by_id: UUID | None


Try: TypeAlias = Book | TakeOffer
Want: TypeAlias = Ahead | Openings | Book | TakeOffer


class AheadSeen(Struct, frozen=True):
    """The visits of a person that are to come, the next one first."""

    patient_id: PatientId
    visits: tuple[Appointment, ...]


class Open(Struct, frozen=True):
    """Times that may be offered, as was asked."""

    asked: Openings
    slots: tuple[Slot, ...]


class Tried(Struct, frozen=True):
    """What became of a try."""

    wanted: Try
    #: The visit at its new time; None: somebody was faster.
    visit: Appointment | None = None
    #: The clinic's own system keeps the book: somebody must write it down there.
    to_write_down: bool = False
    #: It was no matter of the time: the visit itself is over, or never was.
    over: bool = False


class Known(Struct, frozen=True, kw_only=True):
    """What a turn knows of visits; nothing, nearly always."""

    talks: tuple[VisitTalk, ...] = ()
    ahead: tuple[AheadSeen, ...] = ()
    openings: tuple[Open, ...] = ()
    tried: tuple[Tried, ...] = ()
    #: Of the visits talked about: those to which somebody drives the person, or they were asked.
    settled: tuple[AppointmentId, ...] = ()

    def ahead_of(self, patient: PatientId) -> tuple[Appointment, ...] | None:
        """Return a person's visits to come; None if nobody has looked."""
        return next((one.visits for one in self.ahead if one.patient_id == patient), None)

    def open_for(self, asked: Openings) -> tuple[Slot, ...] | None:
        """Return the times that may be offered; None if nobody has looked."""
        return next((one.slots for one in self.openings if one.asked == asked), None)

    def outcome(self, wanted: Try) -> Tried | None:
        """Return what became of a try; None if nobody has tried."""
        return next((one for one in self.tried if one.wanted == wanted), None)


# What a decision does


class Answered(Struct, frozen=True, tag="answered"):
    """Somebody said whether they come."""

    visit_id: AppointmentId
    answer: Answer
    by: Speaker
    by_id: UUID | None


class Held(Struct, frozen=True, tag="held"):
    """Times that are kept for a person for some minutes."""

    patient_id: PatientId
    slots: tuple[SlotId, ...]


class LetGo(Struct, frozen=True, tag="let-go"):
    """Times that were kept for a person, and not chosen."""

    patient_id: PatientId
    slots: tuple[SlotId, ...]


class Passed(Struct, frozen=True, tag="passed"):
    """Somebody does not want the time that was offered."""

    conversation_id: ConversationId


class MissedBecause(Struct, frozen=True, tag="missed-because"):
    """Why somebody did not come, as they say."""

    visit_id: AppointmentId
    reason: Reason
    by: Speaker
    by_id: UUID | None


class WorkNamed(Struct, frozen=True, tag="work-named"):
    """Work that is about a visit."""

    item_id: QueueItemId
    visit_id: AppointmentId


Act: TypeAlias = Answered | Held | LetGo | Passed | MissedBecause | WorkNamed


def starts(visit: Appointment) -> datetime:
    """Return when a visit that has a time begins."""
    if visit.time is None:
        message = "a visit that is talked about has a time"
        raise ValueError(message)
    return visit.time.starts_at


def in_order(visits: Iterable[Appointment]) -> tuple[Appointment, ...]:
    """Return visits that have a time, the next one first."""
    timed = (one for one in visits if one.time is not None)
    return tuple(sorted(timed, key=lambda one: (starts(one), one.id.bytes)))
