"""What each login may do is what db/grants.py says, and nothing more."""

import asyncpg
import pytest

from engage.db import grants
from tests.conftest import LOGINS, Databases
from tests.fakes.practice import Raw, raw
from tests.store.catalogue import signature

Grant = tuple[str, str, str]
"""On what, to whom, which right."""

_ON_TABLES = """
SELECT c.relname, x.grantee::regrole::text, x.privilege_type
FROM pg_class c, aclexplode(c.relacl) x
WHERE c.relnamespace = 'public'::regnamespace AND x.grantee <> c.relowner
UNION ALL
SELECT c.relname || '.' || a.attname, x.grantee::regrole::text, x.privilege_type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
WHERE c.relnamespace = 'public'::regnamespace
"""
_ON_FUNCTIONS = """
SELECT p.oid::regprocedure::text, x.grantee::regrole::text, x.privilege_type
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
WHERE p.pronamespace = 'public'::regnamespace AND x.grantee <> p.proowner
"""
_ON_THE_REST = """
SELECT 'schema ' || n.nspname, x.grantee::regrole::text, x.privilege_type
FROM pg_namespace n, aclexplode(n.nspacl) x WHERE n.nspname = 'public' AND x.grantee <> n.nspowner
UNION ALL
SELECT 'database', x.grantee::regrole::text, x.privilege_type
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
WHERE d.datname = current_database() AND x.grantee <> d.datdba
UNION ALL
SELECT 'default', x.grantee::regrole::text, x.privilege_type
FROM pg_default_acl d, aclexplode(d.defaclacl) x
UNION ALL
SELECT 'parameter ' || p.parname, x.grantee::regrole::text, x.privilege_type
FROM pg_parameter_acl p, aclexplode(p.paracl) x
"""
_REACHES = """
SELECT count(*) FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) r
WHERE c.relname = ANY ($2::text[]) AND has_any_column_privilege($1, c.oid, r)
"""

FORBIDDEN = {
    "app": (
        "DELETE FROM patient",
        "DELETE FROM message",
        "UPDATE audit SET action = ''",
        "DELETE FROM audit",
        "UPDATE answer SET option = 'no'",
        "UPDATE consent_event SET kind = 'opted-in'",
        "SELECT * FROM door",
        "SELECT * FROM credential",
        "SELECT * FROM due",
        "SELECT * FROM message_rest",
        "SELECT * FROM due_claim('outbox', now(), now(), 1)",
        "SELECT ensure_partitions(now(), 1)",
        "TRUNCATE patient",
        "CREATE TABLE mine (id integer)",
        "CREATE TEMP TABLE mine (id integer)",
        "ALTER TABLE patient DISABLE ROW LEVEL SECURITY",
        "DROP POLICY reads ON patient",
        "SET ROLE engage_owner",
        "SET session_replication_role = replica",
        "SET SESSION AUTHORIZATION engage_owner",
        "COPY patient TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT nextval(pg_get_serial_sequence('feed', 'sequence'))",
    ),
    "worker": (
        "SELECT credential_find('token', 'x', now())",
        "SELECT credential_add('token', 'x', gen_random_uuid(), now(), NULL)",
        "SELECT door_hang('+1', 'AC', gen_random_uuid(), gen_random_uuid())",
        "SELECT authenticate('x', now())",
        "DELETE FROM queue_item",
        "UPDATE receipt SET sid = ''",
        "SELECT * FROM due",
        "CREATE TABLE mine (id integer)",
    ),
    "auditor": (
        "SELECT body_sealed FROM message",
        "SELECT line_id FROM message",
        "SELECT note_sealed FROM queue_item",
        "SELECT reason FROM flag",
        "SELECT given_name FROM patient",
        "SELECT given_name FROM staff",
        "SELECT option FROM answer",
        "SELECT number_sealed FROM phone",
        "SELECT due_done('outbox', gen_random_uuid())",
        "SELECT turn_save('{}')",
        "UPDATE queue_item SET status = 'completed'",
        "INSERT INTO audit DEFAULT VALUES",
    ),
}


def promised() -> set[Grant]:
    """Return the rights on tables and columns that db/grants.py names."""
    both = (LOGINS["app"], LOGINS["worker"])
    rights: set[Grant] = {("alembic_version", login, "SELECT") for login in LOGINS.values()}
    for tables, kinds in (
        (grants.LEDGERS, ("SELECT", "INSERT")),
        (grants.RECORDS, ("SELECT", "INSERT", "UPDATE")),
        (grants.PASSING, ("SELECT", "INSERT", "DELETE")),
    ):
        rights |= {(t, login, kind) for t in tables for login in both for kind in kinds}
    for table, columns in grants.AUDITOR_COLUMNS.items():
        rights |= {(f"{table}.{c}", LOGINS["auditor"], "SELECT") for c in columns.split(", ")}
    return rights


async def found(admin: Raw, sql: str) -> set[Grant]:
    """Return rights as the catalogue has them; "-" is everybody."""
    return {(signature(row[0]), row[1], row[2]) for row in await admin.fetch(sql)}


async def test_rights_on_tables_are_exactly_those_promised(databases: Databases) -> None:
    """No login has a right on a table, a partition, a sequence or a column that is not named."""
    async with raw(databases.urls["admin"]) as admin:
        assert await found(admin, _ON_TABLES) == promised()
        await admin.execute("GRANT DELETE ON patient TO engage_app; GRANT SELECT ON due TO PUBLIC")
        more = await found(admin, _ON_TABLES) - promised()
        assert more == {("patient", "engage_app", "DELETE"), ("due", "-", "SELECT")}


async def test_rights_on_functions_are_exactly_those_promised(databases: Databases) -> None:
    """Every function is called by whom db/grants.py names, and by nobody else."""
    expected = {
        (name, LOGINS[kind], "EXECUTE")
        for functions in (grants.FUNCTIONS, grants.DEFINER)
        for name, kinds in functions.items()
        for kind in kinds
    }
    async with raw(databases.urls["admin"]) as admin:
        assert await found(admin, _ON_FUNCTIONS) == expected
        # A function that nobody thought about is open to the public: the comparison sees it.
        await admin.execute("CREATE FUNCTION oops() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        assert await found(admin, _ON_FUNCTIONS) - expected == {("oops()", "-", "EXECUTE")}


async def test_there_are_no_rights_on_anything_else(databases: Databases) -> None:
    """The logins may use the schema and connect; nothing is granted in advance, or to PUBLIC."""
    async with raw(databases.urls["admin"]) as admin:
        rest = await found(admin, _ON_THE_REST)
    everybody = set(LOGINS.values())
    assert {g for g in rest if g[0] != "database"} == {
        ("schema public", login, "USAGE") for login in everybody
    }
    assert {g for g in rest if g[0] == "database"} == {
        ("database", login, "CONNECT") for login in everybody
    }


async def test_nobody_reaches_a_table_outside_the_wall(databases: Databases) -> None:
    """No login, by any way of getting rights, may read or write door, credential or due."""
    async with raw(databases.urls["admin"]) as admin:
        for login in LOGINS.values():
            assert await admin.fetchval(_REACHES, login, list(grants.OUTSIDE)) == 0
        assert await admin.fetchval(_REACHES, "engage_app", ["patient"]) > 0


@pytest.mark.parametrize("login", FORBIDDEN)
async def test_what_is_not_granted_is_refused(databases: Databases, login: str) -> None:
    """Least privilege in deeds: each forbidden statement is refused for want of a right."""
    done: list[str] = []
    async with raw(databases.urls[login]) as connection:
        for statement in FORBIDDEN[login]:
            await connection.execute("BEGIN")
            await connection.fetchval("SELECT enter(ARRAY[gen_random_uuid()], gen_random_uuid())")
            try:
                await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError as refused:
                if "row-level security" in str(refused):
                    done.append(statement)
            else:
                done.append(statement)
            await connection.execute("ROLLBACK")
    assert done == []


def test_every_name_in_a_grant_is_quoted() -> None:
    """A login with a quote in its name can't add words of its own to a grant."""
    odd: dict[grants.Login, str] = {**LOGINS, "app": 'x" TO PUBLIC; --'}
    assert all(
        '"x"" TO PUBLIC; --"' in line for line in grants.statements(odd) if "x" in line[-20:]
    )
    assert not [line for line in grants.statements(odd) if '"x" TO' in line]
