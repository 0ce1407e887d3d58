"""Visits whose hour came, rides and boxes of a day, and minutes that were logged, for measures.

A visit that was called off before, or never stood, is no visit that somebody could keep. This room
refuses to read where anybody goes, or what for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
)

from engage.db.session import Query, Work
from engage.db.tables import appointment, ride, time_spent
from engage.measures.events import Driven, Visited
from engage.measures.evidence import Period
from engage.measures.spending import Logged

_PRACTICE = bindparam("practice", type_=Uuid())
_FROM = bindparam("began", type_=DateTime(timezone=True))
_TO = bindparam("ended", type_=DateTime(timezone=True))
_KEPT = ("arrived", "checked-in", "fulfilled")
_MISSED = "noshow"
_FELL_THROUGH = ("failed", "cancelled")


def _words(*words: str) -> ColumnElement[Any]:
    return any_(literal(list(words), ARRAY(Text)))


_VISITED = Query(
    select(
        appointment.c.patient_id,
        appointment.c.start_at,
        appointment.c.status,
        appointment.c.changed_at,
    ).where(
        appointment.c.practice_id == _PRACTICE,
        appointment.c.start_at >= _FROM,
        appointment.c.start_at < _TO,
        appointment.c.status == _words("booked", _MISSED, *_KEPT),
    )
)
# Without a time of its own or of a visit it is due when its day is over.
_end_of_day = func.timezone(ride.c.zone, cast(ride.c.day + 1, DateTime))
_DRIVEN = Query(
    select(
        ride.c.patient_id,
        ride.c.kind,
        ride.c.status,
        ride.c.changed_at,
        func.coalesce(ride.c.pickup_at, appointment.c.start_at, _end_of_day).label("due_at"),
    )
    .select_from(
        ride.outerjoin(
            appointment,
            and_(
                appointment.c.practice_id == ride.c.practice_id,
                appointment.c.id == ride.c.appointment_id,
            ),
        )
    )
    .where(
        ride.c.practice_id == _PRACTICE,
        ride.c.day >= bindparam("first_day", type_=Date()),
        ride.c.day <= bindparam("last_day", type_=Date()),
    )
)
_LOGGED = Query(
    select(time_spent.c.patient_id, time_spent.c.at, time_spent.c.minutes).where(
        time_spent.c.practice_id == _PRACTICE,
        time_spent.c.at >= _FROM,
        time_spent.c.at < _TO,
        time_spent.c.patient_id.is_not(None),
    )
)


async def visited(work: Work, cohort: Mapping[str, UUID | datetime]) -> tuple[Visited, ...]:
    """Return the visits of the period, with what is known of each."""
    return tuple(
        Visited(
            person=row["patient_id"],
            starts_at=row["start_at"],
            kept_at=row["changed_at"] if row["status"] in _KEPT else None,
            missed_at=row["changed_at"] if row["status"] == _MISSED else None,
        )
        for row in await work.rows(_VISITED, **_days(cohort))
    )


async def driven(
    work: Work, cohort: Mapping[str, UUID | datetime], when: Period
) -> tuple[Driven, ...]:
    """Return the rides and boxes of the period's days."""
    rows = await work.rows(
        _DRIVEN, practice=cohort["practice"], first_day=when.first_day, last_day=when.last_day
    )
    return tuple(
        Driven(
            person=row["patient_id"],
            kind=row["kind"],
            due_at=row["due_at"],
            came_at=row["changed_at"] if row["status"] == "completed" else None,
            fell_through_at=row["changed_at"] if row["status"] in _FELL_THROUGH else None,
        )
        for row in rows
    )


async def logged(work: Work, cohort: Mapping[str, UUID | datetime]) -> tuple[Logged, ...]:
    """Return the minutes that were logged for somebody in the period."""
    rows = await work.rows(_LOGGED, **_days(cohort))
    return tuple(Logged(row["patient_id"], row["at"], row["minutes"]) for row in rows)


def _days(cohort: Mapping[str, UUID | datetime]) -> dict[str, UUID | datetime]:
    return {name: cohort[name] for name in ("practice", "began", "ended")}
