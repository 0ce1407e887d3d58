"""What is true of paging over weeks of leave and shifts, whatever the rules (promises D2, D3)."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.ids import StaffId
from engage.queue.escalation import (
    Audience,
    End,
    Hop,
    Paging,
    Policy,
    Step,
    Wait,
    judge,
    lease_of,
    on_call,
)
from engage.queue.routing import CoverSeen, Duty, Roster, StaffSeen, present, works_between

START = datetime(2026, 11, 24, 17, tzinfo=UTC)
PEOPLE = tuple(StaffId(UUID(int=number)) for number in range(1, 6))
ROLES = ("care_manager", "supervisor", "practice_admin")

people = st.sampled_from(PEOPLE)
minutes = st.integers(1, 240)
policies = st.builds(
    Policy,
    severity=st.sampled_from(["crisis", "possible"]),
    steps=st.lists(
        st.builds(Step, st.sampled_from(get_args(Audience)), minutes), min_size=1, max_size=6
    ).map(tuple),
    lease_minutes=minutes,
)
pagings = st.builds(
    Paging,
    owner_id=people,
    next_at=st.just(START),
    circle=st.lists(people, max_size=3).map(tuple),
)


@st.composite
def covers(draw: st.DrawFn) -> CoverSeen:
    """Draw who is away for hours or days, and who covers."""
    since = START + timedelta(hours=draw(st.integers(-48, 20 * 24)))
    until = since + timedelta(hours=draw(st.integers(1, 20 * 24)))
    return CoverSeen(draw(people), draw(people), since, until)


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = ("America/Phoenix", "America/New_York", "UTC")
shifts = st.tuples(st.times(), st.times()).filter(lambda one: one[0] != one[1])
duties = st.none() | st.builds(
    Duty,
    hours=st.none()
    | st.dictionaries(st.sampled_from(WEEK), st.tuples(shifts), max_size=7).map(
        lambda hours: {str(day): spans for day, spans in hours.items()}
    ),
)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Draw the people of a practice; some have left, many are away, many have shifts."""
    staff = tuple(
        StaffSeen(
            person,
            "A",
            tuple(sorted(draw(st.sets(st.sampled_from(ROLES), min_size=1)))),
            draw(duties),
        )
        for person in draw(st.lists(people, unique=True))
    )
    return Roster(
        staff=staff,
        covers=tuple(draw(st.lists(covers(), max_size=12))),
        responsible_id=draw(people),
        zone=draw(st.sampled_from(ZONES)),
    )


def climbed(
    paging: Paging, policy: Policy, roster: Roster, count: int
) -> list[tuple[Hop, datetime]]:
    """Return the next steps, each taken at the moment it is due, that nobody reacts to."""
    hops: list[tuple[Hop, datetime]] = []
    for _ in range(count):
        at = paging.next_at
        hop = judge(paging, policy, roster, at)
        assert isinstance(hop, Hop)
        hops.append((hop, at))
        paging = replace(paging, step=hop.step + 1, next_at=hop.next_at)
    return hops


@given(pagings, policies, rosters())
def test_never_nobody_and_never_an_end(paging: Paging, policy: Policy, roster: Roster) -> None:
    """Promise D2: every step tells somebody, one who is here if anybody is, without end."""
    members = {member.id for member in roster.staff} or {roster.responsible_id}
    for hop, at in climbed(paging, policy, roster, 40):
        assert hop.staff_ids
        assert hop.why
        here = {one for one in members if present(one, roster, at)}
        assert set(hop.staff_ids) <= (here or members)


@given(pagings, policies, rosters())
def test_each_step_is_on_time(paging: Paging, policy: Policy, roster: Roster) -> None:
    """Promise D2: two steps lie exactly as far apart as the rules say; and only empty ones lack."""
    hops = climbed(paging, policy, roster, 20)
    for (before, at), (after, later) in pairwise(hops):
        step = policy.steps[before.step % len(policy.steps)]
        assert later - at == timedelta(minutes=step.minutes)
        assert 1 <= after.step - before.step <= len(policy.steps)
        for passed in range(before.step + 1, after.step):
            alone = replace(policy, steps=(policy.steps[passed % len(policy.steps)],))
            nobody = judge(replace(paging, next_at=later), alone, roster, later)
            assert isinstance(nobody, Hop)
            assert nobody.why == "whoever the rules name is away"


@given(pagings, policies, rosters(), st.integers(0, 12), st.integers(0, 10**5))
def test_an_acknowledgement_only_postpones(
    paging: Paging, policy: Policy, roster: Roster, steps: int, seconds: int
) -> None:
    """Promise D3: nobody else is told while somebody has it; it climbs when they do not."""
    hops = climbed(paging, policy, roster, steps)
    at = (hops[-1][1] if hops else START) + timedelta(seconds=seconds)
    until = lease_of(policy, at)
    taken = replace(paging, step=steps, next_at=until, lease_until=until)

    assert judge(taken, policy, roster, at) == Wait(until)
    assert isinstance(judge(taken, policy, roster, until), Hop)
    assert judge(replace(taken, closed=True), policy, roster, until) == End("closed")


@given(st.lists(people, unique=True), rosters(), st.integers(0, 20 * 24 * 60))
def test_a_shift_says_whom_to_wake_first_and_never_silences(
    some: list[StaffId], roster: Roster, minutes: int
) -> None:
    """Promise D2: of those who are here, who has a shift is told; if none of them has, all are."""
    at = START + timedelta(minutes=minutes)
    told = on_call(some, roster, at)
    here = {one for one in some if present(one, roster, at)}
    working = {
        one.id for one in roster.staff if one.id in here and works_between(one, roster.zone, at, at)
    }

    assert set(told) == (working or here)
    assert bool(told) == bool(here)


@given(pagings, policies, rosters())
def test_nobody_off_shift_is_woken_for_somebody_on_it(
    paging: Paging, policy: Policy, roster: Roster
) -> None:
    """Promise D2: no step tells both who works and who sleeps, and the clock of it is the same."""
    known = {member.id: member for member in roster.staff}
    freely = replace(roster, staff=tuple(replace(member, duty=None) for member in roster.staff))
    for (hop, at), (other, then) in zip(
        climbed(paging, policy, roster, 10), climbed(paging, policy, freely, 10), strict=True
    ):
        on_shift = {
            one
            for one in hop.staff_ids
            if one in known and works_between(known[one], roster.zone, at, at)
        }
        assert on_shift in (set(), set(hop.staff_ids))
        # Shifts change whom a step tells; when it is taken, and that it is, they do not.
        assert (hop.step, hop.next_at, at) == (other.step, other.next_at, then)
        assert set(hop.staff_ids) <= set(other.staff_ids)


def test_at_night_the_night_shift_is_woken() -> None:
    """Of two who could be told, the one who works now is; when neither works, both are."""
    day = Duty(hours={one: ((time(8), time(17)),) for one in WEEK})
    night = Duty(hours={one: ((time(20), time(6)),) for one in WEEK})
    roster = Roster(
        staff=(
            StaffSeen(PEOPLE[0], "A", ("supervisor",), day),
            StaffSeen(PEOPLE[1], "B", ("supervisor",), night),
        ),
        responsible_id=PEOPLE[0],
        zone="America/Phoenix",
    )
    phoenix = START.replace(hour=7, minute=0)  # midnight there

    assert on_call(PEOPLE[:2], roster, phoenix) == (PEOPLE[1],)
    assert on_call(PEOPLE[:2], roster, phoenix + timedelta(hours=12)) == (PEOPLE[0],)
    assert on_call(PEOPLE[:2], roster, phoenix + timedelta(hours=7)) == PEOPLE[:2]
