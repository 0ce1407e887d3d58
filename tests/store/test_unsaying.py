"""A corrected text had spoken of consent: the ledger says so, and what may be texted follows."""

from datetime import timedelta

from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import MessageId, PatientId
from engage.messaging.threads.store import texting_facts
from engage.people.merging import store as merging
from engage.turns.correcting import Ordered
from tests.fakes import practice as fakes
from tests.store import test_correcting as correcting
from tests.store.conftest import ROSA, House
from tests.store.test_correcting import order

OTHER_PHONE = "+16025550151"


async def text_in(house: House, body: str, sid: int, phone: str = ROSA) -> MessageId:
    """Let a text come in a minute later."""
    house.clock.advance(timedelta(minutes=1))
    return await correcting.text_in(house, body, sid, phone)


async def corrects(house: House, order: Ordered) -> None:
    """Correct a text a minute later."""
    house.clock.advance(timedelta(minutes=1))
    assert await correcting.corrects(house, order)


async def enrol(house: House) -> None:
    """Ask Rosa's phone whether it is hers."""
    place = house.place
    async with house.databases.app.work([place.id], place.id) as work:
        await house.turns.enrol(work, place.id, house.rosa, fresh_id(house.clock), place.manager)


async def corrections(house: House) -> list[tuple[object, ...]]:
    """Return what corrections have added to the ledger: kind, purpose, by whom."""
    return list(
        await house.rows(
            "SELECT kind, purpose, staff_id FROM consent_event WHERE how = 'correction' ORDER BY id"
        )
    )


async def told(house: House) -> set[object]:
    """Return why somebody must look."""
    return {row[0] for row in await house.rows("SELECT reason FROM flag")}


async def closed(house: House, patient: PatientId) -> frozenset[str]:
    """Return what a person gets no texts about."""
    async with house.databases.app.work([house.place.id]) as work:
        facts = await texting_facts(work, house.place.id, patient)
    assert facts is not None
    return facts.closed


async def test_a_wish_that_was_another_persons(house: House) -> None:
    """Rosa gets her questions again, Luis gets none, and the ledger says who decided that."""
    await house.starts()
    message = await text_in(house, "no more food questions", 1)
    assert await closed(house, house.rosa) == {"screenings"}
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")

    await corrects(house, order(house, message, luis, reason="He said so."))

    assert await closed(house, house.rosa) == frozenset()
    assert await closed(house, luis) == {"screenings"}
    assert await corrections(house) == [("granted", "screenings", house.place.manager)]
    assert "consent-corrected" in await told(house)


async def test_a_yes_that_was_another_persons(house: House) -> None:
    """Whose phone it is is in doubt again: planned texts wait, and nobody counts as asked."""
    await enrol(house)
    message = await text_in(house, "1", 1)
    assert await house.one("SELECT verified_at FROM line") is not None
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")

    await corrects(house, order(house, message, luis))

    assert await house.one("SELECT verified_at FROM line") is None
    assert await corrections(house) == [("asked", None, house.place.manager)]


async def test_a_wrong_number_that_was_not_meant_so(house: House) -> None:
    """She meant the pharmacy's: the number is hers again, and she is asked before more leaves."""
    await house.starts()
    message = await text_in(house, "you have the wrong number", 1)
    assert await house.one("SELECT count(*) FROM phone_use WHERE until_at IS NULL") == 0

    await corrects(house, order(house, message, house.rosa))

    rows = await house.rows("SELECT patient_id FROM phone_use WHERE until_at IS NULL")
    assert rows == [(house.rosa,)]
    assert await corrections(house) == [("asked", None, house.place.manager)]


async def test_a_number_that_went_to_another_is_not_taken_from_them(house: House) -> None:
    """Somebody else came to the phone since: it stays theirs, and the care manager hears so."""
    await house.starts()
    message = await text_in(house, "you have the wrong number", 1)
    house.clock.advance(timedelta(minutes=1))
    await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")

    await corrects(house, order(house, message, house.rosa))

    open_uses = "SELECT count(*) FROM phone_use WHERE until_at IS NULL AND patient_id = $1"
    assert await house.one(open_uses, house.rosa) == 0
    assert await corrections(house) == []
    assert "number-not-linked" in await told(house)


async def test_a_stop_stays_whoever_wrote_it(house: House) -> None:
    """The law gives STOP to whoever holds the phone: it stays closed, and that is said."""
    message = await text_in(house, "STOP", 1)
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")

    await corrects(house, order(house, message, luis))

    assert await house.one("SELECT opted_out_at FROM line") is not None
    assert "stop-stays" in await told(house)


async def test_a_stop_found_after_its_start_closes_nothing(house: House) -> None:
    """It stands in the ledger as overtaken, and the phone that asked for texts keeps them."""
    came = house.clock.now()
    house.clock.advance(timedelta(minutes=5))
    await text_in(house, "STOP", 1)
    house.clock.advance(timedelta(minutes=5))
    await text_in(house, "START", 2)
    house.clock.advance(timedelta(hours=1))
    stopped = came + timedelta(minutes=6)
    await house.turns.text_in(house.place.door, house.text("stop", 3), turn=False, at=stopped)

    late = await house.one("SELECT id FROM due WHERE kind = 'inbox'")
    await house.turns.retry_text(house.place.id, late, 1)  # type: ignore[arg-type] # an id

    assert await house.one("SELECT opted_out_at FROM line") is None
    kinds = await house.rows("SELECT kind FROM consent_event WHERE line_id IS NOT NULL ORDER BY at")
    assert kinds == [("opted-out",), ("overtaken",), ("opted-in",)]


async def test_of_two_phones_one_is_asked_about(house: House) -> None:
    """A merged record has both phones; the one that is texted decides, STOP or not."""
    twin = await fakes.add_patient(
        house.databases.app, house.place, house.clock, OTHER_PHONE, "Rosa"
    )
    place = house.place.id

    async def merge(work: Work) -> None:
        await house.turns.before_merge(work, place, [twin, house.rosa])
        by = house.place.manager
        await merging.merge(work, place, twin, house.rosa, at=house.clock.now(), by=by)

    await house.databases.app.again(merge, [place], place)
    stops = {}
    for sid, phone in enumerate((OTHER_PHONE, ROSA), 1):
        house.clock.advance(timedelta(minutes=1))
        await text_in(house, "STOP", sid, phone)
        async with house.databases.app.work([place]) as work:
            facts = await texting_facts(work, place, house.rosa)
            assert await merging.survivor(work, place, twin) == house.rosa
        assert facts is not None
        stops[phone] = facts.opted_out

    assert stops == {OTHER_PHONE: False, ROSA: True}


async def test_another_practices_number_is_not_answered(house: House) -> None:
    """Two practices of one deployment can't keep texting each other."""
    other = await fakes.open_practice(house.databases.app, house.vault, house.clock, 2)

    for sid, number in enumerate((other.door.number, OTHER_PHONE), 1):
        house.clock.advance(timedelta(minutes=1))
        await text_in(house, "hello", sid, number)

    assert await house.one("SELECT count(*) FROM message WHERE direction = 'out'") == 1
    assert {"own-number", "unknown-sender"} <= await told(house)


async def test_an_enrolment_keeps_the_id_it_was_given(house: House) -> None:
    """One id is one enrolment: the ledger has it, so that a second person's is refused."""
    cause, place = fresh_id(house.clock), house.place
    async with house.databases.app.work([place.id], place.id) as work:
        await house.turns.enrol(work, place.id, house.rosa, cause, place.manager)

    assert await house.one("SELECT kind FROM consent_event WHERE id = $1", cause) == "asked"
