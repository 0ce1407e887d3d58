"""One practice, its turns and a patient with a phone: where most stories of the store begin."""

import asyncio
from typing import NamedTuple

import pytest

from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.ids import PatientId
from engage.messaging.webhook_form import InboundText
from engage.turns.take import Turns
from tests.conftest import Databases
from tests.fakes import practice as fakes

ROSA = "+16025550150"


class House(NamedTuple):
    """A practice in which things happen."""

    databases: Databases
    vault: Vault
    clock: SettableClock
    bell: fakes.SilentBell
    turns: Turns
    place: fakes.Place
    rosa: PatientId

    async def starts(self, patient: PatientId | None = None) -> None:
        """Begin the hunger screening of Rosa, or of another patient."""
        app = self.databases.app
        await fakes.screen(self.turns, app, self.place, self.clock, patient or self.rosa)

    def text(self, body: str, sid: int, phone: str = ROSA) -> InboundText:
        """Return a text to the practice; the same `sid` is the same text."""
        return fakes.text_from(self.place, phone, body, sid)

    async def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return what stands in the database, seen over the wall."""
        async with fakes.raw(self.databases.urls["admin"]) as admin:
            return [tuple(row.values()) for row in await admin.fetch(sql, *values)]

    async def one(self, sql: str, *values: object) -> object:
        """Return one value, seen over the wall."""
        async with fakes.raw(self.databases.urls["admin"]) as admin:
            return await admin.fetchval(sql, *values)

    async def alter(self, sql: str) -> None:
        """Change the test's own database as only its superuser could."""
        async with fakes.raw(self.databases.urls["admin"]) as admin:
            await admin.execute(sql)

    async def blocked(self) -> None:
        """Wait until somebody in the test's database waits for a lock."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with fakes.raw(self.databases.urls["admin"]) as admin, asyncio.timeout(10):
            while not await admin.fetchval(waiting):  # noqa: ASYNC110 - a server sets no event
                await asyncio.sleep(0.01)

    async def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        async with fakes.raw(self.databases.urls["admin"]) as admin:
            tables = await admin.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p') AND NOT relispartition"
            )
            return {
                row[0]: await admin.fetchval(f'SELECT count(*) FROM "{row[0]}"')  # noqa: S608
                for row in tables
            }


@pytest.fixture
async def house(databases: Databases, vault: Vault, clock: SettableClock) -> House:
    """Open a practice with one patient."""
    bell = fakes.SilentBell()
    turns = Turns(
        database=databases.app, vault=vault, clock=clock, library=fakes.LIBRARY, bell=bell
    )
    await fakes.let_texts_leave(databases.urls["owner"])
    place = await fakes.open_practice(databases.app, vault, clock)
    rosa = await fakes.add_patient(databases.app, place, clock, ROSA)
    return House(databases, vault, clock, bell, turns, place, rosa)
