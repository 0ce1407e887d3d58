"""The keys of each practice, unwrapped once per process and kept for a minute.

This room refuses to hand out a key outside a `PracticeKeys`.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from engage.clock import monotonic_seconds, random_bytes
from engage.db.sealing import KEY_BYTES, CannotOpen, MasterKeys, PracticeKeys, new_key_id
from engage.db.session import Database, Query, Work
from engage.db.tables import practice_key
from engage.ids import PracticeId

KEEP_SECONDS = 60

_KEYS = Query(
    select(
        practice_key.c.id,
        practice_key.c.purpose,
        practice_key.c.wrapped,
        practice_key.c.retired_at,
    )
    .where(practice_key.c.practice_id == bindparam("practice"))
    .order_by(practice_key.c.created_at, practice_key.c.id)
)
_ADD = Query(
    insert(practice_key).values(
        practice_id=bindparam("practice"),
        id=bindparam("key"),
        purpose=bindparam("purpose"),
        wrapped=bindparam("wrapped"),
        created_at=bindparam("at"),
    )
)


class Vault:
    """Unwraps practice keys; one per process."""

    def __init__(self, master: MasterKeys, database: Database) -> None:
        """Take the master keys, and the database in which the wrapped keys stand."""
        self.master = master
        self._database = database
        self._known: dict[PracticeId, tuple[float, PracticeKeys]] = {}

    async def keys(self, practice: PracticeId, work: Work | None = None) -> PracticeKeys:
        """Return the keys of a practice; CannotOpen if it has none that fit.

        Who is in a transaction already gives it: a second connection, asked for with the first in
        hand, is one that a full pool never hands out.
        """
        known = self._known.get(practice)
        if known is not None and known[0] > monotonic_seconds():
            return known[1]
        if work is None:
            async with self._database.work([practice]) as own:
                rows = await own.rows(_KEYS, practice=practice)
        else:
            rows = await work.rows(_KEYS, practice=practice)
        seal: dict[str, bytes] = {}
        index, current = None, None
        for row in rows:
            key = self.master.unwrap(practice, row["id"], row["wrapped"])
            if row["purpose"] == "index":
                index = key
                continue
            seal[row["id"]] = key
            if row["retired_at"] is None:
                current = row["id"]
        if index is None or current is None:
            raise CannotOpen
        keys = PracticeKeys(practice, current, seal, index)
        self._known[practice] = (monotonic_seconds() + KEEP_SECONDS, keys)
        return keys

    async def found(self, work: Work, practice: PracticeId, at: datetime) -> PracticeKeys:
        """Make and store the first keys of a new practice, in the transaction that creates it."""
        made: Mapping[str, bytes] = {
            "seal": random_bytes(KEY_BYTES),
            "index": random_bytes(KEY_BYTES),
        }
        for purpose, key in made.items():
            key_id = new_key_id(key)
            await work.run(
                _ADD,
                practice=practice,
                key=key_id,
                purpose=purpose,
                wrapped=self.master.wrap(practice, key_id, key),
                at=at,
            )
        seal_id = new_key_id(made["seal"])
        return PracticeKeys(practice, seal_id, {seal_id: made["seal"]}, made["index"])
