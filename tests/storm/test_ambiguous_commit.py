"""The reply to a COMMIT is lost, once for every COMMIT of a scenario: nothing is lost or doubled.

A text, its repetition, a stranger and a STOP go through the webhook, the loops and the simulated
carrier; all connections lead through a proxy that forwards the k-th COMMIT and cuts before its
reply. What comes of it is what comes of the same scenario without a fault.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

import httpx
import pytest
from litestar import Litestar

from engage import embedded
from engage.api.app import create_app
from engage.api.drain import drain
from engage.api.parts import Parts, Spooling
from engage.clock import SettableClock
from engage.db.presence import Presence
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.feed import Feed
from engage.ids import PracticeId
from engage.jobs.loops import Loop, all_loops
from engage.messaging.doors import Doors
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.outbox import SIMULATED, Outbox
from engage.messaging.signature import HEADER, compute
from engage.messaging.simulator import SimulatorCarrier
from engage.messaging.spool.disk import RealDisk
from engage.messaging.spool.spool import Spool
from engage.queue.paging import Pager
from engage.settings import Settings
from engage.turns.take import Turns
from tests.conftest import SECRET
from tests.fakes.practice import (
    LIBRARY,
    Place,
    SilentBell,
    add_patient,
    open_practice,
    raw,
    screen,
)
from tests.fakes.turns import FakeHospital, FakeLetters, FakeNotices
from tests.storm.faultproxy import FaultProxy, faultproxy, socket_of, through, to_unix

pytestmark = [pytest.mark.database, pytest.mark.slow]

ROSA, STRANGER = "+16025550142", "+16025550177"
PUBLIC_URL = "http://127.0.0.1:8000"
INBOUND = "/webhooks/twilio/inbound"
NOW = "kind NOT IN ('timer', 'reconcile')"
"""Timers are the future, and nobody compares ledgers here but the test."""
ROUNDS, ROUND = 30, timedelta(minutes=2)


class Came(NamedTuple):
    """What stands in the database and at the carrier in the end, without ids and moments."""

    received: list[Any]
    sent: list[Any]
    #: Texts of ours of which nobody knows whether they left; the carrier was asked and had none.
    unknown: int
    #: Those of them that no owned item tells a person about.
    untold: int
    sent_twice: int
    #: Inbound texts nobody has read, texts of ours on their way, what is due, what is spooled.
    stuck: tuple[int, int, int, int]
    counts: tuple[Any, ...]


class Play(NamedTuple):
    """An API process and a worker, both behind the proxy."""

    place: Place
    parts: Parts
    spooling: Spooling
    loops: dict[str, Loop]
    clock: SettableClock
    client: httpx.AsyncClient
    admin_url: str

    async def settle(self) -> None:
        """Let everything happen that waits, for some simulated minutes."""
        for _ in range(ROUNDS):
            async with asyncio.timeout(60):
                while not self.spooling.presence.here:  # noqa: ASYNC110 - a server sets no event
                    await asyncio.sleep(0.01)
            await drain(self.parts, self.spooling)
            waiting = await self.waiting()
            if not waiting and not self.spooling.spool.depth:
                return
            for kind in waiting:
                await self.loops[kind].drain()
            self.clock.advance(ROUND)
        pytest.fail("it never comes to rest")

    async def waiting(self) -> list[str]:
        """Return the kinds of what is still to do."""
        async with raw(self.admin_url) as rows:
            found = await rows.fetch(f"SELECT DISTINCT kind FROM due WHERE {NOW}")  # noqa: S608 - our own words
        return sorted(row["kind"] for row in found)

    async def post(self, number: int, sender: str, words: str) -> None:
        """Post a text; a carrier that is not thanked comes again."""
        account = self.place.door.account
        fields = {
            "MessageSid": f"SM{number:032x}",
            "AccountSid": account.account_sid,
            "From": sender,
            "To": self.place.door.number,
            "Body": words,
        }
        signature = compute(f"{PUBLIC_URL}{INBOUND}", list(fields.items()), account.auth_tokens[0])
        answer = await self.client.post(
            INBOUND,
            content=urlencode(fields).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: signature},
        )
        assert answer.status_code == 204


class NobodyCompares:
    """A reconciler that would mend what these tests look for: it is not asked."""

    async def reconcile(self, practice: PracticeId) -> None:
        """Do nothing."""


async def _unheard(url: str, headers: object, body: bytes) -> int:
    return 0


@asynccontextmanager
async def _play(urls: dict[str, str], proxy: FaultProxy, home: Path) -> AsyncGenerator[Play, None]:
    clock = SettableClock(datetime(2026, 11, 24, 17, 0, tzinfo=UTC))
    bell = SilentBell()
    beside = await Database.open(urls["app"], setting="ENGAGE_DATABASE_URL", size=2)
    at_carrier = await Database.open(urls["worker"], setting="ENGAGE_WORKER_DATABASE_URL", size=2)
    vault = Vault(MasterKeys([SECRET]), beside)
    place = await open_practice(beside, vault, clock)
    patient = await add_patient(beside, place, clock, ROSA)
    turns = Turns(database=beside, vault=vault, clock=clock, library=LIBRARY, bell=bell)
    await screen(turns, beside, place, clock, patient)

    app = await Database.open(through(proxy, urls["app"]), setting="ENGAGE_DATABASE_URL", size=4)
    worker = await Database.open(
        through(proxy, urls["worker"]), setting="ENGAGE_WORKER_DATABASE_URL", size=4
    )
    spool = await Spool.open(home / "spool", vault.master, clock, RealDisk(), most_bytes=1 << 20)
    spooling = Spooling(spool, Presence(app))
    doors = Doors(app, vault, spool.known)
    carrier = SimulatorCarrier(
        SimulatorLedger(at_carrier, vault, Doors(at_carrier, vault)),
        _unheard,
        clock,
        pace_seconds=0,
    )
    its_doors = Doors(worker, vault)
    outbox = Outbox(
        database=worker,
        vault=vault,
        clock=clock,
        carrier=carrier,
        doors=its_doors,
        public_url=PUBLIC_URL,
        policy=SIMULATED,
        bell=bell,
    )
    parts = Parts(
        settings=Settings(public_url=PUBLIC_URL, secret_keys=(SECRET,)),
        database=app,
        vault=vault,
        clock=clock,
        turns=Turns(database=app, vault=vault, clock=clock, library=LIBRARY, bell=bell),
        doors=doors,
        outbox=outbox,
        feed=Feed(app),
        instruments=LIBRARY.instruments,
        catalogue=LIBRARY.catalogue,
        bell=bell,
        spooling=spooling,
    )
    loops = all_loops(
        turns=Turns(database=worker, vault=vault, clock=clock, library=LIBRARY, bell=bell),
        outbox=outbox,
        reconciler=NobodyCompares(),
        pager=Pager(database=worker, vault=vault, clock=clock, bell=bell, channels={}),
        hospital=FakeHospital(worker),
        letters=FakeLetters(worker),
        notices=FakeNotices(worker),
        database=worker,
        clock=clock,
    )
    await doors.by_practice(place.id)
    watching = asyncio.create_task(spooling.presence.watch())
    web: Litestar = create_app(parts)
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", web), raise_app_exceptions=False),
            base_url=PUBLIC_URL,
        ) as client:
            yield Play(place, parts, spooling, loops, clock, client, urls["admin"])
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await carrier.aclose()
        await parts.feed.close()
        for database in (app, worker, at_carrier, beside):
            await database.close()


async def _run(
    servers: embedded.Servers, template: str, home: Path, lost: int | None
) -> tuple[Came, int]:
    """Play the scenario on a fresh database; return what came of it, and how many replies lost."""
    name = f"{template}_lost"
    await asyncio.to_thread(servers.drop_database, name)
    await asyncio.to_thread(servers.create_database, name, template)
    urls = {
        "app": servers.url("app", name),
        "worker": servers.url("worker", name),
        "admin": servers.url("admin", name),
    }
    async with (
        faultproxy(to_unix(socket_of(urls["app"]))) as proxy,
        _play(urls, proxy, home) as play,
    ):
        if lost is not None:
            proxy.lose_reply_to(lost)
        await play.settle()
        await play.post(1, ROSA, "often")
        await play.post(1, ROSA, "often")
        await play.settle()
        await play.post(2, STRANGER, "who is this")
        await play.settle()
        await play.post(3, ROSA, "STOP")
        await play.post(1, ROSA, "often")
        await play.settle()
        came = await _came(urls["admin"], play)
        replies_lost = proxy.replies_lost
    await asyncio.to_thread(servers.drop_database, name)
    return came, replies_lost


async def _came(url: str, play: Play) -> Came:
    async with raw(url) as rows:

        async def read(sql: str) -> list[Any]:
            return [tuple(row) for row in await rows.fetch(sql)]

        async def count(sql: str) -> int:
            return await rows.fetchval(f"SELECT count(*) FROM {sql}")  # noqa: S608 - our own words

        tables = ("answer", "consent_event", "receipt", "line")
        return Came(
            received=await read(
                "SELECT carrier_sid FROM message WHERE direction = 'in' ORDER BY line_id, id"
            ),
            sent=await read(
                "SELECT text_id, status FROM message WHERE direction = 'out' ORDER BY 1, 2"
            ),
            unknown=await count("message WHERE status = 'unknown'"),
            untold=await count(
                "message m WHERE status = 'unknown' AND NOT EXISTS (SELECT FROM flag f "
                "JOIN queue_item q ON q.id = f.item_id AND q.owner_id IS NOT NULL "
                "WHERE m.id IN (f.message_id, f.source_id))"
            ),
            sent_twice=await rows.fetchval(
                "SELECT count(*) - count(DISTINCT own_id) FROM simulator_text"
            ),
            stuck=(
                await count("message WHERE direction = 'in' AND handled_at IS NULL"),
                await count("message WHERE status IN ('queued', 'sending')"),
                await count(f"due WHERE {NOW}"),
                play.spooling.spool.depth,
            ),
            counts=tuple([await count(table) for table in tables]),
        )


async def test_every_commit_may_lose_its_reply(
    servers: embedded.Servers, template: str, tmp_path: Path
) -> None:
    """For each COMMIT: 0 lost, 0 doubled, 0 stuck; what comes of it is what always does.

    One COMMIT alone may change the outcome: that of "sending", before the carrier is called. Who
    does not know whether it happened does not call (decision 0002), and a person is told.
    """
    ever, _ = await _run(servers, template, tmp_path / "none", None)
    assert (ever.unknown, ever.sent_twice, ever.stuck) == (0, 0, (0, 0, 0, 0))
    assert len(ever.received) == 3

    lost, different, unknown = 0, dict[int, Came](), 0
    while True:
        lost += 1
        came, replies_lost = await _run(servers, template, tmp_path / str(lost), lost)
        if not replies_lost:
            break
        assert (came.received, came.stuck) == (ever.received, (0, 0, 0, 0)), lost
        assert (came.sent_twice, came.untold) == (0, 0), lost
        if came.unknown:
            unknown += 1
        elif came != ever:
            different[lost] = came
    sys.stdout.write(f"{lost - 1} replies to COMMIT lost, one after the other\n")

    assert different == {}
    # Each text of ours has one such moment.
    assert unknown == len(ever.sent)
    assert lost > 10
