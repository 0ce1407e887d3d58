"""Stored answers of POSTs that carried an Idempotency-Key.

The answer is sealed and stands in the transaction of the effect, so either both are there or none.
"""

import hashlib
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import bindparam, insert, select

from engage.db.session import Query, Work
from engage.db.tables import idempotency
from engage.ids import PracticeId

_KEPT = Query(
    select(idempotency.c.request_hash, idempotency.c.status, idempotency.c.answer_sealed).where(
        idempotency.c.practice_id == bindparam("practice"),
        idempotency.c.principal_id == bindparam("principal"),
        idempotency.c.key == bindparam("key"),
    )
)
_KEEP = Query(
    insert(idempotency).values(
        practice_id=bindparam("practice"),
        principal_id=bindparam("principal"),
        key=bindparam("key"),
        request_hash=bindparam("request_hash"),
        status=bindparam("status"),
        answer_sealed=bindparam("answer"),
        at=bindparam("at"),
    )
)


class Kept(Struct, frozen=True):
    """What was answered to a key, and to which request."""

    request_hash: bytes
    status: int
    answer_sealed: bytes


async def alone(work: Work, principal: UUID, key: str) -> bool:
    """Say whether nobody else is working on this key; until the transaction ends it is ours."""
    return bool(
        await work.call("pg_try_advisory_xact_lock", _lock_number(f"{principal}|{key}".encode()))
    )


def _lock_number(name: bytes) -> int:
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)


async def kept(work: Work, practice: PracticeId, principal: UUID, key: str) -> Kept | None:
    """Return the answer that was given to a key, if one was."""
    row = await work.maybe(_KEPT, practice=practice, principal=principal, key=key)
    if row is None:
        return None
    return Kept(row["request_hash"], row["status"], row["answer_sealed"])


async def keep(
    work: Work,
    practice: PracticeId,
    principal: UUID,
    key: str,
    answer: Kept,
    at: datetime,
) -> None:
    """Store the answer to a key."""
    await work.run(
        _KEEP,
        practice=practice,
        principal=principal,
        key=key,
        request_hash=answer.request_hash,
        status=answer.status,
        answer=answer.answer_sealed,
        at=at,
    )
