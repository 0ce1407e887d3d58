"""The exact words behind the messages of a history, and the names behind its staff.

A text is quoted to the record it stands with and to nobody else: one that turned out to be another
person's is no longer there. Rows never leave this file, and nothing is decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, any_, bindparam, or_, select
from sqlalchemy import Uuid as UuidType

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import message, patient, staff, thread
from engage.ids import MessageId, PatientId

_PRACTICE = bindparam("practice", type_=UuidType())
_ABOUT = bindparam("about", type_=UuidType())
_UUIDS = ARRAY(UuidType())


class Quoted(Struct, frozen=True):
    """What somebody wrote, and the key of the question that had been asked."""

    words: str
    prompt: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return "Quoted(…)"


# A record that was merged into this one is the same person's.
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == _PRACTICE,
    or_(patient.c.id == _ABOUT, patient.c.merged_into == _ABOUT),
)
_WORDS = Query(
    select(message.c.id, message.c.body_sealed, message.c.prompt)
    .join(
        thread,
        (thread.c.practice_id == message.c.practice_id) & (thread.c.id == message.c.thread_id),
    )
    .where(
        message.c.practice_id == _PRACTICE,
        message.c.id == any_(bindparam("messages", type_=_UUIDS)),
        thread.c.patient_id.in_(_RECORDS),
    )
)
_NAMES = Query(
    select(staff.c.id, staff.c.given_name, staff.c.family_name).where(
        staff.c.id == any_(bindparam("people", type_=_UUIDS))
    )
)


async def words_of(
    work: Work, keys: PracticeKeys, about: PatientId, messages: Sequence[MessageId]
) -> Mapping[MessageId, Quoted]:
    """Return what was written in some texts that stand with a patient."""
    if not messages:
        return {}
    rows = await work.rows(_WORDS, practice=keys.practice, about=about, messages=list(messages))
    return {
        MessageId(row["id"]): Quoted(
            keys.open_text("message.body", row["id"], row["body_sealed"]), row["prompt"]
        )
        for row in rows
    }


async def names_of(work: Work, people: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """Return the names of colleagues who share a practice with the reader."""
    asked = {one for one in people if one is not None}
    if not asked:
        return {}
    rows = await work.rows(_NAMES, people=list(asked))
    return {row["id"]: f"{row['given_name']} {row['family_name']}" for row in rows}
