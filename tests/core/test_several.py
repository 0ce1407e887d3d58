"""How replies to a question that takes several answers are read, kept and scored."""

import msgspec
import pytest

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    Unclear,
    Understood,
    answer_of,
    as_one,
    chosen_in,
)
from engage.conversation.effects import Finish, HandOff, RecordAnswer
from engage.conversation.engine import advance
from engage.conversation.events import AnswerEntered, TextReceived
from engage.conversation.replies import read_answer
from engage.conversation.script import Option, Prompt
from engage.conversation.states import Asking, NotStarted
from engage.needs.instrument import load_all
from engage.needs.scoring import AtRisk, CannotSay, NoRisk, flag_for, score, severity_of
from engage.needs.screening import script_of
from tests.core.cast import AT

TOOL = load_all()["ahc-living-situation"]
SCRIPT = script_of(TOOL)
HOME, PROBLEMS = "ahc.living-situation", "ahc.housing-problems"
PROMPT = SCRIPT.prompts[1]
ALL = ChosenSeveral(tuple(option.key for option in PROMPT.options if not option.alone))
TWO = ChosenSeveral(("pests", "lead"))
NONE = Chosen("none")

READ: dict[str, Answer] = {
    **dict.fromkeys(("1 3", "1,3", "1, 3", "1 and 3", "1&3", "1+3", "3 1", "1.3", "1/3"), TWO),
    **dict.fromkeys(("1 y 3", "1, 3 y 1", "#1 and #3", "one and three", "uno y tres", "1\n3"), TWO),
    **dict.fromkeys(("numbers 1 and 3", "1 and also 3", "bugs and lead", "plomo, ratones"), TWO),
    **dict.fromkeys(("1 3 thanks", "el 1 y el 3", "Pests such as bugs, ants, or mice, 3"), TWO),
    **dict.fromkeys(
        ("1", "mice", "roaches", "1.", "1 and 1", "ratones", "option 1"), Chosen("pests")
    ),
    **dict.fromkeys(("no heat", "Lack of heat", "4", "no hay calefacción"), Chosen("no-heat")),
    **dict.fromkeys(
        ("all", "All of the above", "todos", "todo", "1 2 3 4 5 6 7", "everything"), ALL
    ),
    **dict.fromkeys(("8", "none", "None of the above", "no", "nada", "ninguno", "8 none"), NONE),
    **dict.fromkeys(("skip", "paso", "prefer not to say"), Declined()),
    **dict.fromkeys(("idk", "no sé", "not sure"), DidNotKnow()),
}
REST = {
    "1 3 and my landlord does nothing": (TWO, "and my landlord does nothing"),
    "1, 3. Please call me": (TWO, "Please call me"),
    "mold and I have a cough": (Chosen("mold"), "and I have a cough"),
    "none but my rent is late": (NONE, "but my rent is late"),
}
UNCLEAR = (
    *("none and 3", "8 1", "1 8", "no mold", "no, 3", "all and none", "ninguno, 2"),
    *("all but 3", "all except 2", "todos menos el 3", "all 3", "1 or 3", "1 o 3", "1-3", "13"),
    *("1 9", "9", "0", "1 no wait 3", "1, I mean 3", "1 idk", "3 days without heat", "", "who?"),
    *("8 but the stove is broken", "None. Only the roof leak", "nada, pero hay ratones"),
    *("never mind", "maybe", "1:30", "no problem", "1 skip"),
)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("text", "answer"), READ.items())
def test_several_are_read_leniently(text: str, answer: Answer, language: str) -> None:
    """Numbers or words, with commas, "and" or nothing between them, choose in any order."""
    assert read_answer(text, PROMPT, language) == Understood(answer)


@pytest.mark.parametrize(("text", "expected"), REST.items())
def test_a_second_thought_is_handed_on(text: str, expected: tuple[Answer, str]) -> None:
    """What the choices do not cover goes to a human in the person's own words."""
    assert read_answer(text, PROMPT, "en") == Understood(*expected)


@pytest.mark.parametrize("text", UNCLEAR)
def test_contradiction_and_doubt_are_unclear(text: str) -> None:
    """A contradiction, all but some, a range or a changed mind is asked again."""
    assert read_answer(text, PROMPT, "en") == Unclear()


def test_one_choice_of_one_question_stays_strict() -> None:
    """A question that takes one answer is still not answered by two."""
    assert read_answer("1 2", SCRIPT.prompts[0], "en") == Unclear()


def test_what_contradicts_is_asked_once_more_and_then_a_humans() -> None:
    """Two contradictory replies bring a human, and nothing is recorded."""
    live = Asking(2, PROBLEMS, AT, answers=((HOME, Chosen("steady")),))
    once = advance(live, TextReceived(AT, "8 and 1"), SCRIPT, "en")
    twice = advance(once.state, TextReceived(AT, "none, 3"), SCRIPT, "en")

    assert isinstance(once.state, Asking)
    assert not any(isinstance(one, RecordAnswer) for one in (*once.effects, *twice.effects))
    assert HandOff("unclear-answer") in twice.effects
    assert twice.effects[-1] == Finish("handed-off")


def test_staff_enter_several_in_any_order() -> None:
    """What is typed in is kept in the order of the question; a contradiction is not taken."""
    typed = AnswerEntered(AT, PROBLEMS, ChosenSeveral(("lead", "pests")))
    taken = advance(NotStarted(), typed, SCRIPT, "en")
    clash = AnswerEntered(AT, PROBLEMS, ChosenSeveral(("lead", "none")))

    assert taken.effects == (RecordAnswer(PROBLEMS, TWO),)
    assert advance(NotStarted(), clash, SCRIPT, "en").effects == ()
    assert PROMPT.contradicts(clash.answer)
    assert not SCRIPT.offers(HOME, ChosenSeveral(("steady", "worried")))
    assert not SCRIPT.offers(PROBLEMS, ChosenSeveral(("lead", "unheard-of")))


def test_several_survive_json_and_storage() -> None:
    """A state in JSON and a row in the database give back exactly what was chosen."""
    state = Asking(2, PROBLEMS, AT, answers=((PROBLEMS, TWO),))

    assert msgspec.json.decode(msgspec.json.encode(state), type=Asking) == state
    assert TWO.spelled == "pests,lead"
    assert answer_of("chosen", TWO.spelled) == TWO
    assert answer_of("chosen", "pests") == Chosen("pests") == as_one(["pests", "pests"])
    assert chosen_in(TWO) == ("pests", "lead")
    for wrong in ((), ("pests",), ("pests", "pests")):
        with pytest.raises(ValueError, match="at least two"):
            ChosenSeveral(wrong)
    with pytest.raises(ValueError, match="comma"):
        Prompt("a", (Option("b,c", 1), Option("d", 2)))


@pytest.mark.parametrize(
    ("home", "problems", "verdict"),
    [
        (Chosen("steady"), NONE, NoRisk()),
        (Chosen("steady"), TWO, AtRisk((PROBLEMS,))),
        (Chosen("worried"), NONE, AtRisk((HOME,))),
        (Chosen("no-steady-place"), ALL, AtRisk((HOME, PROBLEMS))),
        (Chosen("steady"), Declined(), CannotSay((PROBLEMS,))),
        (Chosen("steady"), None, CannotSay((PROBLEMS,))),
        (DidNotKnow(), NONE, CannotSay((HOME,))),
        (Chosen("steady"), ChosenSeveral(("mold", "unheard-of")), CannotSay((PROBLEMS,))),
    ],
)
def test_any_problem_is_a_risk_and_missing_is_none(
    home: Answer, problems: Answer | None, verdict: AtRisk | NoRisk | CannotSay
) -> None:
    """One problem is a risk; declined, unknown and missing are never "no problems"."""
    known = {HOME: home} | ({} if problems is None else {PROBLEMS: problems})

    assert score(TOOL, known) == verdict


@pytest.mark.parametrize(
    ("item", "answer", "domain"),
    [
        (HOME, Chosen("worried"), "housing-instability"),
        (HOME, Chosen("no-steady-place"), "homelessness"),
        (HOME, Chosen("steady"), None),
        (PROBLEMS, TWO, "inadequate-housing"),
        (PROBLEMS, Chosen("mold"), "inadequate-housing"),
        (PROBLEMS, NONE, None),
    ],
)
def test_each_answer_is_a_risk_of_its_own_need(
    item: str, answer: Answer, domain: str | None
) -> None:
    """Losing a home, having none and a bad home are three needs."""
    assert flag_for(TOOL, item, answer) == domain


def test_a_service_that_is_off_is_urgent() -> None:
    """Being threatened is work; being cut off is work of the same day."""
    utilities = load_all()["ahc-utilities"]

    assert severity_of(utilities, "ahc.utilities", Chosen("shut-off")) == "urgent"
    assert severity_of(utilities, "ahc.utilities", Chosen("yes")) == "routine"
    assert flag_for(utilities, "ahc.utilities", Chosen("shut-off")) == "utility-insecurity"
