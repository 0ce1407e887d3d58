"""Visits that were booked before there were reminders are reminded of as well."""

from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from engage import embedded
from engage.db.migrate import _config, migrate
from tests.conftest import LOGINS
from tests.fakes.practice import raw

pytestmark = pytest.mark.database

BEFORE = "0019"
BOOKED = """
INSERT INTO appointment (practice_id, id, patient_id, status, start_at, end_at, zone, said,
                         created_at, changed_at)
VALUES ($1, $2, $1, $3, now() + $4 * interval '1 day',
        now() + $4 * interval '1 day' + interval '1 hour', 'America/Phoenix', '{}', now(), now())
"""


def _to_before(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, BEFORE)


async def test_a_visit_of_before_is_looked_at(servers: embedded.Servers) -> None:
    """Each that is booked and to come is due once; what is over or called off is not."""
    servers.create_database("before_reminders")
    url = servers.url("owner", "before_reminders")
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(_to_before)
    await engine.dispose()
    ahead, over, off, whose = (UUID(int=number) for number in range(4))
    try:
        async with raw(servers.url("admin", "before_reminders")) as admin:
            await admin.execute("SET session_replication_role = replica")
            for visit, status, days in (
                (ahead, "booked", 3),
                (over, "booked", -3),
                (off, "cancelled", 3),
            ):
                await admin.execute(BOOKED, whose, visit, status, days)
        await migrate(url, LOGINS)
        async with raw(servers.url("admin", "before_reminders")) as admin:
            due = await admin.fetch("SELECT id FROM due WHERE kind = 'reminder'")
    finally:
        servers.drop_database("before_reminders")
    assert [row["id"] for row in due] == [ahead]
