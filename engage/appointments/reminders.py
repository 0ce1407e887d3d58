"""When a visit is reminded of: some days and hours before, by the clock of its place. (p).

Days before a visit are days of that clock, at the same hour, so that the night on which clocks
change moves nothing; hours before are hours. What would be said at night is said the evening
before: a reminder after its visit helps nobody. Only the newest of what is due is said, and only
while it is fresh: after an outage, or for a visit that was booked late, nothing comes in a burst.
Who has answered is asked no more; how to get ready is told all the same. This room refuses to look
at a clock and to say anything.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engage.appointments.appointment import Appointment
from engage.appointments.asked.values import ReminderRule

PREPARE, MISSED = "prepare", "missed"
"""Steps that are no reminder."""

_DAY = 24
_MORNING, _EVENING, _NIGHT = time(9), time(18), time(20)
"""Nobody is reminded before the first or from the last on; in the evening they are [our rule]."""
_FRESH_DAYS, _FRESH_HOURS = timedelta(hours=6), timedelta(hours=1)
"""So long after its moment a reminder is still said: of days before, and of hours before."""


def next_at(visit: Appointment, rule: ReminderRule, at: datetime) -> datetime | None:
    """Return the next moment at which something is to be said of a visit; None if nothing is."""
    later = (moment for _, moment in _steps(visit, rule, at) if moment > at)
    return min(later, default=None)


def due_now(
    visit: Appointment, rule: ReminderRule, done: Collection[str], at: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the steps to take now, and those that are over without having been taken.

    Of several reminders that are due only the newest is taken; `done` are those of this time.
    """
    passed = [
        (moment, step)
        for step, moment in _steps(visit, rule, at)
        if moment <= at and step not in done
    ]
    asks = sorted(one for one in passed if one[1] != PREPARE)
    told = [one for one in passed if one[1] == PREPARE]
    taken = [step for moment, step in (*asks[-1:], *told) if at - moment <= _fresh(step)]
    return tuple(taken), tuple(step for _, step in passed if step not in taken)


def _steps(visit: Appointment, rule: ReminderRule, at: datetime) -> Iterator[tuple[str, datetime]]:
    if visit.time is None or not visit.is_ahead(at):
        return
    starts_at, clock = visit.time.starts_at, ZoneInfo(visit.zone)
    if visit.answer == "needs-action":
        for hours in rule.hours_before:
            yield str(hours), _by_day(_before(starts_at, hours, clock), clock)
    if rule.prepare_hours and visit.answer in {"needs-action", "accepted"}:
        yield PREPARE, _by_day(_before(starts_at, rule.prepare_hours, clock), clock)


def _before(starts_at: datetime, hours: int, clock: ZoneInfo) -> datetime:
    if hours % _DAY:
        return starts_at - timedelta(hours=hours)
    # On the wall: the same hour some days earlier, however long the nights between them were.
    local = starts_at.astimezone(clock)
    day = local.date() - timedelta(days=hours // _DAY)
    return datetime.combine(day, local.time(), clock).astimezone(starts_at.tzinfo)


def _by_day(moment: datetime, clock: ZoneInfo) -> datetime:
    """Return a moment by day, at night the evening before it."""
    local = moment.astimezone(clock)
    if _MORNING <= local.time() < _NIGHT:
        return moment
    day = local.date() if local.time() >= _NIGHT else local.date() - timedelta(days=1)
    evening = datetime.combine(day, _EVENING, clock)
    return evening.astimezone(moment.tzinfo)


def _fresh(step: str) -> timedelta:
    if step == PREPARE or int(step) >= _DAY:
        return _FRESH_DAYS
    return _FRESH_HOURS
