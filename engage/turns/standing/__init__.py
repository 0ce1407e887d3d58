"""Open work about rides is held against the person's visits, whenever either of them changes.

Read and written beside a turn, in the same transaction, and only when the turn is about a ride. The
rule is visits.py's. A visit that was booked long before comes into the coming week by time alone:
one row that is due for each such visit has the work held against it then. This room refuses to open
work, and to look through visits.
"""

from datetime import datetime

from engage import audit, feed
from engage.appointments import store as visits_store
from engage.appointments.appointment import Appointment
from engage.appointments.rides import store as rides_store
from engage.db.session import Work
from engage.ids import PatientId, PracticeId
from engage.people.staffing.store import get_practice
from engage.queue.clocks import Calendar
from engage.turns.decision import Decision
from engage.turns.standing import store
from engage.turns.visits import HORIZON, SUBJECT, TRANSPORT, near_at, stands

NEAR = "visit-near"
"""The kind of the row in `due` of a visit that is not near yet."""


async def keep(work: Work, decision: Decision) -> None:
    """Hold the work that a turn opened, or said "no ride" in, against the person's visits."""
    people = {one.patient_id for one in decision.items if one.subject == SUBJECT}
    people |= {one.patient_id for one in decision.flags if one.reason == TRANSPORT}
    people |= {one.patient_id for one in decision.risks if one.domain == TRANSPORT}
    for person in sorted(one for one in people if one is not None):
        await hold(work, decision.practice_id, person, decision.at)


async def expect(work: Work, visit: Appointment, at: datetime) -> None:
    """Have a visit looked at when it comes near; not if it is near, over or called off."""
    wakes_at = near_at(visit, at)
    if wakes_at is None:
        await work.call("due_done", NEAR, visit.id)
    else:
        await work.call("due_set", NEAR, visit.id, visit.practice_id, wakes_at)


async def hold(work: Work, practice: PracticeId, person: PatientId, at: datetime) -> None:
    """Give a person's open work about rides the severity, due time and visit that it has now."""
    item = await store.open_item(work, practice, person, SUBJECT)
    if item is None:
        return
    ahead = await visits_store.ahead(work, practice, person, at, at + HORIZON)
    rides = await rides_store.of_visits(work, practice, [one.id for one in ahead]) if ahead else ()
    if not ahead and item.stands.appointment_id is None:
        # It was never about a visit: nearly all of it.
        return
    here = await get_practice(work, practice)
    calendar = Calendar(here.time_zone, here.business_hours, here.holidays)
    grounds = await store.grounds(work, practice, item.id)
    now = stands(grounds, ahead, rides, calendar, at)
    if now is None or now == item.stands:
        return
    await store.change(work, practice, item.id, now)
    await feed.add(work, practice, at, "item", item.id, person)
    await audit.record(
        work,
        practice,
        at,
        actor="system",
        action="item.moved",
        subject="queue_item",
        subject_id=item.id,
        patient_id=person,
    )
