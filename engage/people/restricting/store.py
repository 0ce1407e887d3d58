"""The rows of restricted records: restrictions, broken glasses, reads. It refuses to decide.

How somebody stands to a record is asked of the database as of this moment (restricted_standing);
people/restriction.py says what follows. A read is added and never changed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, case, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage import audit
from engage.audit import By
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import glass, patient, restricted_read, restriction
from engage.ids import RANDOM_BYTES, PatientId, PracticeId, StaffId, uuid7
from engage.people.restriction import HOLDS, Entry, Glass, Opened, Reason, Standing

WORDS_PLACE = "glass.words"

_HERE = bindparam("practice", type_=Uuid())
_SET = Query(
    insert_or(restriction)
    .values(
        practice_id=_HERE,
        id=bindparam("new"),
        patient_id=bindparam("person"),
        reason=bindparam("why"),
        set_by=bindparam("by"),
        set_at=bindparam("at"),
    )
    .on_conflict_do_nothing()
)
# Most practices restrict nobody: then a list pays for one look at an index.
_ANY = Query(
    select(restriction.c.id)
    .where(
        restriction.c.practice_id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        restriction.c.lifted_at.is_(None),
    )
    .limit(1)
)
_LIFT = Query(
    update(restriction)
    .where(
        restriction.c.practice_id == _HERE,
        restriction.c.id == bindparam("which"),
        restriction.c.lifted_at.is_(None),
    )
    .values(lifted_by=bindparam("by"), lifted_at=bindparam("at"))
)
# Of the person: a record that was merged into theirs brought its restriction along.
_kept = case((patient.c.merged_into.is_not(None), patient.c.merged_into), else_=patient.c.id)
_STANDS = Query(
    select(restriction)
    .join(
        patient,
        (patient.c.practice_id == restriction.c.practice_id)
        & (patient.c.id == restriction.c.patient_id),
    )
    .where(
        restriction.c.practice_id == _HERE,
        restriction.c.lifted_at.is_(None),
        _kept
        == select(_kept)
        .where(patient.c.practice_id == _HERE, patient.c.id == bindparam("person"))
        .correlate(None)
        .scalar_subquery(),
    )
    .order_by(restriction.c.set_at, restriction.c.id)
)
_BREAK = Query(
    insert(glass).values(
        practice_id=_HERE,
        id=bindparam("new"),
        patient_id=bindparam("person"),
        staff_id=bindparam("by"),
        reason=bindparam("why"),
        words_sealed=bindparam("sealed"),
        opened_at=bindparam("at"),
        until_at=bindparam("until"),
    )
)
_READ = Query(
    insert(restricted_read).values(
        practice_id=_HERE,
        id=bindparam("new"),
        patient_id=bindparam("person"),
        staff_id=bindparam("by"),
        at=bindparam("at"),
        operation=bindparam("what"),
        way=bindparam("how"),
        glass_id=bindparam("glass"),
    )
)


class Restriction(Struct, frozen=True, kw_only=True):
    """A record is restricted since then."""

    id: UUID
    patient_id: PatientId
    reason: Reason
    set_by: StaffId
    set_at: datetime


async def standing(
    work: Work,
    practices: Sequence[PracticeId],
    patients: Collection[PatientId],
    reader: StaffId,
    at: datetime,
) -> tuple[Standing, ...]:
    """Return how a reader stands to those of these records that are restricted."""
    if not patients or await work.maybe(_ANY, practices=list(practices)) is None:
        return ()
    rows = await work.table("restricted_standing", list(practices), list(patients), reader, at)
    return tuple(
        Standing(
            practice_id=PracticeId(row["practice_id"]),
            patient_id=PatientId(row["patient_id"]),
            assigned=row["assigned"],
            covers=row["covers"],
            owns=row["owns"],
            paged=row["paged"],
            on_team=row["on_team"],
            glass=None if row["glass_id"] is None else Glass(row["glass_id"], row["glass_until"]),
        )
        for row in rows
    )


async def stands(work: Work, practice: PracticeId, person: PatientId) -> tuple[Restriction, ...]:
    """Return what restricts a person's records now, the oldest first."""
    return tuple(
        Restriction(
            id=row["id"],
            patient_id=PatientId(row["patient_id"]),
            reason=row["reason"],
            set_by=StaffId(row["set_by"]),
            set_at=row["set_at"],
        )
        for row in await work.rows(_STANDS, practice=practice, person=person)
    )


async def restrict(
    work: Work, practice: PracticeId, person: PatientId, why: Reason, by: StaffId, at: datetime
) -> None:
    """Restrict a record; one that is restricted stays as it is."""
    new = _fresh(at)
    added = await work.run(_SET, practice=practice, new=new, person=person, why=why, by=by, at=at)
    if added:
        await _note(work, practice, at, by, "patient.restrict", person)


async def lift(
    work: Work, practice: PracticeId, person: PatientId, by: StaffId, at: datetime
) -> None:
    """Lift every restriction of a person's records."""
    for one in await stands(work, practice, person):
        await work.run(_LIFT, practice=practice, which=one.id, by=by, at=at)
        await _note(work, practice, at, by, "patient.unrestrict", one.patient_id)


async def open_glass(
    work: Work,
    keys: PracticeKeys,
    person: PatientId,
    by: StaffId,
    at: datetime,
    why: Opened,
    words: str | None,
) -> Glass:
    """Let one person read one record from now on, for an hour; telling of it is due at once."""
    practice, new = keys.practice, _fresh(at)
    await work.run(
        _BREAK,
        practice=practice,
        new=new,
        person=person,
        by=by,
        why=why,
        sealed=None if words is None else keys.seal_text(WORDS_PLACE, new, words),
        at=at,
        until=at + HOLDS,
    )
    await work.call("due_set", "notify", new, practice, at)
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=by,
        action="glass.open",
        subject="glass",
        subject_id=new,
        patient_id=person,
    )
    return Glass(new, at + HOLDS)


async def record_read(
    work: Work, standing: Standing, by: StaffId, at: datetime, operation: str, how: Entry
) -> None:
    """Write down that somebody asked for a restricted record, and how they came to it."""
    used = standing.glass if how == "break-glass" else None
    await work.run(
        _READ,
        practice=standing.practice_id,
        new=_fresh(at),
        person=standing.patient_id,
        by=by,
        at=at,
        what=operation,
        how=how,
        glass=None if used is None else used.id,
    )


async def _note(
    work: Work, practice: PracticeId, at: datetime, by: StaffId, action: str, person: PatientId
) -> None:
    await audit.record_patients(
        work, practice, at, by=By.staff(by), action=action, patients=[person]
    )


def _fresh(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
