"""The grammar of lexicon files."""

import pytest

from engage.reading.phrases import UnreadablePhrase, parse_phrase


@pytest.mark.parametrize(
    ("phrase", "text", "ends"),
    [
        ("chest pain", "chest pain", {2}),
        ("chest pain", "chest", set[int]()),
        ("chest *2 pain", "chest is in pain", {4}),
        ("chest *2 pain", "chest is in bad pain", set[int]()),
        ("chest *2 pain", "chest pain pain", {2, 3}),
        ("chest pain/hurts", "chest hurts", {2}),
        ("chest pain", "my chest pain", set[int]()),
    ],
)
def test_a_phrase_matches_from_its_start(phrase: str, text: str, ends: set[int]) -> None:
    """Words match in order, with choices, and with at most the stated number of words between."""
    assert ends == parse_phrase(phrase).ends(text.split(), 0)


def test_a_whole_match_leaves_nothing_over() -> None:
    """A phrase is whole only if it covers every word."""
    phrase = parse_phrase("stop *1 texts")

    assert phrase.is_whole(["stop", "the", "texts"])
    assert not phrase.is_whole(["stop", "the", "texts", "now"])


@pytest.mark.parametrize(
    "source",
    [
        "",
        "  ",
        "*2 pain",
        "chest *2",
        "chest *0 pain",
        "chest *9 x",
        "chest *x y",
        "can't breathe",
        "Chest",
        "pechó",
        "a//b",
        "a/",
    ],
)
def test_an_unreadable_phrase_is_refused(source: str) -> None:
    """A line that could never match is an error when the lexicon loads, not a silent miss."""
    with pytest.raises(UnreadablePhrase):
        parse_phrase(source)
