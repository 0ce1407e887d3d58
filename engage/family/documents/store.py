"""Documents in the database: sealed, content and title; what is taken back loses its content.

This room refuses to read content where a list is enough.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import family_document
from engage.family.documents import Document
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.sharing.grant import SENSITIVE, Sensitive

_TITLE, _CONTENT = "family_document.title", "family_document.content"
_PRACTICE = bindparam("practice", type_=Uuid())
_HERE = (
    family_document.c.practice_id == _PRACTICE,
    family_document.c.patient_id == bindparam("patient", type_=Uuid()),
)
_ONE = family_document.c.id == bindparam("one", type_=Uuid())
_LIGHT = [column for column in family_document.c if column.name != "content_sealed"]
_ADD = Query(
    insert(family_document).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in family_document.c}
    )
)
_OF_PATIENT = Query(
    select(*_LIGHT)
    .where(
        *_HERE,
        family_document.c.removed_at.is_(None),
        or_(
            family_document.c.sensitive.is_(None),
            family_document.c.sensitive == any_(bindparam("sensitive", type_=ARRAY(Text()))),
        ),
    )
    .order_by(family_document.c.id.desc())
    .limit(bindparam("most"))
)
_KNOWN = Query(
    select(family_document.c.patient_id).where(family_document.c.practice_id == _PRACTICE, _ONE)
)
_WHOLE = Query(select(family_document).where(*_HERE, _ONE, family_document.c.removed_at.is_(None)))
_REMOVE = Query(
    update(family_document)
    .where(*_HERE, _ONE, family_document.c.removed_at.is_(None))
    .values(
        removed_at=bindparam("at", type_=DateTime(timezone=True)),
        removed_by=bindparam("staff", type_=Uuid()),
        content_sealed=None,
    )
)


async def add(work: Work, keys: PracticeKeys, new: Document, content: bytes) -> None:
    """Keep a document, sealed."""
    await work.run(
        _ADD,
        its_practice_id=new.practice_id,
        its_id=new.id,
        its_patient_id=new.patient_id,
        its_about=new.about,
        its_title_sealed=keys.seal_text(_TITLE, new.id, new.title),
        its_format=new.format,
        its_bytes=new.bytes,
        its_sensitive=new.sensitive,
        its_content_sealed=keys.seal(_CONTENT, new.id, content),
        its_added_by=new.added_by,
        its_added_at=new.added_at,
        its_removed_by=None,
        its_removed_at=None,
    )


async def of_patient(
    work: Work,
    keys: PracticeKeys,
    patient: PatientId,
    most: int,
    *,
    sensitive: Collection[Sensitive] = SENSITIVE,
) -> Sequence[Document]:
    """Return what is shared of a person, the newest first, without content.

    `sensitive`: of which kinds, beside what is of none.
    """
    rows = await work.rows(
        _OF_PATIENT,
        practice=keys.practice,
        patient=patient,
        most=most,
        sensitive=list(sensitive),
    )
    return [_document(keys, row) for row in rows]


async def whose(work: Work, practice: PracticeId, one: UUID) -> PatientId | None:
    """Return whose document this is, or was; None if there never was one of this id here."""
    row = await work.maybe(_KNOWN, practice=practice, one=one)
    return None if row is None else PatientId(row["patient_id"])


async def whole(
    work: Work, keys: PracticeKeys, patient: PatientId, one: UUID
) -> tuple[Document, bytes] | None:
    """Return a document of a person with its content; None if there is none."""
    row = await work.maybe(_WHOLE, practice=keys.practice, patient=patient, one=one)
    if row is None:
        return None
    return _document(keys, row), keys.open(_CONTENT, one, row["content_sealed"])


async def remove(
    work: Work, practice: PracticeId, patient: PatientId, one: UUID, staff: StaffId, at: datetime
) -> bool:
    """Take a document back with its content; False if it is not there."""
    return bool(
        await work.run(_REMOVE, practice=practice, patient=patient, one=one, staff=staff, at=at)
    )


def _document(keys: PracticeKeys, row: Row) -> Document:
    return Document(
        practice_id=PracticeId(row["practice_id"]),
        id=row["id"],
        patient_id=PatientId(row["patient_id"]),
        about=row["about"],
        title=keys.open_text(_TITLE, row["id"], row["title_sealed"]),
        format=row["format"],
        bytes=row["bytes"],
        sensitive=row["sensitive"],
        added_by=StaffId(row["added_by"]),
        added_at=row["added_at"],
        removed_at=row["removed_at"],
    )
