"""The SQL of paging: where an item stands, whom it was told to, and what became of each page.

An item's row is changed under the item's lock (queue/store.py), so a step, an acknowledgement and a
turn never meet. Names of colleagues leave for the console only; an address only to be written to.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    UUID,
    Text,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)

from engage.db.session import Query, Row, Work
from engage.db.tables import page, paging, staff
from engage.ids import PageId, PracticeId, QueueItemId, StaffId
from engage.queue.escalation import Policy
from engage.queue.paging.channel import ChannelName

Status: TypeAlias = Literal["queued", "sent", "refused", "withdrawn"]


class PagingRow(Struct, frozen=True, kw_only=True):
    """An item's paging; `policy` is None if what the row carries can't be read."""

    policy: Policy | None
    step: int
    next_at: datetime | None
    acknowledged_by: StaffId | None
    acknowledged_at: datetime | None
    lease_until: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


class PageRow(Struct, frozen=True, kw_only=True):
    """A page to write."""

    id: PageId
    staff_id: StaffId
    channel: ChannelName
    status: Status


class PageSeen(Struct, frozen=True, kw_only=True):
    """A page as the console shows it."""

    staff_id: StaffId
    given_name: str
    family_name: str
    why: str
    step: int
    channel: ChannelName
    at: datetime
    status: Status
    told_at: datetime | None

    def __repr__(self) -> str:
        """Hide the name."""
        return f"PageSeen(staff_id={self.staff_id}, …)"


class PagingSeen(Struct, frozen=True, kw_only=True):
    """An item's paging as the console shows it."""

    acknowledged_by: StaffId | None
    acknowledged_given_name: str | None
    acknowledged_family_name: str | None
    acknowledged_at: datetime | None
    next_at: datetime | None
    pages: tuple[PageSeen, ...]

    def __repr__(self) -> str:
        """Hide names."""
        return "PagingSeen(…)"


_HERE = (paging.c.practice_id == bindparam("practice"), paging.c.item_id == bindparam("item"))
_FIND = Query(select(paging).where(*_HERE).with_for_update())
_HOPPED = Query(
    update(paging)
    .where(*_HERE)
    .values(
        step=bindparam("to_step"),
        next_at=bindparam("at"),
        # Whoever had it has it no longer.
        acknowledged_by=None,
        acknowledged_at=None,
        lease_until=None,
    )
)
_ACKNOWLEDGED = Query(
    update(paging)
    .where(*_HERE)
    .values(
        acknowledged_by=bindparam("by"),
        acknowledged_at=bindparam("at"),
        lease_until=bindparam("until"),
        next_at=bindparam("until"),
    )
)
_GIVEN_BACK = Query(
    update(paging)
    .where(*_HERE)
    .values(acknowledged_by=None, acknowledged_at=None, lease_until=None, next_at=bindparam("at"))
)
_ENDED = Query(update(paging).where(*_HERE).values(ended_at=bindparam("at"), next_at=None))
_each = (
    func.unnest(
        bindparam("ids", type_=ARRAY(UUID())),
        bindparam("people", type_=ARRAY(UUID())),
        bindparam("channels", type_=ARRAY(Text())),
        bindparam("statuses", type_=ARRAY(Text())),
        bindparam("told", type_=ARRAY(page.c.told_at.type)),
    )
    .table_valued(
        column("id", UUID()),
        column("staff_id", UUID()),
        column("channel", Text()),
        column("status", Text()),
        column("told_at", page.c.told_at.type),
    )
    .render_derived()
)
_ADD_PAGES = Query(
    insert(page).from_select(
        [
            *("practice_id", "item_id", "step", "why", "at"),
            *("id", "staff_id", "channel", "status", "told_at"),
        ],
        select(
            bindparam("practice", type_=page.c.practice_id.type),
            bindparam("item", type_=page.c.item_id.type),
            bindparam("at_step", type_=page.c.step.type),
            bindparam("why", type_=Text()),
            bindparam("at", type_=page.c.at.type),
            *_each.c,
        ),
    )
)
_TOLD = Query(
    select(page.c.id)
    .where(
        page.c.practice_id == bindparam("practice"),
        page.c.item_id == bindparam("item"),
        page.c.staff_id == bindparam("person"),
    )
    .limit(1)
)
_SEEN = Query(
    select(
        paging.c.acknowledged_by,
        paging.c.acknowledged_at,
        paging.c.next_at,
        staff.c.given_name,
        staff.c.family_name,
    )
    .outerjoin(staff, staff.c.id == paging.c.acknowledged_by)
    .where(*_HERE)
)
_PAGES = Query(
    select(
        page.c.staff_id,
        page.c.step,
        page.c.channel,
        page.c.why,
        page.c.at,
        page.c.status,
        page.c.told_at,
        staff.c.given_name,
        staff.c.family_name,
    )
    .outerjoin(staff, staff.c.id == page.c.staff_id)
    .where(page.c.practice_id == bindparam("practice"), page.c.item_id == bindparam("item"))
    .order_by(page.c.id)
    .limit(200)
)


async def lock(work: Work, practice: PracticeId, item: QueueItemId) -> PagingRow | None:
    """Return where an item stands, locked after the item itself; None if it was never paged."""
    row = await work.maybe(_FIND, practice=practice, item=item)
    if row is None:
        return None
    return PagingRow(
        policy=_policy(row),
        step=row["step"],
        next_at=row["next_at"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
        lease_until=row["lease_until"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
    )


async def hopped(
    work: Work, practice: PracticeId, item: QueueItemId, step: int, next_at: datetime
) -> None:
    """Note how far it has climbed, and when it climbs on."""
    await work.run(_HOPPED, practice=practice, item=item, to_step=step, at=next_at)
    await due(work, practice, item, next_at)


async def acknowledged(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    by: StaffId,
    at: datetime,
    until: datetime,
) -> None:
    """Note who has taken it on, and until when they have it."""
    await work.run(_ACKNOWLEDGED, practice=practice, item=item, by=by, at=at, until=until)
    await due(work, practice, item, until)


async def given_back(work: Work, practice: PracticeId, item: QueueItemId, at: datetime) -> None:
    """Have it climb on now: who had it has it no longer."""
    await work.run(_GIVEN_BACK, practice=practice, item=item, at=at)
    await due(work, practice, item, at)


async def wait(work: Work, practice: PracticeId, item: QueueItemId, until: datetime) -> None:
    """Look again later."""
    await due(work, practice, item, until)


async def ended(work: Work, practice: PracticeId, item: QueueItemId, at: datetime) -> None:
    """Tell nobody any more."""
    await work.run(_ENDED, practice=practice, item=item, at=at)
    await work.call("due_done", "page", item)


async def add_pages(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    step: int,
    why: str,
    at: datetime,
    pages: Sequence[PageRow],
) -> None:
    """Write pages; those that are to leave are due now."""
    await work.run(
        _ADD_PAGES,
        practice=practice,
        item=item,
        at_step=step,
        why=why,
        at=at,
        ids=[one.id for one in pages],
        people=[one.staff_id for one in pages],
        channels=[one.channel for one in pages],
        statuses=[one.status for one in pages],
        told=[at if one.status == "sent" else None for one in pages],
    )
    for one in pages:
        if one.status == "queued":
            await work.call("due_set", "notify", one.id, practice, at)


async def was_told(work: Work, practice: PracticeId, item: QueueItemId, person: StaffId) -> bool:
    """Say whether somebody has heard of an item."""
    return await work.maybe(_TOLD, practice=practice, item=item, person=person) is not None


async def seen(work: Work, practice: PracticeId, item: QueueItemId) -> PagingSeen | None:
    """Return who was told of an item and who took it on; None if it was never paged."""
    row = await work.maybe(_SEEN, practice=practice, item=item)
    if row is None:
        return None
    return PagingSeen(
        acknowledged_by=row["acknowledged_by"],
        acknowledged_given_name=row["given_name"],
        acknowledged_family_name=row["family_name"],
        acknowledged_at=row["acknowledged_at"],
        next_at=row["next_at"],
        pages=tuple(
            PageSeen(
                staff_id=one["staff_id"],
                given_name=one["given_name"] or "",
                family_name=one["family_name"] or "",
                why=one["why"],
                step=one["step"],
                channel=one["channel"],
                at=one["at"],
                status=one["status"],
                told_at=one["told_at"],
            )
            for one in await work.rows(_PAGES, practice=practice, item=item)
        ),
    )


async def due(work: Work, practice: PracticeId, item: QueueItemId, at: datetime) -> None:
    """Have an item looked at at a moment."""
    # Anew, so that its failures are forgotten: a later one must not rest as long as a fifth.
    await work.call("due_done", "page", item)
    await work.call("due_set", "page", item, practice, at)


def _policy(row: Row) -> Policy | None:
    try:
        return msgspec.json.decode(row["policy"], type=Policy)
    except msgspec.MsgspecError:
        return None
