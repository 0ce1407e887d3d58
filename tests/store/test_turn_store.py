"""What becomes of a text when its turn fails: it is kept, alone, and at last a human has it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage import embedded
from engage.clock import fresh_id
from engage.db.migrate import migrate
from engage.db.session import UNDONE, Database, DatabaseAway
from engage.db.vault import Vault
from engage.ids import MessageId
from engage.turns.take import TRIES, Received, Turns
from tests.conftest import LOGINS
from tests.fakes import practice as fakes
from tests.store.conftest import ROSA, House

SPEECHLESS = replace(fakes.LIBRARY, questions={})
"""A library in which the next question has no words: deciding raises."""

HALF_WRITTEN = ("answer", "flag", "queue_item", "consent_event", "timer")

REFUSALS = {
    "decide raises": "",
    "the save breaks a constraint": "ALTER TABLE flag ADD CONSTRAINT never CHECK (false) NOT VALID",
    "the last block of the save fails": "ALTER TABLE feed ADD CONSTRAINT n CHECK (false) NOT VALID",
    "the loading fails": "ALTER FUNCTION turn_context RENAME TO gone",
    "what was loaded is no context": """UPDATE conversation SET state = '{"type": "nonsense"}'""",
    "the save kills the transaction": "ALTER FUNCTION turn_save(jsonb) RENAME TO gone",
}
MENDED = {
    "the save breaks a constraint": "ALTER TABLE flag DROP CONSTRAINT never",
    "the last block of the save fails": "ALTER TABLE feed DROP CONSTRAINT n",
    "the loading fails": "ALTER FUNCTION gone RENAME TO turn_context",
    "the save kills the transaction": "ALTER FUNCTION gone RENAME TO turn_save",
}


def turns_of(house: House, fault: str = "") -> Turns:
    """Return the practice's turns, speechless if that is the fault."""
    return Turns(
        database=house.databases.app,
        vault=house.vault,
        clock=house.clock,
        library=SPEECHLESS if fault == "decide raises" else fakes.LIBRARY,
        bell=house.bell,
    )


async def recorded(house: House) -> MessageId:
    """Return the one inbound text."""
    return MessageId(UUID(str(await house.one("SELECT id FROM message WHERE direction = 'in'"))))


async def breaks(house: House, fault: str) -> None:
    """Bring a fault about."""
    if REFUSALS[fault]:
        await house.alter(REFUSALS[fault])


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_turn_that_fails_keeps_the_text_and_nothing_else(house: House, fault: str) -> None:
    """Whatever goes wrong after the recording, the text is there, unhandled, due, and alone."""
    await house.starts()
    before = await house.counts()
    await breaks(house, fault)
    received = await turns_of(house, fault).text_in(house.place.door, house.text("often", 1))
    assert (received.duplicate, received.handled) == (False, False)
    assert house.bell.rung[-1] == "inbox"
    after = await house.counts()
    changed = {table: after[table] - before[table] for table in after if after != before}
    assert {table: n for table, n in changed.items() if n} == {"message": 1, "receipt": 1, "due": 1}
    text = await recorded(house)
    assert await house.one("SELECT handled_at FROM message WHERE id = $1", text) is None
    assert await house.one("SELECT kind FROM due WHERE id = $1", text) == "inbox"
    assert await house.one("SELECT status FROM message WHERE text_key = 'ask/1'") == "accepted"


@pytest.mark.parametrize("fault", MENDED)
async def test_a_text_whose_turn_failed_is_taken_later(house: House, fault: str) -> None:
    """When the fault is gone, the next try does what the first would have done, once."""
    await house.starts()
    await breaks(house, fault)
    await house.turns.text_in(house.place.door, house.text("often", 1))
    await house.alter(MENDED[fault])
    text = await recorded(house)
    for tries in (1, 2):
        await house.turns.retry_text(house.place.id, text, tries)
    assert await house.rows("SELECT item, option FROM answer") == [("hvs.worried", "often")]
    assert await house.one("SELECT count(*) FROM due WHERE kind = 'inbox'") == 0
    assert await house.one("SELECT tries FROM message WHERE id = $1", text) == 1
    assert await house.one("SELECT count(*) FROM message WHERE text_key = 'ask/2'") == 1


@pytest.mark.parametrize(
    "fault", ["decide raises", "what was loaded is no context", "the words do not open"]
)
async def test_after_five_tries_a_human_has_it(house: House, fault: str) -> None:
    """A text that no turn can take ends as work with an owner, even if it can't be read."""
    await house.starts()
    turns = turns_of(house, fault)
    if fault in REFUSALS:
        await breaks(house, fault)
    await turns.text_in(house.place.door, house.text("often", 1), turn=fault in REFUSALS)
    text = await recorded(house)
    if fault not in REFUSALS:
        await house.alter("UPDATE message SET body_sealed = 'x' WHERE direction = 'in'")
    for tries in range(1, TRIES + 1):
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, the worker logs and waits
            await turns.retry_text(house.place.id, text, tries)
        assert await house.one("SELECT count(*) FROM queue_item") == 0
    await turns.retry_text(house.place.id, text, TRIES + 1)
    owned = "SELECT q.owner_id IS NOT NULL, f.reason, f.message_id FROM queue_item q, flag f"
    assert await house.rows(owned) == [(True, "not-handled", text)]
    assert await house.one("SELECT count(*) FROM due WHERE kind = 'inbox'") == 0
    assert await house.one("SELECT handled_at IS NOT NULL FROM message WHERE id = $1", text)


@asynccontextmanager
async def holding(house: House, sql: str, *values: object) -> AsyncGenerator[fakes.Raw]:
    """Hold a transaction of somebody else open, who waits longer than any turn."""
    async with fakes.raw(house.databases.urls["admin"]) as other:
        await other.execute("SET deadlock_timeout = '1min'")
        await other.execute("BEGIN")
        await other.fetchval(sql, *values)
        yield other


async def crosswise(
    house: House, lock: str, take: Callable[[Turns], Awaitable[Received | None]]
) -> Received | None:
    """Take a turn against somebody who locks in the wrong order, so that PostgreSQL undoes it.

    The turn has the line and wants `lock`; the other has that and wants the line. Who looks for the
    deadlock first is undone: the turn, after two seconds, which a slow machine needs to get there.
    """
    await house.alter(f"ALTER DATABASE {house.databases.name} SET deadlock_timeout = '2s'")
    own = await Database.open(house.databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=2)
    turns = Turns(
        database=own,
        vault=house.vault,
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    try:
        async with holding(house, lock) as other:
            turn = asyncio.ensure_future(take(turns))
            await house.blocked()
            await other.fetchval("SELECT id FROM line FOR UPDATE")
            await other.execute("COMMIT")
        taken = await turn
    finally:
        await own.close()
    stumbled = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await house.one(stumbled) == 1
    return taken


LOCK_PATIENTS = "SELECT id FROM patient FOR UPDATE"
LOCK_ITEMS = "SELECT id FROM queue_item FOR UPDATE"


async def test_a_deadlock_is_tried_again(house: House) -> None:
    """A turn that PostgreSQL undoes for somebody who locks in the wrong order is taken again."""
    await house.starts()
    text = house.text("often", 1)
    received = await crosswise(
        house, LOCK_PATIENTS, lambda turns: turns.text_in(house.place.door, text)
    )
    assert received == Received(duplicate=False, handled=True)
    assert await house.one("SELECT count(*) FROM receipt") == 1
    assert await house.one("SELECT count(*) FROM answer") == 1


async def test_a_deadlock_in_a_workers_turn_is_tried_again(house: House) -> None:
    """The worker's turns are undone and taken again in the same way."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1), turn=False)
    text = await recorded(house)
    await crosswise(house, LOCK_PATIENTS, lambda turns: turns.retry_text(house.place.id, text, 1))
    assert await house.one("SELECT count(*) FROM answer") == 1


async def test_a_deadlock_while_saving_is_tried_again(house: House) -> None:
    """A save that is undone for another's sake takes the whole transaction with it, and again."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    await house.turns.text_in(house.place.door, house.text("often, really", 2), turn=False)
    waiting = await house.one(
        "SELECT id FROM message WHERE handled_at IS NULL AND direction = 'in'"
    )
    text = MessageId(UUID(str(waiting)))
    await crosswise(house, LOCK_ITEMS, lambda turns: turns.retry_text(house.place.id, text, 1))
    assert await house.one("SELECT handled_at IS NOT NULL FROM message WHERE id = $1", text)


async def test_a_closed_item_takes_no_more_flags(house: House) -> None:
    """A flag that meets a colleague who is just closing the item opens a new one: none is lost."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    close = (
        "UPDATE queue_item SET status = 'completed', outcome = 'done', closed_at = now()"
        " RETURNING id"
    )
    async with holding(house, close) as other:
        turn = asyncio.create_task(
            house.turns.text_in(house.place.door, house.text("sometimes", 2))
        )
        await house.blocked()
        await other.execute("COMMIT")
    assert (await turn).handled
    hidden = (
        "SELECT count(*) FROM flag f JOIN queue_item q ON q.id = f.item_id"
        " WHERE f.rule = 'hunger-vital-sign/hvs.ran-out' AND q.closed_at IS NOT NULL"
    )
    assert await house.one(hidden) == 0
    assert await house.one("SELECT count(*) FROM queue_item WHERE closed_at IS NULL") == 1


async def test_who_writes_again_after_an_answer_has_a_new_clock(house: House) -> None:
    """The clock that was kept is not late for what comes now; an unanswered one only tightens."""
    await house.turns.text_in(house.place.door, house.text("my chest hurts", 1))
    past = house.clock.now() - timedelta(days=1)
    due = "SELECT due_at FROM queue_item WHERE closed_at IS NULL AND severity = 'crisis'"
    late = "UPDATE queue_item SET due_at = $1"
    async with holding(house, late, past) as other:
        await other.execute("COMMIT")
    await house.turns.text_in(house.place.door, house.text("my chest hurts bad", 2))
    unanswered = await house.one(due)
    answer = "UPDATE queue_item SET due_at = $1, first_touch_at = $1, waiting_since = NULL"
    async with holding(house, answer, past) as other:
        await other.execute("COMMIT")
    await house.turns.text_in(house.place.door, house.text("my chest hurts again", 3))

    assert unanswered == past
    assert await house.one(due) == house.clock.now() + timedelta(minutes=15)


async def test_texts_that_are_recorded_at_once_do_not_wait_in_a_circle(house: House) -> None:
    """A text being recorded touches its line without closing it to the turn of another text."""
    await house.starts()
    practice, line = house.place.id, await house.one("SELECT id FROM line")
    recording = (
        "INSERT INTO message (practice_id, id, line_id, direction, author, body_sealed, kind,"
        " status, at) VALUES ($1, $2, $3, 'in', 'unknown', 'x', 'reply', 'received', now())"
    )
    message = fresh_id(house.clock)
    async with (
        holding(house, recording, practice, message, line),
        asyncio.timeout(3),
        house.databases.app.work([practice], practice) as work,
    ):
        assert await work.call("turn_open", practice, line, None, house.clock.now())


async def test_two_lines_of_two_patients_never_meet_crosswise(house: House) -> None:
    """Two phones that two people share lock the people in one order: no turn is ever undone."""
    app, place = house.databases.app, house.place
    other_phone = "+16025550151"
    await fakes.add_patient(app, place, house.clock, other_phone, "Ana")
    swap = """
        INSERT INTO phone_use (practice_id, id, phone_id, patient_id, from_at)
        SELECT f.practice_id, gen_random_uuid(), f.id, p.id, now() FROM phone f, patient p
        WHERE NOT EXISTS (SELECT FROM phone_use u WHERE u.phone_id = f.id AND u.patient_id = p.id)
    """
    await house.alter(swap)
    texts = [house.text(f"hello {n}", n, (ROSA, other_phone)[n % 2]) for n in range(40)]
    received = await asyncio.gather(*[house.turns.text_in(place.door, text) for text in texts])
    assert all(one.handled for one in received)
    shared = "SELECT count(DISTINCT patient_id) FROM thread GROUP BY line_id"
    assert await house.rows(shared) == [(2,), (2,)]
    # A backend reports its deadlocks at the latest when it ends.
    await app.close()
    stumbled = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await house.one(stumbled) == 0


async def test_a_lost_connection_keeps_nothing_and_says_so(house: House) -> None:
    """A server that goes in the middle of a turn leaves no row behind, and no 204 either."""
    await house.starts()
    before = await house.counts()
    async with holding(house, LOCK_PATIENTS) as other:
        turn = asyncio.create_task(house.turns.text_in(house.place.door, house.text("often", 1)))
        await house.blocked()
        end = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        assert await house.one(end)
        with pytest.raises(DatabaseAway):
            await turn
        await other.execute("ROLLBACK")
    assert await house.counts() == before
    again = await house.turns.text_in(house.place.door, house.text("often", 1))
    assert (again.duplicate, again.handled) == (False, True)


async def test_a_server_that_is_gone_is_said_to_be_away(house: House) -> None:
    """With no server at all a text raises DatabaseAway, so that the door can spool it."""
    home = embedded.throwaway_data_dir()
    servers = await asyncio.to_thread(embedded.start, home, throwaway=True, redis=False)
    try:
        await migrate(servers.url("owner"), LOGINS)
        own = await Database.open(servers.url("app"), setting="ENGAGE_DATABASE_URL", size=2)
    finally:
        await asyncio.to_thread(servers.stop)
    turns = Turns(
        database=own,
        vault=Vault(house.vault.master, own),
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    rung = list(house.bell.rung)
    for sid in (1, 2):
        with pytest.raises(DatabaseAway):
            await turns.text_in(house.place.door, house.text("often", sid))
    assert house.bell.rung == rung
    await own.close()


def test_what_postgresql_undoes_is_known_by_its_two_codes() -> None:
    """40001 and 40P01 are tried again; nothing else is, since trying again would not help."""
    assert {error.sqlstate for error in UNDONE} == {"40001", "40P01"}
