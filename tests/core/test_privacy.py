"""What others may read is not asked: sensitive questions and shared phones."""

import pytest
from msgspec.structs import replace

from engage.conversation.events import Started
from engage.turns.context import TurnContext
from engage.turns.decide import decide
from engage.turns.library import Library
from engage.turns.refusals import PhoneShared, refuse_screening
from tests.core.cast import (
    AT,
    FIRST,
    HUNGER,
    LIBRARY,
    LUIS,
    ROSA,
    SECOND,
    caregiver,
    live,
    scene,
    text,
    told,
    turn,
    waiting,
)

_script = LIBRARY.scripts[HUNGER]
SENSITIVE = replace(
    _script,
    prompts=tuple(replace(one, sensitive=one.key == SECOND) for one in _script.prompts),
)
GUARDED: Library = replace(LIBRARY, scripts={**LIBRARY.scripts, HUNGER: SENSITIVE})
ALL_SENSITIVE = replace(
    _script, prompts=tuple(replace(one, sensitive=True) for one in _script.prompts)
)
ELENA = caregiver("Elena", ROSA)
SHARED = {
    "two patients": scene(ROSA, LUIS, conversations=(live(ROSA),)),
    "a patient and a caregiver": scene(ROSA, caregivers=(ELENA,), conversations=(live(ROSA),)),
}


@pytest.mark.parametrize("context", SHARED.values(), ids=SHARED)
def test_a_sensitive_question_is_not_put_on_a_shared_phone(context: TurnContext) -> None:
    """Behaviour 8: the answer before it counts, it is not asked itself, and a human knows."""
    said = list(told(context, decide(context, text("often"), GUARDED)))

    assert f"answer {FIRST} often by patient" in said
    assert not [one for one in said if one.startswith("say")]
    assert "flag sensitive-not-asked routine" in said
    assert "screening stopped cannot say" in said or "screening stopped at risk" in said


def test_on_a_phone_of_ones_own_it_is_asked() -> None:
    """Behaviour 8: nobody else reads it, so it is asked."""
    context = scene(ROSA, conversations=(live(ROSA),))

    assert f"say {SECOND} to Rosa" in told(context, decide(context, text("often"), GUARDED))


def test_not_even_as_the_first_question() -> None:
    """Behaviour 8: a conversation that waited while the phone became shared says nothing."""
    guarded = replace(LIBRARY, scripts={**LIBRARY.scripts, HUNGER: ALL_SENSITIVE})
    context = scene(ROSA, LUIS, conversations=(waiting(ROSA, HUNGER),))
    said = list(told(context, decide(context, turn(Started(AT)), guarded)))

    assert not [one for one in said if one.startswith("say")]
    assert "flag sensitive-not-asked routine" in said


def test_the_start_is_refused() -> None:
    """Behaviour 8: staff are told at once, and ask in another way."""
    with pytest.raises(PhoneShared):
        refuse_screening(scene(ROSA, LUIS), ROSA, SENSITIVE)
    refuse_screening(scene(ROSA), ROSA, SENSITIVE)
    refuse_screening(scene(ROSA, LUIS), ROSA, _script)
