"""What a ledger amounts to, and what of it the last word before a text asks."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from engage.errors import EngageError
from engage.messaging.kinds import KINDS, TextKind
from engage.messaging.may_text import LOOK_AGAIN, May, MayNot, Wait
from engage.people.consent import (
    LineIsClosed,
    LineIsOpen,
    LineStanding,
    PurposeNeeded,
    ReasonNeeded,
    Recorded,
    Step,
    closed_purposes,
    holder_standing,
    line_standing,
    refuse_record,
)
from tests.core.test_may_text import FINE, KINDS_THERE_ARE, NOON, asked

AT = datetime(2031, 3, 4, 16, 0, tzinfo=UTC)
TO_A_KNOWN_PHONE = [kind for kind in KINDS_THERE_ARE if KINDS[kind].verified]


def test_a_hint_of_the_carrier_closes_nothing_and_is_remembered() -> None:
    """30004 is a suspicion: the line stays open until somebody says otherwise."""
    hinted = line_standing([Step("suspected-opt-out", "carrier-evidence", AT)])
    closed = line_standing([Step("opted-out", "carrier-evidence", AT)])

    assert hinted == LineStanding(suspected=True)
    assert not closed.open


def test_the_first_stop_is_when_it_closed() -> None:
    """A line that is closed again was closed since the first time."""
    later = Step("opted-out", "keyword", AT + timedelta(days=1))

    assert line_standing([Step("opted-out", "free-form", AT), later]).since == AT


def test_asking_again_puts_an_answer_in_doubt() -> None:
    """The newest word counts: asked, answered, asked again, wrong."""
    kinds = ("asked", "right-person", "asked", "wrong-person")
    steps = [Step(kind, "enrolment", AT) for kind in kinds]

    assert [holder_standing(steps[:n]).known for n in range(5)] == ["not-asked", *kinds]


def test_staff_open_what_a_person_had_closed() -> None:
    """A grant that staff record, by name of the purpose, opens that purpose alone."""
    steps = [Step("declined", "staff", AT), Step("granted", "staff", AT, "visits")]

    assert closed_purposes(steps) == {"care-texts", "screenings", "check-ins"}


@pytest.mark.parametrize(
    ("kind", "line_open", "error"),
    [
        ("opted-in", True, LineIsOpen),
        ("opted-in", None, LineIsOpen),
        ("opted-out", False, LineIsClosed),
        ("granted", True, PurposeNeeded),
    ],
)
def test_what_staff_may_not_record(
    kind: Recorded,
    line_open: bool | None,  # noqa: FBT001 - a table's column
    error: type[EngageError],
) -> None:
    """Nothing is recorded that changes nothing, or that nobody can have said."""
    with pytest.raises(error):
        refuse_record(kind, None, "said so", line_open=line_open)
    with pytest.raises(ReasonNeeded):
        refuse_record(kind, None, " \n", line_open=line_open)


# The last word before a text


@pytest.mark.parametrize("kind", TO_A_KNOWN_PHONE)
def test_a_phone_nobody_was_heard_on_waits_for_an_answer(kind: TextKind) -> None:
    """Behaviour 9: held, looked at again, and dropped with its reason when it comes too late."""
    stale = NOON + KINDS[kind].shelf_life

    assert asked(kind, NOON, unverified=True) == Wait(min(NOON + LOOK_AGAIN, stale), "not-verified")
    assert asked(kind, stale, queued=NOON, unverified=True) == MayNot("not-verified")


@pytest.mark.parametrize("kind", ["safety", "consent", "reply", "right-person"])
def test_what_answers_or_asks_who_is_there_does_not_wait(kind: TextKind) -> None:
    """Where help is, what is said about consent, answers, and the question itself leave."""
    assert isinstance(asked(kind, NOON, unverified=True), May)


def test_staff_answer_a_fresh_text_of_a_doubtful_phone() -> None:
    """Who has just written can be asked who they are, by a person."""
    just_now = NOON - timedelta(minutes=5)

    assert asked("staff", NOON, unverified=True, wrote_at=just_now) == May()
    assert isinstance(asked("staff", NOON, unverified=True), Wait)


@pytest.mark.parametrize("kind", KINDS_THERE_ARE)
def test_a_purpose_that_is_closed_is_not_texted_about(kind: TextKind) -> None:
    """Behaviour 19: the rest goes on."""
    facts = replace(FINE, closed=frozenset({"visits"}))

    about = KINDS[kind].purpose == "visits"
    answer = asked(kind, NOON, facts=facts)
    assert answer == MayNot("declined") if about else isinstance(answer, May)


def test_a_stop_is_confirmed_within_five_minutes_or_not_at_all() -> None:
    """On a closed line what is said about consent is said at once; on an open one it may wait."""
    closed = replace(FINE, opted_out=True)
    late = NOON + timedelta(minutes=5, seconds=1)

    assert isinstance(asked("consent", late, facts=closed, queued=late - timedelta(minutes=4)), May)
    assert asked("consent", late, facts=closed, queued=NOON) == MayNot("stale")
    assert isinstance(asked("consent", late, queued=NOON), May)
