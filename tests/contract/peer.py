"""Prism: a server that answers as Twilio's own description of its API says, and judges requests.

tests/data/twilio-messages-openapi.json is that description, trimmed to Messages; its refusals
(400 and up) were added from Twilio's documented error codes. One Prism serves the whole run.
Where it can't be had these tests fail and say so; nothing is skipped.
"""

import os
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM

from tests.node import folder as node_folder

HERE = Path(__file__).parent / "prism"
DESCRIPTION = Path(__file__).parents[1] / "data" / "twilio-messages-openapi.json"
INSTALLED = HERE / "node_modules" / ".package-lock.json"
WANTED = "tests/contract needs Prism: `make tests` installs it by npm (tests/contract/prism)."
START_SECONDS = 90
"""On a crowded machine; it takes one or two."""

_LISTENS = re.compile(r"Prism is listening on (http://127\.0\.0\.1:[0-9]+)")


def start(home: Path, run: int) -> str:
    """Start Prism for the life of process `run`, and return its address; `stop` finds it again."""
    _install()
    log = home / "prism.log"
    # Not subprocess: the worker that starts it may be done before the others are.
    pid = os.posix_spawn(
        _program("node"),
        (
            *("node", str(HERE / "serve.mjs"), "mock", "--multiprocess", "false"),
            *("--host", "127.0.0.1", "--port", "0", "--errors", str(DESCRIPTION)),
        ),
        _environment() | {"ENGAGE_TEST_RUN": str(run)},
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ),
    )
    (home / "prism.pid").write_text(str(pid), "ascii")
    until = time.monotonic() + START_SECONDS
    while not (found := _LISTENS.search(said := _said(log))):
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), f"Prism ended: {said}"
        assert time.monotonic() < until, f"Prism does not begin: {said}"
        time.sleep(0.05)
    return found[1]


def address(home: Path) -> str:
    """Return where the Prism of this run listens."""
    found = _LISTENS.search(_said(home / "prism.log"))
    assert found is not None, WANTED
    return found[1]


def stop(home: Path) -> None:
    """End the Prism of this run."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((home / "prism.pid").read_text("ascii")), SIGTERM)


def _said(log: Path) -> str:
    return log.read_text("utf-8", "replace") if log.exists() else ""


def _install() -> None:
    # `make` has done it; a run without make catches up here.
    lock = HERE / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(
        (_program("npm"), "ci", "--ignore-scripts", "--silent"),
        cwd=HERE,
        check=False,
        capture_output=True,
        text=True,
        env=_environment(),
    )
    assert done.returncode == 0, f"{WANTED}\n{done.stderr}"


def _program(name: str) -> str:
    node = node_folder()
    assert node is not None, WANTED
    return str(Path(node) / name)


def _environment() -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")},
        "PATH": f"{node_folder()}{os.pathsep}{os.environ['PATH']}",
    }
