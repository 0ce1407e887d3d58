"""What is true of owners, due times and items, whoever is away and whenever something happens."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.conversation.severity import SEVERITIES, Severity
from engage.errors import EngageError
from engage.ids import QueueItemId, StaffId
from engage.queue.clocks import Calendar, due_at
from engage.queue.item import CRISIS_OUTCOMES, Item, claim, complete, release
from engage.queue.routing import CoverSeen, Owner, Roster, StaffSeen, owner_for

START = datetime(2026, 11, 24, 17, tzinfo=UTC)
PEOPLE = tuple(StaffId(UUID(int=number)) for number in range(1, 6))
ROLES = ("care_manager", "supervisor", "practice_admin")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = ("America/Chicago", "America/Phoenix", "America/New_York", "Pacific/Honolulu", "UTC")

people = st.sampled_from(PEOPLE)
severities = st.sampled_from(SEVERITIES)
# Two years of minutes: every holiday and both nights of the clocks, twice.
moments = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
hours_from_now = st.integers(-48, 96).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def covers(draw: st.DrawFn) -> CoverSeen:
    """Draw who is away, who covers, and from when to when."""
    since = draw(hours_from_now)
    until = since + timedelta(hours=draw(st.integers(1, 72)))
    return CoverSeen(draw(people), draw(people), since, until)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Draw the people of a practice: some have left, the responsible one never has."""
    here = draw(st.sets(people, min_size=1))
    staff = tuple(
        StaffSeen(person, "A", tuple(sorted(draw(st.sets(st.sampled_from(ROLES), min_size=1)))))
        for person in PEOPLE
        if person in here
    )
    away = tuple(draw(st.lists(covers(), max_size=6)))
    return Roster(staff=staff, covers=away, responsible_id=draw(st.sampled_from(sorted(here))))


def is_present(person: StaffId, roster: Roster, when: datetime) -> bool:
    """Say whether somebody works here and is not away."""
    away = any(c.absent_id == person and c.from_at <= when < c.until_at for c in roster.covers)
    return person in {member.id for member in roster.staff} and not away


def needed(severity: Severity, due: datetime) -> datetime:
    """Return the moment at which an owner must be there, for work that comes at START."""
    return START if severity in {"crisis", "possible"} else max(START, due)


def owner(
    severity: Severity,
    due: datetime,
    manager: StaffId | None,
    team: Sequence[StaffId],
    roster: Roster,
) -> Owner:
    """Return the owner of work that comes at START."""
    return owner_for(severity, at=START, due=due, manager=manager, team=team, roster=roster)


managers = st.one_of(st.none(), people)
teams = st.lists(people, max_size=3, unique=True)


@given(severities, hours_from_now, managers, teams, rosters())
def test_work_always_has_an_owner_who_exists(
    severity: Severity, due: datetime, manager: StaffId | None, team: list[StaffId], roster: Roster
) -> None:
    """Behaviour 28: whoever has left or is away, the owner works here, and it is said why."""
    found = owner(severity, due, manager, team, roster)

    assert found.staff_id in {member.id for member in roster.staff}
    assert found.why


@given(severities, hours_from_now, managers, teams, rosters())
def test_an_owner_is_there_if_anybody_is(
    severity: Severity, due: datetime, manager: StaffId | None, team: list[StaffId], roster: Roster
) -> None:
    """Behaviour 28: if anybody is there when the work needs them, or at least now, it is theirs."""
    when = needed(severity, due)
    found = owner(severity, due, manager, team, roster)
    then, now = (
        any(is_present(member.id, roster, at) for member in roster.staff) for at in (when, START)
    )

    assert is_present(found.staff_id, roster, when) == then
    assert then or is_present(found.staff_id, roster, START) == now
    assert found.why.endswith("though away") != (then or now)


@given(severities, hours_from_now, people, teams, rosters())
def test_a_present_care_manager_keeps_their_patients(
    severity: Severity, due: datetime, manager: StaffId, team: list[StaffId], roster: Roster
) -> None:
    """Behaviour 28: nobody else owns what the assigned care manager can see to in time."""
    if is_present(manager, roster, needed(severity, due)):
        assert owner(severity, due, manager, team, roster).staff_id == manager


@given(severities, hours_from_now, managers, teams, covers().map(lambda one: (one,)))
def test_a_practice_of_one(
    severity: Severity,
    due: datetime,
    manager: StaffId | None,
    team: list[StaffId],
    away: tuple[CoverSeen, ...],
) -> None:
    """Behaviour 28: when there is nobody else the person responsible owns everything, if away."""
    roster = Roster(staff=(), covers=away, responsible_id=PEOPLE[0])

    assert owner(severity, due, manager, team, roster).staff_id == PEOPLE[0]


# Clocks

quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
spans = st.lists(st.tuples(quarters, quarters).filter(lambda s: s[0] < s[1]), max_size=2).map(tuple)
calendars = st.builds(
    Calendar,
    st.sampled_from(ZONES),
    st.dictionaries(st.sampled_from(DAYS), spans),
    st.sampled_from(["", "US", "US-AZ"]),
)


def is_closing(moment: datetime, calendar: Calendar) -> bool:
    """Say whether a moment is a close of business."""
    return calendar.close_of(moment.astimezone(ZoneInfo(calendar.zone)).date()) == moment


def is_open_again(at: datetime, calendar: Calendar) -> bool:
    """Say whether the practice has three business days in the two months after a moment."""
    day = at.astimezone(ZoneInfo(calendar.zone)).date()
    closings = (calendar.close_of(day + timedelta(days=offset)) for offset in range(60))
    return sum(1 for close in closings if close is not None and close > at) >= 3


@given(severities, moments, calendars)
def test_due_is_in_the_future(severity: Severity, at: datetime, calendar: Calendar) -> None:
    """Behaviour 32: no work is overdue when it comes, and none waits for months."""
    waits = due_at(severity, at, calendar) - at

    assert timedelta() < waits <= timedelta(days=60)


@given(st.sampled_from(["urgent", "routine"]), moments, calendars)
def test_due_is_a_close_of_business(severity: Severity, at: datetime, calendar: Calendar) -> None:
    """Behaviour 32: urgent and routine work is due when a business day ends, in local time."""
    if is_open_again(at, calendar):
        assert is_closing(due_at(severity, at, calendar), calendar)


@given(st.sampled_from(["crisis", "possible"]), moments, calendars)
def test_a_crisis_knows_no_calendar(severity: Severity, at: datetime, calendar: Calendar) -> None:
    """Behaviour 32: a crisis is due in fifteen minutes, whatever day and hour it is."""
    assert due_at(severity, at, calendar) - at == timedelta(minutes=15)


@given(moments, calendars)
def test_urgent_is_never_after_routine(at: datetime, calendar: Calendar) -> None:
    """Behaviour 32: of two that come together, the urgent one is due first."""
    assert due_at("urgent", at, calendar) <= due_at("routine", at, calendar)


@given(severities, moments, st.integers(0, 7 * 24 * 60), calendars)
def test_who_comes_later_is_due_later(
    severity: Severity, at: datetime, minutes: int, calendar: Calendar
) -> None:
    """Behaviour 32: nobody is overtaken by work of the same severity that came after."""
    later = at + timedelta(minutes=minutes)

    if is_open_again(later, calendar):
        assert due_at(severity, at, calendar) <= due_at(severity, later, calendar)


# The life of an item

Act = Callable[[Item], Item]


def claims(by: StaffId, at: datetime, _: StaffId) -> Act:
    """Return a claim."""
    return lambda item: claim(item, by, at)


def gives(by: StaffId, _: datetime, to: StaffId) -> Act:
    """Return giving back."""
    return lambda item: release(item, by, to)


def closes(by: StaffId, at: datetime, _: StaffId) -> Act:
    """Return closing, with an outcome that any item may have."""
    return lambda item: complete(item, by, CRISIS_OUTCOMES[1], at)


acts = st.lists(
    st.tuples(st.sampled_from([claims, claims, gives, closes]), people, hours_from_now, people).map(
        lambda drawn: drawn[0](*drawn[1:])
    ),
    max_size=12,
)
items = st.builds(
    Item,
    id=st.just(QueueItemId(UUID(int=9))),
    severity=severities,
    status=st.just("ready"),
    owner_id=people,
)


def life(item: Item, some: list[Act]) -> list[Item]:
    """Return an item after each step; a refused one leaves it as it was."""
    lived = [item]
    for act in some:
        try:
            lived.append(act(lived[-1]))
        except EngageError:
            lived.append(replace(lived[-1]))
    return lived


@given(items, acts)
def test_an_item_is_always_somebodys(item: Item, some: list[Act]) -> None:
    """Behaviour 28: at every moment of its life an item has exactly one owner."""
    for one in life(item, some):
        assert one.owner_id in PEOPLE
        assert one.claimed_at is not None or one.status != "in-progress"


@given(items, acts)
def test_closed_is_closed(item: Item, some: list[Act]) -> None:
    """Behaviour 34: an item is closed once, by somebody and with an outcome, and stays as it is."""
    lived = life(item, some)
    for before, after in pairwise(lived):
        closed = (after.closed_at, after.closed_by, after.outcome)

        assert (after.status == "completed") == (None not in closed)
        assert before.status != "completed" or after == before


@given(items, acts)
def test_each_change_is_a_version(item: Item, some: list[Act]) -> None:
    """Behaviour 31: whoever read an item before a change finds another version after it."""
    lived = life(item, some)
    for before, after in pairwise(lived):
        assert after.version - before.version == (after != before)


@given(items, acts, people, people)
def test_of_two_who_claim_one_wins(
    item: Item, some: list[Act], one: StaffId, other: StaffId
) -> None:
    """Behaviour 31: whatever happened before, an item is never claimed by two people at once."""
    before = life(item, some)[-1]
    first, second = life(before, [claims(one, START, one), claims(other, START, other)])[1:]

    if before.status == "ready" and one != other:
        assert first.owner_id == second.owner_id == one
