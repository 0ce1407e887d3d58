"""Letters to organizations in the database: recorded before they leave, and what became of them.

A letter holds no words: what it says is always the same, and its link is made when it leaves. This
room refuses to send.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, any_, bindparam, insert, select, update
from sqlalchemy import Uuid as UuidType

from engage.db.session import Query, Row, Work
from engage.db.tables import letter
from engage.ids import PracticeId, ReferralId

KIND = "letter"
"""The kind of its row in `due`."""

What: TypeAlias = Literal["ask", "remind"]
Status: TypeAlias = Literal["queued", "sending", "sent", "refused", "unknown", "withdrawn"]


class Letter(Struct, frozen=True, kw_only=True):
    """One letter about one referral."""

    id: UUID
    referral_id: ReferralId
    what: What
    status: Status = "queued"
    #: A word of our own, never an answer that may quote an address.
    why: str | None = None
    at: datetime
    status_at: datetime
    tries: int = 0


_HERE = letter.c.practice_id == bindparam("practice")
_NAMES = Letter.__struct_fields__
_ADD = Query(
    insert(letter).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in letter.c})
)
_ONE = Query(select(letter).where(_HERE, letter.c.id == bindparam("one")))
_LOCKED = Query(select(letter).where(_HERE, letter.c.id == bindparam("one")).with_for_update())
_OF = Query(
    select(letter)
    .where(_HERE, letter.c.referral_id == any_(bindparam("some", type_=ARRAY(UuidType()))))
    .order_by(letter.c.id)
)
_MOVE = Query(
    update(letter)
    .where(_HERE, letter.c.id == bindparam("one"))
    .values(
        status=bindparam("to_status"),
        why=bindparam("because", type_=letter.c.why.type),
        status_at=bindparam("at", type_=letter.c.status_at.type),
        tries=letter.c.tries + bindparam("more", type_=letter.c.tries.type),
    )
)


async def queue(work: Work, practice: PracticeId, new: Letter) -> None:
    """Record a letter; it leaves after the commit."""
    await work.run(
        _ADD,
        its_practice_id=practice,
        its_id=new.id,
        its_referral_id=new.referral_id,
        its_what=new.what,
        its_status=new.status,
        its_why=new.why,
        its_at=new.at,
        its_status_at=new.status_at,
        its_tries=new.tries,
    )
    await work.call("due_set", KIND, new.id, practice, new.at)


async def one(
    work: Work, practice: PracticeId, letter_id: UUID, *, lock: bool = False
) -> Letter | None:
    """Return a letter; locked, nobody else moves it until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=practice, one=letter_id)
    return None if row is None else _letter(row)


async def of_referrals(
    work: Work, practice: PracticeId, some: Sequence[ReferralId]
) -> tuple[Letter, ...]:
    """Return the letters about some referrals, oldest first."""
    rows = await work.rows(_OF, practice=practice, some=list(some))
    return tuple(_letter(row) for row in rows)


async def move(
    work: Work,
    practice: PracticeId,
    letter_id: UUID,
    to: Status,
    at: datetime,
    why: str | None = None,
) -> None:
    """Write what became of a letter; one that is settled is due no longer."""
    more = 1 if to == "sending" else 0
    await work.run(
        _MOVE, practice=practice, one=letter_id, to_status=to, because=why, at=at, more=more
    )
    if to not in {"queued", "sending"}:
        await rest(work, letter_id)


async def rest(work: Work, letter_id: UUID) -> None:
    """Let a letter be due no longer."""
    await work.call("due_done", KIND, letter_id)


def _letter(row: Row) -> Letter:
    return Letter(**{name: row[name] for name in _NAMES})
