"""What the answers to an instrument say about a risk. (p).

One positive answer is a risk, whatever else is missing. "No risk" is said only when every question
was answered and none of the answers is a risk: stricter than the Gravity guide, which computes a
result from one answer. This room refuses to read missing, declined or unknown as no.
"""

from collections.abc import Mapping
from typing import TypeAlias, assert_never

from msgspec import Struct

from engage.conversation.answers import Answer, Chosen
from engage.needs.instrument import Instrument, Item


class AtRisk(Struct, frozen=True, tag="at-risk"):
    """At least one answer is a risk."""

    #: The items whose answers are.
    items: tuple[str, ...]


class NoRisk(Struct, frozen=True, tag="no-risk"):
    """Every question was answered, and no answer is a risk."""


class CannotSay(Struct, frozen=True, tag="cannot-say"):
    """No answer is a risk, but not every question has an answer that says so."""

    #: The items without one.
    missing: tuple[str, ...]


Verdict: TypeAlias = AtRisk | NoRisk | CannotSay


def score(instrument: Instrument, answers: Mapping[str, Answer]) -> Verdict:
    """Return the verdict of an instrument on some answers, by item key."""
    risks = {item.key: _risk(item, answers.get(item.key)) for item in instrument.items}
    if positive := tuple(key for key, risk in risks.items() if risk is True):
        return AtRisk(positive)
    if missing := tuple(key for key, risk in risks.items() if risk is None):
        return CannotSay(missing)
    return NoRisk()


def flag_for(instrument: Instrument, item: str, answer: Answer) -> str | None:
    """Return the domain in which one answer is a risk, so that work need not wait for the last."""
    asked = instrument.item(item)
    return instrument.domain if asked is not None and _risk(asked, answer) else None


def result_code(instrument: Instrument, verdict: Verdict) -> str | None:
    """Return the LOINC answer code of a verdict; none where the tool or the answers give none."""
    if instrument.result is None:
        return None
    match verdict:
        case AtRisk():
            return instrument.result.at_risk
        case NoRisk():
            return instrument.result.no_risk
        case CannotSay():
            return None
        case _:
            assert_never(verdict)


def _risk(item: Item, answer: Answer | None) -> bool | None:
    """Say whether an answer is a risk; None: it can't be said."""
    option = item.option(answer.option) if isinstance(answer, Chosen) else None
    return None if option is None else option.risk
