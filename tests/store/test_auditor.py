"""The auditor on real tables: what is broken by hand is found, and people hear of it twice over."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_string
from email.policy import default
from typing import NamedTuple

import pytest

from engage.auditor.looking import Audit, Auditor
from engage.clock import fresh_id
from engage.db.session import Database
from engage.jobs.auditing import Rounds
from engage.messaging.mail import Relay
from engage.queue.alarms import BODY, Alarms
from engage.turns.canary import NUMBER, Canaries, canary_of, store, words_of
from tests.fakes import practice as fakes
from tests.fakes.smtp import FakeSmtp
from tests.store.conftest import ROSA, House

pytestmark = pytest.mark.database

MINUTE = timedelta(minutes=1)
PUBLIC = "https://texts.example.org"

BREAKS: tuple[tuple[str, str, str], ...] = (
    (
        "text-unread",
        "UPDATE message SET handled_at = NULL WHERE direction = 'in'",
        "UPDATE message SET handled_at = at WHERE direction = 'in'",
    ),
    (
        "work-lost",
        "UPDATE message SET status = 'queued' WHERE direction = 'out'; DELETE FROM due",
        "UPDATE message SET status = 'accepted', sending_at = NULL WHERE direction = 'out'",
    ),
    (
        "text-stuck",
        "UPDATE message SET status = 'sending', sending_at = at WHERE direction = 'out'",
        "UPDATE message SET status = 'accepted', sending_at = NULL WHERE direction = 'out'",
    ),
    (
        "text-after-stop",
        (
            "UPDATE message SET sending_at = at, kind = 'check-in' WHERE direction = 'out';"
            " UPDATE line SET opted_out_at = created_at - interval '1 hour'"
        ),
        "UPDATE line SET opted_out_at = NULL; UPDATE message SET sending_at = NULL",
    ),
    (
        "work-overdue",
        (
            "INSERT INTO due (kind, id, practice_id, due_at) SELECT 'timer', id, id, created_at"
            " FROM practice"
        ),
        "DELETE FROM due",
    ),
    (
        "work-failing",
        (
            "INSERT INTO due (kind, id, practice_id, due_at, tries) SELECT 'outcome', id, id,"
            " 'infinity', 4 FROM practice"
        ),
        "DELETE FROM due",
    ),
    (
        "step-overdue",
        "UPDATE paging SET next_at = started_at",
        "UPDATE paging SET next_at = 'infinity'",
    ),
    (
        "page-not-sent",
        (
            "INSERT INTO page (practice_id, id, item_id, staff_id, step, channel, why, at, status)"
            " SELECT p.practice_id, gen_random_uuid(), p.item_id, q.owner_id, 0, 'email', 'x',"
            " p.started_at, 'refused' FROM paging p JOIN queue_item q ON q.id = p.item_id"
        ),
        "UPDATE page SET status = 'withdrawn'",
    ),
    (
        "item-without-owner",
        "UPDATE staff SET active = false WHERE id IN (SELECT owner_id FROM queue_item)",
        "UPDATE staff SET active = true",
    ),
    (
        "work-left-behind",
        (
            "INSERT INTO cover (practice_id, id, absent_id, cover_id, from_at, until_at)"
            " SELECT DISTINCT q.practice_id, gen_random_uuid(), q.owner_id, p.responsible_id,"
            " q.opened_at, q.due_at + interval '9 days'"
            " FROM queue_item q JOIN practice p ON p.id = q.practice_id;"
            " INSERT INTO due (kind, id, practice_id, due_at)"
            " SELECT 'cover', id, practice_id, until_at FROM cover"
        ),
        "DELETE FROM cover; DELETE FROM due WHERE kind = 'cover'",
    ),
    (
        "work-lost",
        (
            "INSERT INTO cover (practice_id, id, absent_id, cover_id, from_at, until_at)"
            " SELECT m.practice_id, gen_random_uuid(), m.staff_id, q.owner_id,"
            " q.opened_at, q.due_at + interval '9 days'"
            " FROM queue_item q JOIN membership m ON m.practice_id = q.practice_id"
            " AND m.staff_id <> q.owner_id LIMIT 1"
        ),
        "DELETE FROM cover",
    ),
    (
        "work-lost",
        (
            "UPDATE queue_item SET snoozed_at = opened_at,"
            " snoozed_until = opened_at + interval '1 minute'"
        ),
        "UPDATE queue_item SET snoozed_at = NULL, snoozed_until = NULL",
    ),
    (
        "nobody-there",
        "UPDATE membership SET until_at = from_at",
        "UPDATE membership SET until_at = NULL",
    ),
    (
        "carrier-refuses",
        "UPDATE message SET status = 'failed', sending_at = at WHERE direction = 'out'",
        "UPDATE message SET status = 'accepted', sending_at = NULL WHERE direction = 'out'",
    ),
    (
        "reports-missing",
        "UPDATE message SET status = 'accepted', sending_at = at WHERE direction = 'out'",
        "UPDATE message SET sending_at = NULL",
    ),
    (
        "restored",
        "SELECT lineage_beat(NULL, now()); UPDATE lineage SET restored_at = now()",
        "UPDATE lineage SET restored_at = NULL",
    ),
)
"""A finding, what breaks it, and what mends it again; the clock stands ten minutes later."""


class Net(NamedTuple):
    """A practice, its auditor, those who tell, and the server that takes e-mail."""

    house: House
    auditor: Auditor
    alarms: Alarms
    smtp: FakeSmtp
    beats: list[str]

    async def found(self) -> dict[str, tuple[int, int]]:
        """Return what is found: how many, and how many ids of them."""
        return {one.check: (one.count, len(one.ids)) for one in (await self.look()).findings}

    async def look(self) -> Audit:
        """Look; the clock of the test is not the server's, which other tests use as well.

        A transaction that stays open in any of its databases holds every feed: ours says nothing.
        """
        audit = await self.auditor.look()
        assert audit is not None
        assert "clock-wrong" in {one.check for one in audit.findings}
        shared = {"clock-wrong", "feed-held"}
        kept = tuple(one for one in audit.findings if one.check not in shared)
        return Audit(audit.at, audit.practices, kept)

    async def post(self, url: str, headers: object, body: bytes) -> int:
        """Take a heartbeat."""
        assert (headers, body) == ({}, b"")
        self.beats.append(url)
        return 200


def words(mail: str) -> str:
    """Return what an e-mail says."""
    return str(message_from_string(mail, policy=default).get_content())


@pytest.fixture
async def net(house: House) -> AsyncIterator[Net]:
    """Open the auditor's own login."""
    database = await Database.open(
        house.databases.urls["auditor"], setting="ENGAGE_AUDITOR_DATABASE_URL", size=1
    )
    async with FakeSmtp() as smtp:
        alarms = Alarms(
            database=house.databases.worker,
            vault=house.vault,
            clock=house.clock,
            bell=house.bell,
            relay=Relay.of(smtp.url, PUBLIC),
            public_url=PUBLIC,
        )
        yield Net(house, Auditor(database, house.clock), alarms, smtp, [])
    await database.close()


async def test_what_is_broken_in_the_tables_is_found_and_nothing_else(net: Net) -> None:
    """Each break is its finding, in a practice that is well before and after it."""
    house = net.house
    for sid, body in enumerate(("hello", "I want to kill myself")):
        await house.turns.text_in(house.place.door, house.text(body, sid))
    await house.alter(
        "UPDATE message SET status = 'accepted' WHERE direction = 'out';"
        " UPDATE message SET handled_at = at WHERE direction = 'in';"
        " DELETE FROM due; DELETE FROM timer; UPDATE paging SET next_at = 'infinity';"
        " INSERT INTO message (practice_id, id, line_id, direction, author, body_sealed, kind,"
        " status, at) SELECT practice_id, uuid7_at(at), line_id, direction, author, body_sealed,"
        " kind, status, at FROM message, generate_series(1, 4) WHERE direction = 'out'"
    )
    # With no row due and no step to come, what waits is what the breaks make wait.
    house.clock.advance(10 * MINUTE)
    for check, breaks, mends in BREAKS:
        assert not (await net.found()), f"before {check}"
        await house.alter(breaks)
        found = await net.found()
        assert check in found, check
        assert found[check][0] > 0
        await house.alter(mends)
    assert not await net.found()


async def test_a_finding_is_work_a_page_a_letter_and_then_it_clears(net: Net) -> None:
    """Told once in both ways, also to nobody twice; and when it is gone that is said, too."""
    house = net.house
    rounds = Rounds(net, net.alarms, house.clock, net.post, "https://beat")
    due = "INSERT INTO due (kind, id, practice_id, due_at) SELECT 'timer', id, id, $1 FROM practice"
    await house.alter("DELETE FROM due")
    await rounds.once()
    assert net.beats == ["https://beat"]

    async with fakes.raw(house.databases.urls["admin"]) as admin:
        await admin.execute(due, house.clock.now() - 10 * MINUTE)
    for _ in range(4):
        await rounds.once()
        house.clock.advance(MINUTE)

    assert len(net.beats) == 1
    items = "SELECT id, subject, owner_id, closed_at IS NULL FROM queue_item"
    ((item, subject, owner, is_open),) = await house.rows(items)
    assert (subject, owner, is_open) == ("texting", house.place.responsible, True)
    paged = "SELECT item_id, step FROM paging WHERE ended_at IS NULL"
    assert await house.rows(paged) == [(item, 0)]
    assert await house.one("SELECT id FROM due WHERE kind = 'page'") == item
    assert net.smtp.to == ["head1@desertbloom.example"]
    assert "work-overdue:timer (1)" in words(net.smtp.mails[0])
    assert not re.search(r"Rosa|Dana|Ruth|\+1", words(net.smtp.mails[0]))
    assert BODY.splitlines()[0] in words(net.smtp.mails[0])

    await house.alter("DELETE FROM due WHERE kind = 'timer'")
    await rounds.once()
    await rounds.once()

    # No pager ran here, so at the first of these rounds the page itself was overdue.
    assert len(net.beats) == 2
    ((_, _, _, is_open),) = await house.rows(items)
    assert not is_open
    assert not await house.rows(paged)
    assert len(net.smtp.mails) == 2
    assert "no longer finds" in words(net.smtp.mails[1])


async def test_a_broken_queue_holds_up_no_letter(net: Net) -> None:
    """When no work can be opened the letter leaves, and one refused is tried at the next round."""
    house = net.house
    await house.alter("ALTER TABLE queue_item ADD CHECK (subject <> 'texting')")
    net.smtp.plan.append("refuse")
    for _ in range(4):
        await net.alarms.told(house.place.id, {"restored": 1})
        house.clock.advance(MINUTE)

    assert len(net.smtp.mails) == 1
    assert not await house.rows("SELECT id FROM queue_item")


async def test_a_canary_takes_a_real_turn_and_leaves_nothing(net: Net) -> None:
    """It was recorded, read and decided; no row of any table but its own tells of it."""
    house, place = net.house, net.house.place
    canaries = Canaries(
        database=house.databases.app, vault=house.vault, clock=house.clock, library=fakes.LIBRARY
    )
    before = await house.counts()
    canary, at = fresh_id(house.clock), house.clock.now()
    async with house.databases.worker.work([place.id], place.id) as work:
        assert await store.launch(work, place.id, canary, at, at - MINUTE)
        assert not await store.launch(work, place.id, fresh_id(house.clock), at, at - MINUTE)
    words = words_of(house.vault.master, place.id, canary)
    text = house.text(words, 1, NUMBER)

    assert canary_of(house.vault.master, place.id, text) == canary
    assert canary_of(house.vault.master, place.id, house.text(words, 2, ROSA)) is None
    assert canary_of(house.vault.master, place.id, house.text("canary x", 3, NUMBER)) is None
    await canaries.came(place.door, text, canary)

    after = await house.counts()
    assert {name for name in after if after[name] != before[name]} == {"canary"}
    seen = "SELECT id, recorded_at, read_at, decided_at, passed_at FROM canary"
    assert await house.rows(seen) == [(canary, at, at, at, at)]
    assert not house.bell.rung

    # A reader that fails, or a turn, is seen by the next one.
    await house.alter(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        " CREATE TRIGGER no BEFORE INSERT ON flag FOR EACH ROW EXECUTE FUNCTION no()"
    )
    house.clock.advance(5 * MINUTE)
    later, newer = house.clock.now(), fresh_id(house.clock)
    async with house.databases.worker.work([place.id], place.id) as work:
        assert await store.launch(work, place.id, newer, later, later - MINUTE)
    words = words_of(house.vault.master, place.id, newer)
    await canaries.came(place.door, house.text(words, 4, NUMBER), newer)
    assert await house.rows(seen) == [(newer, later, None, None, at)]
    assert (await house.counts())["message"] == before["message"]
