"""The SQL of an answer that did not arrive: which paging it had ended, and that it goes on.

An answer is known by its moment. This room refuses to undo a later one.
"""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from engage.db.session import Query, Work
from engage.db.tables import paging, queue_item
from engage.ids import PatientId, PracticeId, QueueItemId
from engage.queue.paging.store import due

_ANSWERED_AT = Query(
    select(paging.c.item_id)
    .join(
        queue_item,
        (queue_item.c.practice_id == paging.c.practice_id) & (queue_item.c.id == paging.c.item_id),
    )
    .where(
        paging.c.practice_id == bindparam("practice"),
        paging.c.answered_at == bindparam("said_at"),
        queue_item.c.about_id == bindparam("about"),
        queue_item.c.closed_at.is_(None),
    )
    .order_by(queue_item.c.id)
    .with_for_update(of=queue_item)
)
_UNANSWERED = Query(
    update(paging)
    .where(
        paging.c.practice_id == bindparam("practice"),
        paging.c.item_id == bindparam("item"),
        paging.c.answered_at == bindparam("said_at"),
    )
    .values(answered_at=None, ended_at=None, next_at=bindparam("at"))
)
_BEGUN_AGAIN = Query(
    update(paging)
    .where(paging.c.practice_id == bindparam("practice"), paging.c.item_id == bindparam("item"))
    .values(answered_at=None, ended_at=None, next_at=bindparam("at"))
)


async def begun_again(work: Work, practice: PracticeId, item: QueueItemId, at: datetime) -> None:
    """Write that it is not over: what was closed is open again, and climbs on at a moment."""
    await work.run(_BEGUN_AGAIN, practice=practice, item=item, at=at)


async def answered_at(
    work: Work, practice: PracticeId, about: PatientId, said_at: datetime
) -> tuple[QueueItemId, ...]:
    """Return the open items about somebody whose last answer was of this moment, locked."""
    rows = await work.rows(_ANSWERED_AT, practice=practice, about=about, said_at=said_at)
    return tuple(QueueItemId(row["item_id"]) for row in rows)


async def unanswered(
    work: Work, practice: PracticeId, item: QueueItemId, said_at: datetime, at: datetime
) -> bool:
    """Have it climb on now: the answer of that moment is none. False if a later one stands."""
    if not await work.run(_UNANSWERED, practice=practice, item=item, said_at=said_at, at=at):
        return False
    await due(work, practice, item, at)
    return True
