"""Times are added to a schedule, blocked and put back: load, lock, decide, save, say so.

In the caller's transaction. Times of one schedule are added one request after the other, so that
what overlaps is refused with its field named and nothing half-written; the database refuses it too.
"""

from datetime import datetime
from typing import Literal, TypeAlias

from engage import audit
from engage.appointments import seating
from engage.appointments.appointment import Span
from engage.appointments.pattern import Pattern, check_apart, times
from engage.appointments.refusals import NoSuchSchedule
from engage.appointments.riding import Expects
from engage.appointments.slot import NOTICE, Slot, block
from engage.appointments.slots import store
from engage.clock import random_bytes
from engage.db.session import Work
from engage.errors import Conflict, NotFound
from engage.ids import RANDOM_BYTES, PracticeId, ScheduleId, SlotId, StaffId, uuid7

Blocked: TypeAlias = Literal["free", "busy-unavailable", "entered-in-error"]
_ACTIVE = "/schedule_id"


async def add_times(
    work: Work, practice: PracticeId, of: ScheduleId, pattern: Pattern, by: StaffId, at: datetime
) -> tuple[Slot, ...]:
    """Add the times of a pattern to a schedule; all of them, or none."""
    where = await store.schedule_of(work, practice, of, lock=True)
    if where is None:
        raise NotFound
    if not where.active:
        raise NoSuchSchedule(_ACTIVE)
    new = times(pattern, where.zone, at)
    there = await store.between(work, practice, of, new[0].starts_at, new[-1].ends_at)
    check_apart(new, (Span(one.starts_at, one.ends_at) for one in there))
    added = tuple(
        Slot(
            practice_id=practice,
            id=SlotId(uuid7(at, random_bytes(RANDOM_BYTES))),
            schedule_id=of,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            status="free",
        )
        for one in new
    )
    await store.add_all(work, added)
    await _record(work, practice, "slot.add", "schedule", of, by, at)
    return added


async def change_time(
    work: Work,
    practice: PracticeId,
    one: SlotId,
    to: Blocked,
    by: StaffId,
    at: datetime,
    expects: Expects = lambda _: True,
) -> Slot:
    """Block a time, put it back, or say that it never was; SlotGone if somebody has it."""
    seen = await store.locked(work, practice, [one])
    if not seen:
        raise NotFound
    if not expects(seen[0].version):
        raise Conflict
    after = block(seen[0], to, at)
    if after != seen[0]:
        await store.save(work, after)
        if after.is_open_to(None, at) and after.starts_at > at + NOTICE:
            await work.call("due_set", seating.KIND, after.id, practice, at)
        await _record(work, practice, f"slot.{to}", "slot", one, by, at)
    return after


async def _record(
    work: Work,
    practice: PracticeId,
    action: str,
    subject: str,
    one: SlotId | ScheduleId,
    by: StaffId,
    at: datetime,
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=by,
        action=action,
        subject=subject,
        subject_id=one,
    )
