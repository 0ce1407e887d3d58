"""Many people want few times, on many connections at once: one each, nobody twice, all answered.

`make race` plays it with two thousand people for a hundred times.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.appointments import keeping, offering, slotting
from engage.appointments.appointment import Span
from engage.appointments.keeping import NewVisit
from engage.appointments.offering import Lost, Won
from engage.appointments.refusals import WrongVisitStep
from engage.appointments.seating import KEEPS
from engage.appointments.slot import Slot, SlotGone
from engage.appointments.waiters import store as waiters
from engage.appointments.waiting import Offer
from engage.appointments.words import Teller
from engage.clock import fresh_id
from engage.db.session import Database
from engage.ids import AppointmentId, ConversationId, OfferId, PatientId
from tests.fakes import practice as fakes
from tests.fakes.booking import FIRST, HALF_AN_HOUR, Book
from tests.store.conftest import House

pytestmark = pytest.mark.database

PEOPLE = int(os.environ.get("RACE_PEOPLE", "300"))
TIMES = int(os.environ.get("RACE_TIMES", "20"))
CONNECTIONS = 16
PERSON = Teller("patient")

NEW_PEOPLE = """
INSERT INTO patient (practice_id, id, external_id, given_name, family_name, search, language,
                     status, version, created_at)
SELECT $1, one, 'R-' || one, 'Ana', 'Racer', 'ana racer', 'en', 'active', 1, $3
FROM unnest($2::uuid[]) AS one
"""


@pytest.fixture
async def many(house: House) -> AsyncIterator[Database]:
    """Open the app's database with many connections."""
    database = await Database.open(
        house.databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=CONNECTIONS
    )
    yield database
    await database.close()


async def people(house: House, count: int) -> list[PatientId]:
    """Add people without phones."""
    some = [PatientId(fresh_id(house.clock)) for _ in range(count)]
    async with fakes.raw(house.databases.urls["admin"]) as admin:
        await admin.execute(NEW_PEOPLE, house.place.id, some, house.clock.now())
    return some


async def all_at_once(some: Iterable[Awaitable[str]]) -> Counter[str]:
    """Let everything run at once and count what became of it; an error is the test's."""
    return Counter(await asyncio.gather(*some))


async def test_few_times_for_many_people(house: House, many: Database) -> None:
    """As many winners as there are times, a visit each, and every loser hears that it is gone."""
    book = Book(house.databases.app, house.place, house.clock)
    slots = await book.open(TIMES)
    crowd = await people(house, PEOPLE)
    practice, keys, at = house.place.id, house.place.keys, house.clock.now()
    offers: dict[PatientId, OfferId] = {}
    async with house.databases.app.work([practice], practice) as work:
        for number, person in enumerate(crowd[::2]):
            entry = book.waits(person)
            await waiters.add(work, entry)
            new = Offer(
                practice_id=practice,
                id=OfferId(fresh_id(house.clock)),
                slot_id=slots[number % TIMES].id,
                waiting_id=entry.id,
                patient_id=person,
                # Some were told, some are just being told.
                conversation_id=ConversationId(fresh_id(house.clock)) if number % 3 else None,
                at=at,
            )
            offers[person] = await waiters.offer(work, new)

    async def answers(person: PatientId) -> str:
        async with many.work([practice], practice) as work:
            outcome = await offering.take_offer(work, keys, offers[person], PERSON, at)
        match outcome:
            case Won():
                return "won"
            case Lost():
                return "lost"

    async def chooses(person: PatientId, one: Slot) -> str:
        new = NewVisit(
            id=AppointmentId(fresh_id(house.clock)),
            patient_id=person,
            status="booked",
            time=None,
            place_id=None,
            what=None,
        )
        try:
            async with many.work([practice], practice) as work:
                await slotting.book_new(work, keys, new, one.id, PERSON, at)
        except SlotGone:
            return "gone"
        return "chosen"

    began = time.perf_counter()
    outcomes = await all_at_once(
        answers(person) if person in offers else chooses(person, slots[number // 2 % (TIMES // 2)])
        for number, person in enumerate(crowd)
    )
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{PEOPLE} people, {TIMES} times: {seconds:.1f} s, {dict(outcomes)}\n")
    assert outcomes["won"] + outcomes["chosen"] == TIMES
    assert outcomes.total() == PEOPLE
    assert await house.one("SELECT count(*) FROM slot WHERE status = 'busy'") == TIMES
    assert await house.one("SELECT count(DISTINCT patient_id) FROM appointment") == TIMES
    assert await house.one(OVERLAPPING) == 0
    assert await house.rows(OFFERS) == sorted(
        (status, count)
        for status, count in (
            ("lost", len(offers) - outcomes["won"]),
            ("won", outcomes["won"]),
        )
        if count
    )
    assert await house.one("SELECT count(*) FROM waiting WHERE status = 'won'") == outcomes["won"]


OFFERS = "SELECT status, count(*) FROM slot_offer GROUP BY status ORDER BY status"
OVERLAPPING = """
SELECT count(*) FROM appointment a JOIN appointment b
ON a.id < b.id AND a.schedule_id = b.schedule_id AND a.status = b.status
   AND tstzrange(a.start_at, a.end_at) && tstzrange(b.start_at, b.end_at)
WHERE a.status = 'booked'
"""
WORDS = """
SELECT a.id, a.version, count(e.id) FILTER (WHERE e.applied) FROM appointment a
JOIN appointment_event e ON e.appointment_id = a.id GROUP BY a.id, a.version
"""


async def test_yes_no_and_another_time_at_once(house: House, many: Database) -> None:
    """Answered, called off, moved and chosen at once: times and visits agree, no word is lost."""
    book = Book(house.databases.app, house.place, house.clock)
    slots = await book.open(8)
    visits = [await book.visit(person) for person in await people(house, 6)]
    practice, keys, at = house.place.id, house.place.keys, house.clock.now()
    staff = Teller("staff", house.place.manager)

    async def step(visit: AppointmentId, what: str, one: Slot, hours: int) -> str:
        try:
            async with many.work([practice], practice) as work:
                match what:
                    case "choose":
                        await slotting.book_into(work, keys, visit, one.id, PERSON, at)
                    case "cancel":
                        await keeping.conclude(work, keys, visit, "cancelled", "patient", staff, at)
                    case "move":
                        begins = FIRST.replace(month=12, day=20) + hours * HALF_AN_HOUR
                        span = Span(begins, begins + HALF_AN_HOUR)
                        await keeping.move(work, keys, visit, span, None, staff, at)
                    case _:
                        await keeping.answer(work, keys, visit, "accepted", PERSON, at)
        except SlotGone:
            return "gone"
        except WrongVisitStep:
            return "too late"
        return what

    kinds = ("choose", "choose", "choose", "cancel", "move", "answer")
    outcomes = await all_at_once(
        # Steps of different lengths: every visit meets every kind at many times.
        step(visits[n % 6], kinds[n * 5 // 6 % 6], slots[n * 3 % 8], n * 7 % 20)
        for n in range(96)
    )
    assert outcomes["choose"]
    taken: dict[UUID, Slot] = {}
    for one in slots:
        seen = await book.seen(one.id)
        assert seen.status in {"free", "busy"}
        if seen.appointment_id is not None:
            assert seen.appointment_id not in taken
            taken[seen.appointment_id] = seen
    for visit in visits:
        now = (await book.kept(visit)).visit
        held = taken.get(visit)
        assert held is None or now.time == Span(held.starts_at, held.ends_at)
        ours = now.status in KEEPS and now.schedule_id is not None
        assert ours == (held is not None)
    assert await house.one(OVERLAPPING) == 0
    for _, version, words in await house.rows(WORDS):
        assert version == words


async def test_an_offer_is_answered_twice_at_once(house: House, many: Database) -> None:
    """Yes from two phones, and yes beside no: one visit at the time, and nobody waits for ever."""
    book = Book(house.databases.app, house.place, house.clock)
    first, second = await book.open(2)
    visit = await book.visit(house.rosa)
    practice, keys, at = house.place.id, house.place.keys, house.clock.now()
    entry = book.waits(house.rosa, visit)
    offer = Offer(
        practice_id=practice,
        id=OfferId(fresh_id(house.clock)),
        slot_id=first.id,
        waiting_id=entry.id,
        patient_id=house.rosa,
        at=at,
    )
    other = replace(offer, id=OfferId(fresh_id(house.clock)), slot_id=second.id)
    async with house.databases.app.work([practice], practice) as work:
        await waiters.add(work, entry)
        for one in (offer, other):
            await waiters.offer(work, one)

    async def takes(one: OfferId) -> str:
        async with many.work([practice], practice) as work:
            outcome = await offering.take_offer(work, keys, one, PERSON, at)
        return "won" if isinstance(outcome, Won) else "lost"

    async def declines(one: OfferId) -> str:
        async with many.work([practice], practice) as work:
            await offering.decline_offer(work, practice, one, at)
        return "declined"

    outcomes = await all_at_once(
        [takes(offer.id), takes(offer.id), takes(other.id), declines(other.id)]
    )
    assert outcomes == {"won": 1, "lost": 2, "declined": 1}
    states = [(await book.seen(one.id)).status for one in (first, second)]
    assert sorted(states) == ["busy", "free"]
    assert (await book.kept(visit)).visit.sequence == 1
