"""A text was somebody else's: what it did is undone and done for the right person, in one go."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import MessageId, PatientId, QueueItemId, StaffId
from engage.needs.episodes import store as episodes
from engage.people.merging import store as merging
from engage.queue import work as queue_work
from engage.turns import store as turns_store
from engage.turns.correcting import NotReadYet, NotTheirCaregiver, Ordered, Superseded, Whose
from tests.fakes import practice as fakes
from tests.store.conftest import ROSA, House

STRANGER = "+16025550177"
OPEN_CRISES = (
    "SELECT patient_id, severity FROM queue_item WHERE subject = 'crisis' AND closed_at IS NULL"
)


async def text_in(house: House, body: str, sid: int, phone: str = ROSA) -> MessageId:
    """Let a text come in and return its id."""
    await house.turns.text_in(house.place.door, house.text(body, sid, phone))
    newest = "SELECT id FROM message WHERE direction = 'in' ORDER BY id DESC LIMIT 1"
    return MessageId(UUID(str(await house.one(newest))))


async def corrects(house: House, order: Ordered) -> bool:
    """Correct a text as Dana."""

    async def act(work: Work) -> bool:
        return await house.turns.correct_text(work, house.place.id, order)

    return await house.databases.app.again(act, [house.place.id], house.place.id)


def order(house: House, message: MessageId, patient: PatientId | None, **more: object) -> Ordered:
    """Say that a text is a patient's, or nobody's."""
    author = "unknown" if patient is None else "patient"
    whose = Whose(author=author, patient_id=patient)
    made = Ordered(id=fresh_id(house.clock), message=message, to=whose, by=house.place.manager)
    return replace(made, **more)


async def test_an_answer_that_was_another_persons(house: House) -> None:
    """Behaviour 1: answer, flag and work are undone and stay readable; it is asked anew."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    message = await text_in(house, "often", 1)
    assert await house.rows("SELECT author, sure, why FROM message WHERE id = $1", message) == [
        ("patient", "likely", "last-asked")
    ]

    fix = order(house, message, luis, reason="He said so on the phone.")
    assert await corrects(house, fix)

    assert await house.one("SELECT count(*) FROM answer") == 1
    assert await house.one("SELECT count(*) FROM answer_undone") == 1
    withdrawn = "SELECT reason FROM flag WHERE withdrawn_by = $1"
    assert await house.rows(withdrawn, fix.id) == [("food-insecurity",)]
    ended = "SELECT status, outcome FROM queue_item WHERE subject = 'need:food-insecurity'"
    assert await house.rows(ended) == [("cancelled", "text-was-anothers")]
    state = str(await house.one("SELECT state FROM conversation"))
    assert '"hvs.worried"' in state
    assert '"answers": []' in state
    # The next question had not left, and is not sent; the first is put again.
    texts = (
        "SELECT text_key, status FROM message WHERE conversation_id IS NOT NULL AND "
        "direction = 'out' ORDER BY id"
    )
    assert dict(await house.rows(texts))["ask/2"] == "withdrawn"  # type: ignore[comparison-overlap] # rows of a test
    assert dict(await house.rows(texts))["ask/3"] == "queued"  # type: ignore[comparison-overlap] # as above
    stands = (
        "SELECT m.author_id, t.patient_id, m.sure, m.why FROM message m JOIN thread t ON "
        "t.id = m.thread_id WHERE m.id = $1"
    )
    assert await house.rows(stands, message) == [(luis, luis, "certain", "corrected-by-staff")]
    luis_has = (
        "SELECT f.reason FROM flag f JOIN queue_item q ON q.id = f.item_id WHERE "
        "q.patient_id = $1 AND q.closed_at IS NULL"
    )
    assert await house.rows(luis_has, luis) == [("outside-conversation",)]
    ledger = "SELECT from_patient_id, to_patient_id, from_why, staff_id FROM correction"
    assert await house.rows(ledger) == [(house.rosa, luis, "last-asked", house.place.manager)]


async def test_back_again(house: House) -> None:
    """Behaviour 1: a correction that was wrong itself is corrected, and both stay in the ledger."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    message = await text_in(house, "often", 1)
    await corrects(house, order(house, message, luis))
    back = order(house, message, house.rosa)
    back = replace(back, to=replace(back.to, prompt="hvs.worried"))

    assert await corrects(house, back)

    counted = (
        "SELECT a.option FROM answer a WHERE NOT EXISTS (SELECT FROM answer_undone u "
        "WHERE u.answer_id = a.id)"
    )
    assert await house.rows(counted) == [("often",)]
    assert await house.one("SELECT count(*) FROM correction") == 2
    open_work = (
        "SELECT patient_id, subject FROM queue_item WHERE closed_at IS NULL ORDER BY subject"
    )
    assert await house.rows(open_work) == [(house.rosa, "need:food-insecurity")]


async def test_work_that_somebody_touched_stays(house: House) -> None:
    """Behaviour 1: work at which a person is already is not taken away under their hands."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    message = await text_in(house, "often", 1)
    await house.alter("UPDATE queue_item SET status = 'in-progress', claimed_at = now()")
    await corrects(house, order(house, message, luis))
    food = "SELECT status FROM queue_item WHERE subject = 'need:food-insecurity'"
    assert await house.rows(food) == [("in-progress",)]
    assert '"kept"' in str(await house.one("SELECT undone FROM correction"))


async def test_a_finished_screening_is_open_again(house: House) -> None:
    """Behaviours 1 and 4: a screening that loses an answer waits for it, and staff know."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    first = await text_in(house, "often", 1)
    await house.alter("UPDATE message SET status = 'accepted' WHERE direction = 'out'")
    await text_in(house, "never", 2)
    assert await house.one("SELECT status FROM screening") == "completed"
    await corrects(house, order(house, first, luis))
    assert await house.rows("SELECT status, verdict, ended_at FROM screening") == [
        ("in-progress", None, None)
    ]
    told = "SELECT patient_id FROM flag WHERE reason = 'answers-taken-back'"
    assert await house.rows(told) == [(house.rosa,)]


async def test_a_crisis_follows_the_right_person(house: House) -> None:
    """Behaviours 1 and 18: the crisis is the other's now; the safety text is not sent twice."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    message = await text_in(house, "i want to kill myself", 1)
    assert await house.one("SELECT count(*) FROM message WHERE kind = 'safety'") == 1
    await corrects(house, order(house, message, luis))
    crises = (
        "SELECT patient_id, status FROM queue_item WHERE severity = 'crisis' ORDER BY "
        "opened_at, status"
    )
    assert sorted(await house.rows(crises), key=str) == sorted(
        [(house.rosa, "cancelled"), (luis, "ready")], key=str
    )
    assert await house.one("SELECT count(*) FROM message WHERE kind = 'safety'") == 1
    # Rosa's question is asked again: her tongue was held for another's words.
    assert '"paused": true' not in str(await house.one("SELECT state FROM conversation"))


async def test_correcting_to_what_is_so_changes_nothing(house: House) -> None:
    """Behaviour 1: saying again what is known is no correction."""
    message = await text_in(house, "hello", 1)
    before = await house.counts()

    assert not await corrects(house, order(house, message, house.rosa))
    assert await house.counts() == before


async def test_who_has_seen_less_is_refused(house: House) -> None:
    """Behaviour 1: a correction of an older state than the present one is refused."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    message = await text_in(house, "hello", 1)
    fix = order(house, message, luis, check_seen=True)
    await corrects(house, fix)
    with pytest.raises(Superseded):
        await corrects(house, order(house, message, house.rosa, check_seen=True))
    assert await corrects(house, order(house, message, None, check_seen=True, seen=fix.id))
    assert await house.one("SELECT thread_id FROM message WHERE id = $1", message) is None


async def test_a_text_that_nobody_read_yet_waits(house: House) -> None:
    """A text whose turn is still to come is not corrected."""
    await house.turns.text_in(house.place.door, house.text("hello", 1), turn=False)
    message = MessageId(UUID(str(await house.one("SELECT id FROM message"))))
    with pytest.raises(NotReadYet):
        await corrects(house, order(house, message, house.rosa))


async def test_a_caregiver_must_be_theirs(house: House) -> None:
    """Behaviour 1: a text can't be given to a caregiver whom the patient does not have."""
    message = await text_in(house, "hello", 1)
    fix = order(house, message, house.rosa)
    nobody = Whose(author="caregiver", author_id=fresh_id(house.clock), patient_id=house.rosa)
    with pytest.raises(NotTheirCaregiver):
        await corrects(house, replace(fix, to=nobody))


async def test_old_texts_of_a_new_number_are_claimed(house: House) -> None:
    """Behaviour 9: a stranger is answered once, is work, and is claimed when the number is ours."""
    first = await text_in(house, "it is me, my new phone", 1, STRANGER)
    await text_in(house, "can you call me", 2, STRANGER)
    greeted = "SELECT count(*) FROM message WHERE text_id = 'unknown-sender'"
    assert await house.one(greeted) == 1
    assert await house.one("SELECT count(*) FROM queue_item WHERE subject = 'sender'") == 1
    ana = await fakes.add_patient(house.databases.app, house.place, house.clock, STRANGER, "C-3")

    async def act(work: Work) -> tuple[int, bool]:
        by = StaffId(house.place.manager)
        return await house.turns.claim_texts(work, house.place.id, ana, by, fresh_id(house.clock))

    claimed = await house.databases.app.again(act, [house.place.id], house.place.id)

    assert claimed == (2, False)
    assert await house.rows("SELECT author_id, why FROM message WHERE id = $1", first) == [
        (ana, "claimed-by-staff")
    ]
    assert await house.one("SELECT status FROM queue_item WHERE subject = 'sender'") == "cancelled"
    assert await house.one("SELECT count(*) FROM queue_item WHERE closed_at IS NULL") == 1
    assert await house.databases.app.again(act, [house.place.id], house.place.id) == (0, False)


async def test_a_text_in_pieces_is_read_as_one(house: House) -> None:
    """Behaviour 10: danger that was cut in two is found when the second part comes."""
    await text_in(house, "i had an overdo", 1)
    assert await house.one("SELECT count(*) FROM flag WHERE severity = 'crisis'") == 0
    house.clock.advance(timedelta(seconds=2))
    await text_in(house, "se", 2)
    assert await house.one("SELECT count(*) FROM flag WHERE severity = 'crisis'") == 1


async def test_a_wish_is_kept_for_whose_it_was(house: House) -> None:
    """Behaviour 19: who really wrote "no more check-ins" gets none, and is told so."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, None, "Luis")
    message = await text_in(house, "no more check-ins please", 1)

    assert await corrects(house, order(house, message, luis))

    wishes = "SELECT patient_id, purpose FROM consent_event WHERE kind = 'withdrawn'"
    # What Rosa's page says stays until staff, who know, record otherwise.
    assert set(await house.rows(wishes)) == {(house.rosa, "check-ins"), (luis, "check-ins")}
    assert await house.one("SELECT author_id FROM message WHERE id = $1", message) == luis


async def test_a_named_answer_is_still_read_for_danger(house: House) -> None:
    """Behaviour 18: naming the question that a text answers does not lose the crisis in it."""
    await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    message = await text_in(house, "often, and i cant breathe", 1)
    assert await house.rows(OPEN_CRISES) == [(None, "crisis")]
    await house.starts()
    fix = order(house, message, house.rosa)

    await corrects(house, replace(fix, to=replace(fix.to, prompt="hvs.worried")))

    assert await house.rows(OPEN_CRISES) == [(house.rosa, "crisis")]
    assert await house.rows("SELECT option FROM answer") == [("often",)]
    # Nobody is asked about food next.
    asked = "SELECT count(*) FROM message WHERE direction = 'out' AND conversation_id IS NOT NULL"
    assert await house.one(f"{asked} AND status = 'queued'") == 0


async def test_a_named_cry_for_help_is_one(house: House) -> None:
    """Behaviour 18: who says yes to "do you need help now?" is in a crisis, whoever was thought."""
    await text_in(house, "ran out of insulin", 1)
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    message = await text_in(house, "1", 2)
    assert await house.rows(OPEN_CRISES) == [(house.rosa, "crisis")]
    await corrects(house, order(house, message, luis))
    # Asked again by now; and the first correction was wrong.
    await house.alter(
        "UPDATE conversation SET open = true, state = jsonb_build_object("
        "'type', 'asking', 'step', 1, 'prompt', 'clarify.medical', 'asked_at', now())"
    )
    fix = order(house, message, house.rosa)
    await corrects(house, replace(fix, to=replace(fix.to, prompt="clarify.medical")))
    rules = "SELECT rule FROM flag WHERE severity = 'crisis' AND withdrawn_at IS NULL"
    assert await house.rows(rules) == [("clarify/yes",)]


async def test_a_claimed_text_in_pieces_is_still_one(house: House) -> None:
    """Behaviours 9 and 10: danger that was cut in two is the owner's when the number is known."""
    await text_in(house, "i had an overdo", 1, STRANGER)
    house.clock.advance(timedelta(seconds=2))
    await text_in(house, "se", 2, STRANGER)
    assert await house.rows(OPEN_CRISES) == [(None, "crisis")]
    ana = await fakes.add_patient(house.databases.app, house.place, house.clock, STRANGER, "C-3")

    async def act(work: Work) -> tuple[int, bool]:
        by = StaffId(house.place.manager)
        return await house.turns.claim_texts(work, house.place.id, ana, by, fresh_id(house.clock))

    await house.databases.app.again(act, [house.place.id], house.place.id)

    assert await house.rows(OPEN_CRISES) == [(ana, "crisis")]


async def test_a_crisis_that_somebody_is_on_stays(house: House) -> None:
    """Behaviour 1: who acknowledged a crisis may be on the phone; it is not taken from them."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    message = await text_in(house, "i cant breathe", 1)
    item = QueueItemId(UUID(str(await house.one("SELECT item_id FROM paging"))))
    place, by = house.place.id, house.place.manager
    async with house.databases.app.work([place], place) as work:
        at = house.clock.now()
        await queue_work.acknowledge(work, place, item, by, at, lambda _: True)

    await corrects(house, order(house, message, luis))

    assert set(await house.rows(OPEN_CRISES)) == {(house.rosa, "crisis"), (luis, "crisis")}


async def test_a_no_of_another_calls_nobody_off(house: House) -> None:
    """Behaviour 18: "I need no help" of another leaves the danger to be answered: it pages now."""
    await text_in(house, "ran out of insulin", 1)
    house.clock.advance(timedelta(seconds=40))
    message = await text_in(house, "2", 2)
    assert await house.rows("SELECT next_at, ended_at IS NULL FROM paging") == [(None, False)]
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")

    await corrects(house, order(house, message, luis))

    now = house.clock.now()
    assert await house.rows("SELECT next_at, ended_at FROM paging") == [(now, None)]


async def test_two_crises_of_merged_records_are_both_the_kept_ones(house: House) -> None:
    """Behaviour 9: the danger of either record holds automation's tongue until both are closed."""
    twin = await fakes.add_patient(house.databases.app, house.place, house.clock, STRANGER, "Rosa")
    await text_in(house, "i cant breathe", 1)
    await text_in(house, "i cant breathe", 2, STRANGER)
    place, by = house.place.id, house.place.manager
    about = "SELECT about_id, subject FROM queue_item WHERE severity = 'crisis' ORDER BY id"
    apart = await house.rows(about)

    async with house.databases.app.work([place], place) as work:
        await house.turns.before_merge(work, place, [twin, house.rosa])
        await merging.merge(work, place, twin, house.rosa, at=house.clock.now(), by=by)
    assert [one for one, _ in await house.rows(about)] == [house.rosa, house.rosa]
    async with house.databases.app.work([place], place) as work:
        context = await turns_store.open_turn(work, place, None, house.rosa, house.clock.now())
    dangers = [(item.about_id, item.subject) for item in context.items]
    assert dangers == [(house.rosa, "crisis"), (house.rosa, "crisis")]

    async with house.databases.app.work([place], place) as work:
        await house.turns.before_merge(work, place, [twin, house.rosa])
        await merging.unmerge(work, place, twin, at=house.clock.now(), by=by)
    assert await house.rows(about) == apart


async def test_words_about_a_need_that_were_another_persons(house: House) -> None:
    """Behaviours 1, 24: the work and the risk of "no ride" go with the text to whose it is."""
    luis = await fakes.add_patient(house.databases.app, house.place, house.clock, ROSA, "B-2")
    await house.starts()
    message = await text_in(house, "never, and my ride fell thru again", 1)
    risks = "SELECT patient_id FROM need WHERE domain = 'transportation-insecurity' ORDER BY id"
    open_work = (
        "SELECT patient_id FROM queue_item WHERE subject = 'need:transportation-insecurity'"
        " AND closed_at IS NULL"
    )
    assert await house.rows(open_work) == [(house.rosa,)]
    assert await house.rows(risks) == [(house.rosa,)]

    house.clock.advance(timedelta(minutes=1))
    assert await corrects(house, order(house, message, luis))

    assert await house.rows(open_work) == [(luis,)]
    assert set(await house.rows(risks)) == {(house.rosa,), (luis,)}
    place = house.place.id
    async with house.databases.app.work([place], place) as work:
        of_rosa = await episodes.of_patient(work, place, house.rosa)
        (of_luis,) = await episodes.of_patient(work, place, luis)
    assert of_rosa == ()
    assert of_luis.need.status == "risk"
