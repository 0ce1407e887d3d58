"""A need and a visit: "no ride" with dialysis on Thursday comes before "no ride" with nothing. (p).

Behaviour 25. Open work about rides names the next booked visit of the coming week that nobody is
known to drive to, ranks as urgent, and is due a business day before it (never later than it was
due anyway; if that is past, within minutes and before the visit). A ride that is arranged for the
visit lowers it again, unless the person has said since that they have none. This room refuses to
look at a clock and to lower work below what its own reasons ask for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments.appointment import Appointment
from engage.appointments.ride import Ride
from engage.conversation.severity import Severity, highest
from engage.ids import AppointmentId
from engage.queue.clocks import AT_ONCE, Calendar, due_at
from engage.queue.flag import NEED
from engage.turns.decision import Decision, ItemOpened

TRANSPORT = "transportation-insecurity"
SUBJECT = f"{NEED}{TRANSPORT}"
NO_RIDE = frozenset({TRANSPORT, "check-in-red", "check-in-amber"})
"""Reasons of such work by which the person says that they have no ride."""

HORIZON = timedelta(days=7)
"""Visits so far ahead count [our own rule]."""

NOTICE = timedelta(hours=8)
"""So much business time a broker needs before a visit: a working day [our own rule]."""

_DRIVES = frozenset({"arranged", "under-way", "completed"})


class Ground(Struct, frozen=True):
    """Why the work is there: how grave, since when, and whether somebody said "no ride"."""

    severity: Severity
    at: datetime
    no_ride: bool = False


class Stands(Struct, frozen=True):
    """How work about rides stands: its severity, its due time and the visit it is about."""

    severity: Severity
    due_at: datetime
    appointment_id: AppointmentId | None


def stands(
    grounds: Sequence[Ground],
    visits: Iterable[Appointment],
    rides: Iterable[Ride],
    calendar: Calendar,
    now: datetime,
) -> Stands | None:
    """Return how work with these grounds stands; None for work without any."""
    if not grounds:
        return None
    severity = highest(tuple(one.severity for one in grounds))
    due = min(due_at(one.severity, one.at, calendar) for one in grounds)
    doubted = max((one.at for one in grounds if one.no_ride), default=None)
    ahead = sorted(
        (one for one in visits if one.is_ahead(now) and _starts(one) <= now + HORIZON), key=_starts
    )
    driven = {
        one.appointment_id: one.arranged_at
        for one in rides
        if _drives(one) and (doubted is None or (one.arranged_at or now) >= doubted)
    }
    open_ones = [one for one in ahead if one.id not in driven]
    if open_ones:
        visit = open_ones[0]
        return Stands(
            highest((severity, "urgent")),
            min(due, before_visit(_starts(visit), calendar, now)),
            visit.id,
        )
    if ahead:
        arranged = driven[ahead[0].id] or now
        return Stands(severity, max(due, due_at("routine", arranged, calendar)), ahead[0].id)
    return Stands(severity, due, None)


def held(decision: Decision, visits: Sequence[Appointment], calendar: Calendar) -> Decision:
    """Return a decision whose new work about rides knows the visits, as its rows will once saved.

    For a transcript; rows are held by standing/, which knows what was said before, and the rides.
    """
    items = tuple(_before(one, decision, visits, calendar) for one in decision.items)
    return decision if items == decision.items else replace(decision, items=items)


def _before(
    item: ItemOpened, decision: Decision, visits: Sequence[Appointment], calendar: Calendar
) -> ItemOpened:
    if item.subject != SUBJECT:
        return item
    own = [one for one in visits if one.patient_id == item.patient_id]
    grounds = [
        Ground(one.severity, decision.at, no_ride=True)
        for one in decision.flags
        if one.item_id == item.id
    ]
    now = stands(grounds, own, (), calendar, decision.at)
    return item if now is None else replace(item, severity=now.severity, due_at=now.due_at)


def before_visit(starts_at: datetime, calendar: Calendar, now: datetime) -> datetime:
    """Return by when a ride must be seen to: after `now`, before the visit."""
    latest = calendar.before(starts_at, NOTICE)
    if latest > now:
        return latest
    return now + min(AT_ONCE, (starts_at - now) / 2)


def near_at(visit: Appointment, now: datetime) -> datetime | None:
    """Return when a visit will count that does not yet; None if it does, or never will."""
    if not visit.is_ahead(now) or _starts(visit) <= now + HORIZON:
        return None
    return _starts(visit) - HORIZON


def _drives(ride: Ride) -> bool:
    return ride.gets_there and ride.status in _DRIVES


def _starts(visit: Appointment) -> datetime:
    if visit.time is None:
        message = "a visit that is ahead has a time"
        raise ValueError(message)
    return visit.time.starts_at
