"""When an item is due: severity, moment and calendar, to the minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engage.conversation.severity import SEVERITIES, Severity
from engage.queue.clocks import Calendar, due_at

WEEK = ("mon", "tue", "wed", "thu", "fri")
NINE_TO_FIVE: dict[str, tuple[tuple[time, time], ...]] = {
    day: ((time(9), time(17)),) for day in WEEK
}
CHICAGO = Calendar("America/Chicago", NINE_TO_FIVE)
PHOENIX = Calendar("America/Phoenix", NINE_TO_FIVE, "US-AZ")
BY_APPOINTMENT = Calendar("America/Phoenix", {})
SPLIT_DAY = Calendar(
    "America/Phoenix", {day: ((time(8), time(12)), (time(13), time(18))) for day in WEEK}
)


def local(said: str, calendar: Calendar) -> datetime:
    """Return the moment of a local time, "2031-03-04 10:00"; a star asks for the second 01:30."""
    moment = datetime.fromisoformat(said.removesuffix("*"))
    return moment.replace(tzinfo=ZoneInfo(calendar.zone), fold=said.endswith("*"))


def check(severity: Severity, calendar: Calendar, at: str, due: str) -> None:
    """Compare in UTC: two local times of one zone would be compared by their clock faces."""
    found = due_at(severity, local(at, calendar), calendar)

    assert found == local(due, calendar).astimezone(UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("severity", "at", "due"),
    [
        # 4 March 2031 is a Tuesday.
        ("routine", "2031-03-04 10:00", "2031-03-06 17:00"),
        ("routine", "2031-03-04 08:59", "2031-03-06 17:00"),
        ("routine", "2031-03-04 16:59", "2031-03-06 17:00"),
        ("routine", "2031-03-04 17:00", "2031-03-07 17:00"),
        ("routine", "2031-03-06 10:00", "2031-03-10 17:00"),
        ("routine", "2031-03-07 18:00", "2031-03-12 17:00"),
        ("routine", "2031-03-15 12:00", "2031-03-19 17:00"),
        ("urgent", "2031-03-04 10:00", "2031-03-04 17:00"),
        ("urgent", "2031-03-04 00:01", "2031-03-04 17:00"),
        ("urgent", "2031-03-04 16:59", "2031-03-04 17:00"),
        ("urgent", "2031-03-04 17:00", "2031-03-05 17:00"),
        ("urgent", "2031-03-04 23:59", "2031-03-05 17:00"),
        ("urgent", "2031-03-07 17:00", "2031-03-10 17:00"),
        ("urgent", "2031-03-15 12:00", "2031-03-17 17:00"),
    ],
)
def test_business_hours(severity: Severity, at: str, due: str) -> None:
    """Behaviour 32: urgent is due at this day's close, routine two business days later."""
    check(severity, CHICAGO, at, due)


@pytest.mark.parametrize("severity", ["crisis", "possible"])
@pytest.mark.parametrize(
    "at", ["2031-03-04 10:00", "2031-03-04 16:59", "2031-03-08 03:00", "2026-12-25 23:50"]
)
def test_around_the_clock(severity: Severity, at: str) -> None:
    """Behaviour 32: crisis and possible are due in fifteen minutes, at night and on holidays."""
    moment = local(at, PHOENIX)

    assert due_at(severity, moment, PHOENIX) - moment == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("severity", "at", "due"),
    [
        # Thanksgiving is Thursday, 26 November 2026.
        ("routine", "2026-11-24 10:00", "2026-11-27 17:00"),
        ("urgent", "2026-11-25 17:30", "2026-11-27 17:00"),
        ("urgent", "2026-11-26 10:00", "2026-11-27 17:00"),
        # Christmas and New Year's Day are Fridays.
        ("routine", "2026-12-23 10:00", "2026-12-28 17:00"),
        ("urgent", "2026-12-31 17:30", "2027-01-04 17:00"),
        # The Fourth of July 2026 is a Saturday, kept on Friday.
        ("urgent", "2026-07-03 10:00", "2026-07-06 17:00"),
        # Statehood Day is no holiday in Arizona's offices.
        ("urgent", "2026-02-13 10:00", "2026-02-13 17:00"),
    ],
)
def test_holidays(severity: Severity, at: str, due: str) -> None:
    """Behaviour 32: a public holiday of the practice's state is no business day."""
    check(severity, PHOENIX, at, due)


def test_a_country_without_a_region() -> None:
    """National holidays count where no state is named."""
    nation = Calendar("America/Chicago", NINE_TO_FIVE, "US")

    check("urgent", nation, "2026-11-26 10:00", "2026-11-27 17:00")


@pytest.mark.parametrize(
    ("severity", "at", "due", "hours"),
    [
        # Clocks go forward on Sunday, 9 March 2031, and back on Sunday, 2 November 2031.
        ("urgent", "2031-03-07 17:30", "2031-03-10 17:00", 70.5),
        ("routine", "2031-03-07 10:00", "2031-03-11 17:00", 102),
        ("possible", "2031-03-09 01:50", "2031-03-09 03:05", 0.25),
        ("urgent", "2031-10-31 17:30", "2031-11-03 17:00", 72.5),
        ("routine", "2031-10-31 10:00", "2031-11-04 17:00", 104),
        ("crisis", "2031-11-02 01:50", "2031-11-02 01:05*", 0.25),
    ],
)
def test_the_nights_the_clocks_change(severity: Severity, at: str, due: str, hours: float) -> None:
    """Behaviour 14: due times are wall-clock in the practice's zone, minutes are minutes."""
    check(severity, CHICAGO, at, due)

    waited = due_at(severity, local(at, CHICAGO), CHICAGO) - local(at, CHICAGO).astimezone(UTC)
    assert waited == timedelta(hours=hours)


@pytest.mark.parametrize("month", [1, 3, 7, 11])
def test_phoenix_keeps_its_clocks(month: int) -> None:
    """Behaviour 14: Arizona has no summer time, whatever the rest of the country does."""
    due = due_at("urgent", datetime(2031, month, 10, 18, tzinfo=UTC), PHOENIX)

    assert due.time() == time(0, 0)


def test_the_moment_may_come_in_any_zone() -> None:
    """A moment is a moment: only the practice's zone decides which day it is there."""
    at = local("2031-03-04 23:30", CHICAGO)

    assert due_at("urgent", at, CHICAGO) == due_at("urgent", at.astimezone(UTC), CHICAGO)


def test_the_last_closing_of_a_split_day_counts() -> None:
    """A practice that closes for lunch is still open that day."""
    check("urgent", SPLIT_DAY, "2026-11-24 12:30", "2026-11-24 18:00")


@pytest.mark.parametrize(("severity", "days"), [("urgent", 1), ("routine", 2)])
def test_a_practice_without_hours(severity: Severity, days: int) -> None:
    """A practice without business hours counts calendar days: late is worse than early."""
    at = datetime(2026, 11, 24, 17, tzinfo=UTC)

    assert due_at(severity, at, BY_APPOINTMENT) == at + timedelta(days=days)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_naive_moment_is_refused(severity: Severity) -> None:
    """A moment without a zone could be any of two dozen."""
    with pytest.raises(ValueError, match="zone"):
        due_at(severity, datetime(2026, 11, 24, 17), CHICAGO)  # noqa: DTZ001 - the point
