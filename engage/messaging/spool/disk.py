"""The few calls of the operating system on which a durable file stands, as a port.

Tests put a disk here that fails, fills up, or forgets what was not fsynced. This room refuses to
be clever: `put` is the only order of calls that survives a power cut.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from engage.crash import crash_point

FILE_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700
ENTERED_MODE: Final = 0o711
"""What root makes above: the data directory also holds the servers, which are another account's."""


class Disk(Protocol):
    """What the spool asks of a file system; trouble is an OSError."""

    def create(self, path: Path) -> int:
        """Create a file that must not exist, for us alone, and return its descriptor."""
        ...

    def write(self, descriptor: int, content: bytes) -> int:
        """Write and return how many bytes were taken."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return when what was written is on the disk."""
        ...

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name, in place of what had it."""
        ...

    def sync_directory(self, directory: Path) -> None:
        """Return when the names in a directory are on the disk."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file."""
        ...

    def read(self, path: Path, most: int) -> bytes:
        """Return the first bytes of a file."""
        ...

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory."""
        ...

    def free_bytes(self, directory: Path) -> int:
        """Return how much an ordinary account may still write."""
        ...

    def changed(self, directory: Path) -> int:
        """Return a number that changes when a name comes or goes."""
        ...

    def make_directory(self, directory: Path) -> None:
        """Make a directory for us alone, durably, with those above it; one that exists is fine."""
        ...

    def lock(self, path: Path) -> int | None:
        """Return the descriptor of a lock, or None if somebody living holds it."""
        ...


class RealDisk:
    """The machine's own file system."""

    def create(self, path: Path) -> int:
        """Create a file that must not exist, for us alone, and return its descriptor."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(path, flags, FILE_MODE)

    def write(self, descriptor: int, content: bytes) -> int:
        """Write and return how many bytes were taken."""
        return os.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        """Return when what was written is on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name, in place of what had it."""
        source.replace(target)

    def sync_directory(self, directory: Path) -> None:
        """Return when the names in a directory are on the disk."""
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def read(self, path: Path, most: int) -> bytes:
        """Return the first bytes of a file."""
        with path.open("rb") as file:
            return file.read(most)

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory."""
        return [path.name for path in directory.iterdir()]

    def free_bytes(self, directory: Path) -> int:
        """Return how much an ordinary account may still write."""
        return shutil.disk_usage(directory).free

    def changed(self, directory: Path) -> int:
        """Return a number that changes when a name comes or goes."""
        return directory.stat().st_mtime_ns

    def make_directory(self, directory: Path) -> None:
        """Make a directory for us alone, durably, with those above it; one that exists is fine."""
        missing = [one for one in (directory, *directory.parents) if not one.exists()]
        above = ENTERED_MODE if os.geteuid() == 0 else DIRECTORY_MODE
        for one in reversed(missing):
            with suppress(FileExistsError):  # another process was quicker
                one.mkdir(mode=DIRECTORY_MODE)
                one.chmod(DIRECTORY_MODE if one == directory else above)
            self.sync_directory(one.parent)

    def lock(self, path: Path) -> int | None:
        """Return the descriptor of a lock, or None if somebody living holds it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def put(disk: Disk, directory: Path, name: str, content: bytes) -> None:
    """Return when a file stands in a directory under its name, whole, whatever happens next."""
    part = directory / f".{name}.part"
    descriptor = disk.create(part)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[disk.write(descriptor, bytes(rest)) :]
            disk.sync(descriptor)
        finally:
            disk.close(descriptor)
        crash_point("spool.written")
        disk.rename(part, directory / name)
        crash_point("spool.renamed")
    except BaseException:
        with suppress(OSError):
            disk.remove(part)
        raise
    # Until here a power cut may forget the name. Should this fail, the file may stay: a text that
    # is kept although we said it was not does no harm.
    disk.sync_directory(directory)
    crash_point("spool.kept")
