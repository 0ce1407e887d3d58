"""What the answers to an instrument say about a risk. (p).

One positive answer is a risk, whatever else is missing. "No risk" is said only when every question
was answered and none of the answers is a risk: stricter than the Gravity guide, which computes a
result from one answer. Where the scores of the answers are summed, the cut-off is reached as soon
as the answers so far reach it, since a score takes nothing away; the sum itself is told only when
every question was answered. This room refuses to read missing, declined or unknown as no.
"""

from collections.abc import Mapping
from typing import TypeAlias, assert_never

from msgspec import Struct

from engage.conversation.answers import Answer, chosen_in
from engage.conversation.severity import Severity, highest
from engage.needs.instrument import Instrument, Item, ItemOption


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


class Alarm(Struct, frozen=True):
    """A human must look, says the total or the instrument's own rule for an answer."""

    reason: str
    severity: Severity
    #: Which rule says so.
    rule: str


def score(instrument: Instrument, answers: Mapping[str, Answer]) -> Verdict:
    """Return the verdict of an instrument on some answers, by item key."""
    if instrument.total is not None:
        return _by_total(instrument, answers, instrument.total.cut_off)
    risks = {item.key: _risk(item, answers.get(item.key)) for item in instrument.items}
    if positive := tuple(key for key, risk in risks.items() if risk is True):
        return AtRisk(positive)
    if missing := tuple(key for key, risk in risks.items() if risk is None):
        return CannotSay(missing)
    return NoRisk()


def flag_for(instrument: Instrument, item: str, answer: Answer) -> str | None:
    """Return the domain in which one answer is a risk, so that work need not wait for the last."""
    asked = instrument.item(item)
    risky = () if asked is None else _risky(asked, answer)
    if asked is None or not risky:
        return None
    return risky[0].domain or asked.domain or instrument.domain


def severity_of(instrument: Instrument, item: str, answer: Answer) -> Severity:
    """Return how soon somebody must look at an answer that is a risk."""
    asked = instrument.item(item)
    risky = () if asked is None else _risky(asked, answer)
    return highest(option.severity for option in risky)


def is_risk(instrument: Instrument, item: str, answer: Answer) -> bool | None:
    """Say whether an answer is a risk by itself; None: the instrument's authors say neither."""
    asked = instrument.item(item)
    return None if asked is None else _risk(asked, answer)


def total_of(instrument: Instrument, answers: Mapping[str, Answer]) -> int | None:
    """Return the sum of the scores; None without a total, or if a question is unanswered."""
    scores = [_score(item, answers.get(item.key)) for item in instrument.items]
    known = [score for score in scores if score is not None]
    complete = instrument.total is not None and len(known) == len(scores)
    return sum(known) if complete else None


def alarm_for(instrument: Instrument, item: str, answers: Mapping[str, Answer]) -> Alarm | None:
    """Return the alarm that an item's answer, the newest of these, brings with it.

    A cut-off that was reached before it is no news.
    """
    asked, total = instrument.item(item), instrument.total
    if asked is None or total is None:
        return None
    before = {key: answer for key, answer in answers.items() if key != item}
    if _sum(instrument, before) < total.cut_off <= _sum(instrument, answers):
        rule = f"{instrument.id}/total/{total.cut_off}"
        return Alarm(total.reason, total.severity, rule)
    if any(option.follow_up for option in _options(asked, answers.get(item))):
        return Alarm(total.reason, total.severity, f"{instrument.id}/{item}")
    return None


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


def _by_total(instrument: Instrument, answers: Mapping[str, Answer], cut_off: int) -> Verdict:
    scores = {item.key: _score(item, answers.get(item.key)) for item in instrument.items}
    if _sum(instrument, answers) >= cut_off:
        return AtRisk(tuple(key for key, score in scores.items() if score))
    if missing := tuple(key for key, score in scores.items() if score is None):
        return CannotSay(missing)
    return NoRisk()


def _sum(instrument: Instrument, answers: Mapping[str, Answer]) -> int:
    return sum(_score(item, answers.get(item.key)) or 0 for item in instrument.items)


def _score(item: Item, answer: Answer | None) -> int | None:
    chosen = _options(item, answer)
    return chosen[0].score if len(chosen) == 1 else None


def _options(item: Item, answer: Answer | None) -> tuple[ItemOption, ...]:
    """Return the options that an answer chose, in their order; none if it chose another thing."""
    keys = chosen_in(answer)
    found = tuple(option for option in item.options if option.key in keys)
    return found if len(found) == len(keys) else ()


def _risky(item: Item, answer: Answer) -> tuple[ItemOption, ...]:
    return tuple(option for option in _options(item, answer) if option.risk)


def _risk(item: Item, answer: Answer | None) -> bool | None:
    """Say whether an answer is a risk; None: it can't be said."""
    risks = [option.risk for option in _options(item, answer)]
    if any(risks):
        return True
    return None if not risks or None in risks else False
