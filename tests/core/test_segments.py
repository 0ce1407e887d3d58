"""Segments: what a text costs on the air."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

import json
from pathlib import Path
from typing import Any

import pytest

from engage.messaging.segments import Segments, count, tidy

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "segment-vectors.json").read_text(encoding="utf-8")
)["vectors"]


def test_the_vectors_are_all_there() -> None:
    """The table that two independent libraries agreed on has 58 rows."""
    assert len(VECTORS) == 58


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_every_vector_counts_the_same(vector: dict[str, Any]) -> None:
    """Encoding, units, segments and offenders are exactly those of the reference."""
    expected = Segments(
        vector["encoding"], vector["units"], vector["segments"], tuple(vector["non_gsm"])
    )

    assert expected == count(vector["text"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_tidying_is_as_good_as_smart_encoding(vector: dict[str, Any]) -> None:
    """What the carrier's Smart Encoding would save, tidying saves for certain."""
    tidied = count(tidy(vector["text"]))

    assert tidied.segments <= vector["smart_encoding"]["segments"]
    if vector["smart_encoding"]["encoding"] == "GSM-7":
        assert tidied.encoding == "GSM-7"


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("We’re “here” – ok…", 'We\'re "here" - ok...'),
        ("8\u00a0am • a\u200bb", "8 am - ab"),
        ("cafe\u0301 clínica mañana", "café clínica mañana"),
        ("a\tb\r\nc", "a b\nc"),
        ("\u202a(212) 555\u20110100\u202c", "(212) 555-0100"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\u200db", "ab"),
        ("e\u200b\u0301", "é"),
    ],
)
def test_tidying_replaces_look_alikes_and_keeps_letters(text: str, tidied: str) -> None:
    """Quotes, dashes, spaces and invisible characters become plain; accents and emoji stay."""
    assert tidied == tidy(text)


def test_half_an_emoji_is_counted() -> None:
    """A lone surrogate is one unit of UCS-2 and raises nothing."""
    assert Segments("UCS-2", 2, 1, ("\ud83d",)) == count("a\ud83d")
