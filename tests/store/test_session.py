"""One unit of work, one practice scope: nothing is seen without one, and nothing is left behind."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import bindparam, select, update

from engage.clock import SettableClock, fresh_id
from engage.db.session import Connection, Database, DatabaseAway, NotKept, Pool, Query, Work
from engage.db.tables import patient, practice
from engage.db.vault import Vault
from engage.embedded import Servers
from engage.errors import WrongSetting
from engage.ids import PracticeId
from tests.conftest import Databases
from tests.fakes import practice as fakes
from tests.store import catalogue
from tests.store.conftest import ROSA, House

UNSET = {"42704", "22P02"}
"""unrecognized configuration parameter; and an empty one, which is no list and no id."""

NAMES = Query(select(patient.c.practice_id, patient.c.given_name).order_by(patient.c.id))
RENAME = Query(
    update(patient).where(patient.c.id == bindparam("patient")).values(given_name=bindparam("name"))
)
MARKS = Query(select(practice.c.id, practice.c.name))
MARK = Query(update(practice).values(holidays=bindparam("mark")))
COLUMN = {"staff": "id", "practice": "id"}


async def refused(connection: fakes.Raw, statement: str) -> str:
    """Return the SQLSTATE that a statement ends with, "" if it is carried out."""
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return str(cast("Any", error).sqlstate)
    return ""


def statements(table: str, login: str) -> list[str]:
    """Return what a login may do with a table at all."""
    here = COLUMN.get(table, "practice_id")
    every = (
        "SELECT {here} FROM {table}",
        "SELECT count({here}) FROM {table}",
        "INSERT INTO {table} ({here}) VALUES (gen_random_uuid())",
        "UPDATE {table} SET {here} = {here}",
        "DELETE FROM {table}",
    )
    return [
        one.format(here=here, table=table) for one in (every[:2] if login == "auditor" else every)
    ]


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("after_a_scope", [False, True])
@pytest.mark.parametrize("login", ["app", "worker", "auditor"])
async def test_without_a_practice_every_walled_table_is_an_error(
    databases: Databases,
    vault: Vault,
    clock: SettableClock,
    *,
    login: str,
    after_a_scope: bool,
    filled: bool,
) -> None:
    """No scope is an error and never "no rows", also when the connection had a scope before."""
    practice_id = fresh_id(clock)
    if filled:
        place = await fakes.open_practice(databases.app, vault, clock)
        await fakes.add_patient(databases.app, place, clock, ROSA)
        practice_id = place.id
    async with fakes.raw(databases.urls["admin"]) as admin:
        tables = await catalogue.walled(admin)
    silent: list[str] = []
    async with fakes.raw(databases.urls[login]) as connection:
        if after_a_scope:
            await connection.execute("BEGIN")
            await connection.fetchval("SELECT enter(ARRAY[$1::uuid], $1)", practice_id)
            await connection.execute("COMMIT")
        for table in tables:
            for statement in statements(table, login):
                state = await refused(connection, statement)
                # 42501: not even granted.
                if state not in UNSET | {"42501"}:
                    silent.append(f"{statement}: {state}")
    # What the auditor may not read at all is covered by test_grants.
    assert silent == []


async def test_a_table_without_a_wall_would_be_seen(databases: Databases) -> None:
    """The test above can fail: with the wall down, the same statements are carried out."""
    async with fakes.raw(databases.urls["admin"]) as admin:
        await admin.execute("ALTER TABLE patient DISABLE ROW LEVEL SECURITY")
    async with fakes.raw(databases.urls["app"]) as app:
        assert await refused(app, statements("patient", "app")[0]) == ""


async def test_staff_of_two_practices_see_both_and_write_one(
    house: House, databases: Databases
) -> None:
    """Reads see the permitted list, merged; a write names one practice and touches no other."""
    other = await fakes.open_practice(databases.app, house.vault, house.clock, 2)
    await fakes.add_patient(databases.app, other, house.clock, "+16025550151", "Ana")
    both = [house.place.id, other.id]
    async with databases.app.work(both, other.id) as work:
        assert {row["given_name"] for row in await work.rows(NAMES)} == {"Rosa", "Ana"}
        assert await work.run(RENAME, patient=house.rosa, name="Changed") == 0
    async with databases.app.work([other.id], other.id) as work:
        assert [row["given_name"] for row in await work.rows(NAMES)] == ["Ana"]
    async with databases.app.work(both) as work:
        assert len(await work.rows(NAMES)) == 2
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        async with databases.app.work(both) as work:
            await work.run(RENAME, patient=house.rosa, name="Changed")


@pytest.fixture
async def neighbour(house: House, databases: Databases) -> fakes.Place:
    """Open a second practice, which looks at the first."""
    return await fakes.open_practice(databases.app, house.vault, house.clock, 2)


@asynccontextmanager
async def looking(house: House, place: fakes.Place) -> AsyncGenerator[fakes.Raw]:
    """Be the app of a practice, one statement at a time."""
    async with fakes.raw(house.databases.urls["app"]) as connection:
        await connection.fetchval(
            "SELECT set_config('engage.practices', $1, false)", f"{{{place.id}}}"
        )
        await connection.fetchval("SELECT set_config('engage.practice', $1, false)", str(place.id))
        yield connection


async def test_another_practices_rows_are_not_seen_or_changed(
    house: House, neighbour: fakes.Place
) -> None:
    """Reading finds none of them, changing touches none, and nothing can be moved in or out."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    async with fakes.raw(house.databases.urls["admin"]) as admin:
        tables = [t for t in await catalogue.walled(admin) if t not in ("staff", "practice")]
        theirs = [
            t
            for t in tables
            if await admin.fetchval(
                f'SELECT count(*) FROM "{t}" WHERE practice_id = $1',  # noqa: S608 - catalogue names
                house.place.id,
            )
        ]
    assert {"patient", "message", "queue_item", "conversation", "flag", "answer"} <= set(theirs)
    async with looking(house, neighbour) as app:
        for table in tables:
            there = f"FROM \"{table}\" WHERE practice_id = '{house.place.id}'"
            assert await app.fetchval(f"SELECT count(*) {there}") == 0
        assert await app.fetchval("SELECT count(*) FROM practice") == 1
        assert await app.execute("UPDATE patient SET search = ''") == "UPDATE 0"
        assert await app.execute("UPDATE queue_item SET severity = 'routine'") == "UPDATE 0"
        assert await app.execute("UPDATE practice SET holidays = 'US'") == "UPDATE 1"
        names = await app.fetch("SELECT family_name FROM staff ORDER BY 1")
        assert [row[0] for row in names] == ["Head2", "Manager2"]
        for moved in (
            "UPDATE practice_number SET practice_id = $1",
            "INSERT INTO text_key VALUES ($1, $1, 'x', $1)",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(moved, house.place.id)


async def test_another_practices_rows_cannot_be_referred_to(
    house: House, neighbour: fakes.Place
) -> None:
    """A foreign key to their patient fails exactly as one to a patient who does not exist."""
    errors: list[tuple[str, ...]] = []
    for patient_id in (house.rosa, fresh_id(house.clock)):
        async with looking(house, neighbour) as app:
            try:
                await app.execute(
                    "INSERT INTO assignment (practice_id, id, patient_id, staff_id, from_at)"
                    " VALUES ($1, $2, $3, $4, now())",
                    neighbour.id,
                    fresh_id(house.clock),
                    patient_id,
                    neighbour.manager,
                )
            except asyncpg.ForeignKeyViolationError as error:
                said = f"{error} {cast('Any', error).detail}"
                errors.append((said.replace(str(patient_id), "?"),))
    assert len(errors) == 2
    assert errors[0] == errors[1]


async def test_another_practices_rows_are_not_found_by_colliding(
    house: House, neighbour: fakes.Place
) -> None:
    """The same id and the same external id are free in every practice: no violation tells."""
    known = await house.one("SELECT external_id FROM patient WHERE id = $1", house.rosa)
    async with looking(house, neighbour) as app:
        await app.execute(
            "INSERT INTO patient (practice_id, id, external_id, given_name, family_name, search,"
            " language, status, created_at)"
            " VALUES ($1, $2, $3, 'A', 'B', '', 'en', 'active', now())",
            neighbour.id,
            house.rosa,
            known,
        )
    assert await house.one("SELECT count(*) FROM patient WHERE id = $1", house.rosa) == 2


async def test_a_pool_of_three_leaks_nothing(
    databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """Twenty practices, two thousand works, exceptions and cancellations: each sees itself."""
    places = [await fakes.open_practice(databases.app, vault, clock, n) for n in range(1, 21)]
    names = {place.id: f"Desert Bloom {n}" for n, place in enumerate(places, 1)}
    pool = await Database.open(databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=3)
    foreign: list[object] = []
    ended: dict[str, int] = {}

    async def work(n: int) -> None:
        place = places[n * 7 % 20].id
        if n % 13 == 0:
            with pytest.raises((asyncpg.UndefinedObjectError, asyncpg.DataError)):
                async with pool.work() as nowhere:
                    await nowhere.rows(MARKS)
            return
        async with pool.work([place], place) as here:
            seen = {row["id"]: row["name"] for row in await here.rows(MARKS)}
            touched = await here.run(MARK, mark=str(n))
            await here.call("pg_sleep", 0.002 * (n % 3))
            seen |= {row["id"]: row["name"] for row in await here.rows(MARKS)}
            if seen != {place: names[place]} or touched != 1:
                foreign.append(seen)
            if n % 5 == 0:
                raise KeyError(n)

    async def cancelled_or_not(n: int) -> None:
        task = asyncio.create_task(work(n))
        if n % 3 == 0:
            for _ in range(n % 17):
                await asyncio.sleep(0)
            if n % 2 == 0:
                await asyncio.sleep(0.001 * (n % 7))
            task.cancel()
            if n % 4 == 0:
                await asyncio.sleep(0)
                task.cancel()
        how = "done"
        try:
            await task
        except asyncio.CancelledError:
            how = "cancelled"
        except KeyError:
            how = "raised"
        ended[how] = ended.get(how, 0) + 1

    try:
        for begin in range(0, 2000, 50):
            async with asyncio.timeout(60):
                await asyncio.gather(*[cancelled_or_not(n) for n in range(begin, begin + 50)])
    finally:
        await pool.close()
    assert foreign == []
    assert min(ended.get(how, 0) for how in ("done", "cancelled", "raised")) > 100, ended


async def test_a_scope_that_outlives_its_transaction_would_be_seen(
    databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """The storm above can fail: a scope set for the session shows the next borrower its rows."""
    place = await fakes.open_practice(databases.app, vault, clock)
    pool = await Database.open(databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=1)
    try:
        async with pool.work([place.id]) as careless:
            locally = False
            scope = f"{{{place.id}}}"
            await careless.call("set_config", "engage.practices", scope, locally)
        async with pool.work() as next_one:
            assert [row["id"] for row in await next_one.rows(MARKS)] == [place.id]
    finally:
        await pool.close()


async def test_what_fails_is_undone_whole(house: House) -> None:
    """An exception anywhere in a unit of work takes back everything it wrote."""
    here = house.place.id
    with suppress(KeyError):
        async with house.databases.app.work([here], here) as work:
            assert await work.run(RENAME, patient=house.rosa, name="Changed") == 1
            raise KeyError
    assert await house.one("SELECT given_name FROM patient") == "Rosa"


async def test_what_was_undone_in_silence_is_an_error(house: House) -> None:
    """Whoever goes on after a failed statement is not told that it was kept."""
    here = house.place.id

    async def careless() -> None:
        async with house.databases.app.work([here], here) as work:
            await work.run(RENAME, patient=house.rosa, name="Changed")
            with suppress(asyncpg.PostgresError):
                await work.call("no_such_function")

    with pytest.raises(NotKept):
        await careless()
    assert await house.one("SELECT given_name FROM patient") == "Rosa"


async def test_a_savepoint_in_a_savepoint_takes_back_its_own(house: House) -> None:
    """One name for all of them means the innermost; what stands around it is kept."""
    here = house.place.id
    async with house.databases.app.work([here], here) as work:
        async with work.savepoint():
            await work.run(RENAME, patient=house.rosa, name="Outer")
            with suppress(asyncpg.PostgresError):
                async with work.savepoint():
                    await work.run(RENAME, patient=house.rosa, name="Inner")
                    await work.call("no_such_function")
        with suppress(KeyError):
            async with work.savepoint():
                await work.run(RENAME, patient=house.rosa, name="Later")
                raise KeyError
    assert await house.one("SELECT given_name FROM patient") == "Outer"


async def test_apart_each_statement_is_kept_by_itself(house: House) -> None:
    """What one statement did stays done, whatever the next one says; and there is no scope."""
    async with house.databases.app.apart() as work:
        first = await work.call("txid_current")
        with pytest.raises(asyncpg.PostgresError):
            await work.rows(NAMES)
        assert await work.call("txid_current") > first


async def test_undone_for_anothers_sake_is_tried_three_times(house: House) -> None:
    """40001 and 40P01 begin again from the start, three times; then they are what they are."""
    tries: list[int] = []
    await house.alter(
        "CREATE FUNCTION undone() RETURNS void LANGUAGE plpgsql AS "
        "'BEGIN RAISE SQLSTATE ''40001''; END'"
    )

    async def act(work: Work) -> int:
        tries.append(1)
        if len(tries) < 3:
            await work.call("undone")
        return len(tries)

    async def never(work: Work) -> None:
        tries.append(1)
        await work.call("undone")

    assert await house.databases.app.again(act, [house.place.id]) == 3
    tries.clear()
    with pytest.raises(asyncpg.SerializationError):
        await house.databases.app.again(never, [house.place.id])
    assert len(tries) == 3


async def test_a_full_pool_says_so_instead_of_waiting_for_ever(databases: Databases) -> None:
    """Who gets no connection in time hears DatabaseAway: a text is then spooled, not hung."""
    url = databases.urls["app"]
    pool = await Database.open(url, setting="ENGAGE_DATABASE_URL", size=1, wait_seconds=0.1)
    try:
        async with pool.work():
            with pytest.raises(DatabaseAway):
                async with asyncio.timeout(5), pool.work():
                    pass
    finally:
        await pool.close()


# Who may open a database at all


@pytest.mark.parametrize("login", ["owner", "admin"])
async def test_a_powerful_login_is_refused(databases: Databases, login: str) -> None:
    """The app starts neither as the owner of the tables nor as a superuser."""
    with pytest.raises(WrongSetting, match="ENGAGE_DATABASE_URL"):
        await Database.open(databases.urls[login], setting="ENGAGE_DATABASE_URL")


async def test_the_migrator_may_be_the_owner(databases: Databases) -> None:
    """Only who asks for it by name may be the owner."""
    owner = await Database.open(databases.urls["owner"], setting="X", may_own=True)
    await owner.close()


async def test_a_wrong_password_is_a_wrong_setting(databases: Databases, servers: Servers) -> None:
    """A refused login names the setting and shows neither the password nor the URL."""
    url = databases.urls["app"].replace("engage_app:", "engage_app:wrong")
    with pytest.raises(WrongSetting) as refusal:
        await Database.open(url, setting="ENGAGE_DATABASE_URL")
    assert "wrong login or database" in str(refusal.value)
    assert "wrong" + url[25:60] not in str(refusal.value)
    with pytest.raises(WrongSetting):
        await Database.open(servers.url("app", "no_such"), setting="ENGAGE_DATABASE_URL")


class _OldServer:
    """A connection and a pool in one, to a server of some version."""

    def __init__(self, major: int, minor: int) -> None:
        self._version = (major, minor, 0, "final", 0)

    def get_server_version(self) -> tuple[int, int, int, str, int]:
        return self._version

    async def fetchrow(self, _: str) -> None:
        return None

    @asynccontextmanager
    async def acquire(self, *, timeout: float) -> AsyncGenerator[Connection]:  # noqa: ASYNC109 - asyncpg's own
        assert timeout
        yield cast("Connection", self)


@pytest.mark.parametrize(
    ("major", "minor", "refused"),
    [
        (14, 30, True),
        (15, 13, True),
        (15, 14, False),
        (16, 9, True),
        (16, 10, False),
        (17, 5, True),
        (17, 6, False),
        (18, 0, False),
    ],
)
async def test_a_server_with_known_holes_is_refused(
    major: int, minor: int, *, refused: bool
) -> None:
    """Releases in which row security could be walked around are refused by name and number."""
    database = Database(cast("Pool", _OldServer(major, minor)))
    opening = database._refuse_unsafe("ENGAGE_DATABASE_URL", may_own=False)  # noqa: SLF001 - the rule itself
    with pytest.raises(WrongSetting, match=f"{major}.{minor}") if refused else nullcontext():
        await opening


# Queries


def test_a_query_refuses_parameters_that_do_not_fit() -> None:
    """A missing or an unknown name is an error before anything reaches the server."""
    with pytest.raises(TypeError, match="name"):
        RENAME.arguments({"patient": UUID(int=1)})
    with pytest.raises(TypeError, match="extra"):
        RENAME.arguments({"patient": UUID(int=1), "name": "A", "extra": 1})


def test_a_query_is_one_statement() -> None:
    """IN with a list would be another statement each time, and is refused when it is written."""
    with pytest.raises(TypeError, match="any_"):
        _ = Query(select(patient.c.id).where(patient.c.id.in_([UUID(int=1)]))).sql


async def test_a_cancelled_unit_of_work_writes_nothing(house: House) -> None:
    """A client that goes away in the middle leaves nothing half-done."""
    here: PracticeId = house.place.id

    async def slow() -> None:
        async with house.databases.app.work([here], here) as work:
            await work.run(RENAME, patient=house.rosa, name="Changed")
            await work.call("pg_sleep", 30)

    task = asyncio.create_task(slow())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await house.one("SELECT given_name FROM patient") == "Rosa"
