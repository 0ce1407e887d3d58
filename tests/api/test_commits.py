"""What a text costs the database when it comes through the carrier's door, by its statistics."""

import asyncio
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import msgspec

from engage.api.app import create_app
from engage.db.session import Database
from engage.messaging.doors import Doors
from engage.messaging.signature import HEADER, compute
from engage.turns.library import Library
from engage.turns.take import Turns
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House
from tests.fakes.practice import raw

INBOUND = "/webhooks/twilio/inbound"


async def test_a_text_through_the_door_is_one_transaction(house: House) -> None:
    """Forty signed texts over HTTP commit forty transactions, whatever a process costs itself."""
    await house.patient()
    await house.databases.app.close()
    await house.databases.worker.close()
    seen: list[int] = []
    for turn in range(3):
        first = 1_000 * turn
        alone = await _cost(house, range(first, first + 10))
        seen.append(await _cost(house, range(first + 100, first + 150)) - alone)
        if seen[-1] == 40:
            break
    # Only autovacuum can commit as well, and it does not do so three times running.
    assert 40 in seen, seen
    # All of them were stored: forty commits are not forty refusals.
    async with raw(house.databases.urls["admin"]) as admin:
        stored = await admin.fetchval("SELECT count(*) FROM message WHERE direction = 'in'")
    assert stored == 60 * len(seen)


async def _cost(house: House, numbers: range) -> int:
    """Return how many transactions a process commits from its first connection to its last."""
    before = await _committed(house)
    own = await Database.open(house.databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=1)
    parts = msgspec.structs.replace(
        house.parts,
        database=own,
        doors=Doors(own, house.parts.vault),
        turns=Turns(
            database=own,
            vault=house.parts.vault,
            clock=house.clock,
            library=Library.shipped(),
            bell=house.parts.bell,
        ),
    )
    account = house.north.door.account
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", create_app(parts)), raise_app_exceptions=False),
        base_url=PUBLIC_URL,
    ) as client:
        for number in numbers:
            fields = {
                "MessageSid": f"SM{number:032}",
                "AccountSid": account.account_sid,
                "From": ROSAS_PHONE,
                "To": house.north.number,
                "Body": "often, and my rent is late",
            }
            signature = compute(
                f"{PUBLIC_URL}{INBOUND}", list(fields.items()), account.auth_tokens[0]
            )
            answer = await client.post(
                INBOUND,
                content=urlencode(fields).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: signature},
            )
            assert answer.status_code == 204
    await own.close()
    return await _committed(house) - before


async def _committed(house: House) -> int:
    """Return the commits of the test's database, asked from another one, when all have left it."""
    name = house.databases.name
    alive = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
    counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = $1"
    elsewhere = house.databases.urls["admin"].replace(f"/{name}?", "/postgres?")
    async with raw(elsewhere) as admin:
        while await admin.fetchval(alive, name):  # noqa: ASYNC110 - a server sets no event
            await asyncio.sleep(0.01)
        return int(await admin.fetchval(counted, name))
