"""Red flags: danger words, found by rules alone. A floor that can only raise (p).

This is the deterministic floor under every inbound text: it runs first, on every text, also on
STOP, from unknown numbers and in both languages. Whatever is built on top of it (polarity, a model)
may add a finding and never takes one away. An obvious negation next to the words ("no chest pain")
lowers a crisis to possible, never to nothing, because the cheapest reading of a negation is often
wrong and a human can see in a second what it meant.

What it refuses and does not claim: it reads words, not meaning. It misses what nobody wrote down
in the lexicon, most misspellings, and slang; it takes idioms and old history at their word. No
clinician has reviewed the rules yet; each file says so. An empty answer never means "safe".
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from importlib import resources
from typing import Literal

import msgspec

from engage.reading.fold import Word, located_words
from engage.reading.phrases import Phrase, parse_phrases

Severity = Literal["crisis", "possible"]
Kind = Literal["medical", "self-harm", "violence"]
Language = Literal["en", "es"]

_NEGATION_REACH = 3
"""How many words before a phrase a negation is looked for."""


class RedFlag(msgspec.Struct, frozen=True):
    """One rule's finding in one text. It names a place in the text and never quotes it."""

    rule: str
    """The rule's id: the same in every language, since it names the danger, not the wording."""
    severity: Severity
    kind: Kind
    """Which safety text answers it; findings of violence are hidden from proxies."""
    language: Language
    start: int
    end: int
    """`text[start:end]` of the original text are the words that matched."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One danger and the phrases that name it, as the lexicon file states it."""

    id: str
    kind: Kind
    severity: Severity
    rationale: str
    phrases: tuple[str, ...]


class Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of one language, who reviewed them and when."""

    language: Language
    reviewer: str
    date: date
    negators: frozenset[str]
    negation_ends: frozenset[str]
    rule: tuple[Rule, ...]


def _load(language: Language) -> Lexicon:
    file = resources.files("engage.reading") / "lexicon" / f"redflags.{language}.toml"
    return msgspec.toml.decode(file.read_bytes(), type=Lexicon)


LEXICONS: tuple[Lexicon, ...] = (_load("en"), _load("es"))


def _index(lexicon: Lexicon) -> dict[str, tuple[tuple[Rule, Phrase], ...]]:
    by_first_word: dict[str, list[tuple[Rule, Phrase]]] = defaultdict(list)
    for rule in lexicon.rule:
        for phrase in parse_phrases(rule.phrases):
            for word in phrase.first_words:
                by_first_word[word].append((rule, phrase))
    return {word: tuple(entries) for word, entries in by_first_word.items()}


_INDEXES = tuple((lexicon, _index(lexicon)) for lexicon in LEXICONS)


def red_flags(text: str) -> tuple[RedFlag, ...]:
    """Return every red flag of a text: at most one per rule, crisis first, then by place.

    A rule that matches several times answers with its gravest match, the earliest of those.
    """
    located = located_words(text)
    spoken = [word.text for word in located]
    gravest: dict[str, RedFlag] = {}
    for lexicon, index in _INDEXES:
        for place, word in enumerate(spoken):
            for rule, phrase in index.get(word, ()):
                if ends := phrase.ends(spoken, place):
                    flag = _flag(rule, lexicon, located, place, min(ends))
                    known = gravest.get(rule.id)
                    if known is None or _order(flag) < _order(known):
                        gravest[rule.id] = flag
    return tuple(sorted(gravest.values(), key=_order))


def _flag(rule: Rule, lexicon: Lexicon, located: Sequence[Word], place: int, end: int) -> RedFlag:
    lowered = _is_negated(lexicon, located, place)
    return RedFlag(
        rule=rule.id,
        severity="possible" if lowered else rule.severity,
        kind=rule.kind,
        language=lexicon.language,
        start=located[place].start,
        end=located[end - 1].end,
    )


def _is_negated(lexicon: Lexicon, located: Sequence[Word], place: int) -> bool:
    """Say whether a negation stands shortly before, in the same clause, with nothing between."""
    for back in range(place, max(place - _NEGATION_REACH, 0), -1):
        # "No, my chest hurts" answers a question; the comma ends what "no" reaches.
        before = located[back - 1].text
        if located[back].opens or before in lexicon.negation_ends:
            return False
        if before in lexicon.negators:
            return True
    return False


def _order(flag: RedFlag) -> tuple[bool, int, str, str]:
    return (flag.severity == "possible", flag.start, flag.rule, flag.language)
