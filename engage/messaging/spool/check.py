"""Looks at the directory of the spool without touching it, and says what is wrong with it.

This room refuses to make or mend anything: `engage serve` makes the directory.
"""

import os
import stat
from pathlib import Path
from typing import Final

from engage.messaging.spool.disk import DIRECTORY_MODE

MOUNTS: Final = Path("/proc/mounts")
FORGETFUL: Final = frozenset({"tmpfs", "ramfs", "devtmpfs", "overlay", "aufs", "squashfs"})
"""File systems that end with the machine or with the container."""
SHARED: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})
"""File systems over a network: a lock and an fsync there promise less than they say."""


def faults(directory: Path, *, real: bool, mounts: str | None = None) -> list[str]:
    """Return what is wrong, as sentences. Only a `real` deployment needs a disk that lasts."""
    stands = next(one for one in (directory, *directory.parents) if one.exists())
    wrong: list[str] = []
    if not stands.is_dir() or not os.access(stands, os.W_OK | os.X_OK):
        wrong.append(
            "ENGAGE_DATA_DIR: the directory spool below it can't be written, so no text could be "
            "kept while the database is away."
        )
    elif stands == directory and stat.S_IMODE(directory.stat().st_mode) & ~DIRECTORY_MODE:
        wrong.append(
            "ENGAGE_DATA_DIR: the directory spool below it is open to other accounts; "
            "take their rights away (chmod 0700)."
        )
    kind = _kind(stands, _mounts() if mounts is None else mounts)
    if real and kind in FORGETFUL:
        wrong.append(
            f"ENGAGE_DATA_DIR is on {kind}, which forgets: texts that wait there would be lost "
            "with the machine or the container; give it a disk or a volume."
        )
    if real and kind in SHARED:
        wrong.append(
            f"ENGAGE_DATA_DIR is on {kind}, a file system over a network; give it a disk of this "
            "machine."
        )
    return wrong


def _mounts() -> str:
    try:
        return MOUNTS.read_text("utf-8", "replace")
    except OSError:  # not Linux
        return ""


def _kind(path: Path, mounts: str) -> str:
    """Return the kind of the file system that a path is on: the longest mount point above it."""
    real, best, kind = str(path.resolve()), "", ""
    for line in mounts.splitlines():
        words = line.split()
        if len(words) < len(("device", "place", "kind")):
            continue
        place = words[1].replace("\\040", " ")
        above = place in {"/", real} or real.startswith(f"{place}/")
        # The last of several mounts on one place is the one that is seen.
        if above and len(place) >= len(best):
            best, kind = place, words[2]
    return kind
