"""Which notices were told, and the open work about the practice. It refuses to decide."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from engage.db.session import Query, Work
from engage.db.tables import flag, queue_item
from engage.ids import PracticeId
from engage.turns.context import ItemSeen

_PRACTICE = bindparam("practice", type_=Uuid())

_TOLD = Query(
    select(flag.c.source_id).where(
        flag.c.practice_id == _PRACTICE,
        flag.c.source_id == any_(bindparam("sources", type_=ARRAY(Uuid()))),
    )
)
_OPEN = Query(
    select(queue_item)
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.about_id == _PRACTICE,
        queue_item.c.subject == bindparam("about"),
        queue_item.c.closed_at.is_(None),
    )
    .with_for_update(key_share=True)
)


async def told(work: Work, practice: PracticeId, sources: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of these were flagged before."""
    rows = await work.rows(_TOLD, practice=practice, sources=list(sources))
    return frozenset(row["source_id"] for row in rows)


async def open_item(work: Work, practice: PracticeId, subject: str) -> ItemSeen | None:
    """Lock and return the open work about the practice."""
    row = await work.maybe(_OPEN, practice=practice, about=subject)
    if row is None:
        return None
    return ItemSeen(
        id=row["id"],
        about_id=row["about_id"],
        subject=row["subject"],
        severity=row["severity"],
        owner_id=row["owner_id"],
        due_at=row["due_at"],
    )
