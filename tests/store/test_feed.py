"""The feed: everything that committed, in one order, whatever order it committed in."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from engage.clock import SettableClock, fresh_id
from engage.db.vault import Vault
from engage.feed import BadCursor, Feed, FeedEvent, add
from tests.conftest import Databases
from tests.fakes.world import World, found_world


@pytest.fixture
async def world(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[World]:
    """One practice."""
    made = await found_world(databases.app, databases.urls["admin"], vault, clock)
    yield made
    await made.rows.close()


@pytest.fixture
async def feed(databases: Databases) -> AsyncIterator[Feed]:
    """Read fast, and stop at the end."""
    made = Feed(databases.app, poll_seconds=0.02)
    yield made
    await made.close()


async def change(world: World) -> UUID:
    """Change something in a transaction of its own."""
    subject = fresh_id(world.clock)
    async with world.app.work([world.practice], world.practice) as work:
        await add(work, world.practice, world.clock.now(), "item", subject, world.patient)
    return subject


class Ear:
    """Listens in the background and keeps what it heard."""

    def __init__(self, feed: Feed, world: World, after: str | None = None) -> None:
        """Begin to listen."""
        self.heard: list[FeedEvent] = []
        self._news = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(feed, world, after))

    async def _listen(self, feed: Feed, world: World, after: str | None) -> None:
        async for came in feed.listen([world.practice], after):
            self.heard += came
            self._news.set()

    async def has(self, count: int) -> list[UUID]:
        """Wait until so many were heard; return what they are about."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self._news.clear()
                await self._news.wait()
        return [event.subject_id for event in self.heard]

    async def stop(self) -> None:
        """Hang up."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)


async def test_a_change_reaches_who_listens(world: World, feed: Feed) -> None:
    """A committed change is heard, with its practice, its patient and a cursor."""
    ear = Ear(feed, world, await feed.position())
    subject = await change(world)

    assert await ear.has(1) == [subject]
    event = ear.heard[0]
    assert (event.kind, event.practice_id, event.patient_id) == (
        "item",
        world.practice,
        world.patient,
    )
    await ear.stop()


async def test_what_commits_late_is_not_missed(world: World, feed: Feed) -> None:
    """A begins, B begins and commits, then A commits: both are heard, A first."""
    ear = Ear(feed, world, await feed.position())
    first = fresh_id(world.clock)
    async with world.app.work([world.practice], world.practice) as work:
        await add(work, world.practice, world.clock.now(), "item", first)
        second = await change(world)
        await asyncio.sleep(0.2)
        while_open = list(ear.heard)
    heard = await ear.has(2)

    assert while_open == []
    assert heard == [first, second]
    await ear.stop()


async def test_a_stream_resumes_after_any_event(world: World, feed: Feed) -> None:
    """From each event's id on, exactly the rest is heard, in the same order."""
    start = await feed.position()
    await asyncio.gather(*(change(world) for _ in range(12)))
    whole = Ear(feed, world, start)
    subjects = await whole.has(12)
    for place in (0, 5, 10):
        rest = Ear(feed, world, whole.heard[place].id)
        assert await rest.has(11 - place) == subjects[place + 1 :]
        await rest.stop()
    await whole.stop()


async def test_nothing_is_missed_or_doubled_under_load(world: World, feed: Feed) -> None:
    """Writers of every speed, a reader that hangs up and comes back: each event once."""
    start = await feed.position()
    subjects: list[UUID] = []

    async def write(number: int) -> None:
        for turn in range(6):
            subject = fresh_id(world.clock)
            async with world.app.work([world.practice], world.practice) as work:
                await add(work, world.practice, world.clock.now(), "message", subject)
                await asyncio.sleep(0.01 * ((number + turn) % 4))
            subjects.append(subject)

    heard: list[UUID] = []

    async def read() -> None:
        cursor = start
        while len(heard) < 24:
            async for came in feed.listen([world.practice], cursor):
                # Only some of what came is taken: the rest comes again from where that ends.
                taken = came[:3]
                heard.extend(event.subject_id for event in taken)
                cursor = taken[-1].id
                if len(taken) < len(came) or len(heard) == 24:
                    break

    async with asyncio.timeout(20):
        await asyncio.gather(read(), *(write(number) for number in range(4)))

    assert sorted(heard) == sorted(subjects)


async def test_the_feed_stays_inside_the_practice(world: World, feed: Feed, vault: Vault) -> None:
    """Who listens to one practice hears nothing of another, over the same reader."""
    other = await found_world(world.app, "", vault, world.clock, to="+16025550124", rows=world.rows)
    here, there = Ear(feed, world, await feed.position()), Ear(feed, other, await feed.position())
    mine, theirs = await change(world), await change(other)

    assert (await here.has(1), await there.has(1)) == ([mine], [theirs])
    await here.stop()
    await there.stop()


async def test_a_slow_listener_is_dropped(world: World, databases: Databases) -> None:
    """Its stream ends instead of growing; what it took last is where it resumes."""
    feed = Feed(databases.app, poll_seconds=0.02, most_waiting=3)
    stream = feed.listen([world.practice], await feed.position())
    listening = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.1)
    first = await change(world)
    (event,) = await listening
    rest = [await change(world) for _ in range(6)]
    await asyncio.sleep(0.2)
    ended = [late async for late in stream]
    again = Ear(feed, world, event.id)

    assert event.subject_id == first
    assert ended == []
    assert await again.has(6) == rest
    await again.stop()
    await feed.close()


@pytest.mark.parametrize("cursor", ["", "7", "-1-2", "7-", "a-b", "9" * 20 + "-0", "9999999999-1"])
async def test_a_place_that_is_none_is_refused(world: World, feed: Feed, cursor: str) -> None:
    """A forged cursor, or one from before a restore, is an error and not a silence."""
    with pytest.raises(BadCursor):
        await anext(feed.listen([world.practice], cursor))
