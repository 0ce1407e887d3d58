"""One look: load the facts with the auditor's own login, and say what does not hold.

In one transaction that changes nothing, under a lock that keeps two processes from looking at once.
This room refuses to tell anybody: it returns what it found.
"""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from engage.auditor import store
from engage.auditor.checks import Finding, findings, passed
from engage.auditor.facts import Facts
from engage.clock import Clock
from engage.db.session import Database, Work
from engage.ids import PracticeId, born


class Audit(Struct, frozen=True):
    """What one look has found, over how many practices."""

    at: datetime
    practices: tuple[PracticeId, ...]
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Say whether everything severe holds."""
        return passed(self.findings)


class Auditor:
    """Looks; one per process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        canary_seconds: float | None = None,
        spool: Path | None = None,
    ) -> None:
        """Take the auditor's own login, how often canaries fly, and this machine's spool."""
        self._database = database
        self._clock = clock
        self._canary_seconds = canary_seconds
        self._spool = spool
        self._since = clock.now()

    async def look(self) -> Audit | None:
        """Look at everything now; None if another process does just now."""
        async with self._database.work() as work:
            if not await store.first_come(work):
                return None
            facts = await self._facts(work)
        return Audit(facts.at, facts.practices, findings(facts))

    async def _facts(self, work: Work) -> Facts:
        at = self._clock.now()
        stands = await store.server(work)
        every = await store.practices(work)
        bare = Facts(
            at=at,
            database_at=stands.at,
            since=self._since,
            practices=every,
            canary_seconds=self._canary_seconds,
            restored_at=stands.restored_at,
            writable=stands.writable,
            spool_seconds=await asyncio.to_thread(_oldest, self._spool, at),
        )
        if not every:
            # Without a practice there is no scope, and every walled table is an error.
            return bare
        await store.enter(work, every)
        return Facts(
            at=at,
            database_at=stands.at,
            since=self._since,
            practices=every,
            staffed=await store.staffed(work, at),
            held=await store.held(work),
            standing=await store.standing(work, at),
            carried=await store.carried(work, at),
            canaries=await store.canaries(work),
            canary_seconds=self._canary_seconds,
            restored_at=bare.restored_at,
            writable=bare.writable,
            spool_seconds=bare.spool_seconds,
        )


def _oldest(spool: Path | None, at: datetime) -> float:
    """Return how long the oldest file waits: its name is a UUIDv7, which says since when."""
    if spool is None:
        return 0.0
    try:
        ids = [UUID(file.stem) for file in spool.glob("*.sealed")]
    except (OSError, ValueError):
        return 0.0
    return max(((at - born(one)).total_seconds() for one in ids), default=0.0)
