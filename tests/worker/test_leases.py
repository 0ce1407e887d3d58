"""Short leases, held by whoever lives: rescue within thirty seconds, and nothing taken over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from engage.clock import SettableClock, fresh_id
from engage.ids import PracticeId
from engage.jobs.leases import BEATS, LEASE_SECONDS, Claimed, Leases
from engage.jobs.loops import Loop
from engage.jobs.worker import SWEEP_SECONDS
from tests.conftest import Databases

PRACTICE = PracticeId(UUID("01931f00-0000-7000-8000-000000000001"))
RESCUE_SECONDS = 30
DUE_AT = "SELECT due_at FROM due WHERE id = $1"
LEASE = timedelta(seconds=LEASE_SECONDS)


@pytest.fixture
async def rows(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    """Look at the table past every wall."""
    connection = await asyncpg.connect(databases.urls["admin"])
    yield connection
    await connection.close()


async def _claimed(databases: Databases, clock: SettableClock, leases: Leases) -> Claimed:
    one = fresh_id(clock)
    async with databases.worker.work() as work:
        await work.call("due_set", "timer", one, PRACTICE, clock.now())
        (row,) = await work.table("due_claim", "timer", clock.now(), leases.until(), 1)
    claimed = Claimed(row["practice_id"], row["id"], row["tries"])
    leases.took(claimed, leases.until())
    return claimed


async def _due_at(rows: asyncpg.Connection, row: Claimed) -> object:
    return await rows.fetchval(DUE_AT, row.id)


async def test_what_is_in_hand_is_held(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """Each beat moves the end of the claim, as often as it takes."""
    leases = Leases("timer", databases.worker, clock, LEASE_SECONDS)
    row = await _claimed(databases, clock, leases)
    for _ in range(BEATS):
        clock.advance(LEASE / BEATS)
        await leases.hold()
        assert await _due_at(rows, row) == clock.now() + LEASE
    await leases.stop()


async def test_what_was_put_back_is_not_held(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """A row that was put off meanwhile keeps the moment it was put off to."""
    leases = Leases("timer", databases.worker, clock, LEASE_SECONDS)
    row = await _claimed(databases, clock, leases)
    later = clock.now() + timedelta(minutes=3)
    async with databases.worker.work() as work:
        await work.call("due_set", "timer", row.id, PRACTICE, later)
    await leases.hold()
    assert await _due_at(rows, row) == later
    await leases.stop()


async def test_what_somebody_else_took_over_is_not_held(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """A process that slept through its lease does not take back what another one has now."""
    leases = Leases("timer", databases.worker, clock, LEASE_SECONDS)
    row = await _claimed(databases, clock, leases)
    clock.advance(2 * LEASE)
    until = clock.now() + LEASE + timedelta(seconds=1)
    async with databases.worker.work() as work:
        (taken,) = await work.table("due_claim", "timer", clock.now(), until, 1)
    await leases.hold()
    assert (taken["id"], await _due_at(rows, row)) == (row.id, until)
    await leases.stop()


async def test_a_row_that_is_being_settled_is_left_alone(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """A beat never waits for the transaction that ends the work it is about."""
    leases = Leases("timer", databases.worker, clock, LEASE_SECONDS)
    row = await _claimed(databases, clock, leases)
    before = await _due_at(rows, row)
    async with rows.transaction():
        await rows.execute("SELECT FROM due WHERE id = $1 FOR UPDATE", row.id)
        async with asyncio.timeout(10):
            await leases.hold()
    assert await _due_at(rows, row) == before
    await leases.stop()


async def test_a_long_send_is_not_taken_over(databases: Databases, clock: SettableClock) -> None:
    """While a loop lives and works on a row, for longer than a lease, no other loop claims it."""
    one = fresh_id(clock)
    async with databases.app.work() as work:
        await work.call("due_set", "timer", one, PRACTICE, clock.now())
    begun, finish = asyncio.Event(), asyncio.Event()
    took: list[str] = []

    def loop(name: str) -> Loop:
        async def act(row: Claimed) -> None:
            took.append(name)
            begun.set()
            await finish.wait()
            async with databases.worker.work() as work:
                await work.call("due_done", "timer", row.id)

        return Loop("timer", act, database=databases.worker, clock=clock, lease_seconds=0.4)

    first, second = loop("first"), loop("second")
    draining = asyncio.create_task(first.drain())
    await begun.wait()
    async with asyncpg.create_pool(databases.urls["admin"], min_size=1, max_size=1) as pool:
        for _ in range(3):
            # The clock goes on by less than a lease; then a beat must come before it goes on.
            before = await pool.fetchval(DUE_AT, one)
            clock.advance(timedelta(seconds=0.3))
            await second.drain()
            async with asyncio.timeout(30):
                while await pool.fetchval(DUE_AT, one) == before:  # noqa: ASYNC110 - a row sets no event
                    await asyncio.sleep(0.02)
    finish.set()
    await draining
    await asyncio.gather(first.stop(1), second.stop(1))
    assert took == ["first"]


async def test_what_somebody_died_over_waits_for_no_lane(
    databases: Databases, clock: SettableClock
) -> None:
    """A text that was claimed and never put back is found in a closed lane; others wait."""
    died, waits = fresh_id(clock), fresh_id(clock)
    later = clock.now() + timedelta(hours=1)
    async with databases.worker.work() as work:
        await work.call("due_set", "outbox", died, PRACTICE, clock.now())
        (claimed,) = await work.table("outbox_claim", clock.now(), clock.now() + LEASE, 8)
        await work.call("due_set", "outbox", waits, PRACTICE, clock.now())
        await work.call("lane_close", PRACTICE, PRACTICE, later, later)
    clock.advance(LEASE)
    async with databases.worker.work() as work:
        found = await work.table("outbox_lapsed", clock.now(), clock.now() + LEASE, 8)
        others = await work.table("outbox_claim", clock.now(), clock.now() + LEASE, 8)
        # Put back, it waits like the others.
        await work.call("due_wait", "outbox", died, clock.now())
        again = await work.table("outbox_lapsed", clock.now(), clock.now() + LEASE, 8)
    assert claimed["id"] == died
    assert [row["id"] for row in found] == [died]
    assert (others, again) == ([], [])


async def test_a_failure_after_the_commit_puts_nothing_back(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """A row that was done, and whose act then failed, is not made due once more."""
    one = fresh_id(clock)
    async with databases.app.work() as work:
        await work.call("due_set", "timer", one, PRACTICE, clock.now())

    async def act(row: Claimed) -> None:
        async with databases.worker.work() as work:
            await work.call("due_done", "timer", row.id)
        message = "the reply was lost"
        raise RuntimeError(message)

    loop = Loop("timer", act, database=databases.worker, clock=clock)
    await loop.drain()
    await loop.stop(1)
    assert await rows.fetchval("SELECT count(*) FROM due") == 0


def test_rescue_is_within_thirty_seconds() -> None:
    """A lease and the longest pause between two sweeps, with room for a slow machine."""
    assert LEASE_SECONDS + SWEEP_SECONDS[1] <= RESCUE_SECONDS - 5
