"""Data directories that are gone after the test, and one pair of servers to look at."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from engage import embedded
from engage.embedded import postgres, valkey
from engage.embedded.account import serving_account
from engage.embedded.home import Home, State, read_state

ROOT = Path(__file__).parents[2]


class Room:
    """A data directory and what a test wants to know and do about it."""

    def __init__(self, data_dir: Path) -> None:
        """Look at a data directory; nothing is started."""
        self.data_dir = data_dir
        self.home = Home(data_dir, serving_account())

    def plant(self, kind: str) -> Path:
        """Put something in the place of the sockets' directory, as a stranger might."""
        planted, elsewhere = Path(self.state.runtime), self.data_dir / "elsewhere"
        if kind == "link":
            elsewhere.mkdir(mode=0o700)
            planted.symlink_to(elsewhere)
            return planted
        planted.mkdir()
        planted.chmod(0o777 if kind == "open" else 0o700)
        if kind == "foreign":
            os.chown(planted, 1, 1)
        return planted

    def copy(self) -> "Room":
        """Return a copy, as `cp -a` makes one."""
        twin = Room(embedded.throwaway_data_dir())
        command = ("/bin/cp", "-a", f"{self.data_dir}/.", str(twin.data_dir))
        subprocess.run(command, check=True)
        return twin

    def start(self, *, redis: bool = False) -> embedded.Servers:
        """Start or join the servers, fast and forgettable."""
        return embedded.start(self.data_dir, throwaway=True, redis=redis)

    @property
    def state(self) -> State:
        """What servers.json says."""
        state = read_state(self.home)
        assert state is not None
        return state

    @property
    def pid(self) -> int | None:
        """The living PostgreSQL's pid."""
        return postgres.running_pid(self.home)

    @property
    def processes(self) -> list[int]:
        """Every living process of this room, of both servers."""
        found: list[int] = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                where = (entry / "cwd").readlink()
                if where == self.home.cluster or str(where) == self.state.runtime:
                    found.append(int(entry.name))
        return found

    def end(self) -> None:
        """Stop everything, whoever holds a share, and leave nothing."""
        state = read_state(self.home)
        if state is not None:
            valkey.stop(self.home, state)
            postgres.stop(self.home)
            shutil.rmtree(state.runtime, ignore_errors=True)
        shutil.rmtree(self.data_dir, ignore_errors=True)


@contextmanager
def owner(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Run an owner in a process of its own; it ends with the block, if it has not before."""
    with subprocess.Popen(
        (sys.executable, "-m", "tests.embedded.owner", str(data_dir)),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def said_by(child: subprocess.Popen[str]) -> dict[str, str]:
    """Wait until an owner has started and return what it says."""
    assert child.stdout is not None
    return json.loads(child.stdout.readline())


def dismissed(child: subprocess.Popen[str]) -> None:
    """Let an owner stop its servers, and wait for it."""
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(60) == 0


async def ask(url: str, question: str, *values: object) -> object:
    """Return the one value that a question has over a connection of its own."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()


@pytest.fixture
def room() -> Iterator[Room]:
    """Make an empty data directory of one's own."""
    made = Room(embedded.throwaway_data_dir())
    yield made
    made.end()


@pytest.fixture(scope="module")
def shown() -> Iterator[tuple[Room, embedded.Servers]]:
    """Run servers to look at, started as `make demo` does: durable and with Redis."""
    made = Room(embedded.throwaway_data_dir())
    yield made, embedded.start(made.data_dir)
    made.end()


@pytest.fixture
def as_root() -> None:
    """Skip what only root can try: becoming somebody else."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another account")
