"""Pages by SMS, e-mail and web push: each a row of its own, none with a word about anybody."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import pytest

from engage.clock import fresh_id
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import QueueItemId, StaffId
from engage.jobs.loops import Loop, all_loops
from engage.messaging.carrier import Accepted, Outcome, Refused, Throttled, Unknown, classify
from engage.messaging.doors import Doors
from engage.messaging.mail import Relay
from engage.people import rotation
from engage.people.pagers import store as pagers
from engage.people.pagers.browser import Browser
from engage.people.pagers.vapid import VapidKey, new_key
from engage.people.phone import PhoneNumber
from engage.queue.paging import Pager, proofs
from engage.queue.paging.channel import Channel, Way
from engage.queue.paging.email import EmailChannel
from engage.queue.paging.push import PushChannel
from engage.queue.paging.sms import SmsChannel
from engage.queue.paging.words import SUBJECT
from engage.settings import PUSH_HOSTS
from tests.fakes.browsers import FakeBrowser, FakePushServices, signed_for
from tests.fakes.carrier import SID, FakeCarrier
from tests.fakes.smtp import FakeSmtp
from tests.fakes.turns import FakeHospital, FakeLetters, FakeNotices, FakeOutbox, FakeTurns
from tests.store.conftest import ROSA, House

pytestmark = pytest.mark.database

PUBLIC = "https://texts.example.org"
DANAS_PHONE = "+16025550188"
CHROME = "https://fcm.googleapis.com/fcm/send/abc"
IPHONE = "https://web.push.apple.com/QabC"
GOOGLE_KEY = new_key()
SECOND_KEY = "another secret key for tests, forty characters"


class Play(NamedTuple):
    """A practice whose care manager has a phone, a mailbox and browsers."""

    house: House
    smtp: FakeSmtp
    carrier: FakeCarrier
    services: FakePushServices
    channels: dict[Way, Channel]
    loops: dict[str, Loop]

    @property
    def dana(self) -> StaffId:
        """Who owns the work."""
        return self.house.place.manager

    @property
    def app(self) -> Database:
        """The database as the API sees it."""
        return self.house.databases.app

    async def phone(self, number: str = DANAS_PHONE, person: StaffId | None = None) -> None:
        """Give somebody a phone to be paged on."""
        house = self.house
        async with self.app.work() as work:
            await pagers.put_phone(
                work,
                house.vault.master,
                person or self.dana,
                PhoneNumber(number),
                house.clock.now(),
            )

    async def browser(self, endpoint: str) -> FakeBrowser:
        """Let a browser of Dana's take pushes."""
        fake, house = FakeBrowser(endpoint), self.house
        async with self.app.work() as work:
            await pagers.put_browser(
                work,
                house.vault.master,
                Browser(
                    id=fresh_id(house.clock),
                    endpoint=endpoint,
                    p256dh=fake.p256dh,
                    auth=fake.auth,
                    server_key=VapidKey(GOOGLE_KEY).public,
                ),
                kind="staff",
                person=self.dana,
                practice=None,
                service="somewhere",
                at=house.clock.now(),
            )
        return fake

    async def crisis(self, sid: int = 1) -> QueueItemId:
        """Let a text of a crisis come in, and its first step be taken."""
        house = self.house
        await house.turns.text_in(house.place.door, house.text("I want to kill myself", sid))
        await self.loops["page"].drain()
        return QueueItemId(await house.one("SELECT id FROM queue_item"))  # type: ignore[arg-type]

    async def told(self) -> dict[str, str]:
        """Return what became of each way's newest page."""
        rows = await self.house.rows("SELECT channel, status FROM page ORDER BY id")
        return {str(channel): str(status) for channel, status in rows}

    async def due(self) -> int:
        """Return how many pages are still to leave."""
        return len(await self.house.rows("SELECT 1 FROM due WHERE kind = 'notify'"))


@pytest.fixture
async def play(house: House) -> AsyncIterator[Play]:
    """Open the practice and every way there is."""
    carrier, services, clock = FakeCarrier(), FakePushServices(), house.clock
    databases, vault = house.databases, house.vault
    async with FakeSmtp() as smtp:
        channels: dict[Way, Channel] = {
            "email": EmailChannel(Relay.of(smtp.url, PUBLIC), PUBLIC, clock),
            "sms": SmsChannel(carrier, Doors(databases.worker, vault), vault.master, PUBLIC),
            "push": PushChannel([VapidKey(GOOGLE_KEY)], PUSH_HOSTS, services, clock, PUBLIC),
        }
        fake = FakeOutbox(databases.worker)
        loops = all_loops(
            turns=FakeTurns(databases.worker),
            outbox=fake,
            reconciler=fake,
            pager=Pager(
                database=databases.worker,
                vault=vault,
                clock=clock,
                bell=house.bell,
                channels=channels,
            ),
            hospital=FakeHospital(databases.worker),
            letters=FakeLetters(databases.worker),
            notices=FakeNotices(databases.worker),
            database=databases.worker,
            clock=clock,
        )
        yield Play(house, smtp, carrier, services, channels, loops)


async def test_each_way_that_a_person_has_is_taken(play: Play) -> None:
    """A step is a page by every way; all say the same sentence, and nothing about anybody (D8)."""
    await play.phone()
    browsers = {CHROME: await play.browser(CHROME), IPHONE: await play.browser(IPHONE)}
    texts = await play.house.one("SELECT count(*) FROM message WHERE direction = 'out'")
    item = await play.crisis()
    said = await play.house.one("SELECT count(*) FROM message WHERE direction = 'out'")
    await play.loops["notify"].drain()

    assert await play.told() == dict.fromkeys(("console", "email", "sms", "push"), "sent")
    (text,), (mail,) = play.carrier.sent, play.smtp.mails
    link = f"{PUBLIC}/console/queue/{item}"
    assert (text.to.e164, text.body) == (DANAS_PHONE, f"{SUBJECT}: {link}")
    came = {url: (headers, body) for url, headers, body in play.services.came}
    pushed = [one.opened(came[url][1]) for url, one in browsers.items()]
    assert {(one["title"], one["url"]) for one in pushed} == {(SUBJECT, f"/console/queue/{item}")}
    claims = signed_for(came[CHROME][0])
    assert (claims["aud"], claims["sub"]) == ("https://fcm.googleapis.com", PUBLIC)
    bare = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", f"{text.body} {pushed}").casefold()
    for private in ("rosa", "alvarez", "dana", "bloom", "kill", "crisis", "555"):
        assert private not in bare
    assert SUBJECT in mail
    # What was texted to Dana is no text to a patient: only the turn's own words are there.
    after = await play.house.one("SELECT count(*) FROM message WHERE direction = 'out'")
    assert (texts, after) == (0, said)


async def test_a_phone_of_staff_that_is_a_patients_too(play: Play) -> None:
    """Dana pages herself on the phone Rosa texts from: no line is touched, and it reads as ever."""
    await play.phone(ROSA)
    await play.crisis()
    before = await play.house.rows("SELECT * FROM line")
    await play.loops["notify"].drain()
    told, after = len(play.carrier.sent), await play.house.rows("SELECT * FROM line")
    await play.house.turns.text_in(play.house.place.door, play.house.text("ok", 2))

    assert (told, after) == (1, before)
    authors = await play.house.rows("SELECT author FROM message WHERE direction = 'in'")
    assert authors == [("patient",), ("patient",)]


async def test_one_way_that_fails_stops_no_other(play: Play) -> None:
    """Refused for good is over; away for now is tried again; the mail is on time all the same."""
    await play.phone()
    await play.browser(CHROME)
    rule = classify(21610)
    play.carrier.outcome = Refused(rule.code, rule.effect)
    play.services.status[CHROME] = 503
    await play.crisis()
    await play.loops["notify"].drain()

    ways = {"console": "sent", "email": "sent", "sms": "refused", "push": "refused"}
    assert await play.told() == ways
    assert await play.due() == 1
    play.services.status.clear()
    play.house.clock.advance(timedelta(minutes=1))
    await play.loops["notify"].drain()
    assert await play.told() == ways | {"push": "sent"}
    assert (len(play.carrier.sent), await play.due()) == (1, 0)


@pytest.mark.parametrize(
    "outcome",
    [Unknown("timeout"), Throttled(5, 20429, classify(20429).effect)],
    ids=["unknown", "throttled"],
)
async def test_a_text_that_may_not_have_left_is_sent_again(play: Play, outcome: Outcome) -> None:
    """Told twice is better than not told: a page is no text to a patient."""
    await play.phone()
    play.carrier.outcome = outcome
    await play.crisis()
    await play.loops["notify"].drain()
    play.carrier.outcome = Accepted(SID, 1)
    play.house.clock.advance(timedelta(minutes=1))
    await play.loops["notify"].drain()

    first, again = play.carrier.sent
    assert first.own_id == again.own_id
    assert (await play.told())["sms"] == "sent"


async def test_browsers_that_are_gone_are_dropped(play: Play) -> None:
    """404, 410, Apple's 403 end a subscription, others' do not; what ended goes in a month."""
    others = ["https://fcm.googleapis.com/b", "https://updates.push.services.mozilla.com/c"]
    for endpoint in (CHROME, IPHONE, *others):
        await play.browser(endpoint)
    play.services.status |= {CHROME: 410, IPHONE: 403, others[0]: 404, others[1]: 403}
    await play.crisis()
    await play.loops["notify"].drain()
    refused = (await play.told())["push"], await play.due()
    play.services.status.clear()
    play.house.clock.advance(timedelta(minutes=1))
    await play.loops["notify"].drain()

    assert refused == ("refused", 1)
    assert (await play.told())["push"] == "sent"
    ended = await play.house.rows("SELECT ended_why FROM push_subscription")
    assert sorted(ended, key=str) == [("gone",), ("gone",), ("gone",), (None,)]
    assert [came[0] for came in play.services.came][4:] == [others[1]]
    # As others come, those that ended a month ago go.
    ended_at = "SELECT count(*) FROM push_subscription WHERE ended_at IS NOT NULL"
    play.house.clock.advance(timedelta(days=29))
    await play.browser("https://fcm.googleapis.com/d")
    kept = await play.house.one(ended_at)
    play.house.clock.advance(timedelta(days=1))
    await play.browser("https://fcm.googleapis.com/e")
    assert (kept, await play.house.one(ended_at)) == (3, 0)


async def test_a_way_that_was_taken_away_is_withdrawn(play: Play) -> None:
    """Who takes their phone back before the page left is not texted, and it is not due for ever."""
    await play.phone()
    await play.crisis()
    async with play.app.work() as work:
        await pagers.put_phone(
            work, play.house.vault.master, play.dana, None, play.house.clock.now()
        )
    await play.loops["notify"].drain()

    assert ((await play.told())["sms"], await play.due()) == ("withdrawn", 0)
    assert play.carrier.sent == []


async def test_no_address_off_the_list_is_called(play: Play) -> None:
    """What is stored is looked at again: a push service that left the list is called no more."""
    await play.browser("https://push.intranet.example/x")
    await play.crisis()
    await play.loops["notify"].drain()

    assert play.services.came == []
    assert ((await play.told())["push"], await play.due()) == ("refused", 0)


async def test_two_ways_are_proven_by_the_codes_that_came(play: Play) -> None:
    """A test page counts once its code is said; SMS counts for its own practice alone."""
    house, place = play.house, play.house.place
    master, now = house.vault.master, house.clock.now

    async def sends(way: Way) -> str:
        await proofs.send(play.app, master, house.clock, play.channels, place.id, play.dana, way)
        if way == "email":
            (found,) = re.findall(r"code (\d{6})", play.smtp.mails[-1])
        else:
            (found,) = re.findall(r"code (\d{6})", play.carrier.sent[-1].body)
        return found

    async def confirms(code: str) -> Way:
        return await proofs.confirm(play.app, master, house.clock, place.id, play.dana, code)

    async def missing(*set_up: Way) -> list[str]:
        found = await proofs.proven(play.app, [place.id], set_up)
        return [one.sentence() for one in found if not one.enough]

    with pytest.raises(proofs.NoWayThere):
        await sends("sms")
    await play.phone()
    mail, text = await sends("email"), await sends("sms")
    sent = await missing("email", "sms", "push")
    with pytest.raises(proofs.NotThisCode):
        await confirms("no code")
    ways = [await confirms(mail)]
    one = await missing("email", "sms")
    ways.append(await confirms(text))
    with pytest.raises(proofs.NotThisCode):
        await confirms(text)

    assert "(proven: none)" in sent[0]
    assert "(proven: e-mail)" in one[0]
    assert ways == ["email", "sms"]
    assert await missing("email", "sms") == []
    # A way that is no longer set up proves nothing.
    assert len(await missing("sms")) == 1
    (proven,) = await proofs.proven(play.app, [place.id], ("email", "sms"))
    assert proven.old(now(), 90) == []
    assert len(proven.old(now() + timedelta(days=91), 90)) == 2
    late = await sends("email")
    house.clock.advance(timedelta(hours=25))
    with pytest.raises(proofs.NotThisCode):
        await confirms(late)
    # Nobody can read a code out of the database, nor a phone.
    stored = str(await house.rows("SELECT * FROM page_test"))
    assert text not in stored


async def test_what_is_sealed_follows_a_new_secret_key(play: Play) -> None:
    """Phones and browsers are sealed anew under the first key, and found under its hash."""
    await play.phone()
    await play.browser(CHROME)
    secret = "a secret key for tests only, forty characters"
    both = MasterKeys((SECOND_KEY, secret))
    owner = await Database.open(
        play.house.databases.urls["owner"], setting="owner", size=1, may_own=True
    )
    try:
        done = await rotation.rotate(owner, both, play.house.clock)
    finally:
        await owner.close()
    new = MasterKeys((SECOND_KEY,))
    async with play.app.work() as work:
        phone = await pagers.phone_of(work, new, play.dana)
        (kept,) = await pagers.browsers_of(work, new, "staff", UUID(str(play.dana)))

    assert done.complete
    assert phone == PhoneNumber(DANAS_PHONE)
    assert kept.browser.endpoint == CHROME
    hashed = await play.house.one("SELECT endpoint_hash FROM push_subscription")
    assert hashed == new.credential_hashes("push", CHROME)[0]


def test_the_vault_of_these_tests_has_the_key_they_say(vault: Vault) -> None:
    """Else the test above would prove nothing."""
    secret = MasterKeys(("a secret key for tests only, forty characters",))
    assert vault.master.credential_hashes("x", "y") == secret.credential_hashes("x", "y")
