"""The SQL of one piece of work: read it with its flags, lock it for a change, write the change.

Locks follow the house's order: line, patient, item. Pages of the queue are in board/, whom routing
may choose from in roster/. Rows never leave.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    update,
)

from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    flag,
    line,
    message,
    patient,
    queue_item,
    staff,
)
from engage.ids import (
    FlagId,
    MessageId,
    PatientId,
    PracticeId,
    QueueItemId,
    StaffId,
    ThreadId,
)
from engage.people.access import Visible
from engage.people.fields import Language
from engage.queue.item import Ending, Item, Status


class ItemSeen(Struct, frozen=True, kw_only=True):
    """A piece of work with the names a person needs to recognise it."""

    practice_id: PracticeId
    id: QueueItemId
    subject: str
    severity: Severity
    status: Status
    owner_id: StaffId
    owner_given_name: str
    owner_family_name: str
    owner_why: str
    due_at: datetime
    opened_at: datetime
    version: int
    patient_id: PatientId | None = None
    patient_given_name: str | None = None
    patient_family_name: str | None = None
    patient_language: Language | None = None
    thread_id: ThreadId | None = None
    waiting_since: datetime | None = None
    claimed_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Ending | None = None
    snoozed_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_for_reply: bool = False
    merged_into: QueueItemId | None = None

    def __repr__(self) -> str:
        """Hide names and note."""
        return f"ItemSeen(id={self.id}, …)"


class FlagSeen(Struct, frozen=True, kw_only=True):
    """Why a human must look, with the words that were written and what had been asked."""

    id: FlagId
    reason: str
    severity: Severity
    rule: str
    at: datetime
    message_id: MessageId | None = None
    #: Since when it no longer holds: the text was somebody else's.
    withdrawn_at: datetime | None = None
    words: str | None = None
    prompt: str | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"FlagSeen(id={self.id}, …)"


class Locked(Struct, frozen=True):
    """An item that nobody else can change now, and what a step may need besides."""

    item: Item
    patient_id: PatientId | None
    due_at: datetime
    #: With the subject: of which at most one piece of work is open.
    about_id: UUID
    subject: str


COLUMNS = (
    queue_item.c.practice_id,
    queue_item.c.id,
    queue_item.c.subject,
    queue_item.c.severity,
    queue_item.c.urgency,
    queue_item.c.status,
    queue_item.c.owner_id,
    queue_item.c.owner_why,
    queue_item.c.due_at,
    queue_item.c.opened_at,
    queue_item.c.version,
    queue_item.c.patient_id,
    queue_item.c.thread_id,
    queue_item.c.waiting_since,
    queue_item.c.claimed_at,
    queue_item.c.closed_at,
    queue_item.c.outcome,
    queue_item.c.note_sealed,
    queue_item.c.snoozed_at,
    queue_item.c.snoozed_until,
    queue_item.c.snoozed_for_reply,
    queue_item.c.merged_into,
)
"""Everything of an item, but who it is about by name."""
NAMES = (
    patient.c.given_name.label("patient_given_name"),
    patient.c.family_name.label("patient_family_name"),
    patient.c.language.label("patient_language"),
    staff.c.given_name.label("owner_given_name"),
    staff.c.family_name.label("owner_family_name"),
)
"""Who it is about and whose it is, joined."""

_UUIDS = ARRAY(Uuid())

_ONE = Query(
    select(*COLUMNS, *NAMES)
    .select_from(queue_item)
    .outerjoin(
        patient,
        (patient.c.practice_id == queue_item.c.practice_id)
        & (patient.c.id == queue_item.c.patient_id),
    )
    .outerjoin(staff, staff.c.id == queue_item.c.owner_id)
    .where(
        queue_item.c.practice_id == any_(bindparam("practices", type_=_UUIDS)),
        queue_item.c.id == bindparam("item"),
    )
)
_FLAGS = Query(
    select(
        flag.c.id,
        flag.c.reason,
        flag.c.severity,
        flag.c.rule,
        flag.c.at,
        flag.c.message_id,
        flag.c.withdrawn_at,
        message.c.body_sealed,
        message.c.prompt,
    )
    .outerjoin(
        message,
        (message.c.practice_id == flag.c.practice_id) & (message.c.id == flag.c.message_id),
    )
    .where(flag.c.practice_id == bindparam("practice"), flag.c.item_id == bindparam("item"))
    .order_by(flag.c.id.desc())
    .limit(200)
)
_PLACE_IN_LOCK_ORDER = Query(
    select(queue_item.c.line_id, queue_item.c.patient_id).where(
        queue_item.c.practice_id == bindparam("practice"), queue_item.c.id == bindparam("item")
    )
)
_LOCK_LINE = Query(
    select(line.c.id)
    .where(line.c.practice_id == bindparam("practice"), line.c.id == bindparam("line"))
    .with_for_update()
)
_LOCK_PATIENT = Query(
    select(patient.c.id)
    .where(patient.c.practice_id == bindparam("practice"), patient.c.id == bindparam("patient"))
    .with_for_update(key_share=True)
)
_STEP = tuple(name for name in Item.__struct_fields__ if name not in {"id", "severity"})
"""The columns that a step may change, named as the item has them."""
_LOCK_ITEM = Query(
    select(
        *(queue_item.c[name] for name in Item.__struct_fields__),
        queue_item.c.patient_id,
        queue_item.c.due_at,
        queue_item.c.about_id,
        queue_item.c.subject,
    )
    .where(queue_item.c.practice_id == bindparam("practice"), queue_item.c.id == bindparam("item"))
    .with_for_update()
)
_SAVE = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == bindparam("in_practice"),
        queue_item.c.id == bindparam("item"),
    )
    .values(
        **{name: bindparam(name) for name in _STEP},
        owner_why=func.coalesce(bindparam("owner_why", type_=Text()), queue_item.c.owner_why),
        note_sealed=func.coalesce(
            bindparam("note_sealed", type_=LargeBinary()), queue_item.c.note_sealed
        ),
    )
)
_RETIME = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == bindparam("in_practice"),
        queue_item.c.id == bindparam("item"),
    )
    .values(severity=bindparam("how"), due_at=bindparam("due"))
)


_STAFF = Query(
    select(staff.c.given_name, staff.c.family_name).where(staff.c.id == bindparam("staff"))
)


async def one(work: Work, visible: Visible, item: QueueItemId) -> ItemSeen | None:
    """Return an item, open or closed, if it is in one of these practices; its note stays sealed."""
    row = await work.maybe(_ONE, practices=list(visible.practices), item=item)
    return None if row is None else seen(row)


async def note(work: Work, keys: PracticeKeys, item: QueueItemId) -> str | None:
    """Return what was noted when an item was closed."""
    row = await work.maybe(_ONE, practices=[keys.practice], item=item)
    if row is None or row["note_sealed"] is None:
        return None
    return keys.open_text("queue_item.note", item, row["note_sealed"])


async def flags(
    work: Work, practice_id: PracticeId, item: QueueItemId, keys: PracticeKeys
) -> tuple[FlagSeen, ...]:
    """Return why an item is there, the newest reason first, with the words it is about."""
    rows = await work.rows(_FLAGS, practice=practice_id, item=item)
    return tuple(
        FlagSeen(
            id=row["id"],
            reason=row["reason"],
            severity=row["severity"],
            rule=row["rule"],
            at=row["at"],
            message_id=row["message_id"],
            withdrawn_at=row["withdrawn_at"],
            # What was taken for this person's word is no business of theirs any more.
            words=None if row["withdrawn_at"] else _words(row, keys),
            prompt=row["prompt"],
        )
        for row in rows
    )


async def lock(work: Work, practice_id: PracticeId, item: QueueItemId) -> Locked | None:
    """Lock an item for a change, after its line and its patient: the house's lock order."""
    place = await work.maybe(_PLACE_IN_LOCK_ORDER, practice=practice_id, item=item)
    if place is None:
        return None
    if place["line_id"] is not None:
        await work.maybe(_LOCK_LINE, practice=practice_id, line=place["line_id"])
    if place["patient_id"] is not None:
        await work.maybe(_LOCK_PATIENT, practice=practice_id, patient=place["patient_id"])
    row = await work.maybe(_LOCK_ITEM, practice=practice_id, item=item)
    if row is None:
        return None
    return Locked(
        item=Item(**{name: row[name] for name in Item.__struct_fields__}),
        patient_id=row["patient_id"],
        due_at=row["due_at"],
        about_id=row["about_id"],
        subject=row["subject"],
    )


async def save(
    work: Work,
    practice_id: PracticeId,
    item: Item,
    *,
    owner_why: str | None = None,
    note_sealed: bytes | None = None,
) -> None:
    """Write an item as a step left it."""
    await work.run(
        _SAVE,
        in_practice=practice_id,
        item=item.id,
        owner_why=owner_why,
        note_sealed=note_sealed,
        **{name: getattr(item, name) for name in _STEP},
    )


async def retime(
    work: Work, practice_id: PracticeId, item: QueueItemId, severity: Severity, due: datetime
) -> None:
    """Write how severe work is and when it is due; a step of `save` goes with it."""
    await work.run(_RETIME, in_practice=practice_id, item=item, how=severity, due=due)


async def staff_name(work: Work, staff_id: StaffId) -> str | None:
    """Return the name of a colleague, if they share a practice with the reader."""
    row = await work.maybe(_STAFF, staff=staff_id)
    return None if row is None else f"{row['given_name']} {row['family_name']}"


def seen(row: Row) -> ItemSeen:
    """Return an item from a row of COLUMNS and NAMES."""
    return ItemSeen(
        practice_id=row["practice_id"],
        id=row["id"],
        subject=row["subject"],
        severity=row["severity"],
        status=row["status"],
        owner_id=row["owner_id"],
        owner_given_name=row["owner_given_name"] or "",
        owner_family_name=row["owner_family_name"] or "",
        owner_why=row["owner_why"],
        due_at=row["due_at"],
        opened_at=row["opened_at"],
        version=row["version"],
        patient_id=row["patient_id"],
        patient_given_name=row["patient_given_name"],
        patient_family_name=row["patient_family_name"],
        patient_language=row["patient_language"],
        thread_id=row["thread_id"],
        waiting_since=row["waiting_since"],
        claimed_at=row["claimed_at"],
        closed_at=row["closed_at"],
        outcome=row["outcome"],
        snoozed_at=row["snoozed_at"],
        snoozed_until=row["snoozed_until"],
        snoozed_for_reply=row["snoozed_for_reply"],
        merged_into=row["merged_into"],
    )


def _words(row: Row, keys: PracticeKeys) -> str | None:
    if row["body_sealed"] is None:
        return None
    return keys.open_text("message.body", row["message_id"], row["body_sealed"])
