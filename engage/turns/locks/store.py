"""The locks of all turns about one patient, in the house's order (docs/decisions/0006).

This room refuses to read: what is locked here is loaded afterwards.
"""

from sqlalchemy import bindparam, or_, select

from engage.db.session import Query, Work
from engage.db.tables import patient, thread
from engage.ids import PatientId, PracticeId
from engage.turns.store import lock_lines_of

_beside = thread.alias("beside")
_LOCK_AROUND = Query(
    select(patient.c.id)
    .where(
        patient.c.practice_id == bindparam("practice"),
        or_(
            patient.c.id == bindparam("patient"),
            patient.c.id.in_(
                select(_beside.c.patient_id)
                .join(
                    thread,
                    (thread.c.practice_id == _beside.c.practice_id)
                    & (thread.c.line_id == _beside.c.line_id),
                )
                .where(
                    thread.c.practice_id == bindparam("practice"),
                    thread.c.patient_id == bindparam("patient"),
                )
            ),
        ),
    )
    .order_by(patient.c.id)
    .with_for_update(key_share=True)
)


async def lock_around(work: Work, practice: PracticeId, patient_id: PatientId) -> None:
    """Lock a patient's lines, then everybody whom these lines are about, by id."""
    await lock_lines_of(work, practice, patient_id)
    await work.rows(_LOCK_AROUND, practice=practice, patient=patient_id)
