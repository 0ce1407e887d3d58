"""How many texts a phone gets: one a day and three a week, over everything we send. (p).

Counted per line and by the local date of whoever reads; where the date is not known, in every zone
it may be. What we answer and what a person of the practice writes is not counted (kinds.py). When
there is not room for all, the order is that of the kinds; who waits is told until when, so that a
text that would come too late is dropped at once and seen on the person's page. This room refuses to
forget: what does not leave is always named.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from engage.ids import MessageId, PatientId
from engage.messaging.kinds import KINDS, TextKind
from engage.messaging.quiet_hours import Hours, local_day, next_midnight, next_open

A_WEEK = timedelta(days=7)


class Limits(Struct, frozen=True):
    """How many texts nobody asked for a line gets."""

    a_day: int = 1
    a_week: int = 3


class Waiting(Struct, frozen=True, kw_only=True):
    """A text of the line that has not left: another one that wants the same room."""

    id: MessageId
    kind: TextKind
    at: datetime
    #: Before this it can't leave, as far as is known.
    until: datetime | None = None
    patient_id: PatientId | None = None


def has_room(moment: datetime, hours: Hours, limits: Limits, left: Sequence[datetime]) -> int:
    """Return how many more texts may leave at a moment, after those that have left."""
    room = limits.a_day
    for place in hours.places:
        today = local_day(moment, place)
        days = [local_day(one, place) for one in left]
        this_day = sum(day == today for day in days)
        this_week = sum(today - A_WEEK < day <= today for day in days)
        room = min(room, limits.a_day - this_day, limits.a_week - this_week)
    return max(room, 0)


def before(kind: TextKind, at: datetime, others: Iterable[Waiting]) -> list[Waiting]:
    """Return the waiting texts that have the better claim to the room."""
    mine = (KINDS[kind].rank, at)
    return [
        one for one in others if KINDS[one.kind].budgeted and (KINDS[one.kind].rank, one.at) < mine
    ]


def next_room(
    moment: datetime,
    hours: Hours,
    limits: Limits,
    left: Sequence[datetime],
    ahead: Sequence[Waiting],
) -> datetime | None:
    """Return when, at the earliest, one more text may leave by day and within the limits.

    `ahead` are the texts that go before it; each takes one place of the day on which it can leave.
    None if there is no such moment for two weeks.
    """
    taken, queue = list(left), sorted(ahead, key=lambda one: KINDS[one.kind].rank)
    last = moment + 2 * A_WEEK
    opening = next_open(moment, hours)
    while opening is not None and opening <= last:
        tomorrow = next_midnight(opening, hours)
        for one in [one for one in queue if one.until is None or one.until < tomorrow]:
            if not has_room(opening, hours, limits, taken):
                break
            taken.append(opening)
            queue.remove(one)
        if has_room(opening, hours, limits, taken):
            return opening
        opening = next_open(tomorrow, hours)
    return None


def merged(
    waiting: Sequence[Waiting], hours: Hours, sayable: Iterable[str]
) -> tuple[tuple[Waiting, ...], ...]:
    """Return the groups of waiting texts that become one: two visits on one day are one text.

    One kind, one person, one local date (in every zone), and only where the catalogue has words for
    several (`sayable` are its ids). The first of a group is the one that speaks for all.
    """
    words = frozenset(sayable)
    groups: dict[tuple[object, ...], list[Waiting]] = {}
    for one in sorted(waiting, key=lambda text: (text.at, text.id.bytes)):
        if KINDS[one.kind].merged_by in words:
            dates = tuple(local_day(one.at, place) for place in hours.places)
            groups.setdefault((one.kind, one.patient_id, dates), []).append(one)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
