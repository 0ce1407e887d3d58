"""The judge of the storms bites: each way to lose or double something is a sentence."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from engage.appointments import offering
from engage.appointments.waiters import store as waiters
from engage.appointments.waiting import Offer
from engage.clock import SettableClock, fresh_id
from engage.db.sealing import MasterKeys
from engage.db.vault import Vault
from engage.ids import MessageId, OfferId
from engage.turns.take import Turns
from tests.conftest import SECRET, Databases
from tests.fakes.booking import STAFF, Book
from tests.fakes.practice import (
    LIBRARY,
    Place,
    Raw,
    SilentBell,
    add_patient,
    open_practice,
    raw,
    screen,
    text_from,
)
from tests.storm.comparison import CRISIS, compare
from tests.storm.fakecarrier import FakeCarrier, Row

pytestmark = pytest.mark.database

ROSA = "+16025551001"


class Scene(NamedTuple):
    """A practice that has heard from Rosa and has a text on its way, and its carrier."""

    rows: Raw
    carrier: FakeCarrier
    place: Place
    text: MessageId

    async def judged(self, *thanked: str) -> list[str]:
        """Return the judgement."""
        return await compare(self.rows, self.carrier, MasterKeys([SECRET]), thanked=thanked)


@pytest.fixture
async def scene(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[Scene]:
    """Let Rosa write of a crisis, and let everything be as it should be."""
    place = await open_practice(databases.app, vault, clock)
    turns = Turns(
        database=databases.app, vault=vault, clock=clock, library=LIBRARY, bell=SilentBell()
    )
    patient = await add_patient(databases.app, place, clock, ROSA)
    await screen(turns, databases.app, place, clock, patient)
    carrier = FakeCarrier(place.door.account, place.door.number, "http://127.0.0.1:8000")
    clock.advance(timedelta(minutes=1))
    came = carrier.write(ROSA, CRISIS)
    await turns.text_in(place.door, text_from(place, ROSA, CRISIS, came.sid))
    async with raw(databases.urls["admin"]) as rows:
        # All that was to leave has left.
        left = await rows.fetch("SELECT id FROM message WHERE direction = 'out' ORDER BY id")
        for number, row in enumerate(left):
            sid = f"SM{900 + number:032x}"
            own = MasterKeys([SECRET]).callback_token(place.id, row["id"])
            form = {"To": ROSA, "From": place.door.number, "Body": ""}
            carrier.ledger.append(Row(sid, form, clock.now(), own=own))
            await rows.execute(
                "UPDATE message SET status = 'delivered', carrier_sid = $2 WHERE id = $1",
                row["id"],
                sid,
            )
        await rows.execute("DELETE FROM due WHERE kind NOT IN ('timer', 'page')")
        yield Scene(rows, carrier, place, MessageId(left[0]["id"]))


async def test_all_is_well(scene: Scene) -> None:
    """Where ledger and rows agree there is nothing to say."""
    assert await scene.judged(scene.carrier.came[0].sid) == []


async def test_a_lost_text_is_seen(scene: Scene) -> None:
    """A text that was thanked for and one that the carrier alone knows are both missed."""
    other = scene.carrier.write(ROSA, "1")
    wrong = await scene.judged(other.sid)
    assert wrong == [
        f"{other.sid} was thanked for and is not stored",
        f"{other.sid} is at the carrier and not stored",
    ]


async def test_a_text_that_left_twice_is_seen(scene: Scene) -> None:
    """A second copy under our own id is one too many."""
    first = scene.carrier.sent[0]
    scene.carrier.ledger.append(Row("SM" + "e" * 32, first.form, first.at, own=first.own))
    assert [one for one in await scene.judged() if "left 2 times" in one]


async def test_a_text_that_nobody_knows_is_seen(scene: Scene) -> None:
    """What left without a row that says so is seen, and what a row says that never left."""
    first = scene.carrier.sent[0]
    scene.carrier.ledger.remove(first)
    assert [one for one in await scene.judged() if "never left" in one]
    scene.carrier.ledger.append(Row("SM" + "e" * 32, first.form, first.at, own="forged"))
    assert [one for one in await scene.judged() if "no row says so" in one]


async def test_a_time_of_two_people_is_seen(
    scene: Scene, databases: Databases, clock: SettableClock
) -> None:
    """A time that was won twice, or that no visit of the winner has, is one promise too many."""
    book = Book(databases.app, scene.place, clock)
    (only,) = await book.open(1)
    for number in range(2):
        person = await add_patient(databases.app, scene.place, clock, None, f"Person{number}")
        async with databases.app.work([scene.place.id], scene.place.id) as work:
            entry = await offering.join(work, scene.place.id, book.waits(person), STAFF)
            offer = Offer(
                practice_id=scene.place.id,
                id=OfferId(fresh_id(clock)),
                slot_id=only.id,
                waiting_id=entry.id,
                patient_id=person,
                at=clock.now(),
            )
            await waiters.offer(work, offer)
            if not number:
                await offering.take_offer(work, scene.place.keys, offer.id, STAFF, clock.now())
    assert await scene.judged() == []
    await scene.rows.execute("UPDATE slot_offer SET status = 'won'")
    assert await scene.judged() == [
        "a time was won 2 times",
        "1 times were won and are not in the winner's visit",
        "2 offers have won 1 taken times",
    ]


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("UPDATE message SET handled_at = NULL WHERE direction = 'in'", "never handled"),
        ("UPDATE message SET status = 'sending' WHERE direction = 'out'", "sending"),
        ("UPDATE flag SET severity = 'routine'", "is a crisis and nobody's"),
        ("UPDATE membership SET until_at = now()", "have no owner"),
        ("DELETE FROM receipt", "receipts"),
        ("DELETE FROM due WHERE kind = 'page'", "nobody is told any more"),
        (
            (
                "INSERT INTO due (kind, id, practice_id, due_at) "
                "SELECT 'inbox', id, practice_id, now() FROM message WHERE direction = 'in'"
            ),
            "rows of inbox are left",
        ),
    ],
)
async def test_what_is_broken_is_said(scene: Scene, broken: str, sentence: str) -> None:
    """Each broken promise has its sentence."""
    await scene.rows.execute(broken)
    assert [one for one in await scene.judged() if sentence in one]
