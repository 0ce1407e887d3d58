"""The secret key of servers that ship with the package: made once, kept beside their data.

This room refuses to show it.
"""

import os
from pathlib import Path

from engage.clock import random_bytes


def kept_key(file: Path) -> str:
    """Return the secret key of embedded servers, made at the first start and never shown."""
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(random_bytes(48).hex())
            out.flush()
            os.fsync(out.fileno())
        try:
            # link, not rename: of two first starts the earlier key wins, and both read that one.
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return file.read_text("ascii").strip()
