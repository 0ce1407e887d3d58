"""What PostgreSQL's own catalogue says about the schema, and what of it is not as promised."""

from collections.abc import Iterable
from typing import Any

from engage.db.grants import DEFINER, FUNCTIONS, OUTSIDE
from tests.fakes.practice import Raw

BOOKKEEPING = ("alembic_version",)
"""Says nothing about anybody, and is written by migrations only."""

WITHOUT_PRACTICE_ID = {"practice": {("id",)}, "staff": {("id",), ("email_hash",)}}
"""Walled tables that are no rows of a practice, and what is unique in them."""

GLOBAL = ("staff",)
"""Walled, and referred to by id alone: a person is one person in every practice."""

_SEEN = "(current_setting('engage.practices'::text))::uuid[]"
_OPEN = "(current_setting('engage.practice'::text))::uuid"
_MYSELF = "(NULLIF(current_setting('engage.staff'::text, true), ''::text))::uuid"
_OWN = f"(practice_id = {_OPEN})"
_SELF = f"(id = {_OPEN})"
_STAFF_OF = "(EXISTS ( SELECT FROM membership m WHERE {}))"
_HERE = _STAFF_OF.format(f"((m.staff_id = staff.id) AND (m.practice_id = {_OPEN}))")

WALL: dict[str, tuple[str | None, str | None]] = {
    "r": (f"(practice_id = ANY ({_SEEN}))", None),
    "a": (None, _OWN),
    "w": (_OWN, _OWN),
    "d": (_OWN, None),
}
"""What each command's policy says, word for word: USING and WITH CHECK as PostgreSQL writes them.

A setting that was never set must be an error: `current_setting` has no second argument here."""

OTHER_WALLS: dict[str, dict[str, tuple[str | None, str | None]]] = {
    "practice": {
        "r": (f"(id = ANY ({_SEEN}))", None),
        "a": (None, _SELF),
        "w": (_SELF, _SELF),
    },
    "membership": {
        # A person finds their own memberships before any practice is chosen.
        "r": (f"((practice_id = ANY ({_SEEN})) OR (staff_id = {_MYSELF}))", None),
        "a": (None, _OWN),
        "w": (_OWN, _OWN),
    },
    "staff": {
        "r": (_STAFF_OF.format("(m.staff_id = staff.id)"), None),
        "a": (None, f"({_OPEN} IS NOT NULL)"),
        "w": (_HERE, _HERE),
    },
}
"""The walls that are not a row's practice_id, each as exact."""

LOGINS = ("engage_app", "engage_worker", "engage_auditor")

_TABLES = """
SELECT c.relname AS name, c.relispartition AS part, c.relrowsecurity AS walled,
       c.relforcerowsecurity AS forced,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'practice_id'
               AND NOT a.attisdropped) AS practised,
       EXISTS (SELECT FROM aclexplode(c.relacl) x WHERE x.grantee <> c.relowner)
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
       AS granted
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""
_POLICIES = """
SELECT c.relname AS name, p.polcmd::text AS command, p.polpermissive AS permissive,
       p.polroles = '{0}' AS everybody, pg_get_expr(p.polqual, p.polrelid) AS sees,
       pg_get_expr(p.polwithcheck, p.polrelid) AS checks
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""
_OTHER_SCHEMAS = """
SELECT n.nspname AS name FROM pg_namespace n
WHERE n.nspname NOT IN ('public', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  -- One may hold what an extension brought and nothing else, and nobody may use it.
  AND NOT (n.nspname = 'extension'
           AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) x WHERE x.grantee <> n.nspowner)
           AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid)
           AND NOT EXISTS (
               SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND NOT EXISTS (
                   SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                   AND d.objid = p.oid AND d.deptype = 'e')))
ORDER BY 1
"""
_OTHER_RELATIONS = """
SELECT c.relname AS name, c.relkind::text AS kind,
       coalesce('security_invoker=true' = ANY (c.reloptions), false) AS invoker
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm', 'f')
"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name, p.prosecdef AS definer, p.proconfig AS settings,
       r.rolname AS owner
FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
WHERE p.pronamespace = 'public'::regnamespace ORDER BY 1
"""
_REFERENCES = """
SELECT c.relname AS name, t.relname AS target, k.conname AS constraint,
       (SELECT array_agg(a.attname::text ORDER BY o.place) FROM unnest(k.conkey)
        WITH ORDINALITY o (number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY o.place) FROM unnest(k.confkey)
        WITH ORDINALITY o (number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number) AS targets
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
ORDER BY 1, 3
"""
_UNIQUES = """
SELECT c.relname AS name, i.indexrelid::regclass::text AS index,
       (SELECT array_agg(coalesce(a.attname::text, '(expression)') ORDER BY o.place)
        FROM unnest(i.indkey) WITH ORDINALITY o (number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = o.number
        WHERE o.place <= i.indnkeyatts) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
ORDER BY 1, 2
"""
_POWERS = """
SELECT r.rolname AS name,
       r.rolsuper OR r.rolbypassrls OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication
       AS powerful,
       EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) AS member,
       EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
       OR EXISTS (SELECT FROM pg_proc p WHERE p.proowner = r.oid)
       OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid) AS owner
FROM pg_roles r WHERE r.rolname = ANY ($1::text[])
"""


def signature(name: str) -> str:
    """Return a function's name as db/grants.py writes it."""
    return name.replace("timestamp with time zone", "timestamptz").replace(",", ", ")


async def faults(admin: Raw) -> list[str]:
    """Return everything in a database that is not as promised, one line each."""
    tables = await admin.fetch(_TABLES)
    return [
        *_unclassified(tables),
        *_open_partitions(tables),
        *_unwalled(tables, await admin.fetch(_POLICIES)),
        *_elsewhere(await admin.fetch(_OTHER_SCHEMAS)),
        *_views(await admin.fetch(_OTHER_RELATIONS)),
        *_functions(await admin.fetch(_FUNCTIONS)),
        *_references(tables, await admin.fetch(_REFERENCES)),
        *_uniques(tables, await admin.fetch(_UNIQUES)),
        *_powers(await admin.fetch(_POWERS, list(LOGINS))),
    ]


def walled_names(tables: Iterable[Any]) -> set[str]:
    """Return the tables that have to stand behind the wall."""
    return {
        t["name"] for t in tables if not t["part"] and t["name"] not in (*OUTSIDE, *BOOKKEEPING)
    }


async def walled(admin: Raw) -> list[str]:
    """Return the tables that have to stand behind the wall, from the database."""
    return sorted(walled_names(await admin.fetch(_TABLES)))


def _unclassified(tables: Iterable[Any]) -> Iterable[str]:
    names = {t["name"] for t in tables}
    for name in (*OUTSIDE, *BOOKKEEPING):
        if name not in names:
            yield f"{name}: is listed as outside the wall and does not exist"
    for table in tables:
        known = table["practised"] or table["name"] in (
            *WITHOUT_PRACTICE_ID,
            *OUTSIDE,
            *BOOKKEEPING,
        )
        if not known:
            yield f"{table['name']}: has no practice_id and is not listed as outside the wall"


def _open_partitions(tables: Iterable[Any]) -> Iterable[str]:
    for table in tables:
        if table["part"] and table["granted"]:
            yield f"{table['name']}: a partition that somebody may touch directly"
        if table["part"] and not (table["walled"] and table["forced"]):
            yield f"{table['name']}: a partition without row security"


def _unwalled(tables: Iterable[Any], policies: Iterable[Any]) -> Iterable[str]:
    by_table: dict[str, dict[str, Any]] = {}
    for policy in policies:
        name, command = policy["name"], policy["command"]
        if command in by_table.setdefault(name, {}):
            yield f"{name}: two policies for one command, of which the wider wins"
        by_table[name][command] = policy
    for table in tables:
        name = table["name"]
        if table["part"] or name not in walled_names(tables):
            if by_table.get(name):
                yield f"{name}: has policies and should have none"
            continue
        if not (table["walled"] and table["forced"]):
            yield f"{name}: row security is not enabled and forced"
        mine = by_table.get(name, {})
        wall = OTHER_WALLS.get(name, WALL)
        for command in ("r", "a", "w"):
            if command not in mine:
                yield f"{name}: no policy for {command}"
        for command, policy in mine.items():
            if not (policy["permissive"] and policy["everybody"]):
                yield f"{name}: the policy for {command} is not for everybody"
            said = (_on_one_line(policy["sees"]), _on_one_line(policy["checks"]))
            if said != wall.get(command):
                yield f"{name}: the policy for {command} is not the wall: {said}"


def _on_one_line(clause: str | None) -> str | None:
    return None if clause is None else " ".join(clause.split())


def _elsewhere(schemas: Iterable[Any]) -> Iterable[str]:
    for schema in schemas:
        yield f"{schema['name']}: a schema beside public, in which nothing is looked at"


def _views(relations: Iterable[Any]) -> Iterable[str]:
    for relation in relations:
        if relation["kind"] != "v" or not relation["invoker"]:
            yield f"{relation['name']}: a view without security_invoker, or a copy of rows"


def _functions(functions: Iterable[Any]) -> Iterable[str]:
    found = {signature(f["name"]): f for f in functions}
    for name in found.keys() ^ (DEFINER.keys() | FUNCTIONS.keys()):
        yield f"{name}: stands in db/grants.py or in the database, not in both"
    for name, function in found.items():
        if function["definer"] != (name in DEFINER):
            yield f"{name}: runs with the owner's rights and is not listed so, or the reverse"
        if function["definer"] and "search_path=public, pg_temp" not in (
            function["settings"] or ()
        ):
            yield f"{name}: runs with the owner's rights and an open search_path"
        if function["owner"] != "engage_owner":
            yield f"{name}: belongs to {function['owner']}"


def _references(tables: Iterable[Any], references: Iterable[Any]) -> Iterable[str]:
    practised = {t["name"] for t in tables if t["practised"]}
    for reference in references:
        pairs = set(zip(reference["columns"], reference["targets"], strict=True))
        target = reference["target"]
        if target in practised:
            carried = ("practice_id", "practice_id") in pairs
        elif target == "practice":
            carried = pairs == {("practice_id", "id")}
        else:
            carried = target in GLOBAL
        if not carried:
            yield f"{reference['name']}: {reference['constraint']} leads out of its practice"


def _uniques(tables: Iterable[Any], uniques: Iterable[Any]) -> Iterable[str]:
    practised = {t["name"] for t in tables if t["practised"] and t["name"] not in OUTSIDE}
    for unique in uniques:
        name, columns = unique["name"], tuple(unique["columns"])
        if name in practised and columns[0] != "practice_id":
            yield f"{name}: {unique['index']} would find the rows of other practices"
        allowed = WITHOUT_PRACTICE_ID.get(name)
        if allowed is not None and columns not in allowed:
            yield f"{name}: {unique['index']} is not one of its known keys"


def _powers(logins: Iterable[Any]) -> Iterable[str]:
    for login in logins:
        if login["powerful"] or login["member"] or login["owner"]:
            yield f"{login['name']}: is more than a plain login"
