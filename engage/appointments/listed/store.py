"""Reads what stands beside visits in a list: names, and who has said that they run late.

One statement for a whole page. This room refuses to change anything.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ARRAY, UUID, and_, any_, bindparam, or_, select

from engage.db.session import Query, Work
from engage.db.tables import appointment, patient, queue_item
from engage.ids import AppointmentId, PatientId

LATE = "running-late"
_SAME_DAY = timedelta(hours=12)
"""Who ran late at the time before a visit was moved does not run late at the new one."""

_NAMES = Query(
    select(patient.c.id, patient.c.given_name, patient.c.family_name).where(
        patient.c.id == any_(bindparam("some", type_=ARRAY(UUID())))
    )
)
# By the person, whose work has an index; of a merged record it may be the kept one's.
_LATE = Query(
    select(appointment.c.id)
    .distinct()
    .join_from(
        appointment,
        patient,
        and_(
            patient.c.practice_id == appointment.c.practice_id,
            patient.c.id == appointment.c.patient_id,
        ),
    )
    .join(
        queue_item,
        and_(
            queue_item.c.practice_id == appointment.c.practice_id,
            or_(
                queue_item.c.patient_id == patient.c.id,
                queue_item.c.patient_id == patient.c.merged_into,
            ),
            queue_item.c.appointment_id == appointment.c.id,
        ),
    )
    .where(
        appointment.c.id == any_(bindparam("some", type_=ARRAY(UUID()))),
        queue_item.c.subject == LATE,
        queue_item.c.opened_at > appointment.c.start_at - _SAME_DAY,
    )
)


async def names(work: Work, some: Collection[PatientId]) -> dict[PatientId, tuple[str, str]]:
    """Return the given and the family name of some records, as they stand now."""
    rows = await work.rows(_NAMES, some=sorted(set(some))) if some else []
    return {PatientId(row["id"]): (row["given_name"], row["family_name"]) for row in rows}


async def late(work: Work, some: Collection[AppointmentId]) -> frozenset[AppointmentId]:
    """Return which of some visits somebody has said they come late to."""
    rows = await work.rows(_LATE, some=list(some)) if some else []
    return frozenset(AppointmentId(row["id"]) for row in rows)
