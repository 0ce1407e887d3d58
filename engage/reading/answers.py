"""What a bare answer means, by the prompt it answers: "2", "sí", "never", "👍" (p).

A reply that is an option and nothing else needs no model. Everything longer does: the room refuses
to find an option inside a sentence.
"""

from collections.abc import Sequence
from importlib import resources
from typing import Literal

import msgspec

from engage.reading.fold import words

Context = Literal[
    "none", "checkin_feeling", "caregiver", "appt_confirm", "meds", "transport", "hvs_food"
]
Urgency = Literal["none", "routine", "urgent", "emergency"]


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ways to say one answer, and what it means."""

    words: str
    labels: tuple[str, ...]
    urgency: Urgency


class _Spoken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: str


class _Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    context: Context
    options: tuple[Option, ...]


class _Prompts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    polite: str
    yes: _Spoken
    no: _Spoken
    prompt: tuple[_Prompt, ...]
    common: tuple[Option, ...]


_FILE = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "prompts.toml").read_bytes(), type=_Prompts
)
_POLITE = frozenset(_FILE.polite.split())
_LONGEST = 8


def _ways(source: str) -> list[tuple[str, ...]]:
    source = {"yes_words": _FILE.yes.words, "no_words": _FILE.no.words}.get(source, source)
    return [words(way) for way in source.split("|")]


STANDARD: dict[Context, tuple[Option, ...]] = {p.context: p.options for p in _FILE.prompt}
"""The options of the prompts that the label policy knows."""


COMMON = _FILE.common
"""Whole messages that mean the same after every prompt."""


def index_of(options: Sequence[Option]) -> dict[tuple[str, ...], Option]:
    """Return the options by every way to say them; of two that share a way, the first has it."""
    found: dict[tuple[str, ...], Option] = {}
    for option in options:
        for way in _ways(option.words):
            found.setdefault(way, option)
    return found


def answered(spoken: Sequence[str], ways: dict[tuple[str, ...], Option]) -> Option | None:
    """Return the option that a reply is, with or without politeness around it."""
    if len(spoken) > _LONGEST:
        return None
    whole = tuple(spoken)
    if (option := ways.get(whole)) is not None:
        return option
    first, last = 0, len(whole)
    while last > first and whole[last - 1] in _POLITE:
        last -= 1
        if (option := ways.get(whole[first:last])) is not None:
            return option
    while first < last and whole[first] in _POLITE:
        first += 1
        if (option := ways.get(whole[first:last])) is not None:
            return option
    core = whole[first:last]
    if len(core) > 1 and len(set(core)) == 1:
        return ways.get(core[:1])
    return None
