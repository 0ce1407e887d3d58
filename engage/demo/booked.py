"""The demo's schedule: free times for some weeks, and a visit in two days whose reminder is near.

A visit is reminded of two days before, so one that begins two days and a minute from now lets the
story of a reminder be played at once; at night, when nobody is reminded, in the morning. This room
refuses to look at a clock.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.appointments import adding, slotting
from engage.appointments.keeping import NewVisit
from engage.appointments.pattern import Pattern
from engage.appointments.slot import Schedule
from engage.appointments.slots import store
from engage.appointments.words import Teller
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import StaffId
from engage.people.practice import WEEKDAYS

_NEAR = timedelta(days=2, minutes=1)
_MINUTE = timedelta(minutes=1)


class Hours(Struct, forbid_unknown_fields=True):
    """A schedule as the file gives it."""

    name: str
    place: str
    weekdays: tuple[str, ...]
    at: tuple[time, ...]
    minutes: int
    weeks: int
    prepare_en: str
    prepare_es: str
    #: Who is seen in two days, by external id, and what for.
    soon: str
    what: str


async def open_book(
    work: Work,
    keys: PracticeKeys,
    schedule: Schedule,
    hours: Hours,
    soon: NewVisit,
    by: StaffId,
    at: datetime,
) -> None:
    """Add a schedule with its times, and the visit in two days, at a time of its own."""
    await store.add_schedule(work, schedule, at)
    begins = (at + _NEAR + _MINUTE).astimezone(ZoneInfo(schedule.zone))
    length = timedelta(minutes=hours.minutes)
    one = Pattern(
        from_day=begins.date(),
        until_day=begins.date(),
        hours=(begins.time().replace(second=0, microsecond=0),),
        length=length,
    )
    # The others begin two days later: none of them overlaps it, whatever the hour.
    first = begins.date() + timedelta(days=2)
    others = Pattern(
        from_day=first,
        until_day=first + timedelta(weeks=hours.weeks),
        weekdays=frozenset(WEEKDAYS.index(day) + 1 for day in hours.weekdays),
        hours=hours.at,
        length=length,
    )
    practice = keys.practice
    (its,) = await adding.add_times(work, practice, schedule.id, one, by, at)
    await adding.add_times(work, practice, schedule.id, others, by, at)
    await slotting.book_new(work, keys, soon, its.id, Teller("staff", by), at)
