"""A ride to a visit, or a box that is brought: one table of who may say what, and why. (p).

A ride is asked for one visit: there, back or both. It is arranged when somebody has a time and,
from whoever drives, a word to hold on to. When the visit is given another time, the ride fails;
when the visit is called off, so is the ride. Completed means that it was driven or brought, as it
was told; whether it came, the person is asked, and a no opens their need again and fails the ride.
This room refuses a ride for nothing, and an ending without its reason.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments.appointment import LONGEST, Appointment, is_moment
from engage.appointments.refusals import (
    DirectionNeeded,
    NotAVisitToRideTo,
    NotTheirsToTell,
    PickupNeeded,
    ReasonNotFitting,
    ReasonNotGiven,
    RideStands,
    WrongRideStep,
)
from engage.ids import AppointmentId, NeedId, PatientId, PracticeId, RideId

Kind: TypeAlias = Literal["ride", "food-box"]
KINDS: tuple[Kind, ...] = ("ride", "food-box")
Direction: TypeAlias = Literal["there", "back", "both"]
Status: TypeAlias = Literal[
    "requested", "arranged", "under-way", "completed", "failed", "cancelled"
]
Setter: TypeAlias = Literal[
    "staff",
    # Who drives or brings, or sees to it.
    "provider",
    "patient",
    "caregiver",
    # Follows from what became of the visit.
    "visit",
]
Reason: TypeAlias = Literal[
    "visit-moved",
    "visit-cancelled",
    "no-driver",
    "driver-did-not-come",
    "patient-not-there",
    "not-eligible",
    "did-not-come",
    "not-needed",
    "patient-declined",
    "other",
]

STATUSES: tuple[Status, ...] = (
    "requested", "arranged", "under-way", "completed", "failed", "cancelled",
)  # fmt: skip
SETTERS: tuple[Setter, ...] = ("staff", "provider", "patient", "caregiver", "visit")
OVER: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})
HOLDS: frozenset[Status] = frozenset({"arranged", "under-way"})
"""Somebody has said that they will come."""
REASONED: frozenset[Status] = frozenset({"failed", "cancelled"})

_DOERS: frozenset[Setter] = frozenset({"staff", "provider"})
_FAILS: frozenset[Setter] = frozenset({"staff", "provider", "patient", "caregiver", "visit"})
_CALLS_OFF: frozenset[Setter] = frozenset({"staff", "patient", "visit"})
MACHINE: Mapping[tuple[Status, Status], frozenset[Setter]] = {
    ("requested", "arranged"): _DOERS,
    ("requested", "failed"): _FAILS,
    ("requested", "cancelled"): _CALLS_OFF,
    # Another time, or another driver, for the same visit.
    ("arranged", "arranged"): _DOERS,
    ("arranged", "under-way"): _DOERS,
    ("arranged", "completed"): _DOERS,
    ("arranged", "failed"): _FAILS,
    ("arranged", "cancelled"): _CALLS_OFF,
    ("under-way", "completed"): _DOERS,
    ("under-way", "failed"): _FAILS,
    # "It did not come", whoever had said that it did.
    ("completed", "failed"): frozenset({"staff", "patient", "caregiver"}),
}
"""From a state to a state, and who may say so. What has failed is asked for anew."""

_WAYS: Mapping[Direction, frozenset[str]] = {
    "there": frozenset({"there"}),
    "back": frozenset({"back"}),
    "both": frozenset({"there", "back"}),
}
OF_VISIT: frozenset[Reason] = frozenset({"visit-moved", "visit-cancelled"})
"""What only a change of the visit says."""
_STATUS, _REASON, _PICKUP, _RETURN = "/status", "/reason", "/pickup_at", "/return_at"
_DIRECTION, _VISIT = "/direction", "/appointment_id"


class Ride(Struct, frozen=True, kw_only=True):
    """One ride, or one box, as it stands."""

    practice_id: PracticeId
    id: RideId
    kind: Kind
    patient_id: PatientId
    appointment_id: AppointmentId | None
    need_id: NeedId | None
    direction: Direction | None
    status: Status
    reason: Reason | None
    #: The local day on whose list it stands.
    day: date
    zone: str
    pickup_at: datetime | None
    #: None: called for when the visit is over.
    return_at: datetime | None
    requested_at: datetime
    arranged_at: datetime | None
    changed_at: datetime
    version: int = 1

    @property
    def over(self) -> bool:
        """Whether its story has ended."""
        return self.status in OVER

    @property
    def gets_there(self) -> bool:
        """Whether it is one that brings the person to the visit."""
        return self.kind == "ride" and self.direction in {"there", "both"}


class Step(Struct, frozen=True, kw_only=True):
    """Where to, why, and the times if it is arranged."""

    to: Status
    reason: Reason | None = None
    pickup_at: datetime | None = None
    return_at: datetime | None = None


def check_new(
    kind: Kind,
    direction: Direction | None,
    visit: Appointment | None,
    at: datetime,
    others: Iterable[Ride] = (),
) -> None:
    """Refuse a ride that goes nowhere, to a visit that is not to come, or the same way twice."""
    if (kind == "ride") != (direction is not None):
        raise DirectionNeeded(_DIRECTION)
    if kind == "ride" and (visit is None or not visit.is_ahead(at)):
        raise NotAVisitToRideTo(_VISIT)
    if direction is not None and any(
        one.direction is not None and not one.over and _WAYS[one.direction] & _WAYS[direction]
        for one in others
    ):
        # Two of the staff at once: two drivers would come.
        raise RideStands(_DIRECTION)


def check_pickup(ride: Ride, step: Step, visit: Appointment | None) -> None:
    """Refuse a pick-up that does not fit the visit: after it has begun, or on another day."""
    at = step.pickup_at
    if step.to != "arranged" or at is None or ride.kind != "ride":
        return
    if visit is None or visit.time is None:
        return
    begins, ends = visit.time.starts_at, visit.time.ends_at
    first, last = (begins - LONGEST, begins) if ride.gets_there else (begins, ends + LONGEST)
    if not first <= at <= last or (ride.gets_there and at == begins):
        raise PickupNeeded(_PICKUP)
    if step.return_at is not None and not begins < step.return_at <= ends + LONGEST:
        raise PickupNeeded(_RETURN)


def take(ride: Ride, step: Step, by: Setter, at: datetime) -> Ride:
    """Return a ride after a step; refuse what is out of order or lacks what it needs."""
    setters = MACHINE.get((ride.status, step.to))
    if setters is None:
        raise WrongRideStep(_STATUS)
    if by not in setters or (step.reason in OF_VISIT and by != "visit"):
        raise NotTheirsToTell(_STATUS)
    if step.to in REASONED and step.reason is None:
        raise ReasonNotGiven(_REASON)
    if step.reason is not None and step.to not in REASONED:
        raise ReasonNotFitting(_REASON)
    after = replace(
        ride, status=step.to, reason=step.reason, changed_at=at, version=ride.version + 1
    )
    if step.to != "arranged":
        return after
    if step.pickup_at is None or not is_moment(step.pickup_at):
        raise PickupNeeded(_PICKUP)
    if step.return_at is not None and not (
        is_moment(step.return_at) and step.return_at > step.pickup_at
    ):
        raise PickupNeeded(_RETURN)
    return replace(after, pickup_at=step.pickup_at, return_at=step.return_at, arranged_at=at)


def after_visit(ride: Ride, before: Appointment, after: Appointment) -> Step | None:
    """Return what a change of its visit does to a ride; None if nothing.

    Another time or another place: nobody will be where they are needed, so it has failed. Called
    off, or never was: so is the ride. Missed or kept: who drove says what became of the ride. A
    place that is learned is no other place, and a longer visit is only too long for who comes back
    for them at an hour.
    """
    if ride.over or ride.appointment_id != after.id:
        return None
    if after.status in {"cancelled", "entered-in-error"}:
        to: Status = "cancelled" if ride.status != "under-way" else "failed"
        return Step(to=to, reason="visit-cancelled")
    if _is_elsewhere(before, after) or _is_too_long(ride, before, after):
        return Step(to="failed", reason="visit-moved")
    return None


def _is_elsewhere(before: Appointment, after: Appointment) -> bool:
    if before.place_id not in {None, after.place_id}:
        return True
    if before.time is None or after.time is None:
        return before.time != after.time
    return before.time.starts_at != after.time.starts_at


def _is_too_long(ride: Ride, before: Appointment, after: Appointment) -> bool:
    home_at = ride.pickup_at if ride.direction == "back" else ride.return_at
    if home_at is None or before.time is None or after.time is None:
        return False
    return before.time.ends_at < after.time.ends_at and after.time.ends_at > home_at


def may_become(status: Status, by: Setter) -> tuple[Status, ...]:
    """Return where somebody may take a ride now."""
    return tuple(
        to for (before, to), setters in MACHINE.items() if before == status and by in setters
    )
