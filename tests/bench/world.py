"""Many patients who have just been asked a question, each on a line of their own.

One patient is put in and asked by the product's own functions; their rows are then copied in SQL
under ids that follow from a number, so that patient 4711's line, thread and conversation can be
named without looking. This room refuses to invent a row that the product would not have written.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from engage import embedded
from engage.audit import SYSTEM
from engage.clock import SystemClock, fresh_id, random_bytes
from engage.db.grants import Login
from engage.db.migrate import migrate
from engage.db.sealing import MasterKeys, PracticeKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import MessageId, PatientId, PracticeId, ScreeningId, StaffId
from engage.messaging.carrier import Account
from engage.messaging.doors import Door, Doors
from engage.people import bootstrap, store
from engage.people.patient import NewPatient
from engage.people.phone import PhoneNumber
from engage.people.practice import PracticeFields
from engage.people.staff import NewStaff
from engage.turns.library import Library
from engage.turns.take import Turns
from tests.bench.numbers import phone_of

LOGINS: dict[Login, str] = {
    "app": "engage_app",
    "worker": "engage_worker",
    "auditor": "engage_auditor",
}
NUMBER = "+16025550100"
MANAGER = "dana@desertbloom.example"
PATIENT_IDS = ("patient", "phone", "phone_use", "assignment", "line", "thread", "screening")
PATIENT_IDS += ("conversation", "message", "timer_1", "timer_2", "timer_3")
"""What the ids of a numbered patient are of."""
WRITTEN_IDS = ("answer", "reply", "item", "flag", "feed_1", "feed_2", "feed_3", "episode", "due")
"""What the ids of numbered rows are of that pgbench writes."""
KINDS = (*PATIENT_IDS, *WRITTEN_IDS)
"""The place in this list is part of the id."""

_COPIED = ("patient", "phone_use", "assignment", "line", "thread", "screening", "conversation")
_COPIED += ("message", "text_key", "timer", "due")


class World(Struct, frozen=True, kw_only=True):
    """A practice whose patients 1 to `count` have an open question."""

    database: str
    practice: PracticeId
    number_id: UUID
    manager: StaffId
    account: Account
    keys: PracticeKeys
    secret: str
    token: str
    count: int
    #: The first sixteen letters of every numbered id: a moment of this month.
    prefix: str


class _Silent:
    def ring(self, loop: str) -> None:
        """Ring nowhere."""


def id_of(prefix: str, kind: str, n: int) -> UUID:
    """Return a numbered id."""
    return UUID(hex=f"{prefix}7{KINDS.index(kind):03x}8{n:015x}")


def id_sql(prefix: str, kind: str, number: str) -> str:
    """Return the SQL of a numbered id; `number` is an expression of type bigint."""
    head = f"{prefix}7{KINDS.index(kind):03x}8"
    return f"('{head}' || lpad(to_hex({number}), 15, '0'))::uuid"


@asynccontextmanager
async def admin(servers: embedded.Servers, database: str) -> AsyncGenerator[asyncpg.Connection]:
    """Open a superuser's connection, which sees over every wall."""
    connection = await asyncpg.connect(servers.url("admin", database))
    try:
        yield connection
    finally:
        await connection.close()


async def found(servers: embedded.Servers, database: str, count: int) -> World:
    """Make the database, the practice, one asked patient, and `count` copies."""
    servers.create_database(database)
    await migrate(servers.url("owner", database), LOGINS)
    clock, secret = SystemClock(), random_bytes(32).hex()
    app = await Database.open(servers.url("app", database), setting="ENGAGE_DATABASE_URL", size=4)
    try:
        vault = Vault(MasterKeys([secret]), app)
        door, manager = await _practice(app, vault, clock)
        asked = await _ask(servers, database, app, vault, clock, door, manager)
        world = World(
            database=database,
            practice=door.practice_id,
            number_id=door.number_id,
            manager=manager,
            account=door.account,
            keys=door.keys,
            secret=secret,
            token=await bootstrap.token(app, vault, clock, MANAGER),
            count=count,
            prefix=fresh_id(clock).hex[:12],
        )
    finally:
        await app.close()
    async with admin(servers, database) as rows:
        await _copy(rows, world, asked)
        await rows.execute("VACUUM ANALYZE")
    return world


async def _practice(app: Database, vault: Vault, clock: SystemClock) -> tuple[Door, StaffId]:
    created = await bootstrap.create_practice(
        app,
        vault,
        clock,
        fields=PracticeFields(
            name="Desert Bloom",
            texting_name="Desert Bloom",
            support_phone="+16025550199",
            time_zone="America/Phoenix",
            holidays="US-AZ",
        ),
        responsible=NewStaff.named("ruth@desertbloom.example", "Ruth Head"),
        numbers=[PhoneNumber.parse(NUMBER)],
    )
    manager: StaffId | None = None
    for name in ("Dana", "Luis", "Priya", "Sam", "Noor"):
        member = await bootstrap.create_staff(
            app,
            vault,
            clock,
            practice=created.practice_id,
            staff=NewStaff.named(f"{name.lower()}@desertbloom.example", f"{name} Manager"),
            role="care_manager",
        )
        manager = manager or member
    door = await Doors(app, vault).find(NUMBER, created.account_sid)
    if door is None or manager is None:
        raise LookupError(NUMBER)
    return door, manager


async def _ask(
    servers: embedded.Servers,
    database: str,
    app: Database,
    vault: Vault,
    clock: SystemClock,
    door: Door,
    manager: StaffId,
) -> Mapping[UUID, str]:
    """Put patient 0 in and ask them; return each id and what it is of."""
    patient, screening = PatientId(fresh_id(clock)), ScreeningId(fresh_id(clock))
    new = NewPatient(
        id=patient,
        external_id="B-0",
        given_name="Rosa",
        family_name="Alvarez",
        language="en",
        birth_date=date(1951, 3, 14),
        care_manager_id=manager,
        phone=PhoneNumber(phone_of(0)),
    )
    turns = Turns(database=app, vault=vault, clock=clock, library=Library.shipped(), bell=_Silent())
    practice = door.practice_id
    async with app.work([practice], practice) as work:
        await store.create_patient(work, door.keys, new, at=clock.now(), by=SYSTEM)
    async with app.work([practice], practice) as work:
        await turns.start_screening(
            work, practice, patient, "hunger-vital-sign", "sms", screening, manager
        )
    async with admin(servers, database) as rows:
        # What the outbox and the carrier do in between.
        message = await _id(
            rows,
            "UPDATE message SET status = 'delivered', carrier_sid = 'SM', sending_at = at,"
            " status_at = at RETURNING id",
        )
        await rows.execute("DELETE FROM due")
        await turns.outcome_came(practice, MessageId(message))
        asked: dict[UUID, str] = {}
        for kind in _COPIED[:8]:
            asked[await _id(rows, f"SELECT id FROM {kind}")] = kind  # noqa: S608 - our own names
        asked[await _id(rows, "SELECT id FROM phone")] = "phone"
        timers = await rows.fetch("SELECT id FROM timer ORDER BY fires_at")
        for place, row in enumerate(timers, 1):
            asked[row["id"]] = f"timer_{place}"
    return asked


async def _id(rows: asyncpg.Connection, sql: str) -> UUID:
    found: Any = await rows.fetchval(sql)
    return UUID(str(found))


async def _copy(rows: asyncpg.Connection, world: World, asked: Mapping[UUID, str]) -> None:
    """Copy every row of patient 0, each id replaced by the numbered one of its kind."""
    await rows.execute("SET session_replication_role = replica")  # the copies are consistent
    phones = []
    for n in range(1, world.count + 1):
        phone, number = id_of(world.prefix, "phone", n), phone_of(n)
        sealed = world.keys.seal_text("phone.number", phone, number)
        phones.append((world.practice, phone, world.keys.phone_hash(number), sealed))
    at = SystemClock().now()
    await rows.copy_records_to_table("phone", records=[(*one, at) for one in phones])
    for table in _COPIED:
        names = await _columns(rows, table)
        for row in await rows.fetch(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
            kept = {name: row[name] for name in names}
            values, constants = [], []
            for name, value in kept.items():
                if isinstance(value, UUID) and value in asked:
                    values.append(id_sql(world.prefix, asked[value], "n"))
                elif (table, name) == ("patient", "external_id"):
                    values.append("'B-' || n")
                else:
                    constants.append(value)
                    values.append(f"${len(constants) + 1}")
            columns = ", ".join(names)
            await rows.execute(
                f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)}"  # noqa: S608 - our own names
                " FROM generate_series(1::bigint, $1::bigint) AS n",
                world.count,
                *constants,
            )
    await rows.execute("SET session_replication_role = origin")


async def _columns(rows: asyncpg.Connection, table: str) -> list[str]:
    found: list[Any] = await rows.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' AND attidentity = '' ORDER BY attnum",
        table,
    )
    return [row[0] for row in found]
