"""Polarity and scope: whether a danger word is meant, now, of somebody here (p).

"No chest pain", "my dad died of a stroke", "if I fall I will call", "dying laughing", "on the news
somebody got shot": the words stand in the text, the danger does not. This room says which, and why.

It refuses to be clever about grammar. Cues are phrases in lexicon/scope.toml that reach within one
stretch of words, up to the next mark or conjunction; whatever they cannot settle stands. And it
refuses the last word: what it silences, the linear model still reads.
"""

from collections.abc import Sequence
from importlib import resources
from typing import Literal

import msgspec

from engage.reading.fold import Word
from engage.reading.phrases import Phrase, parse_phrases
from engage.reading.redflags import Match

Standing = Literal["stands", "denied", "past", "resolved", "supposed", "figurative", "elsewhere"]

_REACH_BEFORE = 9
_REACH_AFTER = 7
_LIST_REACH = 7
_LINKS = frozenset({"or", "nor", "ni"})


class _Cues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    breaks: str
    present: str
    past_before: tuple[str, ...]
    past_after: tuple[str, ...]
    resolved_after: tuple[str, ...]
    resolved_before: tuple[str, ...]
    ifs_before: tuple[str, ...]
    not_ifs: tuple[str, ...]
    si_then: tuple[str, ...]
    elsewhere_before: tuple[str, ...]
    elsewhere_after: tuple[str, ...]
    figures: tuple[str, ...]


_CUES = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "scope.toml").read_bytes(), type=_Cues
)


class _Index:
    """Phrases by the words they begin with: a text is held against hundreds of them."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._by_first: dict[str, list[Phrase]] = {}
        for phrase in parse_phrases(sources):
            for word in phrase.first_words:
                self._by_first.setdefault(word, []).append(phrase)

    def spans(self, spoken: Sequence[str], first: int, last: int) -> list[tuple[int, int]]:
        """Return where a phrase begins between two places, and its longest end."""
        return [
            (place, max(ends))
            for place in range(max(first, 0), min(last, len(spoken)))
            for phrase in self._by_first.get(spoken[place], ())
            if (ends := phrase.ends(spoken, place))
        ]


_BREAKS = frozenset(_CUES.breaks.split())
_PRESENT = frozenset(_CUES.present.split())
_PAST_BEFORE, _PAST_AFTER = _Index(_CUES.past_before), _Index(_CUES.past_after)
_RESOLVED_BEFORE, _RESOLVED_AFTER = _Index(_CUES.resolved_before), _Index(_CUES.resolved_after)
_IFS, _NOT_IFS, _SI_THEN = _Index(_CUES.ifs_before), _Index(_CUES.not_ifs), _Index(_CUES.si_then)
_ELSEWHERE_BEFORE, _ELSEWHERE_AFTER = (
    _Index(_CUES.elsewhere_before),
    _Index(_CUES.elsewhere_after),
)
_FIGURES = _Index(_CUES.figures)


class Scope:
    """The scopes of one text."""

    def __init__(self, located: Sequence[Word]) -> None:
        """Find the figures of speech once, for every match that may stand in one."""
        self._located = located
        self._spoken = [word.text for word in located]
        self._figures = _FIGURES.spans(self._spoken, 0, len(located))

    def standing(self, match: Match) -> Standing:
        """Say whether what a rule found is meant."""
        if any(a < match.end and match.place < b for a, b in self._figures):
            return "figurative"
        if match.denied or self._is_listed_denial(match.place):
            return "denied"
        first, last = self._stretch(match)
        before = (max(first, match.place - _REACH_BEFORE), match.place)
        after = (match.end, min(last, match.end + _REACH_AFTER))
        if self._is_supposed(before, match):
            return "supposed"
        if self._is_cued(_ELSEWHERE_BEFORE, before, _ELSEWHERE_AFTER, after):
            return "elsewhere"
        if self._is_cued(_RESOLVED_BEFORE, before, _RESOLVED_AFTER, after):
            return "resolved"
        if _PRESENT.isdisjoint(self._spoken[first:last]) and self._is_cued(
            _PAST_BEFORE, before, _PAST_AFTER, after
        ):
            return "past"
        return "stands"

    def _is_cued(
        self, earlier: _Index, before: tuple[int, int], later: _Index, after: tuple[int, int]
    ) -> bool:
        """Say whether a cue stands before or after; words of the finding itself are no cue."""
        return any(end <= before[1] for _, end in earlier.spans(self._spoken, *before)) or bool(
            later.spans(self._spoken, *after)
        )

    def _stretch(self, match: Match) -> tuple[int, int]:
        """Return where the stretch of words begins and ends in which cues reach a match."""
        first, last = match.place, match.end
        while first > 0 and not self._located[first].opens:
            first -= 1
            if self._spoken[first] in _BREAKS:
                first += 1
                break
        while last < len(self._located) and not (
            self._located[last].opens or self._spoken[last] in _BREAKS
        ):
            last += 1
        return first, last

    def _is_supposed(self, before: tuple[int, int], match: Match) -> bool:
        spoken = self._spoken
        ifs = _IFS.spans(spoken, *before)
        doubts = _NOT_IFS.spans(spoken, before[0] - 1, before[1])
        if any(all(end != a + 1 for _, end in doubts) for a, _ in ifs):
            return True
        start = max(0, match.place - 3)
        return any(end > match.end for _, end in _SI_THEN.spans(spoken, start, match.place + 1))

    def _is_listed_denial(self, place: int) -> bool:
        """Say whether a denial reaches over an "or": no fever, chills or chest pain."""
        linked = False
        for back in range(place, max(place - _LIST_REACH, 0), -1):
            before = self._spoken[back - 1]
            if before in {"but", "pero", "and", "y"}:
                return False
            if before in {"no", "not", "sin", "without", "dont", "never", "havent", "ni", "nunca"}:
                return linked or before in {"ni", "nunca"}
            linked = linked or before in _LINKS
        return False
