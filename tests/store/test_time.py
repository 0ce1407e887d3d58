"""Texts and the hours of a day: what waits, what is displaced, and what the page says about it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.errors import WrongSetting
from engage.ids import MessageId
from engage.messaging import timing
from engage.messaging.doors import Doors
from engage.messaging.outbox import SIMULATED, Outbox, Policy
from engage.messaging.threads.store import held_back, line_of
from engage.turns.outcome import outcome_event
from engage.turns.store import sent
from engage.wiring import refuse_show
from tests.conftest import Databases
from tests.fakes.carrier import FakeCarrier
from tests.fakes.world import World, found_world
from tests.store.conftest import House

NIGHT = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)  # Tuesday 22:00 in Phoenix
MORNING = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # Wednesday 9:00
SENT_BY = "SELECT kind FROM message WHERE direction = 'out' ORDER BY text_key"


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


def an_outbox(
    databases: Databases, vault: Vault, clock: SettableClock, carrier: FakeCarrier, policy: Policy
) -> Outbox:
    """Build the outbox of a worker."""
    return Outbox(
        database=databases.worker,
        vault=vault,
        clock=clock,
        carrier=carrier,
        doors=Doors(databases.worker, vault),
        public_url="https://engage.example.org",
        policy=policy,
    )


@pytest.fixture
def outbox(
    databases: Databases, vault: Vault, clock: SettableClock, carrier: FakeCarrier
) -> Outbox:
    """Build the outbox of a worker with a real carrier's policy."""
    return an_outbox(databases, vault, clock, carrier, Policy())


async def due_at(world: World, message: MessageId) -> datetime | None:
    """Return when the outbox looks at a text again."""
    found = await world.rows.fetchval(
        "SELECT due_at FROM due WHERE kind = 'outbox' AND id = $1", message
    )
    assert found is None or isinstance(found, datetime)
    return found


async def test_a_text_of_the_night_leaves_in_the_morning(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """Behaviours 13 and 14: held at night with its reason, asked again at nine, sent once."""
    clock.set(NIGHT)
    message = await world.queue(kind="screening")

    await outbox.send(world.practice, message)

    row = await world.text(message)
    assert not carrier.sent
    assert (row["status"], row["status_reason"], row["held_until"]) == (
        "queued",
        "quiet-hours",
        MORNING,
    )
    assert await due_at(world, message) == MORNING
    clock.set(MORNING)
    await outbox.send(world.practice, message)
    row = await world.text(message)
    assert (row["status"], row["held_until"], len(carrier.sent)) == ("accepted", None, 1)


async def test_a_clock_that_went_back_keeps_quiet_hours(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """R13: whenever a held text is claimed, the hours are looked at again."""
    clock.set(NIGHT)
    message = await world.queue(kind="screening")
    await outbox.send(world.practice, message)
    clock.set(MORNING - timedelta(hours=1))

    await outbox.send(world.practice, message)

    assert not carrier.sent
    assert await due_at(world, message) == MORNING


async def test_the_carrier_gives_up_before_quiet_hours(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """A text in the carrier's own queue does not arrive at night; an answer may."""
    clock.set(datetime(2026, 11, 25, 2, 30, tzinfo=UTC))  # 19:30

    await outbox.send(world.practice, await world.queue(kind="screening"))
    await outbox.send(world.practice, await world.queue(kind="reply"))

    assert [text.validity_seconds for text in carrier.sent] == [30 * 60, 4 * 3600]


async def test_a_held_text_does_not_hold_up_an_answer(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """What waits for the morning stands aside: a later answer of the same line leaves at once."""
    clock.set(NIGHT)
    held = await world.queue(kind="screening")
    await outbox.send(world.practice, held)
    answer = await world.queue("I will call you.", kind="reply")

    await outbox.send(world.practice, answer)

    assert [text.body for text in carrier.sent] == ["I will call you."]


async def test_one_a_day_and_the_better_first(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """Behaviour 15: whichever is claimed first, the reminder leaves and the question waits."""
    question = await world.queue("A question", kind="screening")
    nudge = await world.queue("A nudge", kind="nudge")
    visit = await world.queue("A visit", kind="visit-2d")

    for message in (nudge, question, visit):
        await world.rows.execute("UPDATE message SET at = at - interval '2 minutes'")
        clock.advance(timedelta(minutes=2))
        await outbox.send(world.practice, message)

    assert [text.body for text in carrier.sent] == ["A visit"]
    assert (await world.text(question))["status_reason"] == "over-budget"
    assert await due_at(world, question) == MORNING
    # The day after tomorrow is too late for a nudge: it is dropped by name, not forgotten.
    row = await world.text(nudge)
    assert (row["status"], row["status_reason"]) == ("expired", "over-budget")


async def test_a_text_whose_fate_is_unknown_has_been_sent(
    world: World, outbox: Outbox, carrier: FakeCarrier
) -> None:
    """Behaviour 15: what may have left counts against the day; what was refused does not."""
    first = await world.queue(kind="screening")
    await outbox.send(world.practice, first)
    second = await world.queue(kind="screening")
    await world.rows.execute("UPDATE message SET status = 'unknown' WHERE id = $1", first)
    await outbox.send(world.practice, second)
    waited = await world.state(second)
    await world.rows.execute("UPDATE message SET status = 'refused' WHERE id = $1", first)
    await outbox.send(world.practice, second)

    assert (waited, await world.state(second)) == ("queued", "accepted")


async def test_a_move_to_another_zone_counts_at_once(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """Behaviour 13: the zone is looked up when the text is about to leave."""
    clock.set(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))  # 19:00 in Phoenix, 21:00 in New York
    message = await world.queue(kind="screening")
    await world.rows.execute("UPDATE patient SET time_zone = 'America/New_York', us_state = 'NY'")

    await outbox.send(world.practice, message)

    assert not carrier.sent
    assert await due_at(world, message) == datetime(2026, 11, 25, 14, 0, tzinfo=UTC)


async def test_a_human_who_talks_is_not_talked_across(
    world: World, outbox: Outbox, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """Behaviour 12: after a person's own words planned texts wait, for some hours at the most."""
    words = await world.queue("Dana here.", kind="staff")
    await world.rows.execute("UPDATE message SET author = 'staff' WHERE id = $1", words)
    await outbox.send(world.practice, words)
    clock.advance(timedelta(minutes=5))
    planned = await world.queue("How are you?", kind="check-in")
    await outbox.send(world.practice, planned)
    held = (await world.text(planned))["status_reason"]
    clock.advance(timing.TALKS_FOR)
    await outbox.send(world.practice, planned)

    assert held == "human-talking"
    assert [text.body for text in carrier.sent] == ["Dana here.", "How are you?"]


async def test_the_page_lists_what_waits_and_what_was_dropped(
    world: World, outbox: Outbox, clock: SettableClock
) -> None:
    """Behaviours 15 and 21: a displaced text is a line on the person's page, never silence."""
    clock.set(NIGHT)
    held = await world.queue(kind="screening")
    await outbox.send(world.practice, held)
    clock.advance(timedelta(seconds=1))
    dropped = await world.queue(kind="visit-3h")
    await outbox.send(world.practice, dropped)

    async with world.app.work([world.practice]) as work:
        back = await held_back(work, world.practice, world.patient, NIGHT - timedelta(days=14))
        line = await line_of(work, world.practice, world.patient)

    assert [(one.id, one.reason, one.until) for one in back] == [
        (dropped, "quiet-hours", None),
        (held, "quiet-hours", MORNING),
    ]
    assert line == world.line


async def test_a_planned_text_that_found_no_room_is_nobodys_work(
    world: World, outbox: Outbox, clock: SettableClock
) -> None:
    """The loop hears that it was skipped; only a person's own words make a flag of it."""
    clock.set(NIGHT)
    message = await world.queue(kind="visit-3h")
    await outbox.send(world.practice, message)

    async with world.app.work([world.practice]) as work:
        fate = await sent(work, world.practice, message)

    assert fate is not None
    assert type(outcome_event(fate, NIGHT)).__name__ == "TextSkipped"
    assert await world.due(message) == {"outcome"}


# The practice for show


async def test_a_practice_for_show_texts_at_night_on_the_simulator_only(
    databases: Databases, world: World, vault: Vault, carrier: FakeCarrier, clock: SettableClock
) -> None:
    """All-day hours open the simulated night; for a real carrier they are the usual ones."""
    clock.set(NIGHT)
    await world.rows.execute("UPDATE practice SET texting_hours = 'all-day'")
    message = await world.queue(kind="screening")

    await an_outbox(databases, vault, clock, carrier, Policy()).send(world.practice, message)
    by_a_real_one = len(carrier.sent)
    await an_outbox(databases, vault, clock, carrier, SIMULATED).send(world.practice, message)

    assert (by_a_real_one, len(carrier.sent)) == (0, 1)


async def test_a_real_carrier_refuses_a_practice_for_show(
    databases: Databases, world: World
) -> None:
    """A worker with a real carrier does not start while a practice has all-day hours."""
    await refuse_show(databases.worker)
    await world.rows.execute("UPDATE practice SET texting_hours = 'all-day'")

    with pytest.raises(WrongSetting):
        await refuse_show(databases.worker)


# What kind of text a turn writes


async def test_what_answers_a_text_is_an_answer(house: House) -> None:
    """Behaviour 15: the first question is planned; what follows an answer is a reply."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("1", 1))
    await house.turns.text_in(house.place.door, house.text("3", 2))

    assert await house.rows(SENT_BY) == [("screening",), ("reply",), ("reply",), ("reply",)]
