"""The life of an item: which step leads where, and which is refused and why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.errors import EngageError
from engage.ids import QueueItemId, StaffId
from engage.queue.item import (
    CRISIS_OUTCOMES,
    AlreadyClaimed,
    AlreadyClosed,
    Item,
    NeedsCrisisOutcome,
    NotYours,
    claim,
    complete,
    release,
)

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
DANA, MARCUS, PRIYA = (StaffId(UUID(int=number)) for number in (1, 2, 3))

READY = Item(
    id=QueueItemId(UUID(int=9)), severity="routine", status="ready", owner_id=DANA, version=4
)
DANAS = replace(READY, status="in-progress", claimed_at=AT, version=5)
CRISIS = replace(READY, severity="crisis")
CLOSED = replace(
    READY, status="completed", closed_at=AT, closed_by=DANA, outcome="referred", first_touch_at=AT
)
CANCELLED = replace(READY, status="cancelled", closed_at=AT)

Act = Callable[[Item], Item]


def claims(by: StaffId) -> Act:
    """Return the step of somebody who takes an item."""
    return lambda item: claim(item, by, LATER)


def gives(by: StaffId, to: StaffId = PRIYA) -> Act:
    """Return the step of somebody who gives an item back."""
    return lambda item: release(item, by, to)


def closes(by: StaffId) -> Act:
    """Return the step of somebody who has reached the patient."""
    return lambda item: complete(item, by, "reached-patient", LATER)


def closed(item: Item, by: StaffId, touched: datetime = LATER) -> Item:
    """Return an item as it is after `closes`."""
    return replace(
        item,
        status="completed",
        owner_id=by,
        first_touch_at=touched,
        closed_at=LATER,
        closed_by=by,
        outcome="reached-patient",
        version=item.version + 1,
    )


STEPS: dict[str, tuple[Item, Act, Item]] = {
    "an open item is taken by its owner": (
        READY,
        claims(DANA),
        replace(READY, status="in-progress", claimed_at=LATER, version=5),
    ),
    "an open item is taken by a colleague, who owns it then": (
        READY,
        claims(MARCUS),
        replace(READY, status="in-progress", owner_id=MARCUS, claimed_at=LATER, version=5),
    ),
    "claiming one's own again changes nothing": (DANAS, claims(DANA), DANAS),
    "what is given back has the owner that routing names": (
        DANAS,
        gives(DANA),
        replace(READY, owner_id=PRIYA, version=6),
    ),
    "what is given back may stay with its owner": (
        DANAS,
        gives(DANA, DANA),
        replace(READY, version=6),
    ),
    "what one works on is closed by oneself": (DANAS, closes(DANA), closed(DANAS, DANA)),
    "an open item may be closed without claiming it": (
        READY,
        closes(MARCUS),
        closed(READY, MARCUS),
    ),
    "the first touch stays the first": (
        replace(DANAS, first_touch_at=AT),
        closes(DANA),
        closed(DANAS, DANA, AT),
    ),
    "a crisis is closed with what became of the person": (
        CRISIS,
        closes(DANA),
        closed(CRISIS, DANA),
    ),
}

REFUSED: dict[str, tuple[Item, Act, type[EngageError]]] = {
    "a colleague works on it": (DANAS, claims(MARCUS), AlreadyClaimed),
    "a colleague works on it and closes it": (DANAS, closes(MARCUS), AlreadyClaimed),
    "giving back what nobody took": (READY, gives(DANA), NotYours),
    "giving back what a colleague took": (DANAS, gives(MARCUS), NotYours),
    "claiming what is closed": (CLOSED, claims(DANA), AlreadyClosed),
    "giving back what is closed": (CLOSED, gives(DANA), AlreadyClosed),
    "closing what is closed": (CLOSED, closes(DANA), AlreadyClosed),
    "claiming what was cancelled": (CANCELLED, claims(DANA), AlreadyClosed),
    "giving back what was cancelled": (CANCELLED, gives(DANA), AlreadyClosed),
    "closing what was cancelled": (CANCELLED, closes(DANA), AlreadyClosed),
}


@pytest.mark.parametrize(("item", "act", "after"), STEPS.values(), ids=STEPS)
def test_steps(item: Item, act: Act, after: Item) -> None:
    """Every step leads exactly where the table says, and a real one counts the version up."""
    assert act(item) == after


@pytest.mark.parametrize(("item", "act", "refusal"), REFUSED.values(), ids=REFUSED)
def test_refusals(item: Item, act: Act, refusal: type[EngageError]) -> None:
    """What is not allowed is refused with the reason, and the item stays as it is."""
    before = replace(item)

    with pytest.raises(refusal):
        act(item)
    assert item == before


def test_the_loser_is_told_who_won() -> None:
    """Behaviour 31: who comes second hears who has the item, and since when."""
    with pytest.raises(AlreadyClaimed) as refused:
        claim(DANAS, MARCUS, LATER)

    assert (refused.value.holder, refused.value.since) == (DANA, AT)


@pytest.mark.parametrize("outcome", ["referred", "answered-by-text", "no-action-needed"])
def test_a_crisis_needs_an_outcome_of_its_own(outcome: str) -> None:
    """Behaviour 34: "no action needed" closes no crisis, and the error points at the field."""
    assert outcome not in CRISIS_OUTCOMES
    with pytest.raises(NeedsCrisisOutcome) as refused:
        complete(CRISIS, DANA, outcome, LATER)  # type: ignore[arg-type] # a literal, parametrized

    assert refused.value.field == "/outcome"


@pytest.mark.parametrize("outcome", CRISIS_OUTCOMES)
def test_each_crisis_outcome_closes_a_crisis(outcome: str) -> None:
    """Behaviour 34: whoever closes a crisis says what became of the person."""
    after = complete(CRISIS, DANA, outcome, LATER)  # type: ignore[arg-type] # the same

    assert after.outcome == outcome
