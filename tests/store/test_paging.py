"""Paging in the database: steps, acknowledgement, lapse, closing, e-mail, and one bad row."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from prometheus_client import REGISTRY

from engage.clock import SettableClock
from engage.ids import PatientId, QueueItemId, StaffId
from engage.jobs.loops import FAILED_WAITS_SECONDS, Loop, all_loops
from engage.queue import work as queue_work
from engage.queue.paging import Pager
from engage.queue.paging.channel import Notice
from engage.queue.paging.email import BODY, EmailChannel, Relay, message_of
from engage.queue.paging.words import SUBJECT
from engage.turns import store as turns_store
from engage.turns.decision import Decision, ItemRaised, PageSet
from tests.conftest import Databases
from tests.fakes import practice as fakes
from tests.fakes.smtp import FakeSmtp
from tests.fakes.turns import FakeHospital, FakeLetters, FakeNotices, FakeOutbox, FakeTurns
from tests.store.conftest import ROSA, House

pytestmark = pytest.mark.database

CRISIS = "I want to kill myself"
PUBLIC = "https://texts.example.org"
QUARTER, SECOND = timedelta(minutes=15), timedelta(seconds=1)


class Play(NamedTuple):
    """A practice in which somebody is told, and the server that takes its e-mail."""

    house: House
    smtp: FakeSmtp
    loops: dict[str, Loop]

    @property
    def clock(self) -> SettableClock:
        """The one clock."""
        return self.house.clock

    async def crisis(self, sid: int = 1, phone: str = ROSA) -> QueueItemId:
        """Let a text of a crisis come in; return its item."""
        text = self.house.text(CRISIS, sid, phone)
        received = await self.house.turns.text_in(self.house.place.door, text)
        assert received.paged
        found = await self.house.one(
            "SELECT item_id FROM flag WHERE severity = 'crisis' ORDER BY id DESC LIMIT 1"
        )
        return QueueItemId(found)  # type: ignore[arg-type] # asyncpg's uuid

    async def step(self) -> None:
        """Let what is due be done, at this moment."""
        await self.loops["page"].drain()
        await self.loops["notify"].drain()

    async def told(self, channel: str = "console") -> list[tuple[object, ...]]:
        """Return who was told by a way, in which step, and what became of it."""
        return await self.house.rows(
            "SELECT p.step, s.given_name, p.status FROM page p JOIN staff s ON s.id = p.staff_id"
            " WHERE p.channel = $1 ORDER BY p.step, s.given_name",
            channel,
        )

    async def state(self, item: QueueItemId) -> dict[str, object]:
        """Return where an item stands."""
        async with fakes.raw(self.house.databases.urls["admin"]) as admin:
            (row,) = await admin.fetch("SELECT * FROM paging WHERE item_id = $1", item)
            return dict(row)

    async def does(self, step: str, item: QueueItemId, by: StaffId) -> None:
        """Let somebody claim, acknowledge, release or complete."""
        house, at = self.house, self.clock.now()
        place = house.place
        async with house.databases.app.work([place.id], place.id) as work:
            match step:
                case "claim":
                    await queue_work.claim(work, place.id, item, by, at, lambda _: True)
                case "acknowledge":
                    await queue_work.acknowledge(work, place.id, item, by, at, lambda _: True)
                case "release":
                    await queue_work.release(work, place.id, item, by, at, lambda _: True)
                case _:
                    await queue_work.complete(
                        work, place.keys, item, by, at, lambda _: True, "reached-patient", None
                    )


@pytest.fixture
async def play(house: House) -> AsyncIterator[Play]:
    """Open the practice, its loops and a mail server."""
    async with FakeSmtp() as smtp:
        relay = Relay.of(smtp.url, PUBLIC)
        yield Play(house, smtp, loops_of(house, relay))


def loops_of(house: House, relay: Relay | None) -> dict[str, Loop]:
    """Return the loops of a worker, with or without e-mail."""
    databases: Databases = house.databases
    fake = FakeOutbox(databases.worker)
    return all_loops(
        turns=FakeTurns(databases.worker),
        outbox=fake,
        reconciler=fake,
        pager=Pager(
            database=databases.worker,
            vault=house.vault,
            clock=house.clock,
            bell=house.bell,
            channels={} if relay is None else {"email": EmailChannel(relay, PUBLIC, house.clock)},
        ),
        hospital=FakeHospital(databases.worker),
        letters=FakeLetters(databases.worker),
        notices=FakeNotices(databases.worker),
        database=databases.worker,
        clock=house.clock,
    )


async def test_a_crisis_climbs_until_it_is_taken_on(play: Play) -> None:
    """Behaviour 30: the owner at once, then who directs the work, then everybody, and again."""
    item = await play.crisis()
    rang = play.house.bell.rung[-2:]
    await play.step()
    for _ in range(3):
        play.clock.advance(QUARTER - SECOND)
        await play.step()
        play.clock.advance(SECOND)
        await play.step()

    # Nobody covers for Dana, so that step is passed over.
    told = [(0, "Dana"), (2, "Ruth"), (3, "Dana"), (3, "Ruth"), (4, "Dana")]
    assert rang == ["page", "outbox"]
    assert await play.told() == [(*one, "sent") for one in told]
    assert await play.told("email") == [(*one, "sent") for one in told]
    assert (await play.state(item))["next_at"] == play.clock.now() + QUARTER
    said = await play.house.rows("SELECT actor FROM audit WHERE action = 'item.paged'")
    assert said == [("system",)] * 4


async def test_an_acknowledgement_lapses(play: Play) -> None:
    """Promise D3: half an hour of peace, and it climbs on from where it was."""
    item, dana = await play.crisis(), play.house.place.manager
    await play.step()
    await play.does("acknowledge", item, dana)
    play.clock.advance(2 * QUARTER - SECOND)
    await play.step()
    in_hand = (await play.state(item))["acknowledged_by"], len(await play.told())
    play.clock.advance(SECOND)
    await play.step()

    assert in_hand == (dana, 1)
    assert [who for _, who, _ in await play.told()] == ["Dana", "Ruth"]
    assert (await play.state(item))["acknowledged_by"] is None


async def test_a_claim_acknowledges_and_giving_back_pages_at_once(play: Play) -> None:
    """Whoever claims a crisis has heard of it; who gives it back leaves it to the next, now."""
    item, ruth = await play.crisis(), play.house.place.responsible
    await play.step()
    await play.does("claim", item, ruth)
    claimed = await play.state(item)
    await play.does("release", item, ruth)
    await play.step()

    assert claimed["acknowledged_by"] == ruth
    assert [who for _, who, _ in await play.told()] == ["Dana", "Ruth"]


async def test_closing_ends_it(play: Play) -> None:
    """Nobody hears of a closed item, whichever way it was closed; a new crisis begins anew."""
    item = await play.crisis()
    await play.step()
    await play.does("complete", item, play.house.place.manager)
    ended = await play.state(item)
    other = await play.crisis(2)
    await play.house.alter(
        "UPDATE queue_item SET status = 'cancelled', closed_at = now() WHERE closed_at IS NULL"
    )
    await play.step()
    play.clock.advance(10 * QUARTER)
    await play.step()

    assert (ended["ended_at"], ended["next_at"]) == (play.clock.now() - 10 * QUARTER, None)
    assert (await play.state(other))["ended_at"] is not None
    assert len(await play.told()) == 1
    assert await play.house.rows("SELECT 1 FROM due WHERE kind IN ('page', 'notify')") == []


async def test_a_humans_answer_ends_it(play: Play) -> None:
    """A person has written back: nobody else is told, until the patient is in danger again."""
    item = await play.crisis()
    await play.step()
    await play.house.alter("UPDATE paging SET answered_at = now()")
    play.clock.advance(QUARTER)
    await play.step()
    quiet = await play.state(item)
    await play.crisis(2)
    await play.step()

    assert quiet["ended_at"] == play.clock.now()
    assert [(step, who) for step, who, _ in await play.told()] == [(0, "Dana"), (0, "Dana")]


async def test_ten_texts_do_not_climb_ten_steps(play: Play) -> None:
    """More texts of one crisis change nothing about its clock."""
    item = await play.crisis()
    await play.step()
    first = await play.state(item)
    for sid in range(2, 5):
        play.clock.advance(SECOND)
        await play.crisis(sid)
        await play.step()

    assert await play.state(item) == first
    assert len(await play.told()) == 1


async def test_a_page_is_set_sooner_called_off_and_raised(play: Play) -> None:
    """What a turn says of pages: the earliest moment holds, "no" ends what nobody heard of yet."""
    house, at = play.house, play.clock.now()
    await house.turns.text_in(house.place.door, house.text("hello", 1, "+16025550177"))
    item = QueueItemId(await house.one("SELECT id FROM queue_item"))  # type: ignore[arg-type]

    async def says(**said: Any) -> tuple[object, object]:  # noqa: ANN401 - a decision's fields
        decision = Decision(practice_id=house.place.id, line_id=None, at=play.clock.now(), **said)
        async with house.databases.app.work([house.place.id], house.place.id) as work:
            await turns_store.save(work, decision, house.place.keys)
        row = await play.state(item)
        return row["next_at"], row["step"]

    quarter, five = (PageSet(item, at + QUARTER),), (PageSet(item, at + QUARTER / 3),)
    crisis = ItemRaised(id=item, patient_id=None, severity="crisis", due_at=at)
    assert await says(pages=quarter) == (at + QUARTER, 0)
    assert await says(pages=five) == (at + QUARTER / 3, 0)
    assert await says(pages=quarter) == (at + QUARTER / 3, 0)
    assert await says(unpaged=(item,)) == (None, 0)
    assert await house.rows("SELECT 1 FROM due WHERE kind = 'page'") == []
    assert await says(pages=quarter) == (at + QUARTER, 0)
    play.clock.advance(QUARTER)
    await play.step()
    assert await says(unpaged=(item,)) == (at + 2 * QUARTER, 1)
    assert await says(raised=(crisis,), pages=(PageSet(item, at + QUARTER),)) == (at + QUARTER, 0)
    await play.step()
    assert await says(raised=(crisis,), pages=(PageSet(item, at + QUARTER),)) == (
        at + 2 * QUARTER,
        1,
    )


async def test_rules_of_one_item_that_cannot_be_read_hold_up_nobody(play: Play) -> None:
    """Promise D4: broken rules are an alarm and the shipped ones hold; others are on time, too."""
    other = "+16025550151"
    luis: PatientId = await fakes.add_patient(
        play.house.databases.app, play.house.place, play.clock, other, "Luis"
    )
    broken, whole = await play.crisis(), await play.crisis(2, other)
    await play.house.rows("UPDATE paging SET policy = '[]' WHERE item_id = $1", broken)
    before = REGISTRY.get_sample_value("engage_paging_rules_unreadable_total") or 0
    await play.step()

    assert luis
    assert len(await play.told()) == 2
    for item in (broken, whole):
        assert (await play.state(item))["next_at"] == play.clock.now() + QUARTER
    assert REGISTRY.get_sample_value("engage_paging_rules_unreadable_total") == before + 1


async def test_a_refused_page_is_tried_again_and_holds_up_nothing(play: Play) -> None:
    """A server that refuses or hangs up: the row rests as usual, the next step is on time."""
    item = await play.crisis()
    play.smtp.plan.extend(("refuse", "hang-up"))
    refused = {"channel": "email", "status": "refused"}
    before = REGISTRY.get_sample_value("engage_pages_total", refused) or 0
    for wait in FAILED_WAITS_SECONDS[:2]:
        await play.step()
        assert await play.told("email") == [(0, "Dana", "refused")]
        play.clock.advance(timedelta(seconds=wait))
    assert (await play.state(item))["next_at"] == play.clock.now() + QUARTER - timedelta(seconds=35)
    await play.step()

    assert await play.told("email") == [(0, "Dana", "sent")]
    assert REGISTRY.get_sample_value("engage_pages_total", refused) == before + 2
    assert play.smtp.to == ["dana1@desertbloom.example"]


async def test_nobody_is_written_to_about_what_is_in_hand(play: Play) -> None:
    """A page that has not left when somebody takes the item on does not leave."""
    item = await play.crisis()
    await play.loops["page"].drain()
    await play.does("acknowledge", item, play.house.place.responsible)
    await play.step()

    assert await play.told("email") == [(0, "Dana", "withdrawn")]
    assert play.smtp.mails == []


async def test_without_email_the_console_stands(house: House) -> None:
    """Without a mail server pages stand in the console, and nothing waits for one."""
    async with FakeSmtp() as unused:
        play = Play(house, unused, loops_of(house, None))
        await play.crisis()
        await play.step()

        assert await play.told() == [(0, "Dana", "sent")]
        assert await play.told("email") == []
        assert unused.mails == []


async def test_a_page_says_nothing_about_anybody(play: Play) -> None:
    """Promise D8: no name, no number, no word of the text; one urgent item and where it is."""
    item = await play.crisis()
    await play.step()
    (mail,) = play.smtp.mails

    assert f"Subject: {SUBJECT}" in mail
    assert f"{PUBLIC}/console/queue/{item}" in mail
    # What is left without ids, moment and address is the same for every page.
    bare = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?m:^(?:To|Date): .*$)", "", mail).casefold()
    for private in ("rosa", "alvarez", "dana", "manager", "bloom", "kill", "555", "crisis"):
        assert private not in bare


async def test_two_workers_take_a_step_once(play: Play) -> None:
    """Two workers that reach for one step tell each person once."""
    await play.crisis()
    second = loops_of(play.house, Relay.of(play.smtp.url, PUBLIC))
    await asyncio.gather(play.loops["page"].drain(), second["page"].drain())
    await asyncio.gather(play.loops["notify"].drain(), second["notify"].drain())

    assert len(await play.told()) == 1
    assert len(play.smtp.mails) == 1


def test_a_page_that_is_sent_twice_is_one(clock: SettableClock) -> None:
    """The same page has the same Message-ID, and its words do not depend on what it is about."""
    one = Notice(*(fakes.fresh_id(clock) for _ in range(3)))  # type: ignore[arg-type] # any ids
    first, again = (
        message_of("dana@example.org", "engage@example.org", one, PUBLIC, clock.now())
        for _ in range(2)
    )

    assert first["Message-ID"] == again["Message-ID"] == f"<{one.page_id}@example.org>"
    assert first.get_content() == BODY.format(link=f"{PUBLIC}/console/queue/{one.item_id}")


def test_a_password_travels_sealed_or_not_at_all() -> None:
    """To another machine a password goes over TLS only; without one TLS is used if offered."""
    secret = Relay.of("smtp://engage:p%40s@mail.example.org?from=desk@example.org", PUBLIC)
    here = Relay.of("smtp://engage:pass@127.0.0.1:2525", PUBLIC)
    bare = Relay.of("smtp://mail.example.org", "http://127.0.0.1:8000")
    sealed = Relay.of("smtps://mail.example.org", PUBLIC)

    assert (secret.must_upgrade, secret.password, secret.sender) == (
        True,
        "p@s",
        "desk@example.org",
    )
    assert (here.must_upgrade, here.port) == (None, 2525)
    assert (bare.must_upgrade, bare.port, bare.sender) == (None, 587, "engage@localhost")
    assert (sealed.must_upgrade, sealed.tls, sealed.port) == (False, True, 465)
    assert sealed.sender == "engage@texts.example.org"
    assert "p@s" not in repr(secret)
