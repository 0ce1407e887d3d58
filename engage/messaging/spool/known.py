"""A sealed copy on our own disk of the doors this process has seen: number, account, tokens.

While the database is away it is all there is to check a signature with; what was let in by it is
checked again when the database is back. It holds no key of a practice and none of the API. This
room refuses to say that a door does not exist: it only knows those that it has met.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from engage.clock import monotonic_seconds
from engage.db.sealing import CannotOpen, MasterKeys
from engage.ids import PracticeId
from engage.messaging.carrier import Account
from engage.messaging.hidden import Hidden
from engage.messaging.spool.disk import Disk, put

SUFFIX = ".door"
MOST_BYTES = 64 * 1024
LOOK_AGAIN_SECONDS = 5.0
"""How often the disk is asked again for a door that another process may have met."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Known(Hidden, frozen=True, tag="known-1"):
    """What signs for the numbers of a practice."""

    practice_id: PracticeId
    account_sid: str
    auth_tokens: tuple[str, ...]
    numbers: tuple[str, ...]


_DECODER = msgspec.msgpack.Decoder(Known)


class KnownDoors:
    """The copy; several processes may share its directory."""

    def __init__(self, directory: Path, master: MasterKeys, disk: Disk) -> None:
        """Take where it lies, what seals it, and the disk."""
        self._directory = directory
        self._master = master
        self._disk = disk
        self._known: dict[PracticeId, Known] = {}
        self._unwritten: dict[PracticeId, Known | None] = {}
        self._looked_at = 0.0

    async def find(self, to_number: str, account_sid: str) -> Known | None:
        """Return what signs for a number on an account, if we have met it."""
        found = self._found(to_number, account_sid)
        if found is None and await self._look_again():
            found = self._found(to_number, account_sid)
        return found

    async def of_practice(self, practice: PracticeId) -> Known | None:
        """Return what signs for a practice, if we have met it."""
        if practice not in self._known:
            await self._look_again()
        return self._known.get(practice)

    def learn(self, practice: PracticeId, account: Account | None, numbers: Sequence[str]) -> None:
        """Remember what the database says now; `flush` writes it down."""
        if account is None:
            if self._known.pop(practice, None) is not None:
                self._unwritten[practice] = None
            return
        known = Known(practice, account.account_sid, account.auth_tokens, tuple(numbers))
        if self._known.get(practice) != known:
            self._known[practice] = known
            self._unwritten[practice] = known

    async def flush(self) -> None:
        """Write down what changed; OSError if the disk does not take it, and it stays to do."""
        while self._unwritten:
            practice, known = self._unwritten.popitem()
            try:
                await asyncio.to_thread(self._write, practice, known)
            except BaseException:
                self._unwritten.setdefault(practice, known)
                raise

    async def load(self) -> None:
        """Read what this process, or another, wrote down; what we learnt ourselves counts more."""
        self._looked_at = monotonic_seconds()
        for known in await asyncio.to_thread(self._read_all):
            if known.practice_id not in self._unwritten:
                self._known[known.practice_id] = known

    def _found(self, to_number: str, account_sid: str) -> Known | None:
        for known in self._known.values():
            if known.account_sid == account_sid and to_number in known.numbers:
                return known
        return None

    async def _look_again(self) -> bool:
        if monotonic_seconds() - self._looked_at < LOOK_AGAIN_SECONDS:
            return False
        with suppress(OSError):
            await self.load()
        return True

    def _write(self, practice: PracticeId, known: Known | None) -> None:
        name = f"{practice}{SUFFIX}"
        if known is None:
            with suppress(FileNotFoundError):
                self._disk.remove(self._directory / name)
            return
        # What a killed process left half written is in the way, and worth nothing.
        with suppress(FileNotFoundError):
            self._disk.remove(self._directory / f".{name}.part")
        sealed = self._master.seal_file(name, msgspec.msgpack.encode(known))
        put(self._disk, self._directory, name, sealed)

    def _read_all(self) -> list[Known]:
        found: list[Known] = []
        for name in self._disk.names(self._directory):
            if not name.endswith(SUFFIX):
                continue
            try:
                UUID(name.removesuffix(SUFFIX))
                blob = self._disk.read(self._directory / name, MOST_BYTES)
                found.append(_DECODER.decode(self._master.open_file(name, blob)))
            except (CannotOpen, msgspec.DecodeError, ValueError):
                # It is a copy: the next text of the practice writes it anew.
                _log.warning("a known door can't be read", reason="corrupt")
            except OSError as error:
                _log.warning("a known door can't be read", reason="disk", exc_info=error)
        return found
