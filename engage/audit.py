"""Who saw or did what, in the same transaction as the seeing or doing. Added to, never changed.

An entry holds ids, moments and words from our own code. This room refuses personal data: no name,
no number, no text, no value of a changed field. Who reads the audit learns that a birth date was
looked at, not which.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, bindparam, column, func, insert, literal, select

from engage.clock import random_bytes
from engage.db.session import Query, Row, Work
from engage.db.tables import audit
from engage.ids import RANDOM_BYTES, PatientId, PracticeId, StaffId, uuid7

ActorKind: TypeAlias = Literal["staff", "patient", "caregiver", "system"]

MOST_ENTRIES = 200
"""The longest page of `of_patient`."""


class By(Struct, frozen=True):
    """Who did it: a kind, and an id unless it was the system."""

    actor: ActorKind
    actor_id: UUID | None = None

    @classmethod
    def staff(cls, staff: StaffId) -> Self:
        """Name a member of staff."""
        return cls("staff", staff)


SYSTEM = By("system")
"""A command, a loop or the demo: nobody signed in."""


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One thing that was seen or done."""

    id: UUID
    at: datetime
    actor: ActorKind
    actor_id: UUID | None
    action: str
    subject: str
    subject_id: UUID | None
    patient_id: UUID | None


_ADD = Query(
    insert(audit).values(
        practice_id=bindparam("practice"),
        id=bindparam("entry"),
        at=bindparam("at"),
        actor=bindparam("actor"),
        actor_id=bindparam("actor_id"),
        action=bindparam("action"),
        subject=bindparam("subject"),
        subject_id=bindparam("subject_id"),
        patient_id=bindparam("patient_id"),
    )
)
_each = (
    func.unnest(
        bindparam("entries", type_=ARRAY(Uuid())), bindparam("patients", type_=ARRAY(Uuid()))
    )
    .table_valued(column("entry", Uuid()), column("patient", Uuid()))
    .render_derived()
)
_ADD_OF_PATIENTS = Query(
    insert(audit).from_select(
        [c.name for c in audit.c],
        select(
            bindparam("practice", type_=audit.c.practice_id.type),
            _each.c.entry,
            bindparam("at", type_=audit.c.at.type),
            bindparam("actor", type_=audit.c.actor.type),
            bindparam("actor_id", type_=audit.c.actor_id.type),
            bindparam("action", type_=audit.c.action.type),
            literal("patient"),
            _each.c.patient,
            _each.c.patient,
        ),
    )
)
_of_patient = (
    select(audit)
    .where(audit.c.practice_id == bindparam("practice"), audit.c.patient_id == bindparam("patient"))
    .order_by(audit.c.id.desc())
    .limit(bindparam("limit"))
)
_OF_PATIENT = Query(_of_patient)
_OF_PATIENT_BEFORE = Query(_of_patient.where(audit.c.id < bindparam("before")))


_BY_FAMILY = Query(
    _of_patient.where(
        audit.c.actor == "caregiver",
        audit.c.action.startswith("family."),
        audit.c.id < bindparam("before"),
    )
)


async def record(  # noqa: PLR0913 - an entry has this many parts
    work: Work,
    practice: PracticeId,
    at: datetime,
    *,
    actor: ActorKind,
    actor_id: UUID | None = None,
    action: str,
    subject: str,
    subject_id: UUID | None = None,
    patient_id: UUID | None = None,
) -> None:
    """Add one entry; if it can't be added, what it is about does not happen either."""
    await work.run(
        _ADD,
        practice=practice,
        entry=_entry_id(at),
        at=at,
        actor=actor,
        actor_id=actor_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        patient_id=patient_id,
    )


async def record_patients(
    work: Work,
    practice: PracticeId,
    at: datetime,
    *,
    by: By,
    action: str,
    patients: Sequence[PatientId],
) -> None:
    """Add an entry per patient in one statement: for lists and imports."""
    if not patients:
        return
    await work.run(
        _ADD_OF_PATIENTS,
        practice=practice,
        at=at,
        actor=by.actor,
        actor_id=by.actor_id,
        action=action,
        entries=[_entry_id(at) for _ in patients],
        patients=list(patients),
    )


async def of_patient(
    work: Work,
    practice: PracticeId,
    patient: PatientId,
    *,
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[AuditEntry, ...]:
    """Return what was seen or done about a patient, newest first; `before` is the last id seen."""
    most = max(1, min(limit, MOST_ENTRIES))
    if before is None:
        rows = await work.rows(_OF_PATIENT, practice=practice, patient=patient, limit=most)
    else:
        rows = await work.rows(
            _OF_PATIENT_BEFORE, practice=practice, patient=patient, before=before, limit=most
        )
    return _entries(rows)


async def seen_by_family(
    work: Work, practice: PracticeId, patient: PatientId, before: UUID | None, limit: int
) -> tuple[AuditEntry, ...]:
    """Return what caregivers looked at of a patient, newest first."""
    last = before or UUID(int=2**128 - 1)
    rows = await work.rows(_BY_FAMILY, practice=practice, patient=patient, before=last, limit=limit)
    return _entries(rows)


def _entries(rows: Sequence[Row]) -> tuple[AuditEntry, ...]:
    return tuple(
        AuditEntry(
            id=row["id"],
            at=row["at"],
            actor=row["actor"],
            actor_id=row["actor_id"],
            action=row["action"],
            subject=row["subject"],
            subject_id=row["subject_id"],
            patient_id=row["patient_id"],
        )
        for row in rows
    )


def _entry_id(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
