"""Why a text was read as it was: the places are those of the text, and the words are a person's."""

from datetime import UTC, datetime, timedelta

import pytest

from engage.reading.explained import Term, reasons, surety, terms
from engage.reading.reader import read
from engage.reading.redflags import LEXICONS
from engage.turns.context import Part
from engage.turns.explaining import explain
from tests.core.cast import LIBRARY

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
THEN = NOW - timedelta(seconds=10)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("😰😰 My CHEST  hurts!!", "CHEST  hurts"),
        ("Ayer no, hoy sí: me duele mucho el pecho 💔", "duele mucho el pecho"),
        # Folded to three characters where one stood.
        ("℡ ﷺ ½ my chest hurts", "chest hurts"),
        ("m\u0301y c\u0301hest hurts", "c\u0301hest hurts"),
    ],
)
def test_places_are_those_of_the_text_as_written(text: str, phrase: str) -> None:
    """Folding moves no mark: what is highlighted is what the person wrote."""
    found = explain(text, (), LIBRARY, prompt=None, by_caregiver=False).reading.findings

    assert phrase in {text[one.start : one.end] for one in found}


def test_a_quotation_of_our_words_keeps_the_places() -> None:
    """What a reaction quotes of ours is no finding, and what stands behind it is where it stood."""
    text = 'Liked "Is this an emergency right now? Call 911." but my chest hurts'
    found = explain(text, (), LIBRARY, prompt=None, by_caregiver=False).reading.findings

    assert "chest hurts" in {text[one.start : one.end] for one in found}


def test_texts_in_pieces_are_read_together_again() -> None:
    """A danger that only the pieces together name is found again, and said to be of both."""
    alone = explain("breathe right now", (), LIBRARY, prompt=None, by_caregiver=False)
    again = explain(
        "breathe right now", (Part(THEN, "I cant"),), LIBRARY, prompt=None, by_caregiver=False
    )

    assert "cannot-breathe" not in {one.rule for one in alone.found}
    assert "cannot-breathe" in {one.rule for one in again.found}
    assert "cannot-breathe" in again.joined


def test_every_rule_has_its_reason_in_both_languages() -> None:
    """No care manager is shown a bare id: each rule of the lexicons says why it is one."""
    known = reasons()

    for lexicon in LEXICONS:
        for rule in lexicon.rule:
            assert known[rule.id].en, rule.id
            assert known[rule.id].es, rule.id


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("my chest hurts", "rule"),
        ("idk everything is dark and cold since she left me i cant do it", "unsure"),
        ("thank you, see you tomorrow", "unsure"),
    ],
)
def test_surety_says_what_the_reader_stands_on(text: str, sure: str) -> None:
    """A written rule is told apart from the model's estimate."""
    assert surety(read(text)) == sure
    assert surety(read(text, steps=-1)) == "unread"


def test_terms_are_words_and_not_marks() -> None:
    """Nobody reads `b:^ chest`: a term says what kind of thing it is, without rules or padding."""
    told = terms(read("idk everything is dark and cold since she left me i cant do it"))

    assert Term("words", "cold") in told
    assert all(one.words and not {"^", "$", ":"} & set(one.words) for one in told)
    assert all(one.kind for one in told)
    assert len(set(told)) == len(told)
