"""Reads what stands beside visits in a list: names, who runs late, whom no reminder has reached.

One statement for a whole page. This room refuses to change anything.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, UUID, DateTime, and_, any_, bindparam, exists, or_, select

from engage.db.session import Query, Work
from engage.db.tables import appointment, conversation, message, patient, queue_item, visit_notice
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
_SOON = timedelta(hours=24)
_NOW = bindparam("now", type_=DateTime(timezone=True))
# By the thread, whose texts have an index; a question that was answered needs no reminder.
_ARRIVED = (
    select(visit_notice.c.id)
    .join(
        conversation,
        and_(
            conversation.c.practice_id == visit_notice.c.practice_id,
            conversation.c.id == visit_notice.c.conversation_id,
        ),
    )
    .join(
        message,
        and_(
            message.c.practice_id == conversation.c.practice_id,
            message.c.thread_id == conversation.c.thread_id,
            message.c.conversation_id == conversation.c.id,
        ),
    )
    .where(
        visit_notice.c.practice_id == appointment.c.practice_id,
        visit_notice.c.appointment_id == appointment.c.id,
        visit_notice.c.start_at == appointment.c.start_at,
        message.c.direction == "out",
        message.c.status == any_(bindparam("arrived", type_=ARRAY(message.c.status.type))),
    )
)
_UNREACHED = Query(
    select(appointment.c.id).where(
        appointment.c.id == any_(bindparam("some", type_=ARRAY(UUID()))),
        appointment.c.status == "booked",
        appointment.c.answer == "needs-action",
        appointment.c.start_at > _NOW,
        appointment.c.start_at <= _NOW + _SOON,
        ~exists(_ARRIVED),
    )
)
_CARRIED = ["accepted", "sent", "delivered", "read"]


async def names(work: Work, some: Collection[PatientId]) -> dict[PatientId, tuple[str, str]]:
    """Return the given and the family name of some records, as they stand now."""
    rows = await work.rows(_NAMES, some=sorted(set(some))) if some else []
    return {PatientId(row["id"]): (row["given_name"], row["family_name"]) for row in rows}


async def late(work: Work, some: Collection[AppointmentId]) -> frozenset[AppointmentId]:
    """Return which of some visits somebody has said they come late to."""
    rows = await work.rows(_LATE, some=list(some)) if some else []
    return frozenset(AppointmentId(row["id"]) for row in rows)


async def unreached(
    work: Work, some: Collection[AppointmentId], at: datetime
) -> frozenset[AppointmentId]:
    """Return which of some visits begin within a day, unanswered, and no reminder has left for."""
    rows = await work.rows(_UNREACHED, some=list(some), now=at, arrived=_CARRIED) if some else []
    return frozenset(AppointmentId(row["id"]) for row in rows)
