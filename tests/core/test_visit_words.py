"""What people write about a visit, and what it is never taken for."""

import pytest

from engage.turns.intents import intent_of, says_how


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("running late 10 min", "late"),
        ("im running a little late", "late"),
        ("I'll be 15 minutes late", "late"),
        ("stuck in traffic", "late"),
        ("voy tarde", "late"),
        ("voy a llegar un poco tarde", "late"),
        ("se me hizo tarde, ya voy", "late"),
        ("can't make it thursday", "cannot"),
        ("i wont be able to come tomorrow", "cannot"),
        ("I am not going to make it", "cannot"),
        ("no puedo ir mañana", "cannot"),
        ("no voy a poder ir el jueves", "cannot"),
        ("need to reschedule", "change"),
        ("can we do thursday instead", "change"),
        ("quiero cambiar la cita", "change"),
        ("puede ser el jueves mejor?", "change"),
    ],
)
def test_phrases_that_move_a_visit(text: str, intent: str) -> None:
    """English and Spanish, as people type them."""
    assert intent_of(text) == intent


@pytest.mark.parametrize(
    "text",
    [
        "my rent is late",
        "the bill will be late again",
        "i'm not late",
        "no llego tarde",
        "yes i will be there",
        "sí ahí estaré",
        "i can't sleep at night",
        "no puedo pagar la luz",
        "i can't stop coughing",
        "thank you",
        "it is too late to eat",
        "she cannot walk",
    ],
)
def test_phrases_that_do_not(text: str) -> None:
    """What is about rent, sleep, pain or nothing at all moves no visit."""
    assert intent_of(text) is None


def test_how_somebody_gets_there_is_heard_beside_it() -> None:
    """Words about a ride are about the ride, also in a text about a visit."""
    assert says_how("can't come thursday, no ride")
    assert says_how("no puedo ir, no tengo raite")
    assert not says_how("i can't come to my appointment")
