"""The next moment at which something is said of a visit: one row in `due`, set with every change.

So reminding costs what is due and no round goes through visits. In the caller's transaction. This
room refuses to say anything; turns does.
"""

from datetime import datetime

from engage.appointments.appointment import Appointment
from engage.appointments.asked.store import rule_of
from engage.appointments.reminders import next_at
from engage.db.session import Work

KIND = "reminder"
"""The kind of its row in `due`."""


async def expect(work: Work, visit: Appointment, at: datetime) -> None:
    """Have something said of a visit when that is next; nothing, if it is called off or answered.

    Taken out and put in again: its tries were those of the moment before.
    """
    await work.call("due_done", KIND, visit.id)
    if not visit.is_ahead(at):
        return
    moment = next_at(visit, await rule_of(work, visit.practice_id), at)
    if moment is not None:
        await work.call("due_set", KIND, visit.id, visit.practice_id, moment)
