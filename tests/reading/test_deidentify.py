"""What is kept of a reply to learn from does not say whose it was, as far as a machine can see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.reading.deidentify import deidentified

NAMES = ("Rosa Álvarez", "Dana O'Neil", "Luis")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Rosa's chest hurts", "[name] chest hurts"),
        ("soy rosa alvarez, me duele", "soy [name] [name], me duele"),
        ("tell ÁLVAREZ i fell", "tell [name] i fell"),
        ("call me at (602) 555-0142 ok", "call me at [number] ok"),
        ("+1 602 555 0142", "[number]"),
        ("born 3/14/1951", "born [date]"),
        ("mail luis@example.org or www.example.org/x", "mail [address] or [address]"),
        ("sugar is 412, 90/60", "sugar is 412, 90/60"),
        ("room 1204", "room [number]"),
        ("the rose garden", "the rose garden"),
    ],
)
def test_what_points_at_somebody_becomes_a_mark(text: str, kept: str) -> None:
    """Known names, phones, dates and addresses go; what a nurse would read stays."""
    assert deidentified(text, NAMES) == kept


@given(st.text(max_size=200))
def test_no_known_name_is_left(text: str) -> None:
    """However it is written around, the bare name of a patient does not stay."""
    words = deidentified(f"{text} Rosa {text}", NAMES).split()
    assert "Rosa" not in words


@given(st.text(max_size=200))
def test_what_is_masked_stays_masked(text: str) -> None:
    """Masking what is masked changes nothing that a reader would miss."""
    once = deidentified(text, NAMES)
    assert "Rosa" not in deidentified(once, NAMES).split()
