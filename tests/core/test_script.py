"""Scripts refuse what can't be followed; severities have an order."""

import pytest

from engage.conversation.answers import Chosen, Declined
from engage.conversation.script import Option, Prompt, Script
from engage.conversation.severity import SEVERITIES, highest, rank

PROMPT = Prompt("a", (Option("yes", 1), Option("unsure", 2, (), "combined-unsure")))


def test_zero_is_never_offered() -> None:
    """0 reads as no to some and as nothing to others."""
    with pytest.raises(ValueError, match="start at 1"):
        Option("yes", 0)


@pytest.mark.parametrize(
    "options", [(Option("a", 1), Option("a", 2)), (Option("a", 1), Option("b", 1))]
)
def test_options_can_be_told_apart(options: tuple[Option, ...]) -> None:
    """A key or a number stands for one option."""
    with pytest.raises(ValueError, match="twice"):
        Prompt("a", options)


@pytest.mark.parametrize("prompts", [(), (PROMPT, PROMPT)])
def test_a_script_asks_something_once(prompts: tuple[Prompt, ...]) -> None:
    """A script has questions, each once."""
    with pytest.raises(ValueError, match="once"):
        Script("s", "1", prompts)


def test_a_script_knows_its_prompts() -> None:
    """A prompt, an offered answer and the combined option are found by key."""
    script = Script("s", "1", (PROMPT,))

    assert script.prompt("a") == PROMPT
    assert script.prompt("b") is None
    assert script.first_without({"a": Declined()}) is None
    assert script.offers("a", Declined())
    assert not script.offers("a", Chosen("no"))
    assert not script.offers("b", Declined())
    assert PROMPT.is_combined(Chosen("unsure"))
    assert not PROMPT.is_combined(Chosen("yes"))
    assert not PROMPT.is_combined(Declined())


def test_severities_have_an_order() -> None:
    """Crisis outranks all; nothing is routine."""
    assert [rank(one) for one in SEVERITIES] == [0, 1, 2, 3]
    assert highest(["urgent", "crisis", "routine"]) == "crisis"
    assert highest([]) == "routine"
