"""When an instrument is asked again: a practice's rule, and what moves one person's date. (p).

Counted from the end of the last one, in months; sooner after a discharge if the practice says so,
and later for whoever would not answer: a no is respected, and for longer. What was answered before
stays as it is. This room refuses to ask, and to begin beside another screening.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from dateutil.relativedelta import relativedelta
from msgspec import Struct
from msgspec.structs import replace

from engage.conversation.answers import Answer, Declined, NotAsked
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId

Status: TypeAlias = Literal["waiting", "paused"]
Why: TypeAlias = Literal[
    "interval", "discharge", "declined", "by-staff", "screening-open", "by-hand", "not-in-care"
]

LATER = timedelta(days=7)
"""So long it waits while another screening of the person is open."""

FORGOTTEN = timedelta(days=30)
"""A screening that is older is no longer waited for."""

LONGEST = timedelta(days=5 * 366)
"""Nobody can say today what is right in more than five years."""

CATCH_UP = timedelta(days=30)
"""Whoever is overdue when a rule begins is asked within this time, each on a day of their own."""

_DECLINED, _NEXT = "/declined_months", "/next_at"


class DeclinedTooSoon(EngageError):  # noqa: N818 - reads as a sentence
    """Whoever declined is left alone at least as long as everybody else."""


class NotAMomentToAsk(EngageError):  # noqa: N818
    """The next time lies in the past, or more than five years ahead."""


class Rule(Struct, frozen=True, kw_only=True):
    """How often a practice asks an instrument again."""

    instrument: str
    every_months: int
    after_discharge_days: int | None = None
    declined_months: int
    active: bool = True
    version: int = 1


class Rescreen(Struct, frozen=True, kw_only=True):
    """When one person is asked one instrument again."""

    practice_id: PracticeId
    id: UUID
    patient_id: PatientId
    instrument: str
    status: Status = "waiting"
    next_at: datetime | None
    why: Why
    counts_from: datetime | None = None
    changed_at: datetime
    version: int = 1

    @property
    def wakes_at(self) -> datetime | None:
        """When something is to be done about it."""
        return self.next_at if self.status == "waiting" else None


def refuse_rule(rule: Rule) -> None:
    """Refuse a rule that would nag whoever declined."""
    if rule.declined_months < rule.every_months:
        raise DeclinedTooSoon(_DECLINED)


def refuse_moment(wanted: datetime | None, now: datetime) -> None:
    """Refuse a moment at which nobody can be asked."""
    if wanted is not None and not now <= wanted <= now + LONGEST:
        raise NotAMomentToAsk(_NEXT)


def is_declined(answers: Iterable[Answer]) -> bool:
    """Say whether somebody would not answer: they declined, and said nothing else."""
    told = [one for one in answers if not isinstance(one, NotAsked)]
    return bool(told) and all(isinstance(one, Declined) for one in told)


def ended(one: Rescreen, rule: Rule, at: datetime, *, declined: bool) -> Rescreen:
    """Return it after a screening ended; one that staff paused stays so."""
    months = rule.declined_months if declined else rule.every_months
    why: Why = "declined" if declined else "interval"
    return _moved(one, later(at, months), why, at, counts_from=at)


def discharged(one: Rescreen, rule: Rule, home_since: datetime, at: datetime) -> Rescreen:
    """Return it after a discharge: sooner, never later, and a no holds."""
    if rule.after_discharge_days is None or one.why == "declined" or one.status == "paused":
        return one
    if one.why == "by-staff" and one.next_at is None:
        return one  # "not by itself" is what they said
    soon = home_since + timedelta(days=rule.after_discharge_days)
    if soon < at or (one.next_at is not None and one.next_at <= soon):
        return one
    return _moved(one, soon, "discharge", at)


def put_off(one: Rescreen, at: datetime) -> Rescreen:
    """Return it while something else is being asked."""
    why: Why = "by-staff" if one.why == "by-staff" else "screening-open"
    return _moved(one, at + LATER, why, at)


def holds(one: Rescreen, rule: Rule | None) -> bool:
    """Say whether it is asked by itself: as a rule says, or at the moment that staff chose."""
    return one.why == "by-staff" or (rule is not None and rule.active)


def asked(one: Rescreen, rule: Rule | None, at: datetime, *, by_hand: bool) -> Rescreen:
    """Return it after it was begun, or given to a person; its end, if it comes, sets it anew."""
    why: Why = "by-hand" if by_hand else "interval"
    again = later(at, rule.every_months) if rule is not None and rule.active else None
    return _moved(one, again, why, at)


def rested(one: Rescreen, at: datetime) -> Rescreen:
    """Return it for somebody who is not in care any more."""
    return _moved(one, None, "not-in-care", at)


def caught_up(
    rule: Rule, person: PatientId, ended_at: datetime, at: datetime, *, declined: bool
) -> datetime:
    """Return when somebody is asked who was last asked before there was a rule."""
    due = later(ended_at, rule.declined_months if declined else rule.every_months)
    return due if due > at else in_turn(person, at)


def in_turn(person: PatientId, at: datetime) -> datetime:
    """Return somebody's own moment of the days in which the overdue are asked: never all at once.

    The store says the same in SQL.
    """
    place = int.from_bytes(person.bytes[-4:], "big") / 2**32
    return at + CATCH_UP * place


def later(at: datetime, months: int) -> datetime:
    """Return the same day some months later, or the last one of a shorter month."""
    return at + relativedelta(months=months)


def _moved(
    one: Rescreen,
    next_at: datetime | None,
    why: Why,
    at: datetime,
    *,
    counts_from: datetime | None = None,
) -> Rescreen:
    return replace(
        one,
        next_at=next_at,
        why=why,
        counts_from=counts_from or one.counts_from,
        changed_at=at,
        version=one.version + 1,
    )
