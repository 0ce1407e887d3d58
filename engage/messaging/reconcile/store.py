"""What the reconciler compares with the carrier's list. It refuses to look at any words."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, literal_column, select

from engage.db.session import Query, Work
from engage.db.tables import message, receipt
from engage.ids import MessageId, PracticeId

_PRACTICE = bindparam("practice", type_=Uuid())

_KNOWN = Query(
    select(receipt.c.sid).where(
        receipt.c.practice_id == _PRACTICE,
        receipt.c.account_sid == bindparam("account"),
        receipt.c.sid == any_(bindparam("sids", type_=ARRAY(Text))),
    )
)
_UNDER_WAY = Query(
    select(message.c.id, message.c.carrier_sid, message.c.sending_at)
    .where(
        message.c.practice_id == _PRACTICE,
        # In words, so that the planner sees the predicate of the index message_under_way.
        literal_column("message.direction = 'out' AND message.status IN ('accepted', 'sent')"),
        message.c.id >= bindparam("since", type_=Uuid()),
        message.c.carrier_sid.is_not(None),
        message.c.sending_at.is_not(None),
    )
    .order_by(message.c.id)
)
_OLD = Query(
    select(message.c.id, message.c.carrier_sid)
    .where(
        message.c.practice_id == _PRACTICE,
        message.c.id > bindparam("above", type_=Uuid()),
        message.c.id < bindparam("below", type_=Uuid()),
        message.c.carrier_sid.is_not(None),
    )
    .order_by(message.c.id)
    .limit(bindparam("most"))
)


class AtCarrier(Struct, frozen=True):
    """A text of ours that the carrier has."""

    id: MessageId
    sid: str
    sending_at: datetime | None = None


async def known(
    work: Work, practice: PracticeId, account: str, sids: Sequence[str]
) -> frozenset[str]:
    """Return which of the carrier's ids we have met."""
    rows = await work.rows(_KNOWN, practice=practice, account=account, sids=list(sids))
    return frozenset(row["sid"] for row in rows)


async def under_way(work: Work, practice: PracticeId, since: UUID) -> list[AtCarrier]:
    """Return the texts that left and have not arrived, written since (a bound for their ids)."""
    rows = await work.rows(_UNDER_WAY, practice=practice, since=since)
    return [AtCarrier(row["id"], row["carrier_sid"], row["sending_at"]) for row in rows]


async def old(
    work: Work, practice: PracticeId, above: UUID, below: UUID, most: int
) -> list[AtCarrier]:
    """Return the texts between two ids that the carrier has or had, oldest first."""
    rows = await work.rows(_OLD, practice=practice, above=above, below=below, most=most)
    return [AtCarrier(row["id"], row["carrier_sid"]) for row in rows]
