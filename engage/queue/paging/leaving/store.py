"""Pages that leave the console: to which addresses, does anybody still wait, what became of them.

An address is opened here only to be called. A page is old news, and is withdrawn, once its item is
closed or taken on, or when the same person was told by the same way since.
"""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec import Struct
from sqlalchemy import and_, bindparam, exists, or_, select, update

from engage.db.sealing import MasterKeys
from engage.db.session import Query, Work
from engage.db.tables import page, paging, queue_item, staff
from engage.ids import PageId, PracticeId, QueueItemId, StaffId
from engage.people.pagers import store as pagers
from engage.people.pagers.browser import Browser
from engage.queue.paging.channel import ChannelName
from engage.queue.paging.store import Status

PLACE = "staff.email"


class PageDue(Struct, frozen=True, kw_only=True):
    """A page that is to leave: to whom, and whether anybody still waits for it."""

    item_id: QueueItemId
    staff_id: StaffId
    channel: ChannelName
    status: Status
    #: One by e-mail and SMS, each browser by push; none: there is no way there any more.
    addresses: tuple[str, ...]
    wanted: bool

    def __repr__(self) -> str:
        """Hide the addresses."""
        return f"PageDue(item_id={self.item_id}, …)"


_later = page.alias("later")
_DUE = Query(
    select(
        page.c.item_id,
        page.c.staff_id,
        page.c.channel,
        page.c.status,
        and_(
            queue_item.c.closed_at.is_(None),
            paging.c.ended_at.is_(None),
            or_(paging.c.lease_until.is_(None), paging.c.lease_until <= bindparam("now")),
            # One that was told to the same person since makes this one old news.
            ~exists().where(
                _later.c.practice_id == page.c.practice_id,
                _later.c.item_id == page.c.item_id,
                _later.c.staff_id == page.c.staff_id,
                _later.c.channel == page.c.channel,
                _later.c.id > page.c.id,
            ),
        ).label("wanted"),
    )
    .join(
        paging,
        (paging.c.practice_id == page.c.practice_id) & (paging.c.item_id == page.c.item_id),
    )
    .join(
        queue_item,
        (queue_item.c.practice_id == page.c.practice_id) & (queue_item.c.id == page.c.item_id),
    )
    .where(page.c.practice_id == bindparam("practice"), page.c.id == bindparam("page"))
)
_EMAIL = Query(select(staff.c.email_sealed).where(staff.c.id == bindparam("person")))
_SETTLED = Query(
    update(page)
    .where(page.c.practice_id == bindparam("practice"), page.c.id == bindparam("page"))
    .values(status=bindparam("became"), told_at=bindparam("told"))
)


async def page_due(
    work: Work, practice: PracticeId, page_id: PageId, master: MasterKeys, now: datetime
) -> PageDue | None:
    """Return a page that is to leave, with the address it goes to."""
    row = await work.maybe(_DUE, practice=practice, page=page_id, now=now)
    if row is None:
        return None
    return PageDue(
        item_id=row["item_id"],
        staff_id=row["staff_id"],
        channel=row["channel"],
        status=row["status"],
        addresses=await addresses_of(work, row["channel"], row["staff_id"], master),
        wanted=row["wanted"],
    )


async def addresses_of(
    work: Work, channel: ChannelName, person: StaffId, master: MasterKeys
) -> tuple[str, ...]:
    """Return where a member of staff of the practices in scope is reached by a way."""
    match channel:
        case "console":
            return ()
        case "email":
            row = await work.maybe(_EMAIL, person=person)
            return () if row is None else (master.open_global(PLACE, person, row["email_sealed"]),)
        case "sms":
            phone = await pagers.phone_of(work, master, person)
            return () if phone is None else (phone.e164,)
        case "push":
            browsers = await pagers.browsers_of(work, master, "staff", person)
            return tuple(msgspec.json.encode(one.browser).decode() for one in browsers)
        case _ as never:
            assert_never(never)


async def settled(
    work: Work,
    practice: PracticeId,
    page_id: PageId,
    status: Status,
    at: datetime,
    *,
    again: bool = False,
) -> None:
    """Note what became of a page; one that another try may bring there stays due."""
    told = at if status == "sent" else None
    await work.run(_SETTLED, practice=practice, page=page_id, became=status, told=told)
    if not again:
        await work.call("due_done", "notify", page_id)


async def gone(
    work: Work, channel: ChannelName, person: StaffId, address: str, at: datetime
) -> None:
    """Let a browser that nobody is behind be over."""
    if channel == "push":
        browser = msgspec.json.decode(address, type=Browser)
        await pagers.end_browser(work, "staff", person, browser.id, "gone", at)


async def forget(work: Work, page_id: PageId) -> None:
    """Take a page that has nothing left to do from what is due."""
    await work.call("due_done", "notify", page_id)
