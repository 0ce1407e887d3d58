"""Who is told next: the order of the steps, who is passed over, and what stops the climb."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from engage.ids import StaffId
from engage.queue.escalation import (
    POLICIES,
    End,
    Hop,
    Paging,
    Policy,
    Wait,
    judge,
    lease_of,
    next_hop,
    policy_for,
)
from engage.queue.routing import CoverSeen, Roster, StaffSeen

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DANA, MARCUS, PRIYA, SAM, ADA = (StaffId(UUID(int=n)) for n in range(1, 6))
ROLES = {
    DANA: "care_manager",
    MARCUS: "care_manager",
    PRIYA: "care_manager",
    SAM: "supervisor",
    ADA: "practice_admin",
}
CRISIS = policy_for("crisis")
PAGING = Paging(owner_id=DANA, next_at=AT, circle=(DANA, PRIYA))


def away(person: StaffId, cover: StaffId = ADA) -> CoverSeen:
    """Return that somebody is away, and who covers."""
    return CoverSeen(person, cover, AT - DAY, AT + 7 * DAY)


def practice(*covers: CoverSeen, without: tuple[StaffId, ...] = ()) -> Roster:
    """Return the practice's people but for some who have left."""
    staff = tuple(StaffSeen(one, "A", (ROLES[one],)) for one in ROLES if one not in without)
    return Roster(staff=staff, covers=covers, responsible_id=ADA)


def told(paging: Paging, roster: Roster) -> tuple[int, set[StaffId]]:
    """Return which step is taken, and who is told."""
    hop = next_hop(paging, CRISIS, roster, AT)
    return hop.step, set(hop.staff_ids)


@pytest.mark.parametrize(
    ("roster", "step", "told_now"),
    [
        (practice(), 0, (0, {DANA})),
        (practice(away(DANA, MARCUS)), 0, (1, {MARCUS, PRIYA})),
        (practice(), 1, (1, {PRIYA})),
        (practice(away(PRIYA)), 1, (2, {SAM})),
        (practice(away(PRIYA), away(SAM)), 1, (2, {ADA})),
        (practice(), 3, (3, set(ROLES))),
        (practice(without=(DANA,)), 3, (3, set(ROLES) - {DANA})),
        (practice(), 4, (4, {DANA})),
        (practice(away(DANA), without=(PRIYA, SAM)), 4, (5, {ADA})),
        (practice(*(away(one) for one in ROLES)), 2, (2, set(ROLES))),
        (practice(without=tuple(ROLES)), 2, (2, {ADA})),
    ],
    ids=[
        "the owner first",
        "an owner who is away is passed over at once",
        "then who knows the patient",
        "then who directs the work",
        "without a supervisor the administrator",
        "then everybody",
        "but for who has left",
        "and then the owner again",
        "an empty step falls through to the next round as well",
        "everybody away: everybody is told",
        "nobody left: who is responsible",
    ],
)
def test_the_order(roster: Roster, step: int, told_now: tuple[int, set[StaffId]]) -> None:
    """Behaviour 30: owner, cover, supervisors, everybody, again; a step without anybody is none."""
    assert told(replace(PAGING, step=step), roster) == told_now


def test_whoever_got_it_meanwhile_hears_with_the_next_step() -> None:
    """Behaviour 30: a new owner is told with the next step; one whose turn comes, then."""
    given = replace(PAGING, owner_id=MARCUS, step=1, owner_told=False)
    late = replace(CRISIS, steps=(*CRISIS.steps[1:], CRISIS.steps[0]))

    assert told(given, practice()) == (1, {MARCUS, DANA, PRIYA})
    assert told(replace(given, owner_told=True), practice()) == (1, {DANA, PRIYA})
    assert told(given, practice(away(MARCUS, PRIYA))) == (1, {DANA, PRIYA})
    assert MARCUS not in next_hop(given, late, practice(), AT).staff_ids


def test_each_step_has_its_time() -> None:
    """Promise D2: fifteen minutes for crisis and possible, to the second."""
    for policy in POLICIES.values():
        for step in range(len(policy.steps)):
            hop = next_hop(replace(PAGING, step=step), policy, practice(), AT)
            assert hop.next_at == AT + 15 * MINUTE


def test_the_reason_says_the_round() -> None:
    """Whoever is told reads why, and that nobody took it on before."""
    first = next_hop(PAGING, CRISIS, practice(), AT)
    again = next_hop(replace(PAGING, step=4), CRISIS, practice(), AT)

    assert first.why == "owns the item"
    assert again.why == "owns the item; nobody took it on in round 1"


def test_an_acknowledgement_is_a_lease() -> None:
    """Promise D3: whoever took it on has it for half an hour; then it climbs on."""
    until = lease_of(CRISIS, AT)
    taken = replace(PAGING, step=1, next_at=until, lease_until=until)

    assert until == AT + 30 * MINUTE
    assert judge(taken, CRISIS, practice(), until - MINUTE) == Wait(until)
    lapsed = judge(taken, CRISIS, practice(), until)
    assert isinstance(lapsed, Hop)
    assert lapsed.step == 1


def test_it_ends_with_a_human() -> None:
    """Closed, or answered by a person: nobody else is told."""
    assert judge(replace(PAGING, closed=True), CRISIS, practice(), AT) == End("closed")
    assert judge(replace(PAGING, answered=True), CRISIS, practice(), AT) == End("answered")


def test_it_does_not_come_early() -> None:
    """A step that is looked at too soon waits for its moment."""
    later = replace(PAGING, next_at=AT + MINUTE)

    assert judge(later, CRISIS, practice(), AT) == Wait(AT + MINUTE)


@pytest.mark.parametrize(
    "wrong",
    [
        b"{}",
        b'{"severity":"crisis","steps":[],"lease_minutes":30}',
        b'{"severity":"crisis","steps":[{"who":"owner","minutes":0}],"lease_minutes":30}',
        b'{"severity":"crisis","steps":[{"who":"nobody","minutes":15}],"lease_minutes":30}',
        b'{"severity":"routine","steps":[{"who":"owner","minutes":15}],"lease_minutes":30}',
    ],
)
def test_rules_that_lead_nowhere_are_refused(wrong: bytes) -> None:
    """No steps, no time, an audience that does not exist: such rules are not read."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(wrong, type=Policy)


def test_rules_survive_the_row() -> None:
    """The copy that travels with an item is read back as it was."""
    for policy in POLICIES.values():
        assert msgspec.json.decode(msgspec.json.encode(policy), type=Policy) == policy
