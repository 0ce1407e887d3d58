"""The wall as PostgreSQL's own catalogue has it, and the data map held against it (promise T1)."""

import re
from pathlib import Path

from engage.db.grants import AUDITOR_COLUMNS, LEDGERS, OUTSIDE, PASSING, RECORDS
from tests.conftest import Databases
from tests.fakes.practice import raw
from tests.store import catalogue

DATA_MAP = Path(__file__).parents[2] / "docs" / "data-map.md"
KINDS = ("sealed", "hashed", "readable", "plain")

BREACHES = {
    "CREATE TABLE pill (practice_id uuid, id uuid, PRIMARY KEY (practice_id, id))": (
        "pill: row security is not enabled and forced"
    ),
    "CREATE TABLE pill (id uuid)": "pill: has no practice_id and is not listed",
    "ALTER TABLE patient NO FORCE ROW LEVEL SECURITY": "patient: row security is not",
    "ALTER TABLE staff DISABLE ROW LEVEL SECURITY": "staff: row security is not",
    "DROP POLICY updates ON patient": "patient: no policy for w",
    "CREATE POLICY more ON patient FOR SELECT USING (true)": "patient: two policies",
    "ALTER POLICY reads ON patient USING (true)": "patient: the policy for r is not the wall",
    "DROP POLICY updates ON line; CREATE POLICY updates ON line FOR UPDATE"
    " USING (practice_id = current_setting('engage.practice')::uuid)": (
        "line: the policy for w is not the wall"
    ),
    "ALTER POLICY updates ON patient WITH CHECK (true)": "patient: the policy for w is not the",
    "ALTER POLICY updates ON patient USING (true)": "patient: the policy for w is not the wall",
    "ALTER POLICY inserts ON patient WITH CHECK (true)": "patient: the policy for a is not the",
    "ALTER POLICY deletes ON patient USING (true)": "patient: the policy for d is not the wall",
    "ALTER POLICY reads ON patient USING"
    " (true OR practice_id = ANY (current_setting('engage.practices')::uuid[]))": (
        "patient: the policy for r is not the wall"
    ),
    "ALTER POLICY reads ON patient USING"
    " (practice_id = ANY (current_setting('engage.practices', true)::uuid[]))": (
        "patient: the policy for r is not the wall"
    ),
    "ALTER POLICY updates ON patient USING"
    " (practice_id = current_setting('engage.practice', true)::uuid)": (
        "patient: the policy for w is not the wall"
    ),
    "ALTER POLICY reads ON staff USING (true)": "staff: the policy for r is not the wall",
    "ALTER POLICY updates ON staff WITH CHECK (true)": "staff: the policy for w is not the wall",
    "ALTER POLICY inserts ON staff WITH CHECK (true)": "staff: the policy for a is not the wall",
    "ALTER POLICY reads ON membership USING (true)": "membership: the policy for r is not the",
    "ALTER POLICY updates ON practice WITH CHECK (true)": "practice: the policy for w is not the",
    "CREATE POLICY anything ON patient": "patient: the policy for * is not the wall",
    "CREATE SCHEMA side; CREATE TABLE side.patient AS SELECT * FROM patient": (
        "side: a schema beside public"
    ),
    "CREATE SCHEMA side; CREATE FUNCTION side.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
    " AS 'SELECT count(*) FROM patient'": "side: a schema beside public",
    "ALTER POLICY reads ON patient TO engage_app": "patient: the policy for r is not for everybody",
    "CREATE VIEW everyone AS SELECT * FROM patient": "everyone: a view without",
    "CREATE MATERIALIZED VIEW everyone AS SELECT 1": "or a copy of rows",
    "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'": (
        "peek(): stands in"
    ),
    "ALTER FUNCTION due_done(text, uuid) RESET search_path": "an open search_path",
    "ALTER FUNCTION turn_save(jsonb) SECURITY DEFINER SET search_path = public, pg_temp": (
        "turn_save(jsonb): runs with the owner's"
    ),
    "ALTER TABLE conversation ADD UNIQUE (id); ALTER TABLE timer"
    " ADD FOREIGN KEY (conversation_id) REFERENCES conversation (id)": "leads out of its practice",
    "CREATE UNIQUE INDEX anywhere ON patient (id)": "anywhere would find the rows of other",
    "ALTER TABLE staff ADD UNIQUE (family_name)": "is not one of its known keys",
    "GRANT SELECT (id) ON message_rest TO engage_app": "message_rest: a partition that somebody",
    "ALTER TABLE message_rest NO FORCE ROW LEVEL SECURITY": "message_rest: a partition without",
    "CREATE POLICY reads ON feed_rest FOR SELECT USING (true)": "feed_rest: has policies",
    "ALTER TABLE due OWNER TO engage_worker": "engage_worker: is more than a plain login",
    "ALTER ROLE engage_app BYPASSRLS": "engage_app: is more than a plain login",
    "GRANT engage_owner TO engage_auditor": "engage_auditor: is more than a plain login",
    "ALTER FUNCTION due_done(text, uuid) OWNER TO engage_app": "belongs to engage_app",
}
"""Ways around the wall, and what the catalogue says of each."""


async def test_the_wall_stands(databases: Databases) -> None:
    """Every table is walled or listed as outside, and nothing leads around the wall."""
    async with raw(databases.urls["admin"]) as admin:
        assert await catalogue.faults(admin) == []


async def test_every_breach_is_seen(databases: Databases) -> None:
    """Each way around the wall that we can think of makes the test above fail, and says why."""
    unseen: list[str] = []
    async with raw(databases.urls["admin"]) as admin:
        for breach, said in BREACHES.items():
            # Undone each time: roles belong to the whole server, which other tests use.
            await admin.execute("BEGIN")
            await admin.execute(breach)
            if not any(said in line for line in await catalogue.faults(admin)):
                unseen.append(breach)
            await admin.execute("ROLLBACK")
        assert await catalogue.faults(admin) == []
    assert unseen == []


async def test_the_server_is_one_that_keeps_the_wall(databases: Databases) -> None:
    """The tests run on a server without the known holes in row-level security."""
    async with raw(databases.urls["admin"]) as admin:
        assert await admin.fetchval("SELECT current_setting('server_version_num')::int") >= 150014


def sections() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the data map: a table's cells by heading, and the auditor's columns."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in DATA_MAP.read_text("utf-8").splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    heads = [place for place, row in enumerate(rows) if row[0] == "Table"]
    first, second = rows[: heads[1]], rows[heads[1] + 1 :]
    names = [head.lower() for head in first[0]]
    return (
        {row[0]: dict(zip(names, row, strict=True)) for row in first[1:]},
        {row[0]: row[1] for row in second},
    )


def split(cell: str) -> list[str]:
    """Return the names in a cell."""
    return [name for name in re.split(r",\s*", cell) if name]


async def columns(databases: Databases) -> dict[str, dict[str, str]]:
    """Return every column of every table with its type."""
    async with raw(databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"
        )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


async def test_every_column_is_on_the_data_map_once(databases: Databases) -> None:
    """A new column fails until somebody has said what it tells about a person."""
    mapped = {
        table: sorted(name for kind in KINDS for name in split(cells[kind]))
        for table, cells in sections()[0].items()
    }
    there = {table: sorted(names) for table, names in (await columns(databases)).items()}
    assert mapped == there


async def test_a_new_column_is_missed(databases: Databases) -> None:
    """The comparison sees a column that nobody has classified."""
    async with raw(databases.urls["admin"]) as admin:
        await admin.execute("ALTER TABLE patient ADD COLUMN diagnosis text")
    mapped = {name for kind in KINDS for name in split(sections()[0]["patient"][kind])}
    assert set((await columns(databases))["patient"]) - mapped == {"diagnosis"}


async def test_sealed_and_hashed_columns_are_bytes_and_say_so(databases: Databases) -> None:
    """What is mapped as sealed or hashed is bytea and named so; nothing else is."""
    for table, names in (await columns(databases)).items():
        cells = sections()[0][table]
        sealed, hashed = set(split(cells["sealed"])), set(split(cells["hashed"]))
        for name, kind in names.items():
            assert (name in sealed) == (name.endswith("_sealed") or name == "wrapped"), (
                table,
                name,
            )
            assert (name in hashed) == name.endswith("hash"), (table, name)
            assert (kind == "bytea") == (name in sealed | hashed), (table, name)


async def test_walls_and_readers_are_as_mapped(databases: Databases) -> None:
    """The map's walls are the database's, and its readers are those of db/grants.py."""
    cells, auditor = sections()
    async with raw(databases.urls["admin"]) as admin:
        walled = set(await catalogue.walled(admin))
    for table, row in cells.items():
        wall = "outside" if table in OUTSIDE else "walled" if table in walled else "bookkeeping"
        assert row["wall"] == wall, table
        readers: list[str] = []
        if table in (*LEDGERS, *RECORDS, *PASSING, *catalogue.BOOKKEEPING):
            readers += ["app", "worker"]
        if table in (*AUDITOR_COLUMNS, *catalogue.BOOKKEEPING):
            readers.append("auditor")
        assert row["who may read"] == (", ".join(readers) or "nobody"), table
    assert auditor == AUDITOR_COLUMNS


def test_the_auditor_reads_nothing_that_was_said() -> None:
    """No sealed or hashed column, no name and no answer is among the auditor's."""
    cells, auditor = sections()
    words = {"given_name", "family_name", "search", "external_id", "verdict", "state", "reason"}
    for table, names in auditor.items():
        closed = set(split(cells[table]["sealed"])) | set(split(cells[table]["hashed"])) | words
        assert not closed & set(split(names)), table
