"""Consent in the database: the ledger, wrong numbers, and phones that nobody was heard on."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from engage.clock import fresh_id
from engage.errors import EngageError
from engage.ids import MessageId, NumberId
from engage.messaging.doors import Doors
from engage.messaging.outbox import Outbox
from engage.people.consent import LineIsOpen, ReasonNeeded
from engage.people.consents import store as consents
from engage.people.practice import PracticeNumber
from engage.people.staffing import store as staffing
from engage.turns.context import ConsentTold
from engage.turns.refusals import PhoneBusy, PhoneOptedOut
from engage.turns.take import Turns
from tests.fakes import practice as fakes
from tests.fakes.carrier import FakeCarrier
from tests.store.conftest import ROSA, House


@pytest.fixture(autouse=True)
async def real_carrier(house: House) -> None:
    """Texts leave here when the outbox lets them, and not otherwise."""
    await house.alter("DROP TRIGGER leave_in_time ON message")


def an_outbox(house: House, carrier: FakeCarrier) -> Outbox:
    """Build the outbox of a worker."""
    return Outbox(
        database=house.databases.worker,
        vault=house.vault,
        clock=house.clock,
        carrier=carrier,
        doors=Doors(house.databases.worker, house.vault),
        public_url="https://engage.example.org",
    )


async def settle(house: House, carrier: FakeCarrier) -> None:
    """Let the worker's loops do what is due now, until nothing is."""
    outbox = an_outbox(house, carrier)
    for _ in range(10):
        due = await house.rows(
            "SELECT kind, id FROM due WHERE kind IN ('outbox', 'outcome') AND due_at <= $1 "
            "ORDER BY due_at, id",
            house.clock.now(),
        )
        if not due:
            return
        for kind, text in due:
            assert isinstance(text, UUID)
            if kind == "outbox":
                await outbox.send(house.place.id, MessageId(text))
            else:
                await house.turns.outcome_came(house.place.id, MessageId(text))
    pytest.fail("the loops go on for ever")


async def says(house: House, words: str, sid: int) -> None:
    """Let Rosa's phone text the practice."""
    await house.turns.text_in(house.place.door, house.text(words, sid))


async def enrol(house: House) -> None:
    """Ask Rosa's phone whether it is hers."""
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await house.turns.enrol(
            work, house.place.id, house.rosa, fresh_id(house.clock), house.place.manager
        )


async def record(house: House, told: ConsentTold) -> None:
    """Record what Rosa told staff."""
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await house.turns.record_consent(
            work, house.place.id, house.rosa, told, fresh_id(house.clock), house.place.manager
        )


async def ledger(house: House) -> Sequence[tuple[object, ...]]:
    """Return kind, how and by whom of every row, oldest first."""
    return await house.rows("SELECT kind, how, actor FROM consent_event ORDER BY at, kind")


async def texts(house: House) -> Sequence[tuple[object, ...]]:
    """Return what became of every text of ours, by the key it has."""
    return await house.rows(
        "SELECT text_id, status, status_reason FROM message WHERE direction = 'out' "
        "ORDER BY at, text_id, status"
    )


async def test_a_number_given_to_the_practice_is_consent_by_somebody(house: House) -> None:
    """However a phone comes onto a record, the ledger says when, how and through whom."""
    assert await ledger(house) == [("granted", "given-to-practice", "system")]
    assert await house.one("SELECT patient_id FROM consent_event") == house.rosa
    assert await house.one("SELECT phone_id FROM consent_event") is not None


async def test_enrolment_leaves_the_wording_that_was_answered(house: House) -> None:
    """Behaviour 19: asked, answered, granted: each with the words that stood there."""
    carrier = FakeCarrier()
    await enrol(house)
    await settle(house, carrier)

    await says(house, "1", 1)

    rows = await house.rows(
        "SELECT kind, how, actor, wording_id, wording_version, wording_language, "
        "message_id IS NULL FROM consent_event WHERE line_id IS NOT NULL "
        "ORDER BY at, message_id NULLS FIRST, kind DESC"
    )
    words = ("right-person", "1", "en")
    assert rows == [
        ("asked", "enrolment", "staff", *words, True),
        ("right-person", "enrolment", "person", *words, False),
        ("granted", "enrolment", "person", *words, False),
    ]
    assert await house.one("SELECT verified_at FROM line") == house.clock.now()
    assert ("enrolled", "queued", None) in await texts(house)


async def test_nobody_is_asked_across_a_question(house: House) -> None:
    """Behaviour 2: one question per phone; and a closed phone is not asked at all."""
    await house.starts()
    with pytest.raises(PhoneBusy):
        await enrol(house)

    await says(house, "STOP", 1)
    with pytest.raises(PhoneOptedOut):
        await enrol(house)


async def test_a_wrong_number_ends_everything_to_it(house: House) -> None:
    """Behaviour 9: sends stop, the phone is unlinked with its history, and Dana is told."""
    carrier = FakeCarrier()
    await house.starts()
    await settle(house, carrier)
    said = len(carrier.sent)

    await says(house, "you have the wrong number", 1)
    await settle(house, carrier)

    assert await house.rows(
        "SELECT patient_id, until_at FROM phone_use WHERE patient_id = $1", house.rosa
    ) == [(house.rosa, house.clock.now())]
    assert await house.rows(
        "SELECT subject, owner_id FROM queue_item WHERE patient_id = $1", house.rosa
    ) == [("wrong-number", house.place.manager)]
    assert len(carrier.sent) == said + 1  # one apology, and nothing else ever
    with pytest.raises(EngageError):
        await house.starts()

    house.clock.advance(timedelta(days=3))
    await says(house, "START", 2)
    await says(house, "hello", 3)

    assert (
        await house.rows("SELECT author FROM message WHERE direction = 'in' ORDER BY id")
        == [("unknown",)] * 3
    )
    assert await house.one("SELECT count(*) FROM conversation WHERE open") == 0


async def test_after_ninety_days_the_phone_is_asked_first(house: House) -> None:
    """Behaviour 9: the question waits for "1", and then goes out."""
    carrier = FakeCarrier()
    house.clock.advance(timedelta(days=91))
    await house.starts()

    await settle(house, carrier)

    assert await texts(house) == [
        ("hvs.worried", "queued", "not-verified"),
        ("still-right-person", "accepted", None),
    ]
    await settle(house, carrier)
    assert len(carrier.sent) == 1  # asked once, however often it is looked

    house.clock.advance(timedelta(hours=1))
    await says(house, "1", 1)
    await settle(house, carrier)

    assert ("still-known", "accepted", None) in await texts(house)
    assert await house.one("SELECT status FROM message WHERE text_id = 'hvs.worried'") == "accepted"
    # What comes next is about the question that was held.
    await says(house, "3", 2)
    assert await house.one("SELECT count(*) FROM answer") == 1


async def test_a_question_held_too_long_is_dropped_in_sight(house: House) -> None:
    """Nobody answers: the text expires with its reason, and a person knows it was not asked."""
    carrier = FakeCarrier()
    house.clock.advance(timedelta(days=91))
    await house.starts()
    await settle(house, carrier)

    for _ in range(7):
        house.clock.advance(timedelta(hours=20))
        await settle(house, carrier)

    assert ("hvs.worried", "expired", "not-verified") in await texts(house)
    assert await house.one("SELECT count(*) FROM flag WHERE reason = 'not-asked'") == 1


async def test_another_word_than_yes_lets_nothing_through(house: House) -> None:
    """Whoever answers "who is this?" has not said that they are Rosa: the text still waits."""
    carrier = FakeCarrier()
    house.clock.advance(timedelta(days=91))
    await house.starts()
    await settle(house, carrier)

    await says(house, "who is this", 1)
    house.clock.advance(timedelta(hours=5))
    await settle(house, carrier)

    assert ("hvs.worried", "queued", "not-verified") in await texts(house)


async def test_a_start_is_no_proof_of_who_is_there(house: House) -> None:
    """Behaviour 9: a number that opens itself after months is still asked first."""
    carrier = FakeCarrier()
    await says(house, "STOP", 1)
    house.clock.advance(timedelta(days=120))
    await says(house, "START", 2)
    await house.starts()

    await settle(house, carrier)

    assert ("hvs.worried", "queued", "not-verified") in await texts(house)


async def test_staff_open_a_line_with_a_reason_that_is_sealed(house: House) -> None:
    """Behaviour 17: who, when and why, and the why can't be read in a copy of the database."""
    with pytest.raises(ReasonNeeded):
        await record(house, ConsentTold(kind="opted-in", reason="  "))
    with pytest.raises(LineIsOpen):
        await record(house, ConsentTold(kind="opted-in", reason="asked for texts"))

    await says(house, "STOP", 1)
    await record(house, ConsentTold(kind="opted-in", reason="asked at the desk"))

    assert await house.one("SELECT opted_out_at FROM line") is None
    sealed = await house.one("SELECT reason_sealed FROM consent_event WHERE how = 'staff'")
    assert isinstance(sealed, bytes)
    assert b"desk" not in sealed
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        seen = await consents.of_patient(work, house.place.keys, house.rosa)
    assert [one.row.reason for one in seen if one.row.how == "staff"] == ["asked at the desk"]


async def test_what_a_person_does_not_want_is_not_sent(house: House) -> None:
    """Behaviour 19: a programme that was ended stays ended, on whatever phone; the rest goes on."""
    carrier = FakeCarrier()
    await house.starts()
    await settle(house, carrier)
    await says(house, "no more food questions", 1)

    await house.starts()
    await settle(house, carrier)

    asked = [row for row in await texts(house) if row[0] == "hvs.worried"]
    assert asked == [
        ("hvs.worried", "accepted", None),
        ("hvs.worried", "withdrawn", "declined"),
    ]


async def test_a_stop_confirmation_is_said_at_once_or_never(house: House) -> None:
    """47 CFR 64.1200(a)(12): one text, within five minutes of the wish; later it is silence."""
    carrier = FakeCarrier()
    await says(house, "please stop texting me", 1)
    house.clock.advance(timedelta(minutes=6))

    await settle(house, carrier)

    assert carrier.sent == []
    assert await texts(house) == [("stopped", "expired", "stale")]


class Faulty(Turns):
    """Takes turns, and breaks on what follows from an end of sharing."""

    async def sharing_ended(self, *_: object, **__: object) -> None:
        """Break after the turn was saved."""
        message = "broken"
        raise RuntimeError(message)


async def test_a_turn_is_saved_with_all_that_follows_or_not_at_all(house: House) -> None:
    """A fault behind the turn leaves a text that is due again, and nobody told that it was done."""
    faulty = Faulty(
        database=house.databases.app,
        vault=house.vault,
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    said = house.text("stop sharing", 1)
    assert not (await faulty.text_in(house.place.door, said)).handled
    assert await texts(house) == []
    (due,) = await house.rows("SELECT id FROM due WHERE kind = 'inbox'")

    await house.turns.retry_text(house.place.id, MessageId(UUID(str(due[0]))), 1)
    assert [row[0] for row in await texts(house)] == ["sharing-stopped"]
    assert await house.rows("SELECT id FROM due WHERE kind = 'inbox'") == []


async def test_another_patient_of_the_phone_is_not_in_my_ledger(house: House) -> None:
    """What Rosa said of herself on a shared phone is no line of Luis's page; its STOP is."""
    luis = await fakes.add_patient(
        house.databases.app, house.place, house.clock, ROSA, name="Luis", external_id="MRN-2"
    )
    house.clock.advance(timedelta(minutes=1))
    await record(house, ConsentTold(kind="withdrawn", purpose="visits", reason="said so"))
    house.clock.advance(timedelta(minutes=1))
    await says(house, "STOP", 1)

    async with house.databases.app.work([house.place.id], house.place.id) as work:
        of_rosa = await consents.of_patient(work, house.place.keys, house.rosa)
        of_luis = await consents.of_patient(work, house.place.keys, luis)

    assert [one.row.kind for one in of_rosa] == ["opted-out", "withdrawn", "granted"]
    assert [one.row.kind for one in of_luis] == ["opted-out", "granted"]


async def test_a_text_from_our_own_number_is_not_answered(house: House) -> None:
    """Behaviour 16: our numbers can't talk to each other; a person sees that one tried."""
    carrier = FakeCarrier()
    own = house.place.door.number
    text = house.text("HELP", 1, phone=own)
    later = house.text("ayuda", 2, phone=own)

    await house.turns.text_in(house.place.door, text)
    # The door that leaves the turn to a worker knows it too.
    await house.turns.text_in(house.place.door, later, turn=False)
    (message,) = await house.rows("SELECT id FROM due WHERE kind = 'inbox'")
    await house.turns.retry_text(house.place.id, MessageId(UUID(str(message[0]))), 1)
    await settle(house, carrier)

    assert carrier.sent == []
    assert await house.rows("SELECT reason FROM flag") == [("own-number",)] * 2


async def test_stop_to_one_number_closes_the_phone_for_all(house: House) -> None:
    """Behaviour 17: STOP belongs to the phone; no other number of the practice texts it."""
    account = house.place.door.account.account_sid
    house.clock.advance(timedelta(minutes=1))
    second = PracticeNumber(NumberId(fresh_id(house.clock)), "+16025550999")
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await staffing.add_number(work, house.place.id, second, account, house.clock.now())
    other = await Doors(house.databases.app, house.vault).find(second.number, account)
    assert other is not None

    await house.turns.text_in(other, house.text("STOP", 1))

    with pytest.raises(PhoneOptedOut):
        await house.starts()
    assert await house.one("SELECT count(*) FROM line WHERE opted_out_at IS NULL") == 0

    await says(house, "START", 2)
    assert await house.one("SELECT count(*) FROM line WHERE opted_out_at IS NOT NULL") == 0
