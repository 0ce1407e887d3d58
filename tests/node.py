"""Where Node is: what `make` chose for the pages, else the machine's own."""

import shutil
from pathlib import Path

CHOSEN = Path(__file__).parents[1] / ".venv" / ".node"


def folder() -> str | None:
    """Return the directory that node and npm are in; None if there are none."""
    if CHOSEN.exists():
        return CHOSEN.read_text("utf-8").strip()
    found = shutil.which("node")
    return None if found is None else str(Path(found).parent)
