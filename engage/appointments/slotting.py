"""Somebody is given a free time: load and lock, decide, save, in the caller's transaction.

The time is locked before it is looked at, so of two people who choose it one has it and the other
hears so. This room refuses to text.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments import keeping, seating
from engage.appointments.appointment import Span, chosen
from engage.appointments.keeping import NewVisit
from engage.appointments.refusals import NoSuchSchedule
from engage.appointments.riding import Expects
from engage.appointments.slot import Schedule, Slot, SlotGone, hold, take
from engage.appointments.slots import store
from engage.appointments.words import Teller, VisitChanged, locked
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import AppointmentId, PatientId, PracticeId, SlotId
from engage.people.merging.store import survivor

_SLOT = "/slot_id"


class Seated(Struct, frozen=True, kw_only=True):
    """A visit at its new time."""

    change: VisitChanged
    slot: Slot
    schedule: Schedule
    #: The clinic's own system keeps the book: somebody must write it down there.
    to_write_down: bool = False


async def book_into(
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    slot: SlotId,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
    note: str | None = None,
) -> Seated:
    """Move a visit to a free time and let go of the one it had; SlotGone if somebody was faster."""
    known = await locked(work, keys, visit, expects)
    person = await survivor(work, keys.practice, known.visit.patient_id)
    old = await store.of_visit(work, keys.practice, visit)
    both = [slot] if old is None else [slot, old.id]
    seen = {one.id: one for one in await store.locked(work, keys.practice, both)}
    if slot not in seen:
        raise SlotGone(_SLOT)
    schedule = await store.schedule_of(work, keys.practice, seen[slot].schedule_id)
    if schedule is None:
        raise NoSuchSchedule(_SLOT)
    kept_elsewhere = known.filler is not None and by.setter != "staff"
    becomes = chosen(known.visit, kept_elsewhere=kept_elsewhere)
    taken = take(seen[slot], person, visit, at)
    if old is not None and old.id != slot and seen[old.id].appointment_id == visit:
        await seating.let_go(work, seen[old.id], at)
    if taken != seen[slot]:
        await store.save(work, taken)
    change = await keeping.give_time(
        work,
        keys,
        known,
        Span(taken.starts_at, taken.ends_at),
        schedule.place_id,
        becomes,
        by,
        at,
        schedule=schedule.id,
        note=note,
    )
    return Seated(change=change, slot=taken, schedule=schedule, to_write_down=kept_elsewhere)


async def book_new(
    work: Work, keys: PracticeKeys, new: NewVisit, slot: SlotId, by: Teller, at: datetime
) -> Seated:
    """Write down a visit at a free time; SlotGone if somebody was faster."""
    seen = await store.locked(work, keys.practice, [slot])
    if not seen or not seen[0].is_open_to(new.patient_id, at):
        raise SlotGone(_SLOT)
    schedule = await store.schedule_of(work, keys.practice, seen[0].schedule_id)
    if schedule is None:
        raise NoSuchSchedule(_SLOT)
    time = Span(seen[0].starts_at, seen[0].ends_at)
    here = replace(new, time=time, place_id=schedule.place_id, schedule_id=schedule.id)
    change = await keeping.book(work, keys, here, schedule.zone, by, at)
    # A time holds a visit that there is: the visit comes first.
    taken = take(seen[0], new.patient_id, new.id, at)
    await store.save(work, taken)
    return Seated(change=change, slot=taken, schedule=schedule)


async def hold_for(
    work: Work, practice: PracticeId, some: tuple[SlotId, ...], person: PatientId, at: datetime
) -> tuple[Slot, ...]:
    """Keep those of some times that are still open for a person while they choose."""
    held: list[Slot] = []
    for one in await store.locked(work, practice, some):
        if one.is_open_to(person, at):
            held.append(hold(one, person, at))
            await store.save(work, held[-1])
    return tuple(held)


async def let_go_of(
    work: Work, practice: PracticeId, some: tuple[SlotId, ...], person: PatientId, at: datetime
) -> None:
    """Let go of what was held for a person and they did not choose."""
    for one in await store.locked(work, practice, some):
        if one.status == "busy-tentative" and one.held_for == person:
            await seating.let_go(work, one, at)
