"""Who took the steps of a visit or of a need, so that nobody is told of their own.

What was written down of a step beside that stays where it is. This room refuses to name anybody: a
step was theirs, or it was not.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from engage.db.session import Query, Row, Work
from engage.db.tables import appointment_event, need_event
from engage.family.doing import Step
from engage.family.facts import NEEDS, VISITS
from engage.family.news import visit_state
from engage.ids import PracticeId

_PRACTICE = bindparam("practice", type_=Uuid())
_SOME = bindparam("some", type_=ARRAY(Uuid()))
_VISIT_STEPS = Query(
    select(
        appointment_event.c.appointment_id,
        appointment_event.c.status,
        appointment_event.c.start_at,
        appointment_event.c.by,
        appointment_event.c.by_id,
    )
    .where(
        appointment_event.c.practice_id == _PRACTICE,
        appointment_event.c.appointment_id == any_(_SOME),
        appointment_event.c.applied,
        # Whether they come changes neither when it is nor that it is.
        appointment_event.c.act != "answer",
    )
    .order_by(appointment_event.c.id)
)
_NEED_STEPS = Query(
    select(need_event.c.need_id, need_event.c.status, need_event.c.by, need_event.c.by_id)
    .where(need_event.c.practice_id == _PRACTICE, need_event.c.need_id == any_(_SOME))
    .order_by(need_event.c.id)
)


async def visit_steps(
    work: Work, practice: PracticeId, visits: Sequence[UUID], me: UUID, *, own: bool
) -> list[Step]:
    """Return the steps of some visits, oldest first; `own`: I am the person they are of."""
    rows = await work.rows(_VISIT_STEPS, practice=practice, some=list(visits))
    return [
        Step(
            record=row["appointment_id"],
            state=visit_state(VISITS.get(row["status"], row["status"])),
            at=row["start_at"],
            mine=_is_mine(row, me, own=own),
        )
        for row in rows
    ]


async def need_steps(
    work: Work, practice: PracticeId, needs: Sequence[UUID], me: UUID, *, own: bool
) -> list[Step]:
    """Return the steps of some needs, oldest first; `own`: I am the person they are of."""
    rows = await work.rows(_NEED_STEPS, practice=practice, some=list(needs))
    return [
        Step(record=row["need_id"], state=NEEDS[row["status"]], mine=_is_mine(row, me, own=own))
        for row in rows
    ]


def _is_mine(row: Row, me: UUID, *, own: bool) -> bool:
    # Of the person a history says that it was them, by no id.
    return own if row["by"] == "patient" else row["by"] == "caregiver" and row["by_id"] == me
