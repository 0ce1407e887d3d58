"""A day, an hour or some hours in a person's own words, as a moment of a place's clock. (p).

A small grammar of English and Spanish, both at once, since people mix them. All of a text has to be
understood: one word too many, two days, two hours, a day that is two days for two people ("next
friday", said on a Monday), and nothing is read. What is read is echoed and confirmed before it
counts. An hour without its half of the day is one of a clinic's: 7 to 11 in the morning, 12 noon,
1 to 6 in the afternoon. This room refuses the past, what is further than people name without a
year, hours that a night of the clock does not have or has twice, and every guess.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias, TypeVar, assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.appointments.date_grammar import (
    Clock,
    Half,
    Heard,
    NotRead,
    Said,
    Week,
    normal,
    understood,
)
from engage.appointments.local import day_bounds

AHEAD: Final = timedelta(days=300)
"""So far ahead a day is believed: "nov 20", said on the 22nd, is no day in a year."""


class Moment(Struct, frozen=True, tag="moment"):
    """Exactly then, by the clock of the place."""

    at: datetime


class Hours(Struct, frozen=True, tag="hours"):
    """Some hours of a day: from `since` on, before `until`; one of the two at least."""

    day: date
    since: time | None
    until: time | None


class Day(Struct, frozen=True, tag="day"):
    """Sometime that day."""

    day: date


When: TypeAlias = Moment | Hours | Day
_T = TypeVar("_T")
_NOON: Final = 12
_DAY_HOURS: Final = 24
_FIRST_HOUR: Final = 7
"""Before this number an hour without a half of the day is one of the afternoon."""
_SUNDAY: Final = 6
_PARTS: Final[Mapping[str, tuple[time | None, time | None, Half]]] = {
    "morning": (None, time(12), "am"),
    "afternoon": (time(12), time(18), "pm"),
    "evening": (time(17), None, "pm"),
}


def read_when(text: str, language: str, now: datetime, zone: str) -> When | None:
    """Return when a text says, by the clock of a place; None if it does not, or not clearly."""
    words = normal(text)
    if words is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    said = Said(local.date(), "es" if language == "es" else "en")
    try:
        heard = understood(words, said)
        return _meant(heard, local, zone)
    except (NotRead, ValueError, OverflowError):
        return None


def span_of(when: When, zone: str) -> tuple[datetime, datetime]:
    """Return from when on, and before when, something begins that fits what was said."""
    match when:
        case Moment():
            return when.at, when.at + timedelta(minutes=1)
        case Day():
            return day_bounds(when.day, zone)
        case Hours():
            first, last = day_bounds(when.day, zone)
            clock = ZoneInfo(zone)
            since = first if when.since is None else datetime.combine(when.day, when.since, clock)
            until = last if when.until is None else datetime.combine(when.day, when.until, clock)
            return since, until
        case _:
            assert_never(when)


def fits(when: When, starts_at: datetime, zone: str) -> bool:
    """Say whether something that begins then is what was said."""
    since, until = span_of(when, zone)
    # By the clock of the world: in one zone Python compares what clocks show.
    return since.timestamp() <= starts_at.timestamp() < until.timestamp()


def _meant(heard: Heard, now: datetime, zone: str) -> When:
    _sort_out(heard)
    exact = _only(heard.exact)
    range_ = _only(heard.ranges)
    part = _only(heard.parts)
    half = None if part is None else _PARTS[part][2]
    at = None if exact is None else _time(exact, half)
    day = _day(heard, now, at)
    if not now.date() <= day <= now.date() + AHEAD:
        raise NotRead
    if at is not None:
        if range_ is not None:
            raise NotRead
        return _moment(day, at, now, zone)
    if range_ is None and part is None:
        if heard.numbers and not (heard.days or heard.weeks):
            # "The 3rd" may be the third of some choices.
            raise NotRead
        return Day(day)
    since, until = _range(range_, half) if range_ is not None else _PARTS[part or ""][:2]
    hours = Hours(day, since, until)
    first, last = span_of(hours, zone)
    if last.timestamp() <= max(first.timestamp(), now.timestamp()):
        raise NotRead
    return hours


def _sort_out(heard: Heard) -> None:
    """Decide what a number on its own is: an hour after "tomorrow", a day where an hour is said."""
    bare = _only(heard.bare)
    if bare is None:
        return
    if heard.exact or heard.ranges:
        if heard.relative or not heard.weeks:
            raise NotRead
        heard.numbers.append(bare.hour)
    elif heard.relative:
        heard.exact.append(bare)
    else:
        raise NotRead


def _only(some: list[_T]) -> _T | None:
    if len(some) > 1:
        raise NotRead
    return some[0] if some else None


# Hours


def _time(said: Clock, half: Half | None) -> time:
    """Return a time of day; `half` is what the part of the day says about it."""
    if said.half is not None and half is not None and said.half != half:
        raise NotRead
    half, hour = said.half or half, said.hour
    if half is None:
        if not 0 < hour < _DAY_HOURS:
            raise NotRead
        return time(hour + _NOON if hour < _FIRST_HOUR else hour, said.minute)
    if not 0 < hour <= _NOON or (half, hour) == ("am", _NOON):
        # "12 am" is midnight, or what somebody wrote who meant noon.
        raise NotRead
    return time(hour % _NOON + (_NOON if half == "pm" else 0), said.minute)


def _range(
    said: tuple[Clock | None, Clock | None], half: Half | None
) -> tuple[time | None, time | None]:
    first, last = said
    until = None if last is None else _time(last, half)
    if first is None or until is None:
        return (None if first is None else _time(first, half)), until
    if first.half is None and last is not None and last.half is not None and first.hour <= _NOON:
        # "Between 8 and 10 pm": both of the evening, where that can be.
        both = None if (last.half, first.hour) == ("am", _NOON) else _time(first, last.half)
        if both is not None and both < until:
            return both, until
    since = _time(first, half)
    if since >= until:
        raise NotRead
    return since, until


def _moment(day: date, at: time, now: datetime, zone: str) -> Moment:
    moment = datetime.combine(day, at, ZoneInfo(zone))
    # In one night of the year this hour is not there, in another it is there twice.
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise NotRead
    if moment.timestamp() <= now.timestamp():
        raise NotRead
    return Moment(moment)


# Days


def _day(heard: Heard, now: datetime, at: time | None) -> date:
    today, week, number = now.date(), _only(heard.weeks), _only(heard.numbers)
    if heard.days or number is not None:
        named = {*heard.days, *([] if number is None else [_next_of_month(today, number)])}
        if len(named) > 1 or heard.next_week:
            raise NotRead
        day = named.pop()
        if week is not None and week.weekday != day.weekday():
            raise NotRead
        return day
    if week is None:
        raise NotRead
    if heard.next_week:
        return _in_next_week(week, today)
    day = today + timedelta(days=(week.weekday - today.weekday()) % 7)
    match week.which:
        case "this":
            return day
        case "next":
            return _next(day, today)
        case "":
            if day > today:
                return day
            # Their own day of the week: today, or in a week, unless today it is too late.
            if at is None or at > now.time():
                raise NotRead
            return day + timedelta(days=7)
        case _:
            assert_never(week.which)


def _next(coming: date, today: date) -> date:
    """Return "next friday" where it is one day for everybody: the coming one is of another week."""
    if coming == today:
        return today + timedelta(days=7)
    weeks_begin_on = {
        "monday": (coming.weekday(), today.weekday()),
        "sunday": (coming.isoweekday() % 7, today.isoweekday() % 7),
    }
    if all(one < other for one, other in weeks_begin_on.values()):
        return coming
    raise NotRead


def _in_next_week(week: Week, today: date) -> date:
    # Sunday ends a week, or begins one.
    if week.which or _SUNDAY in {week.weekday, today.weekday()}:
        raise NotRead
    return today + timedelta(days=7 - today.weekday() + week.weekday)


def _next_of_month(today: date, number: int) -> date:
    month = today.replace(day=1)
    if number < today.day:
        month = (month + timedelta(days=31)).replace(day=1)
    return month.replace(day=number)
