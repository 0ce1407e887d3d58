"""What can be taken back, and what it changed besides: who was no longer waiting because of it.

It refuses to judge whether it is too late: the state of the text says so.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Uuid, bindparam, func, insert, select, update

from engage.db.session import Query, Work
from engage.db.tables import queue_item, undo
from engage.ids import MessageId, PatientId, PracticeId, QueueItemId, StaffId

_PRACTICE = bindparam("practice", type_=Uuid())

_IN_CRISIS = Query(
    select(queue_item.c.id)
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.about_id == bindparam("patient"),
        queue_item.c.closed_at.is_(None),
        # A crisis, or words that may mean one.
        queue_item.c.urgency <= 1,
    )
    .limit(1)
)
_WAITING = Query(
    select(queue_item.c.id, queue_item.c.waiting_since).where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.about_id == bindparam("patient"),
        queue_item.c.closed_at.is_(None),
        queue_item.c.waiting_since.is_not(None),
    )
)
_NOTE = Query(
    insert(undo).values(
        practice_id=_PRACTICE,
        id=bindparam("action"),
        staff_id=bindparam("by"),
        until_at=bindparam("until"),
        waiting=bindparam("before"),
    )
)
_FIND = Query(
    select(undo)
    .where(undo.c.practice_id == _PRACTICE, undo.c.id == bindparam("action"))
    .with_for_update()
)
_DONE = Query(
    update(undo)
    .where(undo.c.practice_id == _PRACTICE, undo.c.id == bindparam("action"))
    .values(undone_at=bindparam("moment"))
)
_WAITS_AGAIN = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.id == bindparam("item"),
        queue_item.c.closed_at.is_(None),
    )
    .values(
        # Since the moment before, or since a later text of theirs if that is all there is.
        waiting_since=func.least(queue_item.c.waiting_since, bindparam("since")),
        version=queue_item.c.version + 1,
    )
)


class Waited(Struct, frozen=True):
    """Who was waiting for an answer before a text was written."""

    item: QueueItemId
    since: datetime


class Undoable(Struct, frozen=True):
    """An action as it was noted."""

    by: StaffId
    undone_at: datetime | None
    waited: tuple[Waited, ...]


async def in_crisis(work: Work, practice: PracticeId, patient: PatientId) -> bool:
    """Say whether somebody may be in danger: then nothing waits."""
    return await work.maybe(_IN_CRISIS, practice=practice, patient=patient) is not None


async def waiting(work: Work, practice: PracticeId, patient: PatientId) -> tuple[Waited, ...]:
    """Return the open work in which a patient waits for an answer."""
    rows = await work.rows(_WAITING, practice=practice, patient=patient)
    return tuple(Waited(row["id"], row["waiting_since"]) for row in rows)


async def note(
    work: Work,
    practice: PracticeId,
    action: MessageId,
    by: StaffId,
    until: datetime,
    waited: tuple[Waited, ...],
) -> None:
    """Note an action that can be taken back."""
    before = msgspec.json.encode(waited).decode()
    await work.run(_NOTE, practice=practice, action=action, by=by, until=until, before=before)


async def find(work: Work, practice: PracticeId, action: UUID) -> Undoable | None:
    """Lock and return an action; None if it is none that can be taken back."""
    row = await work.maybe(_FIND, practice=practice, action=action)
    if row is None:
        return None
    waited = msgspec.json.decode(row["waiting"], type=tuple[Waited, ...])
    return Undoable(row["staff_id"], row["undone_at"], waited)


async def undone(
    work: Work, practice: PracticeId, action: UUID, before: Undoable, at: datetime
) -> None:
    """Write that it was taken back: who waited then waits still."""
    await work.run(_DONE, practice=practice, action=action, moment=at)
    for one in before.waited:
        await work.run(_WAITS_AGAIN, practice=practice, item=one.item, since=one.since)
