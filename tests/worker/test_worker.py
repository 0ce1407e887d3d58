"""The worker and its bell: fast with Redis, complete without it."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import msgspec
import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from engage import embedded
from engage.clock import SystemClock, fresh_id, monotonic_seconds
from engage.ids import PracticeId
from engage.jobs import worker as worker_module
from engage.jobs.doorbell import Doorbell, listen
from engage.jobs.loops import NAMES
from engage.jobs.worker import Parts, run_worker
from tests.conftest import Databases
from tests.fakes.turns import (
    FakeHospital,
    FakeLetters,
    FakeNotices,
    FakeOutbox,
    FakePager,
    FakeTurns,
)

PRACTICE = PracticeId(UUID("01931f00-0000-7000-8000-000000000001"))
SWEEP = worker_module.SWEEP_SECONDS[1] + 1.0


class Running:
    """A worker in the background, and the bell of another process."""

    def __init__(self, databases: Databases, redis_url: str | None) -> None:
        """Build it; `start` starts it."""
        self.turns = FakeTurns(databases.worker)
        self.outbox = FakeOutbox(databases.worker)
        self.app = databases.app
        self.clock = SystemClock()
        self.own_bell = Doorbell(redis_url)
        self.far_bell = Doorbell(redis_url)
        self.stop = asyncio.Event()
        self._parts = Parts(
            turns=self.turns,
            outbox=self.outbox,
            reconciler=self.outbox,
            pager=FakePager(databases.worker),
            hospital=FakeHospital(databases.worker),
            letters=FakeLetters(databases.worker),
            notices=FakeNotices(databases.worker),
            database=databases.worker,
            clock=self.clock,
            bell=self.own_bell,
            redis_url=redis_url,
        )
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start working."""
        self._worker = asyncio.create_task(run_worker(self._parts, self.stop))

    async def end(self) -> None:
        """Stop, and wait for it."""
        self.stop.set()
        if self._worker is not None:
            await self._worker
        await self.own_bell.aclose()
        await self.far_bell.aclose()

    async def due(self, kind: str = "timer", *, ring: bool = True) -> UUID:
        """Make a row due, as another process does: commit, then ring."""
        one = fresh_id(self.clock)
        async with self.app.work() as work:
            await work.call("due_set", kind, one, PRACTICE, self.clock.now())
        if ring:
            self.far_bell.ring(kind)
        return one

    async def latency(self) -> float:
        """Return how long one announced row took, in seconds."""
        began, done = monotonic_seconds(), len(self.turns.taken)
        await self.due()
        await self.turns.until(done + 1, SWEEP)
        return monotonic_seconds() - began


@pytest.fixture(scope="module")
def queue() -> Iterator[embedded.Servers]:
    """Servers of these tests alone, which kill and empty the Redis: nobody else may use it."""
    home = embedded.throwaway_data_dir()
    started = embedded.start(home, throwaway=True)
    yield started
    started.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def redis(queue: embedded.Servers) -> AsyncIterator[Redis]:
    """Look into the queue; empty it first."""
    assert queue.redis_url is not None
    client = Redis.from_url(queue.redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def running(
    databases: Databases, queue: embedded.Servers, redis: Redis
) -> AsyncIterator[Running]:
    """Run a worker with Redis."""
    made = Running(databases, queue.redis_url)
    yield made
    await made.end()


def kill_redis(queue: embedded.Servers) -> None:
    """Kill the server at once: what it held is gone."""
    pid = int((queue.data_dir / "valkey.pid").read_text())
    os.kill(pid, signal.SIGKILL)


async def test_a_ring_is_answered_at_once(running: Running) -> None:
    """A committed and announced row is done long before any sweep."""
    running.start()
    await asyncio.sleep(0.5)
    latencies = sorted([await running.latency() for _ in range(15)])

    assert latencies[7] < 0.25


async def test_a_loop_is_woken_when_the_next_ring_counts_again(
    queue: embedded.Servers, redis: Redis
) -> None:
    """At the moment of waking arq has forgotten the job, so no later ring can be refused for it."""
    url = queue.redis_url or ""
    looking, bell = SyncRedis.from_url(url), Doorbell(url)
    remembered: list[object] = []
    woken = asyncio.Event()

    def wake(_: str) -> None:
        # Blocking on purpose: arq stands still while we look.
        remembered.append(looking.exists("arq:job:timer"))
        woken.set()

    listening = asyncio.create_task(listen(url, wake))
    async with asyncio.timeout(5):
        await woken.wait()
        for count in range(len(NAMES) + 1, len(NAMES) + 6):
            bell.ring("timer")
            while len(remembered) < count:
                woken.clear()
                await woken.wait()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await bell.aclose()
    looking.close()

    assert remembered == [0] * (len(NAMES) + 5)


async def test_no_ring_is_lost_while_one_is_answered(running: Running) -> None:
    """Rings come in every phase of answering earlier ones; each row is done without a sweep."""
    running.start()
    await asyncio.sleep(0.5)
    began = monotonic_seconds()
    for count in range(1, 151):
        await running.due()
        await asyncio.sleep(0.001 * (count % 13))
        if count % 10 == 0:
            await running.turns.until(count, 1.5)

    assert monotonic_seconds() - began < 15
    assert len(running.turns.taken) == 150


async def test_a_sweep_finds_what_nobody_rang_for(running: Running) -> None:
    """A lost ring costs one sweep and nothing else."""
    running.start()
    await asyncio.sleep(0.5)
    await running.due(ring=False)

    await running.turns.until(1, SWEEP)


async def test_the_worker_outlives_redis(running: Running, queue: embedded.Servers) -> None:
    """Redis is killed: the sweep goes on. Redis is back, empty: the bell rings again."""
    running.start()
    await running.latency()
    kill_redis(queue)
    for _ in range(3):
        await running.due()
    await running.turns.until(4, SWEEP)
    restarted = await asyncio.to_thread(embedded.start, queue.data_dir, throwaway=True)
    await asyncio.sleep(6.0)
    latencies = sorted([await running.latency() for _ in range(9)])
    restarted.stop()

    assert latencies[4] < 0.25


async def test_a_wiped_queue_loses_nothing(running: Running, redis: Redis) -> None:
    """FLUSHALL in the middle of ringing delays by a sweep at most."""
    running.start()
    for _ in range(20):
        await running.due()
        await redis.flushall()

    await running.turns.until(20, SWEEP)


async def test_a_broken_queue_is_mended(running: Running, redis: Redis) -> None:
    """A value of the wrong type under our key is swept away, and the bell rings again."""
    await redis.set("engage", "no queue at all")
    running.start()
    await asyncio.sleep(1.0)

    assert await running.latency() < 1.0


async def test_redis_holds_names_of_loops_and_nothing_else(running: Running, redis: Redis) -> None:
    """Whatever is rung for, no id, no practice and no word of a person is in any key or value."""
    for name in NAMES:
        await running.due(name)
    await asyncio.sleep(0.5)
    keys = {key.decode() for key in await redis.keys()}
    jobs = {key for key in keys if key.startswith("arq:job:")}
    values = [msgspec.msgpack.decode(await redis.get(key) or b"") for key in jobs]
    members = {name.decode() for name in await redis.zrange("engage", 0, -1)}

    assert keys == {"engage"} | {f"arq:job:{name}" for name in NAMES}
    assert members == set(NAMES)
    assert {(job["f"], *job["a"], *job["k"]) for job in values} == {(name,) for name in NAMES}
    running.start()
    await running.turns.until(3, SWEEP)
    await running.outbox.until(2, SWEEP)
    await asyncio.sleep(0.3)
    assert await redis.keys() == []


async def test_without_redis_the_sweep_does_it_all(databases: Databases) -> None:
    """With no Redis at all everything is done, soon."""
    running = Running(databases, None)
    running.start()
    await asyncio.sleep(0.3)
    latencies = sorted([await running.latency() for _ in range(5)])
    await running.end()

    assert latencies[4] < 1.0


async def test_a_bell_never_raises(databases: Databases) -> None:
    """Nobody who rings can be hurt by a Redis that is not there, or wait for it."""
    bell = Doorbell("redis://127.0.0.1:1/0")
    began = monotonic_seconds()
    for _ in range(100):
        bell.ring("outbox")

    assert monotonic_seconds() - began < 0.1
    await bell.aclose()


async def test_a_stop_lets_the_row_in_hand_finish(databases: Databases) -> None:
    """After a stop nothing new is claimed, and what was begun is done before the worker ends."""
    running = Running(databases, None)
    slow = asyncio.Event()
    ended: list[UUID] = []

    async def fire(practice: PracticeId, timer: UUID) -> None:
        slow.set()
        await asyncio.sleep(0.5)
        async with databases.worker.work() as work:
            await work.call("due_done", "timer", timer)
        ended.append(timer)

    running.turns.timer_fired = fire
    first = await running.due()
    running.start()
    await slow.wait()
    running.stop.set()
    await running.due()
    await running.end()

    assert ended == [first]


async def test_sigterm_stops_a_worker(databases: Databases) -> None:
    """Without a stop of its own a worker listens to the service manager."""
    turns = FakeTurns(databases.worker)
    parts = Parts(
        turns=turns,
        outbox=FakeOutbox(databases.worker),
        reconciler=FakeOutbox(databases.worker),
        pager=FakePager(databases.worker),
        hospital=FakeHospital(databases.worker),
        letters=FakeLetters(databases.worker),
        notices=FakeNotices(databases.worker),
        database=databases.worker,
        clock=SystemClock(),
        bell=Doorbell(None),
    )
    working = asyncio.create_task(run_worker(parts))
    await asyncio.sleep(0.3)
    os.kill(os.getpid(), signal.SIGTERM)

    async with asyncio.timeout(5):
        await working
