"""Every text there is, held against messaging/lint.toml: carriers, law, locked screens.

Behaviours 8, 17 to 19, and what carriers require (tests/data/texts_lint.toml). The catalogue, the
instruments and the scripts are read as they ship, so a new text is held against it from its first
day.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engage.conversation.script import Script
from engage.errors import EngageError
from engage.messaging import lint
from engage.messaging.kinds import KINDS
from engage.messaging.lint import asks_for_a_carrier_word
from engage.messaging.segments import count
from engage.messaging.texts import LANGUAGES
from engage.people.fields import Language
from engage.queue.canned import read_bodies
from engage.reading.fold import words
from engage.reading.keywords import carrier_word
from engage.turns import meeting
from engage.turns.checks import CHECKS
from engage.turns.library import Library

RULES = tomllib.loads((Path(__file__).parents[1] / "data" / "texts_lint.toml").read_text("utf-8"))
LIBRARY = Library.shipped()
NEVER_TEXTED = ("texting.", "voice.")
"""Read by staff, or spoken."""

TEXTS = [one for one in LIBRARY.catalogue if not one.startswith(NEVER_TEXTED)]
VALUES = {
    "practice": "Riverside Family Health Center",
    "phone": "+1 312-555-0100",
    "count": "2",
    "care_manager": "Maria Fernanda",
    "given_name": "Maria Fernanda",
    "relation": "granddaughter",
    "day": "miércoles 30 de septiembre",
    "time": "10:45 a.m.",
    "link": "https://care.example.org/answer/" + "A" * 43,
    "code": "000000",
    "when": "miércoles 30 de septiembre a las 10:45 a.m.",
    **dict.fromkeys(
        ("first", "second", "third", "fourth"), "miércoles 30 de septiembre a las 10:45 a.m."
    ),
    "words": "Please come ten minutes early and bring your list of medicines.",
}
LONGEST = {"en": 2, "es": 4}
"""Segments: accents cost Spanish half of each."""


def wordings(language: str) -> Iterator[tuple[str, str]]:
    """Yield every sentence that can be texted, with the id of its text."""
    for text_id in TEXTS:
        text = LIBRARY.catalogue[text_id]
        yield text_id, text.text[language]
        if text.one is not None:
            yield text_id, text.one[language]
    for tool in LIBRARY.instruments.values():
        for item in tool.items:
            for one in (item.text, *(option.text for option in item.options)):
                if language in one:
                    yield item.key, one[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_asked_for_a_word_of_the_carriers(language: str) -> None:
    """No template asks for CANCEL, YES, STOP or their like; those that must name one are listed."""
    found = {one for one, wording in wordings(language) if asks_for_a_carrier_word(wording)}

    assert not found - RULES["may_name"].keys()


def test_the_carrier_lint_sees() -> None:
    """What it is there to find is found, and digits pass."""
    assert asks_for_a_carrier_word("Reply YES to confirm your visit")
    assert asks_for_a_carrier_word("Please answer with yes or no")
    assert asks_for_a_carrier_word("Para cambiarla, mande la palabra CANCELAR")
    assert not asks_for_a_carrier_word("Reply 1 to keep it, 2 to change it")


def test_what_is_listed_needs_to_be() -> None:
    """An exception that nothing needs any more is taken off the list."""
    found = {one for lang in LANGUAGES for one, w in wordings(lang) if asks_for_a_carrier_word(w)}

    assert RULES["may_name"].keys() == found


def test_no_option_is_a_word_of_the_carriers() -> None:
    """An answer that a carrier swallows would never reach its question."""
    for script in LIBRARY.scripts.values():
        for prompt in script.prompts:
            for option in prompt.options:
                for word in option.words:
                    assert carrier_word(word, None) is None, (prompt.key, word)


def openings(script: Script) -> list[str]:
    """Return the ids of what a script says first of all, and of what it says unasked later.

    What only ever answers somebody's own text begins no thread.
    """
    if meeting.answers(script.id):
        return ["nudge"]
    first = script.lead or script.prompts[0].key
    return [first, "nudge"]


@pytest.mark.parametrize("script", LIBRARY.scripts.values(), ids=list(LIBRARY.scripts))
def test_the_first_text_says_who_we_are(script: Script) -> None:
    """Whatever begins a thread, or comes unasked a day later, names the practice at once."""
    for text_id in openings(script):
        for language in LANGUAGES:
            said = LIBRARY.words(text_id, language, VALUES)
            assert VALUES["practice"] in said.partition("\n")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_locked_screen_gives_nothing_away(language: str) -> None:
    """The first line of what comes unasked holds no need, diagnosis, drug or result.

    A question that follows a person's own answer comes within seconds, to a phone in their hand;
    its wording is the instrument's and not ours to change.
    """
    unasked = {one for script in LIBRARY.scripts.values() for one in openings(script)}
    for text_id in (*unasked, *TEXTS):
        said = LIBRARY.words(text_id, language, VALUES)
        assert not lint.tells_too_much(said, language), text_id


@pytest.mark.parametrize("script", CHECKS.values(), ids=list(CHECKS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_be_a_stranger_learns_a_given_name_and_no_more(
    script: Script, language: str
) -> None:
    """Behaviour 9: the question "is this you?" says nothing about health, and asks by digits."""
    text = LIBRARY.catalogue[script.prompts[0].key]

    assert set(text.placeholders) == {"practice", "given_name"}
    assert {option.number for option in script.prompts[0].options} == {1, 2}
    assert {"1", "2"} <= set(words(text.text[language]))
    private = {"care", "health", "doctor", "clinic", "patient", "salud", "medico", "paciente"}
    assert not private & set(words(text.text[language]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", RULES["required"])
def test_what_carriers_and_the_law_require_is_said(text_id: str, language: str) -> None:
    """Brand, programme, how often, rates, help and how to end, in the person's language."""
    said = " ".join(words(LIBRARY.words(text_id, language, VALUES)))

    assert " ".join(words(VALUES["practice"])) in said
    for any_of in RULES["required"][text_id][language]:
        assert any(one in said for one in any_of), any_of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", TEXTS)
def test_no_text_is_too_long(text_id: str, language: str) -> None:
    """With the longest values a practice may have, a text stays within its segments."""
    said = LIBRARY.words(text_id, language, VALUES)

    assert count(said).segments <= LONGEST[language]


def test_every_kind_of_text_knows_what_it_is_about() -> None:
    """Whatever a plan sends is about something a person may say no to, and to a known phone."""
    for kind, rules in KINDS.items():
        if rules.budgeted:
            assert rules.purpose is not None, kind
            assert rules.verified, kind


@pytest.mark.parametrize(
    ("bodies", "error"),
    [
        ({"en": "STOP"}, lint.CarrierWord),
        ({"en": "Opt out."}, lint.CarrierWord),
        ({"en": "Hi.", "es": "Responda CANCELAR para no venir"}, lint.CarrierWord),
        ({"en": "Reply YES to confirm"}, lint.CarrierWord),
        ({"en": "Your test result is here"}, lint.TooMuchOnScreen),
        ({"es": "Su cita de diálisis"}, lint.TooMuchOnScreen),
    ],
)
def test_a_reply_that_is_kept_ready_is_held_to_the_same(
    bodies: dict[Language, str], error: type[EngageError]
) -> None:
    """Whoever writes it: no carrier word, no need on a locked screen; the field is named."""
    wrong = list(bodies)[-1]

    with pytest.raises(error) as refused:
        read_bodies(bodies)
    assert refused.value.field == f"/bodies/{wrong}"


def test_what_a_reply_may_say() -> None:
    """A word inside a sentence, digits to answer with, and what stands below the first line."""
    bodies: dict[Language, str] = {
        "en": "Hi {given_name}, I can help. Reply 1 for a call.\nYour ride comes at 9.",
        "es": "Hola {given_name}.",
    }

    assert read_bodies(bodies) == bodies
