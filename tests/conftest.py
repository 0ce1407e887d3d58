"""What the tests stand on: one real server a run, one database a test, a clock that stands still.

The server is the embedded one (wheels from the package registry), shared by all pytest workers of a
run: the first one starts it, the last one out ends it and sweeps up. Each worker migrates one
template and clones it for every test that asks.
"""

import asyncio
import fcntl
import gc
import os
import shutil
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
import structlog
from hypothesis import settings

from engage import embedded
from engage.clock import SettableClock
from engage.db import grants
from engage.db.migrate import migrate
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.embedded import Login
from engage.settings import is_loopback

LOGINS: dict[grants.Login, str] = {
    "app": "engage_app",
    "worker": "engage_worker",
    "auditor": "engage_auditor",
}
EVERYBODY: tuple[Login, ...] = get_args(Login)
ROOM_BYTES = 4 << 30
"""What the servers of a run may come to, with all that they log ahead."""
SECRET = "a secret key for tests only, forty characters"

collect_ignore_glob = ["fakes/*", "data/*"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to rewrite transcripts, see tests/transcripts/test_transcripts.py."""
    parser.addoption(
        "--update", action="store_true", help="rewrite transcripts from what happened, not in CI"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what must not happen in CI, before anything is collected."""
    # How long an example takes says more about the machine than about the property.
    settings.register_profile("engage", deadline=None)
    settings.load_profile("engage")
    # Where nothing configures our logs a fault is drawn with all its locals: seconds for each.
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback
    refuse_update(asked=bool(config.getoption("--update")), ci=os.environ.get("CI"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what mostly waits, the storm and its like, then with what is slow.

    The rest fills the time beside it, and no long test is left alone at the end. The first mark
    only says which those are: no test relies on a group running in one process, which pytest-xdist
    3.8 does not do with this pytest.
    """
    marks = ("xdist_group", "slow")
    items.sort(key=lambda item: [item.get_closest_marker(mark) is None for mark in marks])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the collector of cycles rest while everything is loaded, and leave that alone afterwards.

    All of it stays until the run ends. Looking it through again and again took two fifths of the
    time of the pure tests (measured).
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def refuse_update(*, asked: bool, ci: str | None) -> None:
    """Refuse to rewrite expectations where CI is set: there it would make every run pass."""
    if asked and ci:
        message = "--update rewrites transcripts from what happened: not where CI is set"
        raise pytest.UsageError(message)


class Databases(NamedTuple):
    """The database of one test, through its logins."""

    name: str
    app: Database
    worker: Database
    urls: dict[str, str]


@pytest.fixture(autouse=True, scope="session")
def nobody_outside() -> Iterator[None]:
    """Refuse every connection of this process that leaves the machine: no test may need it."""
    tried = socket.socket.connect

    def connect(one: socket.socket, address: Any) -> None:  # noqa: ANN401 - any family's address
        refuse_outside(one.family, address)
        tried(one, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


def refuse_outside(family: int, address: Any) -> None:  # noqa: ANN401 - any family's address
    """Let a connection to this machine be; a name counts only if it can mean nothing else."""
    if family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(str(address[0])):
        message = "a test wanted to reach the world outside of this machine"
        raise ConnectionRefusedError(message)


@pytest.fixture(scope="session")
def servers(
    testrun_uid: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[embedded.Servers]:
    """Real PostgreSQL and Valkey for the whole run, without fsync."""
    home = _roomy() / f"engage-{testrun_uid}"
    own = tmp_path_factory.getbasetemp()
    sharers = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "sharers"
    # The lock is held by one worker at a time, so nobody starts what another is sweeping up.
    with counted(sharers, +1):
        started = embedded.start(home, throwaway=True)
    yield started
    with counted(sharers, -1) as left:
        started.stop()
        if not left:
            shutil.rmtree(home, ignore_errors=True)


def _roomy() -> Path:
    """Return where the servers live: in memory if there is room, where a copied database is cheap.

    A database is nine hundred small files, and a run makes and drops a thousand of them.
    """
    memory = Path("/dev/shm")  # noqa: S108 - short, for the sockets' sake, and so is the other
    if os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free >= ROOM_BYTES:
        return memory
    return Path("/tmp")  # noqa: S108


@contextmanager
def counted(file: Path, change: int) -> Iterator[int]:
    """Count who shares something, and hold everybody else off meanwhile."""
    with file.open("a+") as counter:
        fcntl.flock(counter, fcntl.LOCK_EX)
        counter.seek(0)
        number = int(counter.read() or "0") + change
        counter.truncate(0)
        counter.write(str(number))
        counter.flush()
        yield number


@pytest.fixture(scope="session")
def template(servers: embedded.Servers) -> Iterator[str]:
    """Migrate a database that tests clone."""
    name = f"template_{os.getpid()}"
    servers.create_database(name)

    async def prepare() -> None:
        await migrate(servers.url("owner", name), LOGINS)

    asyncio.run(prepare())
    yield name
    servers.drop_database(name)


@pytest.fixture
def database_name(
    servers: embedded.Servers, template: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Copy the template for one test."""
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    servers.create_database(name, template)
    yield name
    servers.drop_database(name)


@pytest.fixture
async def databases(servers: embedded.Servers, database_name: str) -> AsyncIterator[Databases]:
    """Open the test's database through the app's and the worker's logins."""
    async with opened(servers, database_name) as databases:
        yield databases


@asynccontextmanager
async def opened(servers: embedded.Servers, name: str) -> AsyncGenerator[Databases]:
    """Open a database through the app's and the worker's logins."""
    urls: dict[str, str] = {login: servers.url(login, name) for login in EVERYBODY}
    app = await Database.open(urls["app"], setting="ENGAGE_DATABASE_URL", size=6)
    worker = await Database.open(urls["worker"], setting="ENGAGE_WORKER_DATABASE_URL", size=6)
    yield Databases(name, app, worker, urls)
    await app.close()
    await worker.close()


@pytest.fixture
def clock() -> SettableClock:
    """Make it a Tuesday morning in Phoenix, standing still."""
    return SettableClock(datetime(2026, 11, 24, 17, 0, tzinfo=UTC))


@pytest.fixture
def vault(databases: Databases) -> Vault:
    """Keep the keys of the test's practices."""
    return Vault(MasterKeys([SECRET]), databases.app)
