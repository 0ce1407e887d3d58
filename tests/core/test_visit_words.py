"""What people write about a visit, and what it is never taken for."""

import pytest

from engage.turns.intents import intent_of, is_only_cannot, says_how, speaks_of_a_visit


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
        "no puedo ir al baño desde el martes",
        "i cant go to the bathroom",
        "can't make it through the night",
        "can't make rent",
        "me siento mejor",
        "took tylenol instead",
        "couldn't make it yesterday",
    ],
)
def test_phrases_that_do_not(text: str) -> None:
    """What is about rent, sleep, pain or nothing at all moves no visit."""
    assert intent_of(text) is None


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("can't make it", True),
        ("no puedo ir", True),
        ("no puedo ir a mi cita porque estoy enferma", True),
        ("running late", True),
        ("i need to reschedule", True),
        ("i won't be able to come and i don't know what to do about any of this", False),
        ("i need to change the day i take my pills", False),
    ],
)
def test_unasked_it_must_be_about_a_visit(text: str, *, is_so: bool) -> None:
    """What moves a visit that nobody spoke of names it, or says nothing else."""
    intent = intent_of(text)
    assert (intent is not None and speaks_of_a_visit(text, intent)) is is_so


def test_how_somebody_gets_there_is_heard_beside_it() -> None:
    """Words about a ride are about the ride, also in a text about a visit."""
    assert says_how("can't come thursday, no ride")
    assert says_how("no puedo ir, no tengo raite")
    assert not says_how("i can't come to my appointment")


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("I won't make it", True),
        ("sorry, i won't be able to come", True),
        ("perdón, no voy a poder ir", True),
        ("i cant make it anymore", False),
        ("i can't make it, i want to die", False),
        ("i cant go on", False),
        ("tell them i wont be there", False),
    ],
)
def test_only_that_somebody_cannot_come(text: str, *, is_so: bool) -> None:
    """Whatever else stands beside "I can't make it" is read as what it may be."""
    assert is_only_cannot(text) is is_so
