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

from engage.measures.cells import BANDS, By, Hidden, group_of, hidden, parted
from engage.measures.events import Evidence, Spent
from engage.measures.waits import Summary, Wait, summary, wait
from engage.queue.clocks import Calendar

Name: TypeAlias = Literal[
    "reach",
    "response",
    "opt-out",
    "screened",
    "positive",
    "first-touch",
    "first-touch-business",
    "help-wanted",
    "help-arranged",
    "taken-on",
    "need-met",
    "need-resolved",
    "referral-accepted",
    "service-given",
    "loop-closed",
    "visit-kept",
    "ride-came",
    "minutes-a-month",
    "minutes-a-need",
]
NAMES: tuple[Name, ...] = get_args(Name)

LONGEST_WATCH = timedelta(days=60)
"""For so long after a period its cohort is watched: the window of a closed loop (60 days)."""

AGAIN = (timedelta(days=30), timedelta(days=90))
"""When the same question counts as asked again; its cohort is watched for as long."""

HORIZONS: Mapping[Name, timedelta] = {
    "response": timedelta(days=7),
    "first-touch": timedelta(days=1),
    "help-arranged": timedelta(days=30),
    "taken-on": LONGEST_WATCH,
    "need-resolved": AGAIN[1],
    "service-given": timedelta(days=30),
    "loop-closed": LONGEST_WATCH,
}
"""The window that a measure names, beside how long it took."""

UNTIMED: frozenset[Name] = frozenset({"positive", "visit-kept", "ride-came"})
"""Of these only the shares mean something: when somebody wrote it down is no one's wait."""

SPENDING: frozenset[Name] = frozenset({"minutes-a-month", "minutes-a-need"})
"""How long they lasted is work of staff, and adds up."""

About: TypeAlias = tuple[str, str | None]
"""What of: a domain, a kind, or an instrument and its version."""


class Period(Struct, frozen=True, kw_only=True):
    """What began in these days is watched until a moment."""

    first_day: date
    last_day: date
    zone: str
    began: datetime
    ended: datetime
    watched_until: datetime
    #: For as long as a question may be asked again.
    asked_until: datetime


class Measured(Struct, frozen=True, kw_only=True):
    """One measure of one group. What is hidden has a reason and no figure at all."""

    measure: Name
    about: About | None
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
        zone=zone,
        began=began,
        ended=ended,
        watched_until=min(now, ended + LONGEST_WATCH),
        asked_until=min(now, ended + AGAIN[1]),
    )


_Known: TypeAlias = tuple[About | None, Wait]
_Measure: TypeAlias = Callable[[Evidence, Period, Calendar], Iterator[_Known]]


def waits(measure: Name, found: Evidence, when: Period, calendar: Calendar) -> Iterator[Wait]:
    """Return the waits of a measure, whatever they are about."""
    return (one for _, one in _MEASURES[measure](found, when, calendar))


def _reach(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.asked:
        if one.left_at is not None:
            arrived = _first(one.delivered_at, one.replied_at)
            yield None, wait(one.person, one.left_at, when.watched_until, arrived)


def _response(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.asked:
        if one.left_at is not None:
            yield None, wait(one.person, one.left_at, when.watched_until, one.replied_at)


def _opt_out(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    until = min(when.watched_until, when.ended)
    for one in found.texted:
        yield None, wait(one.person, one.first_at, until, one.opted_out_at)


def _screened(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.screened:
        until = when.watched_until
        yield (
            (one.domain, None),
            wait(one.person, one.offered_at, until, one.answered_at, one.ended_at),
        )


def _positive(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.judged:
        settled = one.began_at
        risk, none = (settled, None) if one.at_risk else (None, settled)
        yield (
            (one.instrument, one.version),
            wait(one.person, settled, max(settled, when.watched_until), risk, none),
        )


def _first_touch(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.worked:
        until = min(when.watched_until, one.withdrawn_at or when.watched_until)
        yield None, wait(one.person, one.opened_at, until, one.touched_at)


def _first_touch_business(found: Evidence, when: Period, calendar: Calendar) -> Iterator[_Known]:
    by_clock = _first_touch(found, when, calendar)
    for one, (_, clock) in zip(found.worked, by_clock, strict=True):
        lasted = business_time(calendar, one.opened_at, one.opened_at + clock.lasted)
        yield None, Wait(person=one.person, lasted=lasted, end=clock.end)


def _help_wanted(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.needed:
        until = when.watched_until
        yield None, wait(one.person, one.found_at, until, one.wanted_at, one.declined_at)


def _help_arranged(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.needed:
        until = when.watched_until
        yield None, wait(one.person, one.found_at, until, one.arranged_at, one.declined_at)


def _taken_on(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.needed:
        until = when.watched_until
        yield None, wait(one.person, one.found_at, until, one.taken_on_at, one.declined_at)


def _need_met(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.needed:
        if one.wanted_at is not None and one.wanted_at <= when.watched_until:
            asked_for = max(one.wanted_at, one.found_at)
            yield None, wait(one.person, asked_for, when.watched_until, one.confirmed_at)


def _need_resolved(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.asked_again:
        gone, still = (None, one.again_at) if one.still else (one.again_at, None)
        until = min(when.asked_until, one.found_at + AGAIN[1])
        yield None, wait(one.person, one.found_at, until, gone, still)


def _referral_accepted(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.referred:
        accepted = _first(one.accepted_at, one.completed_at)
        ended = _first(one.unresolved_at, one.dropped_at)
        yield None, wait(one.person, one.requested_at, when.watched_until, accepted, ended)


def _service_given(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.referred:
        ended = _first(one.unresolved_at, one.dropped_at)
        yield None, wait(one.person, one.requested_at, when.watched_until, one.completed_at, ended)


def _loop_closed(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.referred:
        closed = _first(one.completed_at, one.unresolved_at)
        yield None, wait(one.person, one.requested_at, when.watched_until, closed, one.dropped_at)


def _visit_kept(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.visited:
        until = when.watched_until
        if one.starts_at <= until:
            yield None, wait(one.person, one.starts_at, until, one.kept_at, one.missed_at)


def _ride_came(found: Evidence, when: Period, _: Calendar) -> Iterator[_Known]:
    for one in found.driven:
        until = when.watched_until
        if one.due_at <= until:
            yield (
                (one.kind, None),
                wait(one.person, one.due_at, until, one.came_at, one.fell_through_at),
            )


def _minutes_a_month(found: Evidence, _when: Period, _: Calendar) -> Iterator[_Known]:
    return _spending(found.months)


def _minutes_a_need(found: Evidence, _when: Period, _: Calendar) -> Iterator[_Known]:
    return _spending(found.loops)


def _spending(of: Iterable[Spent]) -> Iterator[_Known]:
    """Take what was spent so far for a wait like any other: more may come, until it is over."""
    for one in of:
        end: Literal["happened", "open"] = "happened" if one.over else "open"
        yield None, Wait(person=one.person, lasted=timedelta(minutes=one.minutes), end=end)


_MEASURES: Mapping[Name, _Measure] = {
    "reach": _reach,
    "response": _response,
    "opt-out": _opt_out,
    "screened": _screened,
    "positive": _positive,
    "first-touch": _first_touch,
    "first-touch-business": _first_touch_business,
    "help-wanted": _help_wanted,
    "help-arranged": _help_arranged,
    "taken-on": _taken_on,
    "need-met": _need_met,
    "need-resolved": _need_resolved,
    "referral-accepted": _referral_accepted,
    "service-given": _service_given,
    "loop-closed": _loop_closed,
    "visit-kept": _visit_kept,
    "ride-came": _ride_came,
    "minutes-a-month": _minutes_a_month,
    "minutes-a-need": _minutes_a_need,
}


def measured(
    found: Evidence, when: Period, by: By, calendar: Calendar, names: Iterable[Name] = NAMES
) -> tuple[Measured, ...]:
    """Return every measure of everybody and, asked for, of each group; the small ones hidden.

    A measure that is about several things (domains, instruments) has each of them, and no whole.
    """
    people = {one.id: one for one in found.people}

    def group(person: UUID) -> str | None:
        return group_of(people.get(person), by, when.first_day)

    measures: list[Measured] = []
    for name in names:
        known: dict[About | None, list[Wait]] = {}
        for about, one in _MEASURES[name](found, when, calendar):
            known.setdefault(about, []).append(one)
        for about in sorted(known, key=str) or [None]:
            measures += _measured(name, about, tuple(known.get(about, ())), group)
    return tuple(measures)


def _measured(
    name: Name,
    about: About | None,
    known: tuple[Wait, ...],
    group: Callable[[UUID], str | None],
) -> Iterator[Measured]:
    horizon, timed = HORIZONS.get(name), name not in UNTIMED
    everybody = {one.person for one in known}
    whole = hidden({"": len(everybody)}).get("")
    figures = whole or summary(known, horizon, timed=timed)
    yield Measured(measure=name, about=about, group=None, figures=figures)
    groups = parted(tuple(everybody), group)
    why = hidden({part: len(members) for part, members in groups.items()})
    for part in sorted(groups, key=_place):
        figures = why.get(part) or summary(
            (one for one in known if one.person in groups[part]), horizon, timed=timed
        )
        yield Measured(measure=name, about=about, group=part, figures=figures)


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
