"""The words of a reply, folded, and which phrases answer a prompt. (p).

This room refuses to read: replies.py and several.py do.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from engage.conversation.answers import Answer, Chosen, Declined, DidNotKnow
from engage.conversation.script import Prompt
from engage.conversation.words import (
    AMBIGUOUS,
    DECLINED,
    DID_NOT_KNOW,
    NO,
    NUMBERS,
    ONLY_IN,
    YES,
    Phrase,
)
from engage.reading.fold import fold

# A number with its sign or unit ("$2", "1%", "1/2", "1:30") stays whole, so that it is no choice.
_APOSTROPHE = "'\u2019\u00b4`"
_FRACTION_SLASH = "\u2044"
_TOKEN = re.compile(
    rf"[$€£]?\d+(?:[.,:/{_FRACTION_SLASH}-]\d+)+%?|[$€£]\d+|\d+%"
    rf"|[^\W_]+(?:[{_APOSTROPHE}][^\W_]+)*"
    r"|[👍👎👌✅✔❌]"
)
_WITHOUT_APOSTROPHES = str.maketrans("", "", _APOSTROPHE)

Table = dict[Phrase, Answer | None]
"""What a phrase answers; None: it names something, but not one answer."""


class Token(NamedTuple):
    """One word of a text, and where it stands."""

    start: int
    end: int
    word: str


def tokens_in(text: str) -> Iterator[Token]:
    """Yield the words of a text in their order, folded."""
    for found in _TOKEN.finditer(text):
        yield Token(found.start(), found.end(), fold(found.group()).translate(_WITHOUT_APOSTROPHES))


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the folded words of a phrase, as replies are compared with them."""
    return tuple(token.word for token in tokens_in(text))


@lru_cache(maxsize=256)
def table_of(prompt: Prompt, language: str) -> Table:
    """Return every phrase that answers a prompt; the option's own words win over general ones."""
    table: Table = {}
    _enter(table, DID_NOT_KNOW, DidNotKnow())
    _enter(table, DECLINED, Declined())
    _enter(table, AMBIGUOUS, None)
    for words in NUMBERS.values():
        _enter(table, ((word,) for word in words), None)
    more_yes, more_no = ONLY_IN.get(language, (frozenset[Phrase](), frozenset[Phrase]()))
    for option in prompt.options:
        chosen = Chosen(option.key)
        if option.meaning == "yes":
            _enter(table, YES | more_yes, chosen)
        if option.meaning == "no":
            _enter(table, NO | more_no, chosen)
        _enter(table, [(str(option.number),)], chosen)
        _enter(table, ((word,) for word in NUMBERS.get(option.number, ())), chosen)
        _enter(table, _own(option.words), chosen)
    return table


def _enter(table: Table, phrases: Iterable[Phrase], answer: Answer | None) -> None:
    table.update(dict.fromkeys(phrases, answer))


def _own(words: Sequence[str]) -> Iterator[Phrase]:
    return (phrase for phrase in map(tokens_of, words) if phrase)
