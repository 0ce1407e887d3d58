"""When an item is due: a pure function of severity, moment and calendar. (p).

Crisis and possible run around the clock; urgent and routine keep business hours. This room reads no
clock and refuses a naive moment. Targets: possible within 15 minutes, urgent the same business day,
routine at the close of the second business day after.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.conversation.severity import Severity
from engage.people.closures import closed_days

AT_ONCE = timedelta(minutes=15)
ROUTINE_BUSINESS_DAYS = 2
_LONGEST_CLOSURE_DAYS = 60
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Calendar(Struct, frozen=True):
    """A practice's hours: IANA zone, local open and close times per weekday, local holidays."""

    zone: str
    hours: Mapping[str, tuple[tuple[time, time], ...]]
    #: A public calendar, "US-AZ", and the practice's own days: people/closures.py.
    holidays: str = ""

    def spans_of(self, day: date) -> tuple[tuple[time, time], ...]:
        """Return when the practice opens and closes on a local day; none if it does not open."""
        if day in closed_days(self.holidays, day.year):
            return ()
        return self.hours.get(_WEEKDAYS[day.weekday()], ())

    def close_of(self, day: date) -> datetime | None:
        """Return the moment the practice closes on a local day, or None if it does not open."""
        spans = self.spans_of(day)
        if not spans:
            return None
        closes = max(end for _, end in spans)
        return datetime.combine(day, closes, ZoneInfo(self.zone)).astimezone(UTC)

    def closing_after(self, at: datetime, business_days: int = 0) -> datetime:
        """Return a close of business: of the current or next business day, or some days later.

        A day counts while it is not over: at 16:59 the day is today's, at 17:00 the next one's. A
        practice without any business day in two months counts calendar days: late is worse.
        """
        day = at.astimezone(ZoneInfo(self.zone)).date()
        left = business_days
        for offset in range(_LONGEST_CLOSURE_DAYS):
            close = self.close_of(day + timedelta(days=offset))
            if close is None or close <= at:
                continue
            if left == 0:
                return close
            left -= 1
        return at.astimezone(UTC) + timedelta(days=business_days or 1)

    def business_between(self, since: datetime, until: datetime) -> timedelta:
        """Return how much business time lies between two moments; of the first two months only."""
        clock = ZoneInfo(self.zone)
        first, last = since.astimezone(clock).date(), until.astimezone(clock).date()
        open_for = timedelta()
        for offset in range(min((last - first).days + 1, _LONGEST_CLOSURE_DAYS)):
            day = first + timedelta(days=offset)
            for start, end in self.spans_of(day):
                opens = datetime.combine(day, start, clock).astimezone(UTC)
                closes = datetime.combine(day, end, clock).astimezone(UTC)
                open_for += max(min(closes, until) - max(opens, since), timedelta())
        return open_for

    def closed_between(self, since: datetime, until: datetime) -> tuple[date, ...]:
        """Return the holidays between two moments on which the practice would have opened."""
        clock = ZoneInfo(self.zone)
        first, last = since.astimezone(clock).date(), until.astimezone(clock).date()
        count = min((last - first).days + 1, _LONGEST_CLOSURE_DAYS)
        days = (first + timedelta(days=offset) for offset in range(count))
        return tuple(
            day
            for day in days
            if day in closed_days(self.holidays, day.year)
            and self.hours.get(_WEEKDAYS[day.weekday()])
        )

    def before(self, at: datetime, notice: timedelta) -> datetime:
        """Return the moment from which there is so much business time left before another.

        A practice without enough of it in two months counts hours of the clock.
        """
        clock, left = ZoneInfo(self.zone), notice
        last = at.astimezone(clock).date()
        for offset in range(_LONGEST_CLOSURE_DAYS):
            day = last - timedelta(days=offset)
            for start, end in sorted(self.spans_of(day), reverse=True):
                opens = datetime.combine(day, start, clock).astimezone(UTC)
                closes = min(datetime.combine(day, end, clock).astimezone(UTC), at.astimezone(UTC))
                if closes <= opens:
                    continue
                if closes - opens >= left:
                    return closes - left
                left -= closes - opens
        return at.astimezone(UTC) - notice


def due_at(severity: Severity, at: datetime, calendar: Calendar) -> datetime:
    """Return by when a human must have looked, in UTC."""
    if at.tzinfo is None:
        message = "a moment needs a zone"
        raise ValueError(message)
    match severity:
        case "crisis" | "possible":
            return at.astimezone(UTC) + AT_ONCE
        case "urgent":
            return calendar.closing_after(at)
        case "routine":
            return calendar.closing_after(at, ROUTINE_BUSINESS_DAYS)
        case _:
            assert_never(severity)
