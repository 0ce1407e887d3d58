"""Who has which piece of work open: believed for half a minute, and in nobody's way.

One row for each person, since a person looks at one thing. This room refuses to lock anything: what
two people must not do both, the item itself decides.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from engage.db.session import Query, Work
from engage.db.tables import item_presence, staff
from engage.ids import PracticeId, QueueItemId, StaffId
from engage.people.access import Visible

LIFE = timedelta(seconds=30)
"""How long somebody is believed to be there after they last said so."""


class Here(Struct, frozen=True, kw_only=True):
    """Somebody who has an item open."""

    staff_id: StaffId
    given_name: str
    family_name: str
    #: Whether they have begun to write.
    writing: bool
    until: datetime

    def __repr__(self) -> str:
        """Hide the name."""
        return f"Here(staff_id={self.staff_id}, …)"


class Was(Struct, frozen=True):
    """Where somebody was before."""

    item_id: QueueItemId
    writing: bool
    seen_at: datetime


_WAS = Query(
    select(item_presence)
    .where(
        item_presence.c.practice_id == bindparam("practice"),
        item_presence.c.staff_id == bindparam("who"),
    )
    .with_for_update()
)
_put = insert(item_presence).values(
    practice_id=bindparam("practice"),
    staff_id=bindparam("who"),
    item_id=bindparam("item"),
    writing=bindparam("writes"),
    seen_at=bindparam("moment"),
)
_PUT = Query(
    _put.on_conflict_do_update(
        index_elements=["practice_id", "staff_id"],
        set_={name: _put.excluded[name] for name in ("item_id", "writing", "seen_at")},
    )
)
_AT = Query(
    select(
        item_presence.c.item_id,
        item_presence.c.staff_id,
        item_presence.c.writing,
        item_presence.c.seen_at,
        staff.c.given_name,
        staff.c.family_name,
    )
    .join(staff, staff.c.id == item_presence.c.staff_id)
    .where(
        item_presence.c.practice_id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        item_presence.c.item_id == any_(bindparam("items", type_=ARRAY(Uuid()))),
        item_presence.c.seen_at > bindparam("since"),
    )
    .order_by(item_presence.c.item_id, item_presence.c.staff_id)
)


async def was(work: Work, practice: PracticeId, who: StaffId) -> Was | None:
    """Return where somebody was, whether or not it is still believed."""
    row = await work.maybe(_WAS, practice=practice, who=who)
    if row is None:
        return None
    return Was(QueueItemId(row["item_id"]), row["writing"], row["seen_at"])


async def put(
    work: Work,
    practice: PracticeId,
    who: StaffId,
    item: QueueItemId,
    at: datetime,
    *,
    writing: bool,
) -> None:
    """Write that somebody has an item open."""
    await work.run(_PUT, practice=practice, who=who, item=item, writes=writing, moment=at)


async def at_items(
    work: Work, visible: Visible, items: Sequence[QueueItemId], now: datetime
) -> Mapping[QueueItemId, tuple[Here, ...]]:
    """Return who has some items open now."""
    found: dict[QueueItemId, tuple[Here, ...]] = {}
    if not items:
        return found
    rows = await work.rows(
        _AT, practices=list(visible.practices), items=list(items), since=now - LIFE
    )
    for row in rows:
        one = Here(
            staff_id=StaffId(row["staff_id"]),
            given_name=row["given_name"],
            family_name=row["family_name"],
            writing=row["writing"],
            until=row["seen_at"] + LIFE,
        )
        item = QueueItemId(row["item_id"])
        found[item] = (*found.get(item, ()), one)
    return found
