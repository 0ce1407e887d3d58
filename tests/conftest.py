"""What the tests stand on: one real server a run, one database a test, a clock that stands still.

The server is the embedded one (wheels from the package registry), shared by all pytest workers of a
run; each worker migrates one template and clones it for every test that asks.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from engage import embedded
from engage.clock import SettableClock
from engage.db.migrate import migrate
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault

LOGINS = {"app": "engage_app", "worker": "engage_worker", "auditor": "engage_auditor"}
SECRET = "a secret key for tests only, forty characters"

collect_ignore_glob = ["fakes/*", "data/*"]


class Databases(NamedTuple):
    """The database of one test, through its logins."""

    name: str
    app: Database
    worker: Database
    urls: dict[str, str]


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Servers]:
    """Real PostgreSQL and Valkey for the whole run, without fsync."""
    started = embedded.start(embedded.throwaway_data_dir(), throwaway=True)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def template(servers: embedded.Servers) -> Iterator[str]:
    """A migrated database that tests clone."""
    name = f"template_{os.getpid()}"
    servers.create_database(name)

    async def prepare() -> None:
        await migrate(servers.url("owner", name), LOGINS)  # type: ignore[arg-type] # literal keys

    asyncio.run(prepare())
    yield name
    servers.drop_database(name)


@pytest.fixture
def database_name(
    servers: embedded.Servers, template: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A fresh copy of the template for one test."""
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    servers.create_database(name, template)
    yield name
    servers.drop_database(name)


@pytest.fixture
async def databases(servers: embedded.Servers, database_name: str) -> AsyncIterator[Databases]:
    """The test's database through the app's and the worker's logins."""
    urls = {login: servers.url(login, database_name) for login in ("owner", "admin", *LOGINS)}
    app = await Database.open(urls["app"], setting="ENGAGE_DATABASE_URL", size=6)
    worker = await Database.open(urls["worker"], setting="ENGAGE_WORKER_DATABASE_URL", size=6)
    yield Databases(database_name, app, worker, urls)
    await app.close()
    await worker.close()


@pytest.fixture
def clock() -> SettableClock:
    """A Tuesday morning in Phoenix, standing still."""
    return SettableClock(datetime(2026, 11, 24, 17, 0, tzinfo=UTC))


@pytest.fixture
def vault(databases: Databases) -> Vault:
    """The keys of the test's practices."""
    return Vault(MasterKeys([SECRET]), databases.app)
