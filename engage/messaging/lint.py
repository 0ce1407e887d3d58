"""What no text may do, whoever wrote it: ask for a word of the carriers, tell a stranger. (p).

Carriers act on some words by themselves: who answers a question with YES or CANCEL has opted in or
out, and nobody here hears the answer. And the first line of a text stands on a locked screen. The
words are data, lint.toml. This room refuses to repair a wording: it says what is wrong with it.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec
from msgspec import Struct

from engage.errors import EngageError
from engage.reading.fold import words

_NEAR = 7
"""How many words after "reply" may be the one that is asked for."""


class CarrierWord(EngageError):  # noqa: N818 - reads as a sentence
    """A text may not be a word that carriers act on, such as STOP or YES, nor ask for one."""


class TooMuchOnScreen(EngageError):  # noqa: N818
    """The first line stands on a locked screen: no need, illness, medicine or result in it."""


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    carrier_words: tuple[str, ...]
    asking: frozenset[str]
    sensitive: Mapping[str, frozenset[str]]


RULES = msgspec.convert(
    tomllib.loads(resources.files("engage.messaging").joinpath("lint.toml").read_text("utf-8")),
    _Rules,
)
_CARRIERS = tuple(tuple(one.split()) for one in RULES.carrier_words)


def asks_for_a_carrier_word(wording: str) -> bool:
    """Say whether a wording tells somebody to send a word that carriers act on."""
    said = words(wording)
    for place, word in enumerate(said):
        if word in RULES.asking:
            near = said[place + 1 : place + 1 + _NEAR]
            for one in _CARRIERS:
                if any(tuple(near[at : at + len(one)]) == one for at in range(len(near))):
                    return True
    return False


def is_a_carrier_word(wording: str) -> bool:
    """Say whether a wording is nothing but a word that carriers act on."""
    return tuple(words(wording)) in _CARRIERS


def tells_too_much(wording: str, language: str) -> bool:
    """Say whether the first line holds what a stranger may not learn."""
    first = wording.strip().partition("\n")[0]
    return not RULES.sensitive.get(language, frozenset()).isdisjoint(words(first))


def check(wording: str, language: str, place: str) -> None:
    """Refuse a wording that somebody wrote here; the error names its place."""
    if is_a_carrier_word(wording) or asks_for_a_carrier_word(wording):
        raise CarrierWord(place)
    if tells_too_much(wording, language):
        raise TooMuchOnScreen(place)
