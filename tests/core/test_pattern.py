"""Times of a schedule from days and hours, by the clock of a place."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.appointments.appointment import Span
from engage.appointments.pattern import MOST, Pattern, check_apart, overlap, times
from engage.appointments.refusals import NoTimes, TimesOverlap, TooManyTimes

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DENVER = "America/Denver"
HALF = timedelta(minutes=30)


def pattern(*hours: time, day: date = date(2026, 3, 8), until: date | None = None) -> Pattern:
    """Return half hours on the night on which the clocks of Denver go on, or another day."""
    return Pattern(from_day=day, until_day=until or day, hours=hours, length=HALF)


def told(found: tuple[Span, ...]) -> list[str]:
    """Return when times begin, in UTC and by the clock of the place."""
    zone = ZoneInfo(DENVER)
    return [f"{one.starts_at:%H:%M}Z {one.starts_at.astimezone(zone):%H:%M}" for one in found]


def test_half_past_two_when_the_clocks_go_on() -> None:
    """There is no such hour: it is told by the clock before it, and never beside a real one."""
    assert told(times(pattern(time(2, 30)), DENVER, NOW)) == ["09:30Z 03:30"]
    both = times(pattern(time(2, 30), time(3, 30)), DENVER, NOW)
    assert told(both) == ["09:30Z 03:30"]
    near = times(pattern(time(2, 45), time(3, 30)), DENVER, NOW)
    assert told(near) == ["09:30Z 03:30"]


def test_half_past_one_and_two_when_they_go_back() -> None:
    """Half past one is there twice and meant once, the first time; half past two is itself."""
    night = date(2026, 11, 1)
    found = times(pattern(time(1, 30), time(2, 30), day=night), DENVER, NOW)
    assert told(found) == ["07:30Z 01:30", "09:30Z 02:30"]


def test_days_of_the_week_keep_their_hour() -> None:
    """Tuesdays and Thursdays at nine are at nine before and after the clocks go on."""
    wanted = replace(
        pattern(time(9), day=date(2026, 3, 1), until=date(2026, 3, 15)),
        weekdays=frozenset({2, 4}),
    )
    found = times(wanted, DENVER, NOW)
    local = [one.starts_at.astimezone(ZoneInfo(DENVER)) for one in found]
    assert [(one.day, one.hour) for one in local] == [(3, 9), (5, 9), (10, 9), (12, 9)]
    assert {one.ends_at - one.starts_at for one in found} == {HALF}


def test_what_is_refused() -> None:
    """Times within each other, days that are over or turned round, and too many."""
    with pytest.raises(TimesOverlap):
        times(pattern(time(9), time(9, 15)), DENVER, NOW)
    for wrong in (
        pattern(time(9), day=date(2025, 12, 1), until=date(2025, 12, 31)),
        pattern(time(9), day=date(2026, 3, 9), until=date(2026, 3, 8)),
        pattern(time(9), day=date(2026, 3, 9), until=date(9999, 12, 31)),
        replace(pattern(time(9)), weekdays=frozenset({1})),
    ):
        with pytest.raises(NoTimes):
            times(wrong, DENVER, NOW)
    hours = tuple(time(hour) for hour in range(24))
    with pytest.raises(TooManyTimes):
        times(pattern(*hours, until=date(2026, 4, 8)), DENVER, NOW)
    # Of the day that has begun only what is to come.
    assert len(times(pattern(*hours, day=date(2026, 1, 1)), DENVER, NOW)) == 18


def test_one_may_begin_where_another_ends() -> None:
    """Ten to half past and half past to eleven are apart; a minute more is not."""
    ten = Span(NOW, NOW + HALF)
    after = Span(NOW + HALF, NOW + 2 * HALF)
    check_apart([ten, after])
    check_apart([after], [ten])
    with pytest.raises(TimesOverlap):
        check_apart([after], [Span(NOW, NOW + HALF + timedelta(minutes=1))])


@given(
    st.lists(
        st.times().map(lambda one: one.replace(second=0, microsecond=0)), min_size=1, max_size=6
    ),
    st.dates(date(2026, 1, 2), date(2026, 12, 20)),
    st.integers(0, 12),
    st.sampled_from((DENVER, "America/Phoenix", "America/St_Johns", "Pacific/Honolulu")),
)
def test_times_lie_apart_and_ahead(hours: list[time], day: date, days: int, zone: str) -> None:
    """Whatever is asked for, what is made is in order, ahead, apart, and at most five hundred."""
    wanted = pattern(*hours, day=day, until=day + timedelta(days=days))
    try:
        found = times(wanted, zone, NOW)
    except TimesOverlap:
        return
    assert 0 < len(found) <= MOST
    assert all(one.starts_at > NOW for one in found)
    assert not any(overlap(one, other) for one, other in pairwise(found))
    assert times(replace(wanted, hours=tuple(reversed(hours))), zone, NOW) == found
