"""The hot path on the real database: one text, one transaction, one turn after the other."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import msgspec
import pytest

from engage.clock import fresh_id
from engage.db.session import Database, Query, Row, Work
from engage.db.vault import Vault
from engage.ids import MessageId, PracticeId, ThreadId
from engage.messaging.webhook_form import InboundText
from engage.turns.take import Turns
from tests.fakes import practice as fakes
from tests.store.conftest import ROSA, House

NAIVE = """
ALTER FUNCTION turn_context(uuid, uuid, uuid, timestamptz) STABLE;
CREATE OR REPLACE FUNCTION turn_open(
    p_practice uuid, p_line uuid, p_patient uuid, p_now timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE context jsonb;
BEGIN
    SELECT turn_context(p_practice, l.id, p_patient, p_now) INTO context
    FROM line l JOIN conversation c ON c.practice_id = l.practice_id
    WHERE l.practice_id = p_practice AND l.id = p_line FOR NO KEY UPDATE OF l;
    RETURN context;
END $$
"""
"""Lock and read in one statement: what everybody writes first."""


async def test_a_text_becomes_an_answer_a_flag_work_and_the_next_question(house: House) -> None:
    """One text is recorded, attributed, scored, flagged, owned and answered when 204 is due."""
    await house.starts()
    received = await house.turns.text_in(house.place.door, house.text("often", 1))
    assert (received.duplicate, received.handled) == (False, True)
    read = "SELECT author, author_id, prompt, handled_at IS NOT NULL FROM message"
    assert await house.rows(f"{read} WHERE direction = 'in'") == [
        ("patient", house.rosa, "hvs.worried", True)
    ]
    assert await house.rows("SELECT item, kind, option, loinc FROM answer") == [
        ("hvs.worried", "chosen", "often", "88122-7")
    ]
    assert await house.rows("SELECT reason, rule FROM flag") == [
        ("food-insecurity", "hunger-vital-sign/hvs.worried")
    ]
    owned = "SELECT owner_id, owner_why, status, patient_id FROM queue_item"
    assert await house.rows(owned) == [
        (house.place.manager, "assigned care manager", "ready", house.rosa)
    ]
    queued = (
        "SELECT m.text_key, m.status, d.kind FROM message m JOIN due d ON d.id = m.id"
        " WHERE m.direction = 'out' AND m.status = 'queued'"
    )
    assert await house.rows(queued) == [("ask/2", "queued", "outbox")]
    assert house.bell.rung[-1] == "outbox"
    opened = await house.rows("SELECT id, body_sealed FROM message WHERE direction = 'in'")
    assert [house.place.keys.open_text("message.body", row, blob) for row, blob in opened] == [  # type: ignore[arg-type]
        "often"
    ]


async def test_one_text_is_one_transaction(house: House) -> None:
    """Fifty texts commit fifty transactions: nothing is committed first and handled later."""
    await house.starts()
    await house.databases.app.close()
    await house.databases.worker.close()
    noise: list[int] = []
    for round_ in range(3):
        idle = await _commits(house, [])
        texts = [house.text("often, and my rent is late", 1000 * round_ + n) for n in range(50)]
        noise.append(await _commits(house, texts) - idle - len(texts))
        if noise[-1] == 0:
            break
    # Only autovacuum can commit as well, and it does not do so three times running.
    assert 0 in noise, noise
    # The count can tell: recorded first and handled later, a text costs two.
    later = [house.text("often", 9000 + n) for n in range(10)]
    assert await _commits(house, later, turn=False) - idle >= 2 * len(later)


class _Told(Work):
    """A transaction that says what it was asked for."""

    said: ClassVar[list[str]] = []

    async def rows(self, query: Query, /, **values: object) -> list[Row]:
        self.said.append(query.sql)
        return await super().rows(query, **values)

    async def maybe(self, query: Query, /, **values: object) -> Row | None:
        self.said.append(query.sql)
        return await super().maybe(query, **values)

    async def run(self, query: Query, /, **values: object) -> int:
        self.said.append(query.sql)
        return await super().run(query, **values)

    async def call(self, function: str, *values: object) -> object:
        self.said.append(function)
        return await super().call(function, *values)


async def test_a_first_risk_costs_no_statement_more(house: House) -> None:
    """An answer that is a risk is two calls, its need included; a second one joins the episode."""
    await house.starts()

    class Telling(Database):
        @asynccontextmanager
        async def work(
            self, practices: Sequence[PracticeId] = (), write: PracticeId | None = None
        ) -> AsyncGenerator[Work, None]:
            async with super().work(practices, write) as work:
                yield _Told(work._connection)  # noqa: SLF001 - the same transaction, overheard

    database = await Telling.open(house.databases.urls["app"], setting="ENGAGE_DATABASE_URL")
    turns = Turns(
        database=database,
        vault=house.vault,
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    try:
        _Told.said.clear()
        await turns.text_in(house.place.door, house.text("sometimes", 1))
        assert _Told.said == ["text_in", "turn_save"]
        await turns.text_in(house.place.door, house.text("often", 2))
        # Nor does a text that has nothing to do with visits, whatever else it says.
        _Told.said.clear()
        await turns.text_in(house.place.door, house.text("where is the form you mean?", 3))
        assert _Told.said == ["text_in", "turn_save"]
    finally:
        await database.close()
    stands = "SELECT domain, episode, status, severity, version FROM need"
    assert await house.rows(stands) == [("food-insecurity", 1, "risk", "routine", 1)]
    events = (
        "SELECT e.act, e.status, e.by, e.rule, e.message_id IS NOT NULL, a.item, n.domain"
        " FROM need_event e JOIN need n ON n.id = e.need_id JOIN answer a ON a.id = e.answer_id"
        " ORDER BY a.item DESC"
    )
    of = ("find", "risk", "patient")
    assert await house.rows(events) == [
        (*of, f"hunger-vital-sign/{item}", True, item, "food-insecurity")
        for item in ("hvs.worried", "hvs.ran-out")
    ]


async def test_of_two_who_find_the_same_the_later_joins(house: House) -> None:
    """Two turns that find one need of one person at once make one episode, and both are kept."""
    practice = house.place.id
    found = [
        {
            "practice_id": practice,
            "at": house.clock.now(),
            "risks": [
                {
                    "id": fresh_id(house.clock),
                    "need_id": fresh_id(house.clock),
                    "patient_id": house.rosa,
                    "domain": "food-insecurity",
                    "severity": "routine",
                    "rule": "words/food",
                    "rule_version": "1",
                    "by": "patient",
                }
            ],
        }
        for _ in range(2)
    ]
    first, second = (msgspec.json.encode(one).decode() for one in found)
    url = house.databases.urls["app"]
    async with fakes.raw(url) as one, fakes.raw(url) as other:
        for connection in (one, other):
            await connection.execute("BEGIN")
            await connection.fetchval("SELECT enter(ARRAY[$1::uuid], $1)", practice)
        assert await one.fetchval("SELECT turn_save($1)", first) is None
        waiting = asyncio.create_task(other.fetchval("SELECT turn_save($1)", second))
        await house.blocked()
        await one.execute("COMMIT")
        joining = await waiting
        await other.execute("COMMIT")
    assert msgspec.json.decode(joining) == [str(found[1]["risks"][0]["id"])]
    assert await house.one("SELECT count(*) FROM need") == 1


async def test_a_signed_duplicate_has_no_effect(house: House) -> None:
    """The same carrier id again changes no row of any table."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    before, rung = await house.counts(), list(house.bell.rung)
    again = await house.turns.text_in(house.place.door, house.text("something else", 1))
    assert again.duplicate
    assert await house.counts() == before
    assert house.bell.rung == rung


async def test_ten_copies_at_once_are_one_text(house: House) -> None:
    """A carrier that delivers one text ten times at once leaves one row and one effect."""
    await house.starts()
    same = house.text("often", 1)
    all_ten = [house.turns.text_in(house.place.door, same) for _ in range(10)]
    received = await asyncio.gather(*all_ten)
    assert sorted(one.duplicate for one in received) == [False] + [True] * 9
    kept = "SELECT (SELECT count(*) FROM receipt), (SELECT count(*) FROM answer)"
    assert await house.rows(kept) == [(1, 1)]
    assert await house.one("SELECT count(*) FROM message WHERE direction = 'in'") == 1


async def test_the_same_words_twice_are_two_texts(house: House) -> None:
    """Sameness is the carrier's id, never the content: a second "often" is a second answer."""
    await house.starts()
    for sid in (1, 2):
        await house.turns.text_in(house.place.door, house.text("often", sid))
    assert await _asked_twice(house) == []
    assert await house.one("SELECT count(*) FROM answer") == 2


async def test_two_texts_at_once_never_answer_the_same_question(house: House) -> None:
    """Turns of one line happen one after the other, whatever connections they came over."""
    await _two_at_once(house, await _twelve_lines(house))
    assert await _asked_twice(house) == []
    early = "SELECT count(*) FROM flag WHERE reason = 'early-text'"
    read = await house.one("SELECT count(*) FROM answer")
    assert (read, await house.one(early)) in {(24 - n, n) for n in range(13)}


async def test_lock_and_read_in_one_statement_would_lose_an_update(house: House) -> None:
    """The same storm with the naive statement answers a question twice, so the storm can tell."""
    lines = await _twelve_lines(house)
    await house.alter(NAIVE)
    await _two_at_once(house, lines)
    assert await _asked_twice(house) != []


@pytest.mark.parametrize(("naive", "seen"), [(False, 2), (True, 1)])
async def test_what_is_read_after_the_lock_is_the_newest(
    house: House, *, naive: bool, seen: int
) -> None:
    """Who waited for the line sees what its last holder committed; the naive statement does not."""
    await house.starts()
    if naive:
        await house.alter(NAIVE)
    practice, line = house.place.id, await house.one("SELECT id FROM line")
    step = "SELECT (turn_open($1, $2, NULL, now()) #>> '{conversations,0,state,step}')::integer"
    url = house.databases.urls["app"]
    async with fakes.raw(url) as first, fakes.raw(url) as second:
        for connection in (first, second):
            await connection.execute("BEGIN")
            await connection.fetchval("SELECT enter(ARRAY[$1::uuid], $1)", practice)
        assert await first.fetchval(step, practice, line) == 1
        waiting = asyncio.create_task(second.fetchval(step, practice, line))
        await house.blocked()
        await first.execute("UPDATE conversation SET state = jsonb_set(state, '{step}', '2')")
        await first.execute("COMMIT")
        assert await waiting == seen


async def test_a_text_from_nobody_we_know_is_work_for_a_human(house: House) -> None:
    """An unknown number gets a line and an owner, and no thread that guesses who it is."""
    stranger = house.text("is this the clinic?", 1, "+16025550177")
    received = await house.turns.text_in(house.place.door, stranger)
    assert received.handled
    read = "SELECT author, thread_id FROM message WHERE direction = 'in'"
    assert await house.rows(read) == [("unknown", None)]
    assert await house.rows("SELECT patient_id, owner_id IS NOT NULL FROM queue_item") == [
        (None, True)
    ]


async def test_recording_only_leaves_the_turn_to_a_worker(house: House) -> None:
    """The fallback door and the reconciler keep the text and make it due, and decide nothing."""
    await house.starts()
    text = house.text("often", 1)
    received = await house.turns.text_in(house.place.door, text, turn=False)
    assert (received.duplicate, received.handled) == (False, False)
    assert house.bell.rung[-1] == "inbox"
    assert await house.one("SELECT count(*) FROM answer") == 0
    due = "SELECT d.kind FROM due d JOIN message m ON m.id = d.id WHERE m.direction = 'in'"
    assert await house.rows(due) == [("inbox",)]


async def test_who_is_in_a_transaction_needs_no_second_connection(house: House) -> None:
    """With cold keys and one connection in the pool, a staff text is saved, not waited for."""
    await house.starts()
    only = await Database.open(house.databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=1)
    turns = Turns(
        database=only,
        vault=Vault(house.vault.master, only),
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    practice = house.place.id
    thread = ThreadId(UUID(str(await house.one("SELECT id FROM thread"))))
    message = MessageId(fresh_id(house.clock))
    try:
        async with asyncio.timeout(5), only.work([practice], practice) as work:
            await turns.staff_writes(
                work, practice, thread, house.place.manager, "I'll call you at 3.", message
            )
    finally:
        await only.close()
    assert await house.one("SELECT status FROM message WHERE id = $1", message) == "queued"


CROWD = """
INSERT INTO patient (practice_id, id, external_id, given_name, family_name, search, language,
                     status, created_at)
SELECT practice_id, gen_random_uuid(), 'crowd ' || n, 'A', 'B', '', 'en', 'active', now()
FROM patient, generate_series(1, 3000) n WHERE external_id NOT LIKE 'crowd %';
INSERT INTO phone SELECT practice_id, id, external_id::bytea, '', now() FROM patient
WHERE external_id LIKE 'crowd %';
INSERT INTO phone_use (practice_id, id, phone_id, patient_id, from_at)
SELECT practice_id, id, id, id, now() FROM patient WHERE external_id LIKE 'crowd %';
INSERT INTO line SELECT f.practice_id, f.id, n.id, f.id, NULL, now()
FROM phone f, practice_number n WHERE f.number_sealed = '';
INSERT INTO thread SELECT practice_id, phone_id, id, phone_id, now() FROM line
WHERE id = phone_id;
INSERT INTO assignment SELECT t.practice_id, t.id, t.patient_id, r.responsible_id, now(), NULL
FROM thread t, practice r WHERE t.id = t.patient_id;
INSERT INTO conversation (practice_id, id, thread_id, patient_id, script, language, state, open,
                          started_at, updated_at)
SELECT practice_id, id, id, patient_id, 's', 'en', '{}', true, now(), now() FROM thread
WHERE id = patient_id;
INSERT INTO queue_item (practice_id, id, about_id, patient_id, subject, severity, status, owner_id,
                        owner_why, due_at, opened_at)
SELECT practice_id, id, patient_id, patient_id, 'need', 'routine', 'ready', staff_id, 'w', now(),
       now() FROM assignment WHERE id = patient_id;
INSERT INTO message (practice_id, id, line_id, thread_id, direction, author, body_sealed, kind,
                     status, at)
SELECT practice_id, uuid7_at(now()), line_id, id, 'in', 'patient', '', 'reply', 'received', now()
FROM thread WHERE id = patient_id;
ANALYZE;
"""
"""Three thousand other patients of the practice, each in the middle of a conversation."""


async def test_a_text_costs_the_same_in_a_big_practice(house: House) -> None:
    """A turn reads the rows of its own line, by index: never those of everybody in the practice."""
    await house.starts()
    await house.alter(CROWD)
    await house.databases.app.close()
    await house.databases.worker.close()
    await _committed(house)
    await house.alter("SELECT pg_stat_reset()")
    await _commits(house, [house.text("often, and my rent is late", n) for n in range(20)])
    read = (
        "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
        " WHERE seq_tup_read + coalesce(idx_tup_fetch, 0) > 20 * 60 ORDER BY 2 DESC"
    )
    assert await house.rows(read) == []


async def _twelve_lines(house: House) -> list[str]:
    """Ask the first of two questions on twelve lines; return their phones."""
    app, phones = house.databases.app, [ROSA]
    await house.starts()
    for n in range(11):
        phones.append(f"+1602555{160 + n:04}")
        patient = await fakes.add_patient(app, house.place, house.clock, phones[-1], f"Ana{n}")
        await house.starts(patient)
    # Before the storm, so that nothing but the line makes two texts wait for each other.
    await house.alter("UPDATE message SET status = 'accepted' WHERE status = 'queued'")
    return phones


async def _two_at_once(house: House, phones: Sequence[str]) -> None:
    """Send both answers of a two-question screening at once, line by line."""
    for place, phone in enumerate(phones):
        pair = [house.text("1", 2 * place, phone), house.text("3", 2 * place + 1, phone)]
        received = await asyncio.gather(
            *[house.turns.text_in(house.place.door, text) for text in pair]
        )
        assert all(one.handled for one in received)


async def _asked_twice(house: House) -> list[tuple[object, ...]]:
    """Return the questions that were answered more than once, and first ones never answered.

    The second of two texts at once comes before the second question has left: a human reads it.
    """
    return await house.rows(
        "SELECT s.id, i.item, count(a.id) FROM screening s"
        " CROSS JOIN (VALUES ('hvs.worried'), ('hvs.ran-out')) AS i (item)"
        " LEFT JOIN answer a ON a.screening_id = s.id AND a.item = i.item"
        " GROUP BY s.id, i.item"
        " HAVING count(a.id) > 1 OR (i.item = 'hvs.worried' AND count(a.id) = 0)"
    )


async def _commits(house: House, texts: Sequence[InboundText], *, turn: bool = True) -> int:
    """Return how many transactions a pool commits from its opening to its close, with texts."""
    before = await _committed(house)
    own = await Database.open(house.databases.urls["app"], setting="ENGAGE_DATABASE_URL", size=1)
    turns = Turns(
        database=own,
        vault=house.vault,
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    for text in texts:
        received = await turns.text_in(house.place.door, text, turn=turn)
        assert received.handled is turn
        if not turn:
            async with own.work() as then:
                assert await then.table("due_counts", house.clock.now())
    await own.close()
    return await _committed(house) - before


async def _committed(house: House) -> int:
    """Return the commits of the test's database, asked from another one, when all have left it.

    A backend reports what it has counted when it likes, and at the latest when it ends.
    """
    name = house.databases.name
    elsewhere = house.databases.urls["admin"].replace(f"/{name}?", "/postgres?")
    async with fakes.raw(elsewhere) as admin:
        alive = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
        while await admin.fetchval(alive, name):  # noqa: ASYNC110 - a server sets no event
            await asyncio.sleep(0.01)
        counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = $1"
        return int(await admin.fetchval(counted, name))


async def test_a_reply_to_a_question_that_has_not_left_is_work(house: House) -> None:
    """A text that comes while our question is still queued answers nothing: a human reads it."""
    await house.alter("DROP TRIGGER leave_in_time ON message")
    await house.starts()

    received = await house.turns.text_in(house.place.door, house.text("2", 1))

    assert received.handled
    assert await house.one("SELECT count(*) FROM answer") == 0
    assert await house.one("SELECT reason FROM flag") == "early-text"


async def test_texts_of_a_line_are_read_in_their_order(house: House) -> None:
    """A text waits for an older one of its line that is still unread, and then both are read."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("3", 1), turn=False)
    house.clock.advance(timedelta(milliseconds=5))

    later = await house.turns.text_in(house.place.door, house.text("1", 2))

    assert not later.handled
    first, second = [
        MessageId(UUID(str(row[0])))
        for row in await house.rows("SELECT id FROM message WHERE direction = 'in' ORDER BY id")
    ]
    worker = Turns(
        database=house.databases.worker,
        vault=house.vault,
        clock=house.clock,
        library=fakes.LIBRARY,
        bell=house.bell,
    )
    await worker.retry_text(house.place.id, second, 1)
    assert await house.one("SELECT count(*) FROM answer") == 0
    await worker.retry_text(house.place.id, first, 1)
    await house.alter("UPDATE message SET status = 'accepted' WHERE status = 'queued'")
    await worker.retry_text(house.place.id, second, 1)
    answers = await house.rows("SELECT item, option FROM answer ORDER BY item DESC")
    assert answers == [("hvs.worried", "never"), ("hvs.ran-out", "often")]


async def test_an_unread_text_does_not_hold_back_the_rest_for_ever(house: House) -> None:
    """After a minute a text that no machine could read keeps nobody waiting."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("3", 1), turn=False)
    house.clock.advance(timedelta(seconds=61))

    later = await house.turns.text_in(house.place.door, house.text("1", 2))

    assert later.handled
