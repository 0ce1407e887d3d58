"""A small invented practice in a real database, and a look at its rows past every wall."""

from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import LineId, MessageId, PatientId, PracticeId, ThreadId
from engage.messaging.carrier import Account

NUMBER = "+16025550100"
PHONE = "+16025550123"


class World(Struct, frozen=True):
    """One practice, one patient, one line; `rows` is a superuser's connection."""

    practice: PracticeId
    patient: PatientId
    thread: ThreadId
    line: LineId
    phone: UUID
    account: Account
    keys: PracticeKeys
    clock: Clock
    app: Database
    rows: asyncpg.Connection

    async def queue(self, words: str = "How are you?", kind: str = "reply") -> MessageId:
        """Put a text into the outbox, due now."""
        message = MessageId(fresh_id(self.clock))
        async with self.app.work([self.practice], self.practice) as work:
            await self.rows.execute(
                "INSERT INTO message (practice_id, id, line_id, thread_id, direction, author, "
                "body_sealed, kind, status, at) "
                "VALUES ($1, $2, $3, $4, 'out', 'system', $5, $6, 'queued', $7)",
                self.practice,
                message,
                self.line,
                self.thread,
                self.keys.seal_text("message.body", message, words),
                kind,
                self.clock.now(),
            )
            await work.call("due_set", "outbox", message, self.practice, self.clock.now())
        return message

    async def text(self, message: MessageId) -> asyncpg.Record:
        """Return a text's row."""
        row = await self.rows.fetchrow("SELECT * FROM message WHERE id = $1", message)
        assert row is not None
        return row

    async def state(self, message: MessageId) -> str:
        """Return a text's delivery state."""
        return (await self.text(message))["status"]

    async def due(self, message: UUID) -> set[str]:
        """Return the kinds of work that are due, now or later, for a row."""
        rows = await self.rows.fetch("SELECT kind FROM due WHERE id = $1", message)
        return {row["kind"] for row in rows}

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        found = await self.rows.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - our names
        return found or 0


async def found_world(
    app: Database,
    admin_url: str,
    vault: Vault,
    clock: Clock,
    *,
    to: str = PHONE,
    rows: asyncpg.Connection | None = None,
) -> World:
    """Make the practice, as the commands and the API would leave it."""
    rows = rows or await asyncpg.connect(admin_url)
    at = clock.now()
    staff, phone, number, use = (fresh_id(clock) for _ in range(4))
    practice = PracticeId(fresh_id(clock))
    patient = PatientId(fresh_id(clock))
    line, thread = LineId(fresh_id(clock)), ThreadId(fresh_id(clock))
    await rows.execute(
        "INSERT INTO staff VALUES ($1, 'Dana', 'Reyes', $2, $2, true, $3)", staff, staff.bytes, at
    )
    await rows.execute(
        "INSERT INTO practice VALUES ($1, 'Saguaro', 'Saguaro', '+16025550199', 'America/Phoenix', "
        "'{}', '', '{en}', $2, NULL, NULL, $3)",
        practice,
        staff,
        at,
    )
    async with app.work([practice], practice) as work:
        keys = await vault.found(work, practice, at)
        await work.call("door_hang", NUMBER, "AC" + practice.hex, practice, number)
    account = Account("AC" + practice.hex, ("token",), "key", "secret")
    await rows.execute(
        "UPDATE practice SET account_sid = $2, carrier_sealed = $3 WHERE id = $1",
        practice,
        account.account_sid,
        keys.seal("practice.carrier", practice, msgspec.json.encode(account)),
    )
    await rows.execute(
        "INSERT INTO practice_number VALUES ($1, $2, $3, $4)", practice, number, NUMBER, at
    )
    await rows.execute(
        "INSERT INTO patient VALUES ($1, $2, $3, 'Rosa', 'Alvarez', 'rosa', NULL, 'en', "
        "'America/Phoenix', 'active', 1, $4)",
        practice,
        patient,
        str(patient),
        at,
    )
    await rows.execute(
        "INSERT INTO phone VALUES ($1, $2, $3, $4, $5)",
        practice,
        phone,
        keys.phone_hash(to),
        keys.seal_text("phone.number", phone, to),
        at,
    )
    await rows.execute(
        "INSERT INTO phone_use VALUES ($1, $2, $3, $4, NULL, $5, NULL)",
        practice,
        use,
        phone,
        patient,
        at,
    )
    await rows.execute(
        "INSERT INTO line VALUES ($1, $2, $3, $4, NULL, $5)", practice, line, number, phone, at
    )
    await rows.execute(
        "INSERT INTO thread VALUES ($1, $2, $3, $4, $5)", practice, thread, line, patient, at
    )
    return World(
        practice=practice,
        patient=patient,
        thread=thread,
        line=line,
        phone=phone,
        account=account,
        keys=keys,
        clock=clock,
        app=app,
        rows=rows,
    )
