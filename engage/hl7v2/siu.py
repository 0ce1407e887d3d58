"""Appointments as a scheduling system tells them: S12 to S26, as values. (p).

Booked, moved, changed, cancelled, missed. Whether an older message still counts is decided by who
keeps the appointment, with `event_at`. This room refuses a message without an id of the
appointment, and one that books or moves without saying when.
"""

from datetime import datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from engage.hl7v2.adt import event_moment, person_of
from engage.hl7v2.message import Message, Unreadable
from engage.hl7v2.moment import moment
from engage.people.fields import Personal

LONGEST_ID: Final = 80
LONGEST_MINUTES: Final = 24 * 60
_MINUTES_IN: Final = {"": 1, "M": 1, "MIN": 1, "MINUTES": 1, "H": 60, "HR": 60, "HOURS": 60}
_STARTS: Final = (("SCH", 11, 4), ("TQ1", 7, 1), ("AIS", 4, 1), ("AIL", 6, 1), ("AIP", 6, 1))
_ENDS: Final = (("SCH", 11, 5), ("TQ1", 8, 1))
_LENGTHS: Final = (("SCH", 9, 10), ("AIS", 7, 8), ("AIL", 9, 10), ("AIP", 9, 10))


class Booking(Personal, frozen=True, kw_only=True):
    """Which appointment a message is about, and what it says of it."""

    person: str
    #: The ids that asking and scheduling system gave it; one of them at least.
    placer: str
    filler: str
    event_at: datetime
    control_id: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str = ""
    provider: str = ""
    status: str = ""


class Booked(Personal, frozen=True, tag="booked"):
    """A new appointment."""

    booking: Booking
    starts_at: datetime


class Rescheduled(Personal, frozen=True, tag="moved"):
    """It is at another time now."""

    booking: Booking
    starts_at: datetime


class Changed(Personal, frozen=True, tag="changed"):
    """Something else about it is different."""

    booking: Booking


class Cancelled(Personal, frozen=True, tag="cancelled"):
    """It does not take place."""

    booking: Booking


class NoShow(Personal, frozen=True, tag="no-show"):
    """The patient did not come."""

    booking: Booking


Scheduling: TypeAlias = Booked | Rescheduled | Changed | Cancelled | NoShow

_TIMED: Final[dict[str, type[Booked | Rescheduled]]] = {"S12": Booked, "S13": Rescheduled}
_SAID: Final[dict[str, type[Changed | Cancelled | NoShow]]] = {
    "S14": Changed,
    "S15": Cancelled,
    "S16": Cancelled,
    "S17": Cancelled,
    "S18": Changed,
    "S19": Changed,
    "S20": Changed,
    "S21": Changed,
    "S22": Changed,
    "S26": NoShow,
}
"""S23 to S25 are not there: they speak of slots, not of anybody's appointment."""

TRIGGERS: Final = frozenset(_TIMED.keys() | _SAID.keys())


def read(message: Message, zone: ZoneInfo, authority: str) -> Scheduling | None:
    """Return what a message says of an appointment; None for another event."""
    kind, trigger = message.event
    if kind != "SIU" or trigger not in TRIGGERS:
        return None
    starts_at = _first_moment(message, _STARTS, zone)
    booking = Booking(
        person=person_of(message, authority),
        placer=message.text("SCH", 1)[:LONGEST_ID],
        filler=message.text("SCH", 2)[:LONGEST_ID],
        event_at=event_moment(message, zone),
        control_id=message.control_id,
        starts_at=starts_at,
        ends_at=_end(message, starts_at, zone),
        place=(message.text("AIL", 3, 4) or message.text("AIL", 3))[:LONGEST_ID],
        provider=message.text("AIP", 3)[:LONGEST_ID],
        status=message.text("SCH", 25)[:LONGEST_ID],
    )
    if not booking.placer and not booking.filler:
        raise Unreadable
    timed = _TIMED.get(trigger)
    if timed is None:
        return _SAID[trigger](booking)
    if starts_at is None:
        raise Unreadable
    return timed(booking, starts_at)


def _first_moment(
    message: Message, places: tuple[tuple[str, int, int], ...], zone: ZoneInfo
) -> datetime | None:
    for name, field, component in places:
        found = moment(message.text(name, field, component), zone)
        if found is not None:
            return found
    return None


def _end(message: Message, starts_at: datetime | None, zone: ZoneInfo) -> datetime | None:
    said = _first_moment(message, _ENDS, zone)
    if starts_at is None:
        return said
    if said is not None:
        if said <= starts_at:
            raise Unreadable
        return said
    for name, field, unit_field in _LENGTHS:
        length = message.text(name, field)
        each = _MINUTES_IN.get(message.text(name, unit_field).upper())
        if (
            not length.isascii()
            or not length.isdigit()
            or each is None
            or len(length) > len("1440")
        ):
            continue
        minutes = int(length) * each
        if 0 < minutes <= LONGEST_MINUTES:
            return starts_at + timedelta(minutes=minutes)
    return None
