"""Doors and the simulated carrier: whose number it is, and what left for which phone."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.ids import MessageId, PatientId, ThreadId
from engage.messaging.doors import Doors
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.may_text import Facts
from engage.messaging.outbox import SIMULATED, Outbox
from engage.messaging.simulator import ALL_LOST, SimulatorCarrier
from engage.messaging.threads import store as threads
from tests.conftest import Databases
from tests.fakes.world import NUMBER, PHONE, World, found_world

FINE = Facts(has_phone=True, patient_active=True, opted_out=False)
STOPPED = Facts(has_phone=True, patient_active=True, opted_out=True)
PHONELESS = Facts(has_phone=False, patient_active=True, opted_out=False)
INACTIVE = Facts(has_phone=True, patient_active=False, opted_out=False)


@pytest.fixture
async def world(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[World]:
    """One practice with one patient who may be texted."""
    made = await found_world(databases.app, databases.urls["admin"], vault, clock)
    yield made
    await made.rows.close()


async def nobody(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Answer no report."""
    return 0


class Simulated:
    """The outbox over the simulated carrier and its ledger."""

    def __init__(self, databases: Databases, vault: Vault, clock: SettableClock) -> None:
        """Build it as wiring does."""
        doors = Doors(databases.worker, vault)
        self.ledger = SimulatorLedger(databases.worker, vault, doors)
        self.carrier = SimulatorCarrier(self.ledger, nobody, clock, pace_seconds=0)
        self.outbox = Outbox(
            database=databases.worker,
            vault=vault,
            clock=clock,
            carrier=self.carrier,
            doors=doors,
            public_url="http://127.0.0.1:8000",
            policy=SIMULATED,
        )

    async def send(self, world: World, words: str) -> MessageId:
        """Queue a text and send it."""
        message = await world.queue(words)
        await self.outbox.send(world.practice, message)
        return message


async def test_a_door_is_a_number_and_an_account(
    world: World, databases: Databases, vault: Vault
) -> None:
    """The practice's own number on its own account opens; anything else finds nothing."""
    doors = Doors(databases.app, vault)

    door = await doors.find(NUMBER, world.account.account_sid)

    assert door is not None
    assert (door.practice_id, door.account) == (world.practice, world.account)
    assert await doors.find(NUMBER, "AC" + "0" * 32) is None
    assert await doors.find("+16025550000", world.account.account_sid) is None
    assert repr(door) == "Door(…)"


async def test_one_number_on_two_accounts_is_two_practices(
    world: World, databases: Databases, vault: Vault
) -> None:
    """The account decides: the same number never opens another practice's door."""
    other = await found_world(world.app, "", vault, world.clock, to="+16025550124", rows=world.rows)
    doors = Doors(databases.app, vault)

    found = [await doors.find(NUMBER, one.account.account_sid) for one in (world, other)]

    assert [one.practice_id if one else None for one in found] == [world.practice, other.practice]


async def test_what_left_is_in_the_ledger(
    world: World, databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """Texts are found by number, in order, and neither words nor number stand there in clear."""
    simulated = Simulated(databases, vault, clock)
    await simulated.send(world, "First, Rosa")
    clock.advance(timedelta(seconds=1))
    await simulated.send(world, "Second")

    left = await simulated.ledger.messages([world.practice], PHONE)

    assert [one.body for one in left] == ["First, Rosa", "Second"]
    assert await simulated.ledger.messages([world.practice], "+16025550999") == []
    raw = str([tuple(row) for row in await world.rows.fetch("SELECT * FROM simulator_text")])
    assert "Rosa" not in raw
    assert PHONE not in raw
    found = await simulated.carrier.fetch(world.account, left[0].sid)
    assert found is not None
    assert found.status == "delivered"
    await simulated.carrier.aclose()


async def test_a_lost_answer_is_found_in_the_ledger(
    databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """Two texts with the same words, both answers lost: each is found, and as itself."""
    world = await found_world(databases.app, databases.urls["admin"], vault, clock, to=ALL_LOST)
    simulated = Simulated(databases, vault, clock)
    sent = [await simulated.send(world, "Same words") for _ in range(2)]
    before = [await world.state(one) for one in sent]
    for one in sent:
        await simulated.outbox.resolve(world.practice, one, 1)
    rows = [await world.text(one) for one in sent]
    await world.rows.close()

    assert before == ["unknown", "unknown"]
    assert [row["status"] for row in rows] == ["delivered", "delivered"]
    assert len({row["carrier_sid"] for row in rows}) == 2


async def test_a_thread_is_read_page_by_page(world: World) -> None:
    """Newest first, from any text on, with the words opened."""
    sent: list[MessageId] = []
    for number in range(5):
        sent.append(await world.queue(f"Text {number}"))
        assert isinstance(world.clock, SettableClock)
        world.clock.advance(timedelta(seconds=1))
    async with world.app.work([world.practice]) as work:
        first = await threads.thread_messages(work, world.keys, world.thread, None, 2)
        rest = await threads.thread_messages(work, world.keys, world.thread, first[-1].id, 9)
        one = await threads.thread_of(work, world.practice, world.thread)
        none = await threads.thread_of(work, world.practice, ThreadId(world.patient))

    assert [text.id for text in (*first, *rest)] == sent[::-1]
    assert first[0].body == "Text 4"
    assert repr(first[0]) == "Message(…)"
    assert one is not None
    assert (one.id, one.patient_id, none) == (world.thread, world.patient, None)


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ("SELECT 1", FINE),
        (
            "UPDATE line SET opted_out_at = now()",
            Facts(has_phone=True, patient_active=True, opted_out=True),
        ),
        (
            "UPDATE phone_use SET until_at = now()",
            Facts(has_phone=False, patient_active=True, opted_out=False),
        ),
        (
            "UPDATE patient SET status = 'inactive'",
            Facts(has_phone=True, patient_active=False, opted_out=False),
        ),
    ],
)
async def test_the_patients_page_sees_what_the_outbox_sees(
    world: World, change: str, facts: Facts
) -> None:
    """Why somebody is not texted is answered from the same facts as the sending."""
    await world.rows.execute(change)
    async with world.app.work([world.practice]) as work:
        found = await threads.texting_facts(work, world.practice, world.patient)
        missing = await threads.texting_facts(work, world.practice, PatientId(world.practice))

    assert (found, missing) == (facts, None)
