"""The doors while the database is away: kept in order and once, verified twice, or a 503."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import asyncpg
import httpx
import msgspec
import pytest

from engage.api.app import create_app
from engage.api.drain import Drained, drain
from engage.api.parts import Parts, Spooling
from engage.db.presence import Presence
from engage.ids import MessageId
from engage.messaging.doors import Doors
from engage.messaging.signature import HEADER, compute
from engage.messaging.spool.disk import RealDisk
from engage.messaging.spool.spool import Spool
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House, alive

INBOUND, FALLBACK = "/webhooks/twilio/inbound", "/webhooks/twilio/fallback"
STATUS = "/webhooks/twilio/status"
ANAS_PHONE = "+16025550143"


@dataclass(frozen=True)
class Site:
    """A house whose API process has a spool; the database is away when a test says so."""

    house: House
    parts: Parts
    client: httpx.AsyncClient
    spooling: Spooling

    @property
    def spool(self) -> Spool:
        """What waits on the disk."""
        return self.spooling.spool

    def away(self) -> None:
        """Let the process believe that the database does not answer."""
        self.spooling.presence.doubt()

    async def back(self) -> None:
        """Let the process find that the database is there."""
        watching = asyncio.create_task(self.spooling.presence.watch())
        while not self.spooling.presence.here:  # noqa: ASYNC110 - a server sets no event
            await asyncio.sleep(0.01)
        watching.cancel()

    async def drain(self) -> Drained:
        """Drain once."""
        return await drain(self.parts, self.spooling)

    async def post(
        self, number: int, sender: str = ROSAS_PHONE, path: str = INBOUND, **changed: str
    ) -> int:
        """Post a signed form and return the status; the number makes the carrier's id."""
        account = self.house.north.door.account
        fields = {
            "MessageSid": sid(number),
            "AccountSid": account.account_sid,
            "From": sender,
            "To": self.house.north.number,
            "Body": "often",
        } | changed
        signature = compute(f"{PUBLIC_URL}{path}", list(fields.items()), account.auth_tokens[0])
        answer = await self.client.post(
            path,
            content=urlencode(fields).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: signature},
        )
        return answer.status_code

    async def rows(self, sql: str) -> list[Any]:
        """Read over all walls."""
        connection = await asyncpg.connect(self.house.databases.urls["admin"])
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def sids(self) -> list[str]:
        """Return the carrier's ids of the texts that are stored, each line in its order."""
        rows = await self.rows(
            "SELECT carrier_sid FROM message WHERE direction = 'in'"
            " ORDER BY line_id, at, carrier_sid"
        )
        return [row[0] for row in rows]


def sid(number: int) -> str:
    """Return the carrier's id of a text."""
    return f"SM{number:032x}"


@pytest.fixture
async def site(house: House, tmp_path: Path) -> AsyncIterator[Site]:
    """Build the app once more, with a spool, and let it meet the practice's door."""
    databases = house.databases
    spool = await Spool.open(
        tmp_path / "spool", house.parts.vault.master, house.clock, RealDisk(), most_bytes=1 << 20
    )
    spooling = Spooling(spool, Presence(databases.app))
    parts = msgspec.structs.replace(
        house.parts,
        doors=Doors(databases.app, house.parts.vault, spool.known),
        spooling=spooling,
    )
    await parts.doors.by_practice(house.north.id)
    app = create_app(parts)
    async with (
        alive(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False),
            base_url=PUBLIC_URL,
        ) as client,
    ):
        yield Site(house, parts, client, spooling)


async def test_a_text_waits_and_is_stored_with_its_own_moment(site: Site) -> None:
    """Text and fallback are thanked while the database is away, and stored as of then."""
    came_at = site.house.clock.now()
    site.away()
    assert await site.post(1) == 204
    site.house.clock.advance(timedelta(seconds=1))
    assert await site.post(2, ANAS_PHONE, FALLBACK) == 204
    assert (await site.sids(), site.spool.depth) == ([], 2)

    site.house.clock.advance(timedelta(minutes=2))
    await site.back()
    assert (await site.drain()).recorded == 2

    stored = await site.rows("SELECT carrier_sid, at, handled_at FROM message ORDER BY carrier_sid")
    assert stored == [(sid(1), came_at, None), (sid(2), came_at + timedelta(seconds=1), None)]
    assert len(await site.rows("SELECT FROM due WHERE kind = 'inbox'")) == 2
    assert (site.spool.depth, site.spool.quarantined) == (0, 0)


async def test_nobody_is_thanked_who_cant_be_checked(site: Site) -> None:
    """Unknown numbers are a 503, a wrong signature is a 403, an odd form a 400; nothing is kept."""
    site.away()
    account = site.house.north.door.account

    assert await site.post(1, To="+16025550100") == 503
    assert await site.post(1, AccountSid="AC" + "0" * 32) == 503
    assert await site.post(1, To=site.house.south.number) == 503
    assert await site.post(1, MessageSid="SM1") == 400
    forged = await site.client.post(
        INBOUND,
        content=urlencode({"To": site.house.north.number, "AccountSid": account.account_sid}),
        headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: "bm9wZQ=="},
    )
    assert forged.status_code == 403
    assert site.spool.depth == 0


async def test_later_texts_of_a_waiting_line_stand_behind_it(site: Site) -> None:
    """With the database back, a waiting line grows in the spool; other lines go straight in."""
    site.away()
    assert await site.post(1) == 204
    await site.back()
    assert [await site.post(2), await site.post(3, ANAS_PHONE), await site.post(4)] == [204] * 3
    assert await site.sids() == [sid(3)]
    assert site.spool.depth == 3

    await site.drain()
    site.house.clock.advance(timedelta(seconds=1))
    assert await site.post(5) == 204

    rosas = [one for one in await site.sids() if one != sid(3)]
    assert rosas == [sid(1), sid(2), sid(4), sid(5)]
    # The last came in live and must not be read before those that workers are to read.
    handled = await site.rows("SELECT carrier_sid FROM message WHERE handled_at IS NOT NULL")
    assert handled == [(sid(3),)]


async def test_a_repetition_is_one_text_whichever_way_it_came(site: Site) -> None:
    """Live then spooled, spooled twice, spooled then live: one row each, nobody is refused."""
    assert await site.post(1) == 204
    site.away()
    for number, path in ((1, INBOUND), (2, INBOUND), (2, FALLBACK)):
        assert await site.post(number, path=path) == 204
    await site.back()
    await site.drain()
    assert await site.post(2) == 204

    assert await site.sids() == [sid(1), sid(2)]
    assert site.spool.depth == 0


async def test_a_report_waits_too(site: Site) -> None:
    """A status report comes to its text after the database is back; an unsigned id is a 403."""
    house = site.house
    await house.screening(await house.patient())
    async with house.databases.worker.work() as work:
        (row,) = await work.table("due_claim", "outbox", house.clock.now(), house.clock.now(), 1)
    await cast("Any", house.parts.outbox).send(row["practice_id"], row["id"])
    ((carrier_sid,),) = await site.rows("SELECT carrier_sid FROM message")
    token = house.parts.vault.master.callback_token(house.north.id, MessageId(row["id"]))
    site.away()

    said = {"MessageSid": carrier_sid, "MessageStatus": "delivered"}
    assert await site.post(0, path=f"{STATUS}?m={token}", **said) == 204
    assert await site.post(0, path=f"{STATUS}?m=x", **said) == 403
    stranger = house.parts.vault.master.callback_token(house.south.id, MessageId(row["id"]))
    assert await site.post(0, path=f"{STATUS}?m={stranger}", **said) == 503
    await site.back()
    await site.drain()

    assert await site.rows("SELECT status FROM message") == [("delivered",)]


async def test_what_is_signed_no_more_is_put_aside(site: Site) -> None:
    """A number that left the practice during the outage: a person looks, the others are stored."""
    site.away()
    assert [await site.post(1), await site.post(2, ANAS_PHONE)] == [204, 204]
    await site.rows("DELETE FROM door")
    await site.back()
    fresh = msgspec.structs.replace(
        site.parts, doors=Doors(site.parts.database, site.parts.vault, site.spool.known)
    )
    drained = await drain(fresh, site.spooling)

    assert (drained.recorded, site.spool.depth, site.spool.quarantined) == (0, 0, 2)
    assert await site.sids() == []


async def test_a_text_that_cant_be_stored_holds_up_its_own_line_only(site: Site) -> None:
    """Whatever the database has against one text, it is kept, and the others are stored."""
    await site.rows(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$"
    )
    await site.rows(
        "CREATE TRIGGER no BEFORE INSERT ON receipt FOR EACH ROW "
        f"WHEN (NEW.sid = '{sid(1)}') EXECUTE FUNCTION no()"
    )
    assert [await site.post(1), await site.post(2), await site.post(3, ANAS_PHONE)] == [204] * 3
    site.away()
    assert await site.post(4, ANAS_PHONE) == 204
    await site.back()

    first = await site.drain()
    stored = await site.sids()
    await site.rows("DROP TRIGGER no ON receipt")
    second = await site.drain()

    assert (first.recorded, first.failed, sorted(stored)) == (1, 1, [sid(3), sid(4)])
    assert (second.recorded, second.failed, site.spool.depth) == (2, 0, 0)
    assert set(await site.sids()) == {sid(1), sid(2), sid(3), sid(4)}


async def test_a_full_spool_is_a_503(site: Site) -> None:
    """What can't be kept is not thanked for."""
    site.away()
    statuses = [await site.post(n, Body="x" * 60_000) for n in range(25)]

    assert statuses[0] == 204
    assert statuses[-1] == 503
    assert site.spool.depth == statuses.count(204)


async def test_health_says_that_the_database_is_away(site: Site) -> None:
    """Not ready at once, alive, and the spool's depth and age are counted."""
    site.away()
    await site.post(1)
    site.house.clock.advance(timedelta(seconds=90))
    ready = await site.client.get("/health/ready")
    metrics = (await site.client.get("/metrics")).text

    assert (ready.status_code, ready.json()["code"]) == (503, "database-away")
    assert (await site.client.get("/health/live")).status_code == 200
    assert "engage_spool_waiting 1.0" in metrics
    assert "engage_spool_oldest_seconds 90.0" in metrics
    assert "engage_spool_quarantined 0.0" in metrics
    assert "engage_database_up 0.0" in metrics
    await site.back()
    assert (await site.client.get("/health/ready")).status_code == 200


async def test_with_the_pool_closed_a_text_is_kept_all_the_same(site: Site) -> None:
    """The first text to find nobody there is spooled, and those after it do not ask again."""
    await site.house.databases.app.close()

    assert [await site.post(1), await site.post(2)] == [204, 204]
    assert not site.spooling.presence.here
    assert site.spool.depth == 2
