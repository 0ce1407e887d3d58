"""A stay is what its messages say together, in whatever order and however often they come."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.checkins.visit import (
    Admission,
    Began,
    CancelAdmission,
    CancelDischarge,
    Discharge,
    Moved,
    Movement,
    Stay,
    Turned,
    Update,
    Visit,
    Withdrawn,
    follows,
    joined,
    told,
    turned,
)

START = datetime(2026, 11, 20, 17, tzinfo=UTC)


def at(hours: int) -> datetime:
    """Return a moment some hours after the first."""
    return START + timedelta(hours=hours)


def stay(hours: int, control: str = "") -> Stay:
    """Return the facts that every message has."""
    return Stay(
        person="A-1",
        number="V1",
        facility="STMARY",
        event_at=at(hours),
        control_id=control or f"C{hours}",
    )


hours = st.integers(0, 6)
maybe = st.one_of(st.none(), hours.map(at))


@st.composite
def movements(draw: st.DrawFn) -> Movement:
    """Draw a message; moments and ids often coincide."""
    about = stay(draw(hours), draw(st.sampled_from(("", "X", "Y"))))
    match draw(st.integers(0, 4)):
        case 0:
            return Admission(about, at(draw(hours)))
        case 1:
            return Discharge(about, at(draw(hours)), draw(maybe))
        case 2:
            return Update(about, draw(maybe), draw(maybe))
        case 3:
            return CancelAdmission(about)
        case _:
            return CancelDischarge(about)


def all_of(*said: Movement) -> Visit:
    """Return the stay after some messages."""
    return reduce(joined, map(told, said), Visit())


@given(st.lists(movements(), max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(said: list[Movement], shuffle: object) -> None:
    """Every permutation of the messages, with any of them repeated, leaves the same stay."""
    again = said + said[::2]
    shuffle.shuffle(again)  # type: ignore[attr-defined] # hypothesis draws a Random
    assert all_of(*again) == all_of(*said)


@given(st.lists(movements(), max_size=6), movements())
def test_the_same_message_twice_changes_nothing(said: list[Movement], once: Movement) -> None:
    """What was heard already turns nothing a second time."""
    before = all_of(*said, once)
    assert turned(before, joined(before, told(once))) is None


@given(st.lists(movements(), max_size=8))
def test_what_began_is_what_was_not_withdrawn(said: list[Movement]) -> None:
    """Whatever comes, follow-up is running exactly while the stay says that they are home."""
    visit, running = Visit(), None
    for one in said:
        after = joined(visit, told(one))
        match turned(visit, after):
            case Began(discharged_at) | Moved(discharged_at):
                running = discharged_at
            case Withdrawn():
                running = None
            case None:
                pass
        visit = after
        assert running == visit.home_since


A01, A03 = Admission(stay(0), at(0)), Discharge(stay(3), at(3))
A13, A11, LATER = CancelDischarge(stay(4)), CancelAdmission(stay(5)), Discharge(stay(6), at(6))


@pytest.mark.parametrize(
    ("before", "news", "turn"),
    [
        ((A01,), A03, Began(at(3))),
        # Before its admission, after it, and once more: the discharge stands.
        ((), A03, Began(at(3))),
        ((A03,), A01, None),
        ((A03,), A03, None),
        # Taken back, and home at last.
        ((A01, A03), A13, Withdrawn("discharge-cancelled")),
        ((A01, A03, A13), LATER, Began(at(6))),
        ((A01, A13), A03, None),
        ((A01, A03), A11, Withdrawn("admission-cancelled")),
        ((A11,), A03, None),
        ((A03,), Admission(stay(4), at(4)), Withdrawn("admitted-again")),
        # A correction of the moment, and one that came too late to count.
        ((A03,), Update(stay(5), None, at(2)), Moved(at(2))),
        ((A03,), Update(stay(1), None, at(2)), None),
        ((A01,), Update(stay(5), None, at(2)), None),
    ],
)
def test_what_a_message_turns(
    before: tuple[Movement, ...], news: Movement, turn: Turned | None
) -> None:
    """What happened last at the hospital decides, not what came last."""
    visit = all_of(*before)
    assert turned(visit, joined(visit, told(news))) == turn


def test_an_old_discharge_is_only_remembered() -> None:
    """What is imported from last spring, or lies in the future, calls nobody."""
    assert follows(at(0), at(1))
    assert not follows(at(0) - timedelta(days=31), at(0))
    assert not follows(at(0) + timedelta(days=2), at(0))
