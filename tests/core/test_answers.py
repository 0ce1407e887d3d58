"""How replies are read, as a table."""

import pytest

from engage.conversation.answers import (
    Answer,
    Chosen,
    Declined,
    DidNotKnow,
    Unclear,
    Understood,
)
from engage.conversation.replies import read_answer, read_which_one
from engage.conversation.script import Prompt
from engage.conversation.tokens import tokens_of
from engage.needs.instrument import load_all
from engage.needs.screening import script_of

WORRIED = script_of(load_all()["hunger-vital-sign"]).prompts[0]
RIDE = script_of(load_all()["ahc-transportation"]).prompts[0]
OFTEN, SOMETIMES, NEVER, UNSURE = map(Chosen, ("often", "sometimes", "never", "unsure"))
YES, NO = Chosen("yes"), Chosen("no")

HUNGER: dict[str, Answer] = {
    **dict.fromkeys(("1", "1.", "1)", "(1)", "#1", " 1 ", "1!!", "1\n", "one", "One.", "1️⃣"), OFTEN),
    **dict.fromkeys(("\uff11", "uno", "often", "OFTEN TRUE", "Often true.", "1 often"), OFTEN),
    **dict.fromkeys(("1 - often true", "often (1)", "1, often", "1 1", "1\n1", "number 1"), OFTEN),
    **dict.fromkeys(("option one", "I'd say often", "it's often", "1 please", "1 thanks"), OFTEN),
    **dict.fromkeys(("muchas veces", "Muchas veces, gracias", "seguido", "1 👍", "hi, 1"), OFTEN),
    **dict.fromkeys(("o\u200bften", "opción 1", "La 1", "yes, often"), OFTEN),
    **dict.fromkeys(("2", "two", "dos", "sometimes", "a veces", "A  VECES", "aveces"), SOMETIMES),
    **dict.fromkeys(
        ("I would say sometimes", "well, 2", "algunas veces", "sí, a veces"), SOMETIMES
    ),
    **dict.fromkeys(("3", "three", "tres", "never", "Never true", "nunca", "no, never"), NEVER),
    **dict.fromkeys(("3 never", "No, nunca", "Never. Thank you!", "jamás", "3 gracias"), NEVER),
    **dict.fromkeys(("4", "four", "Don't know/refused", "don\u2019t know / refused"), UNSURE),
    **dict.fromkeys(("No sé / no quiero contestar", "cuatro"), UNSURE),
    **dict.fromkeys(("idk", "I don't know", "i dont know", "dunno", "not sure"), DidNotKnow()),
    **dict.fromkeys(("I'm not sure", "no sé", "No se.", "no estoy segura", "4 idk"), DidNotKnow()),
    **dict.fromkeys(("4, no sé", "no lo sé", "can't remember", "no me acuerdo"), DidNotKnow()),
    **dict.fromkeys(("skip", "SKIP", "pass", "prefer not to say", "paso", "omitir"), Declined()),
    **dict.fromkeys(("I'd rather not say", "no quiero contestar", "4 rather not"), Declined()),
    **dict.fromkeys(("skip please", "prefiero no decir", "I don't want to answer"), Declined()),
}

RIDES: dict[str, Answer] = {
    **dict.fromkeys(("1", "yes", "Yes.", "YES!", "yea", "yeah", "yep", "si", "Sí", "SÍ."), YES),
    **dict.fromkeys(("si\u0301", "claro", "claro que sí", "👍", "👍🏽", "✅", "yes it has"), YES),
    **dict.fromkeys(("1 yes", "yes 1", "yes please", "Sí, gracias", "yes yes", "y"), YES),
    **dict.fromkeys(("2", "no", "No.", "nope", "nah", "👎", "2 no", "no, 2", "n", "two"), NO),
    **dict.fromkeys(("no it hasn't", "No, never", "nunca", "para nada", "no señora"), NO),
    **dict.fromkeys(("not sure", "no sé", "idk", "no idea"), DidNotKnow()),
    **dict.fromkeys(("skip", "paso", "prefer not to answer"), Declined()),
}

REST: dict[str, tuple[Prompt, Answer, str]] = {
    "2 and I fell again": (WORRIED, SOMETIMES, "and I fell again"),
    "2. My rent is late too": (WORRIED, SOMETIMES, "My rent is late too"),
    "1 thanks Dana": (WORRIED, OFTEN, "thanks Dana"),
    "3\nCan you call me?": (WORRIED, NEVER, "Can you call me?"),
    "often because my hours were cut": (WORRIED, OFTEN, "because my hours were cut"),
    "a veces, y me caí otra vez": (WORRIED, SOMETIMES, "y me caí otra vez"),
    "2 and I often fall": (WORRIED, SOMETIMES, "and I often fall"),
    "2 and it was 3 days long": (WORRIED, SOMETIMES, "and it was 3 days long"),
    "skip, and please call me": (WORRIED, Declined(), "and please call me"),
    "idk but I fell": (WORRIED, DidNotKnow(), "but I fell"),
    "yes my son is driving me": (RIDE, YES, "my son is driving me"),
    "yea but my ride fell thru again": (RIDE, YES, "but my ride fell thru again"),
    "Yes, I have no car": (RIDE, YES, "I have no car"),
    "No, I have a car": (RIDE, NO, "I have a car"),
    "sí pero ya no": (RIDE, YES, "pero ya no"),
}

HUNGER_UNCLEAR = (
    *("", " ", "?", "...", "🙂", "0", "zero", "cero", "5", "10", "11", "12", "-", "\uff10"),
    *("1 or 2", "1 and 2", "1/2", "½", "1-2", "1, 2", "1\n2", "1 2", "uno o dos", "1 sometimes"),
    *("often, well sometimes", "1, no wait, 3", "often sometimes", "2... I mean 1", "1:30", "1pm"),
    *("I have 2 kids", "3 days without food", "2 kids at home", "one of us lost work", "$2", "1%"),
    *("not often", "no 1", "no often", "not 3", "it's not never", "2 not really", "1 no"),
    *("never mind", "nevermind", "never again", "often times change", "no tengo comida"),
    *("yes", "no", "si", "👍", "y", "maybe", "depends", "tal vez", "paso hambre", "pass me Dana"),
    *("starving lol just had lunch late. but no", "who is this", "can someone call me"),
    *("we worry all 4 of us", "call 555-0100", "no completo para la renta", "asdf", "q"),
)

RIDES_UNCLEAR = (
    *("yes no", "no yes", "yes and no", "sí y no", "yes but no", "no 1", "1 or 2", "3", "0"),
    *("no car", "no tengo carro", "no tengo ride", "no tengo quien me lleve al doctor"),
    *("no thanks", "no gracias", "no problem", "yes, no", "maybe", "my son drives", "ok", "thanks"),
    *("no more texts", "2 times", "1 time", "si tuviera carro"),
)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("text", "answer"), HUNGER.items())
def test_an_answer_is_read_leniently(text: str, answer: Answer, language: str) -> None:
    """Digits, words, both languages, politeness and decoration all answer (behaviour 6)."""
    assert read_answer(text, WORRIED, language) == Understood(answer)


@pytest.mark.parametrize(("text", "answer"), RIDES.items())
def test_yes_and_no_are_read_leniently(text: str, answer: Answer) -> None:
    """Every common yes and no counts where the prompt offers them (behaviour 6)."""
    assert read_answer(text, RIDE, "en") == Understood(answer)


@pytest.mark.parametrize(("text", "expected"), REST.items())
def test_an_answer_plus_more_is_both(text: str, expected: tuple[Prompt, Answer, str]) -> None:
    """The words an answer does not cover are handed on as they were written (behaviour 6)."""
    prompt, answer, rest = expected

    assert read_answer(text, prompt, "en") == Understood(answer, rest)


@pytest.mark.parametrize("text", HUNGER_UNCLEAR)
def test_doubt_is_unclear(text: str) -> None:
    """What could be two answers, or none of those offered, is no answer."""
    assert read_answer(text, WORRIED, "en") == Unclear()


@pytest.mark.parametrize("text", RIDES_UNCLEAR)
def test_a_doubtful_yes_or_no_is_unclear(text: str) -> None:
    """A yes beside a no, or a no that belongs to another word, is no answer."""
    assert read_answer(text, RIDE, "en") == Unclear()


def test_a_small_word_is_read_in_the_persons_language() -> None:
    """`y` is yes in English and "and" in Spanish."""
    assert read_answer("y", RIDE, "en") == Understood(YES)
    assert read_answer("y", RIDE, "es") == Unclear()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((text, DidNotKnow()) for text in ("1", "one", "I don't know", "no sé", "idk", "1 no se")),
        *((text, Declined()) for text in ("2", "I'd rather not say", "skip", "prefiero no decir")),
    ],
)
def test_which_of_the_two_is_read(text: str, answer: Answer) -> None:
    """After "don't know or refused" the number and the words tell the two apart."""
    assert read_which_one(text, "en") == Understood(answer)


@pytest.mark.parametrize("text", ["3", "often", "both", "", "1 or 2"])
def test_which_of_the_two_can_stay_open(text: str) -> None:
    """What names neither of the two stays unclear."""
    assert read_which_one(text, "en") == Unclear()


def test_apostrophes_do_not_divide_words() -> None:
    """A straight, a curly and a missing apostrophe are the same word."""
    assert tokens_of("don't") == tokens_of("don\u2019t") == tokens_of("DONT") == ("dont",)


def test_words_of_a_person_are_not_printed() -> None:
    """A reading in a log or a failed assertion shows no words of the person."""
    assert "fell" not in repr(read_answer("2 and I fell again", WORRIED, "en"))
