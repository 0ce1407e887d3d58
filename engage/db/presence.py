"""Whether the database is there, as far as this process can tell, and how long anybody waits.

After a doubt nobody waits for the database again until it has let a new connection in: one asks,
with connections of its own, and the rest go on without it. When it is back, the pool is made anew,
because old connections may lead to a machine that is no more. This room refuses to cancel what is
under way: a commit that was sent may still happen, and what it did is found by its receipt.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from engage.clock import monotonic_seconds
from engage.db.session import Database, DatabaseAway

T = TypeVar("T")

PROBE_SECONDS = 2.0
AGAIN_SECONDS = 1.0
RENEW_SECONDS = 10.0
"""A busy server that is doubted again and again does not get new connections each time."""

_UNDER_WAY: set[asyncio.Future[Any]] = set()

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Presence:
    """What one process knows of whether the database is there."""

    def __init__(self, database: Database) -> None:
        """Believe in a database that was there at the start."""
        self._database = database
        self._doubted = asyncio.Event()
        self._renewed_at: float | None = None
        if database.unseen:
            self._doubted.set()

    @property
    def here(self) -> bool:
        """Say whether it is worth asking the database."""
        return not self._doubted.is_set()

    def doubt(self) -> None:
        """Say that the database did not answer."""
        if self.here:
            _log.warning("the database does not answer")
        self._doubted.set()

    async def watch(self) -> None:
        """After each doubt ask until the database answers; runs as long as the process."""
        while True:
            await self._doubted.wait()
            while not await self._database.probe(PROBE_SECONDS):  # noqa: ASYNC110 - a server sets no event
                await asyncio.sleep(AGAIN_SECONDS)
            await self._renew()
            self._doubted.clear()
            _log.info("the database answers")

    async def _renew(self) -> None:
        now = monotonic_seconds()
        if self._renewed_at is None or now - self._renewed_at > RENEW_SECONDS:
            self._renewed_at = now
            await self._database.renew()


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what a piece of work returns, or DatabaseAway if it takes longer.

    It goes on all the same, unheard: to cancel a commit that was sent undoes nothing, and to wait
    for the cancellation is to wait for the database.
    """
    running = asyncio.ensure_future(work)
    _UNDER_WAY.add(running)
    running.add_done_callback(_over)
    await asyncio.wait({running}, timeout=seconds)
    if not running.done():
        raise DatabaseAway
    return running.result()


def _over(done: asyncio.Future[Any]) -> None:
    _UNDER_WAY.discard(done)
    if not done.cancelled():
        done.exception()  # heard, so that nobody complains of it when it is collected
