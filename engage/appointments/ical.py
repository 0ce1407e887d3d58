"""Visits as a calendar file (RFC 5545): one of them, or a feed of a person's. (p).

What a visit is for is never in it, and neither is a name: a calendar is seen by whoever sees the
screen. An entry keeps its id whatever happens to the visit, and its sequence rises with every
change, so that a phone corrects it and does not add a second one; what was called off stays in the
file as called off. The same visits make the same bytes. This room refuses a visit without a time.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone, TimezoneDaylight, TimezoneStandard
from msgspec import Struct

from engage.appointments.appointment import Appointment, Status
from engage.appointments.place import Place
from engage.appointments.refusals import NotATime

BACK: Final = timedelta(days=60)
AHEAD: Final = timedelta(days=365)
"""What a feed holds, around now."""

REFRESH: Final = timedelta(hours=4)
"""So often we ask calendars to look again; some look once a day whatever we ask."""

_PRODUCT: Final = "-//engage//visits//EN"
_TITLES: Final = {"en": ("Visit", "Visits"), "es": ("Cita", "Citas")}
_STANDS: Final[Mapping[Status, str]] = {
    "proposed": "TENTATIVE",
    "pending": "TENTATIVE",
    "waitlist": "TENTATIVE",
    "booked": "CONFIRMED",
    "arrived": "CONFIRMED",
    "checked-in": "CONFIRMED",
    "fulfilled": "CONFIRMED",
    "noshow": "CONFIRMED",
    "cancelled": "CANCELLED",
    "entered-in-error": "CANCELLED",
}
_START: Final = "/starts_at"
_AROUND: Final = timedelta(days=366)
"""So far beyond its visits a clock is written down: both nights of it are in a year."""
_SECOND: Final = timedelta(seconds=1)
_DURATION: Final = {"VALUE": "DURATION"}


class Entry(Struct, frozen=True):
    """A visit, and where it is if that is known."""

    visit: Appointment
    place: Place | None

    def __repr__(self) -> str:
        """Hide where somebody goes."""
        return f"Entry(visit={self.visit.id}, …)"


def visit_file(one: Entry, language: str, host: str) -> bytes:
    """Return the file of one visit; NotATime if it has none."""
    if one.visit.time is None:
        raise NotATime(_START)
    return _file([one], _titles(language)[0], host)


def feed(entries: Sequence[Entry], language: str, host: str) -> bytes:
    """Return the file of a person's visits; those without a time are not in it."""
    timed = [one for one in entries if one.visit.time is not None]
    file = _calendar(timed, _titles(language)[0], host)
    _put(file, "name", _titles(language)[1])
    _put(file, "x-wr-calname", _titles(language)[1])
    _put(file, "refresh-interval", REFRESH, _DURATION)
    # What Outlook reads in its place.
    _put(file, "x-published-ttl", REFRESH, _DURATION)
    return file.to_ical()


def _file(entries: Sequence[Entry], title: str, host: str) -> bytes:
    return _calendar(entries, title, host).to_ical()


def _titles(language: str) -> tuple[str, str]:
    return _TITLES.get(language, _TITLES["en"])


def _calendar(entries: Sequence[Entry], title: str, host: str) -> Calendar:
    file = Calendar()
    _put(file, "prodid", _PRODUCT)
    _put(file, "version", "2.0")
    _put(file, "calscale", "GREGORIAN")
    _put(file, "method", "PUBLISH")
    for zone, (first, last) in sorted(_zones(entries).items()):
        file.add_component(_clock(zone, first - _AROUND, last + _AROUND))
    for one in sorted(entries, key=lambda each: each.visit.id.bytes):
        file.add_component(_event(one, title, host))
    return file


def _zones(entries: Sequence[Entry]) -> dict[str, tuple[date, date]]:
    """Return the clocks that visits are told by, and the days that each is needed for."""
    days: dict[str, list[date]] = {}
    for one in entries:
        if one.visit.day is not None:
            days.setdefault(one.visit.zone, []).append(one.visit.day)
    return {zone: (min(some), max(some)) for zone, some in days.items()}


def _event(one: Entry, title: str, host: str) -> Event:
    visit = one.visit
    if visit.time is None:
        raise NotATime(_START)
    clock = ZoneInfo(visit.zone)
    event = Event()
    _put(event, "uid", f"{visit.id}@{host}")
    _put(event, "sequence", visit.sequence)
    _put(event, "dtstamp", visit.changed_at.astimezone(UTC))
    _put(event, "last-modified", visit.changed_at.astimezone(UTC))
    begins, ends = visit.time.starts_at.astimezone(clock), visit.time.ends_at.astimezone(clock)
    if begins.fold or ends.fold:
        # An hour that is there twice means the first one, whoever reads it: the second is in UTC.
        begins, ends = begins.astimezone(UTC), ends.astimezone(UTC)
    _put(event, "dtstart", begins)
    _put(event, "dtend", ends)
    _put(event, "status", _STANDS[visit.status])
    _put(event, "summary", title)
    _put(event, "class", "PRIVATE")
    _put(event, "transp", "TRANSPARENT" if _STANDS[visit.status] == "CANCELLED" else "OPAQUE")
    if one.place is not None:
        where = ", ".join(part for part in (one.place.name, one.place.address) if part)
        _put(event, "location", where)
    return event


def _clock(zone: str, first: date, last: date) -> Timezone:
    """Return a clock: how it stands on the first day, and each change of it until the last."""
    clock = ZoneInfo(zone)
    written = Timezone()
    _put(written, "tzid", zone)
    begins = datetime.combine(first, time(), UTC)
    written.add_component(_stands(begins, begins, clock))
    day, until = begins, datetime.combine(last, time(), UTC)
    while day < until:
        after = day + timedelta(days=1)
        if day.astimezone(clock).utcoffset() != after.astimezone(clock).utcoffset():
            changes = _change(day, after, clock)
            written.add_component(_stands(changes, changes - _SECOND, clock))
        day = after
    return written


def _change(before: datetime, after: datetime, clock: ZoneInfo) -> datetime:
    """Return the first second at which a clock stands as it does afterwards."""
    was = before.astimezone(clock).utcoffset()
    seconds = range(int((after - before).total_seconds()) + 1)
    return before + timedelta(
        seconds=bisect_left(
            seconds,
            True,  # noqa: FBT003 - what is looked for
            key=lambda gone: (
                (before + timedelta(seconds=gone)).astimezone(clock).utcoffset() != was
            ),
        )
    )


def _stands(since: datetime, before: datetime, clock: ZoneInfo) -> Component:
    """Return how a clock stands from a moment on; when that is, is said by the clock before it."""
    local, was = since.astimezone(clock), before.astimezone(clock)
    part = TimezoneDaylight() if local.dst() else TimezoneStandard()
    offset = was.utcoffset() or timedelta()
    _put(part, "dtstart", (since + offset).replace(tzinfo=None))
    _put(part, "tzoffsetfrom", offset)
    _put(part, "tzoffsetto", local.utcoffset() or timedelta())
    _put(part, "tzname", local.tzname() or "")
    return part


def _put(part: Component, name: str, value: object, said: dict[str, str] | None = None) -> None:
    part.add(name, value, said or {})  # pyright: ignore[reportUnknownMemberType] - a value of any type
