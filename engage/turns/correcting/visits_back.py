"""What a text that was somebody else's did to visits: an answer is taken back, the rest is told.

The answer that still stands is asked again, and reminders begin anew. A time that was chosen, or
why a visit was missed, is a person's to put right: somebody may have been promised what was left.
All of it is work that names the visit. In the caller's transaction. This room refuses to move a
visit.
"""

from datetime import datetime

from engage.appointments import keeping
from engage.appointments import store as visits
from engage.appointments.words import Teller, VisitChanged
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import StaffId
from engage.people.merging.store import survivor
from engage.queue.opening.store import lock_patient
from engage.turns.correcting.store import Read
from engage.turns.correcting.undoing import store as undoing
from engage.turns.talking.settling import ask_a_person


async def take_back(
    work: Work, keys: PracticeKeys, text: Read, by: StaffId, at: datetime
) -> tuple[VisitChanged, ...]:
    """Take back the answers that a text gave for visits, and give a person whatever it did."""
    if text.patient_id is None or text.handled_at is None:
        return ()
    practice = keys.practice
    person = await survivor(work, practice, text.patient_id)
    moments = [text.handled_at, *await undoing.read_again(work, practice, text.id)]
    changes: list[VisitChanged] = []
    touched = await undoing.visits_touched(work, practice, person, moments)
    if touched:
        # Patients come before visits in the house's lock order.
        await lock_patient(work, practice, person)
    for mine in touched:
        known = await visits.one(work, keys, mine, lock=True)
        if known is None:
            continue
        visit = known.visit
        if visit.answered_at in moments and visit.is_ahead(at):
            change = await keeping.unsay(work, keys, mine, Teller("staff", by), at)
            changes.append(change)
            visit = change.after
        if visit.time is not None:
            rule = "visit/corrected"
            await ask_a_person(work, practice, person, visit, "visit-question", rule, at)
    return tuple(changes)
