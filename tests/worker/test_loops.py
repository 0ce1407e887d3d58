"""The loops: exclusive claims, counted tries, and no row that holds up another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from engage.clock import SettableClock, fresh_id
from engage.db.session import Database
from engage.ids import PracticeId
from engage.jobs.loops import NAMES, Claimed, Loop, all_loops, ensure_partitions
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


@pytest.fixture
async def rows(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    """Look at the table past every wall."""
    connection = await asyncpg.connect(databases.urls["admin"])
    yield connection
    await connection.close()


async def make_due(database: Database, clock: SettableClock, kind: str, count: int) -> list[UUID]:
    """Make rows due now."""
    ids = [fresh_id(clock) for _ in range(count)]
    async with database.work() as work:
        for one in ids:
            await work.call("due_set", kind, one, PRACTICE, clock.now())
    return ids


class Hands:
    """Does rows, and says so in the table."""

    def __init__(self, database: Database) -> None:
        """Begin with nothing done."""
        self._database = database
        self.done: list[UUID] = []
        self.at_once = self.most_at_once = 0
        self.hold = 0.0

    async def __call__(self, row: Claimed) -> None:
        """Do a row."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.hold)
        async with self._database.work() as work:
            await work.call("due_done", "timer", row.id)
        self.done.append(row.id)
        self.at_once -= 1


async def test_a_claim_is_exclusive(databases: Databases, clock: SettableClock) -> None:
    """Four loops that race for two hundred rows do each of them once."""
    due = await make_due(databases.app, clock, "timer", 200)
    hands = Hands(databases.worker)
    loops = [Loop("timer", hands, database=databases.worker, clock=clock) for _ in range(4)]

    await asyncio.gather(*(loop.drain() for loop in loops))

    assert sorted(hands.done) == sorted(due)


async def test_a_loop_goes_on_until_nothing_is_due(
    databases: Databases, clock: SettableClock
) -> None:
    """One look does all that is due, never more at once than it has slots."""
    due = await make_due(databases.app, clock, "timer", 50)
    hands = Hands(databases.worker)
    hands.hold = 0.01

    await Loop("timer", hands, database=databases.worker, clock=clock, slots=4).drain()

    assert sorted(hands.done) == sorted(due)
    assert hands.most_at_once == 4


async def test_a_slow_row_does_not_hold_up_the_rest(
    databases: Databases, clock: SettableClock
) -> None:
    """While one row hangs, every other row is done through the other slots."""
    due = await make_due(databases.app, clock, "timer", 20)
    hands = Hands(databases.worker)
    release, rest_done = asyncio.Event(), asyncio.Event()

    async def act(row: Claimed) -> None:
        if row.id == due[0]:
            await release.wait()
        await hands(row)
        if len(hands.done) == 19:
            rest_done.set()

    loop = Loop("timer", act, database=databases.worker, clock=clock, slots=2)
    draining = asyncio.create_task(loop.drain())
    async with asyncio.timeout(5):
        await rest_done.wait()

    assert due[0] not in hands.done
    release.set()
    await draining


async def test_one_bad_row_does_not_block_others(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """The bad row rests longer after each failure; the others are done at once."""
    due = await make_due(databases.app, clock, "inbox", 9)
    turns = FakeTurns(databases.worker)
    turns.bad = {due[4]}
    loop = all_loops(
        turns=turns,
        outbox=FakeOutbox(databases.worker),
        reconciler=FakeOutbox(databases.worker),
        pager=FakePager(databases.worker),
        hospital=FakeHospital(databases.worker),
        letters=FakeLetters(databases.worker),
        notices=FakeNotices(databases.worker),
        database=databases.worker,
        clock=clock,
    )["inbox"]
    rests: list[timedelta] = []
    for _ in range(5):
        await loop.drain()
        due_at = await rows.fetchval("SELECT due_at FROM due WHERE id = $1", due[4])
        assert due_at is not None
        rests.append(due_at - clock.now())
        clock.set(due_at)

    assert {row for _, row in turns.taken} == set(due) - {due[4]}
    assert rests == [timedelta(seconds=wait) for wait in (5, 30, 120, 600, 600)]
    assert [tries for tries in turns.tries if tries > 1] == [2, 3, 4, 5]


async def test_the_try_is_counted_before_the_row_is_touched(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """A row that kills its worker is counted all the same, and comes back after its lease."""
    (due,) = await make_due(databases.app, clock, "timer", 1)
    seen: list[tuple[int, timedelta]] = []
    begun = asyncio.Event()

    async def act(row: Claimed) -> None:
        found = await rows.fetchrow("SELECT tries, due_at FROM due WHERE id = $1", row.id)
        assert found is not None
        seen.append((found["tries"], found["due_at"] - clock.now()))
        begun.set()
        await asyncio.Event().wait()

    for _ in range(2):
        begun.clear()
        loop = Loop("timer", act, database=databases.worker, clock=clock, lease_seconds=30)
        draining = asyncio.create_task(loop.drain())
        await begun.wait()
        await loop.stop(0)
        await draining
        clock.advance(timedelta(seconds=31))
    async with databases.worker.work() as work:
        again = await work.table("due_claim", "timer", clock.now(), clock.now(), 5)

    assert seen == [(1, timedelta(seconds=30)), (2, timedelta(seconds=30))]
    assert [(row["id"], row["tries"]) for row in again] == [(due, 3)]


async def test_each_loop_does_its_own_kind(databases: Databases, clock: SettableClock) -> None:
    """Every kind of work reaches the room it belongs to."""
    turns, outbox = FakeTurns(databases.worker), FakeOutbox(databases.worker)
    pager = FakePager(databases.worker)
    hospital = FakeHospital(databases.worker)
    letters, notices = FakeLetters(databases.worker), FakeNotices(databases.worker)
    loops = all_loops(
        turns=turns,
        outbox=outbox,
        reconciler=outbox,
        pager=pager,
        hospital=hospital,
        letters=letters,
        notices=notices,
        database=databases.worker,
        clock=clock,
    )
    made = {name: (await make_due(databases.app, clock, name, 1))[0] for name in NAMES}
    for loop in loops.values():
        await loop.drain()

    assert dict(turns.taken) == {
        name: made[name]
        for name in (
            *("inbox", "outcome", "timer", "account", "checkin"),
            *("rescreen", "referral", "closing", "visit-near", "reminder", "slot"),
        )
    }
    assert dict(outbox.taken) == {name: made[name] for name in ("outbox", "unknown", "reconcile")}
    assert dict(pager.taken) == {name: made[name] for name in ("page", "notify")}
    assert dict(hospital.taken) == {"hl7": made["hl7"]}
    assert dict(letters.taken) == {"letter": made["letter"]}
    assert dict(notices.taken) == {"news": made["news"]}


async def test_partitions_are_made_ahead(
    databases: Databases, clock: SettableClock, rows: asyncpg.Connection
) -> None:
    """A year later the months ahead are missing; they are made, and made once."""
    clock.advance(timedelta(days=600))

    first = await ensure_partitions(databases.worker, clock)
    second = await ensure_partitions(databases.worker, clock)

    assert (first > 0, second) == (True, 0)
    assert await rows.fetchval("SELECT to_regclass('message_2028_07')") is not None
