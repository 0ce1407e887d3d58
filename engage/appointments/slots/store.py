"""Schedules and their times in the database. Lock order: line, patients, slot, item.

What may be offered is found by its schedule and its start, and rows that somebody else is just
looking at are passed over: nobody waits to be shown a time. This room refuses to decide.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from engage.appointments.appointment import LONGEST
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
_SEVERAL = Query(select(slot).where(_HERE, slot.c.id == any_(bindparam("some", type_=_UUIDS))))
_OF_VISIT = Query(select(slot).where(_HERE, slot.c.appointment_id == bindparam("visit")))
_AT_TIME = Query(
    select(slot).where(
        _HERE,
        slot.c.schedule_id == bindparam("schedule", type_=Uuid()),
        slot.c.start_at == bindparam("start", type_=_MOMENT),
        slot.c.status != "entered-in-error",
    )
)
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
_new = (
    func.unnest(
        bindparam("ids", type_=_UUIDS),
        bindparam("starts", type_=ARRAY(_MOMENT)),
        bindparam("ends", type_=ARRAY(_MOMENT)),
    )
    .table_valued(column("id", Uuid()), column("start_at", _MOMENT), column("end_at", _MOMENT))
    .render_derived()
)
_ADD_ALL = Query(
    insert(slot).from_select(
        ["practice_id", "schedule_id", "id", "start_at", "end_at", "status"],
        select(
            bindparam("practice", type_=Uuid()),
            bindparam("schedule", type_=Uuid()),
            _new.c.id,
            _new.c.start_at,
            _new.c.end_at,
            literal("free"),
        ),
    )
)
_schedules = select(schedule, place.c.zone).join(
    place,
    (place.c.practice_id == schedule.c.practice_id) & (place.c.id == schedule.c.place_id),
)
_one_schedule = _schedules.where(
    schedule.c.practice_id == bindparam("practice", type_=Uuid()),
    schedule.c.id == bindparam("one", type_=Uuid()),
)
_SCHEDULE = Query(_one_schedule)
_LOCKED_SCHEDULE = Query(_one_schedule.with_for_update(of=schedule, key_share=True))
_SCHEDULES = Query(
    _schedules.where(
        schedule.c.practice_id == any_(bindparam("practices", type_=_UUIDS)),
        schedule.c.id > bindparam("after", type_=Uuid()),
    )
    .order_by(schedule.c.id)
    .limit(bindparam("most"))
)
_OF_SCHEDULE = ("name", "prepare_en", "prepare_es", "active", "version")
_ADD_SCHEDULE = Query(
    insert(schedule).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in schedule.c})
)
_SAVE_SCHEDULE = Query(
    update(schedule)
    .where(
        schedule.c.practice_id == bindparam("practice", type_=Uuid()),
        schedule.c.id == bindparam("one"),
    )
    .values({name: bindparam(f"its_{name}", type_=schedule.c[name].type) for name in _OF_SCHEDULE})
)
_OF = slot.c.schedule_id == bindparam("schedule", type_=Uuid())
_PAGE = Query(
    select(slot)
    .where(
        _HERE,
        _OF,
        slot.c.start_at >= bindparam("since", type_=_MOMENT),
        slot.c.start_at < bindparam("until", type_=_MOMENT),
        tuple_(slot.c.start_at, slot.c.id)
        > tuple_(bindparam("after_at", type_=_MOMENT), bindparam("after", type_=Uuid())),
    )
    .order_by(slot.c.start_at, slot.c.id)
    .limit(bindparam("most"))
)
_BETWEEN = Query(
    select(slot)
    .where(
        _HERE,
        _OF,
        slot.c.start_at < bindparam("until", type_=_MOMENT),
        slot.c.start_at > bindparam("since", type_=_MOMENT) - LONGEST,
        slot.c.end_at > bindparam("since", type_=_MOMENT),
        slot.c.status != "entered-in-error",
    )
    .order_by(slot.c.start_at, slot.c.id)
)


async def locked(work: Work, practice: PracticeId, some: Sequence[SlotId]) -> tuple[Slot, ...]:
    """Lock times, always in the order of their ids, and return those that there are."""
    if not some:
        return ()
    rows = await work.rows(_LOCKED, practice=practice, some=sorted(set(some)))
    return tuple(_slot(row) for row in rows)


async def several(work: Work, practice: PracticeId, some: Sequence[SlotId]) -> dict[SlotId, Slot]:
    """Return some times as they stand, by id; nobody waits for them."""
    rows = await work.rows(_SEVERAL, practice=practice, some=list(some)) if some else []
    return {row["id"]: _slot(row) for row in rows}


async def of_visit(work: Work, practice: PracticeId, visit: AppointmentId) -> Slot | None:
    """Return the time that a visit has, if it has one of ours."""
    row = await work.maybe(_OF_VISIT, practice=practice, visit=visit)
    return None if row is None else _slot(row)


async def at_time(
    work: Work, practice: PracticeId, schedule_id: ScheduleId, start: datetime
) -> Slot | None:
    """Return the time of a schedule that begins at a moment."""
    row = await work.maybe(_AT_TIME, practice=practice, schedule=schedule_id, start=start)
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


async def add_all(work: Work, some: Sequence[Slot]) -> None:
    """Add free times of one schedule in one statement."""
    await work.run(
        _ADD_ALL,
        practice=some[0].practice_id,
        schedule=some[0].schedule_id,
        ids=[one.id for one in some],
        starts=[one.starts_at for one in some],
        ends=[one.ends_at for one in some],
    )


async def add_schedule(work: Work, new: Schedule, at: datetime) -> None:
    """Add a schedule; its clock is that of its place."""
    await work.run(
        _ADD_SCHEDULE,
        its_practice_id=new.practice_id,
        its_id=new.id,
        its_place_id=new.place_id,
        its_created_at=at,
        **{f"its_{name}": getattr(new, name) for name in _OF_SCHEDULE},
    )


async def save_schedule(work: Work, after: Schedule) -> None:
    """Write a schedule as it is now; the caller has locked it."""
    await work.run(
        _SAVE_SCHEDULE,
        practice=after.practice_id,
        one=after.id,
        **{f"its_{name}": getattr(after, name) for name in _OF_SCHEDULE},
    )


async def schedules(
    work: Work, practices: Sequence[PracticeId], after: ScheduleId | None, most: int
) -> tuple[Schedule, ...]:
    """Return a page of schedules, in the order in which they were added."""
    rows = await work.rows(
        _SCHEDULES, practices=list(practices), after=after or UUID(int=0), most=most
    )
    return tuple(map(schedule_from, rows))


async def page(
    work: Work,
    practice: PracticeId,
    of: ScheduleId,
    since: datetime,
    until: datetime,
    after: tuple[datetime, SlotId] | None,
    most: int,
) -> tuple[Slot, ...]:
    """Return a page of the times of a schedule, soonest first, mistakes among them."""
    rows = await work.rows(
        _PAGE,
        practice=practice,
        schedule=of,
        since=since,
        until=until,
        after_at=since if after is None else after[0],
        after=UUID(int=0) if after is None else after[1],
        most=most,
    )
    return tuple(map(_slot, rows))


async def between(
    work: Work, practice: PracticeId, of: ScheduleId, since: datetime, until: datetime
) -> tuple[Slot, ...]:
    """Return the times that lie in a span of a schedule, even with one end; mistakes don't."""
    rows = await work.rows(_BETWEEN, practice=practice, schedule=of, since=since, until=until)
    return tuple(map(_slot, rows))


async def schedule_of(
    work: Work, practice: PracticeId, one: ScheduleId, *, lock: bool = False
) -> Schedule | None:
    """Return a schedule, with the clock of its place; locked, its times are added one by one."""
    row = await work.maybe(_LOCKED_SCHEDULE if lock else _SCHEDULE, practice=practice, one=one)
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
