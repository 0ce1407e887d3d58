"""Minutes that staff logged, added up for each person and month of the practice's calendar. (p).

Only what somebody wrote down counts. This room refuses to guess how long work took from when it was
claimed and when it was closed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.measures.events import Spent
from engage.measures.evidence import Period


class Logged(Struct, frozen=True):
    """Minutes for one person, and when the work was done."""

    person: UUID
    at: datetime
    minutes: int


def months(logged: Iterable[Logged], when: Period) -> Iterator[Spent]:
    """Return what was spent for each person in each month, as far as the period reaches.

    A month of which the period holds only a part is not over: more belongs to it.
    """
    zone = ZoneInfo(when.zone)
    spent: Counter[tuple[UUID, date]] = Counter()
    for one in logged:
        if when.began <= one.at < when.ended and one.at <= when.watched_until:
            spent[one.person, one.at.astimezone(zone).date().replace(day=1)] += one.minutes
    for (person, first), minutes in sorted(spent.items()):
        ends = datetime.combine(_next(first), time(), zone).astimezone(UTC)
        begins = datetime.combine(first, time(), zone).astimezone(UTC)
        whole = when.began <= begins and ends <= min(when.ended, when.watched_until)
        yield Spent(person=person, minutes=minutes, over=whole)


def _next(first: date) -> date:
    years, month = divmod(first.month, 12)
    return date(first.year + years, month + 1, 1)
