"""Phones that fail, and texts that are sent once more, on real rows."""

from datetime import timedelta
from uuid import UUID

import pytest

from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import MessageId, QueueItemId, ThreadId
from engage.messaging.carrier import Accepted
from engage.messaging.delivery import State
from engage.messaging.doors import Doors
from engage.messaging.may_text import Facts
from engage.messaging.outbox import Outbox
from engage.messaging.threads.store import texting_facts
from engage.messaging.webhook_form import StatusReport
from engage.queue.paging import Pager
from engage.turns.context import ConsentTold
from tests.fakes.carrier import FakeCarrier
from tests.store.conftest import House

DEAD, OFF, UNSAID = 30005, 30003, 30008


class Sender:
    """A worker's outbox over a carrier that takes everything and reports what it is told to."""

    def __init__(self, house: House) -> None:
        """Build it."""
        self.house, self.carrier, self.count = house, FakeCarrier(), 0
        self.outbox = Outbox(
            database=house.databases.worker,
            vault=house.vault,
            clock=house.clock,
            carrier=self.carrier,
            doors=Doors(house.databases.worker, house.vault),
            public_url="https://engage.example.org",
        )

    async def settle(self) -> None:
        """Let the loops do what is due now."""
        due = (
            "SELECT kind, id FROM due WHERE kind IN ('outbox', 'outcome') AND due_at <= $1 "
            "ORDER BY due_at, id"
        )
        while found := await self.house.rows(due, self.house.clock.now()):
            for kind, text in found:
                assert isinstance(text, UUID)
                if kind == "outbox":
                    self.count += 1
                    self.carrier.outcome = Accepted(f"SMf{self.count:031x}", 1)
                    await self.outbox.send(self.house.place.id, MessageId(text))
                else:
                    await self.house.turns.outcome_came(self.house.place.id, MessageId(text))

    async def newest(self) -> tuple[MessageId, str | None, State]:
        """Return the newest text of ours: its id, its id at the carrier, and its state."""
        ((text, sid, state),) = await self.house.rows(
            "SELECT id, carrier_sid, status FROM message WHERE direction = 'out' "
            "ORDER BY id DESC LIMIT 1"
        )
        return text, sid, state  # type: ignore[return-value] # what the columns hold

    async def reports(self, status: str, code: int | None = None, sid: str | None = None) -> None:
        """Let the carrier report on the newest text, under its newest id there or another."""
        text, known, _ = await self.newest()
        account = self.house.place.door.account.account_sid
        report = StatusReport(sid or known or "", account, status, code)
        await self.outbox.report(self.house.place.id, text, report)
        await self.settle()

    async def asks(self) -> None:
        """Begin a screening and let its first question leave."""
        await self.house.starts()
        await self.settle()

    async def reasons(self) -> list[object]:
        """Return why there is work."""
        return [row[0] for row in await self.house.rows("SELECT reason FROM flag ORDER BY reason")]

    async def facts(self) -> Facts | None:
        """Return what the person's page knows."""
        place = self.house.place.id
        async with self.house.databases.app.work([place]) as work:
            return await texting_facts(work, place, self.house.rosa)


@pytest.fixture
async def sender(house: House) -> Sender:
    """Texts leave here when the outbox lets them, and not otherwise."""
    await house.alter("DROP TRIGGER leave_in_time ON message")
    return Sender(house)


async def test_a_dead_number_is_told_once_and_texted_no_more(house: House, sender: Sender) -> None:
    """30005: Dana hears that the number is dead, once, and nothing more sets out to it."""
    await sender.asks()
    await sender.reports("undelivered", DEAD)
    said = len(sender.carrier.sent)

    house.clock.advance(timedelta(hours=26))
    await house.starts()
    await sender.settle()

    facts = await sender.facts()
    assert facts is not None
    assert facts.trouble == "dead"
    assert len(sender.carrier.sent) == said
    assert (await sender.reasons()).count("phone-dead") == 1
    assert await house.one("SELECT count(*) FROM queue_item WHERE subject = 'delivery'") == 1


async def test_staff_say_that_the_number_works(house: House, sender: Sender) -> None:
    """The ledger keeps who said so and why, and the phone is texted again."""
    await sender.asks()
    await sender.reports("undelivered", DEAD)
    place = house.place
    async with house.databases.app.work([place.id], place.id) as work:
        told = ConsentTold(kind="works-again", reason="Rang it: she has topped it up")
        await house.turns.record_consent(
            work, place.id, house.rosa, told, fresh_id(house.clock), place.manager
        )

    facts = await sender.facts()
    assert facts is not None
    assert facts.trouble is None
    assert await house.rows(
        "SELECT how, actor, staff_id FROM consent_event WHERE how = 'staff'"
    ) == [("staff", "staff", place.manager)]


async def test_a_text_from_a_doubtful_phone_ends_the_doubt(house: House, sender: Sender) -> None:
    """Three days of a phone that is off make it doubtful; a text from it makes it a phone again."""
    await sender.asks()
    await house.alter(
        "INSERT INTO phone_state (practice_id, phone_id, doubts) SELECT practice_id, id, "
        "ARRAY[now() - interval '900 days', now() - interval '899 days'] FROM phone"
    )
    await sender.reports("undelivered", OFF)
    doubted = await sender.facts()

    house.clock.advance(timedelta(minutes=1))
    await house.turns.text_in(house.place.door, house.text("I am back", 1))

    facts = await sender.facts()
    assert doubted is not None
    assert facts is not None
    assert (doubted.trouble, facts.trouble) == ("doubtful", None)
    assert "phone-doubtful" in await sender.reasons()


async def test_what_was_not_carried_is_sent_once_more(house: House, sender: Sender) -> None:
    """30008: after its wait the same text leaves again, once; then a human is told."""
    await sender.asks()
    (first,) = sender.carrier.sent
    await sender.reports("undelivered", UNSAID)
    assert await sender.reasons() == []
    house.clock.advance(timedelta(minutes=29))
    await sender.settle()
    waited = len(sender.carrier.sent)

    house.clock.advance(timedelta(minutes=2))
    await sender.settle()
    again = sender.carrier.sent[-1]
    await sender.reports("undelivered", UNSAID)
    house.clock.advance(timedelta(hours=2))
    await sender.settle()

    assert waited == 1
    assert len(sender.carrier.sent) == 2
    assert (again.body, again.own_id) == (first.body, first.own_id)
    assert await sender.reasons() == ["undeliverable"]
    assert await house.one("SELECT count(*) FROM delivery_report WHERE error_code = 30008") == 2


async def test_the_first_attempt_may_arrive_after_all(house: House, sender: Sender) -> None:
    """A late "delivered" of the first attempt ends the second; its other reports are nothing."""
    await sender.asks()
    _, first, _ = await sender.newest()
    await sender.reports("undelivered", UNSAID)

    await sender.reports("failed", UNSAID, sid=first)
    _, _, waiting = await sender.newest()
    await sender.reports("delivered", sid=first)
    house.clock.advance(timedelta(hours=1))
    await sender.settle()

    assert waiting == "undelivered"
    assert (await sender.newest())[2] == "delivered"
    assert len(sender.carrier.sent) == 1


async def test_nobody_is_asked_again_what_they_answered(house: House, sender: Sender) -> None:
    """A report says undelivered, and the answer comes: the question does not come twice."""
    await sender.asks()
    await sender.reports("undelivered", UNSAID)
    house.clock.advance(timedelta(minutes=1))
    await house.turns.text_in(house.place.door, house.text("3", 1))
    await sender.settle()
    said = [text.body for text in sender.carrier.sent]

    house.clock.advance(timedelta(hours=1))
    await sender.settle()

    assert [text.body for text in sender.carrier.sent] == said
    assert len(set(said)) == len(said) == 2


async def test_a_failed_answer_to_a_crisis_is_no_answer(house: House, sender: Sender) -> None:
    """Dana's text that never arrives does not end the paging, whether it had ended or not."""
    pager = Pager(
        database=house.databases.worker,
        vault=house.vault,
        clock=house.clock,
        bell=house.bell,
        channels={},
    )
    await house.turns.text_in(house.place.door, house.text("i cant breathe", 1))
    await sender.settle()
    item = QueueItemId(await house.one("SELECT item_id FROM paging"))  # type: ignore[arg-type]
    thread = ThreadId(await house.one("SELECT id FROM thread"))  # type: ignore[arg-type]
    await pager.hop(house.place.id, item)
    for fails_late in (False, True):
        house.clock.advance(timedelta(minutes=1))
        text = MessageId(fresh_id(house.clock))

        async def write(work: Work, text: MessageId = text) -> None:
            place = house.place
            await house.turns.staff_writes(work, place.id, thread, place.manager, "Ok?", text)

        await house.databases.app.again(write, [house.place.id], house.place.id)
        await sender.settle()
        answered = await house.one("SELECT answered_at IS NOT NULL FROM paging")
        if fails_late:
            await pager.hop(house.place.id, item)
        ended = await house.one("SELECT ended_at IS NOT NULL FROM paging")
        pages = await house.one("SELECT count(*) FROM page")
        await sender.reports("undelivered", DEAD)
        await pager.hop(house.place.id, item)

        assert (answered, ended) == (True, fails_late)
        assert await house.rows("SELECT answered_at, ended_at FROM paging") == [(None, None)]
        assert await house.one("SELECT count(*) FROM page") != pages
        await house.alter("DELETE FROM phone_state")


async def test_a_failed_safety_text_is_wanted_whatever_is_written(
    house: House, sender: Sender
) -> None:
    """Whoever writes again still hears whom to call; twice only if it was not said anew."""
    await house.turns.text_in(house.place.door, house.text("i cant breathe", 1))
    await sender.settle()
    (first,) = sender.carrier.sent
    await sender.reports("undelivered", UNSAID)
    house.clock.advance(timedelta(seconds=20))
    await house.turns.text_in(house.place.door, house.text("please i cant breathe", 2))
    house.clock.advance(timedelta(minutes=3))
    await sender.settle()

    said = [one.body for one in sender.carrier.sent if one.body == first.body]
    assert len(said) == 2
