"""Times, visits and the waiting list in the database: what frees a time, and who hears of it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from engage.appointments import keeping, offering, slotting
from engage.appointments.appointment import Answer, Span
from engage.appointments.asked import store as asked
from engage.appointments.asked.values import Notice, ReminderRule, Talk
from engage.appointments.hearing import FromClinic, hear
from engage.appointments.offering import Lost, ToOffer, Won
from engage.appointments.refusals import NotTheirsToTell, WaitsAlready, WrongVisitStep
from engage.appointments.slot import HOLD, Slot, SlotGone, Wish, block
from engage.appointments.slots import store
from engage.appointments.waiters import store as waiters
from engage.appointments.waiting import PACE, Waiting
from engage.appointments.words import Teller
from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import AppointmentId, ConversationId, SlotId
from tests.fakes import practice as fakes
from tests.fakes.booking import FIRST, HALF_AN_HOUR, STAFF, ZONE, Book
from tests.store.conftest import House

pytestmark = pytest.mark.database

PERSON = Teller("patient")
CLINIC = UUID(int=77)


def book_of(house: House) -> Book:
    """Open the book of a practice."""
    return Book(house.databases.app, house.place, house.clock)


def working(house: House):  # noqa: ANN201 - the type is `work`'s own
    """Open a transaction of the practice."""
    return house.databases.app.work([house.place.id], house.place.id)


async def due(house: House) -> set[object]:
    """Return which times are due to be offered."""
    return {row[0] for row in await house.rows("SELECT id FROM due WHERE kind = 'slot'")}


async def test_the_database_refuses_what_overlaps(house: House) -> None:
    """Even past our own checks: one minute in common is refused; a mistake leaves its time free."""
    book = book_of(house)
    first, second = await book.open(2)
    for starts_at in (FIRST, FIRST - timedelta(minutes=29), FIRST + timedelta(minutes=59)):
        with pytest.raises(asyncpg.ExclusionViolationError):
            async with working(house) as work:
                await store.add(work, book.slot(starts_at))
    async with working(house) as work:
        await store.add(work, book.slot(FIRST - HALF_AN_HOUR))
        await store.add(work, book.slot(FIRST + 2 * HALF_AN_HOUR))
        (seen,) = await store.locked(work, house.place.id, [first.id])
        await store.save(work, block(seen, "entered-in-error", house.clock.now()))
        await store.add(work, book.slot(FIRST))
    # Another schedule is another person's book.
    other = book_of(house)
    await other.open(1)
    # One visit has one time, and a taken one has a visit.
    visit = await book.visit(house.rosa)
    for wrong in (
        {"status": "busy"},
        {"status": "busy-tentative"},
        {"status": "free", "appointment_id": visit},
        {"status": "free", "held_for": house.rosa, "held_until": FIRST},
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with working(house) as work:
                await store.save(work, replace(second, **wrong))
    async with working(house) as work:
        await slotting.book_into(work, house.place.keys, visit, second.id, STAFF, house.clock.now())
    (free,) = await one_free(house, book)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with working(house) as work:
            await store.save(work, replace(free, status="busy", appointment_id=visit))


async def one_free(house: House, book: Book) -> tuple[Slot, ...]:
    """Return one time that is free."""
    at = house.clock.now()
    async with working(house) as work:
        return await store.open_ones(
            work, house.place.id, book.schedule.id, at, at + timedelta(days=30), at, 1
        )


async def test_whatever_ends_a_visit_frees_its_time(house: House) -> None:
    """Called off, moved by staff, moved or called off by the clinic, never was: free and due."""
    book, keys = book_of(house), house.place.keys
    slots = await book.open(6)
    at = house.clock.now()

    async def cancelled(work: Work, visit: AppointmentId) -> None:
        await keeping.conclude(work, keys, visit, "cancelled", "patient", STAFF, at)

    async def moved(work: Work, visit: AppointmentId) -> None:
        later = FIRST + timedelta(days=9)
        await keeping.move(work, keys, visit, Span(later, later + HALF_AN_HOUR), None, STAFF, at)

    async def chose(work: Work, visit: AppointmentId) -> None:
        await slotting.book_into(work, keys, visit, slots[5].id, STAFF, at)

    async def never(work: Work, visit: AppointmentId) -> None:
        await keeping.conclude(work, keys, visit, "entered-in-error", None, STAFF, at)

    async def clinic(work: Work, visit: AppointmentId) -> None:
        told = FromClinic(
            patient_id=house.rosa,
            placer="",
            filler=f"F{visit.hex[-6:]}",
            said_at=at + timedelta(minutes=5),
            said_by="MSG1",
            status="cancelled",
            reason="provider",
        )
        assert await hear(work, keys, told, ZONE, CLINIC, at) is not None

    for number, ends in enumerate((cancelled, moved, chose, never, clinic)):
        visit, mine = await book.visit(house.rosa), slots[number]
        async with working(house) as work:
            await slotting.book_into(work, keys, visit, mine.id, STAFF, at)
        assert (await book.seen(mine.id)).appointment_id == visit
        await house.alter(
            f"UPDATE appointment SET filler = 'F{visit.hex[-6:]}' WHERE id = '{visit}'"  # noqa: S608
        )
        async with working(house) as work:
            await ends(work, visit)
        freed = await book.seen(mine.id)
        assert (freed.status, freed.appointment_id) == ("free", None), ends.__name__
        assert mine.id in await due(house), ends.__name__
    # A person's choice of a visit that the clinic keeps the book of is written down by somebody.
    visit = await book.visit(house.rosa)
    await house.alter(f"UPDATE appointment SET filler = 'X' WHERE id = '{visit}'")  # noqa: S608
    async with working(house) as work:
        seated = await slotting.book_into(work, keys, visit, slots[0].id, PERSON, at)
    assert (seated.to_write_down, seated.change.after.status) == (True, "pending")
    # What is about to begin is nobody's to get to: free, and not offered.
    house.clock.set(slots[0].starts_at - timedelta(hours=1))
    await house.alter("DELETE FROM due WHERE kind = 'slot'")
    async with working(house) as work:
        await keeping.conclude(work, keys, visit, "cancelled", "patient", STAFF, house.clock.now())
    assert await due(house) == set()
    # Taken back: it has its time again, as nobody took it.
    async with working(house) as work:
        await keeping.conclude(work, keys, visit, "booked", None, STAFF, house.clock.now())
    assert (await book.seen(slots[0].id)).appointment_id == visit


async def test_a_hold_while_somebody_chooses(house: House) -> None:
    """What Rosa is shown nobody else is; what she doesn't take is let go of and offered."""
    book = book_of(house)
    first, second, third = await book.open(3)
    (luis,) = [await fakes.add_patient(house.databases.app, house.place, house.clock, None, "Luis")]
    practice, keys, at = house.place.id, house.place.keys, house.clock.now()
    some = (first.id, second.id)
    async with working(house) as work:
        held = await slotting.hold_for(work, practice, some, house.rosa, at)
        assert {one.id for one in held} == set(some)
    async with working(house) as work:
        assert await slotting.hold_for(work, practice, some, luis, at) == ()
        free = await store.open_ones(
            work, practice, book.schedule.id, at, FIRST + timedelta(days=1), at, 9
        )
        assert [one.id for one in free] == [third.id]
    visit, theirs = await book.visit(house.rosa), await book.visit(luis)
    with pytest.raises(SlotGone):
        async with working(house) as work:
            await slotting.book_into(work, keys, theirs, first.id, PERSON, at)
    async with working(house) as work:
        seated = await slotting.book_into(work, keys, visit, first.id, PERSON, at)
        await slotting.let_go_of(work, practice, some, house.rosa, at)
    after = seated.change.after
    assert (after.status, after.answer, after.sequence) == ("booked", "accepted", 1)
    assert (after.place_id, after.schedule_id) == (book.schedule.place_id, book.schedule.id)
    assert [(await book.seen(one)).status for one in some] == ["busy", "free"]
    assert await due(house) == {second.id}
    # A hold that is over holds nothing.
    async with working(house) as work:
        await slotting.hold_for(work, practice, (third.id,), house.rosa, at)
        gone = at + HOLD
        assert await slotting.hold_for(work, practice, (third.id,), luis, gone)


async def test_what_somebody_says_of_a_visit(house: House) -> None:
    """Yes, no and yes again are kept in the history; another time asks anew; sequence counts."""
    book, keys = book_of(house), house.place.keys
    (only,) = await book.open(1)
    visit = await book.visit(house.rosa)

    async def says(said: Answer, by: Teller) -> tuple[object, ...]:
        async with working(house) as work:
            change = await keeping.answer(work, keys, visit, said, by, house.clock.now())
        after = change.after
        return after.answer, after.answered_by, after.status, after.sequence

    assert await says("accepted", PERSON) == ("accepted", "patient", "booked", 0)
    assert await says("declined", Teller("caregiver")) == ("declined", "caregiver", "booked", 0)
    assert await says("tentative", STAFF) == ("tentative", "staff", "booked", 0)
    with pytest.raises(NotTheirsToTell):
        await says("accepted", Teller("clinic"))
    with pytest.raises(WrongVisitStep):
        await says("needs-action", PERSON)
    told = await house.rows(
        "SELECT answer, by FROM appointment_event WHERE act = 'answer' ORDER BY id"
    )
    assert sorted(map(str, told)) == sorted(
        map(str, [("accepted", "patient"), ("declined", "caregiver"), ("tentative", "staff")])
    )
    async with working(house) as work:
        await slotting.book_into(work, keys, visit, only.id, STAFF, house.clock.now())
    moved = (await book.kept(visit)).visit
    assert (moved.answer, moved.answered_at, moved.sequence) == ("needs-action", None, 1)
    async with working(house) as work:
        await keeping.conclude(work, keys, visit, "cancelled", "patient", STAFF, house.clock.now())
    off = (await book.kept(visit)).visit
    assert (off.sequence, off.version) == (2, 6)
    with pytest.raises(WrongVisitStep):
        await says("accepted", PERSON)


class List:
    """The waiting list of one book."""

    def __init__(self, house: House, book: Book) -> None:
        """Stand beside a book."""
        self.house, self.book = house, book

    async def join(self, name: str, **more: object) -> Waiting:
        """Let somebody new wait, a minute after the one before."""
        house = self.house
        house.clock.advance(timedelta(minutes=1))
        person = await fakes.add_patient(house.databases.app, house.place, house.clock, None, name)
        entry = replace(self.book.waits(person), **more)
        async with working(house) as work:
            return await offering.join(work, house.place.id, entry, STAFF)

    async def offers(self, slot: SlotId, at: datetime) -> tuple[ToOffer, ...]:
        """Return who is to be told now, as a loop asks it."""
        practice = self.house.place.id
        async with self.house.databases.worker.work([practice], practice) as work:
            return await offering.offers_to_make(work, self.house.place.keys, slot, at)

    async def told(self, some: tuple[ToOffer, ...]) -> None:
        """Tell all of them."""
        async with working(self.house) as work:
            for one in some:
                talk = ConversationId(fresh_id(self.house.clock))
                assert await offering.told(work, self.house.place.id, one.offer.id, talk)
                assert not await offering.told(work, self.house.place.id, one.offer.id, talk)
                known = await offering.offer_of_conversation(work, self.house.place.id, talk)
                assert known is not None
                assert known.id == one.offer.id

    async def takes(self, one: ToOffer, at: datetime) -> Won | Lost:
        """Say yes."""
        async with working(self.house) as work:
            return await offering.take_offer(work, self.house.place.keys, one.offer.id, PERSON, at)


async def test_a_free_time_is_offered_a_few_at_a_time(house: House) -> None:
    """Two first, the next two hours later or once all said no; the winner's old time goes on."""
    book = book_of(house)
    saturday, tuesday = await book.open(2)
    practice, at = house.place.id, house.clock.now()
    async with working(house) as work:
        rule = ReminderRule(hours_before=(24,), offer_to=2)
        await asked.put_rule(work, practice, rule, house.place.manager, at)
    queue = List(house, book)
    ana, ben, cho, dan = [await queue.join(name) for name in ("Ana", "Ben", "Cho", "Dan")]
    assert await due(house) == {saturday.id, tuesday.id}
    again = replace(ana, id=book.waits(ana.patient_id).id)
    with pytest.raises(WaitsAlready):
        async with working(house) as work:
            await offering.join(work, practice, again, STAFF)
    at = house.clock.now()
    first = await queue.offers(tuesday.id, at)
    assert [one.entry.id for one in first] == [ana.id, ben.id]
    # A crash before they were told: the same two, and nobody beside them.
    repeated = await queue.offers(tuesday.id, at)
    assert {one.offer.id for one in repeated} == {one.offer.id for one in first}
    await queue.told(first)
    assert await queue.offers(tuesday.id, at) == ()
    rests = await house.one("SELECT due_at FROM due WHERE id = $1", tuesday.id)
    assert rests == at + PACE
    # Who thinks about that one is not asked about another beside it.
    others = await queue.offers(saturday.id, at)
    assert [one.entry.id for one in others] == [cho.id, dan.id]
    async with working(house) as work:
        await offering.unreachable(work, practice, others[0].offer.id, at)
        await offering.decline_offer(work, practice, others[1].offer.id, at)
    # Everybody who is left is thinking: look again later.
    assert await queue.offers(saturday.id, at) == ()
    assert saturday.id in await due(house)
    async with working(house) as work:
        for one in first:
            await offering.decline_offer(work, practice, one.offer.id, at)
    second = await queue.offers(tuesday.id, at)
    assert [one.entry.id for one in second] == [cho.id, dan.id]
    # Who said no may say yes while nobody has it; whoever comes after hears that it is gone.
    assert isinstance(await queue.takes(first[0], at), Won)
    assert isinstance(await queue.takes(second[0], at), Lost)
    assert await queue.offers(tuesday.id, at) == ()
    assert tuesday.id not in await due(house)
    states = await house.rows(
        "SELECT w.status, o.status FROM slot_offer o JOIN waiting w ON w.id = o.waiting_id"
        " WHERE o.slot_id = $1 ORDER BY w.since",
        tuesday.id,
    )
    assert states == [
        ("won", "won"),
        ("waiting", "declined"),
        ("waiting", "lost"),
        ("waiting", "lost"),
    ]
    # Ana gives it back: who lost it is asked again, who did not want it is not.
    async with working(house) as work:
        taken = (await store.locked(work, practice, [tuesday.id]))[0].appointment_id
        assert taken is not None
        await keeping.conclude(work, house.place.keys, taken, "cancelled", "patient", STAFF, at)
    assert tuesday.id in await due(house)
    third = await queue.offers(tuesday.id, at)
    assert [one.entry.id for one in third] == [cho.id, dan.id]
    assert isinstance(await queue.takes(third[1], at), Won)


async def test_an_earlier_time_for_who_has_one(house: House) -> None:
    """Carers first; the visit moves, its old time is offered on; what is over is not offered."""
    book = book_of(house)
    early, late = await book.open(2)
    practice, keys = house.place.id, house.place.keys
    queue = List(house, book)
    has = await fakes.add_patient(house.databases.app, house.place, house.clock, None, "Eva")
    visit = await book.visit(has)
    async with working(house) as work:
        await slotting.book_into(work, keys, visit, late.id, STAFF, house.clock.now())
    eva = await queue.join("Eva twice", patient_id=has, appointment_id=visit)
    bob = await queue.join("Bob")
    at = house.clock.now()
    first = await queue.offers(early.id, at)
    assert [one.entry.id for one in first] == [eva.id, bob.id]
    won = await queue.takes(first[0], at)
    assert isinstance(won, Won)
    assert won.seated.change.after.id == visit
    assert won.seated.change.after.answer == "accepted"
    assert (await book.seen(late.id)).status == "free"
    assert {one.entry.id for one in await queue.offers(late.id, at)} == {bob.id}
    # Somebody holds it meanwhile: look again when that ends.
    async with working(house) as work:
        await slotting.hold_for(work, practice, (late.id,), house.rosa, at)
    assert await queue.offers(late.id, at) == ()
    assert await house.one("SELECT due_at FROM due WHERE id = $1", late.id) == at + HOLD
    # Too near to get there: nobody is asked, and what was asked has lapsed.
    near = late.starts_at - timedelta(hours=1)
    assert await queue.offers(late.id, near) == ()
    assert await house.one("SELECT count(*) FROM slot_offer WHERE status = 'lapsed'") == 1
    assert late.id not in await due(house)


async def test_records_that_became_one_wait_as_one(house: House) -> None:
    """A merged record's place on the list and its wishes are the kept one's."""
    book, practice = book_of(house), house.place.id
    (saturday,) = await book.open(1)
    queue = List(house, book)
    long = await queue.join("Ana")
    carer = await queue.join("Cara")
    at = house.clock.now()
    kept = await fakes.add_patient(house.databases.app, house.place, house.clock, None, "Cara")
    async with working(house) as work:
        wish = Wish(carer=True)
        await asked.put_wish(work, practice, carer.patient_id, wish, house.place.manager, at)
    await house.alter(
        f"UPDATE patient SET merged_into = '{kept}' WHERE id = '{carer.patient_id}'"  # noqa: S608
    )
    async with working(house) as work:
        assert await asked.wish_of(work, practice, kept) == Wish(carer=True)
        assert await waiters.waits(work, practice, kept, book.schedule.id)
        # Monday at ten is nobody's wish: the longest first; at seven it is the carer's.
        await asked.put_wish(work, practice, kept, Wish(early=True), house.place.manager, at)
        assert await asked.wish_of(work, practice, kept) == Wish(early=True)
    early = replace(book.slot(FIRST - timedelta(hours=3)), id=SlotId(fresh_id(house.clock)))
    async with working(house) as work:
        await store.add(work, early)
    offers = await queue.offers(early.id, at)
    assert [one.entry.id for one in offers] == [carer.id, long.id]
    assert offers[0].offer.patient_id == kept
    won = await queue.takes(offers[0], at)
    assert isinstance(won, Won)
    assert won.seated.change.after.patient_id == kept
    assert saturday.id != won.seated.slot.id


async def test_what_was_asked_is_noted(house: House) -> None:
    """Talks and notices come back as they were written, and the usual rule holds until another."""
    book, practice, at = book_of(house), house.place.id, house.clock.now()
    (only,) = await book.open(1)
    visit = await book.visit(house.rosa)
    await house.starts()
    talk_id = ConversationId(await conversation(house))
    talk = Talk(
        practice_id=practice,
        conversation_id=talk_id,
        patient_id=house.rosa,
        kind="change",
        appointment_ids=(visit,),
        slot_ids=(only.id,),
        proposed_at=FIRST,
        at=at,
    )
    notice = Notice(
        practice_id=practice,
        id=fresh_id(house.clock),
        appointment_id=visit,
        patient_id=house.rosa,
        step="48",
        starts_at=FIRST,
        status="asked",
        conversation_id=talk_id,
        at=at,
    )
    async with working(house) as work:
        assert await asked.rule_of(work, practice) == ReminderRule()
        await asked.add_talk(work, talk)
        await asked.add_notice(work, notice)
        assert await asked.talk_of(work, practice, talk_id) == talk
        assert await asked.talks_of(work, practice, []) == ()
        assert await asked.notices_of_visit(work, practice, visit) == (notice,)


async def conversation(house: House) -> UUID:
    """Return the one conversation that there is."""
    found = await house.one("SELECT id FROM conversation")
    assert isinstance(found, UUID)
    return found
