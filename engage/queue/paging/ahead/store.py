"""The SQL of a forecast: where an item's paging stands, read without a lock. Rows never leave."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import and_, bindparam, select

from engage.conversation.severity import Severity
from engage.db.session import Query, Work
from engage.db.tables import paging, queue_item
from engage.ids import PatientId, PracticeId, QueueItemId, StaffId
from engage.queue.escalation import Policy


class Standing(Struct, frozen=True, kw_only=True):
    """An item that somebody may still be told of."""

    owner_id: StaffId
    patient_id: PatientId | None
    severity: Severity
    #: None if what the row carries can't be read: then the shipped rules hold.
    policy: Policy | None
    step: int
    next_at: datetime | None
    lease_until: datetime | None


_STANDING = Query(
    select(
        queue_item.c.owner_id,
        queue_item.c.patient_id,
        queue_item.c.severity,
        paging.c.policy,
        paging.c.step,
        paging.c.next_at,
        paging.c.lease_until,
    )
    .join(
        queue_item,
        and_(
            queue_item.c.practice_id == paging.c.practice_id,
            queue_item.c.id == paging.c.item_id,
        ),
    )
    .where(
        paging.c.practice_id == bindparam("practice"),
        paging.c.item_id == bindparam("item"),
        paging.c.answered_at.is_(None),
        paging.c.ended_at.is_(None),
        queue_item.c.closed_at.is_(None),
    )
)


async def standing(work: Work, practice: PracticeId, item: QueueItemId) -> Standing | None:
    """Return where an item stands; None if nobody is told of it any more."""
    row = await work.maybe(_STANDING, practice=practice, item=item)
    if row is None:
        return None
    try:
        policy = msgspec.json.decode(row["policy"], type=Policy)
    except msgspec.MsgspecError:
        policy = None
    return Standing(
        owner_id=row["owner_id"],
        patient_id=row["patient_id"],
        severity=row["severity"],
        policy=policy,
        step=row["step"],
        next_at=row["next_at"],
        lease_until=row["lease_until"],
    )
