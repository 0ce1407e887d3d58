"""Numbers in replies: read leniently in form, and never guessed."""

import pytest

from engage.conversation.answers import (
    Answer,
    Declined,
    DidNotKnow,
    Measured,
    OutOfBounds,
    Unclear,
    Understood,
)
from engage.conversation.effects import RaiseFlag, RecordAnswer, SendText
from engage.conversation.engine import Asking, Done, NotStarted, advance
from engage.conversation.events import AnswerEntered, Started, TextReceived
from engage.conversation.replies import read_answer
from engage.conversation.script import Bounds, Measure, Option, Prompt, Script
from tests.core.cast import AT

POUNDS = Prompt(
    "weight", (), measure=Measure((Bounds(50, 700),), ("lb", "lbs", "pounds", "libras"))
)
PRESSURE = Prompt("pressure", (), measure=Measure((Bounds(50, 280), Bounds(20, 180)), ("mmhg",)))
LIMITS = Script("numbers", "1", (POUNDS,))


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("182", 182, ""),
        ("182.4", 182.4, ""),
        ("182,4", 182.4, ""),
        ("182lbs", 182, ""),
        ("182 pounds.", 182, ""),
        ("about 182 today", 182, ""),
        ("I weigh 182 this morning, thank you", 182, ""),
        ("Peso 180 libras hoy", 180, ""),
        ("182 and I fell again", 182, "and I fell again"),
        ("182. my feet are swollen", 182, "my feet are swollen"),
        ("182\nI am so tired", 182, "I am so tired"),
    ],
)
def test_one_number(text: str, number: float, rest: str) -> None:
    """Small words and the unit may stand around a number; a second thought is handed on."""
    assert read_answer(text, POUNDS, "en") == Understood(Measured((number,)), rest)


@pytest.mark.parametrize(
    "text",
    [
        "my son is 12",
        "182 or 183",
        "182, 183",
        "82 kg",
        "gained 3 since monday",
        "3 days no scale",
        "150/92",
        "$182",
        "-182",
        "1,820",
        "no scale here",
        "",
    ],
)
def test_no_number_is_guessed(text: str) -> None:
    """Another unit, a second number or other words make it unclear: one more question is cheap."""
    assert read_answer(text, POUNDS, "en") == Unclear()


@pytest.mark.parametrize("text", ["18", "1820", "99999"])
def test_what_nobody_weighs_is_out_of_bounds(text: str) -> None:
    """A number that can't be true is neither kept nor merely unclear."""
    assert read_answer(text, POUNDS, "en") == OutOfBounds()


@pytest.mark.parametrize(
    "text", ["150/92", "150 over 92", "150 sobre 92", "150-92", "150 92", "it was 150/92 today"]
)
def test_two_numbers_that_belong_together(text: str) -> None:
    """A pressure is told with a stroke, a word or a space."""
    assert read_answer(text, PRESSURE, "en") == Understood(Measured((150, 92)))


@pytest.mark.parametrize("text", ["150", "bottom was 92", "14 days 9 hours"])
def test_half_a_pressure_is_unclear(text: str) -> None:
    """One number of two answers nothing."""
    assert read_answer(text, PRESSURE, "en") == Unclear()


@pytest.mark.parametrize(
    ("text", "answer"),
    [("skip", Declined()), ("I don't know", DidNotKnow()), ("no se", DidNotKnow())],
)
def test_nobody_must_tell_a_number(text: str, answer: Answer) -> None:
    """Not saying and not knowing are answers here as everywhere."""
    assert read_answer(text, POUNDS, "en") == Understood(answer)


def _says(state: Asking, text: str) -> tuple[Asking | Done | NotStarted, list[object]]:
    step = advance(state, TextReceived(AT, text), LIMITS, "en")
    return step.state, list(step.effects)


def test_out_of_bounds_goes_to_a_human_and_is_asked_once_more() -> None:
    """A human sees it at once, the person is asked again, and a second one ends it there."""
    first = advance(NotStarted(), Started(AT), LIMITS, "en").state
    assert isinstance(first, Asking)
    asking, effects = _says(first, "1822")

    assert isinstance(asking, Asking)
    assert RaiseFlag("out-of-bounds", "urgent", "engine.out-of-bounds", quote=True) in effects
    assert any(isinstance(one, SendText) and one.text == "reask weight" for one in effects)
    right, effects = _says(asking, "182")
    assert RecordAnswer("weight", Measured((182,))) in effects
    assert right == Done("completed", (("weight", Measured((182,))),))
    over, effects = _says(asking, "1822")
    assert isinstance(over, Done)
    assert over.outcome == "handed-off"
    assert [one.reason for one in effects if isinstance(one, RaiseFlag)] == [
        "out-of-bounds",
        "unclear-answer",
    ]


def test_staff_can_type_only_a_number_that_can_be_true() -> None:
    """What staff type in has the same bounds."""
    assert LIMITS.offers("weight", Measured((182,)))
    assert not LIMITS.offers("weight", Measured((1822,)))
    assert not LIMITS.offers("weight", Measured((150, 92)))
    step = advance(NotStarted(), AnswerEntered(AT, "weight", Measured((9,))), LIMITS, "en")
    assert not step.effects


def test_a_number_survives_being_kept() -> None:
    """What is kept spells the same answer again; what is none is refused."""
    for numbers in [(182.4,), (150.0, 92.0), (7.0,)]:
        assert Measured.of(Measured(numbers).spelled) == Measured(numbers)
    for wrong in ("", "a", "1e9", "1/2/3", "-4"):
        with pytest.raises(ValueError, match="measured"):
            Measured.of(wrong)


BRANCHING = Script(
    "branching",
    "1",
    (
        Prompt("problem", (Option("yes", 1, meaning="yes"), Option("no", 2, meaning="no"))),
        Prompt(
            "which",
            (Option("chest", 1, stops=True), Option("other", 2)),
            only_after=("problem", ("yes",)),
        ),
        Prompt("meds", (Option("yes", 1), Option("no", 2))),
    ),
)


def test_a_question_that_depends_is_asked_only_then() -> None:
    """No problem is not asked which; a problem is; a sign of danger is asked nothing more."""
    started = advance(NotStarted(), Started(AT), BRANCHING, "en").state
    no = advance(started, TextReceived(AT, "2"), BRANCHING, "en").state
    yes = advance(started, TextReceived(AT, "1"), BRANCHING, "en").state
    danger = advance(yes, TextReceived(AT, "1"), BRANCHING, "en").state

    assert isinstance(no, Asking)
    assert no.prompt == "meds"
    assert isinstance(yes, Asking)
    assert yes.prompt == "which"
    assert isinstance(danger, Done)
    assert danger.outcome == "handed-off"


def test_a_script_that_cannot_be_followed_is_refused() -> None:
    """A number beside options, and a question before what it depends on, make no script."""
    with pytest.raises(ValueError, match="number"):
        Prompt("a", (Option("yes", 1),), measure=Measure((Bounds(0, 1),)))
    with pytest.raises(ValueError, match="depends"):
        Script("s", "1", tuple(reversed(BRANCHING.prompts)))
