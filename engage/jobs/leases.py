"""Says again and again that this process is alive and still at what it claimed.

So a lease can be short and a killed worker is replaced within seconds, while a send that takes half
a minute is not taken over by somebody else in the middle. This room refuses to touch a row that was
done or put back meanwhile: what it holds is the claim, by the very moment the claim wrote.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from engage.clock import Clock
from engage.crash import crash_point
from engage.db.session import Database
from engage.ids import PracticeId

LEASE_SECONDS = 15.0
"""How long a claim lasts without a word: who dies is replaced after this and one sweep."""
BEATS = 4
"""How often a claim is held anew while it lasts; three may fail."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Claimed(Struct, frozen=True):
    """A leased row: what is due, whose it is, and which try this is."""

    practice_id: PracticeId
    id: UUID
    tries: int


class Leases:
    """What a loop has in hand."""

    def __init__(self, kind: str, database: Database, clock: Clock, seconds: float) -> None:
        """Take the kind of work and how long a claim lasts."""
        self._kind = kind
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._held: dict[Claimed, datetime] = {}
        self._beating: asyncio.Task[None] | None = None

    def until(self) -> datetime:
        """Return when a claim that is made now ends."""
        return self._clock.now() + timedelta(seconds=self._seconds)

    def took(self, row: Claimed, until: datetime) -> None:
        """Hold a row from now on."""
        self._held[row] = until
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())

    def let_go(self, row: Claimed) -> None:
        """Hold a row no longer: it is done, or it may be somebody else's."""
        self._held.pop(row, None)

    async def put_off(self, row: Claimed, until: datetime) -> None:
        """Have a row that failed tried again later, unless it was done or put back after all."""
        held = self._held.pop(row, None)
        if held is not None:
            await self._hold([row.id], [held], until)
            crash_point("claim.put-off")

    async def stop(self) -> None:
        """Hold nothing any more."""
        self._held.clear()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def hold(self) -> None:
        """Make what is in hand last anew; what this does not find is no longer ours."""
        held, until = dict(self._held), self.until()
        if not held:
            return
        ours = await self._hold([row.id for row in held], list(held.values()), until)
        crash_point("claim.held")
        for row, before in held.items():
            if row.id in ours and self._held.get(row) == before:
                self._held[row] = until

    async def _hold(self, ids: list[UUID], leased: list[datetime], until: datetime) -> set[UUID]:
        async with self._database.work() as work:
            kept = await work.table("due_hold", self._kind, ids, leased, until)
        return {found[0] for found in kept}

    async def _beat(self) -> None:
        while self._held:
            await asyncio.sleep(self._seconds / BEATS)
            try:
                await self.hold()
            except Exception as error:  # noqa: BLE001 - the next beat tries again
                _log.warning("could not hold what is in hand", loop=self._kind, exc_info=error)
