"""Families are told what they chose to hear of: once, only what they may read, and in no words."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, select

from engage import embedded
from engage.api.auth.ways import keeping
from engage.appointments import keeping as visits
from engage.appointments.appointment import Setter, Span
from engage.appointments.words import Teller, locked
from engage.clock import SettableClock, fresh_id
from engage.db.sealing import MasterKeys
from engage.db.session import Query, Work
from engage.db.tables import message
from engage.db.vault import Vault
from engage.family.notices import Notices
from engage.ids import AppointmentId, PhoneId
from engage.jobs.loops import Loop
from engage.messaging.outbox import Outbox
from engage.messaging.timing import load
from engage.people import bootstrap
from engage.people.pagers.vapid import VapidKey
from engage.people.phone import PhoneNumber
from engage.people.signing.principal import Person
from engage.queue.paging.channel import Channel, Way
from engage.queue.paging.push import PushChannel
from engage.settings import PUSH_HOSTS
from tests.api.conftest import PUBLIC_URL, VAPID, SilentBell, built
from tests.api.test_family import ALL, FAMILIES, Home, Phone, booked, patient_of, staff
from tests.conftest import SECRET, opened
from tests.core.test_documents import PDF
from tests.fakes.browsers import FakeBrowser, FakePushServices
from tests.fakes.carrier import FakeCarrier
from tests.fakes.practice import raw

pytestmark = pytest.mark.database

_LINE = Query(
    select(message.c.line_id)
    .where(
        message.c.practice_id == bindparam("practice", type_=Uuid()),
        message.c.kind == bindparam("kind"),
    )
    .order_by(message.c.id.desc())
    .limit(1)
)

TITLE = "Something new in engage"
BODY = "North Clinic: there is something new for you. Open http://127.0.0.1:8000/family/"
NOON = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)  # in Phoenix
WHOLE: dict[str, Any] = {"zone": "America/Phoenix", "quiet": None}


@dataclass(frozen=True)
class Play(Home):
    """A family, and a worker that tells it, beside push services and a carrier."""

    services: FakePushServices
    carrier: FakeCarrier
    loops: tuple[Loop, ...]

    async def at_work(self) -> "Play":
        """Let Dana sign in anew: a token lasts an hour."""
        parts, dana = self.parts, "dana@north.example.org"
        token = await bootstrap.token(parts.database, parts.vault, self.clock, dana)
        return replace(self, north=replace(self.north, dana=replace(self.north.dana, token=token)))

    async def ana(self, patient: object) -> tuple[Phone, str]:
        """Let Ana care for somebody who shares all with her; return her phone and her id."""
        made = await staff(self, "POST", f"/v1/patients/{patient}/caregivers", self.invited)
        for may in ALL:
            allowed = may | {"caregiver_id": made["id"], "how": "verbal"}
            await staff(self, "POST", f"/v1/patients/{patient}/grants", allowed)
        phone = Phone(self, "", patient)
        await self.opens(phone, made["id"])
        return phone, made["id"]

    async def opens(self, phone: Phone, whom: str) -> None:
        """Let a caregiver open the app: what they present lasts five minutes."""
        async with raw(self.databases.urls["admin"]) as admin:
            number = await admin.fetchval(
                "SELECT phone_id FROM phone_use WHERE caregiver_id = $1", UUID(whom)
            )
        person = Person(
            practice_id=self.north.id,
            phone_id=PhoneId(number),
            kind="caregiver",
            id=UUID(whom),
            given_name="Ana",
            language="en",
            closed=False,
        )

        async def act(work: Work) -> str:
            return (await keeping(self.parts).begin_family(work, person)).access

        practice = self.north.id
        phone.token = await self.parts.database.again(act, [practice], practice)

    async def work(self, minutes: float = 1) -> None:
        """Let time pass, and all that is due be done."""
        self.clock.advance(timedelta(minutes=minutes))
        for loop in self.loops:
            await loop.drain()

    def browser(self, whose: int) -> FakeBrowser:
        """Return the browser of somebody of this family."""
        return FakeBrowser(f"https://fcm.googleapis.com/fcm/send/{self.number}-{whose}")

    def pushed(self, to: FakeBrowser) -> list[dict[str, str]]:
        """Return what came to a browser."""
        return [to.opened(body) for url, _, body in self.services.came if url == to.endpoint]

    def texted(self, to: str) -> list[str]:
        """Return what was texted to a phone by this worker."""
        return [text.body for text in self.carrier.sent if text.to.e164 == to]


@pytest.fixture(scope="module")
async def shared(servers: embedded.Servers, template: str) -> AsyncIterator[Play]:
    """Build one house for the file."""
    name = f"notices_{os.getpid()}"
    servers.create_database(name, template)
    clock = SettableClock(NOON)
    async with opened(servers, name) as databases:
        vault = Vault(MasterKeys([SECRET]), databases.app)
        async with built(databases, vault, clock) as house:
            services, carrier = FakePushServices(), FakeCarrier()
            channel = PushChannel([VapidKey(VAPID)], PUSH_HOSTS, services, clock, PUBLIC_URL)
            cast("dict[Way, Channel]", house.parts.channels)["push"] = channel
            worker, bell = databases.worker, SilentBell()
            notices = Notices(
                database=worker,
                vault=vault,
                clock=clock,
                bell=bell,
                catalogue=house.parts.catalogue,
                pusher=channel,
                public_url=PUBLIC_URL,
            )
            outbox = Outbox(
                database=worker,
                vault=vault,
                clock=clock,
                carrier=carrier,
                doors=house.parts.doors,
                public_url=PUBLIC_URL,
                bell=bell,
                wanted=notices.wanted,
            )
            loops = (
                Loop(
                    "news",
                    lambda row: notices.tell(row.practice_id, row.id, row.tries),
                    database=worker,
                    clock=clock,
                ),
                Loop(
                    "outbox",
                    lambda row: outbox.send(row.practice_id, row.id, row.tries),  # type: ignore[arg-type] # a text's id
                    database=worker,
                    clock=clock,
                ),
            )
            known = {one.name: getattr(house, one.name) for one in fields(house)}
            yield Play(**known, number=0, services=services, carrier=carrier, loops=loops)
    servers.drop_database(name)


@pytest.fixture
async def play(shared: Play) -> Play:
    """Return the house at noon of another day, with a family of this test's."""
    shared.clock.set(max(shared.clock.now(), NOON) + timedelta(days=1))
    shared.clock.set(shared.clock.now().replace(hour=19, minute=0, second=0, microsecond=0))
    return await replace(shared, number=next(FAMILIES)).at_work()


async def wishes(phone: Phone, status: int = 200, **kinds: list[str]) -> Any:  # noqa: ANN401
    """Choose by which ways one is told of what."""
    chosen = [{"kind": kind.replace("_", "-"), "ways": ways} for kind, ways in kinds.items()]
    return await phone.ask("PUT", "/v1/family/me/notices", status, WHOLE | {"kinds": chosen})


async def subscribes(phone: Phone, browser: FakeBrowser) -> None:
    """Let a browser of theirs take pushes."""
    await phone.ask("POST", "/v1/push-subscriptions", 201, browser.body)


async def test_nothing_until_chosen_then_once(play: Play) -> None:
    """A visit is booked: who chose a push has one, who chose a text one, who chose nothing none."""
    rosa = await play.patient()
    ana, _ = await play.ana(rosa)
    mine, browser = await patient_of(play, rosa), play.browser(2)
    await subscribes(ana, browser)
    before = await ana.get("/v1/family/me/notices")
    assert {tuple(one["ways"]) for one in before["kinds"]} == {()}
    assert (before["browsers"], before["push"], before["texts"]) == (1, True, "can")
    await booked(play, rosa, 3)
    await play.work()
    assert (play.pushed(browser), play.texted(play.phone(2))) == ([], [])

    await wishes(ana, visits=["push", "text"])
    await wishes(mine, messages=["text"])
    await play.work()
    assert (play.pushed(browser), play.texted(play.phone(2))) == ([], [])
    await booked(play, rosa, 4)
    await play.work(0.1)
    assert play.pushed(browser) == []
    for _ in range(3):
        await play.work()
    assert play.pushed(browser) == [{"title": TITLE, "url": "/family/visits", "tag": "news"}]
    assert (play.texted(play.phone(2)), play.texted(play.phone(1))) == ([BODY], [])
    # News take no room from a reminder that day; the clock they named counts, and the area code.
    async with play.parts.database.work([play.north.id]) as work:
        line = await work.maybe(_LINE, practice=play.north.id, kind="news")
        assert line is not None
        now = play.clock.now()
        york = PhoneNumber("+12125550123")
        timing = await load(work, play.north.id, line["line_id"], None, york, now)
    zones = [one.zone for one in timing.hours.places]
    assert (timing.left, zones) == ((), ["America/Phoenix", "America/New_York"])
    said = f"{play.pushed(browser)} {BODY}".casefold()
    assert not any(one in said for one in ("rosa", "ana ", "counselling", "555"))


async def test_documents_and_needs(play: Play) -> None:
    """A document is attached, help has come: whoever sees such is told where, and chose it."""
    rosa = await play.patient()
    ana, whom = await play.ana(rosa)
    mine, browser = await patient_of(play, rosa), play.browser(2)
    await subscribes(ana, browser)
    await play.screening(rosa)
    await play.text_in("often")
    (found,) = (await mine.get("/needs"))["items"]
    await wishes(ana, documents=["push"], needs=["push"])
    need = f"/v1/needs/{found['id']}/status"
    await staff(play, "POST", need, {"act": "want", "reason": "Said so on the phone"})
    plain = {"title": "Care plan", "about": "care-plan", "content": b64encode(PDF).decode()}
    path = f"/v1/patients/{rosa}/documents"
    await staff(play, "POST", path, plain)
    await play.work()
    # Documents were not shared, and that help is wished for is Rosa's to say.
    assert play.pushed(browser) == []
    await staff(play, "POST", need, {"act": "complete", "reason": "The pantry called"})
    await play.work()
    grant = {"caregiver_id": whom, "category": "documents", "how": "verbal"}
    await staff(play, "POST", f"/v1/patients/{rosa}/grants", grant)
    await play.work()
    assert [one["url"] for one in play.pushed(browser)] == ["/family/care"]
    await staff(play, "POST", path, plain | {"sensitive": "mental-health"})
    await play.work()
    await staff(play, "POST", path, plain)
    await play.work()
    assert [one["url"] for one in play.pushed(browser)] == ["/family/care", "/family/documents"]


async def test_who_moved_a_visit_is_not_told_of_it(play: Play) -> None:
    """Ana moves it: Rosa hears of that and Ana does not; then staff move it, and Ana hears."""
    rosa = await play.patient()
    ana, whom = await play.ana(rosa)
    mine, hers, rosas = await patient_of(play, rosa), play.browser(2), play.browser(3)
    await subscribes(ana, hers)
    await subscribes(mine, rosas)
    visit = AppointmentId(UUID(await booked(play, rosa, 3)))
    await wishes(ana, visits=["push"])
    await wishes(mine, visits=["push"])

    async def moves(days: int, by: Setter, one: UUID | None = None) -> list[int]:
        play.clock.advance(timedelta(seconds=1))
        practice, at = play.north.id, play.clock.now()
        keys = await play.parts.vault.keys(practice)
        time = Span(at + timedelta(days=days), at + timedelta(days=days, hours=1))

        async def act(work: Work) -> None:
            known = await locked(work, keys, visit, lambda _: True)
            await visits.give_time(work, keys, known, time, None, None, Teller(by, one), at)

        await play.parts.database.again(act, [practice], practice)
        await play.work()
        return [len(play.pushed(one)) for one in (hers, rosas)]

    assert await moves(4, "caregiver", UUID(whom)) == [0, 1]
    assert await moves(5, "patient") == [1, 1]
    assert await moves(6, "staff") == [2, 2]


async def test_what_is_revoked_before_it_leaves_does_not_leave(play: Play) -> None:
    """A visit is booked, the right ends a second later: nothing leaves, not even from a queue."""
    rosa = await play.patient()
    ana, whom = await play.ana(rosa)
    ben_at = play.browser(2)
    await subscribes(ana, ben_at)
    mine = await patient_of(play, rosa)
    await wishes(ana, visits=["push", "text"])
    await booked(play, rosa, 3)
    await mine.ask("PUT", f"/sharing/{whom}", 200, {"may": [{"category": "messages"}]})
    await play.work()
    assert (play.pushed(ben_at), play.texted(play.phone(2))) == ([], [])

    # Written while it could be said, and waiting in the queue when it could not any more.
    await mine.ask("PUT", f"/sharing/{whom}", 200, {"may": [{"category": "visits"}]})
    await wishes(ana, visits=["text"])
    await play.work()
    await booked(play, rosa, 5)
    play.clock.advance(timedelta(minutes=1))
    await play.loops[0].drain()
    await staff(play, "PUT", f"/v1/patients/{rosa}/caregivers/{whom}/safety", {"unsafe": True})
    await play.work()
    assert play.texted(play.phone(2)) == []
    async with raw(play.databases.urls["admin"]) as admin:
        last = await admin.fetch(
            "SELECT status, status_reason FROM message WHERE kind = 'news' ORDER BY id DESC LIMIT 1"
        )
    assert [tuple(one) for one in last] == [("withdrawn", "not-shared")]


async def test_a_sign_in_that_is_over_takes_its_browser_along(play: Play) -> None:
    """She ends the sign-in of a phone she lost: it shows nothing more, her other one goes on."""
    rosa = await play.patient()
    ana, whom = await play.ana(rosa)
    lost, kept = play.browser(2), play.browser(3)
    await subscribes(ana, lost)
    (begun,) = (await ana.get("/v1/me/sessions"))["items"]
    await play.opens(ana, whom)
    await subscribes(ana, kept)
    await wishes(ana, visits=["push"])
    await ana.ask("DELETE", f"/v1/me/sessions/{begun['id']}", 204)
    assert (await ana.get("/v1/family/me/notices"))["browsers"] == 1
    await booked(play, rosa, 3)
    await play.work()
    assert (len(play.pushed(lost)), len(play.pushed(kept))) == (0, 1)
    # The same browser, where she is signed in anew, is another one.
    await subscribes(ana, lost)
    assert await ana.post("/v1/family/me/notices/test") == {"sent": 2}


async def test_no_text_to_a_phone_that_somebody_unsafe_reads(play: Play) -> None:
    """Rosa shares a phone with somebody who must not know: her own news do not come to it."""
    rosa = await play.patient()
    with_her = play.invited | {"phone": play.phone(1)}
    ben = await staff(play, "POST", f"/v1/patients/{rosa}/caregivers", with_her)
    mine = await patient_of(play, rosa)
    await wishes(mine, visits=["text"])
    place = f"/v1/patients/{rosa}/caregivers/{ben['id']}/safety"
    await staff(play, "PUT", place, {"unsafe": True})
    await booked(play, rosa, 3)
    await play.work()
    assert play.texted(play.phone(1)) == []


async def test_a_stop_ends_texts_and_no_pushes(play: Play) -> None:
    """STOP from her phone: the carrier is asked for nothing more; her browser goes on."""
    rosa = await play.patient()
    ana, _ = await play.ana(rosa)
    browser = play.browser(2)
    await subscribes(ana, browser)
    await wishes(ana, visits=["push", "text"])
    await play.text_in("STOP", play.phone(2))
    sent = len(play.texted(play.phone(2)))
    await booked(play, rosa, 3)
    await play.work()
    assert (await ana.get("/v1/family/me/notices"))["texts"] == "stopped"
    assert len(play.pushed(browser)) == 1
    assert BODY not in play.texted(play.phone(2))[sent:]


async def test_a_night_and_a_day_in_one_text(play: Play) -> None:
    """At night nothing comes; the day's news come at six in one text, a day without has none."""
    rosa = await play.patient()
    ana, whom = await play.ana(rosa)
    browser = play.browser(2)
    await subscribes(ana, browser)
    chosen = [
        {"kind": "visits", "ways": ["push", "digest"]},
        {"kind": "errands", "ways": ["digest"]},
    ]
    quiet = {"quiet": {"begins": "21:00", "ends": "08:00"}, "digest_at": "18:00"}
    await ana.ask("PUT", "/v1/family/me/notices", 200, WHOLE | quiet | {"kinds": chosen})
    play.clock.advance(timedelta(hours=10))  # ten at night
    play = await play.at_work()
    await booked(play, rosa, 5)
    await play.work()
    assert play.pushed(browser) == []
    await play.work(10 * 60)
    assert len(play.pushed(browser)) == 1
    mine = await patient_of(play, rosa)
    await play.opens(ana, whom)
    task = (await ana.post("/tasks", {"kind": "to-do", "title": "Milk"}, 201))["id"]
    await mine.post(f"/tasks/{task}/claim")
    await play.work()
    assert play.texted(play.phone(2)) == []
    await play.work(10 * 60)
    (text,) = play.texted(play.phone(2))
    assert text.startswith("North Clinic: something is new for you since yesterday.")
    await play.work(24 * 60)
    assert len(play.texted(play.phone(2))) == 1


async def test_a_browser_that_is_gone_and_one_that_is_away(play: Play) -> None:
    """410 ends it; 503 is tried again, and then it has come once."""
    rosa = await play.patient()
    ana, _ = await play.ana(rosa)
    gone, away = play.browser(2), play.browser(3)
    await subscribes(ana, gone)
    await wishes(ana, visits=["push"])
    play.services.status[gone.endpoint] = 410
    assert await ana.post("/v1/family/me/notices/test") == {"sent": 0}
    await subscribes(ana, away)
    assert await ana.post("/v1/family/me/notices/test") == {"sent": 1}
    assert (await ana.get("/v1/family/me/notices"))["browsers"] == 1
    play.services.status[away.endpoint] = 503
    await booked(play, rosa, 3)
    await play.work()
    del play.services.status[away.endpoint]
    tried = len(play.pushed(away))
    for _ in range(3):
        await play.work()
    assert len(play.pushed(away)) == tried + 1


async def test_choices_are_ones_own_and_of_a_version(play: Play) -> None:
    """An older version is refused, a place that is none too; to choose nothing forgets all."""
    rosa = await play.patient()
    ana, _ = await play.ana(rosa)
    path, kinds = "/v1/family/me/notices", [{"kind": "visits", "ways": ["push", "push"]}]
    first = await ana.ask("PUT", path, 200, WHOLE | {"kinds": kinds}, **{"If-Match": '"0"'})
    assert first["kinds"][0] == {"kind": "visits", "ways": ["push"]}
    await ana.ask("PUT", path, 412, WHOLE | {"kinds": kinds}, **{"If-Match": '"0"'})
    wrong = await ana.ask("PUT", path, 422, WHOLE | {"kinds": kinds, "zone": "Phoenix"})
    assert wrong["code"] == "not-a-time-zone"
    never = {"quiet": {"begins": "08:00", "ends": "08:00"}}
    assert (await ana.ask("PUT", path, 422, WHOLE | never | {"kinds": kinds}))["code"] == (
        "not-quiet-hours"
    )
    await ana.ask("PUT", path, 200, WHOLE | {"kinds": []})
    async with raw(play.databases.urls["admin"]) as admin:
        row = await admin.fetch(
            "SELECT wants, state_sealed FROM family_news ORDER BY changed_at DESC LIMIT 1"
        )
    assert [tuple(one) for one in row] == [(False, None)]
    staffs = await play.client.get(path, headers=play.north.dana.headers)
    assert staffs.status_code == 403


async def test_of_two_first_choices_at_once_the_later_one_is_refused(play: Play) -> None:
    """Both were made on nothing: one is kept, the other is told that there is a newer one."""
    rosa = await play.patient()
    ana, _ = await play.ana(rosa)
    headers = {"Authorization": f"Bearer {ana.token}", "If-Match": '"0"'}
    bodies = [WHOLE | {"kinds": [{"kind": one, "ways": ["push"]}]} for one in ("visits", "rides")]
    answers = await asyncio.gather(
        *(play.client.put("/v1/family/me/notices", json=one, headers=headers) for one in bodies)
    )
    assert sorted(one.status_code for one in answers) == [200, 412]
    (kept,) = [one for one in answers if one.status_code == 200]
    after = await ana.get("/v1/family/me/notices")
    assert (kept.headers["ETag"], after["kinds"]) == ('"1"', kept.json()["kinds"])


async def test_a_thousand_changes_are_one_row_and_written_once(play: Play) -> None:
    """What is due already is not written again, but for whoever looks at it right now."""
    practice, person = play.north.id, fresh_id(play.clock)
    async with raw(play.databases.urls["admin"]) as admin:

        async def soon(seconds: int) -> str:
            at = play.clock.now() + timedelta(days=1, seconds=seconds)
            await admin.execute("SELECT news_soon($1, $2, $3)", person, practice, at)
            place: str = await admin.fetchval("SELECT ctid::text FROM due WHERE id = $1", person)
            return place

        first = await soon(10)
        assert {await soon(10 + each) for each in range(3)} == {first}
        await admin.execute("UPDATE due SET tries = 1 WHERE id = $1", person)
        await soon(20)
        assert await admin.fetchval("SELECT tries FROM due WHERE id = $1", person) == 0
        await admin.execute("DELETE FROM due WHERE id = $1", person)
