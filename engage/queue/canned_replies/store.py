"""The replies that a practice keeps ready, as rows; one that is retired is kept and not offered."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select, update

from engage.db.session import Query, Row, Work
from engage.db.tables import canned_reply
from engage.ids import PracticeId, StaffId
from engage.people.access import Visible
from engage.queue.canned import Bodies

MOST = 500


class CannedReply(Struct, frozen=True, kw_only=True):
    """A reply in its languages."""

    practice_id: PracticeId
    id: UUID
    title: str
    bodies: Bodies
    changed_by: StaffId
    changed_at: datetime
    retired_at: datetime | None = None
    version: int = 1

    def __repr__(self) -> str:
        """Hide the words."""
        return f"CannedReply(id={self.id}, …)"


_NAMES = CannedReply.__struct_fields__
_ADD = Query(insert(canned_reply).values({name: bindparam(name) for name in _NAMES}))
_SAVE = Query(
    update(canned_reply)
    .where(
        canned_reply.c.practice_id == bindparam("in_practice"),
        canned_reply.c.id == bindparam("reply"),
    )
    .values({name: bindparam(name) for name in _NAMES if name not in {"practice_id", "id"}})
)
_LOCK = Query(
    select(canned_reply)
    .where(
        canned_reply.c.practice_id == bindparam("in_practice"),
        canned_reply.c.id == bindparam("reply"),
    )
    .with_for_update()
)
_LIST = Query(
    select(canned_reply)
    .where(
        canned_reply.c.practice_id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        canned_reply.c.retired_at.is_(None),
    )
    .order_by(canned_reply.c.title, canned_reply.c.id)
    .limit(MOST)
)


async def add(work: Work, new: CannedReply) -> None:
    """Write a new reply."""
    await work.run(_ADD, **_columns(new))


async def save(work: Work, after: CannedReply) -> None:
    """Write a reply as it is now."""
    columns = _columns(after)
    await work.run(
        _SAVE, in_practice=columns.pop("practice_id"), reply=columns.pop("id"), **columns
    )


async def lock(work: Work, practice: PracticeId, reply: UUID) -> CannedReply | None:
    """Lock and return a reply."""
    row = await work.maybe(_LOCK, in_practice=practice, reply=reply)
    return None if row is None else _seen(row)


async def offered(work: Work, visible: Visible) -> list[CannedReply]:
    """Return the replies that are offered, by their titles."""
    return [_seen(row) for row in await work.rows(_LIST, practices=list(visible.practices))]


def _columns(one: CannedReply) -> dict[str, Any]:
    return msgspec.structs.asdict(one) | {"bodies": msgspec.json.encode(one.bodies).decode()}


def _seen(row: Row) -> CannedReply:
    return CannedReply(
        practice_id=PracticeId(row["practice_id"]),
        id=row["id"],
        title=row["title"],
        bodies=msgspec.json.decode(row["bodies"], type=Bodies),
        changed_by=StaffId(row["changed_by"]),
        changed_at=row["changed_at"],
        retired_at=row["retired_at"],
        version=row["version"],
    )
