"""Which unasked words are a need's, and which only sound like one."""

import pytest

from engage.reading.reader import NOTHING
from engage.turns.attribution import Unplaced
from engage.turns.spoken import fell_through, says_nothing, wholly


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("thank you for the food box", True),
        ("gracias por el raite", True),
        ("often", True),
        ("1 a menudo", True),
        ("", True),
        ("thanks but my ride fell thru", False),
        ("gracias pero todavía no llega la comida", False),
        ("my ride fell thru again", False),
        ("no ride", False),
    ],
)
def test_thanks_and_bare_answers_are_no_need(text: str, *, nothing: bool) -> None:
    """Whoever thanks for a ride has one; with a word of trouble, thanks are manners."""
    assert says_nothing(text) == nothing


@pytest.mark.parametrize(
    ("text", "fell"),
    [
        ("me falló el raite otra vez", True),
        ("Me cancelaron el transporte", True),
        ("my ride fell thru", True),
        ("no me falló el raite", False),
        ("no se me cayó el raite", False),
        ("me falló el raite y no tengo cómo ir", True),
        ("my ride fell thru and there is no bus", True),
        ("I fell in the kitchen", False),
        ("gracias por el raite", False),
    ],
)
def test_a_ride_that_fell_through_is_a_rule(text: str, *, fell: bool) -> None:
    """What the model hears too little of in Spanish, a rule says that a nurse can read."""
    assert fell_through(text) == fell


def test_a_text_of_nobody_is_no_needs_work() -> None:
    """Who can't be placed has no needs: a person finds out first who writes."""
    assert not wholly(Unplaced("unknown-sender"), (NOTHING,), {"food": "food-insecurity"})
