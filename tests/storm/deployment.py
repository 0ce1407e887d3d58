"""A whole deployment that is broken on purpose: servers, proxy, two API processes, two workers.

Each process is the product's own, started from settings alone, and started again when it dies: what
a supervisor does. The carrier and the proxy live in the storm's own process.
"""

import asyncio
import contextlib
import os
import random  # noqa: TID251 - seeded
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
from redis.asyncio import Redis

from engage import embedded
from engage.appointments import offering, seating
from engage.appointments.words import Teller
from engage.clock import SystemClock, monotonic_seconds
from engage.db.migrate import migrate
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.embedded import postgres
from engage.embedded.account import serving_account
from engage.embedded.home import Home
from engage.ids import PatientId
from engage.messaging.pacing import Rate
from engage.messaging.sending import store as sending
from engage.turns.take import Turns
from tests.conftest import LOGINS
from tests.fakes.booking import Book
from tests.fakes.practice import LIBRARY, Place, SilentBell, add_patient, open_practice, screen
from tests.storm.fakecarrier import STORM, FakeCarrier, Weather
from tests.storm.faultproxy import FaultProxy, faultproxy, socket_of, through, to_unix
from tests.storm.signed import SECRET, reviews_file
from tests.storm.site import free_port
from tests.storm.zone import daytime

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 90
AGAIN_SECONDS: Final = 0.3
UP_SECONDS: Final = 6.0
INSTRUMENT: Final = "hunger-vital-sign"
"""The longest one: many texts answer it."""
RACING: Final = 5
"""So many people hear of one free time."""
TIMES_IN: Final = timedelta(days=20)
"""So far ahead that nobody is reminded of them."""
WAITING_DAYS: Final = timedelta(days=5)
FAST: Final = Rate(per_second=200.0, burst=400, per_day=1_000_000)


@dataclass
class Child:
    """One process that is kept alive."""

    role: str
    command: tuple[str, ...]
    port: int = 0
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    since: float = 0.0
    log: Path | None = None


class NotReady(Exception):  # noqa: N818 - reads as a sentence
    """A process did not come up; what it logged last says why."""

    def __init__(self, child: Child) -> None:
        """Quote its log, which holds nobody's words."""
        lines = child.log.read_text("utf-8", "replace").splitlines() if child.log else []
        super().__init__(
            "\n".join((f"{child.role} {child.port}, {child.starts} starts", *lines[-8:]))
        )


@dataclass
class Deployment:
    """What there is to break."""

    servers: embedded.Servers
    proxy: FaultProxy
    place: Place
    carrier: FakeCarrier
    children: list[Child]
    phones: list[str]
    _shares: list[embedded.Servers] = field(default_factory=list)

    @property
    def home(self) -> Home:
        """The data directory of the servers."""
        return Home(self.servers.data_dir, serving_account())

    def kill(self, child: Child) -> bool:
        """Kill a process at once; False if it is not there to be killed."""
        process = child.process
        if process is None or process.returncode is not None:
            return False
        process.kill()
        return True

    async def is_up(self, child: Child) -> bool:
        """Say whether a process serves; a worker says nothing of itself, so its age must do."""
        async with aiohttp.ClientSession() as web:
            old = monotonic_seconds() - child.since > UP_SECONDS
            return (bool(child.port) or old) and await _answers(web, child, "live")

    def postmaster(self) -> int:
        """Return the pid of PostgreSQL; 0 while there is none."""
        return postgres.running_pid(self.home) or 0

    async def servers_again(self) -> None:
        """Start what does not run of PostgreSQL and Valkey."""
        self._shares.append(await asyncio.to_thread(embedded.start, self.servers.data_dir))

    async def flush_redis(self) -> None:
        """Make Redis forget everything."""
        assert self.servers.redis_url is not None
        redis = Redis.from_url(self.servers.redis_url)
        with contextlib.suppress(Exception):
            await redis.flushall()
        await redis.aclose()

    def kill_redis(self) -> None:
        """Kill Valkey."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.servers.data_dir / "valkey.pid").read_text()), signal.SIGKILL)

    async def ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until all processes answer, or live."""
        end = monotonic_seconds() + seconds
        async with aiohttp.ClientSession() as web:
            for child in self.children:
                while not await _answers(web, child):
                    if monotonic_seconds() > end:
                        raise NotReady(child)
                    await asyncio.sleep(0.1)

    async def end(self) -> None:
        """Give the servers back."""
        for share in self._shares:
            await asyncio.to_thread(share.stop)


async def _answers(web: aiohttp.ClientSession, child: Child, what: str = "ready") -> bool:
    if not child.port:
        return child.process is not None and child.process.returncode is None
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
        url = f"http://127.0.0.1:{child.port}/health/{what}"
        async with web.get(url, timeout=aiohttp.ClientTimeout(total=5)) as answer:
            return answer.ok
    return False


@contextlib.asynccontextmanager
async def deployment(
    *, seed: int, lines: int, weather: Weather = STORM
) -> AsyncGenerator[Deployment, None]:
    """Build all of it, wait until it is ready, and leave nothing."""
    data_dir = embedded.throwaway_data_dir()
    # Not `throwaway` servers: those may forget what they committed when they are killed.
    servers = await asyncio.to_thread(embedded.start, data_dir)
    try:
        await migrate(servers.url("owner"), LOGINS)
        place, phones = await _set_scene(servers, lines)
        reviews_file(data_dir / "reviews.toml")
        ports = [free_port(), free_port()]
        public_url = f"http://127.0.0.1:{ports[0]}"
        children = [
            *(Child("api", ("serve", "--port", str(port)), port) for port in ports),
            *(Child("worker", ("worker",)) for _ in range(2)),
        ]
        async with (
            faultproxy(to_unix(socket_of(servers.url("app")))) as proxy,
            FakeCarrier(
                place.door.account,
                place.door.number,
                public_url,
                seed=seed,
                weather=weather,
                doors=lambda: ports,
            ) as carrier,
        ):
            made = Deployment(servers, proxy, place, carrier, children, phones)
            environment = _environment(made, public_url, data_dir)
            try:
                async with contextlib.AsyncExitStack() as running:
                    for child in children:
                        await running.enter_async_context(_kept_alive(child, environment))
                    await made.ready()
                    yield made
            finally:
                await made.end()
    finally:
        servers.stop()
        await asyncio.to_thread(shutil.rmtree, data_dir, ignore_errors=True)


async def _set_scene(servers: embedded.Servers, lines: int) -> tuple[Place, list[str]]:
    database = await Database.open(servers.url("app"), setting="ENGAGE_DATABASE_URL", size=2)
    try:
        vault, clock = Vault(MasterKeys([SECRET]), database), SystemClock()
        place = await open_practice(database, vault, clock)
        turns = Turns(
            database=database, vault=vault, clock=clock, library=LIBRARY, bell=SilentBell()
        )
        async with database.work([place.id], place.id) as work:
            await sending.set_rate(work, place.id, place.door.number_id, FAST, clock.now())
            await sending.found(work, place.id)
            await sending.set_limits(work, place.id, 1_000_000, None)
        where = {"time_zone": daytime(clock.now()), "us_state": "AZ"}
        phones = [f"+1602556{1000 + n}" for n in range(lines)]
        # The last one is nobody's.
        people: list[PatientId] = []
        for n, phone in enumerate(phones[:-1]):
            patient = await add_patient(database, place, clock, phone, f"Person{n}", **where)
            await screen(turns, database, place, clock, patient, INSTRUMENT)
            people.append(patient)
        await _wait_for_times(database, place, clock, people)
        return place, phones
    finally:
        await database.close()


async def _wait_for_times(
    database: Database, place: Place, clock: SystemClock, people: list[PatientId]
) -> None:
    """Let everybody wait for a few free times: five hear of each, and one can have it."""
    first = (clock.now() + TIMES_IN).replace(minute=0, second=0, microsecond=0)
    book = Book(database, place, clock, first)
    some = await book.open(max(len(people) // RACING, 1))
    async with database.work([place.id], place.id) as work:
        for person in people:
            entry = book.waits(person, until=first.date() + WAITING_DAYS)
            await offering.join(work, place.id, entry, Teller("staff", place.manager))
        for one in some:
            await work.call("due_set", seating.KIND, one.id, place.id, clock.now())


def _environment(made: Deployment, public_url: str, data_dir: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")}
    assert made.servers.redis_url is not None
    return kept | {
        "ENGAGE_DATABASE_URL": through(made.proxy, made.servers.url("app")),
        "ENGAGE_WORKER_DATABASE_URL": through(made.proxy, made.servers.url("worker")),
        "ENGAGE_REDIS_URL": made.servers.redis_url,
        "ENGAGE_SECRET_KEYS": SECRET,
        "ENGAGE_PUBLIC_URL": public_url,
        "ENGAGE_DATA_DIR": str(data_dir / "engage"),
        "ENGAGE_CARRIER": "twilio",
        "ENGAGE_TWILIO_BASE_URL": made.carrier.base_url,
        "ENGAGE_TEXT_REVIEWS": str(data_dir / "reviews.toml"),
        "ENGAGE_LOG_LEVEL": "ERROR",
    }


@contextlib.asynccontextmanager
async def _kept_alive(child: Child, environment: Mapping[str, str]) -> AsyncGenerator[None, None]:
    folder = Path(environment["ENGAGE_TEXT_REVIEWS"]).parent
    child.log = folder / f"{child.role}-{child.port or id(child)}.log"
    log = child.log.open("ab")

    async def keep() -> None:
        while True:
            began = monotonic_seconds()
            child.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "engage",
                *child.command,
                cwd=ROOT,
                env=dict(environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            child.starts += 1
            child.since = monotonic_seconds()
            await child.process.wait()
            # One that can't start, because the database is away, is not started ten times a second.
            await asyncio.sleep(AGAIN_SECONDS if monotonic_seconds() - began > 2 else 1.0)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        await _stop(child)
        log.close()


async def _stop(child: Child) -> None:
    process = child.process
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 20)
    except TimeoutError:
        process.kill()
        await process.wait()


def dice(seed: int) -> random.Random:
    """Return the dice of a seed."""
    return random.Random(seed)  # noqa: S311 - dice, not secrets
