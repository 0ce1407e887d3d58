"""A visit lets go of its time in our book when it is elsewhere, called off or over before it began.

What becomes free is due at once: somebody may be waiting for it. In the caller's transaction. This
room refuses to offer; turns does.
"""

from datetime import datetime

from engage.appointments.appointment import Appointment, Status
from engage.appointments.slot import NOTICE, Slot, free, take
from engage.appointments.slots import store
from engage.db.session import Work

KIND = "slot"
"""The kind of its row in `due`."""

KEEPS: frozenset[Status] = frozenset(
    {"proposed", "pending", "booked", "arrived", "checked-in", "fulfilled", "noshow", "waitlist"}
)
"""So long as a visit stands like this, its time is its own."""


async def follow(work: Work, before: Appointment, after: Appointment, at: datetime) -> Slot | None:
    """Free the time that a visit no longer has, or give it back; None if nothing is to do."""
    if after.status in KEEPS and after.time == before.time:
        return None if before.status in KEEPS else await _again(work, after, at)
    held = await store.of_visit(work, after.practice_id, after.id)
    if held is None or (after.status in KEEPS and _is_at(after, held)):
        return None
    seen = await store.locked(work, after.practice_id, [held.id])
    if not seen or seen[0].appointment_id != after.id:
        return None
    return await let_go(work, seen[0], at)


async def _again(work: Work, visit: Appointment, at: datetime) -> Slot | None:
    """Give a visit that was called off and is not any more its old time, if nobody has it."""
    if visit.schedule_id is None or visit.time is None:
        return None
    practice = visit.practice_id
    there = await store.at_time(work, practice, visit.schedule_id, visit.time.starts_at)
    if there is None or there.ends_at != visit.time.ends_at:
        return None
    seen = await store.locked(work, practice, [there.id])
    if not seen or not seen[0].is_open_to(visit.patient_id, at):
        return None
    taken = take(seen[0], visit.patient_id, visit.id, at)
    await store.save(work, taken)
    return taken


async def let_go(work: Work, held: Slot, at: datetime) -> Slot:
    """Free a time that is locked, and have it offered while there is time to get there."""
    freed = free(held)
    await store.save(work, freed)
    if freed.starts_at > at + NOTICE:
        await work.call("due_set", KIND, freed.id, freed.practice_id, at)
    return freed


def _is_at(visit: Appointment, slot: Slot) -> bool:
    return visit.time is not None and visit.time.starts_at == slot.starts_at
