"""Whether somebody wants help: what is asked, what an answer says, and when nothing is asked."""

from datetime import UTC, datetime

import pytest

from engage.conversation.answers import Chosen, Declined, DidNotKnow
from engage.conversation.effects import SendText
from engage.conversation.engine import advance
from engage.conversation.events import Started, TextReceived
from engage.conversation.states import Done, NotStarted, State
from engage.messaging.texts import load
from engage.needs import instrument
from engage.turns.needing import (
    as_told,
    asked_about,
    domains_of,
    help_script,
    is_helping,
    is_need,
    script_id,
    scripts_of,
    told,
)

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
TWO = ("food-insecurity", "transportation-insecurity")


def talk(domains: tuple[str, ...], *replies: str) -> tuple[State, list[str]]:
    """Return where such a conversation stands after some replies, and what it asked and said."""
    script = help_script(domains)
    state: State = NotStarted()
    said: list[str] = []
    for event in (Started(AT), *(TextReceived(AT, reply) for reply in replies)):
        step = as_told(script.id, advance(state, event, script, "en"))
        state = step.state
        said += [one.text for one in step.effects if isinstance(one, SendText)]
    return state, said


@pytest.mark.parametrize(
    ("domains", "replies", "said"),
    [
        (TWO[:1], ("1",), ["help.want", "help.yes"]),
        (TWO[:1], ("2",), ["help.want", "help.no"]),
        (TWO[:1], ("skip",), ["help.want", "thanks"]),
        (TWO, ("1", "2"), ["help.want", "help.first.2", "help.yes"]),
        (TWO, ("2",), ["help.want", "help.no"]),
        (TWO, ("not sure",), ["help.want", "thanks"]),
    ],
)
def test_a_no_ends_it_and_a_yes_asks_where_to_begin(
    domains: tuple[str, ...], replies: tuple[str, ...], said: list[str]
) -> None:
    """Behaviour 23: whoever does not want help is asked no more, and is not thanked into a yes."""
    state, spoken = talk(domains, *replies)
    assert spoken == said
    assert isinstance(state, Done)


def test_an_answer_is_about_every_need_it_was_asked_for() -> None:
    """A yes is a yes to all; which comes first is one of them, in the order they were told."""
    script = script_id(TWO)
    assert asked_about(script) == TWO
    assert told(script, "help.want", Chosen("yes")) == tuple((one, "want", False) for one in TWO)
    assert told(script, "help.want", Chosen("no")) == tuple((one, "decline", False) for one in TWO)
    assert told(script, "help.first.2", Chosen(TWO[1])) == ((TWO[1], "want", True),)
    assert told(script_id(TWO[:1]), "help.want", Chosen("yes")) == ((TWO[0], "want", True),)


@pytest.mark.parametrize("answer", [Declined(), DidNotKnow(), Chosen("elsewhere")])
def test_not_saying_is_neither_yes_nor_no(answer: Declined | DidNotKnow | Chosen) -> None:
    """Without an answer the risk stays a risk, and a person asks."""
    assert told(script_id(TWO), "help.first.2", answer) == ()
    if not isinstance(answer, Chosen):
        assert told(script_id(TWO), "help.want", answer) == ()
    assert told("hunger-vital-sign", "help.want", Chosen("yes")) == ()


def test_there_is_a_question_for_whatever_an_instrument_may_find() -> None:
    """No answer to a shipped instrument finds a need that nobody could be asked about."""
    tools = instrument.load_all()
    scripts = scripts_of(tools.values())
    catalogue = load()
    for tool in tools.values():
        for item in tool.items:
            for option in item.options:
                domains = domains_of(tool, {item.key: Chosen(option.key)})
                assert not domains or tool.sms_policy != "ok" or script_id(domains) in scripts
    for script in scripts.values():
        assert is_helping(script.id)
        assert {prompt.key for prompt in script.prompts} <= catalogue.keys()


def test_only_a_social_need_is_one() -> None:
    """What a clinician treats, and what hints at abuse, is nobody's referral by text."""
    assert is_need("food-insecurity")
    assert not is_need("intimate-partner-violence")
    assert not is_need("depression")
