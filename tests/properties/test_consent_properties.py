"""Behaviours 9, 16, 17 and 19 in every order of events: what the consent ledger may never do."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from engage.people.consent import (
    PURPOSES,
    How,
    LineKind,
    PersonKind,
    Step,
    allowed,
    closed_purposes,
    line_standing,
)
from tests.properties.plays import Play, plays

START = datetime(2031, 3, 7, 16, 0, tzinfo=UTC)

hows = st.sampled_from(get_args(How))
line_steps = st.lists(
    st.builds(lambda kind, how: Step(kind, how, START), st.sampled_from(get_args(LineKind)), hows),
    max_size=12,
)
person_steps = st.lists(
    st.builds(
        lambda kind, how, purpose: Step(kind, how, START, purpose),
        st.sampled_from(get_args(PersonKind)),
        hows,
        st.sampled_from([None, *PURPOSES]),
    ),
    max_size=12,
)
some = settings(max_examples=60)


@given(line_steps, person_steps, hows, hows)
def test_opening_a_line_gives_no_more_than_was_there(
    line: list[Step], person: list[Step], stopped: How, opened: How
) -> None:
    """Behaviour 17: STOP and then START, or staff with a reason, allow no more than before."""
    before = allowed(line, person)
    closed = [*line, Step("opted-out", stopped, START)]

    assert allowed(closed, person) == frozenset()
    assert allowed([*closed, Step("opted-in", opened, START)], person) <= before or (
        # Before that it was closed already: what counts is the person's own layer.
        not line_standing(line).open
        and allowed([], person) == frozenset(PURPOSES) - closed_purposes(person)
    )


@given(line_steps, person_steps)
def test_what_a_person_wants_opens_no_line(line: list[Step], person: list[Step]) -> None:
    """Behaviour 19: the phone's opt-out lies over every preference."""
    if not line_standing(line).open:
        assert allowed(line, person) == frozenset()


@given(person_steps, st.sampled_from(["given-to-practice", "enrolment", "re-verification"]))
def test_a_number_given_again_opens_nothing(person: list[Step], how: How) -> None:
    """What was declined stays declined when a number is imported anew, or says it is theirs."""
    assert closed_purposes([*person, Step("granted", how, START)]) == closed_purposes(person)


@given(person_steps, st.sampled_from(PURPOSES))
def test_one_purpose_is_one_purpose(person: list[Step], purpose: str) -> None:
    """A wish about one programme leaves the others as they were."""
    ended = [
        *person,
        Step("withdrawn", "free-form", START, next(p for p in PURPOSES if p == purpose)),
    ]

    assert closed_purposes(ended) - {purpose} == closed_purposes(person) - {purpose}
    assert purpose in closed_purposes(ended)


@some
@given(plays)
def test_who_does_not_use_the_phone_is_not_texted_on_it(play: Play) -> None:
    """Behaviour 9: after "wrong number" nothing about that person is said or asked there."""
    for one in play.taken:
        for gone in one.saved.unlinked:
            about = {t.id for t in one.before.threads if t.patient_id == gone}
            assert not [text for text in one.saved.texts if text.thread_id in about]
            assert not [c for c in one.after.conversations if c.patient_id == gone]
            assert not [t for t in one.after.threads if t.patient_id == gone and t.uses_phone]


@some
@given(plays)
def test_every_wrong_number_is_work_with_an_owner(play: Play) -> None:
    """Behaviour 9: nobody is unlinked by a text without a person being told."""
    for one in play.taken:
        if one.saved.unlinked and one.turn.text is not None:
            assert [flag for flag in one.saved.flags if flag.reason == "wrong-number"]


@some
@given(plays)
def test_every_opt_out_is_in_the_ledger_with_who_and_how(play: Play) -> None:
    """The line closes and opens only with a row that says how and by whom."""
    for one in play.taken:
        if one.saved.opted_out is not None:
            (row,) = [c for c in one.saved.consents if c.kind in {"opted-out", "opted-in"}]
            assert (row.kind == "opted-out") is one.saved.opted_out
            assert row.message_id or (row.staff_id and row.reason)


@some
@given(plays)
def test_a_machine_gets_no_answer(play: Play) -> None:
    """Behaviour 16: nothing that an auto-responder writes is answered, and somebody reads it."""
    for one in play.taken:
        said = getattr(one.turn.event, "text", "")
        if said.startswith("Auto-reply"):
            assert not one.saved.texts or any(c.state for c in one.saved.conversations)
            assert [flag for flag in one.saved.flags if flag.reason == "automatic-reply"]
            assert not one.saved.answers


@given(st.integers(min_value=1, max_value=60), st.integers(min_value=0, max_value=600))
def test_two_machines_stop_talking(texts: int, seconds: int) -> None:
    """Behaviour 16: however often HELP comes back, it is answered once in five minutes."""
    play = Play()
    begun = play.at
    for _ in range(texts):
        play.text(0, "ayuda", 0)
        play.at += timedelta(seconds=seconds)
    answers = [text for text in play.world.texts if text.text_id == "help"]

    assert len(answers) <= 1 + (play.at - begun) // timedelta(minutes=5) + 1
