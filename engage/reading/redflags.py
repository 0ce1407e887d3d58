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
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib import resources
from typing import Literal

import msgspec

from engage.reading.concepts import spelled_out
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
    unclear: tuple[str, ...] = ()
    """Ways to name a danger of a crisis that people use of much else: these ask and do not page."""


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


_NEGATORS = frozenset[str]().union(*(lexicon.negators for lexicon in LEXICONS))
"""Of both languages: concepts are bilingual, so each file's rules meet both."""


def _index(lexicon: Lexicon) -> dict[str, tuple[tuple[Rule, Phrase], ...]]:
    by_first_word: dict[str, list[tuple[Rule, Phrase]]] = defaultdict(list)
    for rule in lexicon.rule:
        doubt = msgspec.structs.replace(rule, severity="possible")
        for meant, source in ((rule, rule.phrases), (doubt, rule.unclear)):
            for phrase in parse_phrases(map(spelled_out, source)):
                for word in phrase.first_words:
                    by_first_word[word].append((meant, phrase))
    return {word: tuple(entries) for word, entries in by_first_word.items()}


_INDEXES = tuple((lexicon, _index(lexicon)) for lexicon in LEXICONS)


def _without_limit(_tried: int) -> None:
    """Count nothing."""


class Match(msgspec.Struct, frozen=True):
    """A rule's phrase in a text: `located[place:end]`, as yet without regard to what is around."""

    rule: Rule
    language: Language
    place: int
    end: int
    denied: bool
    """Whether a negation stands shortly before it."""


def matches(located: Sequence[Word], spend: Callable[[int], None]) -> Iterator[Match]:
    """Yield every place where a rule's phrase begins, with its shortest end.

    `spend` is told of every phrase that is tried, so that a caller may set a limit.
    """
    spoken = [word.text for word in located]
    for lexicon, index in _INDEXES:
        for place, word in enumerate(spoken):
            tried = index.get(word, ())
            spend(len(tried))
            for rule, phrase in tried:
                if ends := phrase.ends(spoken, place):
                    denied = _is_negated(lexicon, located, place)
                    yield Match(rule, lexicon.language, place, min(ends), denied)


def red_flags(text: str) -> tuple[RedFlag, ...]:
    """Return every red flag of a text: at most one per rule, crisis first, then by place.

    A rule that matches several times answers with its gravest match, the earliest of those.
    """
    located = located_words(text)
    gravest: dict[str, RedFlag] = {}
    for match in matches(located, _without_limit):
        flag = _flag(match, located)
        known = gravest.get(flag.rule)
        if known is None or _order(flag) < _order(known):
            gravest[flag.rule] = flag
    return tuple(sorted(gravest.values(), key=_order))


def _flag(match: Match, located: Sequence[Word]) -> RedFlag:
    return RedFlag(
        rule=match.rule.id,
        severity="possible" if match.denied else match.rule.severity,
        kind=match.rule.kind,
        language=match.language,
        start=located[match.place].start,
        end=located[match.end - 1].end,
    )


def _is_negated(lexicon: Lexicon, located: Sequence[Word], place: int) -> bool:
    """Say whether a negation stands shortly before, in the same clause, with nothing between."""
    for back in range(place, max(place - _NEGATION_REACH, 0), -1):
        # "No, my chest hurts" answers a question; the comma ends what "no" reaches.
        before = located[back - 1].text
        if located[back].opens or before in lexicon.negation_ends:
            return False
        if before in _NEGATORS:
            return True
    return False


def _order(flag: RedFlag) -> tuple[bool, int, str, str]:
    return (flag.severity == "possible", flag.start, flag.rule, flag.language)
