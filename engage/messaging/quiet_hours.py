"""When a text may leave, in the local time of whoever reads it. (p).

Times are wall-clock in named zones, so a change of the clocks needs no rule of its own. Of a person
whose zone is not known every possible zone counts at once: what is open is open everywhere. The
state rules, each with its source and date, stand in quiet_hours.toml. This room refuses to guess:
an area code adds zones and never takes one away.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers
from msgspec import Struct
from phonenumbers import timezone as area_codes

from engage.people.phone import PhoneNumber

Known: TypeAlias = Literal["stated", "state", "unknown"]
"""How a person's zone is known: from their record, from their state, or not at all."""

LONGEST_SEARCH_DAYS = 15
_SUNDAY, _SATURDAY = 6, 5


class Span(Struct, frozen=True):
    """Local hours of one day, the closing minute excluded."""

    opens: time
    closes: time


class Place(Struct, frozen=True):
    """Where somebody may be: a zone and, if it is known, a state."""

    zone: str
    state: str | None = None


class Hours(Struct, frozen=True, kw_only=True):
    """What decides whether a moment is quiet: every place counts."""

    places: tuple[Place, ...]
    known: Known
    #: The practice's own hours; law only makes them shorter.
    practice: Span
    #: For the fictional practice on a simulated carrier: no moment is quiet.
    all_day: bool = False


class StateRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A state's hours for texts, by kind of day; a missing day has none."""

    code: str
    source: str
    as_of: date
    weekdays: tuple[time, time] | None = None
    saturday: tuple[time, time] | None = None
    sunday: tuple[time, time] | None = None

    def on(self, weekday: int) -> Span | None:
        """Return the hours of a weekday, Monday being 0."""
        by_day = {_SATURDAY: self.saturday, _SUNDAY: self.sunday}
        hours = by_day.get(weekday, self.weekdays)
        return None if hours is None else Span(*hours)


class _Everywhere(Struct, frozen=True):
    zones: tuple[str, ...]


class Table(Struct, frozen=True, kw_only=True):
    """The whole of quiet_hours.toml."""

    read_on: date
    usual: Span
    federal: Span
    state: tuple[StateRule, ...]
    everywhere: _Everywhere
    zones: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def table() -> Table:
    """Return the rules that ship with the package."""
    text = (resources.files("engage.messaging") / "quiet_hours.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


def whereabouts(
    people: Sequence[tuple[str | None, str | None]], practice_zone: str, number: PhoneNumber | None
) -> tuple[tuple[Place, ...], Known]:
    """Return where the people of a phone may be, and how that is known.

    `people` are zone and state of each person who uses it. One of whom neither is known may be
    anywhere, and so may the phone.
    """
    places: dict[Place, None] = {}
    known: Known = "stated"
    for zone, state in people or ((None, None),):
        if zone is not None:
            places[Place(zone, state)] = None
        elif state is not None:
            known = "state" if known == "stated" else known
            found = [name for name, codes in table().zones.items() if state in codes]
            places |= dict.fromkeys(Place(name, state) for name in found)
        else:
            known = "unknown"
            zones = (*table().everywhere.zones, practice_zone, *area_zones(number))
            places |= dict.fromkeys(Place(name) for name in zones)
    return tuple(places), known


@lru_cache(maxsize=1024)
def area_zones(number: PhoneNumber | None) -> tuple[str, ...]:
    """Return the zones of an area code: a guess, since people move and keep their number."""
    if number is None:
        return ()
    found = area_codes.time_zones_for_number(phonenumbers.parse(number.e164))
    return tuple(zone for zone in found if zone != area_codes.UNKNOWN_TIMEZONE)


def open_until(at: datetime, hours: Hours) -> datetime | None:
    """Return when the hours that are open at a moment end; None if it is quiet somewhere."""
    if hours.all_day:
        return at + timedelta(days=1)
    ends: list[datetime] = []
    for place in hours.places:
        local = at.astimezone(ZoneInfo(place.zone))
        span = span_of(place, local.date(), hours.practice)
        if span is None or not span.opens <= local.time() < span.closes:
            return None
        ends.append(_moment(local.date(), span.closes, place.zone))
    # In the hour that an autumn night has twice, wall-clock and elapsed time part ways.
    return max(min(ends), at) if ends else None


def next_open(at: datetime, hours: Hours) -> datetime | None:
    """Return the first moment from now on that is quiet nowhere; None if there is none."""
    moment, last = at, at + timedelta(days=LONGEST_SEARCH_DAYS)
    while moment <= last:
        if open_until(moment, hours) is not None:
            return moment
        moments = [_next_here(moment, place, hours.practice) for place in hours.places]
        if not moments or any(one is None for one in moments):
            return None
        # All are open no sooner than the last of them opens.
        latest = max(one for one in moments if one is not None)
        moment = latest if latest > moment else moment + timedelta(minutes=15)
    return None


def next_midnight(at: datetime, hours: Hours) -> datetime:
    """Return when, soonest, one of the places has another date."""
    if not hours.places:
        return at + timedelta(days=1)
    return min(
        _moment(at.astimezone(ZoneInfo(one.zone)).date() + timedelta(days=1), time(), one.zone)
        for one in hours.places
    )


def local_day(at: datetime, place: Place) -> date:
    """Return the date of a moment at a place."""
    return at.astimezone(ZoneInfo(place.zone)).date()


def span_of(place: Place, day: date, practice: Span) -> Span | None:
    """Return the hours of one day at a place: the practice's, cut by every law that may apply."""
    spans: list[Span] = [practice, table().federal]
    for rule in _rules(place):
        of_state = rule.on(day.weekday())
        if of_state is None:
            return None
        spans.append(of_state)
    opens, closes = max(one.opens for one in spans), min(one.closes for one in spans)
    return Span(opens, closes) if opens < closes else None


def _rules(place: Place) -> Iterable[StateRule]:
    """Return the rules of the state or, if it is not known, of all that keep the zone's time."""
    possible = table().zones.get(place.zone) if place.state is None else (place.state,)
    return (rule for rule in table().state if possible is None or rule.code in possible)


def _next_here(at: datetime, place: Place, practice: Span) -> datetime | None:
    """Return the first moment from `at` on at which one place is open."""
    local = at.astimezone(ZoneInfo(place.zone))
    for ahead in range(LONGEST_SEARCH_DAYS):
        day = local.date() + timedelta(days=ahead)
        span = span_of(place, day, practice)
        if span is None:
            continue
        opens = _moment(day, span.opens, place.zone)
        if opens >= at:
            return opens
        if ahead == 0 and local.time() < span.closes and local.time() >= span.opens:
            return at
    return None


def _moment(day: date, wall: time, zone: str) -> datetime:
    return datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)
