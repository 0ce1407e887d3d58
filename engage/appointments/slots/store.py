"""Schedules and their times in the database. Lock order: line, patients, slot, item.

What may be offered is found by its schedule and its start, and rows that somebody else is just
looking at are passed over: nobody waits to be shown a time. This room refuses to decide.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, insert, or_, select, update

from engage.appointments.slot import Schedule, Slot
from engage.db.session import Query, Row, Work
from engage.db.tables import place, schedule, slot
from engage.ids import (
    AppointmentId,
    PatientId,
    PlaceId,
    PracticeId,
    ScheduleId,
    SlotId,
)

_UUIDS = ARRAY(Uuid())
_MOMENT = DateTime(timezone=True)
_HERE = slot.c.practice_id == bindparam("practice", type_=Uuid())
_LOCKED = Query(
    select(slot)
    .where(_HERE, slot.c.id == any_(bindparam("some", type_=_UUIDS)))
    .order_by(slot.c.id)
    .with_for_update()
)
_OF_VISIT = Query(select(slot).where(_HERE, slot.c.appointment_id == bindparam("visit")))
_OPEN = Query(
    select(slot)
    .where(
        _HERE,
        slot.c.schedule_id == bindparam("schedule", type_=Uuid()),
        slot.c.start_at > bindparam("since", type_=_MOMENT),
        slot.c.start_at <= bindparam("until", type_=_MOMENT),
        or_(
            slot.c.status == "free",
            (slot.c.status == "busy-tentative")
            & (slot.c.held_until <= bindparam("at", type_=_MOMENT)),
        ),
    )
    .order_by(slot.c.start_at, slot.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CHANGES = ("status", "held_for", "held_until", "appointment_id", "version")
_SAVE = Query(
    update(slot)
    .where(_HERE, slot.c.id == bindparam("one"))
    .values({name: bindparam(f"its_{name}", type_=slot.c[name].type) for name in _CHANGES})
)
_ADD = Query(
    insert(slot).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in slot.c})
)
_SCHEDULE = Query(
    select(schedule, place.c.zone)
    .join(
        place,
        (place.c.practice_id == schedule.c.practice_id) & (place.c.id == schedule.c.place_id),
    )
    .where(
        schedule.c.practice_id == bindparam("practice", type_=Uuid()),
        schedule.c.id == bindparam("one", type_=Uuid()),
    )
)


async def locked(work: Work, practice: PracticeId, some: Sequence[SlotId]) -> tuple[Slot, ...]:
    """Lock times, always in the order of their ids, and return those that there are."""
    if not some:
        return ()
    rows = await work.rows(_LOCKED, practice=practice, some=sorted(set(some)))
    return tuple(_slot(row) for row in rows)


async def of_visit(work: Work, practice: PracticeId, visit: AppointmentId) -> Slot | None:
    """Return the time that a visit has, if it has one of ours."""
    row = await work.maybe(_OF_VISIT, practice=practice, visit=visit)
    return None if row is None else _slot(row)


async def open_ones(
    work: Work,
    practice: PracticeId,
    schedule_id: ScheduleId,
    since: datetime,
    until: datetime,
    at: datetime,
    most: int,
) -> tuple[Slot, ...]:
    """Lock and return times that may be offered, soonest first, but for those in others' hands."""
    rows = await work.rows(
        _OPEN,
        practice=practice,
        schedule=schedule_id,
        since=since,
        until=until,
        at=at,
        most=most,
    )
    return tuple(_slot(row) for row in rows)


async def save(work: Work, after: Slot) -> None:
    """Write how a time stands; the caller has locked it."""
    await work.run(
        _SAVE,
        practice=after.practice_id,
        one=after.id,
        **{f"its_{name}": getattr(after, name) for name in _CHANGES},
    )


async def add(work: Work, new: Slot) -> None:
    """Add a time; times of one schedule that overlap are refused by the database."""
    await work.run(
        _ADD,
        its_practice_id=new.practice_id,
        its_id=new.id,
        its_schedule_id=new.schedule_id,
        its_start_at=new.starts_at,
        its_end_at=new.ends_at,
        **{f"its_{name}": getattr(new, name) for name in _CHANGES},
    )


async def schedule_of(work: Work, practice: PracticeId, one: ScheduleId) -> Schedule | None:
    """Return a schedule, with the clock of its place."""
    row = await work.maybe(_SCHEDULE, practice=practice, one=one)
    return None if row is None else schedule_from(row)


def schedule_from(row: Row) -> Schedule:
    """Return a schedule from its row and the zone of its place."""
    return Schedule(
        practice_id=PracticeId(row["practice_id"]),
        id=ScheduleId(row["id"]),
        place_id=PlaceId(row["place_id"]),
        name=row["name"],
        zone=row["zone"],
        prepare_en=row["prepare_en"],
        prepare_es=row["prepare_es"],
        active=row["active"],
        version=row["version"],
    )


def _slot(row: Row) -> Slot:
    return Slot(
        practice_id=PracticeId(row["practice_id"]),
        id=SlotId(row["id"]),
        schedule_id=ScheduleId(row["schedule_id"]),
        starts_at=row["start_at"],
        ends_at=row["end_at"],
        status=row["status"],
        held_for=None if row["held_for"] is None else PatientId(row["held_for"]),
        held_until=row["held_until"],
        appointment_id=row["appointment_id"],
        version=row["version"],
    )
