"""Families: what was granted and nothing else, gone at the next request, and everything they do."""

import asyncio
import itertools
import os
import re
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from engage import embedded
from engage.api.auth.bearer import who
from engage.api.auth.guard import Relative
from engage.api.auth.ways import keeping
from engage.api.family.sync import stream
from engage.clock import SettableClock, fresh_id
from engage.db.sealing import MasterKeys
from engage.db.vault import Vault
from engage.family import record
from engage.ids import CaregiverId, CheckInPlanId, MessageId, PatientId, PhoneId, ScreeningId
from engage.messaging.may_text import Answer, May, Wait
from engage.messaging.model import Outgoing
from engage.messaging.store import outgoing
from engage.messaging.timing import ask
from engage.people.sharing.circles import circle
from engage.people.signing.principal import CaregiverIn, Person
from engage.turns.context import OnPage
from engage.turns.on_the_page import PageSeen
from tests.api.conftest import PUBLIC_URL, House, Office, built
from tests.conftest import SECRET, opened
from tests.core.test_documents import PDF
from tests.fakes.practice import raw

FAMILIES = itertools.count(1)
INVITED = {
    "given_name": "Ana",
    "family_name": "Delgado",
    "language": "en",
    "relationship": "daughter",
}
ALL = [
    {"category": "visits", "verbs": ["see", "answer", "act"]},
    {"category": "rides", "verbs": ["see", "act"]},
    {"category": "needs", "verbs": ["see", "act"]},
    {"category": "check-ins", "verbs": ["see", "answer"]},
    {"category": "messages", "verbs": ["see", "act"]},
]


@dataclass(frozen=True)
class Home(House):
    """The house of the whole file, and a family of one test: nobody else has its phones."""

    number: int

    def phone(self, whose: int) -> str:
        """Return the phone of somebody of this family."""
        return f"+1602555{1000 + 10 * self.number + whose}"

    @property
    def invited(self) -> dict[str, str]:
        """Ana, as she is invited."""
        return INVITED | {"phone": self.phone(2)}

    async def patient(
        self, office: Office | None = None, external_id: str = "A", **fields: object
    ) -> PatientId:
        """Create Rosa, or somebody else of this family."""
        own = f"{external_id}-{self.number}"
        return await super().patient(office, own, **{"phone": self.phone(1)} | fields)

    async def text_in(self, body: str, sender: str | None = None) -> None:
        """Let a text of Rosa's come in."""
        await super().text_in(body, sender or self.phone(1))


@pytest.fixture(scope="module")
async def shared(servers: embedded.Servers, template: str) -> AsyncIterator[House]:
    """Build one house for the file: a family needs no practice of its own."""
    name = f"families_{os.getpid()}"
    servers.create_database(name, template)
    clock = SettableClock(datetime(2026, 11, 24, 17, 0, tzinfo=UTC))
    async with opened(servers, name) as databases:
        vault = Vault(MasterKeys([SECRET]), databases.app)
        async with built(databases, vault, clock) as house:
            yield house
    servers.drop_database(name)


@pytest.fixture
async def house(shared: House) -> AsyncIterator[Home]:
    """Return the house, with a family of this test's; what it texted counts for no other."""
    known = {one.name: getattr(shared, one.name) for one in fields(House)}
    yield Home(**known, number=next(FAMILIES))
    shared.clock.advance(timedelta(seconds=1))
    async with raw(shared.databases.urls["admin"]) as admin:
        await admin.execute("DELETE FROM sign_in_try")


class Phone:
    """Somebody of a family, signed in."""

    def __init__(self, house: Home, token: str, patient: object) -> None:
        """Take the house, the token, and about whom they ask."""
        self._house = house
        self.token = token
        self.base = f"/v1/family/{patient}"

    async def ask(
        self,
        method: str,
        path: str,
        status: int = 200,
        body: Any = None,  # noqa: ANN401
        **headers: str,
    ) -> Any:  # noqa: ANN401
        """Ask, and return what is answered."""
        sent = {} if body is None else {"json": body}
        answer = await self._house.client.request(
            method,
            path if path.startswith("/v1") else f"{self.base}{path}",
            headers={"Authorization": f"Bearer {self.token}"} | headers,
            **sent,
        )
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content[:1] in (b"{", b"[") else answer

    async def relative(self) -> Relative:
        """Return what the guard makes of this sign-in."""
        me = await who(self._house.parts, self.token)
        assert isinstance(me, CaregiverIn)
        keys = await self._house.parts.vault.keys(me.practice_id)
        async with self._house.parts.database.work([me.practice_id]) as work:
            known = await circle(work, keys, me, self._house.clock.now())
        return Relative(me, self.token, known)

    async def get(self, path: str, status: int = 200) -> Any:  # noqa: ANN401
        """Read."""
        return await self.ask("GET", path, status)

    async def post(self, path: str, body: Any = None, status: int = 200, **more: str) -> Any:  # noqa: ANN401
        """Change."""
        return await self.ask("POST", path, status, body, **more)


async def staff(house: Home, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
    """Ask as Dana."""
    sent = {} if body is None else {"json": body}
    answer = await house.client.request(method, path, headers=house.north.dana.headers, **sent)
    assert answer.status_code < 300, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


async def all_of(opened: AsyncGenerator[bytes, None]) -> list[bytes]:
    """Read a stream to its end."""
    return [chunk async for chunk in opened]


async def texts(house: Home, kind: str) -> list[str]:
    """Return the words of the texts of a kind, oldest first."""
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT id, body_sealed FROM message WHERE kind = $1 ORDER BY id", kind
        )
    keys = house.north.keys
    return [keys.open_text("message.body", row["id"], row["body_sealed"]) for row in rows]


async def invited(house: Home, patient: object, may: Any = ALL) -> tuple[Phone, str]:  # noqa: ANN401
    """Invite Ana as staff do, and let her open the link."""
    body = house.invited | {"may": may, "how": "verbal", "evidence": "said at the desk"}
    made = await staff(house, "POST", f"/v1/patients/{patient}/invitations", body)
    secret = re.search(r"#i=([\w-]+)", (await texts(house, "code"))[-1])
    assert secret is not None
    link = {"secret": secret[1]}
    for _ in range(2):
        looked = await house.client.post("/v1/auth/invitation/look", json=link)
        assert looked.json() == {"practice_name": (await _practice(house))}
    taken = await house.client.post("/v1/auth/invitation/accept", json=link)
    assert taken.status_code == 200, taken.text
    again = await house.client.post("/v1/auth/invitation/accept", json=link)
    never = await house.client.post("/v1/auth/invitation/accept", json={"secret": "x" * 43})
    assert (again.status_code, never.status_code) == (401, 401)
    assert again.json()["code"] == never.json()["code"]
    return Phone(house, taken.json()["access_token"], patient), made["caregiver_id"]


async def _practice(house: Home) -> str:
    me = await staff(house, "GET", "/v1/me")
    return str(me["memberships"][0]["practice_name"])


async def patient_of(house: Home, patient: Any) -> Phone:  # noqa: ANN401
    """Sign Rosa in, as a code by text would."""
    async with raw(house.databases.urls["admin"]) as admin:
        phone = await admin.fetchval(
            "SELECT phone_id FROM phone_use WHERE patient_id = $1", UUID(str(patient))
        )

    async def act(work: Any) -> str:  # noqa: ANN401
        person = Person(
            practice_id=house.north.id,
            phone_id=PhoneId(phone),
            kind="patient",
            id=UUID(str(patient)),
            given_name="Rosa",
            language="en",
            closed=False,
        )
        return (await keeping(house.parts).begin_family(work, person)).access

    token = await house.parts.database.again(act, [house.north.id], house.north.id)
    return Phone(house, token, patient)


async def booked(house: Home, patient: object, days: int = 2) -> str:
    """Book a visit with a secret reason, at a place."""
    place = await staff(
        house,
        "POST",
        "/v1/places",
        {
            "name": f"Clinic {house.number}/{days}",
            "address": "1 Main St",
            "zone": "America/Phoenix",
            "bring": "Your list of medicines",
        },
    )
    starts = house.clock.now() + timedelta(days=days)
    body = {
        "patient_id": str(patient),
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(minutes=30)).isoformat(),
        "place_id": place["id"],
        "what": "Counselling",
    }
    return str((await staff(house, "POST", "/v1/appointments", body))["id"])


async def test_invitation_to_today_card(house: Home) -> None:
    """A text, a tap, and the card of today says what was shared, and nothing of the reason."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    ana, whom = await invited(house, rosa)

    family = (await ana.get("/v1/family"))["items"]
    assert [(one["given_name"], one["self"], one["relationship"]) for one in family] == [
        ("Rosa", False, "daughter")
    ]
    card = await ana.get("/today")
    assert card["visit"]["id"] == visit
    assert card["visit"]["bring"] == "Your list of medicines"
    assert card["visit"]["what"] is None
    assert card["driver"] is None
    assert card["help"] == {"emergency": "911", "crisis": "988"}
    assert (await (await patient_of(house, rosa)).get("/today"))["visit"]["what"] == "Counselling"
    file = await ana.ask("GET", f"/visits/{visit}/file.ics")
    assert b"BEGIN:VCALENDAR" in file.content
    assert b"Counselling" not in file.content

    answered = await ana.post(f"/visits/{visit}/respond", {"answer": "coming"})
    assert answered["answer"] == "coming"
    history = (await staff(house, "GET", f"/v1/appointments/{visit}"))["history"]
    assert ("answer", "caregiver", whom) in [
        (one["act"], one["by"], one["by_id"]) for one in history
    ]
    await ana.post(f"/visits/{fresh_id(house.clock)}/respond", {"answer": "coming"}, 404)

    seen = (await (await patient_of(house, rosa)).get("/v1/me/seen"))["items"]
    assert {one["given_name"] for one in seen} == {"Ana"}
    assert {"today", "visits"} <= {one["what"] for one in seen}
    assert (await ana.get("/v1/me/seen"))["items"] == []
    staffs = await house.client.get("/v1/family", headers=house.north.dana.headers)
    assert staffs.status_code == 403


async def test_nothing_by_default_and_nothing_hidden_shows(house: Home) -> None:
    """Whoever has no grant, another's patient and nobody's are one answer; ETags say no more."""
    rosa = await house.patient()
    luis = await house.patient(external_id="B", phone=house.phone(3), given_name="Luis")
    ana, whom = await invited(house, rosa, [{"category": "visits"}])
    bare = await ana.ask("GET", f"/v1/family/{fresh_id(house.clock)}/visits", 404)
    for path in (f"/v1/family/{luis}/visits", f"/v1/family/{rosa}/messages"):
        assert (await ana.get(path, 404))["code"] == bare["code"]
    await ana.post(f"/visits/{fresh_id(house.clock)}/respond", {"answer": "coming"}, 404)
    await ana.post("/tasks", {"kind": "ride", "title": "Drive"}, 404)
    headers = {"Authorization": f"Bearer {ana.token}"}
    first = await house.client.get(f"{ana.base}/today", headers=headers)
    synced = await ana.get("/v1/sync")
    # What is hidden from her: a message of Rosa's, a risk found, a check-in plan.
    await house.screening(rosa)
    await house.text_in("often")
    await house.text_in("my husband hits me")
    second = await house.client.get(f"{ana.base}/today", headers=headers)
    assert (second.headers["etag"], second.content) == (first.headers["etag"], first.content)
    same = {"If-None-Match": first.headers["etag"]}
    assert (await house.client.get(f"{ana.base}/today", headers=headers | same)).status_code == 304
    later = await ana.get(f"/v1/sync?since={synced['next']}")
    assert later == {"changes": [], "gone": [], "next": synced["next"]}
    # Her phone is not safe for Rosa: as if nothing had ever been shared.
    await staff(house, "PUT", f"/v1/patients/{rosa}/caregivers/{whom}/safety", {"unsafe": True})
    assert (await ana.get("/v1/family"))["items"] == []
    assert (await ana.get("/today", 404))["code"] == bare["code"]
    mine = await patient_of(house, rosa)
    # What staff wrote down, Rosa's page does not lift: somebody else may hold her phone.
    own = f"/sharing/{whom}/safety"
    await mine.ask("PUT", own, 204, {"unsafe": False})
    assert (await ana.get("/v1/family"))["items"] == []
    await staff(house, "PUT", f"/v1/patients/{rosa}/caregivers/{whom}/safety", {"unsafe": False})
    assert len((await ana.get("/v1/family"))["items"]) == 1
    await mine.ask("PUT", own, 204, {"unsafe": True})
    assert (await ana.get("/today", 404))["code"] == bare["code"]
    await mine.ask("PUT", own, 204, {"unsafe": False})
    assert len((await ana.get("/v1/family"))["items"]) == 1
    await mine.ask("PUT", f"/sharing/{fresh_id(house.clock)}/safety", 404, {"unsafe": True})


async def test_one_text_ends_it_at_once(house: Home) -> None:
    """STOP SHARING by text: gone at the next request, on the open stream, and as tombstones."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    ana, _ = await invited(house, rosa)
    synced = await ana.get("/v1/sync")
    assert {one["kind"] for one in synced["changes"]} == {"person", "visit"}

    relative = await ana.relative()
    opened = stream(house.parts, relative)
    assert await anext(opened) == b"retry: 1000\n\n"
    rest = asyncio.create_task(all_of(opened))
    await house.text_in("Stop sharing please")
    told = await asyncio.wait_for(rest, 30)
    assert told[-1] == b"event: access\ndata: {}\n\n"
    await ana.get("/today", 404)
    assert (await ana.get("/v1/family"))["items"] == []
    gone = await ana.get(f"/v1/sync?since={synced['next']}")
    assert gone["changes"] == []
    assert {(one["kind"], one["id"]) for one in gone["gone"]} == {
        ("person", str(rosa)),
        ("visit", visit),
    }
    assert (await texts(house, "consent"))[-1].count("your family nothing") == 1
    await ana.ask("GET", f"/v1/sync?since={fresh_id(house.clock).hex}", 410)
    await ana.ask("GET", "/v1/sync?since=nonsense", 410)


async def test_sharing_by_page_and_by_staff(house: Home) -> None:
    """The patient says exactly what holds; staff change and end it, versions held."""
    rosa = await house.patient(birth_date="2013-03-05")
    ana, whom = await invited(house, rosa)
    mine = await patient_of(house, rosa)
    (item,) = (await mine.get("/sharing"))["items"]
    assert {one["category"] for one in item["grants"]} == {one["category"] for one in ALL}
    await ana.get("/sharing", 404)

    wanted = {"may": [{"category": "visits", "verbs": ["see"]}, {"category": "rides"}]}
    put = await mine.ask("PUT", f"/sharing/{whom}", 200, wanted)
    assert [(one["category"], one["how"]) for one in put["grants"]] == [
        ("visits", "page"),
        ("rides", "page"),
    ]
    await ana.get("/messages", 404)
    (known,) = (await ana.get("/v1/family"))["items"]
    assert known["may"] == [
        {"category": "visits", "verbs": ["see"]},
        {"category": "rides", "verbs": ["see"]},
    ]
    await mine.ask("PUT", f"/sharing/{fresh_id(house.clock)}", 404, wanted)

    heard = {"caregiver_id": whom, "category": "visits", "how": "verbal"}
    grant = (await staff(house, "POST", f"/v1/patients/{rosa}/grants", heard))["id"]
    changed = await staff(
        house, "PATCH", f"/v1/grants/{grant}", {"verbs": ["answer"], "sensitive": ["violence"]}
    )
    assert changed["verbs"] == ["see", "answer"]
    read = await staff(house, "GET", f"/v1/grants/{grant}")
    assert (read["version"], read["sensitive"]) == (2, ["violence"])
    stale = await house.client.patch(
        f"/v1/grants/{grant}",
        json={"verbs": ["see"]},
        headers=house.north.dana.headers | {"If-Match": '"1"'},
    )
    assert stale.status_code == 412
    await staff(house, "DELETE", f"/v1/grants/{grant}")
    await ana.get("/visits", 404)
    over = await house.client.patch(
        f"/v1/grants/{grant}", json={"verbs": ["see"]}, headers=house.north.dana.headers
    )
    assert (over.status_code, over.json()["code"]) == (409, "grant-over")
    rides = put["grants"][1]["id"]
    ended = await staff(house, "POST", f"/v1/grants/{rides}/end")
    assert ended["until_at"] is not None
    assert await staff(house, "POST", f"/v1/grants/{rides}/end") == ended
    assert (await ana.get("/v1/family"))["items"] == []
    await mine.ask("PUT", f"/sharing/{whom}", 200, wanted)
    assert len((await ana.get("/v1/family"))["items"]) == 1
    await mine.ask("DELETE", "/sharing", 204)
    assert (await ana.get("/v1/family"))["items"] == []


async def test_who_does_what(house: Home) -> None:
    """A drive is claimed by one, handed to another, and stands on the card of today."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    ana, whom = await invited(house, rosa)
    mine = await patient_of(house, rosa)
    new = {"kind": "ride", "title": "Drive to the clinic", "visit_id": visit}
    drive = await ana.post("/tasks", new, 201, **{"Idempotency-Key": "one"})
    assert await ana.post("/tasks", new, 201, **{"Idempotency-Key": "one"}) == drive
    path = f"/tasks/{drive['id']}"
    claimed = await ana.post(f"{path}/claim")
    assert claimed["holder"] == {"id": whom, "given_name": "Ana", "me": True}
    assert (await mine.post(f"{path}/claim", None, 409))["code"] == "task-taken"
    assert (await mine.get("/today"))["driver"] == {"kind": "family", "name": "Ana", "me": False}
    assert {one["given_name"] for one in (await ana.get("/members"))["items"]} == {"Ana", "Rosa"}
    offered = await ana.post(f"{path}/hand-over", {"to": str(rosa)})
    assert (offered["status"], offered["offered_to"]["given_name"]) == ("open", "Rosa")
    assert (await ana.post(f"{path}/claim", None, 409))["code"] == "task-taken"
    assert (await mine.post(f"{path}/decline"))["offered_to"] is None
    await ana.post(f"{path}/claim")
    # Whoever leaves holds nothing.
    await ana.ask("DELETE", "", 204)
    (left,) = (await mine.get("/tasks"))["items"]
    assert (left["status"], left["holder"]) == ("open", None)
    assert (await mine.post(f"{path}/done"))["status"] == "done"
    goal = await mine.post("/tasks", {"kind": "goal", "title": "Walk to the park"}, 201)
    assert (await mine.post(f"/tasks/{goal['id']}/reopen"))["status"] == "open"
    await mine.post("/tasks", {"kind": "goal", "title": "\n"}, 422)
    await ana.get("/tasks", 404)


async def test_who_may_no_longer_act_holds_nothing(house: Home) -> None:
    """A drive whose right was taken back is free: on the card, in the list and to be taken."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    ana, whom = await invited(house, rosa)
    mine = await patient_of(house, rosa)
    new = {"kind": "ride", "title": "Drive to the clinic", "visit_id": visit}
    drive, lift = [await mine.post("/tasks", new, 201) for _ in range(2)]
    await ana.post(f"/tasks/{drive['id']}/claim")
    await mine.post(f"/tasks/{lift['id']}/hand-over", {"to": whom})
    assert (await mine.get("/today"))["driver"]["name"] == "Ana"
    await mine.ask("PUT", f"/sharing/{whom}", 200, {"may": [{"category": "visits"}]})
    assert (await mine.get("/today"))["driver"] is None
    for one in (await mine.get("/tasks"))["items"]:
        assert (one["status"], one["holder"], one["offered_to"]) == ("open", None, None)
    # Visits alone are no right to drive, and so none to give it back.
    assert (await ana.get("/tasks"))["items"] == []
    assert (await mine.post(f"/tasks/{drive['id']}/claim"))["holder"]["me"] is True
    done = await mine.post(f"/tasks/{drive['id']}/done")
    assert (done["status"], done["holder"]["me"]) == ("done", True)


async def test_what_is_hidden_pushes_nothing_out(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind is cut by itself, of what may be seen: newer hidden ones make nothing gone."""
    rosa = await house.patient()
    visit, path = await booked(house, rosa), f"/v1/patients/{rosa}/documents"
    may = [{"category": one} for one in ("rides", "check-ins", "documents")]
    ana, _ = await invited(house, rosa, may)
    mine = await patient_of(house, rosa)
    for most in ("RIDES", "DOCUMENTS", "ERRANDS", "CHECK_INS"):
        monkeypatch.setattr(record, f"MOST_{most}", 1)
    asked = {"patient_id": str(rosa), "appointment_id": visit, "direction": "both"}
    await staff(house, "POST", "/v1/rides", asked)
    plain = {"title": "Care plan", "about": "care-plan", "content": b64encode(PDF).decode()}
    await staff(house, "POST", path, plain)
    await mine.post("/tasks", {"kind": "ride", "title": "Drive"}, 201)
    first = await _check_in(house, rosa)
    synced = await ana.get("/v1/sync")
    kinds = sorted(one["kind"] for one in synced["changes"])
    assert kinds == ["check-in", "document", "person", "ride", "task"]
    house.clock.advance(timedelta(seconds=1))
    day = house.clock.now().date().isoformat()
    box = {"patient_id": str(rosa), "kind": "food-box", "day": day, "dropoff": "Elm"}
    await staff(house, "POST", "/v1/rides", box)
    await staff(house, "POST", path, plain | {"about": "other", "sensitive": "mental-health"})
    await mine.post("/tasks", {"kind": "goal", "title": "Walk"}, 201)
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute(
            "WITH s AS (INSERT INTO screening SELECT (jsonb_populate_record(o,"
            " jsonb_build_object('id', $2::uuid, 'instrument', 'mood'))).* FROM screening o"
            " WHERE id = $1 RETURNING id) INSERT INTO check_in SELECT (jsonb_populate_record(c,"
            " jsonb_build_object('id', $2::uuid, 'screening_id', $2::uuid,"
            " 'occurrence', c.occurrence + interval '1 day'))).*"
            " FROM check_in c WHERE c.screening_id = $1",
            UUID(first),
            fresh_id(house.clock),
        )
    later = await ana.get(f"/v1/sync?since={synced['next']}")
    assert (later["changes"], later["gone"]) == ([], [])


async def test_rides_and_needs_in_plain_words(house: Home) -> None:
    """What is wanted and who drives is read by who may; a risk found stays the person's own."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    ana, whom = await invited(house, rosa)
    mine = await patient_of(house, rosa)
    await house.screening(rosa)
    for answer in ("often", "never"):
        house.clock.advance(timedelta(minutes=1))
        await house.text_in(answer)
    (found,) = (await mine.get("/needs"))["items"]
    assert (found["domain"], found["status"]) == ("food-insecurity", "found")
    assert (await ana.get("/needs"))["items"] == []
    wants = {"act": "want", "reason": "Said so on the phone"}
    await staff(house, "POST", f"/v1/needs/{found['id']}/status", wants)
    (wanted,) = (await ana.get("/needs"))["items"]
    assert wanted == (await mine.get("/needs"))["items"][0]
    assert (wanted["id"], wanted["status"]) == (found["id"], "wanted")

    asked = {"patient_id": str(rosa), "appointment_id": visit, "direction": "both", "pickup": "Elm"}
    ride = (await staff(house, "POST", "/v1/rides", asked))["id"]
    pickup = (house.clock.now() + timedelta(days=2, hours=-1)).isoformat()
    arranged = {"status": "arranged", "pickup_at": pickup, "broker": "City Cab"}
    await staff(house, "POST", f"/v1/rides/{ride}/status", arranged)
    (seen,) = (await ana.get("/rides"))["items"]
    assert (seen["id"], seen["visit_id"], seen["status"]) == (ride, visit, "arranged")
    assert (seen["driver"], "pickup" in seen) == ("City Cab", False)
    card = await ana.get("/today")
    assert card["driver"] == {"kind": "arranged", "name": "City Cab", "me": False}
    assert [one["id"] for one in card["rides"]] == [ride]
    kinds = {one["kind"] for one in (await ana.get("/v1/sync"))["changes"]}
    assert {"ride", "need", "visit"} <= kinds
    # With nothing but visits, neither is there.
    visits = {"may": [{"category": "visits"}]}
    await mine.ask("PUT", f"/sharing/{whom}", 200, visits)
    assert (await ana.get("/rides", 404))["code"] == (await ana.get("/needs", 404))["code"]
    assert (await ana.get("/today"))["rides"] == []


async def test_a_check_in_answered_for_her(house: Home) -> None:
    """A caregiver's answer is stored as theirs; a second tap is no news."""
    rosa = await house.patient()
    ana, whom = await invited(house, rosa)
    assert (await ana.get("/check-in"))["check_in"] is None
    asked = await _check_in(house, rosa)
    waiting = (await ana.get("/check-in"))["check_in"]
    assert waiting["id"] == asked
    assert (await ana.get("/today"))["check_in"]["id"] == asked
    question = waiting["question"]
    option = question["options"][0]["key"]
    body = {"prompt": question["key"], "answer": {"type": "chosen", "option": option}}
    path = f"/check-ins/{asked}/answers"
    first = await ana.post(path, body, 200, **{"Idempotency-Key": "offline-1"})
    assert await ana.post(path, body, 200, **{"Idempotency-Key": "offline-1"}) == first
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT reporter, reporter_id FROM answer WHERE screening_id = $1", UUID(asked)
        )
    assert [(row["reporter"], str(row["reporter_id"])) for row in rows] == [("caregiver", whom)]
    await ana.post(f"/check-ins/{fresh_id(house.clock)}/answers", body, 404)


async def test_a_whole_check_in_is_known_ahead(house: Home) -> None:
    """Answered from the first look alone, without asking again: each counts once, in its order."""
    rosa = await house.patient()
    ana, _ = await invited(house, rosa)
    asked = await _check_in(house, rosa)
    waiting = (await ana.get("/check-in"))["check_in"]
    said: dict[str, str] = {}
    kept: list[tuple[str, Any]] = []
    for one in (waiting["question"], *waiting["ahead"]):
        after = one["only_after"]
        if after is not None and said.get(after["prompt"]) not in after["options"]:
            continue
        option = next(each["key"] for each in one["options"] if not each["stops"])
        said[one["key"]] = option
        answer = {"type": "chosen", "option": option}
        kept.append((f"key-{one['key']}", {"prompt": one["key"], "answer": answer}))
    assert len(kept) > 2
    path = f"/check-ins/{asked}/answers"
    for key, body in kept:
        heard = await ana.post(path, body, 200, **{"Idempotency-Key": key})
        assert (heard["stale"], heard["refused"]) == (False, False), body
        # It was lost on its way back, and is sent again.
        assert await ana.post(path, body, 200, **{"Idempotency-Key": key}) == heard
    assert (heard["status"], heard["check_in"]) == ("finished", None)
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT item, option FROM answer WHERE screening_id = $1 ORDER BY item", UUID(asked)
        )
    assert {row["item"]: row["option"] for row in rows} == said
    assert len(rows) == len(said)


async def test_a_sign_of_danger_that_comes_too_late_is_somebodys_work(house: Home) -> None:
    """Answered offline, after the question was over: it is no answer, and a person hears it."""
    rosa = await house.patient()
    ana, _ = await invited(house, rosa)
    asked = await _check_in(house, rosa)
    waiting = (await ana.get("/check-in"))["check_in"]
    put, option = next(
        (one["key"], each["key"])
        for one in (waiting["question"], *waiting["ahead"])
        for each in one["options"]
        if each["stops"]
    )
    body = {"prompt": put, "answer": {"type": "chosen", "option": option}}
    assert put != waiting["question"]["key"]
    heard = await ana.post(f"/check-ins/{asked}/answers", body, 200)
    assert (heard["status"], heard["help"]["emergency"]) == ("danger", "911")
    assert await _written_about(house, rosa) == ("check-in-red",)
    async with raw(house.databases.urls["admin"]) as admin:
        assert (
            await admin.fetchval("SELECT count(*) FROM answer WHERE screening_id = $1", UUID(asked))
            == 0
        )


async def test_a_crisis_changes_nothing_for_a_caregiver(house: Home) -> None:
    """T7: in a crisis of the person's own all is to her as it was; what she answers is kept."""
    rosa = await house.patient()
    ana, whom = await invited(house, rosa, [{"category": "check-ins", "verbs": ["see", "answer"]}])
    mine = await patient_of(house, rosa)
    asked = await _check_in(house, rosa)
    since = (await ana.get("/v1/sync"))["next"]
    paths = ("/check-in", "/today", "/tasks", "/v1/family", f"/v1/sync?since={since}")
    before = [await ana.get(path) for path in paths]
    own = await mine.get("/check-in")
    assert own["check_in"]["id"] == asked
    await house.text_in("my husband hits me")
    assert [await ana.get(path) for path in paths] == before
    # To herself it is another matter: somebody sees to her, and she is asked nothing.
    assert (await mine.get("/check-in"))["check_in"] is None
    waiting = before[0]["check_in"]
    said: dict[str, str] = {}
    sent = await _texts_about(house, rosa)
    for one in (waiting["question"], *waiting["ahead"]):
        after = one["only_after"]
        if after is not None and said.get(after["prompt"]) not in after["options"]:
            continue
        said[one["key"]] = next(each["key"] for each in one["options"] if not each["stops"])
        body = {"prompt": one["key"], "answer": {"type": "chosen", "option": said[one["key"]]}}
        heard = await ana.post(f"/check-ins/{asked}/answers", body)
        assert (heard["help"], heard["stale"], heard["refused"]) == (None, False, False)
        assert heard["status"] == ("finished" if heard["check_in"] is None else "asking")
    assert heard["status"] == "finished"
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT item, option, reporter_id FROM answer WHERE screening_id = $1", UUID(asked)
        )
    assert {(row["item"], row["option"], str(row["reporter_id"])) for row in rows} == {
        (item, option, whom) for item, option in said.items()
    }
    # And automation still holds its tongue with Rosa.
    assert await _texts_about(house, rosa) == sent


async def test_a_caregivers_page_is_as_ever_in_a_crisis(house: Home) -> None:
    """Who answers by a link of their own for somebody reads the question there, as before."""
    rosa = await house.patient()
    _, whom = await invited(house, rosa, [{"category": "check-ins", "verbs": ["see", "answer"]}])
    asked = ScreeningId(UUID(await _check_in(house, rosa, whom)))

    async def page(*by: OnPage) -> PageSeen | None:
        async with house.parts.database.work([house.north.id], house.north.id) as work:
            return await house.parts.turns.page_of(work, house.north.id, asked, *by)

    before = await page()
    assert before is not None
    assert before.status == "asking"
    await house.text_in("my husband hits me")
    assert await page() == before
    hers = await page(OnPage())
    assert hers is not None
    assert hers.status == "later"


async def _texts_about(house: Home, patient: object) -> list[str]:
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT m.text_key FROM message m JOIN thread t ON t.id = m.thread_id"
            " WHERE t.patient_id = $1 AND m.direction = 'out' AND m.status <> 'withdrawn'"
            " ORDER BY m.id",
            UUID(str(patient)),
        )
    return [str(row["text_key"]) for row in rows]


async def _check_in(house: Home, patient: object, answerer: str | None = None) -> str:
    plan = {"script": "chronic-care", "cadence": "FREQ=DAILY;BYHOUR=10", "answerer": answerer}
    made = CheckInPlanId(
        UUID((await staff(house, "POST", f"/v1/patients/{patient}/check-in-plans", plan))["id"])
    )
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute(
            "UPDATE check_in_plan SET next_at = $2 WHERE id = $1", made, house.clock.now()
        )
    await house.parts.turns.check_in_due(house.north.id, made)
    (asked,) = (await staff(house, "GET", f"/v1/patients/{patient}/check-ins"))["items"]
    return str(asked["screening_id"])


async def test_documents_that_are_shared(house: Home) -> None:
    """Sealed, as a file that nothing runs, by grant alone; who opened one is seen; taken back."""
    rosa = await house.patient()
    ana, whom = await invited(house, rosa, ALL)
    mine, path = await patient_of(house, rosa), f"/v1/patients/{rosa}/documents"
    plain = {"title": "Care plan", "about": "care-plan", "content": b64encode(PDF).decode()}
    quiet = plain | {"title": "Notes", "about": "other", "sensitive": "mental-health"}
    care, notes = [await staff(house, "POST", path, one) for one in (plain, quiet)]
    for wrong in ({"content": b64encode(b"<html>").decode()}, {"title": " "}):
        refused = await house.client.post(
            path, json=plain | wrong, headers=house.north.dana.headers
        )
        assert refused.status_code == 422, refused.text
    # Nothing was granted of documents: there are none.
    await ana.get("/documents", 404)
    await ana.get(f"/documents/{care['id']}/content", 404)
    grant = {"caregiver_id": whom, "category": "documents", "how": "verbal"}
    await staff(house, "POST", f"/v1/patients/{rosa}/grants", grant)
    (seen,) = (await ana.get("/documents"))["items"]
    assert (seen["title"], seen["format"], seen["bytes"]) == ("Care plan", "pdf", len(PDF))
    kinds = {one["kind"] for one in (await ana.get("/v1/sync"))["changes"]}
    assert "document" in kinds
    file = await ana.get(f"/documents/{care['id']}/content")
    assert file.content == PDF
    assert file.headers["content-disposition"] == 'attachment; filename="care-plan.pdf"'
    assert file.headers["content-security-policy"].startswith("sandbox")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in file.headers["cache-control"]
    await ana.get(f"/documents/{notes['id']}/content", 404)
    looks = (await mine.get("/v1/me/seen"))["items"]
    assert ("Ana", "document") in {(one["given_name"], one["what"]) for one in looks}
    # The person reads all of theirs, and the team what it shared; both files are sealed at rest.
    assert len((await mine.get("/documents"))["items"]) == 2
    assert len((await staff(house, "GET", path))["items"]) == 2
    theirs = await house.client.get(
        f"{path}/{notes['id']}/content", headers=house.north.dana.headers
    )
    assert (theirs.content, theirs.headers["content-type"]) == (PDF, "application/pdf")
    async with raw(house.databases.urls["admin"]) as admin:
        kept = await admin.fetch("SELECT content_sealed, title_sealed FROM family_document")
        assert not any(b"%PDF" in row[0] or b"Care" in row[1] for row in kept)
    await staff(house, "DELETE", f"{path}/{care['id']}")
    assert (await ana.get("/documents"))["items"] == []
    await ana.get(f"/documents/{care['id']}/content", 404)
    async with raw(house.databases.urls["admin"]) as admin:
        gone = "SELECT content_sealed FROM family_document WHERE id = $1"
        assert await admin.fetchval(gone, UUID(care["id"])) is None


async def test_messages_with_the_team(house: Home) -> None:
    """What she writes is work once, danger pages, and she reads nobody else's words."""
    rosa = await house.patient()
    ana, _ = await invited(house, rosa)
    await house.text_in("I need to talk to somebody in private")
    one = {"id": str(fresh_id(house.clock)), "body": "Can somebody call me about her walker?"}
    written = await ana.post("/messages", one, 201)
    assert (written["urgent"], written["message"]["from"]) == (False, "me")
    assert (await ana.post("/messages", one, 201))["message"] == written["message"]
    taken = await ana.post("/messages", one | {"body": "Something else"}, 409)
    assert taken["code"] == "id-taken"
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch("SELECT reason FROM flag WHERE message_id = $1", UUID(one["id"]))
    assert [row["reason"] for row in rows] == ["caregiver-wrote"]
    house.clock.advance(timedelta(seconds=1))
    danger = {"id": str(fresh_id(house.clock)), "body": "She says she wants to kill herself"}
    assert (await ana.post("/messages", danger, 201))["urgent"] is True
    queue = (await staff(house, "GET", "/v1/queue"))["items"]
    assert "crisis" in {item["severity"] for item in queue}
    said = (await ana.get("/messages"))["items"]
    assert [item["body"] for item in said] == [danger["body"], one["body"]]
    mine = await patient_of(house, rosa)
    assert [item["from"] for item in (await mine.get("/messages"))["items"]] == ["me"]


async def test_a_patient_invites(house: Home) -> None:
    """A patient invites by page, to exactly what they tick; too many texts are refused."""
    rosa = await house.patient()
    mine = await patient_of(house, rosa)
    body = house.invited | {"may": [{"category": "rides"}], "minutes": 10}
    made = await mine.post("/invitations", body, 201)
    house.clock.advance(timedelta(seconds=1))
    again = await mine.post("/invitations", body, 201)
    assert again["caregiver_id"] == made["caregiver_id"]
    (item,) = (await mine.get("/sharing"))["items"]
    assert {one["category"] for one in item["grants"]} == {"rides"}
    old, new = (re.search(r"#i=([\w-]+)", text) for text in (await texts(house, "code"))[-2:])
    assert old is not None
    assert new is not None
    await _refused(house, old[1])
    house.clock.advance(timedelta(minutes=11))
    await _refused(house, new[1])
    mine = await patient_of(house, rosa)
    await mine.post("/invitations", body, 201)
    await mine.post("/invitations", body, 429)
    assert CaregiverId(UUID(made["caregiver_id"])) is not None
    assert house.phone(1) not in str(await texts(house, "code"))


async def told_of_rides(house: Home, patient: object) -> list[str]:
    """Return the texts about somebody's rides: their words' ids and where they are."""
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT m.text_id, m.status FROM message m JOIN thread t ON t.id = m.thread_id"
            " WHERE t.patient_id = $1 AND m.text_key LIKE 'ride/%' ORDER BY m.text_id",
            UUID(str(patient)),
        )
    return [f"{row['text_id']} {row['status']}" for row in rows]


async def wishes(house: Home, patient: object) -> list[str]:
    """Return why wishes of theirs to invite somebody went to a person."""
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT rule FROM flag WHERE patient_id = $1 AND reason = 'wants-to-invite'"
            " ORDER BY rule",
            UUID(str(patient)),
        )
    return [row["rule"].removeprefix("invite/") for row in rows]


async def test_a_patient_invites_by_text(house: Home) -> None:
    """Behaviour 37: a text, a question, a yes: in with one tap, to see visits and nothing else."""
    rosa = await house.patient()
    visit, links = await booked(house, rosa), len(await texts(house, "code"))
    await house.text_in(f"Agregar a mi hija Ana Delgado al {house.phone(2)[2:]}")
    assert len(await texts(house, "code")) == links
    await house.text_in("si")
    (words,) = (await texts(house, "code"))[links:]
    assert "Rosa" in words
    secret = re.search(r"#i=([\w-]+)", words)
    assert secret is not None
    taken = await house.client.post("/v1/auth/invitation/accept", json={"secret": secret[1]})
    ana = Phone(house, taken.json()["access_token"], rosa)
    (seen,) = (await ana.get("/v1/family"))["items"]
    assert (seen["relationship"], seen["may"]) == (
        "hija",
        [{"category": "visits", "verbs": ["see"]}],
    )
    assert (await ana.get("/today"))["visit"]["id"] == visit
    await ana.get("/messages", 404)
    (grant,) = (await staff(house, "GET", f"/v1/patients/{rosa}/grants"))["items"]
    assert (grant["how"], grant["heard_by"]) == ("text", None)
    async with raw(house.databases.urls["admin"]) as admin:
        (said,) = await admin.fetch(
            "SELECT m.author, m.author_id FROM caregiver_grant g JOIN message m"
            " ON m.id = g.message_id WHERE g.id = $1",
            UUID(grant["id"]),
        )
    assert (said["author"], said["author_id"]) == ("patient", UUID(str(rosa)))
    # One text ends it, as any other.
    await house.text_in("dejar de compartir")
    await ana.get("/today", 404)


async def test_what_may_not_be_by_text_is_a_persons(house: Home) -> None:
    """Minors, unknown ages, unsafe, closed or patients' phones, too many a day: none is texted."""
    links = await texts(house, "code")
    rosa = await house.patient()
    ana = await staff(
        house, "POST", f"/v1/patients/{rosa}/caregivers", house.invited | {"phone": house.phone(3)}
    )
    unsafe = f"/v1/patients/{rosa}/caregivers/{ana['id']}/safety"
    await staff(house, "PUT", unsafe, {"unsafe": True})
    await house.text_in("STOP", house.phone(4))
    asked = ("my son", "my daughter", "my sister", "my dad")
    for whom, number in zip(asked, (1, 3, 4, 5), strict=True):
        await house.text_in(f"add {whom} {house.phone(number)[2:]}")
    refused = ["a-patients-phone", "not-safe", "not-texted"]
    assert await wishes(house, rosa) == refused
    # The question about her father stands. What was fine when it was asked may not be any more.
    await house.text_in("STOP", house.phone(5))
    await house.text_in("1")
    assert await wishes(house, rosa) == [*refused, "not-texted"]
    for _ in range(2):
        await house.text_in(f"add my mom {house.phone(6)[2:]}")
        await house.text_in("2")
    await house.text_in(f"add my mom {house.phone(6)[2:]}")
    assert await wishes(house, rosa) == [*refused, "not-texted", "too-many"]
    for number, born, why in ((7, "2010-06-01", "minor"), (8, None, "age-not-known")):
        young = await house.patient(
            external_id=f"Y{number}", phone=house.phone(number), birth_date=born
        )
        await house.text_in(f"add my aunt {house.phone(9)[2:]}", house.phone(number))
        assert await wishes(house, young) == [why]
    assert await texts(house, "code") == links


async def test_whose_phone_it_is_is_asked_again_at_the_yes(house: Home) -> None:
    """A phone that somebody else reads by now says no yes; one known already is a person's."""
    rosa, links = await house.patient(), await texts(house, "code")
    body = house.invited | {"phone": house.phone(3), "relationship": "son", "given_name": "Luis"}
    luis = (await staff(house, "POST", f"/v1/patients/{rosa}/caregivers", body))["id"]
    # Luis has it: a daughter would be he.
    await house.text_in(f"add my daughter {house.phone(3)[2:]}")
    assert await wishes(house, rosa) == ["known-phone"]
    # He is theirs no more, and his phone is not safe still.
    await staff(house, "PUT", f"/v1/patients/{rosa}/caregivers/{luis}/safety", {"unsafe": True})
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE caregiver_of SET until_at = now() - interval '99 years'")
    await house.text_in(f"add my friend {house.phone(3)[2:]}")
    assert await wishes(house, rosa) == ["known-phone", "not-safe"]
    await house.text_in(f"add my aunt {house.phone(4)[2:]}")
    here = body | {"phone": house.phone(1), "given_name": "Max"}
    await staff(house, "POST", f"/v1/patients/{rosa}/caregivers", here)
    await house.text_in("1")
    assert await wishes(house, rosa) == ["known-phone", "not-safe", "shared-phone"]
    assert (await staff(house, "GET", f"/v1/patients/{rosa}/grants"))["items"] == []
    assert await texts(house, "code") == links


async def test_a_wish_ends_with_its_record(house: Home) -> None:
    """No yes invites for a record that was given up meanwhile, and no wish our own phone."""
    rosa, links = await house.patient(), await texts(house, "code")
    await house.text_in(f"add my friend {house.north.number[2:]}")
    await house.text_in(f"add my daughter {house.phone(4)[2:]}")
    # Her record turns out to be a second one of somebody who writes from the same phone.
    twin = await house.patient(external_id="T1", phone=house.phone(1))
    merged = await house.client.post(
        f"/v1/patients/{rosa}/merge", json={"into": str(twin)}, headers=house.north.admin.headers
    )
    assert merged.status_code == 200, merged.text
    await house.text_in("1")
    # The question ended with the record; her yes is a text that a person reads.
    assert await wishes(house, rosa) == ["our-own-phone"]
    async with raw(house.databases.urls["admin"]) as admin:
        theirs = "SELECT reason FROM flag WHERE patient_id = $1"
        assert await admin.fetchval(theirs, UUID(str(twin))) == "outside-conversation"
    assert (await staff(house, "GET", f"/v1/patients/{twin}/grants"))["items"] == []
    assert await texts(house, "code") == links


async def test_one_practice_does_not_spend_the_hour_of_all(house: Home) -> None:
    """More questions in an hour than a practice may ask are a person's, whoever has them."""
    asks: PatientId | None = None
    for number in (5, 6, 7):
        asks = await house.patient(external_id=f"Q{number}", phone=house.phone(number))
        for n, whom in enumerate(("my mom", "my dad", "my aunt")):
            await house.text_in(f"add {whom} 928555{1000 + 10 * number + n}", house.phone(number))
            await house.text_in("2", house.phone(number))
    assert await wishes(house, asks) == ["too-many"]


async def test_taking_back_gives_nothing_back(house: Home) -> None:
    """What a birthday took away does not return when the rest is said again; nothing is proved."""
    teen = await house.patient(birth_date="2013-03-05")
    ana, whom = await invited(house, teen)
    mine = await patient_of(house, teen)
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute(
            "UPDATE caregiver_grant SET granted_at = '2023-01-01' WHERE patient_id = $1",
            UUID(str(teen)),
        )
        await admin.execute("UPDATE sign_in SET proved_at = proved_at - interval '1 hour'")
    (item,) = (await mine.get("/sharing"))["items"]
    left = [(one["category"], one["verbs"]) for one in item["grants"]]
    assert left == [("visits", ["see"]), ("rides", ["see", "act"])]
    kept = ("category", "verbs", "sensitive", "until_at")
    said = [{name: one[name] for name in kept} for one in item["grants"]]
    path = f"/sharing/{whom}"
    await mine.ask("PUT", path, 403, {"may": [*said, {"category": "documents"}]})
    again = await mine.ask("PUT", path, 200, {"may": said})
    assert [one["id"] for one in again["grants"]] == [one["id"] for one in item["grants"]]
    less = await mine.ask("PUT", path, 200, {"may": said[:1]})
    assert [(one["category"], one["how"]) for one in less["grants"]] == [("visits", "verbal")]
    (seen,) = (await ana.get("/v1/family"))["items"]
    assert seen["may"] == [{"category": "visits", "verbs": ["see"]}]


async def test_their_own_hand_is_nobody_elses(house: Home) -> None:
    """Staff make what a person allowed by page less, and write more down as what they heard."""
    rosa = await house.patient()
    _, whom = await invited(house, rosa, [])
    mine = await patient_of(house, rosa)
    may = [{"category": "visits", "verbs": ["see", "act"]}]
    (grant,) = (await mine.ask("PUT", f"/sharing/{whom}", 200, {"may": may}))["grants"]
    path, headers = f"/v1/grants/{grant['id']}", house.north.dana.headers
    for more in ({"sensitive": ["violence"]}, {"verbs": ["see", "answer", "act"]}):
        refused = await house.client.patch(path, json=more, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "their-own-hand")
    assert (await staff(house, "PATCH", path, {"verbs": ["see"]}))["verbs"] == ["see"]


async def test_an_invitation_opens_what_it_is_about(house: Home) -> None:
    """Who cares for somebody already comes in by a code; a phone's other name is somebody else."""
    luis = await house.patient(external_id="L", phone=house.phone(3), given_name="Luis")
    _, ana = await invited(house, luis)
    rosa = await house.patient()
    body = house.invited | {"may": [{"category": "visits"}], "how": "verbal", "evidence": "said"}
    path = f"/v1/patients/{rosa}/invitations"
    house.clock.advance(timedelta(minutes=2))
    assert (await staff(house, "POST", path, body))["caregiver_id"] == ana
    secret = re.search(r"#i=([\w-]+)", (await texts(house, "code"))[-1])
    assert secret is not None
    refused = await house.client.post("/v1/auth/invitation/accept", json={"secret": secret[1]})
    assert (refused.status_code, refused.json()["code"]) == (409, "sign-in-by-code")
    other = await house.client.post(
        path, json=body | {"given_name": "Bob"}, headers=house.north.dana.headers
    )
    assert (other.status_code, other.json()["code"]) == (409, "phone-of-another")
    (grant,) = (await staff(house, "GET", f"/v1/patients/{rosa}/grants"))["items"]
    assert (grant["caregiver_id"], grant["category"]) == (ana, "visits")


async def test_what_is_no_more_shared_leads_nowhere(house: Home) -> None:
    """With "stop sharing" end the links that wait, and the addresses of the calendar."""
    rosa = await house.patient()
    body = house.invited | {"may": ALL, "how": "verbal", "evidence": "said at the desk"}
    await staff(house, "POST", f"/v1/patients/{rosa}/invitations", body)
    secret = re.search(r"#i=([\w-]+)", (await texts(house, "code"))[-1])
    assert secret is not None
    calendar = await staff(house, "POST", f"/v1/patients/{rosa}/calendar")
    address = calendar["address"].removeprefix(PUBLIC_URL)
    assert (await house.client.get(address)).status_code == 200
    await house.text_in("stop sharing")
    await _refused(house, secret[1])
    assert (await house.client.get(address)).status_code == 404


async def test_a_crisis_keeps_no_copy_back(house: Home) -> None:
    """T7: a copy to a caregiver's own phone leaves as ever; her own words make it wait."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    await invited(house, rosa)
    asked = {"patient_id": str(rosa), "appointment_id": visit, "direction": "both"}
    ride = (await staff(house, "POST", "/v1/rides", asked))["id"]
    pickup = (house.clock.now() + timedelta(days=2, hours=-1)).isoformat()
    arranged = {"status": "arranged", "pickup_at": pickup, "broker": "City Cab"}
    await staff(house, "POST", f"/v1/rides/{ride}/status", arranged)

    by_day = house.clock.now() + timedelta(hours=4)

    async def asks() -> Answer:
        # As a reminder is: sent by nobody's click.
        text = replace(await _newest_copy(house, rosa), kind="visit-2d")
        async with house.parts.database.work([house.north.id], house.north.id) as work:
            return await ask(work, text, by_day, simulated=False)

    before = await asks()
    assert isinstance(before, May)
    await house.text_in("my husband hits me")
    assert await asks() == before
    await house.text_in("he hits her again", house.phone(2))
    waits = await asks()
    assert isinstance(waits, Wait)
    assert waits.reason == "human-talking"


async def may_leave(house: Home, patient: object) -> bool:
    """Say whether the newest text to a caregiver may go to the phone that it was queued to."""
    return (await _newest_copy(house, patient)).facts.has_phone


async def _newest_copy(house: Home, patient: object) -> Outgoing:
    async with raw(house.databases.urls["admin"]) as admin:
        newest = await admin.fetchval(
            "SELECT m.id FROM message m JOIN thread t ON t.id = m.thread_id WHERE t.patient_id = $1"
            " AND m.text_id LIKE '%.caregiver' ORDER BY m.id DESC LIMIT 1",
            UUID(str(patient)),
        )
    async with house.parts.database.work([house.north.id], house.north.id) as work:
        text = await outgoing(work, house.north.keys, MessageId(newest))
    assert text is not None
    return text


async def test_a_phone_that_is_not_safe_is_sent_nothing(house: Home) -> None:
    """T7: no ride, link or check-in to whoever reads it; visits alone say no word of rides."""
    rosa = await house.patient()
    visit = await booked(house, rosa)
    _, ana = await invited(house, rosa, [{"category": "visits"}])
    ben = await staff(
        house,
        "POST",
        f"/v1/patients/{rosa}/caregivers",
        house.invited | {"given_name": "Ben", "relationship": "son", "language": "es"},
    )
    asked = {"patient_id": str(rosa), "appointment_id": visit, "direction": "both"}
    ride = (await staff(house, "POST", "/v1/rides", asked))["id"]
    pickup = (house.clock.now() + timedelta(days=2, hours=-1)).isoformat()
    arranged = {"status": "arranged", "pickup_at": pickup, "broker": "City Cab"}
    await staff(house, "POST", f"/v1/rides/{ride}/status", arranged)
    assert await told_of_rides(house, rosa) == ["pick-up.arranged queued"]
    allowed = {"caregiver_id": ben["id"], "category": "rides", "how": "verbal"}
    await staff(house, "POST", f"/v1/patients/{rosa}/grants", allowed)
    later = (house.clock.now() + timedelta(days=2, hours=-2)).isoformat()
    await staff(house, "POST", f"/v1/rides/{ride}/status", arranged | {"pickup_at": later})
    assert "pick-up.arranged.caregiver queued" in await told_of_rides(house, rosa)

    assert await may_leave(house, rosa)

    # Ana is named, and Ben reads the same phone: what had not left for him does not leave.
    path = f"/v1/patients/{rosa}/caregivers/{ana}/safety"
    await staff(house, "PUT", path, {"unsafe": True})
    assert not await may_leave(house, rosa)
    assert "pick-up.arranged.caregiver withdrawn" in await told_of_rides(house, rosa)
    plan = {
        "script": "post-discharge",
        "cadence": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0;COUNT=3",
        "anchor": "enrolment",
        "answerer": ben["id"],
    }
    by = house.north.dana.headers
    begun = await house.client.post(f"/v1/patients/{rosa}/check-in-plans", json=plan, headers=by)
    assert (begun.status_code, begun.json()["code"]) == (422, "not-their-helper")
    # Staff are told why no link leaves; the page, which somebody else may hold, is not.
    links = await texts(house, "code")
    again = house.invited | {"may": [{"category": "rides"}]}
    refused = await house.client.post(
        f"/v1/patients/{rosa}/invitations", json=again | {"how": "verbal"}, headers=by
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "unsafe-phone")
    mine = await patient_of(house, rosa)
    await mine.post("/invitations", again, 201)
    assert await texts(house, "code") == links


async def test_how_a_caregiver_is(house: Home) -> None:
    """Her answers are hers alone; the team hears what she says to it, once, and danger is heard."""
    rosa = await house.patient()
    ana, _ = await invited(house, rosa, [{"category": "visits"}])
    mine = await patient_of(house, rosa)
    path = "/v1/family/me/strain"
    asked = await ana.get(path)
    questions = {one["key"]: one["options"] for one in asked["check"]["questions"]}
    assert (len(questions), asked["items"]) == (3, [])
    assert asked["check"]["review"].startswith("not validated")
    assert [one["key"] for one in questions["strain.holding-up"]] == ["fine", "hard", "help"]
    spanish = (await ana.get(f"{path}?language=es"))["check"]
    assert (asked["check"]["language"], spanish["language"]) == ("en", "es")
    assert spanish["questions"][0]["text"] != asked["check"]["questions"][0]["text"]
    for method, body in (("GET", None), ("DELETE", None), ("POST", {"answers": {"x": "y"}})):
        await mine.ask(method, path, 404, body)

    before = await _written_about(house, rosa)
    said = {"answers": {"strain.holding-up": "help", "strain.rest": "hardly"}}
    one = {"id": str(fresh_id(house.clock))} | said
    kept = await ana.post(path, one, 201)
    assert (kept["could_use_help"], kept["urgent"], kept["item"]["told"]) == (True, False, False)
    assert kept["help"] == {"emergency": "911", "crisis": "988"}
    assert (await ana.post(path, one, 201))["item"] == kept["item"]
    other = {"answers": {"strain.rest": "mostly"}}
    assert (await ana.post(path, one | other, 409))["code"] == "id-taken"
    # Nobody was told, and nothing about Rosa was written, not even that it was said.
    assert await _written_about(house, rosa) == before

    telling = {"tell_the_team": True, "patient_id": str(rosa)}
    for wrong in (
        {"answers": {"strain.rest": "help"}},
        {"answers": {"strain.sleep": "hardly"}},
        said | {"words": "I am so tired"},
        said | telling,
        said | telling | {"words": " \n"},
        said | telling | {"words": "Call me", "patient_id": str(fresh_id(house.clock))},
    ):
        await ana.post(path, wrong, 422)
    assert await _written_about(house, rosa) == before
    told = said | telling | {"words": "Could somebody call me about a break?"}
    house.clock.advance(timedelta(seconds=1))
    answer = await ana.post(path, told, 201, **{"Idempotency-Key": "strain"})
    assert await ana.post(path, told, 201, **{"Idempotency-Key": "strain"}) == answer
    assert (answer["urgent"], answer["item"]["told"]) == (False, True)
    assert await _written_about(house, rosa) == (*before, "caregiver-wrote")
    house.clock.advance(timedelta(seconds=1))
    grave = told | {"words": "I can't do this any more, I want to kill myself"}
    assert (await ana.post(path, grave, 201))["urgent"] is True
    assert [one["told"] for one in (await ana.get(path))["items"]] == [True, True, False]
    # She may read nothing but visits of Rosa, and Rosa nothing of what Ana said.
    assert (await mine.get("/messages"))["items"] == []
    await ana.ask("DELETE", path, 204)
    assert (await ana.get(path))["items"] == []


async def _written_about(house: Home, patient: object) -> tuple[str, ...]:
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT reason FROM flag WHERE patient_id = $1 ORDER BY at", UUID(str(patient))
        )
    return tuple(row["reason"] for row in rows)


async def test_the_birthday_is_the_practices_own(house: Home) -> None:
    """An administrator says from which birthday on caregivers see less; the next request heeds."""
    teenager = await house.patient(birth_date="2010-06-05")
    ana, _ = await invited(house, teenager)
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute(
            "UPDATE caregiver_grant SET granted_at = '2025-01-01' WHERE patient_id = $1", teenager
        )

    async def seen() -> list[str]:
        (known,) = (await ana.get("/v1/family"))["items"]
        return [one["category"] for one in known["may"]]

    path, ada = f"/v1/practices/{house.north.id}/family-rule", house.north.admin.headers
    shipped = await house.client.get(path, headers=ada)
    assert (shipped.json()["narrows_at"], shipped.headers["etag"]) == (12, '"0"')
    # They were fourteen when they said it: their own word.
    assert len(await seen()) == len(ALL)
    for status in (200, 412):
        put = await house.client.put(
            path, json={"narrows_at": 16}, headers=ada | {"If-Match": '"0"'}
        )
        assert put.status_code == status
    assert await seen() == ["visits", "rides"]
    for wrong in (11, 19):
        refused = await house.client.put(path, json={"narrows_at": wrong}, headers=ada)
        assert refused.status_code == 400
    danas = await house.client.put(path, json={"narrows_at": 12}, headers=house.north.dana.headers)
    assert danas.status_code == 403
    house.clock.advance(timedelta(seconds=1))
    again = await house.client.put(path, json={"narrows_at": 12}, headers=ada)
    assert (again.json()["version"], again.headers["etag"]) == (2, '"2"')
    assert len(await seen()) == len(ALL)
    changes = await house.client.get(f"/v1/practices/{house.north.id}/changes", headers=ada)
    newest = changes.json()["items"][0]
    before, after = ({"narrows_at": age, "invites_by_text": True} for age in (16, 12))
    assert (newest["before"], newest["after"]) == (before, after)
    # A practice that wants no invitations by text says so once.
    for invites, why in ((False, ["off"]), (True, [])):
        body = {"narrows_at": 12, "invites_by_text": invites}
        put = await house.client.put(path, json=body, headers=ada)
        assert put.json()["invites_by_text"] is invites
        other = await house.patient(external_id=f"O{invites}", phone=house.phone(4 + invites))
        await house.text_in(f"add my dad {house.phone(6)[2:]}", house.phone(4 + invites))
        assert await wishes(house, other) == why


async def _refused(house: Home, secret: str) -> None:
    answer: httpx.Response = await house.client.post(
        "/v1/auth/invitation/accept", json={"secret": secret}
    )
    assert answer.status_code == 401
