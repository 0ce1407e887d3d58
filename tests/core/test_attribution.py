"""Who wrote a text, about whom, and which question it answers: never a guess from the words."""

from datetime import timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from engage.conversation.states import Asking
from engage.messaging.attributed import Why
from engage.turns.attribution import Attributed, Unplaced, attribute, in_time, last_asked
from engage.turns.context import TurnContext
from tests.core.cast import (
    HOUR,
    HUNGER,
    LIBRARY,
    LUIS,
    ONLY,
    RIDE,
    ROSA,
    caregiver,
    live,
    patient,
    scene,
    waiting,
)

ROSA_LEFT, LUIS_LEFT = replace(ROSA, active=False), replace(LUIS, active=False)
ROSA_ELSEWHERE = replace(ROSA, uses_phone=False)
LUIS_ELSEWHERE = replace(LUIS, uses_phone=False)
ELENA = caregiver("Elena", ROSA)
ELENA_OF_TWO = caregiver("Elena", ROSA, LUIS)
PACO = caregiver("Paco", LUIS)
NOBODYS = caregiver("Nobody's")

ROSAS, LUISS = live(ROSA), live(LUIS, ONLY, RIDE, since=HOUR / 2)
STRANGER, EITHER = Unplaced("unknown-sender"), Unplaced("ambiguous-sender")
ROSA_WROTE = Attributed("patient", ROSA.patient_id, ROSA)
ELENA_WROTE = Attributed(
    "caregiver", ELENA.id, ROSA_ELSEWHERE, sure="likely", why="caregiver-of-one"
)
ASKED_LAST = replace(ROSA_WROTE, conversation=ROSAS, sure="likely", why="last-asked")
LUIS_ASKED_LAST = Attributed("patient", LUIS.patient_id, LUIS, LUISS, "likely", "last-asked")

TABLE: dict[str, tuple[TurnContext, Attributed | Unplaced]] = {
    "a phone that nobody uses": (scene(), STRANGER),
    "the one patient of a phone": (scene(ROSA), ROSA_WROTE),
    "the one patient, answering": (
        scene(ROSA, conversations=(ROSAS,)),
        replace(ROSA_WROTE, conversation=ROSAS),
    ),
    "a question that waits is no question": (
        scene(ROSA, conversations=(waiting(ROSA),)),
        ROSA_WROTE,
    ),
    "one of two whom nobody asked": (scene(ROSA, LUIS), EITHER),
    "one of two, after only Rosa was asked": (
        scene(ROSA, LUIS, conversations=(ROSAS, waiting(LUIS))),
        ASKED_LAST,
    ),
    "one of two, after Luis was asked last": (
        scene(ROSA, LUIS, conversations=(ROSAS, LUISS)),
        LUIS_ASKED_LAST,
    ),
    "the order in which they were loaded does not count": (
        scene(LUIS, ROSA, conversations=(LUISS, ROSAS)),
        LUIS_ASKED_LAST,
    ),
    "one who is here beside one who left": (scene(ROSA, LUIS_LEFT), ROSA_WROTE),
    "the only one, who left": (
        scene(ROSA_LEFT),
        Attributed("patient", ROSA.patient_id, ROSA_LEFT, sure="doubtful", why="no-longer-in-care"),
    ),
    "one of two who left": (scene(ROSA_LEFT, LUIS_LEFT), STRANGER),
    "a patient who has another phone now": (scene(ROSA_ELSEWHERE), STRANGER),
    "a phone that changed hands answers nothing that Rosa was asked": (
        scene(ROSA_ELSEWHERE, conversations=(ROSAS,)),
        STRANGER,
    ),
    "nor does its new owner, who is a patient too": (
        scene(LUIS, ROSA_ELSEWHERE, conversations=(ROSAS,)),
        Attributed("patient", LUIS.patient_id, LUIS),
    ),
    "a question about a patient of another line": (
        scene(LUIS, conversations=(ROSAS,)),
        Attributed("patient", LUIS.patient_id, LUIS),
    ),
    "a caregiver's own phone": (scene(ROSA_ELSEWHERE, caregivers=(ELENA,)), ELENA_WROTE),
    "a caregiver's own phone, after a question about the patient": (
        scene(ROSA_ELSEWHERE, caregivers=(ELENA,), conversations=(ROSAS,)),
        ELENA_WROTE,
    ),
    "a caregiver of two": (
        scene(ROSA_ELSEWHERE, LUIS_ELSEWHERE, caregivers=(ELENA_OF_TWO,)),
        EITHER,
    ),
    "a caregiver of two, one of whom left": (
        scene(ROSA_ELSEWHERE, replace(LUIS_ELSEWHERE, active=False), caregivers=(ELENA_OF_TWO,)),
        ELENA_WROTE,
    ),
    "a caregiver whose only patient left": (
        scene(replace(ROSA_ELSEWHERE, active=False), caregivers=(ELENA,)),
        EITHER,
    ),
    "a caregiver of nobody any more": (scene(caregivers=(NOBODYS,)), EITHER),
    "two caregivers with one phone": (
        scene(ROSA_ELSEWHERE, LUIS_ELSEWHERE, caregivers=(ELENA, PACO)),
        EITHER,
    ),
    "a patient and their caregiver with one phone": (scene(ROSA, caregivers=(ELENA,)), EITHER),
    "a patient and their caregiver, after the patient was asked": (
        scene(ROSA, caregivers=(ELENA,), conversations=(ROSAS,)),
        ASKED_LAST,
    ),
    "a patient, and a caregiver of somebody else": (
        scene(LUIS, ROSA_ELSEWHERE, caregivers=(ELENA,)),
        EITHER,
    ),
}


@pytest.mark.parametrize(("context", "who"), TABLE.values(), ids=TABLE)
def test_attribution(context: TurnContext, who: Attributed | Unplaced) -> None:
    """Behaviours 1, 8 and 9: a text is of the one who must have written it, or of nobody."""
    assert attribute(context) == who


def test_the_last_asked_of_nobody() -> None:
    """Where nothing was asked, nobody was asked last."""
    assert last_asked(scene(ROSA, conversations=(waiting(ROSA),))) is None


def test_the_last_asked_of_two_at_one_moment() -> None:
    """Two questions of one moment have an order that does not depend on how they were loaded."""
    one, other = live(ROSA), live(patient("Ana"), script=HUNGER)

    assert last_asked(scene(ROSA, conversations=(one, other))) == last_asked(
        scene(ROSA, conversations=(other, one))
    )


def test_a_late_answer_says_so() -> None:
    """Behaviour 3: an answer after the silence counts, and is kept as a late one, less sure."""
    late = live(ROSA, silent=True)

    who = attribute(scene(ROSA, conversations=(late,)))

    assert who == Attributed("patient", ROSA.patient_id, ROSA, late, "likely", "late-answer")


def test_nobody_is_a_reason_too() -> None:
    """Behaviour 1: a text that is attached to nobody says why."""
    assert (STRANGER.why, EITHER.why) == ("unknown-number", "several-could-be-meant")


def test_every_reason_has_words() -> None:
    """Behaviour 1: staff read in words why a text is where it is."""
    words = {name for name in LIBRARY.catalogue if name.startswith("attribution.")}

    assert words == {f"attribution.{why}" for why in get_args(Why)}


def test_a_text_that_came_before_the_question_does_not_answer_it() -> None:
    """Behaviour 2: a lost "1" that is found late answers nothing that was asked after it came."""
    assert isinstance(ROSAS.state, Asking)
    asked_at = ROSAS.state.asked_at

    assert in_time(ASKED_LAST, asked_at) == ASKED_LAST
    late = in_time(ASKED_LAST, asked_at - timedelta(seconds=1))
    assert late == replace(ASKED_LAST, conversation=None)
