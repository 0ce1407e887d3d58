"""Why a text was read as it was, for whoever asks: reasons, features and surety in words (p).

A reading is made of places, rule ids, features and a number. Here each gets words: the reason that
stands beside the rule in its lexicon, in both languages; what kind of thing a feature is; how sure
the reader is. It refuses to quote the text, and to call anything a diagnosis.
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from engage.reading.measures import MEASURES
from engage.reading.reader import Reading, ruled
from engage.reading.redflags import LEXICONS

Surety = Literal["rule", "sure", "likely", "unsure", "unread"]
"""rule: a written rule stands, whatever the model says. sure, likely, unsure: the model alone, by
its own estimate. unread: the reader failed, so a human reads."""

TermKind = Literal["words", "letters", "idea", "turn-of-phrase", "number", "question", "asked"]
"""What a feature of the model is: words next to each other, a run of letters, a bilingual concept,
a turn of phrase that it knows, the size of a number, a question mark, what had been asked."""

_SURE, _LIKELY = 0.9, 0.6
_KINDS: Mapping[str, TermKind] = {
    "w": "words",
    "b": "words",
    "1": "words",
    "k": "words",
    "s": "words",
    "l": "letters",
    "c": "idea",
    "x": "idea",
    "p": "idea",
    "q": "idea",
    "y": "idea",
    "e": "turn-of-phrase",
    "E": "turn-of-phrase",
    "v": "number",
    "m": "question",
    "C": "asked",
}
_AFTER_PROMPT = frozenset({"1", "k", "x", "m"})
"""Features that begin with the prompt: what had been asked stands beside the text anyway."""


class InWords(msgspec.Struct, frozen=True):
    """A reason in the languages in which somebody wrote it down."""

    en: str | None = None
    es: str | None = None


class Term(msgspec.Struct, frozen=True):
    """A feature that weighed for the model, as a person can read it."""

    kind: TermKind
    words: str


@cache
def reasons() -> Mapping[str, InWords]:
    """Return why each rule is one, by its id."""
    found = {one.id: InWords(en=one.rationale, es=one.rationale_es) for one in MEASURES.measure}
    for lexicon in LEXICONS:
        for rule in lexicon.rule:
            known = found.get(rule.id, InWords())
            found[rule.id] = msgspec.structs.replace(known, **{lexicon.language: rule.rationale})
    return found


def surety(reading: Reading) -> Surety:
    """Say how sure a reading is; of a text without a danger, how sure that it is none is not."""
    if reading.failed:
        return "unread"
    if ruled(reading.findings) != "none":
        return "rule"
    if reading.probability >= _SURE:
        return "sure"
    return "likely" if reading.probability >= _LIKELY else "unsure"


def terms(reading: Reading) -> tuple[Term, ...]:
    """Return what weighed most for the model; what rules found is said by the rules."""
    told = (_term(feature) for feature in reading.terms)
    return tuple(dict.fromkeys(one for one in told if one is not None))


def _term(feature: str) -> Term | None:
    mark, _, rest = feature.partition(":")
    kind = _KINDS.get(mark)
    if kind is None:
        return None
    if mark in _AFTER_PROMPT:
        rest = rest.partition(" ")[2]
    joined = rest.replace("+", " ").strip()
    words = " ".join(word for word in joined.split() if word not in {"^", "$"})
    return Term(kind, words or joined) if words or kind == "question" else None
