"""When a plan asks: a recurrence rule in the wall clock of the person's own zone. (p).

The rule is RFC 5545's RRULE, counted from a day; without an hour of its own it asks at ten in the
morning. A local time that the clocks skip comes an hour later, one that comes twice comes once. A
plan lasts five years at the most, so nothing is ever looked for without an end. This room refuses a
rule it can't keep: no occurrence at all, more a day than a phone may be sent, an unknown zone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrule, rrulestr
from msgspec import Struct

from engage.errors import EngageError

USUAL_HOUR = 10
LONGEST_YEARS = 5
LONGEST_RULE = 300
_DAYS_A_YEAR = 366
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_NO_NTH = frozenset({"DAILY", "WEEKLY"})
_TOO_FREQUENT = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_COUNT = re.compile(r"[1-9][0-9]{0,4}")
_CALENDAR_YEARS = 400
"""After so many years the calendar repeats itself: leap years, weekdays, numbers of weeks."""

_PARTS = frozenset(
    {
        *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY"),
        *("BYWEEKNO", "BYMONTH", "BYSETPOS", "BYHOUR", "BYMINUTE"),
    }
)

CADENCE, ZONE, START = "/cadence", "/time_zone", "/start"
"""The fields of a request that an error may point at."""


class NotACadence(EngageError):  # noqa: N818 - reads as a sentence
    """A cadence is one recurrence rule, like FREQ=DAILY;BYHOUR=10;COUNT=15."""


class NeverDue(EngageError):  # noqa: N818
    """This plan would never ask: no day fits its cadence from now on."""


class TooOften(EngageError):  # noqa: N818
    """This plan would ask more often on one day than the practice may text a phone."""


class UnknownZone(EngageError):  # noqa: N818
    """There is no such time zone, so nobody knows when ten in the morning is."""


class Cadence(Struct, frozen=True):
    """A rule, the day from which it counts, and by whose clock."""

    rule: str
    starts_on: date
    zone: str


def read_cadence(
    raw: str, starts_on: date, zone: str, *, now: datetime, most_a_day: int
) -> Cadence:
    """Return a cadence that can be kept from now on; what is wrong with it is named by field."""
    _zone(zone)
    cadence = Cadence(_read_rule(raw), starts_on, zone)
    if abs((now.date() - starts_on).days) > LONGEST_YEARS * _DAYS_A_YEAR:
        raise NeverDue(START)
    try:
        a_day = Counter(local.date() for local in _locals(cadence))
    except (ValueError, TypeError, OverflowError) as wrong:
        raise NotACadence(CADENCE) from wrong
    if not a_day:
        raise NeverDue(CADENCE)
    if max(a_day.values()) > most_a_day:
        raise TooOften(CADENCE)
    if next_due(cadence, now) is None:
        raise NeverDue(CADENCE)
    return cadence


def next_due(cadence: Cadence, after: datetime) -> datetime | None:
    """Return the first occurrence after a moment, in UTC; None if there is none any more."""
    if after.tzinfo is None:
        message = "a moment needs a zone"
        raise ValueError(message)
    return next((at for at in occurrences(cadence) if at > after), None)


def occurrences(cadence: Cadence) -> Iterator[datetime]:
    """Yield every occurrence in UTC, each later than the one before it."""
    zone, last = _zone(cadence.zone), None
    for local in _locals(cadence):
        at = local.replace(tzinfo=zone).astimezone(UTC)
        if last is None or at > last:
            yield at
            last = at


def today_in(zone: str, at: datetime) -> date:
    """Return the local day of a moment."""
    return at.astimezone(_zone(zone)).date()


def _read_rule(raw: str) -> str:
    """Return a rule in one spelling, or refuse it before anything is computed from it."""
    text = raw.strip().upper().removeprefix("RRULE:")
    if len(text) > LONGEST_RULE:
        raise NotACadence(CADENCE)
    pairs = [part.partition("=") for part in text.split(";") if part]
    parts = {name: value for name, _, value in pairs}
    if len(parts) != len(pairs) or not all(parts.values()) or not _PARTS.issuperset(parts):
        raise NotACadence(CADENCE)
    frequency = parts.get("FREQ")
    if frequency in _TOO_FREQUENT:
        raise TooOften(CADENCE)
    if frequency not in _FREQUENCIES or {"COUNT", "UNTIL"} <= parts.keys():
        raise NotACadence(CADENCE)
    for name in ("INTERVAL", "COUNT"):
        if not _COUNT.fullmatch(parts.get(name, "1")):
            raise NotACadence(CADENCE)
    # "The second Monday" is one of a month or a year; of a day or a week it says nothing.
    if frequency in _NO_NTH and any(map(str.isdigit, parts.get("BYDAY", ""))):
        raise NotACadence(CADENCE)
    parts.setdefault("BYHOUR", str(USUAL_HOUR))
    parts.setdefault("BYMINUTE", "0")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _locals(cadence: Cadence) -> Iterator[datetime]:
    """Yield the local times of a cadence, without their zone."""
    rule, count, later = _rule(cadence)
    return (local.replace(year=local.year - later) for local in islice(rule, count))


@lru_cache(maxsize=1024)
def _rule(cadence: Cadence) -> tuple[rrule, int | None, int]:
    """Return a rule, how often it counts, and by how many years it is laid later.

    A rule that no day fits is looked for until the last year that a computer's calendar has: from
    today that takes ten seconds of a process that takes texts. So it is laid as late as it can be.
    """
    parts = dict(part.split("=", 1) for part in cadence.rule.split(";"))
    start = datetime.combine(cadence.starts_on, time())
    horizon = start + timedelta(days=LONGEST_YEARS * _DAYS_A_YEAR)
    # A count beside a last day would be no rule, and a count alone would be looked for for ever.
    count = parts.pop("COUNT", None)
    until = min(horizon, _until(parts.pop("UNTIL", None), cadence) or horizon)
    body = ";".join(f"{name}={value}" for name, value in parts.items())
    later = (MAXYEAR - horizon.year) // _CALENDAR_YEARS * _CALENDAR_YEARS
    start, until = (one.replace(year=one.year + later) for one in (start, until))
    found = rrulestr(f"{body};UNTIL={until:%Y%m%dT%H%M%S}", dtstart=start)
    if not isinstance(found, rrule):
        raise TypeError(body)
    return found, None if count is None else int(count), later


def _until(raw: str | None, cadence: Cadence) -> datetime | None:
    """Return the last local moment: a day counts to its end, a moment in UTC is made local."""
    if raw is None:
        return None
    if "T" not in raw:
        # A day of no zone: the plan's is laid over it where it is used.
        return datetime.combine(datetime.strptime(raw, "%Y%m%d").date(), time(23, 59))  # noqa: DTZ007
    if raw.endswith("Z"):
        moment = datetime.strptime(raw, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.astimezone(_zone(cadence.zone)).replace(tzinfo=None)
    return datetime.strptime(raw, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local by definition


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise UnknownZone(ZONE) from unknown
