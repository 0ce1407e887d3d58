"""When a plan asks: by the person's own clock, and never by a rule that can't be kept."""

from datetime import MAXYEAR, UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr

from engage.checkins import cadence as cadence_module
from engage.checkins.cadence import (
    NeverDue,
    NotACadence,
    TooOften,
    UnknownZone,
    next_due,
    occurrences,
    read_cadence,
)
from engage.checkins.plan import (
    NothingToSkip,
    PlanEnded,
    Schedule,
    begin,
    end,
    pause,
    resume,
    skip,
    tick,
)
from engage.errors import EngageError

NOW = datetime(2031, 3, 4, 15, 0, tzinfo=UTC)
TODAY = date(2031, 3, 4)
CHICAGO = "America/Chicago"


def plan(rule: str = "FREQ=DAILY", catch_up: str = "skip") -> Schedule:
    """Return a plan in Chicago that was made at nine in the morning."""
    cadence = read_cadence(rule, TODAY, CHICAGO, now=NOW, most_a_day=1)
    return begin(cadence, NOW, "ask-latest" if catch_up == "ask-latest" else "skip")


@pytest.mark.parametrize(
    ("rule", "error", "field"),
    [
        ("", NotACadence, "/cadence"),
        ("every day", NotACadence, "/cadence"),
        ("FREQ=DAILY;COUNT=0", NotACadence, "/cadence"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20320101", NotACadence, "/cadence"),
        ("FREQ=DAILY;FREQ=WEEKLY", NotACadence, "/cadence"),
        ("FREQ=DAILY;BYSECOND=1", NotACadence, "/cadence"),
        ("FREQ=DAILY;BYHOUR=25", NotACadence, "/cadence"),
        ("FREQ=WEEKLY;BYDAY=XX", NotACadence, "/cadence"),
        ("FREQ=DAILY;UNTIL=tomorrow", NotACadence, "/cadence"),
        ("FREQ=DAILY;INTERVAL=99999999", NotACadence, "/cadence"),
        ("FREQ=DAILY;INTERVAL=\u00b2", NotACadence, "/cadence"),
        ("FREQ=DAILY;COUNT=\u0663", NotACadence, "/cadence"),
        ("FREQ=DAILY;BYDAY=6MO", NotACadence, "/cadence"),
        ("FREQ=WEEKLY;BYDAY=-1FR", NotACadence, "/cadence"),
        ("FREQ=HOURLY", TooOften, "/cadence"),
        ("FREQ=DAILY;BYHOUR=9,15", TooOften, "/cadence"),
        ("FREQ=DAILY;BYMINUTE=0,30", TooOften, "/cadence"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", NeverDue, "/cadence"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", NeverDue, "/cadence"),
        ("FREQ=DAILY;BYSETPOS=5", NeverDue, "/cadence"),
        ("FREQ=DAILY;BYWEEKNO=54", NeverDue, "/cadence"),
        ("FREQ=DAILY;UNTIL=20310303", NeverDue, "/cadence"),
    ],
)
def test_what_cannot_be_kept_is_refused(rule: str, error: type[EngageError], field: str) -> None:
    """No rule at all, too often for a phone, or never: each has its error and names the field."""
    with pytest.raises(error) as refused:
        read_cadence(rule, TODAY, CHICAGO, now=NOW, most_a_day=1)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=9;BYMINUTE=0",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYHOUR=9;BYMINUTE=0",
        "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=5;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;INTERVAL=17;BYHOUR=9;BYMINUTE=0",
        "FREQ=YEARLY;BYYEARDAY=366,-1;BYHOUR=9;BYMINUTE=0",
    ],
)
def test_a_rule_is_laid_late_and_asks_on_the_days_it_says(rule: str) -> None:
    """What never comes is found out soon, and what comes does so on the same days as here."""
    cadence = read_cadence(rule, TODAY, "UTC", now=NOW, most_a_day=1)
    start = datetime(2031, 3, 4)  # noqa: DTZ001 - local by definition
    plain = rrulestr(rule, dtstart=start).between(start, start + timedelta(days=5 * 366), inc=True)
    assert [at.replace(tzinfo=None) for at in occurrences(cadence)] == plain
    laid, _, _ = cadence_module._rule(cadence)  # noqa: SLF001 - how long a search may be
    assert MAXYEAR - next(iter(laid)).year <= 400


def test_an_unknown_zone_is_refused() -> None:
    """Without a zone nobody knows when ten in the morning is."""
    with pytest.raises(UnknownZone) as refused:
        read_cadence("FREQ=DAILY", TODAY, "Mars/Olympus", now=NOW, most_a_day=1)
    assert refused.value.field == "/time_zone"


@pytest.mark.parametrize("start", [date(1, 1, 1), date(9999, 12, 31), date(2020, 1, 1)])
def test_a_start_in_another_age_is_refused(start: date) -> None:
    """A plan counts from a day of about now."""
    with pytest.raises(NeverDue) as refused:
        read_cadence("FREQ=DAILY", start, CHICAGO, now=NOW, most_a_day=1)
    assert refused.value.field == "/start"


def test_a_practice_may_allow_more_a_day() -> None:
    """The limit is the practice's own."""
    twice = read_cadence("FREQ=DAILY;BYHOUR=9,15", TODAY, CHICAGO, now=NOW, most_a_day=2)
    assert next_due(twice, NOW) == datetime(2031, 3, 4, 21, tzinfo=UTC)


def test_without_an_hour_it_is_ten_in_the_morning() -> None:
    """A rule of days asks at ten, by the person's clock."""
    assert plan().next_at == datetime(2031, 3, 4, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "start", "utc"),
    [
        # Spring: ten o'clock comes an hour earlier in UTC; half past two does not exist that night.
        ("FREQ=DAILY;BYHOUR=10;COUNT=3", date(2031, 3, 8), ["08T16:00", "09T15:00", "10T15:00"]),
        (
            "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;COUNT=3",
            date(2031, 3, 8),
            ["08T08:30", "09T08:30", "10T07:30"],
        ),
        # Autumn: half past one comes twice that night, and is asked once.
        ("FREQ=DAILY;BYHOUR=10;COUNT=3", date(2031, 11, 1), ["01T15:00", "02T16:00", "03T16:00"]),
        (
            "FREQ=DAILY;BYHOUR=1;BYMINUTE=30;COUNT=3",
            date(2031, 11, 1),
            ["01T06:30", "02T06:30", "03T07:30"],
        ),
    ],
)
def test_both_nights_on_which_clocks_change(rule: str, start: date, utc: list[str]) -> None:
    """Behaviour 14: wall-clock time, once a day, whatever the clocks do that night."""
    cadence = read_cadence(rule, start, CHICAGO, now=NOW, most_a_day=1)

    assert [at.strftime("%dT%H:%M") for at in occurrences(cadence)] == utc


def test_a_last_day_is_local() -> None:
    """UNTIL is a local day to its end, a local moment, or a moment in UTC."""
    for until in ("20310305", "20310305T235900", "20310306T055900Z"):
        cadence = read_cadence(f"FREQ=DAILY;UNTIL={until}", TODAY, CHICAGO, now=NOW, most_a_day=1)
        assert [at.day for at in occurrences(cadence)] == [4, 5], until


def test_what_is_due_is_asked_and_the_next_one_named() -> None:
    """At its moment an occurrence is asked, and the plan waits for the next."""
    at = datetime(2031, 3, 4, 16, 0, 5, tzinfo=UTC)
    step = tick(plan(), at)

    assert (step.asked, step.missed) == (datetime(2031, 3, 4, 16, tzinfo=UTC), ())
    assert step.schedule.next_at == datetime(2031, 3, 5, 16, tzinfo=UTC)
    assert tick(step.schedule, at).asked is None


def test_nothing_comes_in_a_burst() -> None:
    """After days without a worker only the latest occurrence is asked; the others are missed."""
    step = tick(plan(), datetime(2031, 3, 7, 18, tzinfo=UTC))

    assert [at.day for at in step.missed] == [4, 5, 6]
    assert step.asked == datetime(2031, 3, 7, 16, tzinfo=UTC)


@pytest.mark.parametrize(("catch_up", "asked"), [("skip", False), ("ask-latest", True)])
def test_the_catch_up_rule(catch_up: str, *, asked: bool) -> None:
    """What is more than a day late is asked only if the plan says so."""
    weekly = plan("FREQ=WEEKLY", catch_up)
    step = tick(weekly, datetime(2031, 3, 7, 18, tzinfo=UTC))

    assert (step.asked is not None) is asked
    assert len(step.missed) == (0 if asked else 1)


def test_the_last_occurrence_ends_the_plan() -> None:
    """A plan that ran out has ended, and asks nothing any more."""
    step = tick(plan("FREQ=DAILY;COUNT=1"), datetime(2031, 3, 4, 16, tzinfo=UTC))

    assert step.asked is not None
    assert (step.schedule.status, step.schedule.wakes_at) == ("ended", None)


def test_a_pause_asks_nothing_and_makes_up_for_nothing() -> None:
    """Behaviour 12: what a pause passed over is skipped on resuming."""
    until = NOW + timedelta(days=3)
    paused = pause(plan(), until)

    assert tick(paused, NOW + timedelta(days=2)).asked is None
    step = tick(paused, until)
    assert (step.asked, step.missed) == (None, ())
    assert step.schedule.status == "active"
    assert step.schedule.next_at == datetime(2031, 3, 7, 16, tzinfo=UTC)
    assert pause(plan(), None).wakes_at is None
    assert resume(paused, NOW).next_at == datetime(2031, 3, 4, 16, tzinfo=UTC)


def test_one_occurrence_is_skipped() -> None:
    """A skip leaves out the next one only; the last one skipped ends the plan."""
    gone, after = skip(plan())
    assert (gone.day, after.next_at) == (4, datetime(2031, 3, 5, 16, tzinfo=UTC))
    assert skip(plan("FREQ=DAILY;COUNT=1"))[1].status == "ended"
    with pytest.raises(NothingToSkip):
        skip(pause(plan(), None))


def test_a_pause_brings_back_nothing_that_was_skipped() -> None:
    """Left out, then paused and resumed, by hand or by the clock: it is still left out."""
    _, without = skip(plan())
    until = NOW + timedelta(minutes=30)
    for again in (resume(pause(without, None), NOW), tick(pause(without, until), until).schedule):
        assert (again.status, again.next_at) == ("active", datetime(2031, 3, 5, 16, tzinfo=UTC))


def test_an_end_is_for_good() -> None:
    """An ended plan can't be resumed, paused or skipped."""
    over = end(plan())
    for change in (lambda: resume(over, NOW), lambda: pause(over, None), lambda: skip(over)):
        with pytest.raises(PlanEnded):
            change()
    assert tick(over, NOW + timedelta(days=9)).asked is None
