"""Which practice a number belongs to, and with what account and keys.

A webhook names a number and an account; both together are the door, so one practice's signed
request never opens another's. The account is unsealed here and kept for some seconds per process:
a changed token is known everywhere within that time. This room refuses to guess a practice from
the number alone.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from engage.clock import monotonic_seconds
from engage.db.sealing import PracticeKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import NumberId, PracticeId
from engage.messaging import store
from engage.messaging.carrier import Account
from engage.messaging.hidden import Hidden

KEEP_SECONDS = 10
ASK_SECONDS = 1


class Door(Hidden, frozen=True):
    """A number of a practice, with what is needed to answer the carrier behind it."""

    practice_id: PracticeId
    number_id: NumberId
    number: str
    account: Account
    keys: PracticeKeys
    #: All numbers of the practice: what comes from one of them is not answered.
    ours: frozenset[str] = frozenset()


class Copy(Protocol):
    """Remembers what signs for a practice, for when the database is away; the spool does."""

    def learn(self, practice: PracticeId, account: Account | None, numbers: Sequence[str]) -> None:
        """Remember what the database says now."""
        ...


class Doors:
    """Finds doors; one per process."""

    def __init__(self, database: Database, vault: Vault, copy: Copy | None = None) -> None:
        """Take the database of the process and its keys, and who remembers what was found."""
        self._database = database
        self._vault = vault
        self._copy = copy
        self._found: dict[tuple[str, str], tuple[float, Door]] = {}
        self._known: dict[PracticeId, tuple[float, tuple[Door, ...]]] = {}
        self._practices: dict[str, set[PracticeId]] = {}

    async def find(self, to_number: str, account_sid: str) -> Door | None:
        """Return the door of a number on an account; None if nobody hung one there."""
        kept = self._found.get((to_number, account_sid))
        if kept is not None:
            if kept[0] > monotonic_seconds():
                return kept[1]
            self._found[to_number, account_sid] = (_meanwhile(), kept[1])
        async with self._database.work() as work:
            rows = await work.table("door_open", to_number, account_sid)
        for row in rows:
            for door in await self.by_practice(row["practice_id"]):
                if door.number_id == row["number_id"] and door.account.account_sid == account_sid:
                    # Only what exists is kept: a stranger's guesses fill no memory.
                    self._found[to_number, account_sid] = (_until(), door)
                    return door
        self._found.pop((to_number, account_sid), None)
        return None

    async def by_practice(self, practice: PracticeId) -> tuple[Door, ...]:
        """Return all doors of a practice, oldest number first; none without a carrier account."""
        kept = self._known.get(practice)
        if kept is not None:
            if kept[0] > monotonic_seconds():
                return kept[1]
            self._known[practice] = (_meanwhile(), kept[1])
        keys = await self._vault.keys(practice)
        async with self._database.work([practice]) as work:
            sealed = await store.sealed_account(work, practice)
            numbers = await store.numbers(work, practice)
        doors: tuple[Door, ...] = ()
        account: Account | None = None
        if sealed is not None:
            raw = keys.open("practice.carrier", practice, sealed)
            account = msgspec.json.decode(raw, type=Account)
            ours = frozenset(number for _, number in numbers)
            doors = tuple(
                Door(practice, one, number, account, keys, ours) for one, number in numbers
            )
            self._practices.setdefault(account.account_sid, set()).add(practice)
        self._known[practice] = (_until(), doors)
        if self._copy is not None:
            self._copy.learn(practice, account, [number for _, number in numbers])
        return doors

    def practices_of(self, account_sid: str) -> tuple[PracticeId, ...]:
        """Return the practices that this process has met on an account."""
        return tuple(self._practices.get(account_sid, ()))


def _until() -> float:
    return monotonic_seconds() + KEEP_SECONDS


def _meanwhile() -> float:
    # One asks again; all who come while it does go on with what was known, instead of asking too.
    return monotonic_seconds() + ASK_SECONDS
