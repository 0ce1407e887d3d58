"""A disk that fails on demand, and forgets what was not fsynced when its power is cut.

The rules are those that POSIX gives: what was written is on the disk after an fsync of the file, a
name after an fsync of its directory. Nothing else is; a cut may keep any of the rest, and here it
keeps none.
"""

import errno
import os
import signal
import threading
from pathlib import Path

from engage.messaging.spool.disk import RealDisk


class PowerCut(BaseException):
    """The machine stopped; no code of ours runs after this."""


class _File:
    def __init__(self) -> None:
        self.written = b""
        self.durable = b""


class ForgetfulDisk:
    """Files in memory: as everybody sees them, and as they would be after a power cut."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.files: dict[Path, _File] = {}
        self.durable: dict[Path, _File] = {}
        self._open: dict[int, _File] = {}
        self._changes = 0
        #: How many calls that change something have been made.
        self.calls = 0
        #: The call that fails, and with what: an OSError's number, or a power cut.
        self.fails_at: int | None = None
        self.fails_with: int | type[PowerCut] = errno.EIO
        self.free = 1 << 40
        #: Cleared, an fsync takes as long as a test likes.
        self.syncs = threading.Event()
        self.syncs.set()
        #: How much a single write takes.
        self.takes = 1 << 20

    def cut(self) -> None:
        """Cut the power: what stays is what was fsynced."""
        self.files = dict(self.durable)
        for file in self.files.values():
            file.written = file.durable
        self.fails_at = None

    def create(self, path: Path) -> int:
        """Create a file; its name is not durable yet."""
        self._call()
        if path in self.files:
            raise FileExistsError(path)
        self.files[path] = file = _File()
        descriptor = len(self._open) + 100
        self._open[descriptor] = file
        self._changes += 1
        return descriptor

    def write(self, descriptor: int, content: bytes) -> int:
        """Write some of it."""
        self._call()
        self._open[descriptor].written += content[: self.takes]
        return min(len(content), self.takes)

    def sync(self, descriptor: int) -> None:
        """Make what was written durable."""
        self.syncs.wait()
        self._call()
        self._open[descriptor].durable = self._open[descriptor].written

    def close(self, descriptor: int) -> None:
        """Forget a descriptor."""

    def rename(self, source: Path, target: Path) -> None:
        """Rename, not durably."""
        self._call()
        self.files[target] = self.files.pop(source)
        self._changes += 1

    def sync_directory(self, directory: Path) -> None:
        """Make the names in a directory durable."""
        self._call()
        for path in [one for one in self.durable if one.parent == directory]:
            del self.durable[path]
        self.durable |= {
            path: file for path, file in self.files.items() if path.parent == directory
        }

    def remove(self, path: Path) -> None:
        """Remove, not durably."""
        if path not in self.files:
            raise FileNotFoundError(path)
        del self.files[path]
        self._changes += 1

    def read(self, path: Path, most: int) -> bytes:
        """Return what is seen."""
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path].written[:most]

    def names(self, directory: Path) -> list[str]:
        """Return what is seen."""
        return [path.name for path in self.files if path.parent == directory]

    def free_bytes(self, directory: Path) -> int:
        """Return what a test says."""
        return self.free

    def changed(self, directory: Path) -> int:
        """Return how often a name came or went."""
        return self._changes

    def make_directory(self, directory: Path) -> None:
        """Do nothing: directories are parts of names here."""

    def lock(self, path: Path) -> int | None:
        """Give the lock to everybody."""
        return 0

    def _call(self) -> None:
        if self.calls == self.fails_at:
            if isinstance(self.fails_with, int):
                self.calls += 1
                raise OSError(self.fails_with, "as told")
            raise self.fails_with
        self.calls += 1


class DyingDisk(RealDisk):
    """The real disk, in a process that is told to die at a call."""

    def __init__(self, at: str) -> None:
        """Take the name of the call."""
        self._at = at

    def rename(self, source: Path, target: Path) -> None:
        """Rename, or die before or after it."""
        if target.suffix != ".sealed":
            super().rename(source, target)
            return
        self._die("before-rename")
        super().rename(source, target)
        self._die("after-rename")

    def _die(self, here: str) -> None:
        if here == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
