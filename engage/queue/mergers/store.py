"""Work that was joined to other work of the same patient, and how the other stood before."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ScalarSelect, bindparam, func, insert, select, update

from engage.conversation.severity import Severity
from engage.db.session import Query, Work
from engage.db.tables import item_merger, queue_item
from engage.ids import PracticeId, QueueItemId, StaffId


class Merger(Struct, frozen=True, kw_only=True):
    """Two pieces of work that are one now, and what the second was before."""

    id: UUID
    item_id: QueueItemId
    into_id: QueueItemId
    severity_was: Literal["routine", "urgent"]
    due_was: datetime


class Part(Struct, frozen=True):
    """Work that is done as part of other work."""

    id: QueueItemId
    subject: str
    severity: Severity
    at: datetime


_ADD = Query(
    insert(item_merger).values(
        practice_id=bindparam("practice"),
        id=bindparam("merger"),
        item_id=bindparam("item"),
        into_id=bindparam("target"),
        staff_id=bindparam("by"),
        at=bindparam("moment"),
        severity_was=bindparam("how"),
        due_was=bindparam("due"),
    )
)
_FIND = Query(
    select(item_merger)
    .where(
        item_merger.c.practice_id == bindparam("practice"),
        item_merger.c.item_id == bindparam("item"),
        item_merger.c.undone_at.is_(None),
    )
    .with_for_update()
)
_UNDONE = Query(
    update(item_merger)
    .where(item_merger.c.practice_id == bindparam("practice"), item_merger.c.id == bindparam("one"))
    .values(undone_at=bindparam("moment"), undone_by=bindparam("by"))
)
_other = queue_item.alias("other")


def _waiting_of(one: str) -> ScalarSelect[datetime]:
    return (
        select(_other.c.waiting_since)
        .where(_other.c.practice_id == bindparam("practice"), _other.c.id == bindparam(one))
        .scalar_subquery()
    )


_WAITS_THERE = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == bindparam("practice"), queue_item.c.id == bindparam("target")
    )
    # Of two moments the earlier; of one and none the one.
    .values(waiting_since=func.least(queue_item.c.waiting_since, _waiting_of("item")))
)
_ANSWERED_THERE = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == bindparam("practice"),
        queue_item.c.id == bindparam("item"),
        _waiting_of("target").is_(None),
    )
    .values(waiting_since=None)
)
_PARTS = Query(
    select(queue_item.c.id, queue_item.c.subject, queue_item.c.severity, item_merger.c.at)
    .join(
        item_merger,
        (item_merger.c.practice_id == queue_item.c.practice_id)
        & (item_merger.c.item_id == queue_item.c.id),
    )
    .where(
        item_merger.c.practice_id == bindparam("practice"),
        item_merger.c.into_id == bindparam("target"),
        item_merger.c.undone_at.is_(None),
    )
    .order_by(queue_item.c.id)
    .limit(100)
)


async def add(work: Work, practice: PracticeId, new: Merger, by: StaffId, at: datetime) -> None:
    """Write that two pieces of work are one."""
    await work.run(
        _ADD,
        practice=practice,
        merger=new.id,
        item=new.item_id,
        target=new.into_id,
        by=by,
        moment=at,
        how=new.severity_was,
        due=new.due_was,
    )


async def find(work: Work, practice: PracticeId, item: QueueItemId) -> Merger | None:
    """Lock and return what an item is part of now."""
    row = await work.maybe(_FIND, practice=practice, item=item)
    if row is None:
        return None
    return Merger(
        id=row["id"],
        item_id=QueueItemId(row["item_id"]),
        into_id=QueueItemId(row["into_id"]),
        severity_was=row["severity_was"],
        due_was=row["due_was"],
    )


async def undone(work: Work, practice: PracticeId, merger: UUID, by: StaffId, at: datetime) -> None:
    """Write that they were taken apart."""
    await work.run(_UNDONE, practice=practice, one=merger, moment=at, by=by)


async def wait_there(
    work: Work, practice: PracticeId, item: QueueItemId, into: QueueItemId
) -> None:
    """Let who waits for an answer in one item wait in the other."""
    await work.run(_WAITS_THERE, practice=practice, item=item, target=into)


async def answered_there(
    work: Work, practice: PracticeId, item: QueueItemId, into: QueueItemId
) -> None:
    """Let nobody wait in an item who was answered while it was part of the other."""
    await work.run(_ANSWERED_THERE, practice=practice, item=item, target=into)


async def parts_of(work: Work, practice: PracticeId, item: QueueItemId) -> tuple[Part, ...]:
    """Return the work that is done as part of an item."""
    rows = await work.rows(_PARTS, practice=practice, target=item)
    return tuple(
        Part(QueueItemId(row["id"]), row["subject"], row["severity"], row["at"]) for row in rows
    )
