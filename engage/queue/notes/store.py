"""Notes beside work: written for colleagues, sealed, never sent, never changed.

A note stays with the item it was written for, also when that is merged. This room refuses to give a
note to anything that texts.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import item_note, staff
from engage.ids import PracticeId, QueueItemId, StaffId

PLACE = "item_note.body"
MOST = 200

Kind: TypeAlias = Literal["note", "promise", "handed-over", "reopened"]
"""`promise`: what somebody was told would happen. The last two are the reasons of those steps."""


class Note(Struct, frozen=True, kw_only=True):
    """What a colleague wrote."""

    id: UUID
    item_id: QueueItemId
    staff_id: StaffId
    at: datetime
    kind: Kind
    body: str
    given_name: str = ""
    family_name: str = ""

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Note(id={self.id}, …)"


_ADD = Query(
    insert(item_note).values(
        practice_id=bindparam("practice"),
        id=bindparam("note"),
        item_id=bindparam("item"),
        staff_id=bindparam("by"),
        at=bindparam("moment"),
        kind=bindparam("what"),
        body_sealed=bindparam("sealed"),
    )
)
_OF = Query(
    select(item_note, staff.c.given_name, staff.c.family_name)
    .outerjoin(staff, staff.c.id == item_note.c.staff_id)
    .where(
        item_note.c.practice_id == bindparam("practice"),
        item_note.c.item_id == any_(bindparam("items", type_=ARRAY(Uuid()))),
    )
    .order_by(item_note.c.id.desc())
    .limit(MOST)
)


async def add(work: Work, keys: PracticeKeys, new: Note) -> None:
    """Write a note."""
    await work.run(
        _ADD,
        practice=keys.practice,
        note=new.id,
        item=new.item_id,
        by=new.staff_id,
        moment=new.at,
        what=new.kind,
        sealed=keys.seal_text(PLACE, new.id, new.body),
    )


async def of_items(
    work: Work, practice: PracticeId, keys: PracticeKeys, items: list[QueueItemId]
) -> tuple[Note, ...]:
    """Return what was written beside some work, the newest first."""
    return tuple(
        Note(
            id=row["id"],
            item_id=QueueItemId(row["item_id"]),
            staff_id=StaffId(row["staff_id"]),
            at=row["at"],
            kind=row["kind"],
            body=keys.open_text(PLACE, row["id"], row["body_sealed"]),
            given_name=row["given_name"] or "",
            family_name=row["family_name"] or "",
        )
        for row in await work.rows(_OF, practice=practice, items=items)
    )
