"""Connections: what we use of asyncpg, how a pool is made, and how it is let go of.

This room refuses to run a statement of its own on a pooled connection; session.py does.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it ships none

CLOSE_SECONDS = 5
"""How long a pool that is let go of waits for what is under way on its connections."""


class Row(Protocol):
    """One row as asyncpg gives it; rows never leave a store."""

    def __getitem__(self, name: str | int) -> Any:  # noqa: ANN401 - a column's value
        """Return a column by name or place."""
        ...

    def values(self) -> Iterator[Any]:
        """Return the columns in order."""
        ...


class Connection(Protocol):
    """What we use of an asyncpg connection, which has no types of its own."""

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """Return all rows."""
        ...

    async def fetchrow(self, sql: str, *values: object) -> Row | None:
        """Return the first row."""
        ...

    async def fetchval(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - a column's value
        """Return the first column of the first row."""
        ...

    async def execute(self, sql: str, *values: object) -> str:
        """Run a statement and return its command tag."""
        ...

    def is_closed(self) -> bool:
        """Say whether the server is gone from its other end."""
        ...

    def get_server_version(self) -> tuple[int, int, int, str, int]:
        """Return the server's version: major and minor first."""
        ...

    async def set_type_codec(
        self,
        name: str,
        *,
        schema: str,
        encoder: Callable[[Any], str],
        decoder: Callable[[str], Any],
    ) -> None:
        """Say how a type travels."""
        ...


class Pool(Protocol):
    """What we use of an asyncpg pool."""

    def acquire(self, *, timeout: float) -> AbstractAsyncContextManager[Connection]:
        """Borrow a connection; TimeoutError if none is free for so many seconds."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Way:
    """How to reach a server, once more."""

    def __init__(self, url: str, size: int, setting: str, may_own: bool) -> None:  # noqa: FBT001 - a flag of the server
        """Take the address and what is expected there."""
        self._url = url
        self._size = size
        self.setting = setting
        self.may_own = may_own

    async def pool(self, least: int) -> Pool:
        """Make a pool, with so many connections open at once."""
        pool: object = await asyncpg.create_pool(  # pyright: ignore[reportUnknownMemberType] - asyncpg is untyped
            self._url,
            min_size=least,
            max_size=self._size,
            init=_prepare,
            reset=_nothing,
            timeout=10,
            command_timeout=60,
        )
        return cast("Pool", pool)

    async def knock(self, seconds: float) -> None:
        """Ask one question over a connection of its own."""
        untyped = cast("Any", asyncpg)
        connection = await untyped.connect(self._url, timeout=seconds)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            connection.terminate()


_LETTING_GO: set[asyncio.Task[None]] = set()


async def let_go(pool: Pool) -> None:
    """Close a pool; what does not end in time is cut off."""
    # Cancelled by the timeout, the pool cuts its connections off; who waits on one is told at once.
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()


def let_go_soon(pool: Pool) -> None:
    """Close a pool beside what goes on."""
    letting_go = asyncio.create_task(let_go(pool))
    # Held here, or it is collected in the middle.
    _LETTING_GO.add(letting_go)
    letting_go.add_done_callback(_LETTING_GO.discard)


async def _prepare(connection: Connection) -> None:
    # jsonb travels as text: stores decode it straight into their own Structs.
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str)


async def _nothing(_: Connection) -> None:
    """Reset nothing: all our state is local to a transaction, and a reset is a round trip."""
