"""The floor of danger words (behaviour 18)."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

from collections.abc import Iterable

import pytest

from engage.reading.fold import located_words
from engage.reading.redflags import LEXICONS, RedFlag, matches, red_flags

CRISES = [
    ("chest hurts", "chest-pain"),
    ("I have CHEST PAIN", "chest-pain"),
    ("there's a lot of pressure in my chest", "chest-pain"),
    ("me duele mucho el pecho", "chest-pain"),
    ("tengo dolor de pecho", "chest-pain"),
    ("i think im having a heart attack", "heart-attack"),
    ("creo que me está dando un infarto", "heart-attack"),
    ("I can’t breathe", "cannot-breathe"),
    ("cant breath", "cannot-breathe"),  # codespell:ignore cant
    ("my mom can't breathe", "cannot-breathe"),
    ("kinda hard to breathe but dont make a fuss", "cannot-breathe"),
    ("mi papa no puede respirar", "cannot-breathe"),
    ("me falta el aire", "cannot-breathe"),
    ("his face is drooping", "stroke-signs"),
    ("my left arm went numb", "stroke-signs"),
    ("se me entumió todo el brazo izquierdo", "stroke-signs"),
    ("tiene la cara chueca", "stroke-signs"),
    ("1 i want to die", "suicide"),
    ("STOP I want to die", "suicide"),
    ("my wife keeps saying she wants to die", "suicide"),
    ("i dont see a reason to keep living", "suicide"),
    ("i'm going to kill myself", "suicide"),
    ("a veces pienso en matarme", "suicide"),
    ("ya no quiero vivir", "suicide"),
    ("me quiero morir", "suicide"),
    ("i want to hurt myself", "self-harm"),
    ("quiero hacerme daño", "self-harm"),
    ("took too many of my heart pills by accident", "overdose"),
    ("tomé demasiadas pastillas", "overdose"),
    ("my son drank bleach", "poisoning"),
    ("el niño tomó cloro", "poisoning"),
    ("mom fell and shes bleeding from her head", "severe-bleeding"),
    ("the bleeding won't stop", "severe-bleeding"),
    ("no para de sangrar", "severe-bleeding"),
    ("vomitando sangre", "severe-bleeding"),
    ("abuela is not waking up ayuda", "unconscious"),
    ("he passed out", "unconscious"),
    ("mi esposo no despierta", "unconscious"),
    ("se desmayó", "unconscious"),
    ("I fell and can't get up", "fall"),
    ("me caí y no me puedo levantar", "fall"),
    ("allergic reaction my throat feels tight", "allergic-reaction"),
    ("se me está cerrando la garganta", "allergic-reaction"),
    ("shes having a seizure", "seizure"),
    ("le dio una convulsión", "seizure"),
    ("he hit me and won't let me leave", "violence"),
    ("my husband is hurting me", "violence"),
    ("mi pareja me amenazo con un cuchillo", "violence"),
    ("mi esposo me pega", "violence"),
    ("im going to hurt my husband", "harm-to-others"),
    ("lo voy a matar", "harm-to-others"),
    ("we are out of oxygen", "oxygen-out"),
    ("se acabó el oxígeno", "oxygen-out"),
    ("im pregnant and bleeding", "pregnancy-danger"),
    ("estoy embarazada y estoy sangrando", "pregnancy-danger"),
    ("call 911", "asks-for-rescue"),
    ("manden una ambulancia", "asks-for-rescue"),
    ("the house is on fire", "fire"),
    ("hay un incendio", "fire"),
]
POSSIBLES = [
    ("my mom had a stroke last year but shes great now", "stroke-named"),
    ("ran out of insulin", "insulin-out"),
    ("no tengo insulina", "insulin-out"),
    ("i can't take this anymore", "despair"),
    ("ya no aguanto", "despair"),
    ("i dont feel safe at home", "unsafe-home"),
    ("it's an emergency", "emergency-named"),
    ("es una emergencia", "emergency-named"),
    ("took all my pills", "overdose-unclear"),
    ("my sugar is at 500", "blood-sugar"),
]
LOWERED = [
    "no chest pain today",
    "I don't have chest pain",
    "no tengo dolor de pecho",
    "ya no me duele el pecho",
    "sin dolor de pecho",
    "I'm not suicidal",
    "no quiero morir",
]
STILL_CRISIS = [
    "No, chest pain",
    "no. my chest hurts",
    "no i have chest pain",
    "not sure why my chest hurts",
    "no one answers, chest pain",
    "no se por que me duele el pecho",
    "No, me duele el pecho",
    "no chest pain but i can't breathe",
    "no chest pain yesterday. Now chest pain",
]
CALM = [
    "found my meds in my chest of drawers",
    "this traffic is killing me",
    "im dying laughing",
    "me muero de sueño pero bien",
    "me muero de risa",
    "I quit smoking",
    "stop by tuesday",
    "hit me up later",
    "i can't talk right now",
    "no puedo hablar ahora",
    "im so tired i can't keep doing this alone",
    "estoy muy cansada de cuidar a mi esposo",
    "no tengo comida",
    "yes took it",
    "me pegan los zapatos",
    "",
    "👍",
    "1",
]


def by_rule(flags: Iterable[RedFlag]) -> dict[str, RedFlag]:
    """Return the flags by the rule that raised them."""
    return {flag.rule: flag for flag in flags}


@pytest.mark.parametrize(("text", "rule"), CRISES)
def test_danger_words_are_a_crisis(text: str, rule: str) -> None:
    """Each danger is found in the words people use for it."""
    found = by_rule(red_flags(text))

    assert rule in found
    assert found[rule].severity == "crisis"


@pytest.mark.parametrize(("text", "rule"), POSSIBLES)
def test_doubtful_words_are_possible(text: str, rule: str) -> None:
    """Words that may mean danger go to a person, below a crisis."""
    found = by_rule(red_flags(text))

    assert rule in found
    assert found[rule].severity == "possible"


@pytest.mark.parametrize("text", LOWERED)
def test_an_obvious_negation_lowers_but_never_removes(text: str) -> None:
    """A negated crisis is possible: a person still sees it."""
    assert {"possible"} == {flag.severity for flag in red_flags(text)}


@pytest.mark.parametrize("text", STILL_CRISIS)
def test_a_negation_of_something_else_lowers_nothing(text: str) -> None:
    """A "no" that answers a question, or reaches another word, leaves the crisis a crisis."""
    flags = red_flags(text)

    assert flags
    assert flags[0].severity == "crisis"


@pytest.mark.parametrize("text", CALM)
def test_everyday_words_raise_nothing(text: str) -> None:
    """Idioms and everyday words that look like danger stay quiet."""
    assert red_flags(text) == ()


def test_the_span_cuts_the_words_out_of_the_original() -> None:
    """A flag points into the text as it was written, accents, case and all."""
    text = "Hola. Mi MAMÁ no puede respirár bien"

    (flag,) = red_flags(text)

    assert text[flag.start : flag.end] == "no puede respirár"
    assert flag.language == "es"
    assert flag.kind == "medical"


def test_the_gravest_match_of_a_rule_answers() -> None:
    """A rule that matches twice is one flag, as grave as its gravest match."""
    text = "no chest pain yesterday. Today chest pain"

    (flag,) = red_flags(text)

    assert flag.severity == "crisis"
    assert text[flag.start : flag.end] == "chest pain"
    assert flag.start > 20


def test_crises_come_first() -> None:
    """The gravest flag is the first, wherever it stands in the text."""
    flags = red_flags("ran out of insulin and i want to die")

    assert [flag.rule for flag in flags] == ["suicide", "insulin-out"]


def test_both_languages_know_the_same_dangers() -> None:
    """A danger that one language knows, the other knows too, at the same severity and kind."""
    english, spanish = (
        {rule.id: (rule.severity, rule.kind) for rule in lexicon.rule} for lexicon in LEXICONS
    )

    assert english == spanish


@pytest.mark.parametrize("lexicon", LEXICONS, ids=lambda lexicon: lexicon.language)
def test_a_lexicon_says_who_answers_for_it(lexicon) -> None:  # noqa: ANN001 - one of LEXICONS
    """Every rule has one id, a reason and phrases; every file its reviewer and date."""
    ids = [rule.id for rule in lexicon.rule]

    assert len(ids) == len(set(ids)) >= 25
    assert all(rule.rationale and rule.phrases for rule in lexicon.rule)
    assert lexicon.reviewer
    assert lexicon.date.year >= 2026


def _work(text: str) -> int:
    """Return how many phrases are tried to read a text."""
    tried: list[int] = []
    list(matches(located_words(text), tried.append))
    return sum(tried)


@pytest.mark.parametrize("words", ["chest ", "no quiero ", "fell can't "])
def test_a_hostile_text_costs_linear_work(words: str) -> None:
    """A text of first words only costs ten times as much when it is ten times as long."""
    assert _work(words * 4_000) <= 11 * _work(words * 400)
