"""Work about a visit that no text opened, and work that a choice of theirs has settled.

Work names its visit and is due before it. Who has chosen another time needs nobody to find one:
work that nobody has in hand is taken back, and who has it in hand reads that they chose. In the
caller's transaction. This room refuses to text, and to close what is about another visit as well.
"""

from datetime import datetime

from engage.appointments import store as visits
from engage.appointments.appointment import Appointment
from engage.appointments.slot import AHEAD
from engage.db.session import Work
from engage.ids import PatientId, PracticeId, derived
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import Calendar, due_at
from engage.queue.opening import Reason
from engage.turns.arranging import SOON
from engage.turns.talking import store
from engage.turns.talks import starts
from engage.turns.visits import before_visit

CHANGE = "visit-change"


async def ask_a_person(
    work: Work,
    practice: PracticeId,
    person: PatientId,
    visit: Appointment,
    reason: str,
    rule: str,
    at: datetime,
) -> None:
    """Make something about a visit somebody's work, due before it."""
    here = await get_practice(work, practice)
    calendar = Calendar(here.time_zone, here.business_hours, here.holidays)
    begins = starts(visit)
    near = at < begins <= at + SOON
    due = due_at("urgent" if near else "routine", at, calendar)
    item = await opening.give(
        work,
        practice,
        Reason(
            patient_id=person,
            source_id=derived(at, visit.id, f"{rule}/{visit.version}"),
            reason=reason,
            rule=rule,
            severity="urgent" if near else "routine",
            due_at=min(due, before_visit(begins, calendar, at)) if begins > at else due,
        ),
        at,
    )
    await store.name_visit(work, practice, item, visit.id)


async def settle(
    work: Work, practice: PracticeId, person: PatientId, visit: Appointment, at: datetime
) -> None:
    """Take back the work of finding another time for a visit whose time they have just chosen."""
    ahead = await visits.ahead(work, practice, person, at, at + 10 * AHEAD)
    if any(one.id != visit.id and one.answer in {"declined", "tentative"} for one in ahead):
        return  # it may be about that one as well
    records = sorted({person, visit.patient_id})
    asked = await store.asked_for(work, practice, records, CHANGE, visit.id)
    if any(one.in_hand for one in asked):
        await ask_a_person(work, practice, person, visit, CHANGE, "visit/chosen-since", at)
        return
    for one in asked:
        await opening.withdraw(work, practice, one.source, "not-needed-any-more", at, only=one.item)


__all__ = ["CHANGE", "ask_a_person", "settle"]
