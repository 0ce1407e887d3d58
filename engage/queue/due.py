"""Why work is due when it is, whether it is late, and what new hours make of it. (p).

A due time is stored, so that a list is sorted without arithmetic; what it follows from is not. Here
it is found again from what happened and the calendar, so that a person can check it, and so that
hours that change move what they explain. An answer stops the clock; words that raise no flag never
start it again. This room refuses to guess: a time that nothing here explains is called `kept`.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.conversation.severity import SEVERITIES, Severity
from engage.queue.clocks import Calendar, due_at

Rule: TypeAlias = Literal[
    "at-once", "business-day", "business-days", "before-visit", "kept", "answered"
]
"""`at-once`: minutes, around the clock. `business-day`: that day's close. `business-days`: the
close of the second day after. `kept`: the cause said when, or hours have changed since."""

_RULE: dict[Severity, Rule] = {
    "crisis": "at-once",
    "possible": "at-once",
    "urgent": "business-day",
    "routine": "business-days",
}
_BY_THE_CALENDAR = ("urgent", "routine")


class Ground(Struct, frozen=True):
    """Something that happened which sets a clock."""

    severity: Severity
    at: datetime


class Told(Struct, frozen=True, kw_only=True):
    """What is known of a piece of work that its clock depends on."""

    due_at: datetime
    opened_at: datetime
    #: Its flags, and that it was opened again.
    grounds: tuple[Ground, ...] = ()
    #: When a person first answered.
    touched_at: datetime | None = None
    #: Since when somebody waits for an answer.
    waiting_since: datetime | None = None
    visit_at: datetime | None = None


class DueWhy(Struct, frozen=True, kw_only=True):
    """Why work is due when it is: which rule, from when, and what lay between."""

    rule: Rule
    from_at: datetime
    #: Null around the clock, and where no clock runs.
    business_minutes: int | None
    #: Holidays between on which the practice would have opened.
    closed_on: tuple[date, ...]
    zone: str


def due_why(told: Told, calendar: Calendar) -> DueWhy:
    """Say why work is due when it is."""

    def why(rule: Rule, since: datetime, *, business: bool = True) -> DueWhy:
        between = calendar.business_between(since, told.due_at)
        return DueWhy(
            rule=rule,
            from_at=since,
            business_minutes=between // timedelta(minutes=1) if business else None,
            closed_on=calendar.closed_between(since, told.due_at) if business else (),
            zone=calendar.zone,
        )

    if told.touched_at is not None and told.waiting_since is None:
        return why("answered", told.touched_at, business=False)
    found = _explains(told, calendar)
    if found is not None:
        rule = _RULE[found.severity]
        return why(rule, found.at, business=rule != "at-once")
    if told.visit_at is not None and told.due_at < told.visit_at:
        return why("before-visit", told.visit_at, business=False)
    return why("kept", told.opened_at)


def retimed(told: Told, before: Calendar, after: Calendar) -> datetime:
    """Return when work is due once the practice's hours have changed.

    What business hours explain moves with them; what runs around the clock, or was set by its
    cause, stays.
    """
    found = _explains(told, before)
    if found is None or found.severity not in _BY_THE_CALENDAR:
        return told.due_at
    alike = [one for one in told.grounds if one.severity in _BY_THE_CALENDAR] or [found]
    return min(due_at(one.severity, one.at, after) for one in alike)


def answer_by(told: Told, severity: Severity, calendar: Calendar) -> datetime | None:
    """Return by when somebody must act; None while a person has answered and nobody waits.

    Whoever writes again after an answer starts a clock of their own: the old one was kept.
    """
    if told.touched_at is None:
        return told.due_at
    if told.waiting_since is None:
        return None
    if told.waiting_since < told.touched_at:
        return told.due_at
    return max(told.due_at, due_at(severity, told.waiting_since, calendar))


def is_late(told: Told, severity: Severity, calendar: Calendar, at: datetime) -> bool:
    """Say whether somebody waits longer than they should."""
    by = answer_by(told, severity, calendar)
    return by is not None and by < at


def _explains(told: Told, calendar: Calendar) -> Ground | None:
    """Return the first event after which work is due at exactly this moment."""
    return next(
        (
            one
            for one in sorted(_events(told.grounds, told.opened_at), key=lambda one: one.at)
            if due_at(one.severity, one.at, calendar) == told.due_at
        ),
        None,
    )


def _events(grounds: Sequence[Ground], opened_at: datetime) -> Iterable[Ground]:
    yield from grounds
    # Work that no flag opened (a discharge, a visit) has its own moment only.
    yield from (Ground(severity, opened_at) for severity in SEVERITIES)
