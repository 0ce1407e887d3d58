"""The times of a schedule from days and hours: Tuesdays and Thursdays at nine and at ten. (p).

Hours are of the place's clock and stay so when it changes. An hour that a night has twice is the
first one; one that a night leaves out is told by the clock before it (RFC 5545), unless that is a
time of its own already. This room refuses times that overlap, that are over, and too many at once.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.appointments.appointment import Span
from engage.appointments.refusals import NoTimes, TimesOverlap, TooManyTimes

MOST = 500
"""So many are added at once."""

LONGEST = timedelta(days=366)

_TIMES, _UNTIL, _FROM = "/times", "/until_day", "/from_day"


class Pattern(Struct, frozen=True, kw_only=True):
    """On which days, at which hours, how long."""

    from_day: date
    until_day: date
    #: As ISO counts them, Monday is 1; none: every day.
    weekdays: frozenset[int] = frozenset()
    hours: tuple[time, ...]
    length: timedelta


def times(pattern: Pattern, zone: str, at: datetime) -> tuple[Span, ...]:
    """Return the times to come of a pattern, soonest first."""
    clock = ZoneInfo(zone)
    today = at.astimezone(clock).date()
    if not pattern.from_day <= pattern.until_day <= today + LONGEST:
        raise NoTimes(_UNTIL)
    found: list[Span] = []
    for day in _days(pattern, today):
        told, shifted = _of_day(pattern, day, clock)
        found += told
        found += [one for one in shifted if not any(overlap(one, each) for each in told)]
        if len(found) > MOST:
            raise TooManyTimes(_UNTIL)
    found.sort(key=lambda one: one.starts_at)
    check_apart(found)
    ahead = tuple(one for one in found if one.starts_at > at)
    if not ahead:
        raise NoTimes(_FROM)
    return ahead


def check_apart(some: Sequence[Span], others: Iterable[Span] = ()) -> None:
    """Refuse times that overlap each other, or one of others."""
    every = sorted((*some, *others), key=lambda one: (one.starts_at, one.ends_at))
    if any(overlap(one, after) for one, after in pairwise(every)):
        raise TimesOverlap(_TIMES)


def overlap(one: Span, other: Span) -> bool:
    """Say whether two times have a moment in common; an end and a beginning have none."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _days(pattern: Pattern, today: date) -> Iterable[date]:
    wanted: Collection[int] = pattern.weekdays or frozenset(range(1, 8))
    day = max(pattern.from_day, today)
    while day <= pattern.until_day:
        if day.isoweekday() in wanted:
            yield day
        day += timedelta(days=1)


def _of_day(pattern: Pattern, day: date, clock: ZoneInfo) -> tuple[list[Span], list[Span]]:
    """Return the times of a day, and those at an hour that this day leaves out."""
    told: list[Span] = []
    shifted: list[Span] = []
    for hour in sorted(set(pattern.hours)):
        begins = datetime.combine(day, hour, clock).astimezone(UTC)
        exists = begins.astimezone(clock).time() == hour
        (told if exists else shifted).append(Span(begins, begins + pattern.length))
    return told, shifted
