"""One unit of work and one practice scope, as close to asyncpg as that allows.

SQLAlchemy Core is the language of store.py; asyncpg runs it. A `Query` is a Core statement compiled
once; a `Work` is one transaction in which it runs. Nothing else opens a transaction. The scope is
set inside the transaction, so a pooled connection never carries a practice to the next borrower;
it travels with the BEGIN, since what a small unit of work costs is its round trips.
This room refuses a server that is too old, and a login that could look over the wall.
docs/decisions/0005 has the figures.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Self, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it ships none
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.compiler import SQLCompiler

from engage.crash import crash_point
from engage.db.connecting import Connection, Pool, Row, Way, let_go, let_go_soon
from engage.errors import EngageError, WrongSetting
from engage.ids import PracticeId

T = TypeVar("T")


TRIES = 3
"""How often a unit of work is tried when PostgreSQL undid it for another's sake."""

WAIT_SECONDS = 10
"""How long a unit of work waits for a connection; a carrier gives up on us after 15."""

_DIALECT = asyncpg_dialect()
# The first releases without the known holes in row-level security (CVE-2023-2455, CVE-2024-10976,
# CVE-2025-8713).
_OLDEST = {15: 150014, 16: 160010, 17: 170006}


class DatabaseAway(EngageError):  # noqa: N818 - reads as a sentence
    """The database can't be reached; nothing was changed."""


class NotKept(RuntimeError):  # noqa: N818 - reads as a sentence
    """A fault of ours: a statement failed, somebody went on, and all of it was undone."""


AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    TimeoutError,
)
"""What asyncpg raises when the server is gone, going, or full."""

REFUSED = (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError)
"""What a server says to a login or a database that it does not have."""

UNDONE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""40P01 and 40001: PostgreSQL undid one transaction for another's sake; try again."""


class Query:
    """A Core statement, compiled once for asyncpg, when it is first run.

    A command runs a few of the six hundred that it loads; to compile them all took a fifth of its
    start (measured). That each can be compiled is a test of its own, tests/store/test_queries.py.
    """

    def __init__(self, statement: Executable) -> None:
        """Keep it; literal values in the statement become its defaults."""
        self._statement = statement

    @cached_property
    def sql(self) -> str:
        """Return the statement's text, with numbered placeholders; raise for one that has none."""
        return self._compiled.string

    @cached_property
    def _compiled(self) -> SQLCompiler:
        compiled = self._statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined] # ClauseElement
        if not isinstance(compiled, SQLCompiler):
            message = "not a statement with parameters"
            raise TypeError(message)
        if compiled.post_compile_params:
            message = "IN with a list is another statement each time; write any_(array)"
            raise TypeError(message)
        return compiled

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self._compiled.positiontup or ())

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return dict(self._compiled.params)

    @cached_property
    def _required(self) -> frozenset[str]:
        binds, names = self._compiled.binds, self._names
        return frozenset(name for name, bind in binds.items() if bind.required and name in names)

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """Return the values in the order of the placeholders; an unnamed or missing one raises."""
        unknown = values.keys() - set(self._names)
        missing = self._required - values.keys()
        if unknown or missing:
            message = f"parameters do not fit: {sorted(unknown | missing)}"
            raise TypeError(message)
        given = self._defaults | values
        return [given[name] for name in self._names]


class Work:
    """One transaction. Ends with the `async with` that opened it: commit, or all undone."""

    def __init__(self, connection: Connection) -> None:
        """Wrap a connection that is in a transaction."""
        self._connection = connection

    async def rows(self, query: Query, /, **values: Any) -> list[Row]:  # noqa: ANN401 - SQL values
        """Run a query and return all rows."""
        return await self._connection.fetch(query.sql, *query.arguments(values))

    async def maybe(self, query: Query, /, **values: Any) -> Row | None:  # noqa: ANN401
        """Run a query and return its first row, if there is one."""
        return await self._connection.fetchrow(query.sql, *query.arguments(values))

    async def run(self, query: Query, /, **values: Any) -> int:  # noqa: ANN401
        """Run a statement and return how many rows it touched."""
        done = await self._connection.execute(query.sql, *query.arguments(values))
        count = done.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def call(self, function: str, *values: Any) -> Any:  # noqa: ANN401
        """Call a database function by name and return its one value."""
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        return await self._connection.fetchval(f"SELECT {function}({places})", *values)

    async def table(self, function: str, *values: Any) -> list[Row]:  # noqa: ANN401
        """Call a database function that returns rows."""
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        return await self._connection.fetch(f"SELECT * FROM {function}({places})", *values)  # noqa: S608 - our own names

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None, None]:
        """Undo only what is done in here, should it raise; the transaction goes on."""
        # PostgreSQL means the innermost of a name, so one name is enough however deep it goes.
        await self._connection.execute("SAVEPOINT here")
        try:
            yield
        except BaseException:
            await self._connection.execute("ROLLBACK TO here; RELEASE here")
            raise
        await self._connection.execute("RELEASE here")

    async def enter(self, practices: Sequence[PracticeId], write: PracticeId | None) -> None:
        """Set what this transaction may read, and the one practice it may write."""
        await self.call("enter", list(practices), write)


class Database:
    """A pool of connections of one login."""

    def __init__(self, pool: Pool, wait_seconds: float = WAIT_SECONDS, size: int = 8) -> None:
        """Wrap a pool; use `open`."""
        self._pool = pool
        self._size = size
        self._way: Way | None = None
        # A server that was away at the start is looked at before the first unit of work.
        self._unseen = False
        # The pool gives a connection to whoever asks at the moment it is free, and who has waited
        # waits on: at 64 connections the slowest text took a second. A semaphore keeps the order.
        self._free = asyncio.Semaphore(size)
        self._wait_seconds = wait_seconds

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        setting: str,
        size: int = 8,
        may_own: bool = False,
        wait_seconds: float = WAIT_SECONDS,
        even_away: bool = False,
    ) -> Self:
        """Connect, and refuse an old server or a login that is owner or superuser.

        `setting` is the name for the sentence of a WrongSetting. DatabaseAway if nobody answers;
        with `even_away` the server is then looked at as soon as it does.
        """
        way = Way(url, size, setting, may_own)
        away = False
        try:
            pool = await way.pool(1)
        except REFUSED as error:
            raise _refused(setting) from error
        except AWAY as error:
            if not even_away:
                raise DatabaseAway from error
            pool, away = await way.pool(0), True
        database = cls(pool, wait_seconds, size)
        database._way, database._unseen = way, away
        try:
            if not away:
                await database._refuse_unsafe(setting, may_own=may_own)
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def unseen(self) -> bool:
        """Say whether the server has been away since the start, so that nobody has looked at it."""
        return self._unseen

    async def close(self) -> None:
        """Close all connections; what does not end in time is cut off."""
        await let_go(self._pool)

    async def probe(self, seconds: float) -> bool:
        """Say whether the server lets a new connection in and answers on it."""
        if self._way is None:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._way.knock(seconds)
        except (*AWAY, asyncpg.PostgresError):
            return False
        return True

    async def renew(self) -> None:
        """Go on with new connections: the old ones may lead to a server that is no more."""
        if self._way is None:
            return
        old, self._pool = self._pool, await self._way.pool(0)
        self._free = asyncio.Semaphore(self._size)
        let_go_soon(old)

    @asynccontextmanager
    async def work(
        self, practices: Sequence[PracticeId] = (), write: PracticeId | None = None
    ) -> AsyncGenerator[Work, None]:
        """Open one transaction in the scope of some practices; commit at the end.

        With no practice at all the scope is not set, and every walled table is an error.
        """
        async with self._borrowed() as connection:
            async with _transaction(connection, _begin(practices, write)):
                yield Work(connection)
                crash_point("commit.before")
            crash_point("commit.after")

    @asynccontextmanager
    async def apart(self) -> AsyncGenerator[Work, None]:
        """Lend a connection without a scope on which each statement is a transaction of its own.

        For what asks one thing: who somebody is, at the door of every request.
        """
        async with self._borrowed() as connection:
            yield Work(connection)

    @asynccontextmanager
    async def _borrowed(self) -> AsyncGenerator[Connection, None]:
        # Both are of one time: `renew` replaces them together.
        pool, free = self._pool, self._free
        await self._wait(free)
        try:
            if self._unseen and self._way is not None:
                await self._look(self._way)
            async with pool.acquire(timeout=self._wait_seconds) as connection:
                yield connection
        except AWAY as error:
            raise DatabaseAway from error
        finally:
            free.release()

    async def _wait(self, free: asyncio.Semaphore) -> None:
        """Wait for a connection, first come first served."""
        if not free.locked():
            await free.acquire()  # at once
            return
        try:
            async with asyncio.timeout(self._wait_seconds):
                await free.acquire()
        except TimeoutError as error:
            raise DatabaseAway from error

    async def again(
        self,
        act: Callable[[Work], Awaitable[T]],
        practices: Sequence[PracticeId] = (),
        write: PracticeId | None = None,
    ) -> T:
        """Run `act` in one transaction; try again when PostgreSQL undid it for another's sake."""
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                async with self.work(practices, write) as work:
                    return await act(work)
            except UNDONE:
                if not tries_left:
                    raise
        raise DatabaseAway

    async def _look(self, way: Way) -> None:
        try:
            await self._refuse_unsafe(way.setting, may_own=way.may_own)
        except REFUSED as error:
            raise _refused(way.setting) from error
        self._unseen = False

    async def _refuse_unsafe(self, setting: str, *, may_own: bool) -> None:
        async with self._pool.acquire(timeout=self._wait_seconds) as connection:
            major, minor = connection.get_server_version()[:2]
            if major < min(_OLDEST) or major * 10000 + minor < _OLDEST.get(major, 0):
                sentence = (
                    f"{setting} leads to PostgreSQL {major}.{minor}, which is too "
                    "old: at least 15.14, 16.10, 17.6 or 18 is needed."
                )
                raise WrongSetting(sentence)
            row = await connection.fetchrow(_POWERS)
            if row is not None and not may_own and any(row.values()):
                sentence = (
                    f"{setting} signs in as a superuser, an owner of the tables or a login that "
                    "bypasses row security; use a login of its own."
                )
                raise WrongSetting(sentence)


def _begin(practices: Sequence[PracticeId], write: PracticeId | None) -> str:
    """Return what begins a transaction and sets its scope in one round trip."""
    if not practices:
        return "BEGIN"
    # Hexadecimal digits of UUIDs: whatever is none has no `hex`, or is no uuid to PostgreSQL.
    readable = ",".join(practice.hex for practice in practices)
    writable = "NULL" if write is None else f"'{write.hex}'"
    return f"BEGIN; SELECT enter('{{{readable}}}'::uuid[], {writable}::uuid)"


@asynccontextmanager
async def _transaction(connection: Connection, begin: str) -> AsyncGenerator[None, None]:
    try:
        await connection.execute(begin)
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    if await connection.execute("COMMIT") != "COMMIT":
        # PostgreSQL undoes it without a word.
        raise NotKept


def _refused(setting: str) -> WrongSetting:
    sentence = f"{setting} is refused by the database server: wrong login or database."
    return WrongSetting(sentence)


_POWERS = """
SELECT r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT FROM pg_roles s WHERE s.rolsuper AND pg_has_role(r.oid, s.oid, 'member')),
       EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
               AND c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'member'))
FROM pg_roles r WHERE r.rolname = current_user
"""
