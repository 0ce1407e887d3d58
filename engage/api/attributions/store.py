"""Reads for "Who wrote this?": how a text stands, who could have written it, what was corrected.

It refuses to look into a practice other than the one whose keys it is given.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Uuid, and_, bindparam, literal, or_, select, union_all

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import (
    caregiver,
    caregiver_of,
    correction,
    line,
    message,
    patient,
    phone_use,
    thread,
)
from engage.ids import MessageId, PatientId, StaffId


class Stands(Struct, frozen=True, kw_only=True):
    """How a text stands now."""

    line_id: UUID
    author: str
    author_id: UUID | None
    patient_id: PatientId | None
    prompt: str | None
    sure: str | None
    why: str | None


class Candidate(Struct, frozen=True, kw_only=True):
    """Somebody on record who could have written it, and about whom."""

    author: str
    author_id: UUID
    patient_id: PatientId
    name: str
    patient_name: str

    def __repr__(self) -> str:
        """Hide the names."""
        return "Candidate(…)"


class Undone(Struct, frozen=True):
    """What became of one effect of the text: undone, withdrawn, cancelled or kept."""

    kind: str
    id: UUID
    fate: str


class Corrected(Struct, frozen=True, kw_only=True):
    """One correction, as the ledger has it."""

    id: UUID
    at: datetime
    staff_id: StaffId
    from_author: str
    from_patient_id: PatientId | None
    to_author: str
    to_patient_id: PatientId | None
    undone: tuple[Undone, ...]
    reason: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Corrected(id={self.id}, …)"


_UNDONE = msgspec.json.Decoder(tuple[Undone, ...])
_HERE = bindparam("practice", type_=Uuid())
_STANDS = Query(
    select(
        message.c.line_id,
        message.c.author,
        message.c.author_id,
        thread.c.patient_id,
        message.c.prompt,
        message.c.sure,
        message.c.why,
    )
    .outerjoin(
        thread,
        and_(thread.c.practice_id == message.c.practice_id, thread.c.id == message.c.thread_id),
    )
    .where(
        message.c.practice_id == _HERE,
        message.c.id == bindparam("text"),
        message.c.direction == "in",
    )
)
# Who reads this phone, and whom texts on it were about: each patient, and each of their caregivers.
_ABOUT = (
    select(thread.c.patient_id)
    .where(thread.c.practice_id == _HERE, thread.c.line_id == bindparam("on_line"))
    .union(
        select(phone_use.c.patient_id)
        .join(
            line,
            and_(
                line.c.practice_id == phone_use.c.practice_id,
                line.c.phone_id == phone_use.c.phone_id,
            ),
        )
        .where(
            phone_use.c.practice_id == _HERE,
            line.c.id == bindparam("on_line"),
            phone_use.c.patient_id.is_not(None),
            phone_use.c.until_at.is_(None),
        )
    )
)
_people = union_all(
    select(
        literal("patient").label("author"),
        patient.c.id.label("author_id"),
        patient.c.id.label("patient_id"),
        patient.c.given_name,
        patient.c.family_name,
        patient.c.given_name.label("patient_given_name"),
        patient.c.family_name.label("patient_family_name"),
    ).where(
        patient.c.practice_id == _HERE, patient.c.id.in_(_ABOUT), patient.c.merged_into.is_(None)
    ),
    select(
        literal("caregiver").label("author"),
        caregiver.c.id.label("author_id"),
        patient.c.id.label("patient_id"),
        caregiver.c.given_name,
        caregiver.c.family_name,
        patient.c.given_name.label("patient_given_name"),
        patient.c.family_name.label("patient_family_name"),
    )
    .select_from(caregiver_of)
    .join(
        caregiver,
        and_(
            caregiver.c.practice_id == caregiver_of.c.practice_id,
            caregiver.c.id == caregiver_of.c.caregiver_id,
        ),
    )
    .join(
        patient,
        and_(
            patient.c.practice_id == caregiver_of.c.practice_id,
            patient.c.id == caregiver_of.c.patient_id,
        ),
    )
    .where(
        caregiver_of.c.practice_id == _HERE,
        caregiver_of.c.patient_id.in_(_ABOUT),
        patient.c.merged_into.is_(None),
        or_(caregiver_of.c.until_at.is_(None), caregiver_of.c.until_at > bindparam("at")),
    ),
).subquery("people")
_PEOPLE = Query(
    select(_people).order_by(
        _people.c.patient_family_name,
        _people.c.patient_given_name,
        _people.c.patient_id,
        _people.c.author.desc(),
        _people.c.author_id,
    )
)
_HISTORY = Query(
    select(correction)
    .where(correction.c.practice_id == _HERE, correction.c.message_id == bindparam("text"))
    .order_by(correction.c.id.desc())
    .limit(50)
)


async def stands(work: Work, keys: PracticeKeys, text: MessageId) -> Stands | None:
    """Return how an inbound text stands; None if there is no such."""
    row = await work.maybe(_STANDS, practice=keys.practice, text=text)
    return None if row is None else Stands(**{n: row[n] for n in Stands.__struct_fields__})


async def candidates(
    work: Work, keys: PracticeKeys, on_line: UUID, at: datetime
) -> tuple[Candidate, ...]:
    """Return who could have written a text on a line."""
    rows = await work.rows(_PEOPLE, practice=keys.practice, on_line=on_line, at=at)
    return tuple(
        Candidate(
            author=row["author"],
            author_id=row["author_id"],
            patient_id=PatientId(row["patient_id"]),
            name=f"{row['given_name']} {row['family_name']}",
            patient_name=f"{row['patient_given_name']} {row['patient_family_name']}",
        )
        for row in rows
    )


async def history(work: Work, keys: PracticeKeys, text: MessageId) -> tuple[Corrected, ...]:
    """Return the corrections of a text, newest first."""
    rows = await work.rows(_HISTORY, practice=keys.practice, text=text)
    return tuple(
        Corrected(
            id=row["id"],
            at=row["at"],
            staff_id=StaffId(row["staff_id"]),
            from_author=row["from_author"],
            from_patient_id=row["from_patient_id"],
            to_author=row["to_author"],
            to_patient_id=row["to_patient_id"],
            undone=_UNDONE.decode(row["undone"]),
            reason=None
            if row["reason_sealed"] is None
            else keys.open_text("correction.reason", row["id"], row["reason_sealed"]),
        )
        for row in rows
    )
