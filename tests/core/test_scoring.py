"""The scoring table of each instrument."""

import pytest

from engage.conversation.answers import Answer, Chosen, Declined, DidNotKnow, NotAsked
from engage.needs.instrument import load_all
from engage.needs.scoring import (
    AtRisk,
    CannotSay,
    NoRisk,
    Verdict,
    flag_for,
    result_code,
    score,
)

HUNGER = load_all()["hunger-vital-sign"]
RIDE = load_all()["ahc-transportation"]
W, R, T = "hvs.worried", "hvs.ran-out", "ahc.transportation"
OFTEN, SOMETIMES, NEVER, UNSURE = map(Chosen, ("often", "sometimes", "never", "unsure"))
YES, NO = Chosen("yes"), Chosen("no")


@pytest.mark.parametrize(
    ("answers", "verdict", "code"),
    [
        ({W: OFTEN, R: NEVER}, AtRisk((W,)), "LA19952-3"),
        ({W: SOMETIMES, R: NEVER}, AtRisk((W,)), "LA19952-3"),
        ({W: NEVER, R: SOMETIMES}, AtRisk((R,)), "LA19952-3"),
        ({W: OFTEN, R: OFTEN}, AtRisk((W, R)), "LA19952-3"),
        ({W: OFTEN}, AtRisk((W,)), "LA19952-3"),
        ({W: OFTEN, R: Declined()}, AtRisk((W,)), "LA19952-3"),
        ({W: NEVER, R: NEVER}, NoRisk(), "LA19983-8"),
        ({W: NEVER}, CannotSay((R,)), None),
        ({W: NEVER, R: UNSURE}, CannotSay((R,)), None),
        ({W: NEVER, R: Declined()}, CannotSay((R,)), None),
        ({W: DidNotKnow(), R: NEVER}, CannotSay((W,)), None),
        ({W: NEVER, R: NotAsked()}, CannotSay((R,)), None),
        ({W: NEVER, R: Chosen("perhaps")}, CannotSay((R,)), None),
        ({}, CannotSay((W, R)), None),
    ],
)
def test_hunger_vital_sign(answers: dict[str, Answer], verdict: Verdict, code: str | None) -> None:
    """Either often or sometimes is a risk; no risk needs two nevers; missing is never no."""
    assert score(HUNGER, answers) == verdict
    assert result_code(HUNGER, verdict) == code


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({T: YES}, AtRisk((T,))),
        ({T: NO}, NoRisk()),
        ({T: Declined()}, CannotSay((T,))),
        ({T: DidNotKnow()}, CannotSay((T,))),
        ({}, CannotSay((T,))),
    ],
)
def test_transportation(answers: dict[str, Answer], verdict: Verdict) -> None:
    """Yes is a risk, no is none, anything else can't be said; the tool codes no verdict."""
    assert score(RIDE, answers) == verdict
    assert result_code(RIDE, verdict) is None


@pytest.mark.parametrize(
    ("item", "answer", "domain"),
    [
        (W, OFTEN, "food-insecurity"),
        (R, SOMETIMES, "food-insecurity"),
        (W, NEVER, None),
        (W, UNSURE, None),
        (W, Declined(), None),
        (T, OFTEN, None),
    ],
)
def test_one_answer_flags_at_once(item: str, answer: Answer, domain: str | None) -> None:
    """A positive answer is work before the last question; no other answer is."""
    assert flag_for(HUNGER, item, answer) == domain


def test_a_missing_ride_is_flagged() -> None:
    """The transportation item flags its own domain."""
    assert flag_for(RIDE, T, YES) == "transportation-insecurity"
