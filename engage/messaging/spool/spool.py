"""The spool: sealed requests in one directory, in the order in which they came.

All API processes of a machine share the directory, so a dead process leaves nothing that somebody
must adopt, and a text that comes in at another process still finds its line waiting. An entry's
name is a UUIDv7 and tells nothing; which line it belongs to is known by a keyed hash in memory,
read again from the files at every start. Whoever holds `drain.lock` drains. docs/decisions/0012
has the reasons. This room refuses what it can't make durable: too much, a full or a broken disk.
"""

import asyncio
import hmac
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias
from uuid import UUID

import msgspec
import structlog

from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import KEY_BYTES, CannotOpen, MasterKeys
from engage.errors import NotDurable, WrongSetting
from engage.ids import born
from engage.messaging.spool.disk import Disk, put
from engage.messaging.spool.known import KnownDoors
from engage.messaging.spool.posted import MOST_BYTES, Posted, line_of, packed, unpacked
from engage.messaging.webhook_form import BadForm

SUFFIX: Final = ".sealed"
KEPT_FREE_BYTES: Final = 16 * 1024 * 1024
"""The spool is not what fills the disk up to the last byte."""
KEEP_SECONDS: Final = 5.0
"""A disk that takes longer than this to fsync is a broken one: the carrier has other doors."""
FORGOTTEN_AFTER: Final = timedelta(minutes=5)
"""After so long a half-written file is nobody's."""

Reason: TypeAlias = Literal["corrupt", "unverified"]

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Entry(msgspec.Struct):
    """One request in the spool, as this process knows it."""

    name: str
    line: bytes
    size: int
    #: Not on the disk yet: nothing of its line may overtake it.
    pending: bool = False


class Spool:
    """The spool of a machine; one per process."""

    def __init__(
        self, root: Path, master: MasterKeys, clock: Clock, disk: Disk, most_bytes: int
    ) -> None:
        """Take where it lies and how large it may grow; use `open`."""
        self.root = root
        self._aside = root / "quarantine"
        self._doors = root / "doors"
        self._master = master
        self._clock = clock
        self._disk = disk
        self._most_bytes = most_bytes
        self._key = random_bytes(KEY_BYTES)
        self._entries: dict[str, Entry] = {}
        self._lines: dict[bytes, int] = defaultdict(int)
        self._bytes = 0
        self._seen_at = -1
        self._last_id = 0
        self._looking = asyncio.Lock()
        self.quarantined = 0
        self.known = KnownDoors(self._doors, master, disk)

    @classmethod
    async def open(
        cls, root: Path, master: MasterKeys, clock: Clock, disk: Disk, *, most_bytes: int
    ) -> Self:
        """Make the directories, write into them once, and read what is waiting.

        A directory that can't be written is a WrongSetting: nothing could be promised.
        """
        spool = cls(root, master, clock, disk, most_bytes)
        try:
            await asyncio.to_thread(spool._prepare)
            await spool.known.load()
            await spool.look()
        except OSError as error:
            sentence = (
                "ENGAGE_DATA_DIR: the directory spool below it can't be written, so no text could "
                "be kept while the database is away."
            )
            raise WrongSetting(sentence) from error
        return spool

    @property
    def depth(self) -> int:
        """How many requests are waiting."""
        return len(self._entries)

    def oldest_seconds(self) -> float:
        """Return how long the oldest request has been waiting."""
        oldest = min(self._entries, default=None)
        if oldest is None:
            return 0.0
        return max((self._clock.now() - _born(oldest)).total_seconds(), 0.0)

    def next_id(self) -> UUID:
        """Return an id that sorts after every one given before, also within a millisecond."""
        self._last_id = max(fresh_id(self._clock).int, self._last_id + 1)
        return UUID(int=self._last_id)

    async def waiting(self, posted: Posted) -> bool:
        """Say whether something of the same line is waiting, so that this must wait behind it."""
        try:
            if self._disk.changed(self.root) != self._seen_at:
                await self.look()
        except OSError as error:
            # The database is there: a broken disk must not keep a text from it.
            _log.exception("could not look into the spool", exc_info=error)
        return bool(self._lines.get(self._line(posted)))

    async def keep(self, posted: Posted) -> None:
        """Return when a request is on the disk for good; NotDurable if it can't be."""
        name = f"{posted.id}{SUFFIX}"
        sealed = self._master.seal_file(name, packed(posted))
        if len(sealed) > MOST_BYTES or self._bytes + len(sealed) > self._most_bytes:
            _log.error("the spool is full", bytes=self._bytes, depth=self.depth)
            raise NotDurable
        # It has its place in the line before it is written: who comes meanwhile stands behind it.
        entry = Entry(name, self._line(posted), len(sealed), pending=True)
        self._add(entry)
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                await asyncio.to_thread(self._put, name, sealed)
        except (OSError, TimeoutError) as error:
            # Should it stand there all the same, the next look finds it.
            self._drop(name)
            self._seen_at = -1
            _log.exception("not spooled", bytes=len(sealed))
            raise NotDurable from error
        entry.pending = False

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[bool, None]:
        """Say whether we are the one process that drains now."""
        lock = await asyncio.to_thread(self._disk.lock, self.root / "drain.lock")
        try:
            yield lock is not None
        finally:
            if lock is not None:
                self._disk.close(lock)

    def chains(self) -> list[list[Entry]]:
        """Return what is waiting, each line in its order, the line that waits longest first."""
        chains: dict[bytes, list[Entry]] = {}
        for name in sorted(self._entries):
            entry = self._entries[name]
            chains.setdefault(entry.line, []).append(entry)
        return list(chains.values())

    async def read(self, entry: Entry) -> Posted | None:
        """Return a request; None if it is gone, or can't be opened and was put aside."""
        try:
            return await asyncio.to_thread(self._read, entry.name)
        except FileNotFoundError:
            self._drop(entry.name)
        except (CannotOpen, msgspec.DecodeError, BadForm):
            await self.set_aside(entry.name, "corrupt")
        return None

    async def done(self, entry: Entry) -> None:
        """Forget a request that is stored; should the disk remember it, its receipt is known."""
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._disk.remove, self.root / entry.name)
        self._drop(entry.name)

    async def set_aside(self, name: str, reason: Reason) -> None:
        """Put a file where it blocks nobody and a person can look at it."""
        _log.error("spooled request put into quarantine", reason=reason)
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._set_aside, name)
            self.quarantined += 1
        self._drop(name)

    async def look(self) -> None:
        """Learn what other processes have put here or taken away."""
        async with self._looking:
            seen_at = self._disk.changed(self.root)
            before = {name for name, entry in self._entries.items() if not entry.pending}
            names, self.quarantined = await asyncio.to_thread(self._names)
            for name in sorted(names - self._entries.keys()):
                await self._meet(name)
            for name in before - names:
                self._drop(name)
            self._seen_at = seen_at

    async def _meet(self, name: str) -> None:
        try:
            posted = await asyncio.to_thread(self._read, name)
            line = self._line(posted)
        except FileNotFoundError:
            return
        except (CannotOpen, msgspec.DecodeError, BadForm):
            await self.set_aside(name, "corrupt")
            return
        except OSError as error:
            # Unreadable now is not corrupt: the next look tries again.
            _log.exception("spooled request can't be read", exc_info=error)
            return
        if name not in self._entries:
            self._add(Entry(name, line, len(posted.body)))

    # On the disk; these run in threads.

    def _prepare(self) -> None:
        for directory in (self.root, self._aside, self._doors):
            self._disk.make_directory(directory)
        trial = f"{fresh_id(self._clock)}.trial"
        put(self._disk, self.root, trial, b"")
        self._disk.remove(self.root / trial)
        for name in self._disk.names(self.root):
            if name.endswith((".part", ".trial")) and _is_forgotten(name, self._clock.now()):
                with suppress(FileNotFoundError):
                    self._disk.remove(self.root / name)

    def _put(self, name: str, sealed: bytes) -> None:
        if self._disk.free_bytes(self.root) - len(sealed) < KEPT_FREE_BYTES:
            message = "no space is left for the spool"
            raise OSError(message)
        put(self._disk, self.root, name, sealed)

    def _read(self, name: str) -> Posted:
        blob = self._disk.read(self.root / name, MOST_BYTES + 1)
        return unpacked(self._master.open_file(name, blob))

    def _names(self) -> tuple[set[str], int]:
        names = {name for name in self._disk.names(self.root) if _is_entry(name)}
        return names, len(self._disk.names(self._aside))

    def _set_aside(self, name: str) -> None:
        self._disk.rename(self.root / name, self._aside / name)
        self._disk.sync_directory(self._aside)
        self._disk.sync_directory(self.root)

    # In memory

    def _line(self, posted: Posted) -> bytes:
        text = line_of(posted).encode("utf-8", "surrogateescape")
        return hmac.digest(self._key, text, "sha256")

    def _add(self, entry: Entry) -> None:
        self._entries[entry.name] = entry
        self._lines[entry.line] += 1
        self._bytes += entry.size

    def _drop(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is None:
            return
        self._bytes -= entry.size
        self._lines[entry.line] -= 1
        if not self._lines[entry.line]:
            del self._lines[entry.line]


def _is_entry(name: str) -> bool:
    # Whatever else lies here is not ours and stays where it is.
    return name.endswith(SUFFIX) and _id(name.removesuffix(SUFFIX)) is not None


def _is_forgotten(part: str, now: datetime) -> bool:
    whose = _id(part.removeprefix(".").partition(".")[0])
    return whose is None or now - born(whose) > FORGOTTEN_AFTER


def _born(name: str) -> datetime:
    return born(UUID(name.removesuffix(SUFFIX)))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
