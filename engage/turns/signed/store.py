"""The rows of signatures. A withdrawn one is kept, and holds no more. It refuses to judge words."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Uuid, bindparam, insert, select, update

from engage.db.session import Query, Work
from engage.db.tables import text_review
from engage.ids import PracticeId, StaffId
from engage.turns.signed import Signed

_HERE = text_review.c.practice_id == bindparam("practice", type_=Uuid())
_HOLDS = (_HERE, text_review.c.withdrawn_at.is_(None))
_OF = Query(select(text_review).where(*_HOLDS).order_by(text_review.c.id))
_ADD = Query(
    insert(text_review).values(
        practice_id=bindparam("practice", type_=Uuid()),
        **{
            c.name: bindparam(f"its_{c.name}", type_=c.type)
            for c in text_review.c
            if c.name in Signed.__struct_fields__
        },
    )
)
_WITHDRAW = Query(
    update(text_review)
    .where(
        *_HOLDS,
        text_review.c.text_id == bindparam("text"),
        text_review.c.language == bindparam("in_language"),
    )
    .values(
        withdrawn_by=bindparam("by", type_=text_review.c.withdrawn_by.type),
        withdrawn_at=bindparam("at", type_=text_review.c.withdrawn_at.type),
    )
)


async def signed_of(work: Work, practice: PracticeId) -> Sequence[Signed]:
    """Return the signatures of a practice that nobody has withdrawn."""
    return [
        Signed(
            id=row["id"],
            text_id=row["text_id"],
            language=row["language"],
            sha256=row["sha256"],
            reviewer=row["reviewer"],
            signed_by=StaffId(row["signed_by"]),
            signed_at=row["signed_at"],
        )
        for row in await work.rows(_OF, practice=practice)
    ]


async def sign(work: Work, practice: PracticeId, new: Signed) -> None:
    """Write a signature in place of the one there is."""
    await withdraw(work, practice, new.text_id, new.language, new.signed_by, new.signed_at)
    values = {f"its_{name}": value for name, value in msgspec.structs.asdict(new).items()}
    await work.run(_ADD, practice=practice, **values)


async def withdraw(
    work: Work, practice: PracticeId, text_id: str, language: str, by: StaffId, at: datetime
) -> bool:
    """Let a signature hold no more; say whether there was one."""
    gone = await work.run(
        _WITHDRAW, practice=practice, text=text_id, in_language=language, by=by, at=at
    )
    return bool(gone)
