"""Reactions that phones spell out: our words are not the person's, theirs are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.reading.reactions import own_words
from engage.reading.reader import read

SAFE = "If this is an emergency, call 911 now. Do not wait for us."
SEGURO = "Si es una emergencia, llame al 911 ahora. No espere nuestra respuesta."
STRANGER = "{practice}: if this is an emergency, call 911 now. A person here will read your text."
PLAIN = "Your chest pain: better, same or worse?"
KNOWN = (SAFE, SEGURO, STRANGER, PLAIN)


@pytest.mark.parametrize(
    "text",
    [
        f'Liked "{SAFE}"',
        f"Emphasized \u201c{SAFE}\u201d",
        f"Laughed at \u201c{SAFE}\n{PLAIN}\u201d",
        "Questioned \u201cIf this is an emergency, call 911 n\u2026\u201d",
        f"Removed a heart from \u201c{PLAIN}\u201d",
        f"Reacted \u2764\ufe0f to \u201c{SAFE}\u201d",
        f"\u200a\u200b\U0001f44d\u200b to \u201c\u200a{SAFE}\u200a\u201d\u200a",
        f'Le gusta "{SEGURO}"',
        f"A Rosa le encant\u00f3 \u00ab{SEGURO}\u00bb",
        f"Reaccion\u00f3 con \U0001f44d a \u201c{SEGURO}\u201d",
        f"Disliked \u201c{STRANGER.format(practice='Oak Street Clinic')}\u201d",
    ],
)
def test_a_reaction_to_our_words_is_no_danger(text: str) -> None:
    """What we said is quoted by a phone, and nobody is in danger by it."""
    own = own_words(text, KNOWN)

    assert len(own) == len(text)
    assert "911" not in own
    assert read(own).tier == "none"


@pytest.mark.parametrize(
    "text",
    [
        f'Liked "{SAFE}" but i cant breathe',
        'Liked "i took all my pills"',
        f'Liked "{SAFE} i took all my pills"',
        f'my chest hurts "{SAFE}"',
        f'no puedo respirar "{SEGURO}"',
        f'Loved "{STRANGER.format(practice="I took all my pills and want to die")}"',
    ],
)
def test_what_the_person_wrote_is_read_as_usual(text: str) -> None:
    """Words outside the quotation, and quoted words that are not ours, are the person's."""
    assert read(own_words(text, KNOWN)).tier == "emergency"


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_text_without_a_reaction_stays_what_it_is(text: str, known: list[str]) -> None:
    """Nothing is taken from a text that quotes nobody, and no place moves."""
    own = own_words(text, known)

    assert len(own) == len(text)
    assert own == text or any(mark in text for mark in '"\u201c\u201e\u00ab')
