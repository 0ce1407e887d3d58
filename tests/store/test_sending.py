"""Pace, caps and the account, on real rows: what waits keeps its place, trouble is told once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.ids import MessageId
from engage.jobs.loops import Loop
from engage.messaging import sending
from engage.messaging.carrier import Found, Refused, Throttled, Unknown, classify
from engage.messaging.doors import Doors
from engage.messaging.outbox import Outbox, Policy
from engage.messaging.pacing import Rate
from engage.messaging.sending import store
from engage.messaging.webhook_form import StatusReport
from engage.turns.take import Turns
from tests.conftest import Databases
from tests.fakes.carrier import SID, FakeCarrier
from tests.fakes.practice import LIBRARY, SilentBell
from tests.fakes.world import World, found_world


class Sender:
    """A worker's outbox and its loop."""

    def __init__(
        self, databases: Databases, vault: Vault, clock: SettableClock, rate: Rate | None = None
    ) -> None:
        """Build both."""
        self.carrier = FakeCarrier()
        self._databases, self._clock = databases, clock
        self.outbox = Outbox(
            database=databases.worker,
            vault=vault,
            clock=clock,
            carrier=self.carrier,
            doors=Doors(databases.worker, vault),
            public_url="https://engage.example.org",
            policy=Policy(rate=rate or Rate()),
        )
        self.turns = Turns(
            database=databases.worker, vault=vault, clock=clock, library=LIBRARY, bell=SilentBell()
        )

    async def drain(self) -> None:
        """Send all that may leave now."""

        async def act(row: object) -> None:
            await self.outbox.send(row.practice_id, MessageId(row.id), row.tries)  # type: ignore[attr-defined] # a Claimed

        # One slot: what the carrier gets is what was claimed, in this order.
        loop = Loop("outbox", act, database=self._databases.worker, clock=self._clock, slots=1)
        await loop.drain()


@pytest.fixture
async def world(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[World]:
    """One practice with one patient who may be texted."""
    made = await found_world(databases.app, databases.urls["admin"], vault, clock)
    yield made
    await made.rows.close()


@pytest.fixture
def sender(databases: Databases, vault: Vault, clock: SettableClock) -> Sender:
    """Three segments at once, and one a second."""
    return Sender(databases, vault, clock, Rate(1.0, 3, 2000))


def refused(code: int) -> Refused:
    """Return a refusal as the carrier gives it."""
    return Refused(code, classify(code).effect)


async def lines(world: World, count: int, kind: str = "reply") -> list[MessageId]:
    """Queue texts, each a moment older than the next."""
    assert isinstance(world.clock, SettableClock)
    texts: list[MessageId] = []
    for _ in range(count):
        world.clock.advance(timedelta(milliseconds=1))
        texts.append(await world.queue(kind=kind))
    return texts


async def items(world: World) -> list[tuple[str, str]]:
    """Return the open work about the practice and its reasons."""
    found = await world.rows.fetch(
        "SELECT q.subject, f.reason FROM queue_item q JOIN flag f ON f.item_id = q.id"
        " WHERE q.about_id = $1 AND q.closed_at IS NULL ORDER BY f.id",
        world.practice,
    )
    return [tuple(row) for row in found]


async def told(world: World, sender: Sender) -> None:
    """Do what the loop "account" would."""
    if await world.rows.fetchval("SELECT count(*) FROM due WHERE kind = 'account'"):
        await sender.turns.account_told(world.practice)


# Pace


async def test_a_number_sends_as_fast_as_it_may(
    world: World, sender: Sender, clock: SettableClock
) -> None:
    """A burst leaves at once, then one segment a second, in the order in which they were queued."""
    texts = await lines(world, 5)

    await sender.drain()
    at_once = len(sender.carrier.sent)
    clock.advance(timedelta(seconds=1))
    await sender.drain()

    assert (at_once, len(sender.carrier.sent)) == (3, 4)
    assert [await world.state(text) for text in texts] == [*["accepted"] * 4, "queued"]
    assert await world.rows.fetchval("SELECT segments FROM sending_day") == 4


async def test_what_waits_for_its_number_burns_no_try(world: World, sender: Sender) -> None:
    """However often it is looked at, a text that waits has not been tried."""
    texts = await lines(world, 5)

    for _ in range(4):
        await sender.drain()

    tries = await world.rows.fetchval("SELECT max(tries) FROM due WHERE id = $1", texts[-1])
    assert tries == 0


async def test_a_safety_text_passes_an_exhausted_number(world: World, sender: Sender) -> None:
    """Where help is, is said at once."""
    await lines(world, 5)
    await sender.drain()

    safety = await world.queue(kind="safety")
    await sender.drain()

    assert await world.state(safety) == "accepted"


# The account


async def test_a_stopped_account_holds_its_texts_and_a_human_is_told_once(
    world: World, sender: Sender, clock: SettableClock
) -> None:
    """Refused credentials stop all sending; nothing is lost, one item says it, a lift ends it."""
    sender.carrier.outcome = refused(20003)
    texts = await lines(world, 3)
    for _ in range(3):
        await sender.drain()
        await told(world, sender)
        clock.advance(timedelta(minutes=1))
    asked = len(sender.carrier.sent)

    sender.carrier.outcome = FakeCarrier().outcome
    async with world.app.work([world.practice], world.practice) as work:
        assert await sending.lift(work, world.practice, clock.now())
    await sender.drain()

    assert asked == 1
    assert await items(world) == [("texting", "texting-stopped")]
    assert [await world.state(text) for text in texts] == ["accepted"] * 3


async def test_a_pause_ends_by_itself(world: World, sender: Sender, clock: SettableClock) -> None:
    """An account at its hourly cap asks again after the hour, once, and told once."""
    effect = classify(60728).effect
    sender.carrier.outcome = Throttled(effect.wait_seconds, 60728, effect)
    (text,) = await lines(world, 1)
    await sender.drain()
    await told(world, sender)
    await sender.drain()
    paused = len(sender.carrier.sent)

    sender.carrier.outcome = FakeCarrier().outcome
    clock.advance(timedelta(seconds=effect.wait_seconds))
    await sender.drain()

    assert paused == 1
    assert await world.state(text) == "accepted"
    assert await items(world) == [("texting", "texting-paused")]


async def test_a_busy_carrier_slows_the_whole_account_down(
    world: World, sender: Sender, clock: SettableClock
) -> None:
    """One "too many requests" keeps the others back, twice as long each time; nobody is told."""
    effect = classify(20429).effect
    sender.carrier.outcome = Throttled(effect.wait_seconds, 20429, effect)
    await lines(world, 3)
    waits: list[timedelta] = []
    for _ in range(3):
        await sender.drain()
        until = await world.rows.fetchval("SELECT until_at FROM sending")
        assert until is not None
        waits.append(until - clock.now())
        clock.set(until)
        await world.rows.execute("UPDATE due SET due_at = $1 WHERE kind = 'outbox'", clock.now())

    assert len(sender.carrier.sent) == 3
    assert [wait.total_seconds() for wait in waits] == [2, 4, 8]
    await told(world, sender)
    assert await items(world) == []


async def test_a_report_may_stop_an_account(world: World, sender: Sender) -> None:
    """A suspension that only a status report mentions stops the account as well."""
    (text,) = await lines(world, 1)
    await sender.drain()
    account = "AC" + world.practice.hex

    await sender.outbox.report(world.practice, text, StatusReport(SID, account, "failed", 30002))

    async with world.app.work([world.practice]) as work:
        stands = await store.of(work, world.practice)
    assert stands is not None
    assert (stands.effect, stands.error_code) == ("stop", 30002)


async def test_a_held_account_still_tries_safety_texts_and_says_so(
    world: World, sender: Sender
) -> None:
    """A safety text is tried although the account is stopped, and fails loudly, not in silence."""
    sender.carrier.outcome = refused(20003)
    await lines(world, 1)
    await sender.drain()
    safety = await world.queue(kind="safety")

    await sender.drain()
    await sender.outbox.send(world.practice, safety, 2)

    assert len(sender.carrier.sent) == 3
    assert await world.state(safety) == "refused"
    assert "outcome" in await world.due(safety)


# Money


async def test_a_cap_stops_routine_texts_and_is_told_once(
    world: World, sender: Sender, clock: SettableClock
) -> None:
    """Rule 28: at the cap routine texts wait for tomorrow, answers leave, one item says it."""
    async with world.app.work([world.practice], world.practice) as work:
        await store.found(work, world.practice)
        await store.set_limits(work, world.practice, 5, None)
    (answer,) = await lines(world, 1)
    await sender.drain()
    # As if three more had left today.
    await world.rows.execute("UPDATE sending_day SET segments = 4")
    routine = await world.queue(kind="visit-3h")
    clock.advance(timedelta(minutes=2))
    another = await world.queue(kind="reply")

    for _ in range(2):
        await sender.drain()
        await told(world, sender)

    assert await world.state(answer) == "accepted"
    assert await world.state(routine) == "queued"
    assert await world.state(another) == "accepted"
    assert await items(world) == [("texting", "texting-cap-reached")]


async def test_three_times_the_usual_is_told(world: World, sender: Sender) -> None:
    """Rule 28: an unusual day opens one item, and the texts still leave."""
    number = await world.rows.fetchval("SELECT id FROM practice_number")
    await world.rows.execute(
        "INSERT INTO sending_day VALUES ($1, $2, '2026-11-20', 100), ($1, $2, '2026-11-24', 299)",
        world.practice,
        number,
    )
    await lines(world, 2)

    await sender.drain()
    await told(world, sender)

    assert len(sender.carrier.sent) == 2
    assert await items(world) == [("texting", "texting-unusual")]


# What may have left (R7)


async def lost(world: World, sender: Sender, kind: str) -> MessageId:
    """Send a text whose answer is lost, and look for it as often as one looks."""
    sender.carrier.outcome = Unknown("timeout")
    message = await world.queue(kind=kind)
    await sender.outbox.send(world.practice, message)
    for tries in (1, 2, 3):
        await sender.outbox.resolve(world.practice, message, tries)
    return message


async def test_a_lost_safety_text_is_sent_once_more_and_no_oftener(
    world: World, sender: Sender
) -> None:
    """R7: no callback and no match: once more; lost again, it stays unknown and is told."""
    message = await lost(world, sender, "safety")
    once_more = await world.state(message), await world.due(message)
    await sender.drain()
    for tries in (1, 2, 3):
        await sender.outbox.resolve(world.practice, message, tries)

    assert once_more == ("queued", {"outbox"})
    assert len(sender.carrier.sent) == 2
    assert await world.state(message) == "unknown"
    assert await world.due(message) == {"outcome"}


async def test_a_lost_routine_text_is_never_sent_again(world: World, sender: Sender) -> None:
    """R7: a check-in whose fate nobody knows is not repeated; the care manager is told."""
    message = await lost(world, sender, "reply")
    await sender.drain()

    assert len(sender.carrier.sent) == 1
    assert await world.due(message) == {"outcome"}


async def test_a_safety_text_that_nobody_could_be_asked_about_is_not_repeated(
    world: World, sender: Sender
) -> None:
    """R7: not asked is not the same as not there."""
    sender.carrier.silent = True
    message = await lost(world, sender, "safety")
    for tries in (4, 5, 6):
        await sender.outbox.resolve(world.practice, message, tries)

    assert len(sender.carrier.sent) == 1
    assert await world.due(message) == {"outcome"}


async def test_a_found_text_is_not_sent_again(world: World, sender: Sender) -> None:
    """R7: what the carrier's list has is adopted, whatever its class."""
    sender.carrier.has = Found(SID, "sent")
    message = await lost(world, sender, "safety")

    assert (await world.state(message), len(sender.carrier.sent)) == ("sent", 1)


async def test_four_workers_charge_a_text_once(world: World, sender: Sender) -> None:
    """What leaves once is paid for once."""
    message = await world.queue(kind="reply")

    await asyncio.gather(*(sender.outbox.send(world.practice, message) for _ in range(4)))

    assert await world.rows.fetchval("SELECT segments FROM sending_day") == 1
