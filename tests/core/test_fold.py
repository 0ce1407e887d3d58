"""Folding: what every matcher reads."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

import time

import pytest

from engage.reading.fold import fold, located_words, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("   ", ""),
        ("Sí, MAÑANA", "si, manana"),
        ("¿Cómo está?", "¿como esta?"),
        ("cafe\u0301", "cafe"),
        ("I can’t", "i can't"),
        ("“STOP”", '"stop"'),
        ("9–11 — ok", "9-11 - ok"),
        ("ＳＴＯＰ", "stop"),
        ("S\u200bT\u00adO\ufeffP", "stop"),
        ("\u202estop\u202c", "stop"),
        ("1\ufe0f\u20e3", "1"),
        ("STRASSE straße", "strasse strasse"),
        ("a\tb\r\nc\u00a0d", "a b c d"),
        ("ST\x00OP", "stop"),
        ("a\ud83db", "a b"),
        ("👍🏽 ok", "👍🏽 ok"),
        ("ﬁne ½", "fine 1⁄2"),
    ],
)
def test_fold_removes_what_does_not_change_the_meaning(text: str, folded: str) -> None:
    """Case, accents, width, quotes, dashes, invisible characters and spare space fold away."""
    assert folded == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please, STOP!!", ("please", "stop")),
        ("I'm / I’m / im", ("im", "im", "im")),
        ("'stop'", ("stop",)),
        ("opt-out", ("opt", "out")),
        ("¡Hola! ¿qué tal?", ("hola", "que", "tal")),
        ("👍", ()),
        ("1) yes 2.", ("1", "yes", "2")),
        ("...", ()),
    ],
)
def test_words_come_without_punctuation(text: str, expected: tuple[str, ...]) -> None:
    """Words are letters and digits; an apostrophe joins, every other mark divides."""
    assert expected == words(text)


def test_a_word_knows_its_place_in_the_original() -> None:
    """The span of a word cuts exactly that word out of the text as it was written."""
    text = "¡Ｎo\u200b, mi PECHO me duele!"

    cut = [text[word.start : word.end] for word in located_words(text)]

    assert cut == ["Ｎo", "mi", "PECHO", "me", "duele"]


@pytest.mark.parametrize(
    ("text", "openers"),
    [
        ("no, it hurts", ["no", "it"]),
        ("no it hurts", ["no"]),
        ("no - it hurts", ["no", "it"]),
        ("check-in today", ["check"]),
        ("stop\nwrong number", ["stop", "wrong"]),
        ("ok 👍 thanks", ["ok", "thanks"]),
        ('I said "no more" twice', ["i"]),
    ],
)
def test_a_word_knows_whether_it_opens_a_clause(text: str, openers: list[str]) -> None:
    """Punctuation, a line break or an emoji opens a clause; a quotation mark or hyphen does not."""
    assert openers == [word.text for word in located_words(text) if word.opens]


def _fastest(text: str) -> float:
    """Return the least time of some foldings: what else the machine does only ever adds."""
    taken: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        fold(text)
        words(text)
        taken.append(time.perf_counter() - began)
    return min(taken)


@pytest.mark.parametrize("text", ["a" * 100_000, "é ’" * 33_000, "\U0001f44d\u200d" * 50_000])
def test_folding_is_fast_on_long_texts(text: str) -> None:
    """Ten times the characters take about ten times as long: far from the hundred of a square."""
    short, long = _fastest(text[:10_000]), _fastest(text[:100_000])

    assert long < 50 * short
