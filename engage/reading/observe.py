"""What stands in a text: its mended words, what rules find there and whether it is meant (p).

The reader decides on what is observed here, and the trainer learns from exactly the same.
"""

from collections.abc import Sequence

import msgspec

from engage.errors import EngageError
from engage.reading.answers import Context
from engage.reading.fold import Word
from engage.reading.grams import grams
from engage.reading.measures import dangerous_numbers
from engage.reading.mend import mended
from engage.reading.redflags import Kind, Language, Match, Rule, Severity, matches
from engage.reading.scope import Scope, Standing
from engage.reading.signs import signs

LONGEST = 1_600
"""Characters that are read: ten texts in a chain, the most a carrier hands over."""
MOST_STEPS = 120_000
"""Phrases that may be tried on one text. A full text of the worst words needs a third of it."""

_ASKING = frozenset("?¿")
_ENGLISH = frozenset(
    [
        "i",
        "im",
        "my",
        "the",
        "is",
        "and",
        "he",
        "she",
        "his",
        "her",
        "they",
        "you",
        "was",
        "it",
        "in",
        "on",
        "to",
        "of",
        "a",
        "for",
        "not",
    ]
)
_SPANISH = frozenset(
    [
        "el",
        "la",
        "los",
        "las",
        "mi",
        "me",
        "se",
        "que",
        "de",
        "en",
        "un",
        "una",
        "lo",
        "le",
        "su",
        "y",
        "esta",
        "estoy",
        "tengo",
        "ya",
        "muy",
        "por",
        "con",
        "si",
    ]
)


class BudgetSpent(EngageError):  # noqa: N818 - reads as a sentence: raise BudgetSpent
    """A text takes more work to read than any text should."""


class Finding(msgspec.Struct, frozen=True):
    """What one rule found, where, and whether it is meant. It never quotes the text."""

    rule: str
    kind: Kind
    severity: Severity
    standing: Standing
    language: Language
    start: int
    end: int

    @property
    def stands(self) -> bool:
        """Say whether the danger is meant, now, of somebody here."""
        return self.standing == "stands"


class Observed(msgspec.Struct, frozen=True):
    """A text as the reader sees it."""

    words: tuple[Word, ...]
    findings: tuple[Finding, ...]
    features: tuple[str, ...]


class _Budget:
    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise BudgetSpent


def observe(
    text: str, context: Context, known: frozenset[str], steps: int = MOST_STEPS
) -> Observed:
    """Return what stands in the first 1,600 characters of a text."""
    budget = _Budget(steps)
    located = mended(text[:LONGEST], known)
    budget.spend(len(located))
    scope = Scope(located)
    findings: dict[str, Finding] = {}
    for match in matches(located, budget.spend):
        _keep(findings, _finding(located, match, scope.standing(match)))
    for number in dangerous_numbers(located):
        # "If my sugar is under 50" and "was 45 last year" are as little meant as words are.
        rule = Rule(number.measure.id, "medical", number.measure.severity, "", ())
        match = Match(rule, language_of(located), number.place, number.end, denied=False)
        _keep(findings, _finding(located, match, scope.standing(match)))
    ordered = sorted(findings.values(), key=lambda one: (one.start, one.rule))
    marks = [f"{one.standing}:{one.rule}" for one in ordered]
    marks += [f"{one.standing}:{one.severity}" for one in ordered]
    named, tried = signs(located)
    budget.spend(tried)
    features = grams(located, context, marks, named, asking=not _ASKING.isdisjoint(text[:LONGEST]))
    budget.spend(len(features))
    return Observed(located, tuple(ordered), tuple(features))


def language_of(located: Sequence[Word]) -> Language:
    """Return the language of most of the small words; without any, English."""
    spoken = [word.text for word in located]
    english = sum(word in _ENGLISH for word in spoken)
    return "es" if sum(word in _SPANISH for word in spoken) > english else "en"


def _finding(located: Sequence[Word], match: Match, standing: Standing) -> Finding:
    return Finding(
        rule=match.rule.id,
        kind=match.rule.kind,
        severity=match.rule.severity,
        standing=standing,
        language=match.language,
        start=located[match.place].start,
        end=max(word.end for word in located[match.place : match.end]),
    )


def _keep(findings: dict[str, Finding], found: Finding) -> None:
    """Keep the gravest finding of each rule: what stands, and of that a crisis, comes first."""
    known = findings.get(found.rule)
    if known is None or _weight(found) > _weight(known):
        findings[found.rule] = found


def _weight(finding: Finding) -> tuple[bool, bool]:
    return finding.stands, finding.severity == "crisis"
