"""The schema: one picture of it in Python, one road to it, and months that come by themselves."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql.asyncpg import dialect

import engage.db
from engage import embedded
from engage.clock import SettableClock
from engage.db import tables
from engage.db.migrate import current, migrate, newest
from engage.db.session import Database
from engage.ids import uuid7
from tests.conftest import LOGINS, Databases
from tests.fakes.practice import Raw, raw
from tests.store.conftest import House

PARENTS = ("message", "feed", "audit")

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary
               AND a.attnum = ANY (i.indkey)),
       a.attgenerated <> '' OR a.attidentity <> ''
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
ORDER BY c.relname, a.attnum
"""
_EVERYTHING = """
SELECT 'column', a.attrelid::regclass::text, a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl::text)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
UNION ALL SELECT 'relation', relname, relkind::text,
       concat_ws(' ', relrowsecurity, relforcerowsecurity, relacl::text)
FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'policy', tablename, policyname, concat_ws(' ', cmd, qual, with_check)
FROM pg_policies
UNION ALL SELECT 'function', oid::regprocedure::text, '', concat_ws(' ', md5(prosrc), prosecdef,
       proconfig::text, proacl::text) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


async def everything(admin: Raw) -> set[tuple[str, ...]]:
    """Return the schema as the catalogue has it, rights included."""
    return {tuple(row) for row in await admin.fetch(_EVERYTHING)}


async def test_the_picture_is_the_database(databases: Databases) -> None:
    """db/tables has the database's columns: names, order, types, nullability and keys."""
    async with raw(databases.urls["admin"]) as admin:
        there = [tuple(row) for row in await admin.fetch(_COLUMNS)]
    drawn = [
        (
            table.name,
            column.name,
            column.type.compile(dialect=dialect()).lower(),
            column.nullable,
            column.primary_key,
            column.computed is not None or column.identity is not None,
        )
        for table in sorted(tables.METADATA.tables.values(), key=lambda one: one.name)
        for column in table.columns
    ]
    assert drawn == there


async def test_a_changed_column_is_seen(databases: Databases) -> None:
    """The comparison above sees a type, a nullability and a column that differ."""
    async with raw(databases.urls["admin"]) as admin:
        before = [tuple(row) for row in await admin.fetch(_COLUMNS)]
        for change in (
            "ALTER TABLE patient ALTER COLUMN status DROP NOT NULL",
            "ALTER TABLE message ALTER COLUMN segments TYPE bigint",
            "ALTER TABLE due ADD COLUMN reason text",
        ):
            await admin.execute(change)
            after = [tuple(row) for row in await admin.fetch(_COLUMNS)]
            assert after != before
            before = after


def test_there_is_one_head() -> None:
    """The migrations are one line, so "head" names one schema."""
    config = Config()
    folder = engage.db.__path__[0]
    config.set_main_option("script_location", f"{folder}/migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [newest()]


async def test_migrating_twice_changes_nothing(databases: Databases) -> None:
    """A second `migrate` finds nothing to do, and brings rights that were changed back in order."""
    async with raw(databases.urls["admin"]) as admin:
        before = await everything(admin)
        await admin.execute("GRANT SELECT ON due TO engage_app")
        assert await everything(admin) != before
        assert await migrate(databases.urls["owner"], LOGINS) == newest()
        assert await everything(admin) == before
    assert await current(databases.app) == newest()


async def test_two_migrators_at_once_make_one_schema(
    servers: embedded.Servers, databases: Databases
) -> None:
    """Two machines that are deployed together both succeed, and leave what one would have left."""
    name = f"{databases.name}_twice"
    servers.create_database(name)
    try:
        url = servers.url("owner", name)
        assert await asyncio.gather(*[migrate(url, LOGINS) for _ in range(3)]) == [newest()] * 3
        async with raw(servers.url("admin", name)) as new, raw(databases.urls["admin"]) as old:
            assert await everything(new) == await everything(old)
    finally:
        servers.drop_database(name)


async def test_before_the_first_step_there_is_no_revision(
    servers: embedded.Servers, databases: Databases
) -> None:
    """An empty database says so, instead of failing in the middle of the first request."""
    name = f"{databases.name}_empty"
    servers.create_database(name)
    try:
        opened = await Database.open(
            servers.url("owner", name), setting="ENGAGE_OWNER_DATABASE_URL", may_own=True
        )
        assert await current(opened) is None
        await opened.close()
    finally:
        servers.drop_database(name)


async def test_every_month_has_its_partition(databases: Databases, clock: SettableClock) -> None:
    """A row lies in the month of its id, this month and for a year to come."""
    async with raw(databases.urls["admin"]) as admin:
        for parent in PARENTS:
            parts = await admin.fetch(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass",
                parent,
            )
            names = {row[0] for row in parts}
            assert f"{parent}_rest" in names
            for month in range(12):
                day = clock.now() + timedelta(days=30 * month)
                assert f"{parent}_{day:%Y_%m}" in names


async def partition_of(house: House, at: datetime) -> object:
    """Return where a feed row of a moment goes."""
    row = uuid7(at, bytes(10))
    practice = house.place.id
    async with house.databases.app.work([practice], practice) as work:
        await work.call("turn_save", feed_row(practice, row, at))
    return await house.one("SELECT tableoid::regclass::text FROM feed WHERE id = $1", row)


def feed_row(practice: UUID, row: UUID, at: datetime) -> str:
    """Return a decision that says one thing in the feed."""
    said = f'{{"id": "{row}", "kind": "item", "subject_id": "{row}", "patient_id": null}}'
    return f'{{"practice_id": "{practice}", "at": "{at.isoformat()}", "feed": [{said}]}}'


async def test_a_row_of_a_far_month_is_never_refused(house: House) -> None:
    """Months without a partition go to the default one, and making theirs too late is harmless."""
    assert await partition_of(house, house.clock.now()) == "feed_2026_11"
    far = datetime(2031, 5, 6, tzinfo=UTC)
    assert await partition_of(house, far) == "feed_rest"
    assert await partition_of(house, datetime(1999, 12, 31, tzinfo=UTC)) == "feed_rest"
    async with house.databases.worker.work() as work:
        # message and audit get their month; feed's rows of it stay where they are.
        assert await work.call("ensure_partitions", far, 1) == 2
        assert await work.call("ensure_partitions", far + timedelta(days=31), 1) == 3
    assert await partition_of(house, far + timedelta(seconds=1)) == "feed_rest"
    assert await partition_of(house, far + timedelta(days=31)) == "feed_2031_06"


async def test_making_partitions_again_makes_none(databases: Databases) -> None:
    """`ensure_partitions` is idempotent, also when two workers run it at once."""
    start = datetime(2030, 1, 15, tzinfo=UTC)

    async def make() -> object:
        async with databases.worker.work() as work:
            return await work.call("ensure_partitions", start, 3)

    made = await asyncio.gather(make(), make(), return_exceptions=True)
    assert [one for one in made if isinstance(one, BaseException)] == []
    assert sorted(map(str, made)) == ["0", "9"]
    assert await make() == 0


async def test_the_edge_of_a_month_is_utc(databases: Databases) -> None:
    """The last millisecond of a month lies in it, whatever the session's time zone."""
    async with raw(databases.urls["admin"]) as admin:
        await admin.execute("SET timezone = 'Pacific/Kiritimati'")
        edge = datetime(2026, 12, 1, tzinfo=UTC)
        floor = await admin.fetchval("SELECT month_floor($1)", edge)
        last = uuid7(edge - timedelta(milliseconds=1), b"\xff" * 10)
        first = uuid7(edge, bytes(10))
        assert last < floor <= first
        await admin.fetchval("SELECT ensure_partitions($1, 1)", datetime(2032, 2, 1, tzinfo=UTC))
        bounds = await admin.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'feed_2032_02'"
        )
        assert str(await admin.fetchval("SELECT month_floor('2032-02-01 00:00Z')")) in bounds


async def test_an_id_made_by_the_database_is_a_uuid7(databases: Databases) -> None:
    """uuid7_at makes what engage/ids.py makes: version 7, and the moment inside."""
    at = datetime(2026, 11, 24, 17, 0, 0, 123000, tzinfo=UTC)
    async with raw(databases.urls["worker"]) as worker:
        made = UUID(str(await worker.fetchval("SELECT uuid7_at($1)", at)))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(at.timestamp() * 1000)


async def test_nothing_about_care_can_contradict_itself(house: House) -> None:
    """CHECKs hold what must be true of a row whatever the code says."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    for wrong in (
        "UPDATE queue_item SET status = 'completed'",
        "UPDATE queue_item SET closed_at = now()",
        "UPDATE queue_item SET severity = 'fine'",
        "UPDATE answer SET option = NULL",
        "UPDATE message SET direction = 'sideways'",
        "UPDATE patient SET language = 'fr'",
        "UPDATE phone_use SET caregiver_id = patient_id",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await house.alter(wrong)
