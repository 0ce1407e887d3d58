"""A screening as a conversation: the script of an instrument. (p).

This room refuses instruments that may not be texted.
"""

from collections.abc import Mapping

from engage.conversation.script import Option, Prompt, Script
from engage.errors import EngageError
from engage.messaging.texts import Choice, Question
from engage.needs.instrument import Instrument, Item, words_of
from engage.reading.fold import fold


class NotByText(EngageError):  # noqa: N818 - reads as a sentence: raise NotByText
    """This instrument may not be asked by text message."""


def script_of(instrument: Instrument) -> Script:
    """Return the prompts of an instrument, in order, with every reply that counts."""
    if instrument.sms_policy != "ok":
        raise NotByText
    prompts = tuple(map(prompt_of, instrument.items))
    return Script(instrument.id, instrument.version, prompts, closing=instrument.closing)


def prompt_of(item: Item) -> Prompt:
    """Return what answers an item takes, in whatever way it is asked."""
    options = (
        Option(
            option.key,
            option.number,
            tuple(map(fold, words_of(option))),
            option.meaning,
            alone=option.alone,
        )
        for option in item.options
    )
    return Prompt(item.key, tuple(options), item.sensitive, several=item.several)


def questions_of(instrument: Instrument) -> Mapping[str, Question]:
    """Return the exact wording of an instrument's questions, by item key, for messaging to send."""
    if instrument.sms_policy != "ok":
        raise NotByText
    return {
        item.key: Question(
            instrument.wording(item),
            tuple(Choice(option.number, option.text) for option in item.options),
            several=item.several,
        )
        for item in instrument.items
    }
