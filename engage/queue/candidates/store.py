"""The SQL of candidates: a reply with its de-identified words, and who decided about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Text, any_, bindparam, insert, select, update
from sqlalchemy import Uuid as UuidType

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    candidate,
    caregiver,
    caregiver_of,
    flag,
    message,
    patient,
    queue_item,
    staff,
    thread,
)
from engage.ids import MessageId, PatientId, PracticeId, QueueItemId, StaffId

Status: TypeAlias = Literal["proposed", "approved", "rejected"]
_PLACE = "candidate.words"
FIRST = UUID(int=0)
"""Before every candidate."""


class Proposed(Struct, frozen=True, kw_only=True):
    """A reply, what the reader made of it and what it should have."""

    id: UUID
    item_id: QueueItemId
    message_id: MessageId
    words: str
    language: str
    context: str
    labels: tuple[str, ...]
    urgency: str
    tier_was: str
    labels_were: tuple[str, ...]
    reader_version: str
    proposed_by: StaffId
    proposed_at: datetime
    status: Status = "proposed"
    decided_by: StaffId | None = None
    decided_at: datetime | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Proposed(id={self.id}, …)"


class Said(Struct, frozen=True, kw_only=True):
    """The text that an item quotes, and who may be named in it."""

    words: str
    prompt: str | None
    author: str
    names: tuple[str, ...]

    def __repr__(self) -> str:
        """Hide words and names."""
        return "Said(…)"


_SAID = Query(
    select(
        message.c.body_sealed,
        message.c.prompt,
        message.c.author,
        message.c.line_id,
        flag.c.patient_id,
    )
    .select_from(flag)
    .join(
        message,
        (message.c.practice_id == flag.c.practice_id) & (message.c.id == flag.c.message_id),
    )
    .where(
        flag.c.practice_id == bindparam("practice"),
        flag.c.item_id == bindparam("item"),
        flag.c.message_id == bindparam("message"),
        message.c.direction == "in",
    )
    .limit(1)
)
_ABOUT = Query(
    # Others of the same phone are named in its texts too, whoever the item is about.
    select(thread.c.patient_id).where(
        thread.c.practice_id == bindparam("practice"),
        thread.c.line_id == bindparam("line"),
        thread.c.patient_id.is_not(None),
    )
)
_MEANT = any_(bindparam("patients", type_=ARRAY(UuidType())))
_PATIENTS = Query(
    select(patient.c.given_name, patient.c.family_name).where(
        patient.c.practice_id == bindparam("practice"), patient.c.id == _MEANT
    )
)
_CAREGIVERS = Query(
    select(caregiver.c.given_name, caregiver.c.family_name)
    .join(
        caregiver_of,
        (caregiver_of.c.practice_id == caregiver.c.practice_id)
        & (caregiver_of.c.caregiver_id == caregiver.c.id),
    )
    .where(
        caregiver_of.c.practice_id == bindparam("practice"),
        caregiver_of.c.patient_id == _MEANT,
    )
)
_STAFF = Query(select(staff.c.given_name, staff.c.family_name))
_BY_MESSAGE = Query(
    select(candidate)
    .where(
        candidate.c.practice_id == bindparam("practice"),
        candidate.c.message_id == bindparam("message"),
    )
    .with_for_update()
)
_BY_ID = Query(
    select(candidate)
    .where(
        candidate.c.practice_id == bindparam("practice"), candidate.c.id == bindparam("candidate")
    )
    .with_for_update()
)
_WHOSE = Query(
    select(candidate.c.id, queue_item.c.patient_id)
    .join(
        queue_item,
        (queue_item.c.practice_id == candidate.c.practice_id)
        & (queue_item.c.id == candidate.c.item_id),
    )
    .where(
        candidate.c.id == any_(bindparam("candidates", type_=ARRAY(UuidType()))),
        queue_item.c.patient_id.is_not(None),
    )
)
_ADD = Query(insert(candidate))
_AGAIN = Query(
    update(candidate)
    .where(candidate.c.practice_id == bindparam("practice"), candidate.c.id == bindparam("row"))
    .values(
        labels=bindparam("labels", type_=ARRAY(Text())),
        urgency=bindparam("urgency"),
        proposed_by=bindparam("proposed_by"),
        proposed_at=bindparam("proposed_at"),
        status="proposed",
        decided_by=None,
        decided_at=None,
    )
)
_DECIDE = Query(
    update(candidate)
    .where(candidate.c.practice_id == bindparam("practice"), candidate.c.id == bindparam("row"))
    .values(
        words_sealed=bindparam("words"),
        status=bindparam("status"),
        decided_by=bindparam("by"),
        decided_at=bindparam("at"),
    )
)
_PAGE = Query(
    select(candidate)
    .where(
        candidate.c.practice_id == any_(bindparam("practices", type_=ARRAY(UuidType()))),
        candidate.c.status == bindparam("status"),
        candidate.c.id > bindparam("after", type_=UuidType()),
    )
    .order_by(candidate.c.id)
    .limit(bindparam("most"))
)


async def whose(work: Work, candidates: Sequence[UUID]) -> dict[UUID, PatientId]:
    """Return of which patient each text is, if of one."""
    rows = await work.rows(_WHOSE, candidates=list(candidates))
    return {row["id"]: PatientId(row["patient_id"]) for row in rows}


async def said(work: Work, keys: PracticeKeys, item: QueueItemId, of: MessageId) -> Said | None:
    """Return the text an item is about, and the names that may stand in it."""
    row = await work.maybe(_SAID, practice=keys.practice, item=item, message=of)
    if row is None:
        return None
    beside = await work.rows(_ABOUT, practice=keys.practice, line=row["line_id"])
    meant = {one["patient_id"] for one in (row, *beside)} - {None}
    about = {"practice": keys.practice, "patients": list(meant)}
    names = [
        *await work.rows(_STAFF),
        *await work.rows(_PATIENTS, **about),
        *await work.rows(_CAREGIVERS, **about),
    ]
    return Said(
        words=keys.open_text("message.body", of, row["body_sealed"]),
        prompt=row["prompt"],
        author=row["author"],
        names=tuple(one for name in names for one in (name["given_name"], name["family_name"])),
    )


async def by_message(work: Work, keys: PracticeKeys, of: MessageId) -> Proposed | None:
    """Return what was said about a text before, locked."""
    row = await work.maybe(_BY_MESSAGE, practice=keys.practice, message=of)
    return None if row is None else _read(row, keys)


async def by_id(work: Work, keys: PracticeKeys, wanted: UUID) -> Proposed | None:
    """Return a candidate, locked."""
    row = await work.maybe(_BY_ID, practice=keys.practice, candidate=wanted)
    return None if row is None else _read(row, keys)


async def propose(work: Work, keys: PracticeKeys, new: Proposed) -> None:
    """Keep a candidate."""
    await work.run(
        _ADD,
        practice_id=keys.practice,
        id=new.id,
        item_id=new.item_id,
        message_id=new.message_id,
        words_sealed=keys.seal_text(_PLACE, new.id, new.words),
        language=new.language,
        context=new.context,
        labels=list(new.labels),
        urgency=new.urgency,
        tier_was=new.tier_was,
        labels_were=list(new.labels_were),
        reader_version=new.reader_version,
        proposed_by=new.proposed_by,
        proposed_at=new.proposed_at,
        status="proposed",
        decided_by=None,
        decided_at=None,
    )


async def propose_again(work: Work, practice: PracticeId, new: Proposed) -> None:
    """Change what a candidate should have been read as; it waits for approval anew."""
    await work.run(
        _AGAIN,
        practice=practice,
        row=new.id,
        labels=list(new.labels),
        urgency=new.urgency,
        proposed_by=new.proposed_by,
        proposed_at=new.proposed_at,
    )


async def decide(
    work: Work, keys: PracticeKeys, row: UUID, words: str, status: Status, by: StaffId, at: datetime
) -> None:
    """Approve or reject exactly these words."""
    await work.run(
        _DECIDE,
        practice=keys.practice,
        row=row,
        words=keys.seal_text(_PLACE, row, words),
        status=status,
        by=by,
        at=at,
    )


async def listed(
    work: Work, keys: Sequence[PracticeKeys], status: Status, after: UUID, most: int
) -> list[tuple[PracticeId, Proposed]]:
    """Return a page of candidates of some practices, in the order in which they were proposed."""
    by_practice = {one.practice: one for one in keys}
    rows = await work.rows(
        _PAGE, practices=list(by_practice), status=status, after=after, most=most
    )
    return [
        (practice, _read(row, by_practice[practice]))
        for row in rows
        if (practice := PracticeId(row["practice_id"]))
    ]


def _read(row: Row, keys: PracticeKeys) -> Proposed:
    return Proposed(
        id=row["id"],
        item_id=QueueItemId(row["item_id"]),
        message_id=MessageId(row["message_id"]),
        words=keys.open_text(_PLACE, row["id"], row["words_sealed"]),
        language=row["language"],
        context=row["context"],
        labels=tuple(row["labels"]),
        urgency=row["urgency"],
        tier_was=row["tier_was"],
        labels_were=tuple(row["labels_were"]),
        reader_version=row["reader_version"],
        proposed_by=StaffId(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        status=row["status"],
        decided_by=None if row["decided_by"] is None else StaffId(row["decided_by"]),
        decided_at=row["decided_at"],
    )
