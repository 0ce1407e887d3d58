"""Who may send next: lanes take turns, urgent texts go first, what waits costs nothing (R16)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from engage.clock import SettableClock
from engage.db.vault import Vault
from tests.conftest import Databases
from tests.fakes.practice import raw
from tests.fakes.world import World, found_world

CROWD = """
INSERT INTO due (kind, id, practice_id, due_at, lane, rank)
SELECT 'outbox', gen_random_uuid(), p, $3, p, 2
FROM unnest($1::uuid[]) p, generate_series(1, $2)
"""
"""Texts that wait in the lanes of practices, seen as superuser: only ids, as a claim sees them."""


@pytest.fixture
async def rows(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    """Look at the table past every wall."""
    connection = await asyncpg.connect(databases.urls["admin"])
    yield connection
    await connection.close()


@pytest.fixture
async def world(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[World]:
    """One practice with one patient who may be texted."""
    made = await found_world(databases.app, databases.urls["admin"], vault, clock)
    yield made
    await made.rows.close()


async def claim(databases: Databases, clock: SettableClock, most: int) -> list[tuple[UUID, UUID]]:
    """Claim as the loop does; return practices and rows."""
    lease = clock.now() + timedelta(seconds=45)
    async with databases.worker.work() as work:
        found = await work.table("outbox_claim", clock.now(), lease, most)
    return [(row["practice_id"], row["id"]) for row in found]


async def test_a_practice_with_five_thousand_texts_delays_no_other(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """R16: the next claim holds the text of the small practice, whoever queued before it."""
    big, small = UUID(int=1), UUID(int=2)
    before = clock.now() - timedelta(hours=1)
    await rows.execute(CROWD, [big], 5000, before)
    await rows.execute(CROWD, [small], 1, clock.now())

    claimed = [practice for practice, _ in await claim(databases, clock, 8)]

    assert claimed.count(small) == 1
    assert claimed.count(big) == 4


async def test_lanes_are_served_in_turn(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """R16: twenty practices with a backlog each come up once before one of them comes up twice."""
    practices = [UUID(int=n) for n in range(1, 21)]
    await rows.execute(CROWD, practices, 50, clock.now())

    served: list[UUID] = []
    for _ in range(5):
        clock.advance(timedelta(milliseconds=5))
        served += [practice for practice, _ in await claim(databases, clock, 4)]

    assert sorted(served) == practices


async def test_a_claim_reads_few_rows_however_many_wait(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """R16: with twelve thousand texts in twelve lanes a claim of eight reads lanes, not texts."""
    await rows.execute(CROWD, [UUID(int=n) for n in range(1, 13)], 1000, clock.now())
    await rows.execute("VACUUM ANALYZE due")
    async with raw(databases.urls["admin"]) as admin:
        before = await admin.fetchval(READ)
        assert len(await claim(databases, clock, 8)) == 8
        await databases.worker.close()
        # A backend says what it has read when it ends.
        while await admin.fetchval(WORKERS):  # noqa: ASYNC110 - a server sets no event
            await asyncio.sleep(0.01)
        await admin.execute("SELECT pg_stat_clear_snapshot()")
        read = await admin.fetchval(READ) - before

    assert 8 <= read < 400, read


READ = (
    "SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int FROM pg_stat_user_tables"
    " WHERE relname = 'due'"
)
WORKERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = 'engage_worker'"
)


async def test_safety_goes_before_answers_and_answers_before_the_rest(
    world: World, databases: Databases, clock: SettableClock
) -> None:
    """However long routine texts have waited, a safety text leaves first, a staff text second."""
    routine = [await world.queue(kind="screening") for _ in range(3)]
    clock.advance(timedelta(minutes=5))
    staff = await world.queue(kind="staff")
    safety = await world.queue(kind="safety")

    order = [(await claim(databases, clock, 1))[0][1] for _ in range(5)]

    assert order == [safety, staff, *routine]


async def test_what_answers_a_text_is_waited_for(
    world: World, databases: Databases, clock: SettableClock
) -> None:
    """The next question to somebody who has just answered is no routine text."""
    first = await world.queue(kind="screening")
    clock.advance(timedelta(minutes=5))
    await world.rows.execute(
        "INSERT INTO message (practice_id, id, line_id, direction, author, body_sealed, kind,"
        " status, at) VALUES ($1, uuid7_at($3), $2, 'in', 'patient', '', 'reply', 'received', $3)",
        world.practice,
        world.line,
        clock.now(),
    )
    following = await world.queue(kind="screening")

    order = [(await claim(databases, clock, 1))[0][1] for _ in range(2)]

    assert order == [following, first]


async def test_a_closed_lane_lets_safety_through(
    world: World, databases: Databases, clock: SettableClock
) -> None:
    """An account that is held keeps everything back but a safety text."""
    held = await world.queue(kind="staff")
    safety = await world.queue(kind="safety")
    until = clock.now() + timedelta(hours=1)
    async with databases.worker.work() as work:
        await work.call("lane_close", world.practice, world.practice, until, None)

    now = [row for _, row in await claim(databases, clock, 8)]
    clock.set(until)
    later = [row for _, row in await claim(databases, clock, 8)]

    assert now == [safety]
    assert held in later


async def test_two_claims_at_once_share_nothing(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """While one claim is open the next one takes other rows, and waits for nobody."""
    await rows.execute(CROWD, [UUID(int=1), UUID(int=2)], 100, clock.now())
    lease = clock.now() + timedelta(seconds=45)
    async with databases.worker.work() as one, databases.worker.work() as other:
        first = await one.table("outbox_claim", clock.now(), lease, 8)
        second = await other.table("outbox_claim", clock.now(), lease, 8)

    assert len({row["id"] for row in (*first, *second)}) == 16
