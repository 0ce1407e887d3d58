"""What can be done with work in hand: which verb leads where, which is refused and why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.conversation.severity import SEVERITIES
from engage.errors import EngageError
from engage.ids import PatientId, QueueItemId, StaffId
from engage.queue import verbs
from engage.queue.canned import NoWords, UnknownVariable, Values, fill, read_bodies
from engage.queue.item import AlreadyClaimed, AlreadyClosed, Item, NotYours, claim, complete
from engage.queue.routing import CoverSeen, Roster, StaffSeen

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
WHILE, DAY = timedelta(minutes=10), timedelta(days=1)
DANA, MARCUS, PRIYA = (StaffId(UUID(int=number)) for number in (1, 2, 3))
ROSA, LUIS = PatientId(UUID(int=7)), PatientId(UUID(int=8))
HERE = Roster(
    staff=tuple(StaffSeen(one, "A", ("care_manager",)) for one in (DANA, MARCUS)),
    responsible_id=DANA,
)
AWAY = replace(HERE, covers=(CoverSeen(MARCUS, DANA, AT - DAY, AT + DAY),))

MINE = Item(
    id=QueueItemId(UUID(int=9)), severity="routine", status="ready", owner_id=DANA, version=4
)
OTHER = replace(MINE, id=QueueItemId(UUID(int=10)))
CRISIS, POSSIBLE = replace(MINE, severity="crisis"), replace(MINE, severity="possible")
MARCUSES = replace(MINE, owner_id=MARCUS, status="in-progress", claimed_at=AT)
CLOSED = replace(
    MINE, status="completed", closed_at=AT, closed_by=DANA, outcome="referred", first_touch_at=AT
)
ASLEEP = replace(MINE, snoozed_at=AT, snoozed_until=AT + WHILE)

Act = Callable[[Item], Item]


def snoozes(
    until: datetime | None = AT + WHILE, *, for_reply: bool = False, by: StaffId = DANA
) -> Act:
    """Return the step of somebody who lets an item rest."""
    return lambda item: verbs.snooze(item, by, AT, until, for_reply=for_reply)


def hands(to: StaffId = MARCUS, roster: Roster = HERE, *, directs: bool = False) -> Act:
    """Return the step of Dana, who hands an item over."""
    return lambda item: verbs.hand_over(item, DANA, to, AT, roster, directs=directs)


def reopens(by: StaffId = DANA, after: timedelta = WHILE, *, reasoned: bool = True) -> Act:
    """Return the step of somebody who opens an item again."""
    return lambda item: verbs.reopen(item, by, AT + after, reasoned=reasoned)


def merges(into: Item = OTHER, patients: tuple[PatientId, PatientId] = (ROSA, ROSA)) -> Act:
    """Return the step of Dana, who joins an item to another."""
    return lambda item: verbs.merge(item, into, DANA, AT, patients)


REFUSED: dict[str, tuple[Item, Act, type[EngageError]]] = {
    "a crisis rests": (CRISIS, snoozes(), verbs.NeverRests),
    "what may be one rests": (POSSIBLE, snoozes(for_reply=True), verbs.NeverRests),
    "closed work rests": (CLOSED, snoozes(), AlreadyClosed),
    "a colleague's work rests": (MARCUSES, snoozes(), AlreadyClaimed),
    "work in nobody's hand rests": (replace(MINE, owner_id=PRIYA), snoozes(), NotYours),
    "it rests until yesterday": (MINE, snoozes(AT - DAY), verbs.WhenToWake),
    "it rests until now": (MINE, snoozes(AT), verbs.WhenToWake),
    "it rests for a year": (MINE, snoozes(AT + 365 * DAY), verbs.WhenToWake),
    "it rests without end": (MINE, snoozes(None), verbs.WhenToWake),
    "it rests until an old moment": (
        replace(MINE, snoozed_until=AT - WHILE),
        snoozes(None),
        verbs.WhenToWake,
    ),
    "to who is away": (MINE, hands(roster=AWAY), verbs.NotHere),
    "to a stranger": (MINE, hands(PRIYA), verbs.NotHere),
    "to who has it": (MINE, hands(DANA), verbs.AlreadyTheirs),
    "what a colleague has": (MARCUSES, hands(DANA), AlreadyClaimed),
    "what is a colleague's": (replace(MINE, owner_id=PRIYA), hands(), NotYours),
    "closed work is handed over": (CLOSED, hands(), AlreadyClosed),
    "open work is opened": (MINE, reopens(), verbs.NotClosed),
    "withdrawn work is opened": (
        replace(CLOSED, status="cancelled", outcome=None),
        reopens(),
        verbs.NothingToReopen,
    ),
    "late, without a reason": (CLOSED, reopens(reasoned=False), verbs.WhyAgain),
    "a colleague's closing is undone": (
        CLOSED,
        reopens(MARCUS, timedelta(seconds=1), reasoned=False),
        verbs.WhyAgain,
    ),
    "joined to itself": (MINE, merges(MINE), verbs.NotOnePatient),
    "joined to another patient's": (MINE, merges(patients=(ROSA, LUIS)), verbs.NotOnePatient),
    "a crisis is joined": (CRISIS, merges(), verbs.GraveAlone),
    "joined to a crisis": (MINE, merges(replace(CRISIS, id=OTHER.id)), verbs.GraveAlone),
    "joined to a colleague's": (MINE, merges(replace(MARCUSES, id=OTHER.id)), AlreadyClaimed),
    "joined to what is closed": (MINE, merges(replace(CLOSED, id=OTHER.id)), AlreadyClosed),
    "parted without being joined": (
        MINE,
        lambda item: verbs.unmerge(item, DANA),
        verbs.NotPartOfAnother,
    ),
}


@pytest.mark.parametrize(("item", "act", "refusal"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_done(item: Item, act: Act, refusal: type[EngageError]) -> None:
    """Behaviours 31, 33, 34: each refusal has its own reason."""
    with pytest.raises(refusal):
        act(item)


def test_resting_changes_nothing_but_that() -> None:
    """Behaviour 33: owner, severity and state stay; the same moment is offered again."""
    asleep = snoozes()(MINE)

    assert replace(asleep, snoozed_at=None, snoozed_until=None, version=4) == MINE
    assert verbs.wake(asleep, AT) is asleep
    woken = verbs.wake(asleep, AT + WHILE)
    assert (woken.snoozed_at, woken.snoozed_until) == (None, AT + WHILE)
    assert snoozes(None)(woken).snoozed_until == AT + WHILE


@pytest.mark.parametrize("for_reply", [True, False])
@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("by_text", [True, False])
def test_what_wakes_work(*, for_reply: bool, joined: bool, by_text: bool) -> None:
    """Behaviour 33: a flag on the work always does; a flagged text elsewhere if that was asked."""
    item = replace(ASLEEP, snoozed_for_reply=for_reply)

    assert verbs.woken_by(item, joined=joined, by_text=by_text) == (
        joined or (by_text and for_reply)
    )
    assert not verbs.woken_by(MINE, joined=joined, by_text=by_text)


def test_a_moment_is_or_a_reply_unless_somebody_says_otherwise() -> None:
    """Behaviour 33: nobody has to think of it; and without a moment it says nothing."""
    unsaid = verbs.snooze(MINE, DANA, AT, AT + WHILE, for_reply=None)
    said = verbs.snooze(MINE, DANA, AT, AT + WHILE, for_reply=False)

    assert (unsaid.snoozed_for_reply, said.snoozed_for_reply) == (True, False)
    with pytest.raises(verbs.WhenToWake):
        verbs.snooze(MINE, DANA, AT, None, for_reply=None)


def test_work_for_a_reply_alone_wakes_by_no_clock() -> None:
    """Without a moment only their word wakes it."""
    asleep = snoozes(None, for_reply=True)(MINE)

    assert verbs.wake(asleep, AT + 1000 * DAY) is asleep


@pytest.mark.parametrize("act", [hands(), lambda item: claim(item, DANA, AT)])
def test_who_takes_work_finds_it_awake(act: Act) -> None:
    """What somebody is given, or takes, stands in their list."""
    assert act(ASLEEP).snoozed_at is None
    assert complete(ASLEEP, DANA, "referred", AT).snoozed_at is None
    # Leave moves what rests, and it goes on resting: its moment has not come.
    assert verbs.moved(ASLEEP, MARCUS).snoozed_at == AT


def test_handing_over_leaves_it_unread() -> None:
    """Behaviour 35: the colleague has it to take, and nothing counts as answered."""
    given = hands()(replace(MINE, status="in-progress", claimed_at=AT))

    assert (given.owner_id, given.status, given.claimed_at) == (MARCUS, "ready", None)
    assert given.first_touch_at is None
    assert hands(DANA, directs=True)(MARCUSES).owner_id == DANA


def test_undone_in_ten_seconds_it_is_what_it_was() -> None:
    """Behaviour 34: one's own closing of this moment leaves no trace but the versions."""
    claimed = claim(MINE, DANA, AT - DAY)
    closed = complete(claimed, DANA, "referred", AT)
    undone = verbs.reopen(closed, DANA, AT + verbs.UNDO, reasoned=False)

    assert replace(undone, version=0, first_touch_at=None) == replace(claimed, version=0)


def test_joined_and_parted_it_is_what_it_was() -> None:
    """Merging is a link: taken apart, each is as before."""
    joined = merges()(MINE)

    assert (joined.status, joined.outcome, joined.merged_into) == ("cancelled", "merged", OTHER.id)
    assert replace(verbs.unmerge(joined, DANA), version=4) == MINE


items = st.builds(
    Item,
    id=st.just(MINE.id),
    severity=st.sampled_from(SEVERITIES),
    status=st.sampled_from(("ready", "in-progress")),
    owner_id=st.sampled_from((DANA, MARCUS, PRIYA)),
    snoozed_at=st.none() | st.just(AT),
    snoozed_until=st.none() | st.just(AT + DAY),
    snoozed_for_reply=st.booleans(),
    version=st.integers(1, 9),
)
acts = st.sampled_from(
    (
        *(snoozes(), snoozes(None), snoozes(None, for_reply=True), hands(), hands(directs=True)),
        *(reopens(), reopens(after=timedelta(0), reasoned=False), merges()),
        lambda item: verbs.unmerge(item, MARCUS),
        lambda item: verbs.moved(item, MARCUS),
        lambda item: complete(item, DANA, "reached-patient", AT),
        lambda item: claim(item, DANA, AT),
        lambda item: verbs.wake(item, AT + DAY),
    )
)


@given(items, st.lists(acts, max_size=12))
def test_whatever_is_done_work_has_an_owner_and_a_crisis_is_awake(
    item: Item, steps: list[Act]
) -> None:
    """Behaviours 28, 33: through any steps an owner stands, versions rise, and no crisis rests."""
    if item.severity in {"crisis", "possible"}:
        item = replace(item, snoozed_at=None)
    for act in steps:
        try:
            after = act(item)
        except EngageError:
            continue
        assert after.owner_id in {DANA, MARCUS, PRIYA}
        assert after.version == item.version + (after is not item)
        assert after.severity == item.severity
        item = after
        assert item.snoozed_at is None or (
            item.severity in {"routine", "urgent"} and item.closed_at is None
        )
        assert (item.closed_at is None) == (item.status in {"ready", "in-progress"})
        assert item.merged_into is None or item.outcome == "merged"


VALUES = Values(given_name="Rosa", care_manager="Dana", practice="North", phone="602-555-0101")


def test_a_reply_is_filled_in_one_pass() -> None:
    """Each variable stands for its value, also one whose value looks like a variable."""
    body = "Hi {given_name}, {care_manager} of {practice}: {phone}"
    odd = replace(VALUES, given_name="{phone}")

    assert fill(body, VALUES).body == "Hi Rosa, Dana of North: 602-555-0101"
    assert fill("Hi {given_name}", odd).body == "Hi {phone}"
    assert fill("x" * 161, VALUES).segments == 2


@pytest.mark.parametrize("body", ["Hi {surname}", "Hi {", "Hi }", "{Given_Name}", "{{given_name}}"])
def test_a_variable_that_nobody_fills_is_refused(body: str) -> None:
    """A brace that fills nothing is refused when it is written, not seen by a patient."""
    with pytest.raises(UnknownVariable) as refused:
        read_bodies({"es": body})

    assert refused.value.field == "/bodies/es"
    with pytest.raises(NoWords):
        read_bodies({})


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_filling_adds_nothing_but_values(body: str, name: str) -> None:
    """What is accepted and filled with any name holds no variable that was the reply's own."""
    try:
        read = read_bodies({"en": body + "{given_name}"})
    except UnknownVariable:
        return

    assert fill(read["en"], replace(VALUES, given_name=name)).body.endswith(name)
