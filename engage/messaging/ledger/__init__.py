"""The simulated carrier's ledger: durable before the carrier says "accepted", like a real one's.

The simulator knows accounts and numbers; here they become a practice again, by the signed id that
rides in each text. It refuses a text that is not ours, and to keep words or numbers readable.
"""

from collections.abc import Sequence
from datetime import datetime

from engage.db.session import Database
from engage.db.vault import Vault
from engage.errors import NotFound
from engage.ids import PracticeId
from engage.messaging.carrier import Account, Text
from engage.messaging.doors import Doors
from engage.messaging.ledger import store
from engage.messaging.model import SimulatedText


class SimulatorLedger:
    """Keeps what the simulated carrier took; one per process."""

    def __init__(self, database: Database, vault: Vault, doors: Doors) -> None:
        """Take the database of the process, its keys, and the doors that know the accounts."""
        self._database = database
        self._vault = vault
        self._doors = doors

    async def record(
        self,
        account: Account,  # noqa: ARG002 - the port's; the text knows its practice
        text: Text,
        sid: str,
        at: datetime,
    ) -> None:
        """Keep a text, in a transaction of its own: from now on the carrier has it."""
        keys = await self._vault.keys(self._practice(text))
        async with self._database.work([keys.practice], keys.practice) as work:
            await store.simulate(work, keys, sid, text, at)

    async def find(
        self,
        account: Account,  # noqa: ARG002 - the port's; the text knows its practice
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str],
    ) -> str | None:
        """Return the earliest sid not in `taken` of a text to that number with these words."""
        kept = await self.messages([self._practice(text)], text.to.e164)
        same = (
            one.sid
            for one in kept
            if one.body == text.body
            and one.from_number == text.from_number
            and after <= one.at <= before
            and one.sid not in taken
        )
        return next(same, None)

    async def recipient(self, account: Account, sid: str) -> str | None:
        """Return the number that a text went to, or None if the carrier never had it."""
        for practice in self._doors.practices_of(account.account_sid):
            keys = await self._vault.keys(practice)
            async with self._database.work([practice]) as work:
                to = await store.simulated_recipient(work, keys, sid)
            if to is not None:
                return to
        return None

    async def blank(self, account: Account, sid: str) -> bool:
        """Blank the words of a text; False if the carrier never had it."""
        for practice in self._doors.practices_of(account.account_sid):
            keys = await self._vault.keys(practice)
            async with self._database.work([practice], practice) as work:
                if await store.blank(work, keys, sid):
                    return True
        return False

    async def messages(self, practices: Sequence[PracticeId], to: str) -> list[SimulatedText]:
        """Return all that left these practices for a number, oldest first."""
        found: list[SimulatedText] = []
        for practice in practices:
            keys = await self._vault.keys(practice)
            async with self._database.work([practice]) as work:
                found += await store.simulated(work, keys, to)
        return sorted(found, key=lambda one: (one.at, one.sid))

    def _practice(self, text: Text) -> PracticeId:
        read = self._vault.master.read_callback_token(text.own_id)
        if read is None:
            raise NotFound
        return read[0]
