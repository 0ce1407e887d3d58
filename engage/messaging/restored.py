"""Notices that a backup was restored, and pauses all sending until a person has looked.

A restored database believes that texts of the lost minutes were never sent. So each worker asks
before its first claim, and every few seconds, whether the database is still the one it was: its
server, its timeline, its tables, and a count that a mark on the worker's own disk remembers. This
room refuses to resume by itself, and to hold back a safety text. See docs/decisions/0017.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from engage.clock import Clock
from engage.db.session import Database, DatabaseAway, Work
from engage.errors import EngageError
from engage.ids import PracticeId
from engage.messaging import sending
from engage.messaging.sending import store

EVERY = timedelta(seconds=10)
MARK = "lineage"
"""The name of the mark under ENGAGE_DATA_DIR."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NothingRestored(EngageError):  # noqa: N818 - reads as a sentence
    """No restore has paused sending; what else holds texts back, `engage sending show` says."""


class Lineage:
    """Keeps count with the database; one per worker."""

    def __init__(self, database: Database, clock: Clock, directory: Path) -> None:
        """Take the worker's database, and where its mark lies."""
        self._database = database
        self._clock = clock
        self._mark = directory / MARK

    async def look(self) -> bool:
        """Count once more; if a backup was restored, pause every practice, and return True."""
        known = await asyncio.to_thread(self._read)
        async with self._database.work() as work:
            at, before = self._clock.now(), await since(work)
            (row,) = await work.table("lineage_beat", known, at)
            if row["restored"]:
                # In the same transaction: seen once, it is not seen again.
                for practice in await _practices(work):
                    await work.enter([practice], practice)
                    # A stop that a person or the carrier made outlives the pause after a restore.
                    if not await _stopped_otherwise(work, practice, before):
                        await sending.stop(work, practice, at)
        await asyncio.to_thread(self._write, row["beat"])
        if row["restored"]:
            _log.warning("restored")
        return row["restored"]

    async def first_look(self) -> None:
        """Look before anything is claimed, however long the database is away."""
        while True:
            try:
                await self.look()
            except DatabaseAway:
                await asyncio.sleep(1)
            else:
                return

    async def keep_looking(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the loops go on, and so does this one
                _log.warning("look failed", exc_info=error)

    def _read(self) -> int | None:
        try:
            return int(self._mark.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def _write(self, beat: int) -> None:
        # A worker without a disk of its own still has the server's word.
        with contextlib.suppress(OSError):
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            new = self._mark.with_suffix(".new")
            new.write_text(str(beat), encoding="ascii")
            new.replace(self._mark)


async def since(work: Work) -> datetime | None:
    """Return since when sending is paused after a restore; None if it is not."""
    return await work.call("lineage_restored")


async def resume(work: Work, at: datetime) -> int:
    """Let every practice send again that the restore has paused; return how many."""
    paused = await since(work)
    if paused is None:
        raise NothingRestored
    lifted = 0
    for practice in await _practices(work):
        await work.enter([practice], practice)
        now = await store.of(work, practice)
        if now is not None and now.effect == "stop" and now.since == paused:
            lifted += await sending.lift(work, practice, at)
    await work.call("lineage_resumed")
    return lifted


async def lift(work: Work, practice: PracticeId, at: datetime) -> bool:
    """Lift what holds a practice; if it was a stop that outlived a restore, that holds it now."""
    paused = await since(work)
    otherwise = await _stopped_otherwise(work, practice, paused)
    held = await sending.lift(work, practice, at)
    if paused is not None and otherwise:
        await sending.stop(work, practice, paused)
    return held


async def _stopped_otherwise(work: Work, practice: PracticeId, paused: datetime | None) -> bool:
    now = await store.of(work, practice)
    return now is not None and now.effect == "stop" and now.since != paused


async def _practices(work: Work) -> list[PracticeId]:
    return [PracticeId(row[0]) for row in await work.table("door_practices")]
