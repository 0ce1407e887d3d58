"""The measures: what began, what was waited for, and what else may end the wait. (p).

Each measure is one function from recorded events to waits; docs/measures.md has its definition in
words and where it comes from. Its cohort is what began in a period, watched until a moment given
with it. This room refuses events that nobody recorded: what can't be measured yet is not guessed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.measures.cells import BANDS, By, Hidden, Person, group_of, hidden, parted
from engage.measures.waits import Summary, Wait, summary, wait
from engage.queue.clocks import Calendar

Name: TypeAlias = Literal[
    "reach",
    "response",
    "opt-out",
    "first-touch",
    "first-touch-business",
    "help-wanted",
    "need-met",
    "referral-accepted",
    "service-given",
    "loop-closed",
]
NAMES: tuple[Name, ...] = get_args(Name)

LONGEST_WATCH = timedelta(days=60)
"""For so long after a period its cohort is watched: the window of a closed loop (60 days)."""

HORIZONS: Mapping[Name, timedelta] = {
    "response": timedelta(days=7),
    "first-touch": timedelta(days=1),
    "service-given": timedelta(days=30),
    "loop-closed": LONGEST_WATCH,
}
"""The window that a measure names, beside how long it took."""


class Asked(Struct, frozen=True, kw_only=True):
    """Questions that were to be asked by text: a screening or a check-in."""

    person: UUID
    #: When the first text of it left; None if none has.
    left_at: datetime | None
    delivered_at: datetime | None
    replied_at: datetime | None


class Texted(Struct, frozen=True, kw_only=True):
    """Somebody who was sent a text in the period, and when their phone was closed in it."""

    person: UUID
    first_at: datetime
    opted_out_at: datetime | None


class Worked(Struct, frozen=True, kw_only=True):
    """Work that an answer or a person's words opened."""

    person: UUID
    opened_at: datetime
    #: The first reply, call or closing by a person.
    touched_at: datetime | None
    #: When it turned out that nobody had to look: what opened it was another's or taken back.
    withdrawn_at: datetime | None


class Needed(Struct, frozen=True, kw_only=True):
    """A risk that was found, and what its person said of it."""

    person: UUID
    found_at: datetime
    wanted_at: datetime | None
    declined_at: datetime | None
    #: They said that what was arranged came.
    confirmed_at: datetime | None


class Referred(Struct, frozen=True, kw_only=True):
    """A referral that was requested."""

    person: UUID
    requested_at: datetime
    accepted_at: datetime | None
    completed_at: datetime | None
    #: Rejected, failed or cancelled, with a reason; and without one.
    unresolved_at: datetime | None
    dropped_at: datetime | None


class Evidence(Struct, frozen=True, kw_only=True):
    """Everything that was recorded of one practice's period."""

    asked: tuple[Asked, ...] = ()
    texted: tuple[Texted, ...] = ()
    worked: tuple[Worked, ...] = ()
    needed: tuple[Needed, ...] = ()
    referred: tuple[Referred, ...] = ()
    people: tuple[Person, ...] = ()


class Period(Struct, frozen=True, kw_only=True):
    """What began in these days is watched until a moment."""

    first_day: date
    last_day: date
    began: datetime
    ended: datetime
    watched_until: datetime


class Measured(Struct, frozen=True, kw_only=True):
    """One measure of one group. What is hidden has a reason and no figure at all."""

    measure: Name
    group: str | None
    figures: Summary | Hidden


def period(first_day: date, last_day: date, zone: str, now: datetime) -> Period:
    """Return the days of a practice's own calendar, both included, watched until now at most."""
    place = ZoneInfo(zone)
    began = datetime.combine(first_day, time(), place).astimezone(UTC)
    ended = datetime.combine(last_day + timedelta(days=1), time(), place).astimezone(UTC)
    return Period(
        first_day=first_day,
        last_day=last_day,
        began=began,
        ended=ended,
        watched_until=min(now, ended + LONGEST_WATCH),
    )


def waits(measure: Name, found: Evidence, when: Period, calendar: Calendar) -> Iterator[Wait]:
    """Return the waits of a measure."""
    yield from _MEASURES[measure](found, when, calendar)


def _reach(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.asked:
        if one.left_at is not None:
            arrived = _first(one.delivered_at, one.replied_at)
            yield wait(one.person, one.left_at, when.watched_until, arrived)


def _response(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.asked:
        if one.left_at is not None:
            yield wait(one.person, one.left_at, when.watched_until, one.replied_at)


def _opt_out(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    until = min(when.watched_until, when.ended)
    for one in found.texted:
        yield wait(one.person, one.first_at, until, one.opted_out_at)


def _first_touch(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.worked:
        until = min(when.watched_until, one.withdrawn_at or when.watched_until)
        yield wait(one.person, one.opened_at, until, one.touched_at)


def _first_touch_business(found: Evidence, when: Period, calendar: Calendar) -> Iterator[Wait]:
    for one, clock in zip(found.worked, _first_touch(found, when, calendar), strict=True):
        lasted = business_time(calendar, one.opened_at, one.opened_at + clock.lasted)
        yield Wait(person=one.person, lasted=lasted, end=clock.end)


def _help_wanted(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.needed:
        until = when.watched_until
        yield wait(one.person, one.found_at, until, one.wanted_at, one.declined_at)


def _need_met(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.needed:
        if one.wanted_at is not None and one.wanted_at <= when.watched_until:
            asked_for = max(one.wanted_at, one.found_at)
            yield wait(one.person, asked_for, when.watched_until, one.confirmed_at)


def _referral_accepted(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.referred:
        accepted = _first(one.accepted_at, one.completed_at)
        ended = _first(one.unresolved_at, one.dropped_at)
        yield wait(one.person, one.requested_at, when.watched_until, accepted, ended)


def _service_given(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.referred:
        ended = _first(one.unresolved_at, one.dropped_at)
        yield wait(one.person, one.requested_at, when.watched_until, one.completed_at, ended)


def _loop_closed(found: Evidence, when: Period, _: Calendar) -> Iterator[Wait]:
    for one in found.referred:
        closed = _first(one.completed_at, one.unresolved_at)
        yield wait(one.person, one.requested_at, when.watched_until, closed, one.dropped_at)


_MEASURES: Mapping[Name, Callable[[Evidence, Period, Calendar], Iterator[Wait]]] = {
    "reach": _reach,
    "response": _response,
    "opt-out": _opt_out,
    "first-touch": _first_touch,
    "first-touch-business": _first_touch_business,
    "help-wanted": _help_wanted,
    "need-met": _need_met,
    "referral-accepted": _referral_accepted,
    "service-given": _service_given,
    "loop-closed": _loop_closed,
}


def measured(
    found: Evidence, when: Period, by: By, calendar: Calendar, names: Iterable[Name] = NAMES
) -> tuple[Measured, ...]:
    """Return every measure of everybody and, asked for, of each group; the small ones hidden."""
    people = {one.id: one for one in found.people}

    def group(person: UUID) -> str | None:
        return group_of(people.get(person), by, when.first_day)

    return tuple(
        one
        for name in names
        for one in _measured(name, tuple(waits(name, found, when, calendar)), group)
    )


def _measured(
    name: Name, known: tuple[Wait, ...], group: Callable[[UUID], str | None]
) -> Iterator[Measured]:
    horizon = HORIZONS.get(name)
    everybody = {one.person for one in known}
    whole = hidden({"": len(everybody)}).get("")
    yield Measured(measure=name, group=None, figures=whole or summary(known, horizon))
    groups = parted(tuple(everybody), group)
    why = hidden({part: len(members) for part, members in groups.items()})
    for part in sorted(groups, key=_place):
        figures = why.get(part) or summary(
            (one for one in known if one.person in groups[part]), horizon
        )
        yield Measured(measure=name, group=part, figures=figures)


def business_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return for how long the practice was open between two moments."""
    zone, total = ZoneInfo(calendar.zone), timedelta()
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for opens, closes in calendar.spans_of(day):
            # In UTC: the difference of two wall clocks is wrong on the nights that change them.
            began = max(datetime.combine(day, opens, zone).astimezone(UTC), start)
            ended = min(datetime.combine(day, closes, zone).astimezone(UTC), end)
            total += max(ended - began, timedelta())
        day += timedelta(days=1)
    return total


def _first(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def _place(part: str) -> tuple[int, str]:
    """Order bands by age, languages by name."""
    return (BANDS.index(part) if part in BANDS else 0, part)
