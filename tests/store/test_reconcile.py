"""What no webhook brought is fetched, what was never reported is asked after (R8)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.messaging.carrier import Arrived, Found
from engage.messaging.doors import Door, Doors
from engage.messaging.outbox import Outbox
from engage.messaging.reconcile import EVERY, Reconciler, asked_now
from engage.messaging.sending import store
from engage.messaging.webhook_form import InboundText
from engage.turns.take import Turns
from tests.conftest import Databases
from tests.fakes.carrier import FakeCarrier
from tests.fakes.practice import LIBRARY, SilentBell
from tests.fakes.world import NUMBER, PHONE, World, found_world


@pytest.fixture
async def world(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[World]:
    """One practice with one patient who may be texted."""
    made = await found_world(databases.app, databases.urls["admin"], vault, clock)
    yield made
    await made.rows.close()


class Round:
    """A worker that reconciles."""

    def __init__(self, databases: Databases, vault: Vault, clock: SettableClock) -> None:
        """Build it with a carrier that does as it is told."""
        self.carrier = FakeCarrier()
        self.clock = clock
        self.doors = Doors(databases.worker, vault)
        self.turns = Turns(
            database=databases.worker, vault=vault, clock=clock, library=LIBRARY, bell=SilentBell()
        )
        self.outbox = Outbox(
            database=databases.worker,
            vault=vault,
            clock=clock,
            carrier=self.carrier,
            doors=self.doors,
            public_url="https://engage.example.org",
        )
        self.reconciler = Reconciler(
            database=databases.worker,
            clock=clock,
            carrier=self.carrier,
            doors=self.doors,
            reports=self.outbox,
            texts=self.turns,
        )

    async def door(self, world: World) -> Door:
        """Return the practice's door."""
        (door,) = await self.doors.by_practice(world.practice)
        return door

    def came(self, world: World, count: int, *, first: int = 0) -> list[InboundText]:
        """Let the carrier have texts that came in over the last minutes."""
        texts = [
            InboundText(f"SM{n:032x}", world.account.account_sid, PHONE, NUMBER, f"Text {n}")
            for n in range(first, first + count)
        ]
        for place, text in enumerate(texts):
            at = self.clock.now() - timedelta(minutes=8) + timedelta(seconds=place)
            self.carrier.came.append(Arrived(text, at))
        return texts


@pytest.fixture
def reconcile(databases: Databases, vault: Vault, clock: SettableClock) -> Round:
    """Build a worker that reconciles."""
    return Round(databases, vault, clock)


async def test_what_no_webhook_brought_is_fetched_once(world: World, reconcile: Round) -> None:
    """R8: of a hundred texts five webhooks were lost; after a round all are there, none twice."""
    texts = reconcile.came(world, 100)
    door = await reconcile.door(world)
    for place, text in enumerate(texts):
        if place % 20:
            await reconcile.turns.text_in(door, text, turn=False)

    for _ in range(3):
        await reconcile.reconciler.reconcile(world.practice)
        reconcile.clock.advance(EVERY)

    assert await world.count("receipt") == 100
    assert await world.rows.fetchval("SELECT count(*) FROM message WHERE direction = 'in'") == 100


async def test_a_fetched_text_waits_for_a_worker(world: World, reconcile: Round) -> None:
    """R8: it is recorded as at the fallback door, and due like any other unread text."""
    reconcile.came(world, 1)

    await reconcile.reconciler.reconcile(world.practice)

    (due,) = await world.rows.fetch("SELECT id FROM due WHERE kind = 'inbox'")
    assert await world.rows.fetchval(
        "SELECT handled_at IS NULL FROM message WHERE id = $1", due["id"]
    )


async def test_an_outage_of_the_carrier_leaves_no_gap(world: World, reconcile: Round) -> None:
    """R8: what came in while the carrier could not be asked is fetched when it answers again."""
    await reconcile.reconciler.reconcile(world.practice)
    reconcile.carrier.silent = True
    reconcile.clock.advance(timedelta(minutes=30))
    reconcile.came(world, 3)
    for _ in range(2):
        reconcile.clock.advance(timedelta(hours=3))
        await reconcile.reconciler.reconcile(world.practice)
    missing = await world.count("receipt")

    reconcile.carrier.silent = False
    await reconcile.reconciler.reconcile(world.practice)

    assert (missing, await world.count("receipt")) == (0, 3)


async def test_each_round_arms_the_next(world: World, reconcile: Round) -> None:
    """R8: a practice is looked at every two minutes, from the moment it has a number."""
    armed = await world.rows.fetchval("SELECT count(*) FROM due WHERE kind = 'reconcile'")
    await reconcile.reconciler.reconcile(world.practice)

    following = await world.rows.fetchval("SELECT due_at FROM due WHERE kind = 'reconcile'")
    assert (armed, following) == (1, reconcile.clock.now() + EVERY)


async def test_a_text_still_on_its_way_to_our_door_is_left_to_it(
    world: World, reconcile: Round
) -> None:
    """A text of the last seconds is the webhook's: fetching it would only make it later."""
    text = InboundText("SM" + "c" * 32, world.account.account_sid, PHONE, NUMBER, "Hello")
    reconcile.carrier.came.append(Arrived(text, reconcile.clock.now()))

    await reconcile.reconciler.reconcile(world.practice)
    at_once = await world.count("receipt")
    reconcile.clock.advance(EVERY)
    await reconcile.reconciler.reconcile(world.practice)

    assert (at_once, await world.count("receipt")) == (0, 1)


async def test_what_was_never_reported_is_asked_after(world: World, reconcile: Round) -> None:
    """R7: a text without a report is asked after at ten minutes, and rarely after that."""
    message = await world.queue(kind="reply")
    await reconcile.outbox.send(world.practice, message)
    asked: list[int] = []
    for _ in range(7):
        await reconcile.reconciler.reconcile(world.practice)
        asked.append(len(reconcile.carrier.fetched))
        reconcile.clock.advance(EVERY)
    reconcile.carrier.has = Found("SM" + "a" * 32, "delivered")
    reconcile.clock.advance(timedelta(minutes=10))
    await reconcile.reconciler.reconcile(world.practice)

    assert asked == [0, 0, 0, 0, 0, 1, 1]
    assert await world.state(message) == "delivered"


def test_a_text_is_asked_after_nine_times_in_a_day_and_a_half(clock: SettableClock) -> None:
    """Rounds every two minutes ask nine times, however long "sent" stays the last word."""
    left = clock.now()
    asked = 0
    for _ in range(2000):
        before = clock.now()
        clock.advance(EVERY)
        asked += asked_now(left, before, clock.now())

    assert asked == 9


async def test_old_words_are_blanked_at_the_carrier_if_the_practice_wishes(
    world: World, reconcile: Round
) -> None:
    """After the days agreed on the carrier forgets the words, ours and theirs, each once."""
    message = await world.queue(kind="reply")
    await reconcile.outbox.send(world.practice, message)
    (text,) = reconcile.came(world, 1)
    await reconcile.turns.text_in(await reconcile.door(world), text, turn=False)
    reconcile.clock.advance(timedelta(days=3))
    await reconcile.reconciler.reconcile(world.practice)
    without = list(reconcile.carrier.blanked)

    async with world.app.work([world.practice], world.practice) as work:
        await store.set_limits(work, world.practice, None, 2)
    for _ in range(2):
        await reconcile.reconciler.reconcile(world.practice)

    assert without == []
    assert sorted(reconcile.carrier.blanked) == [text.sid, "SM" + "a" * 32]


async def test_a_text_found_late_stands_where_it_came(world: World, reconcile: Round) -> None:
    """Behaviours 2 and 17: an old START opens no line that a later STOP closed."""
    door = await reconcile.door(world)
    said = [
        InboundText(f"SM{n:032x}", world.account.account_sid, PHONE, NUMBER, word)
        for n, word in enumerate(("STOP", "START", "STOP"))
    ]
    await reconcile.turns.text_in(door, said[0])
    reconcile.clock.advance(timedelta(minutes=1))
    started = reconcile.clock.now()  # its webhook is lost
    reconcile.clock.advance(timedelta(minutes=1))
    await reconcile.turns.text_in(door, said[2])
    reconcile.clock.advance(timedelta(minutes=1))
    reconcile.carrier.came.append(Arrived(said[1], started))

    await reconcile.reconciler.reconcile(world.practice)
    (late,) = await world.rows.fetch("SELECT id FROM due WHERE kind = 'inbox'")
    await reconcile.turns.retry_text(world.practice, late["id"], 1)

    assert await world.rows.fetchval("SELECT opted_out_at FROM line") is not None
    assert await world.rows.fetchval("SELECT at FROM message WHERE id = $1", late["id"]) == started
