"""What is true of every visit, ride and piece of work about rides, in whatever order it comes."""

import functools
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.appointments.appointment import STATUSES, TIMELESS, Appointment, Span
from engage.appointments.heard import Kept, Said, joined, stamp, standing
from engage.appointments.ride import OVER, REASONED, SETTERS, Ride, Step, take
from engage.appointments.ride import STATUSES as RIDE_STATUSES
from engage.conversation.severity import SEVERITIES, rank
from engage.errors import EngageError
from engage.ids import AppointmentId, PlaceId, RideId
from engage.queue.clocks import Calendar, due_at
from engage.turns.visits import HORIZON, NOTICE, Ground, before_visit, stands
from tests.core.test_appointments import NOW, THURSDAY, trip, visit

WEEK = ("mon", "tue", "wed", "thu", "fri")
CALENDAR = Calendar("America/Phoenix", dict.fromkeys(WEEK, ((time(9), time(17)),)), "US-AZ")
ALWAYS_SHUT = Calendar("America/Phoenix", {})

moments = st.integers(0, 60 * 24 * 14).map(lambda minutes: NOW + timedelta(minutes=minutes))
stamps = st.builds(
    stamp,
    st.integers(0, 5).map(lambda hours: NOW + timedelta(hours=hours)),
    st.sampled_from(("1", "2", "3")),
    st.none() | st.sampled_from(STATUSES),
)
spans = moments.map(lambda at: Span(at, at + timedelta(minutes=30)))
words = st.builds(
    Said,
    standing=st.none()
    | st.builds(standing, st.sampled_from(STATUSES), st.none() | st.just("other"), stamps),
    time=st.none() | st.builds(Kept, spans, stamps),
    place=st.none()
    | st.builds(Kept, st.integers(1, 3).map(lambda n: PlaceId(UUID(int=n))), stamps),
)
grounds = st.lists(
    st.builds(
        Ground,
        st.sampled_from(SEVERITIES),
        st.integers(-5, 0).map(lambda days: NOW + timedelta(days=days)),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def calendars_of_a_person(draw: st.DrawFn) -> tuple[list[Appointment], list[Ride]]:
    """Draw the visits of the coming weeks, some called off, and rides to some of them."""
    visits = [
        visit(
            id=AppointmentId(UUID(int=100 + place)),
            time=draw(spans),
            status=draw(st.sampled_from(("booked", "booked", "cancelled", "fulfilled"))),
        )
        for place in range(draw(st.integers(0, 4)))
    ]
    rides = [
        trip(
            id=RideId(UUID(int=200 + place)),
            appointment_id=draw(st.sampled_from(visits)).id,
            direction=draw(st.sampled_from(("there", "back", "both"))),
            status=draw(st.sampled_from(RIDE_STATUSES)),
            arranged_at=NOW - timedelta(hours=draw(st.integers(0, 200))),
        )
        for place in range(draw(st.integers(0, 4)) if visits else 0)
    ]
    return visits, rides


@given(st.lists(words, max_size=8), st.randoms(use_true_random=False))
def test_a_visit_is_the_same_in_whatever_order_it_is_told(
    told: list[Said], shuffle: object
) -> None:
    """Late, repeated and shuffled words leave one visit (behaviour: a lost message is no harm)."""
    once = functools.reduce(joined, told, Said())
    again = [*told, *told]
    shuffle.shuffle(again)  # type: ignore[attr-defined] - a Random

    assert functools.reduce(joined, again, Said()) == once
    if once.span is None:
        assert once.stands.status in TIMELESS
    if once.stands.reason is not None:
        assert once.stands.status in {"cancelled", "noshow"}


@given(grounds, calendars_of_a_person())
def test_work_about_a_ride_is_due_before_the_visit(
    why: list[Ground], plans: tuple[list[Appointment], list[Ride]]
) -> None:
    """Behaviour 25: never later than without the visit, always before it, never below its own."""
    visits, rides = plans
    bare = stands(why, (), (), CALENDAR, NOW)
    now = stands(why, visits, rides, CALENDAR, NOW)
    assert bare is not None
    assert now is not None
    assert rank(now.severity) >= rank(bare.severity)
    named = next((one for one in visits if one.id == now.appointment_id), None)
    if named is None:
        assert now == bare
        return
    assert named.time is not None
    assert named.status == "booked"
    assert NOW < named.time.starts_at <= NOW + HORIZON
    driven = [one for one in rides if one.appointment_id == named.id and one.gets_there]
    if not any(one.status in {"arranged", "under-way", "completed"} for one in driven):
        assert now.due_at <= bare.due_at
        assert now.due_at < named.time.starts_at
        assert rank(now.severity) >= rank("urgent")


@given(grounds, calendars_of_a_person())
def test_a_ride_to_every_visit_lowers_the_work_to_what_it_was(
    why: list[Ground], plans: tuple[list[Appointment], list[Ride]]
) -> None:
    """Arranged now, the work is what its own reasons ask for, and not due sooner than they say."""
    visits, _ = plans
    rides = [
        trip(appointment_id=one.id, status="arranged", arranged_at=NOW, pickup_at=NOW)
        for one in visits
    ]
    bare = stands(why, (), (), CALENDAR, NOW)
    now = stands(why, visits, rides, CALENDAR, NOW)
    assert bare is not None
    assert now is not None
    assert now.severity == bare.severity
    assert now.due_at >= bare.due_at


def test_who_says_no_ride_after_one_was_arranged_is_believed() -> None:
    """An arranged ride covers the visit until the person says that they have none."""
    held = trip(status="arranged", pickup_at=NOW, arranged_at=NOW - timedelta(hours=2))
    before = Ground("routine", NOW - timedelta(hours=3), no_ride=True)
    after = Ground("routine", NOW - timedelta(hours=1), no_ride=True)
    calm = stands([before], [visit()], [held], CALENDAR, NOW)
    doubted = stands([before, after], [visit()], [held], CALENDAR, NOW)
    other = stands([replace(after, no_ride=False)], [visit()], [held], CALENDAR, NOW)
    assert calm is not None
    assert calm.severity == "routine"
    assert doubted is not None
    assert doubted.severity == "urgent"
    assert other is not None
    assert other.severity == "routine"
    assert stands([], [visit()], [], CALENDAR, NOW) is None


def test_a_business_day_before_thursday_is_wednesday() -> None:
    """The rule in moments: eight hours of business before; the same day, within minutes."""
    # Thursday 10:30 in Phoenix: an hour and a half of Thursday, the rest of Wednesday.
    wednesday = datetime(2031, 3, 5, 17, 30, tzinfo=UTC)
    starts = THURSDAY.starts_at
    assert before_visit(starts, CALENDAR, NOW) == wednesday
    assert before_visit(starts, CALENDAR, wednesday + timedelta(hours=1)) < starts
    half_an_hour = starts - timedelta(minutes=30)
    assert before_visit(starts, CALENDAR, half_an_hour) == half_an_hour + timedelta(minutes=15)
    last = starts - timedelta(minutes=2)
    assert last < before_visit(starts, CALENDAR, last) < starts
    assert before_visit(starts, ALWAYS_SHUT, NOW) == starts - NOTICE
    # The routine due time would have come a day after the visit.
    due = due_at("routine", NOW, CALENDAR)
    assert due > starts - timedelta(hours=12)


@given(st.lists(st.tuples(st.sampled_from(RIDE_STATUSES), st.sampled_from(SETTERS)), max_size=12))
def test_a_ride_that_has_ended_stays_so(told: list[tuple[str, str]]) -> None:
    """Whatever is said: a reason stands exactly with an ending, and an ending is for good."""
    one, ended = trip(), 0
    for to, by in told:
        step = Step(
            to=to,  # type: ignore[arg-type] - one of the states
            reason="other" if to in REASONED else None,
            pickup_at=NOW + timedelta(hours=1),
        )
        try:
            after = take(one, step, by, NOW)  # type: ignore[arg-type] - one of the setters
        except EngageError:
            continue
        if one.status in OVER:
            # "It did not come" is the one word that is still heard.
            assert (one.status, after.status) == ("completed", "failed")
        ended += after.status in OVER
        assert (after.reason is not None) == (after.status in REASONED)
        assert after.version == one.version + 1
        one = after
    assert ended <= 2
