"""Fifty open consoles while fifty texts a second come in: how soon is one seen, and claimed.

A console here does what the one in the browser does (live.ts): it hears of changes over one event
stream, gathers them for a moment, reads its list and the counts (and the crises, if there are any),
and rests for half a second, or as long as that took, before it reads again. A text is seen when the
first reading that began after its event has ended. Somebody claims from a list all the while.
Texts, consoles, API process and database share the machine.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping

import aiohttp
from msgspec import Struct

from engage import embedded
from engage.clock import SystemClock, monotonic_seconds
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.messaging.simulator import signed_inbound
from engage.people import bootstrap
from tests.bench.houses import PORT, environment, serving
from tests.bench.measure import percentile
from tests.bench.numbers import phone_of, sid_of
from tests.bench.world import NUMBER, World, found, id_of

CONSOLES = 50
TEXTS_PER_SECOND = 50
WARM_SECONDS, SECONDS = 4, 12
CLAIM_EVERY_SECONDS = 5.0
"""For each console: ten claims a second in all."""
GATHER_SECONDS, REST_SECONDS = 0.08, 0.5
SETTLE_SECONDS = 5.0
ADDRESS = f"http://127.0.0.1:{PORT}"
WEBHOOK = f"{ADDRESS}/webhooks/twilio/inbound"
MANAGERS = ("dana", "luis", "priya", "sam", "noor")
NINETY_FIVE = 0.95


class ConsolesSeen(Struct, frozen=True, kw_only=True):
    """What it showed; milliseconds."""

    texts: int
    seen: int
    """By all consoles together."""
    seen_p50: float
    seen_p95: float
    claims: int
    lost: int
    """Claims that a colleague won."""
    claim_p50: float
    claim_p95: float
    looks: int

    @property
    def wrong(self) -> tuple[str, ...]:
        """Return what makes the figures worthless: a console that never saw a text."""
        wanted = self.texts * CONSOLES
        return () if self.seen == wanted else (f"consoles: {self.seen} seen, {wanted} sent",)


class _Run(Struct):
    """What all consoles know: when each text left its phone, and what was measured."""

    names: Mapping[str, int]
    counted_from: int
    wanted: int
    all_seen: asyncio.Event
    sent: dict[int, float] = {}
    seen: list[float] = []
    claims: list[float] = []
    lost: int = 0
    looks: int = 0

    def saw(self, n: int, at: float) -> None:
        if n >= self.counted_from:
            self.seen.append(at - self.sent[n])
            if len(self.seen) == self.wanted:
                self.all_seen.set()


class _Console:
    """One open console of somebody."""

    def __init__(self, run: _Run, web: aiohttp.ClientSession, token: str, place: int) -> None:
        self._run = run
        self._web = web
        self._worn = {"Authorization": f"Bearer {token}"}
        self._place = place
        self._fresh: set[int] = set()
        self._told: set[int] = set()
        self._stirred = asyncio.Event()
        self._rows: list[str] = []

    async def listen(self) -> None:
        """Hear of every change, for ever."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._web.get("/v1/events", headers=self._worn, timeout=timeout) as answer:
            async for line in answer.content:
                if not line.startswith(b"data: "):
                    continue
                patient = json.loads(line[6:])["patient_id"]
                n = self._run.names.get(patient or "")
                if n is not None and n not in self._told:
                    self._told.add(n)
                    self._fresh.add(n)
                    self._stirred.set()

    async def look(self) -> None:
        """Read again whenever something changed, as often as the server bears."""
        earliest = 0.0
        while True:
            await self._stirred.wait()
            await asyncio.sleep(max(GATHER_SECONDS, earliest - monotonic_seconds()))
            self._stirred.clear()
            fresh, self._fresh = self._fresh, set()
            began = monotonic_seconds()
            rows, counts = await asyncio.gather(
                self._read("/v1/queue?view=unclaimed&limit=50"), self._read("/v1/queue/counts")
            )
            if json.loads(counts)["crises"]:
                await self._read("/v1/queue?view=crises&limit=50")
            ended = monotonic_seconds()
            earliest = ended + max(REST_SECONDS, ended - began)
            self._rows = [row["id"] for row in json.loads(rows)["items"]]
            self._run.looks += 1
            for n in fresh:
                self._run.saw(n, ended)

    async def claim(self) -> None:
        """Take something from the list now and then; a colleague may be faster."""
        await asyncio.sleep(CLAIM_EVERY_SECONDS * self._place / CONSOLES)
        while True:
            await asyncio.sleep(CLAIM_EVERY_SECONDS)
            if not self._rows:
                continue
            item = self._rows[self._place % len(self._rows)]
            began = monotonic_seconds()
            path = f"/v1/queue/{item}/claim"
            async with self._web.post(path, headers=self._worn, json={}) as answer:
                await answer.read()
                if answer.status not in {200, 201, 409}:
                    message = f"a claim was answered with {answer.status}"
                    raise RuntimeError(message)
                self._run.lost += answer.status == 409
            self._run.claims.append(monotonic_seconds() - began)

    async def _read(self, path: str) -> bytes:
        async with self._web.get(path, headers=self._worn) as answer:
            answer.raise_for_status()
            return await answer.read()


async def measure_consoles(servers: embedded.Servers) -> ConsolesSeen:
    """Open the consoles, send the texts, and wait until everybody has seen everything."""
    texts = (WARM_SECONDS + SECONDS) * TEXTS_PER_SECOND
    world = await found(servers, "consoles", texts)
    warm = WARM_SECONDS * TEXTS_PER_SECOND
    run = _Run(
        names={str(id_of(world.prefix, "patient", n)): n for n in range(1, texts + 1)},
        counted_from=warm + 1,
        wanted=(texts - warm) * CONSOLES,
        all_seen=asyncio.Event(),
    )
    tokens = await _tokens(servers, world)
    async with serving(environment(servers, world)), _consoles(run, tokens) as web:
        await _texts(run, web, world, texts)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(run.all_seen.wait(), SETTLE_SECONDS)
    seen, claims = sorted(run.seen), sorted(run.claims)
    return ConsolesSeen(
        texts=texts - warm,
        seen=len(seen),
        seen_p50=percentile(seen, 0.5) * 1000,
        seen_p95=percentile(seen, NINETY_FIVE) * 1000,
        claims=len(claims),
        lost=run.lost,
        claim_p50=percentile(claims, 0.5) * 1000,
        claim_p95=percentile(claims, NINETY_FIVE) * 1000,
        looks=run.looks,
    )


@contextlib.asynccontextmanager
async def _consoles(run: _Run, tokens: list[str]) -> AsyncGenerator[aiohttp.ClientSession]:
    connections = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(ADDRESS, connector=connections) as web,
        asyncio.TaskGroup() as group,
    ):
        tasks: list[asyncio.Task[None]] = []
        for place in range(CONSOLES):
            one = _Console(run, web, tokens[place % len(tokens)], place)
            tasks += [group.create_task(act()) for act in (one.listen, one.look, one.claim)]
        await asyncio.sleep(1)
        try:
            yield web
        finally:
            for task in tasks:
                task.cancel()


async def _texts(run: _Run, web: aiohttp.ClientSession, world: World, texts: int) -> None:
    """Send at an even pace, however long the answers take: patients do not wait for each other."""
    began = monotonic_seconds()
    async with asyncio.TaskGroup() as group:
        for n in range(1, texts + 1):
            wait = began + n / TEXTS_PER_SECOND - monotonic_seconds()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(_text(run, web, world, n))


async def _text(run: _Run, web: aiohttp.ClientSession, world: World, n: int) -> None:
    headers, body = signed_inbound(WEBHOOK, world.account, phone_of(n), NUMBER, "1", sid_of(n))
    run.sent[n] = monotonic_seconds()
    async with web.post(WEBHOOK, data=body, headers=headers) as answer:
        answer.raise_for_status()


async def _tokens(servers: embedded.Servers, world: World) -> list[str]:
    url = servers.url("app", world.database)
    app = await Database.open(url, setting="ENGAGE_DATABASE_URL", size=2)
    try:
        vault = Vault(MasterKeys([world.secret]), app)
        clock = SystemClock()
        return [
            await bootstrap.token(app, vault, clock, f"{name}@desertbloom.example")
            for name in MANAGERS
        ]
    finally:
        await app.close()
