"""On which days a practice is closed: a public calendar, and days of its own. (p).

Kept as one text that people can read, beside the practice: the clocks of the queue, the voice on
the phone and every other room that asks for business hours read the same words. The first line is
the calendar ("US-AZ", or empty), each other one a day of the practice's own: "+2026-12-24 Staff
day" is closed, "-2026-10-12 Columbus Day" is open although the calendar says otherwise. This room
refuses a day that is said twice and a calendar that nobody knows.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import holidays
from msgspec import Struct

from engage.errors import EngageError

MOST_DAYS = 100
LONGEST_DAY_NAME = 60
_LINE = re.compile(r"([+-])(\d{4}-\d{2}-\d{2})(?: (.*))?")


class UnknownHolidays(EngageError):  # noqa: N818 - reads as a sentence: raise UnknownHolidays
    """Holidays are named by country and state, like US-AZ."""


class NotAHoliday(EngageError):  # noqa: N818
    """A day of a practice's own stands there once, with a name of at most 60 characters."""


class OwnDay(Struct, frozen=True, kw_only=True):
    """A day that a practice closes, or keeps open, whatever the public calendar says."""

    day: date
    closed: bool = True
    name: str = ""


class Closures(Struct, frozen=True):
    """When a practice is closed beside its weekdays."""

    calendar: str = ""
    days: tuple[OwnDay, ...] = ()

    def spelled(self) -> str:
        """Return the text that is kept."""
        lines = (
            f"{'+' if one.closed else '-'}{one.day.isoformat()} {one.name}".rstrip()
            for one in self.days
        )
        return "\n".join((self.calendar, *lines))


def read_calendar(raw: str, field: str = "/holidays") -> str:
    """Read the code of a public calendar; empty for none."""
    code = raw.strip()
    if not code:
        return ""
    country, _, state = code.partition("-")
    try:
        known: Any = holidays.country_holidays(country, subdiv=state or None)
    except (NotImplementedError, AttributeError):
        known = None
    if known is None or not code.isprintable():
        raise UnknownHolidays(field)
    return code


def read_closures(calendar: str, days: Sequence[OwnDay]) -> Closures:
    """Read what somebody says; the first part that does not fit is raised with its place."""
    code, seen = read_calendar(calendar, "/calendar"), set[date]()
    kept: list[OwnDay] = []
    for place, one in enumerate(days):
        name, where = " ".join(one.name.split()), f"/days/{place}"
        if one.day in seen or len(name) > LONGEST_DAY_NAME or not name.isprintable():
            raise NotAHoliday(where)
        seen.add(one.day)
        kept.append(OwnDay(day=one.day, closed=one.closed, name=name))
    return Closures(code, tuple(sorted(kept, key=lambda one: one.day)))


@lru_cache(maxsize=256)
def parse(text: str) -> Closures:
    """Return what a kept text says; a line that nobody can read is no day."""
    first, *rest = text.split("\n")
    found = (_LINE.fullmatch(line) for line in rest)
    return Closures(
        first.strip(),
        tuple(
            OwnDay(day=date.fromisoformat(one[2]), closed=one[1] == "+", name=one[3] or "")
            for one in found
            if one is not None
        ),
    )


@lru_cache(maxsize=256)
def public_days(calendar: str, year: int) -> Mapping[date, str]:
    """Return the public holidays of a calendar in a year, with their names."""
    if not calendar:
        return {}
    country, _, region = calendar.partition("-")
    return dict(holidays.country_holidays(country, subdiv=region or None, years=year))


@lru_cache(maxsize=256)
def closed_days(text: str, year: int) -> Mapping[date, str]:
    """Return on which days of a year a practice is closed, with their names."""
    said = parse(text)
    days = dict(public_days(said.calendar, year))
    for one in said.days:
        if one.day.year != year:
            continue
        if one.closed:
            days[one.day] = one.name or days.get(one.day, "")
        else:
            days.pop(one.day, None)
    return dict(sorted(days.items()))
