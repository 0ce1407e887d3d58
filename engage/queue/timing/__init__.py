"""New hours move the clocks that hours explain: no old clock survives a change of the calendar.

All of it happens in the transaction that changes the hours, each with a line in the audit and in
the feed. What runs around the clock stays. This room refuses to move what its cause set.
"""

from datetime import datetime

from engage import audit, feed
from engage.db.session import Work
from engage.ids import PracticeId
from engage.queue import store as items
from engage.queue.clocks import Calendar
from engage.queue.due import retimed
from engage.queue.timing import store


async def follow_hours(
    work: Work, practice: PracticeId, before: Calendar, after: Calendar, at: datetime
) -> int:
    """Move the due times of open work to a practice's new hours; return how many moved."""
    held = await store.lock_open(work, practice)
    told = await store.told_of(work, practice, [one.id for one in held])
    count = 0
    for one in held:
        due = retimed(told[one.id], before, after)
        if due == told[one.id].due_at:
            continue
        count += 1
        await items.retime(work, practice, one.id, one.severity, due)
        await feed.add(work, practice, at, "item", one.id, one.patient_id)
        await audit.record(
            work,
            practice,
            at,
            actor="system",
            action="item.retimed",
            subject="queue_item",
            subject_id=one.id,
            patient_id=one.patient_id,
        )
    return count
