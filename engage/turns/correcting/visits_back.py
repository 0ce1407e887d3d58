"""What a text that was somebody else's did to visits: an answer is taken back, the rest is told.

The answer that still stands is asked again, and reminders begin anew. A time that was chosen, or
why a visit was missed, is a person's to put right: somebody may have been promised what was left.
All of it is work that names the visit. In the caller's transaction. This room refuses to move a
visit.
"""

from datetime import datetime

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, or_, select

from engage.appointments import keeping
from engage.appointments import store as visits
from engage.appointments.words import Teller, VisitChanged
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import appointment_event, correction, patient
from engage.ids import AppointmentId, StaffId
from engage.people.merging.store import survivor
from engage.turns.correcting.store import Read
from engage.turns.talking.settling import ask_a_person

_PRACTICE = bindparam("practice", type_=Uuid())
_PERSON = bindparam("person", type_=Uuid())
_MOMENTS = bindparam("moments", type_=ARRAY(DateTime(timezone=True)))
_TOUCHED = Query(
    select(appointment_event.c.appointment_id)
    .distinct()
    .join(
        patient,
        (patient.c.practice_id == appointment_event.c.practice_id)
        & (patient.c.id == appointment_event.c.patient_id),
    )
    .where(
        appointment_event.c.practice_id == _PRACTICE,
        or_(patient.c.id == _PERSON, patient.c.merged_into == _PERSON),
        appointment_event.c.at == any_(_MOMENTS),
        or_(appointment_event.c.by == "patient", appointment_event.c.by == "caregiver"),
    )
    .order_by(appointment_event.c.appointment_id)
)
_READ_AGAIN = Query(
    select(correction.c.at).where(
        correction.c.practice_id == _PRACTICE,
        correction.c.message_id == bindparam("text", type_=Uuid()),
    )
)


async def take_back(
    work: Work, keys: PracticeKeys, text: Read, by: StaffId, at: datetime
) -> tuple[VisitChanged, ...]:
    """Take back the answers that a text gave for visits, and give a person whatever it did."""
    if text.patient_id is None or text.handled_at is None:
        return ()
    practice = keys.practice
    person = await survivor(work, practice, text.patient_id)
    again = await work.rows(_READ_AGAIN, practice=practice, text=text.id)
    moments = [text.handled_at, *(row["at"] for row in again)]
    rows = await work.rows(_TOUCHED, practice=practice, person=person, moments=moments)
    changes: list[VisitChanged] = []
    for row in rows:
        mine = AppointmentId(row["appointment_id"])
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
