"""When a visit is reminded of: by the clock of its place, never at night, never in a burst."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.appointments.appointment import Answer, Appointment, Span, Status
from engage.appointments.asked.values import ReminderRule
from engage.appointments.reminders import due_now, next_at
from engage.ids import AppointmentId, PatientId, PracticeId

CHICAGO = ZoneInfo("America/Chicago")
RULE = ReminderRule()
SOMEBODY = UUID(int=1)


def visit(starts_at: datetime, answer: Answer = "needs-action") -> Appointment:
    """Return a booked visit in Chicago."""
    return Appointment(
        practice_id=PracticeId(SOMEBODY),
        id=AppointmentId(SOMEBODY),
        patient_id=PatientId(SOMEBODY),
        place_id=None,
        status="booked",
        time=Span(starts_at, starts_at + timedelta(minutes=30)),
        zone="America/Chicago",
        reason=None,
        changed_at=starts_at,
        answer=answer,
    )


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """Return a moment of 2031 in Chicago."""
    return datetime(2031, month, day, hour, minute, tzinfo=CHICAGO)


def moments(one: Appointment, since: datetime, rule: ReminderRule = RULE) -> list[str]:
    """Return all moments at which something is said, as the clock of the place shows them."""
    found, at = list[str](), since
    while (after := next_at(one, rule, at)) is not None:
        found.append(f"{after.astimezone(CHICAGO):%m-%d %H:%M}")
        at = after
    return found


def test_a_week_two_days_a_day_and_three_hours() -> None:
    """Without another rule: 7 and 2 days before, how to get ready a day before, 3 hours before."""
    one = visit(local(20, 14))
    assert moments(one, local(1, 12)) == [
        "03-13 14:00",
        "03-18 14:00",
        "03-19 14:00",
        "03-20 11:00",
    ]


@pytest.mark.parametrize(("month", "night"), [(3, 9), (11, 2)])
def test_the_night_on_which_clocks_change_moves_nothing(month: int, night: int) -> None:
    """Days before a visit are days of its clock: at the same hour, in spring and in autumn."""
    one = visit(local(night + 1, 14, month=month))
    assert moments(one, local(night, 12, month=month) - timedelta(days=2)) == [
        f"{month:02d}-{night - 1:02d} 14:00",
        f"{month:02d}-{night:02d} 14:00",
        f"{month:02d}-{night + 1:02d} 11:00",
    ]


@pytest.mark.parametrize(("month", "night"), [(3, 9), (11, 2)])
@pytest.mark.parametrize("fold", [0, 1])
def test_a_visit_at_half_past_two_of_that_night(month: int, night: int, fold: int) -> None:
    """A visit at 02:30 of either night is reminded of on the evenings before, and not at night."""
    begins = local(night, 2, 30, month=month).replace(fold=fold)
    one = visit(begins.astimezone(UTC))
    said = moments(one, begins - timedelta(days=3, hours=12))
    first = begins.astimezone(UTC).astimezone(CHICAGO).date()
    evenings = [first - timedelta(days=days) for days in (3, 2, 1)]
    assert said == [f"{day:%m-%d} 18:00" for day in evenings]


def test_early_in_the_morning_it_is_said_the_evening_before() -> None:
    """Three hours before a visit at eight is night: it is said at six in the evening."""
    one = visit(local(20, 8))
    assert moments(one, local(19, 12)) == ["03-19 18:00"]
    assert due_now(one, RULE, ("168", "48", "prepare"), local(19, 18)) == (("3",), ())


@pytest.mark.parametrize("status", ["proposed", "pending", "cancelled", "noshow", "waitlist"])
def test_what_is_not_booked_is_not_reminded_of(status: Status) -> None:
    """A visit that was called off, or is not settled, says nothing."""
    assert next_at(replace(visit(local(20, 14)), status=status), RULE, local(1, 12)) is None


@pytest.mark.parametrize(
    ("answer", "left"),
    [("accepted", ["03-19 14:00"]), ("declined", []), ("tentative", [])],
)
def test_who_has_answered_is_asked_no_more(answer: Answer, left: list[str]) -> None:
    """An answer stops the questions; who comes still hears how to get ready."""
    assert moments(visit(local(20, 14), answer), local(1, 12)) == left


def test_nothing_comes_late_in_a_burst() -> None:
    """After an outage the newest reminder is said while it is fresh; older ones never."""
    one = visit(local(20, 14))
    assert due_now(one, RULE, (), local(18, 15)) == (("48",), ("168",))
    assert due_now(one, RULE, (), local(18, 21)) == ((), ("168", "48"))
    assert due_now(one, RULE, (), local(20, 11, 30)) == (("3",), ("168", "48", "prepare"))


def test_a_visit_that_was_booked_late_begins_with_what_is_ahead() -> None:
    """Booked thirty hours ahead: two days before is over, and is not made up for."""
    one, booked_at = visit(local(20, 14)), local(19, 8)
    woken = next_at(one, RULE, booked_at)
    assert woken == local(19, 14)
    taken, over = due_now(one, RULE, (), local(19, 14))
    assert (taken, set(over)) == (("prepare",), {"168", "48"})


def test_what_was_said_is_not_said_again() -> None:
    """A step that was taken for this time is not taken twice; another practice has other steps."""
    one = visit(local(20, 14))
    assert due_now(one, RULE, ("168", "48"), local(18, 14, 1)) == ((), ())
    few = ReminderRule(hours_before=(24,), prepare_hours=0)
    assert moments(one, local(1, 12), few) == ["03-19 14:00"]
    assert moments(one, local(1, 12), ReminderRule(hours_before=(), prepare_hours=0)) == []


@given(
    starts=st.datetimes(datetime(2031, 1, 1), datetime(2031, 12, 31)),  # noqa: DTZ001 - next line
    hours=st.lists(st.integers(1, 720), max_size=5, unique=True),
    prepare=st.integers(0, 168),
)
def test_every_moment_is_before_the_visit_and_by_day(
    starts: datetime, hours: list[int], prepare: int
) -> None:
    """Whatever the rule and the visit: nothing is said at night, after it, or twice at once."""
    begins = starts.replace(tzinfo=UTC)
    one, at = visit(begins), begins - timedelta(days=40)
    rule = ReminderRule(hours_before=tuple(hours), prepare_hours=prepare)
    while (after := next_at(one, rule, at)) is not None:
        assert at < after < begins
        assert after.astimezone(CHICAGO).hour in range(9, 20)
        assert len(due_now(one, rule, (), after)[0]) <= 2
        at = after
