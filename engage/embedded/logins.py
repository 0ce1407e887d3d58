"""The logins, the database and who may connect, brought to what they should be at every start.

Each call runs on an event loop and a connection of its own in a thread of its own, so it can be
made from anywhere, from inside a running loop too. No statement text reaches a log.
"""

# asyncpg ships no stubs.
# pyright: reportMissingTypeStubs=false

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Protocol, cast

import asyncpg

from engage.embedded.errors import DatabaseRefused, WouldNotStart
from engage.embedded.home import LOGINS, State

DATABASE = "engage"
OWNER = "engage_owner"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SYSTEM = {"postgres", "template0", "template1"}
_CONNECT_SECONDS = 20.0

_PLAIN = [f"engage_{login}" for login in LOGINS if login != "admin"]
_ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


class Connection(Protocol):
    """The part of an asyncpg connection used here."""

    async def execute(self, query: str) -> object:
        """Run a statement."""

    async def fetchval(self, query: str, *args: object) -> object:
        """Run a query and return its one value."""

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Commit at the end, or roll back."""
        ...

    async def close(self) -> None:
        """Say goodbye."""


Work = Callable[[Connection], Awaitable[None]]


def settle(state: State, cluster: str) -> None:
    """Bring logins, database and grants to what they should be; the same again changes nothing."""

    async def work(connection: Connection) -> None:
        if await connection.fetchval("SHOW data_directory") != cluster:
            detail = f"the server on {state.runtime} serves another data directory"
            raise WouldNotStart(detail)
        async with connection.transaction():
            for name in _PLAIN:
                password = state.passwords[name.removeprefix("engage_")]
                await _make_login(connection, name, password)
            await connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
        known = "SELECT 1 FROM pg_database WHERE datname = $1"
        if await connection.fetchval(known, DATABASE) is None:
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        await _close(connection, DATABASE)

    try:
        _on_own_loop(state, work)
    except (asyncpg.PostgresError, OSError) as refused:
        detail = f"PostgreSQL runs but its logins could not be made: {refused}"
        raise WouldNotStart(detail) from refused


def create_database(state: State, name: str, template: str | None) -> None:
    """Create a database of engage_owner's, as a copy of the template if one is named."""
    names = (name,) if template is None else (name, template)
    source = "" if template is None else f' TEMPLATE "{template}"'
    if template is not None and state.throwaway:
        # Without fsync the checkpoint that this costs is nothing: half the time of the usual way.
        source += " STRATEGY FILE_COPY"

    async def work(connection: Connection) -> None:
        await connection.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}{source}')
        await _close(connection, name)

    _refusing(state, names, work)


def drop_database(state: State, name: str) -> None:
    """Drop a database, connections and all; one that does not exist is dropped already."""

    async def work(connection: Connection) -> None:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    _refusing(state, (name,), work)


async def _make_login(connection: Connection, name: str, password: str) -> None:
    found = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "CREATE" if found is None else "ALTER"
    # DDL takes no parameters: the server itself does the quoting.
    template = f"{verb} ROLE %I {_ATTRIBUTES} PASSWORD %L"
    question = "SELECT format($1, $2::text, $3::text)"
    await connection.execute(str(await connection.fetchval(question, template, name, password)))


async def _close(connection: Connection, name: str) -> None:
    """Make the owner the owner, and let only our logins connect."""
    async with connection.transaction():
        await connection.execute(f'ALTER DATABASE "{name}" OWNER TO {OWNER}')
        await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {", ".join(_PLAIN)}')


def _refusing(state: State, names: tuple[str, ...], work: Work) -> None:
    for name in names:
        if not _NAME.fullmatch(name) or name in _SYSTEM:
            detail = f"{name!r} is not a name for one of our databases"
            raise DatabaseRefused(detail)
    try:
        _on_own_loop(state, work)
    except (asyncpg.PostgresError, OSError) as refused:
        detail = str(refused).splitlines()[0]
        raise DatabaseRefused(detail) from refused


def _on_own_loop(state: State, work: Work) -> None:
    # asyncpg ships no types.
    opened = cast("Callable[..., Awaitable[Connection]]", asyncpg.connect)  # pyright: ignore[reportUnknownMemberType]

    async def connected() -> None:
        connection = await opened(
            host=state.runtime,
            user="engage_admin",
            password=state.passwords["admin"],
            database="postgres",
            timeout=_CONNECT_SECONDS,
        )
        try:
            await work(connection)
        finally:
            await connection.close()

    with ThreadPoolExecutor(max_workers=1) as own_thread:
        own_thread.submit(asyncio.run, connected()).result()
