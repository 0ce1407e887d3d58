"""Phrases: word sequences with alternatives and small gaps, as the lexicon files write them (p).

    "chest *2 pain/hurts/tight"

reads: the word chest, then after at most two other words one of pain, hurts, tight. Phrases are
matched on folded words, so "I'm" is written "im" and "niño" is written "nino".

The grammar refuses to grow: no nesting, no wildcards, no prefixes. Whoever reads the lexicon (a
nurse, a translator) must see at a glance what a line matches. Matching is linear in the text.
"""

from collections.abc import Iterable, Sequence

import msgspec

from engage.errors import EngageError
from engage.reading.fold import words

_LARGEST_GAP = 8
_NOWHERE: frozenset[int] = frozenset()


class UnreadablePhrase(EngageError):  # noqa: N818 - reads as a sentence: raise UnreadablePhrase
    """A phrase in a lexicon file cannot be read: words, a/b choices and *1 to *8 gaps only."""


class Step(msgspec.Struct, frozen=True):
    """One place in a phrase: which words may stand there, after how many others at most."""

    choices: frozenset[str]
    gap: int


class Phrase(msgspec.Struct, frozen=True):
    """A word sequence to look for."""

    steps: tuple[Step, ...]

    @property
    def first_words(self) -> frozenset[str]:
        """The words a match can begin with: the key of an index."""
        return self.steps[0].choices

    def ends(self, text: Sequence[str], start: int) -> frozenset[int]:
        """Return every index just after a match that begins at `start`; empty if none does."""
        first = self.steps[0]
        if not first.gap and (start >= len(text) or text[start] not in first.choices):
            return _NOWHERE  # nearly always, and a text is held against hundreds of phrases
        reached = {start}
        for step in self.steps:
            reached = {
                place + 1
                for origin in reached
                for place in range(origin, min(origin + step.gap + 1, len(text)))
                if text[place] in step.choices
            }
            if not reached:
                break
        return frozenset(reached)

    def is_whole(self, text: Sequence[str]) -> bool:
        """Say whether the phrase is all that the words say."""
        return len(text) in self.ends(text, 0)


def parse_phrase(source: str) -> Phrase:
    """Read one phrase as a lexicon file writes it."""
    steps: list[Step] = []
    gap = 0
    for token in source.split():
        if token.startswith("*"):
            gap = _parse_gap(token, source)
            if not steps:
                raise _unreadable(source)
            continue
        choices = frozenset(token.split("/"))
        if any(words(choice) != (choice,) for choice in choices):
            # An unfolded choice ("can't", "pechó") could never match and would fail silently.
            raise _unreadable(source)
        steps.append(Step(choices, gap))
        gap = 0
    if not steps or gap:
        raise _unreadable(source)
    return Phrase(tuple(steps))


def parse_phrases(sources: Iterable[str]) -> tuple[Phrase, ...]:
    """Read the phrases of a list."""
    return tuple(map(parse_phrase, sources))


def _parse_gap(token: str, source: str) -> int:
    figure = token[1:]
    if not figure.isdecimal() or not 1 <= int(figure) <= _LARGEST_GAP:
        raise _unreadable(source)
    return int(figure)


def _unreadable(source: str) -> UnreadablePhrase:
    error = UnreadablePhrase()
    # A lexicon line is ours, not a patient's words, so it may be named.
    error.add_note(source)
    return error
