"""What of a text is the person's own, and what only sounds like a wish to opt out."""

import pytest

from engage.messaging.texts import render
from engage.turns.context import Turn, TurnContext
from engage.turns.decide import decide
from tests.core.cast import LIBRARY, ROSA, Row, rows, scene, taken, text

SAFE = {
    language: render(LIBRARY.catalogue, "safety.medical", language, {}) for language in ("en", "es")
}
WISH = "kindly remove me from whatever this list is before my minutes run out"
SOUNDS: dict[str, Row] = {
    "a wish that no phrase names is heard by a human and closes nothing": (
        scene(ROSA),
        text(WISH),
        [
            "open texts routine about Rosa: Dana, Fri 17:00",
            "open offer-call routine about Rosa: Dana, Fri 17:00",
            "flag outside-conversation routine",
            "flag opted-out-in-words routine",
        ],
    ),
    "on a closed line there is nothing left to wish": (
        scene(ROSA, opted_out=True),
        text(WISH),
        [
            "open texts routine about Rosa: Dana, Fri 17:00",
            "flag outside-conversation routine",
        ],
    ),
}


@rows(SOUNDS)
def test_sounds(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Only sure words close a line; what may be meant so is somebody's to ask."""
    assert taken(context, happened) == expected


@pytest.mark.parametrize(
    "words", [f'Emphasized "{SAFE["en"]}"', f"A Rosa le gust\u00f3 \u201c{SAFE['es']}\u201d"]
)
def test_a_reaction_to_a_safety_text_is_no_crisis(words: str) -> None:
    """The words in it are ours: nobody is paged because somebody liked them."""
    decision = decide(scene(ROSA), text(words), LIBRARY)

    assert not decision.pages
    assert "crisis" not in {flag.severity for flag in decision.flags}
    assert not decision.texts


def test_what_stands_beside_the_quotation_is_a_crisis() -> None:
    """Whatever the person wrote themselves is read as usual."""
    decision = decide(scene(ROSA), text(f'Liked "{SAFE["en"]}" i cant breathe'), LIBRARY)

    assert "crisis" in {flag.severity for flag in decision.flags}
