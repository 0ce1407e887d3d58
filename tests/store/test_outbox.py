"""Texts out: written down before they are sent, sent once, and what became of them told once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engage.clock import SettableClock, fresh_id
from engage.db.vault import Vault
from engage.ids import MessageId
from engage.messaging import store
from engage.messaging.carrier import Found, Refused, Text, Throttled, Unknown, classify
from engage.messaging.doors import Doors
from engage.messaging.outbox import Outbox
from engage.messaging.webhook_form import StatusReport
from tests.conftest import Databases
from tests.fakes.carrier import SID, FakeCarrier
from tests.fakes.world import PHONE, World, found_world

OTHER_SID = "SM" + "b" * 32


@pytest.fixture
async def world(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[World]:
    """One practice with one patient who may be texted."""
    made = await found_world(databases.app, databases.urls["admin"], vault, clock)
    yield made
    await made.rows.close()


@pytest.fixture
def carrier() -> FakeCarrier:
    """Take everything."""
    return FakeCarrier()


@pytest.fixture
def outbox(
    databases: Databases, vault: Vault, clock: SettableClock, carrier: FakeCarrier
) -> Outbox:
    """Build the outbox of a worker."""
    return Outbox(
        database=databases.worker,
        vault=vault,
        clock=clock,
        carrier=carrier,
        doors=Doors(databases.worker, vault),
        public_url="https://engage.example.org",
    )


def says(status: str, code: int | None = None, sid: str = SID) -> StatusReport:
    """Return a report of the carrier."""
    return StatusReport(sid, "AC" + "0" * 32, status, code)


def refused(code: int) -> Refused:
    """Return a refusal as the carrier gives it."""
    return Refused(code, classify(code).effect)


# What leaves


async def test_an_accepted_text_is_told_to_its_conversation(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """The sid is kept for ever, the claim is over, and the loop "outcome" carries the news."""
    message = await world.queue("How are you, Rosa?")

    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert (row["status"], row["carrier_sid"], row["segments"]) == ("accepted", SID, 1)
    assert await world.due(message) == {"outcome"}
    assert (
        await world.rows.fetchval("SELECT message_id FROM receipt WHERE sid = $1", SID) == message
    )
    assert await world.count("feed") == 1
    (text,) = carrier.sent
    assert (text.to.e164, text.body) == (PHONE, "How are you, Rosa?")
    assert text.callback_url.startswith("https://engage.example.org/webhooks/twilio/status?m=")


async def test_sending_is_written_before_the_carrier_is_called(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """While the carrier is being asked, everybody can read in the row that it is."""
    message = await world.queue()
    seen: list[str] = []

    async def look(_: Text) -> None:
        seen.append(await world.state(message))

    carrier.meanwhile = look
    await outbox.send(world.practice, message)

    assert seen == ["sending"]


async def test_a_text_is_sent_once_however_often_it_is_claimed(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """Four workers that all believe the row is theirs cause one text."""
    message = await world.queue()

    await asyncio.gather(*(outbox.send(world.practice, message) for _ in range(4)))

    assert len(carrier.sent) == 1


async def test_a_stop_at_the_last_moment_is_kept(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """A text that was queued before STOP never leaves after it, and its conversation hears why."""
    message = await world.queue()
    await world.rows.execute("UPDATE line SET opted_out_at = now()")

    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert not carrier.sent
    assert (row["status"], row["status_reason"]) == ("withdrawn", "opted-out")
    assert await world.due(message) == {"outcome"}


async def test_a_stop_that_is_being_written_is_waited_for(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """The last look waits for the line's lock, so it sees the STOP of a turn that is under way."""
    message = await world.queue()
    async with world.rows.transaction():
        await world.rows.execute("UPDATE line SET opted_out_at = now()")
        sending = asyncio.create_task(outbox.send(world.practice, message))
        await asyncio.sleep(0.1)
        assert not sending.done()
    await sending

    assert not carrier.sent


async def test_words_about_consent_pass_a_stop(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """What must be said about an opt-out is said."""
    message = await world.queue(kind="consent")
    await world.rows.execute("UPDATE line SET opted_out_at = now()")

    await outbox.send(world.practice, message)

    assert len(carrier.sent) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE patient SET status = 'deceased'", "patient-inactive"),
        ("UPDATE phone_use SET until_at = now()", "no-phone"),
        ("UPDATE practice SET carrier_sealed = NULL", "no-account"),
    ],
)
async def test_what_changed_since_it_was_queued_counts(
    world: World, outbox: Outbox, carrier: FakeCarrier, change: str, reason: str
) -> None:
    """A death, a lost phone, a closed account silence what is queued, and the row says why."""
    message = await world.queue()
    await world.rows.execute(change)

    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert not carrier.sent
    assert (row["status"], row["status_reason"]) == ("withdrawn", reason)


async def test_a_former_caregiver_gets_no_text_because_of_another_patient(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """A caregiver's phone is open to texts about the one they care for now, and nobody else."""
    message, by = await world.queue(), fresh_id(world.clock)
    # Rosa's phone is Sofia's now, who no longer cares for Rosa and still does for Luis.
    await world.rows.execute(
        f"""
        INSERT INTO caregiver SELECT practice_id, '{by}', 'Sofia', 'D', 'en', now() FROM patient;
        UPDATE phone_use SET patient_id = NULL, caregiver_id = '{by}';
        INSERT INTO caregiver_of SELECT practice_id, '{by}', id, 'aunt', created_at, now()
            FROM patient;
        INSERT INTO patient SELECT practice_id, '{by}', 'luis', 'Luis', 'D', 'luis', NULL, 'en',
            NULL, 'active', 1, now() FROM patient;
        INSERT INTO thread SELECT practice_id, '{by}', line_id, '{by}', now() FROM thread;
        INSERT INTO caregiver_of SELECT practice_id, '{by}', '{by}', 'aunt', now() FROM caregiver;
        """  # noqa: S608 - our own id
    )

    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert (row["status"], row["status_reason"]) == ("withdrawn", "no-phone")
    assert not carrier.sent


CROWD = """
INSERT INTO patient SELECT practice_id, gen_random_uuid(), n::text, 'A', 'B', '', NULL, 'en', NULL,
    'active', 1, now() FROM patient, generate_series(1, 60) n;
INSERT INTO phone SELECT practice_id, id, external_id::bytea, '', now() FROM patient
    WHERE given_name = 'A';
INSERT INTO line SELECT l.practice_id, p.id, l.number_id, p.id, NULL, now() FROM line l, phone p
    WHERE p.number_sealed = '';
INSERT INTO thread SELECT practice_id, id, id, id, now() FROM line WHERE id = phone_id;
"""
"""Sixty other patients of whom the planner knows nothing yet."""


async def test_a_text_is_found_without_reading_the_practice(
    world: World, databases: Databases
) -> None:
    """Also while the server has no figures a text costs its own rows, not lines times patients."""
    message = await world.queue()
    await world.rows.execute(CROWD)
    by = await world.rows.fetch(
        "SELECT indexrelid::bigint FROM pg_index JOIN pg_class c ON c.oid = indrelid "
        "WHERE relname = ANY ('{line,phone,thread,patient}')"
    )

    async with databases.worker.work([world.practice], world.practice) as work:
        found = await store.outgoing(work, world.keys, message)
        read = [await work.call("pg_stat_get_xact_tuples_fetched", row[0]) for row in by]

    assert found is not None
    assert sum(read) < 10 * 60


async def test_a_stale_text_is_dropped(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """After a long outage a text is not sent late; its conversation hears that it expired."""
    message = await world.queue()
    clock.advance(timedelta(hours=13))

    await outbox.send(world.practice, message)

    assert not carrier.sent
    assert await world.state(message) == "expired"
    assert await world.due(message) == {"outcome"}


# What the carrier refuses


async def test_a_stop_known_to_the_carrier_closes_the_line(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """21610 is a STOP we never saw: the line is opted out, with the carrier as evidence."""
    carrier.outcome = refused(21610)
    message = await world.queue()

    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert (row["status"], row["error_code"]) == ("refused", 21610)
    assert await world.rows.fetchval("SELECT opted_out_at FROM line") is not None
    assert await ledger(world) == [("opted-out", "carrier-evidence", "carrier", message)]
    assert await world.due(message) == {"outcome"}


async def test_a_block_is_a_hint_and_closes_nothing(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """30004: the person may have opted out. It is written down, shown, and never tried again."""
    message = await world.queue()
    await outbox.send(world.practice, message)

    await outbox.report(world.practice, message, says("undelivered", 30004))

    assert await world.rows.fetchval("SELECT opted_out_at FROM line") is None
    assert await ledger(world) == [("suspected-opt-out", "carrier-evidence", "carrier", message)]
    assert (await world.text(message))["status"] == "undelivered"
    assert await world.due(message) == {"outcome"}


async def ledger(world: World) -> list[tuple[object, ...]]:
    """Return what the consent ledger says of lines, oldest first."""
    rows = await world.rows.fetch(
        "SELECT kind, how, actor, message_id FROM consent_event "
        "WHERE line_id IS NOT NULL ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def test_a_throttled_text_goes_later(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """Certainly not sent: it waits in the queue, and is sent once when its time has come."""
    carrier.outcome = Throttled(7, 20429, classify(20429).effect)
    message = await world.queue()

    await outbox.send(world.practice, message)

    due_at = await world.rows.fetchval("SELECT due_at FROM due WHERE kind = 'outbox'")
    assert await world.state(message) == "queued"
    assert due_at == clock.now() + timedelta(seconds=7)


async def test_an_account_that_needs_mending_is_given_time(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """Refused credentials cost a text nothing, however often: it waits for the account."""
    carrier.outcome = refused(20003)
    message = await world.queue()

    await outbox.send(world.practice, message, 1)
    await outbox.send(world.practice, message, 9)

    assert await world.state(message) == "queued"
    assert await world.due(message) == {"outbox"}


# What may or may not have left


async def test_a_crash_while_sending_is_looked_for_and_never_posted_again(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """After the lease the text is unknown; the carrier's list has it; one text left in all."""
    message = await world.queue()
    asked = asyncio.Event()

    async def hang(_: Text) -> None:
        asked.set()
        await asyncio.Event().wait()

    carrier.meanwhile = hang
    sending = asyncio.create_task(outbox.send(world.practice, message))
    await asked.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    after_crash = await world.state(message), await world.due(message)
    clock.advance(timedelta(seconds=46))
    await outbox.send(world.practice, message, 2)
    after_lease = await world.state(message), await world.due(message)
    carrier.has = Found(SID, "delivered")
    await outbox.resolve(world.practice, message, 1)

    assert after_crash == ("sending", {"outbox"})
    assert after_lease == ("unknown", {"unknown"})
    assert await world.state(message) == "delivered"
    assert await world.due(message) == {"outcome"}
    assert len(carrier.sent) == 1


async def test_a_carrier_that_raises_may_have_sent(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """A fault inside the carrier's code is doubt, not permission to try again."""

    async def fall(_: Text) -> None:
        raise ZeroDivisionError

    carrier.meanwhile = fall
    message = await world.queue()

    await outbox.send(world.practice, message)

    assert await world.state(message) == "unknown"


async def lose(world: World, outbox: Outbox, carrier: FakeCarrier) -> MessageId:
    """Send a text whose answer is lost."""
    carrier.outcome = Unknown("timeout")
    message = await world.queue()
    await outbox.send(world.practice, message)
    return message


async def test_a_text_nobody_has_is_looked_for_three_times(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """It is looked for 2, 5 and 10 minutes after it left; then a human is told."""
    message = await lose(world, outbox, carrier)
    waits: list[timedelta] = []
    for tries in (1, 2, 3):
        due_at = await world.rows.fetchval("SELECT due_at FROM due WHERE kind = 'unknown'")
        assert due_at is not None
        waits.append(due_at - clock.now())
        clock.set(due_at)
        await outbox.resolve(world.practice, message, tries)

    assert waits == [timedelta(minutes=2), timedelta(minutes=3), timedelta(minutes=5)]
    assert await world.state(message) == "unknown"
    assert await world.due(message) == {"outcome"}
    assert len(carrier.sent) == 1


async def test_a_carrier_that_cannot_be_asked_proves_nothing(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """Three silences are not three looks."""
    message = await lose(world, outbox, carrier)
    carrier.silent = True

    for tries in (1, 2, 3):
        await outbox.resolve(world.practice, message, tries)
    waiting = await world.due(message)
    await outbox.resolve(world.practice, message, 6)

    assert waiting == {"unknown"}
    assert await world.due(message) == {"outcome"}


async def test_a_late_report_ends_the_doubt(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """A report proves that the carrier has the text, also after nobody looked any more."""
    message = await lose(world, outbox, carrier)

    await outbox.report(world.practice, message, says("sent"))

    row = await world.text(message)
    assert (row["status"], row["carrier_sid"]) == ("sent", SID)
    assert await world.due(message) == {"outcome"}


async def test_the_same_words_twice_are_two_texts(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """A search never adopts a sid that belongs to another text of the line."""
    await outbox.send(world.practice, await world.queue("Same"))
    message = await lose(world, outbox, carrier)

    await outbox.resolve(world.practice, message, 1)

    assert carrier.taken == [frozenset({SID})]


# What the carrier reports


async def test_reports_move_a_text_forward_only(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """In whatever order they come, and however often, the end is the same and told once."""
    message = await world.queue()
    await outbox.send(world.practice, message)
    await world.rows.execute("DELETE FROM due")

    for word in ("delivered", "sent", "queued", "delivered", "delivered"):
        await outbox.report(world.practice, message, says(word))

    assert await world.state(message) == "delivered"
    assert await world.count("delivery_report") == 3
    assert await world.due(message) == set()


async def test_a_report_may_come_before_the_answer(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """The answer to a request that is already reported on changes nothing and repeats no news."""
    message = await world.queue()

    async def report(_: Text) -> None:
        await outbox.report(world.practice, message, says("delivered"))

    carrier.meanwhile = report
    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert (row["status"], row["carrier_sid"]) == ("delivered", SID)
    assert await world.due(message) == {"outcome"}


async def test_a_late_failure_is_told(world: World, outbox: Outbox, carrier: FakeCarrier) -> None:
    """Undelivered after accepted is news, with its code on the row."""
    message = await world.queue()
    await outbox.send(world.practice, message)
    await world.rows.execute("DELETE FROM due")

    await outbox.report(world.practice, message, says("undelivered", 30007))

    row = await world.text(message)
    assert (row["status"], row["error_code"]) == ("undelivered", 30007)
    assert await world.due(message) == {"outcome"}


async def test_a_report_about_another_sid_is_ignored(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """A signed report that carries our token and a stranger's sid moves nothing."""
    message = await world.queue()
    await outbox.send(world.practice, message)

    await outbox.report(world.practice, message, says("failed", 30008, OTHER_SID))

    assert await world.state(message) == "accepted"
    assert await world.count("delivery_report") == 0


async def test_a_word_that_no_handbook_has_is_kept_and_moves_nothing(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """Carriers invent words; we keep them and wait for one that we know."""
    message = await world.queue()
    await outbox.send(world.practice, message)

    await outbox.report(world.practice, message, says("teleported"))

    assert await world.state(message) == "accepted"
    assert await world.count("delivery_report") == 1


async def test_a_text_that_does_not_exist_is_forgotten(world: World, outbox: Outbox) -> None:
    """A due row without a text ends instead of coming back for ever."""
    message = await world.queue()
    await world.rows.execute("DELETE FROM message")

    await outbox.send(world.practice, message)

    assert await world.due(message) == set()


# The order of a line


async def test_texts_of_a_line_leave_in_their_order(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """A text waits while an older one of its line has not left, and keeps its claim."""
    first = await world.queue("The first.")
    clock.advance(timedelta(milliseconds=5))
    second = await world.queue("The second.")

    await outbox.send(world.practice, second)

    assert await world.state(second) == "queued"
    assert await world.due(second) == {"outbox"}
    await outbox.send(world.practice, first)
    await outbox.send(world.practice, second)
    assert [await world.state(one) for one in (first, second)] == ["accepted", "accepted"]


async def test_a_stuck_text_holds_back_nobody_for_ever(
    world: World, outbox: Outbox, clock: SettableClock
) -> None:
    """After a minute an older text that has not left keeps no other one waiting."""
    await world.queue("Stuck.")
    clock.advance(timedelta(seconds=61))
    later = await world.queue("Later.")

    await outbox.send(world.practice, later)

    assert await world.state(later) == "accepted"
