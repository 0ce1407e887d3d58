"""A visit, from proposed to what became of it: one table of who may say what. (p).

The statuses are FHIR's. Moving a visit to another time is no status of its own; only a visit that
is still to come can be moved, or one that was missed or called off, which is then booked again.
Times carry the zone of the place: a visit is on the day on which people there say that it is. This
room refuses a naive time, a visit without a time where FHIR asks for one, and a missed visit
before its hour.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments.refusals import (
    NotATime,
    NotTheirsToTell,
    ReasonNotFitting,
    ReasonNotGiven,
    TooSoon,
    WrongVisitStep,
)
from engage.ids import AppointmentId, PatientId, PlaceId, PracticeId, ScheduleId

Status: TypeAlias = Literal[
    "proposed",
    "pending",
    "booked",
    "arrived",
    "checked-in",
    "fulfilled",
    "noshow",
    "cancelled",
    "waitlist",
    "entered-in-error",
]
Answerer: TypeAlias = Literal["patient", "caregiver", "staff"]
Setter: TypeAlias = Literal[
    "staff",
    # The clinic's own scheduling system.
    "clinic",
    "patient",
    "caregiver",
]
Reason: TypeAlias = Literal[
    # Who called it off.
    "patient",
    "patient-online",
    "provider",
    # Why they did not come, as they say.
    "ride",
    "work",
    "felt-ill",
    "forgot",
    "other",
]

Answer: TypeAlias = Literal["needs-action", "accepted", "declined", "tentative"]
"""What the person says of it: FHIR's participant.status. A declined visit is not called off."""

STATUSES: tuple[Status, ...] = (
    "proposed", "pending", "booked", "arrived", "checked-in", "fulfilled", "noshow", "cancelled",
    "waitlist", "entered-in-error",
)  # fmt: skip
SETTERS: tuple[Setter, ...] = ("staff", "clinic", "patient", "caregiver")

TIMELESS: frozenset[Status] = frozenset({"proposed", "waitlist", "cancelled", "entered-in-error"})
"""Only these may lack a start and an end (FHIR app-3; what never was needs neither)."""

TO_COME: frozenset[Status] = frozenset({"proposed", "pending", "booked", "waitlist"})
"""Not over, and nobody is there yet."""

REASONED: frozenset[Status] = frozenset({"cancelled", "noshow"})
"""Only these bear a reason (FHIR app-4). Why somebody was missed may be learned later."""

FHIR_REASON: Mapping[Reason, str] = {
    "patient": "pat",
    "patient-online": "pat-cpp",
    "provider": "prov",
    "ride": "pat",
    "work": "pat",
    "felt-ill": "pat",
    "forgot": "pat",
    "other": "other",
}
"""Our reasons in the words of FHIR's code system."""

LONGEST = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200

_BOTH: frozenset[Setter] = frozenset({"staff", "clinic"})
_ANYBODY: frozenset[Setter] = frozenset(SETTERS)
_STEPS: dict[tuple[Status, Status], frozenset[Setter]] = {
    ("proposed", "pending"): _ANYBODY,
    ("proposed", "booked"): _BOTH,
    ("proposed", "waitlist"): _ANYBODY,
    ("proposed", "cancelled"): _ANYBODY,
    # Chosen by the person, and not yet in the clinic's book.
    ("pending", "booked"): _BOTH,
    ("pending", "waitlist"): _BOTH,
    ("pending", "cancelled"): _ANYBODY,
    ("waitlist", "proposed"): _BOTH,
    ("waitlist", "pending"): _ANYBODY,
    ("waitlist", "booked"): _BOTH,
    ("waitlist", "cancelled"): _ANYBODY,
    ("booked", "arrived"): _BOTH,
    ("booked", "checked-in"): _BOTH,
    ("booked", "fulfilled"): _BOTH,
    # "I can't come" by text is no cancelled visit yet (FHIR: a declined response); staff do it.
    ("booked", "cancelled"): _BOTH,
    ("booked", "noshow"): _BOTH,
    ("arrived", "checked-in"): _BOTH,
    ("arrived", "fulfilled"): _BOTH,
    # They left again, or the clinic could not see them.
    ("arrived", "cancelled"): _BOTH,
    ("checked-in", "fulfilled"): _BOTH,
    ("checked-in", "cancelled"): _BOTH,
    # They had come after all; or had not.
    ("noshow", "arrived"): _BOTH,
    ("noshow", "fulfilled"): _BOTH,
    ("fulfilled", "noshow"): _BOTH,
    # Why they were missed, learned later.
    ("noshow", "noshow"): _ANYBODY,
    # Taken back, at the same time.
    ("cancelled", "booked"): _BOTH,
}
_NEVER_WAS: dict[tuple[Status, Status], frozenset[Setter]] = {
    (status, "entered-in-error"): _BOTH for status in STATUSES if status != "entered-in-error"
}
MACHINE: Mapping[tuple[Status, Status], frozenset[Setter]] = _STEPS | _NEVER_WAS
"""From a status to a status, and who may say so."""

MOVES: Mapping[Status, Status] = {
    "proposed": "proposed",
    "pending": "pending",
    "booked": "booked",
    "waitlist": "waitlist",
    "noshow": "booked",
    "cancelled": "booked",
}
"""Where a visit stands after it was given another time; what is not here can't be moved."""

_AFTERWARDS: frozenset[Status] = frozenset({"fulfilled", "noshow"})
_THERE: frozenset[Status] = frozenset({"arrived", "checked-in"})
_STATUS, _REASON, _START, _END = "/status", "/reason", "/starts_at", "/ends_at"
_ANSWER = "/answer"


class Span(Struct, frozen=True):
    """From when until when."""

    starts_at: datetime
    ends_at: datetime


class Appointment(Struct, frozen=True, kw_only=True):
    """One visit as it stands."""

    practice_id: PracticeId
    id: AppointmentId
    patient_id: PatientId
    place_id: PlaceId | None
    status: Status
    #: None only where the status allows it.
    time: Span | None
    #: Of the place; of the practice where there is no place.
    zone: str
    reason: Reason | None
    changed_at: datetime
    version: int = 1
    answer: Answer = "needs-action"
    answered_at: datetime | None = None
    answered_by: Answerer | None = None
    #: In whose book it is, if it is in one of ours.
    schedule_id: ScheduleId | None = None
    #: Of its calendar entry: higher with every change of time, place or status (RFC 5545).
    sequence: int = 0

    @property
    def day(self) -> date | None:
        """The day on which it is, by the clock of its place."""
        if self.time is None:
            return None
        return self.time.starts_at.astimezone(ZoneInfo(self.zone)).date()

    def is_ahead(self, at: datetime) -> bool:
        """Say whether somebody is expected there at a later moment than this one."""
        return self.status == "booked" and self.time is not None and self.time.starts_at > at


def is_moment(given: datetime) -> bool:
    """Say whether a moment has a zone and lies where calendars and clocks know what to do."""
    return given.tzinfo is not None and _FIRST_YEAR <= given.year <= _LAST_YEAR


def read_span(starts_at: datetime | None, ends_at: datetime | None) -> Span | None:
    """Return a time from its two ends; both or neither (FHIR app-2)."""
    if starts_at is None and ends_at is None:
        return None
    if starts_at is None or not is_moment(starts_at):
        raise NotATime(_START)
    if ends_at is None or not is_moment(ends_at):
        raise NotATime(_END)
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise NotATime(_END)
    return Span(starts_at, ends_at)


def check_new(status: Status, time: Span | None) -> None:
    """Refuse a visit that can't begin like this."""
    if status not in TO_COME:
        raise WrongVisitStep(_STATUS)
    if time is None and status not in TIMELESS:
        raise NotATime(_START)


def check(before: Appointment, to: Status, by: Setter, reason: Reason | None, at: datetime) -> None:
    """Refuse what is out of order, somebody else's to say, too early, or without its reason."""
    setters = MACHINE.get((before.status, to))
    if setters is None:
        raise WrongVisitStep(_STATUS)
    if by not in setters:
        raise NotTheirsToTell(_STATUS)
    if to == "cancelled" and reason is None:
        raise ReasonNotGiven(_REASON)
    if reason is not None and to not in REASONED:
        raise ReasonNotFitting(_REASON)
    if to == before.status and reason is None:
        # The one step that stays where it is exists for its reason.
        raise ReasonNotGiven(_REASON)
    if before.time is None and to not in TIMELESS:
        raise NotATime(_START)
    if before.time is None:
        return
    # People come early, and not on another day.
    early = LONGEST if to in _THERE else timedelta(0)
    if to in _THERE | _AFTERWARDS and at < before.time.starts_at - early:
        raise TooSoon(_STATUS)


def moved(before: Appointment, by: Setter) -> Status:
    """Return where a visit stands after it was given another time or place."""
    after = MOVES.get(before.status)
    if after is None:
        raise WrongVisitStep(_STATUS)
    if by not in _BOTH:
        # A person chooses among free times; that begins as another status, not as a move.
        raise NotTheirsToTell(_STATUS)
    return after


def chosen(before: Appointment, *, kept_elsewhere: bool) -> Status:
    """Return where a visit stands after somebody chose one of our free times for it.

    Whose book is the clinic's own waits there until the clinic has written it down.
    """
    if before.status not in MOVES:
        raise WrongVisitStep(_STATUS)
    return "pending" if kept_elsewhere else "booked"


def answered(before: Appointment, answer: Answer, by: Answerer, at: datetime) -> Appointment:
    """Return a visit with what somebody says of it; who said no may say yes again."""
    if answer == "needs-action":
        raise WrongVisitStep(_ANSWER)
    if not before.is_ahead(at) and before.status not in {"proposed", "pending"}:
        raise WrongVisitStep(_STATUS)
    return replace(
        before, answer=answer, answered_at=at, answered_by=by, version=before.version + 1
    )


def may_become(status: Status, by: Setter) -> tuple[Status, ...]:
    """Return where somebody may take a visit now."""
    return tuple(
        to for (before, to), setters in MACHINE.items() if before == status and by in setters
    )
