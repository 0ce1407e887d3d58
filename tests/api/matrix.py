"""What the authorization matrix stands on: whom there is, what there is, and a body for each door.

Two practices are furnished with one record of every kind, the first one twice: once for a patient
of Dana's, once for a patient of Sam's. Bodies are drawn from the description, so that a new
operation needs a line only where its form says less than it means.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from engage.clock import fresh_id
from engage.ids import PhoneId, PracticeId, StaffId
from engage.needs.hsds import read, shipped_terms
from engage.needs.hsds_tables import tables_of_csv
from engage.needs.listing.store import write
from engage.people import bootstrap
from engage.people.sharing.grant import (
    CATEGORIES,
    NOTHING,
    THEMSELVES,
    VERBS,
    Category,
    Scope,
    Verb,
)
from engage.people.signing.keeping import Keeping
from engage.people.signing.principal import FamilyKind, Person
from engage.people.staff import NewStaff, Role
from tests.api.conftest import PUBLIC_URL, House, Member, Office
from tests.api.test_needs import PACKAGE
from tests.fakes.browsers import FakeBrowser
from tests.fakes.practice import raw

Json = dict[str, Any]
Ids = dict[str, str]

DOCUMENT = b64encode(b"%PDF-1.7\n%%EOF\n").decode()

KINDS: Mapping[str, str] = {
    "action_id": "action",
    "appointment_id": "appointment",
    "candidate_id": "candidate",
    "caregiver_id": "caregiver",
    "check_in_id": "check_in",
    "cover_id": "cover",
    "document_id": "document",
    "duty_id": "duty",
    "grant_id": "grant",
    "item_id": "item",
    "message_id": "message",
    "need_id": "need",
    "opening_id": "opening",
    "organization_id": "organization",
    "passkey_id": "passkey",
    "patient_id": "patient",
    "place_id": "place",
    "plan_id": "plan",
    "practice_id": "practice",
    "referral_id": "referral",
    "reply_id": "reply",
    "ride_id": "ride",
    "schedule_id": "schedule",
    "screening_id": "screening",
    "sign_in_id": "sign_in",
    "slot_id": "slot",
    "staff_id": "staff",
    "subscription_id": "subscription",
    "task_id": "task",
    "thread_id": "thread",
    "visit_id": "appointment",
    "waiting_id": "waiting",
}
"""Of what kind the record is that a parameter names."""

CLOSED = ("Zenobia", "Quillfeather")
"""Whose record is restricted; what is written of her has her name in it, and nothing else has."""

OF_A_PATIENT = frozenset(
    {
        *("action", "appointment", "candidate", "caregiver", "check_in", "document", "grant"),
        "item",
        *("message", "need", "patient", "plan", "referral", "ride", "screening", "task"),
        *("thread", "waiting"),
    }
)
"""Kinds of records that are somebody's: closed with their record."""

OF_NOBODY = frozenset(
    {
        *("cover", "duty", "opening", "organization", "passkey", "place", "practice", "reply"),
        *("schedule", "sign_in", "slot", "staff", "subscription"),
    }
)
"""Kinds of records that say nothing of a patient."""


@dataclass(frozen=True)
class Principal:
    """Somebody who asks: what they send along, and which role they hold where."""

    name: str
    headers: Mapping[str, str]
    roles: Mapping[PracticeId, Role] = field(default_factory=dict)
    #: Of a caregiver or a patient: what they may see and do of the patient of `own`.
    scope: Scope | None = None
    #: One of several who differ in what families may, and in nothing else.
    narrow: bool = False
    #: Works nowhere any more.
    left: bool = False
    #: Of staff: their id.
    id: str = ""
    #: Of another sign-in of theirs, which may be ended.
    spare: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """Everybody, and a record of each kind by where it stands."""

    principals: tuple[Principal, ...]
    north: PracticeId
    south: PracticeId
    #: Of Dana's patient, of Sam's patient, of a merged one, and of the other practice.
    own: Ids
    colleagues: Ids
    merged: Ids
    foreign: Ids
    #: Of Sam's patient, whose record is restricted.
    closed: Ids


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Furnisher:
    """Makes the world through the API."""

    def __init__(self, house: House) -> None:
        """Take the house."""
        self._house = house
        self._phones = 0

    async def world(self) -> World:
        """Make everybody and everything."""
        house, north, south = self._house, self._house.north, self._house.south
        own = await self._furnish(north, north.dana)
        colleagues = await self._furnish(north, north.sam)
        foreign = await self._furnish(south, south.dana)
        closed = await self._furnish(north, north.sam, CLOSED)
        await self._closed(closed)
        for there in (own, colleagues, foreign, closed):
            # What only families or a browser can make, and what nobody has asked yet.
            kinds = ("task", "check_in", "passkey", "opening")
            there |= {kind: made_up(house.clock) for kind in kinds}
        merged = await self._patient(north, north.dana)
        await self._made(f"/patients/{merged}/merge", north.admin, {"into": own["patient"]}, (200,))
        sue = await self._hired(north, "sue", {north: "supervisor"})
        tom = await self._hired(north, "tom", {north: "care_manager", south: "practice_admin"})
        lee = await self._hired(north, "lee", {north: "care_manager"})
        async with raw(house.databases.urls["admin"]) as admin:
            await admin.execute(
                "UPDATE membership SET until_at = from_at WHERE staff_id = $1", lee.id
            )
        roles: dict[str, tuple[Member, Mapping[PracticeId, Role]]] = {
            "care manager, assigned": (north.dana, {north.id: "care_manager"}),
            "care manager, colleague": (north.sam, {north.id: "care_manager"}),
            "supervisor": (sue, {north.id: "supervisor"}),
            "practice admin": (north.admin, {north.id: "practice_admin"}),
            "care manager here, admin elsewhere": (
                tom,
                {north.id: "care_manager", south.id: "practice_admin"},
            ),
            "care manager elsewhere": (south.dana, {south.id: "care_manager"}),
            "practice admin elsewhere": (south.admin, {south.id: "practice_admin"}),
        }
        staff = [
            Principal(name, who.headers, held, id=str(who.id), spare=await self._signed_in(who.id))
            for name, (who, held) in roles.items()
        ]
        families = [one async for one in self._families(own["patient"])]
        task = await house.client.post(
            f"/v1/family/{own['patient']}/tasks",
            json={"kind": "ride", "title": "Drive"},
            headers=families[0].headers,
        )
        assert task.status_code == 201, task.text
        own["task"] = task.json()["id"]
        return World(
            principals=(
                Principal("nobody", {}),
                Principal("the carrier", {"X-Twilio-Signature": "c2lnbmVk"}),
                *families,
                Principal("left", lee.headers, left=True),
                *staff,
            ),
            north=north.id,
            south=south.id,
            own=own,
            colleagues=colleagues,
            merged={"patient": merged},
            foreign=foreign,
            closed=closed,
        )

    async def _hired(self, office: Office, name: str, roles: Mapping[Office, Role]) -> Member:
        parts = self._house.parts
        email = f"{name}@north.example.org"
        for one, role in roles.items():
            person = await bootstrap.create_staff(
                parts.database,
                parts.vault,
                parts.clock,
                practice=one.id,
                staff=NewStaff.named(email, f"{name.title()} Whitfield"),
                role=role,
            )
        token = await bootstrap.token(parts.database, parts.vault, parts.clock, email)
        assert office in roles
        return Member(person, token)

    async def _families(self, patient: str) -> AsyncIterator[Principal]:
        house = self._house
        people: list[tuple[str, FamilyKind, str, Scope]] = [
            ("patient", "patient", patient, THEMSELVES)
        ]
        for category in CATEGORIES:
            for verbs in (VERBS[:1], VERBS):
                caregiver = await self._caregiver(patient)
                body = {
                    "caregiver_id": caregiver,
                    "category": category,
                    "how": "verbal",
                    "verbs": list(verbs),
                }
                await self._made(f"/patients/{patient}/grants", house.north.dana, body)
                rights = frozenset[tuple[Category, Verb]]((category, verb) for verb in verbs)
                name = f"caregiver who may {verbs[-1]} {category}"
                people.append((name, "caregiver", caregiver, Scope(rights)))
        caregiver = await self._caregiver(patient)
        people.append(("caregiver", "caregiver", caregiver, NOTHING))
        keeping = Keeping(house.parts.database, house.parts.vault.master, house.clock, PUBLIC_URL)
        for name, kind, who, scope in people:
            async with raw(house.databases.urls["admin"]) as admin:
                phone = await admin.fetchval(
                    "SELECT phone_id FROM phone_use WHERE $1 IN (patient_id, caregiver_id)",
                    UUID(who),
                )
            person = Person(
                practice_id=house.north.id,
                phone_id=PhoneId(phone),
                kind=kind,
                id=UUID(who),
                given_name="",
                language="en",
                closed=False,
            )
            async with house.parts.database.work() as work:
                tokens, spare = [await keeping.begin_family(work, person) for _ in range(2)]
            yield Principal(
                name,
                _bearer(tokens.access),
                scope=scope,
                narrow=" see " in name,
                spare=_bearer(spare.access),
            )

    async def _signed_in(self, who: StaffId) -> Mapping[str, str]:
        house = self._house
        keeping = Keeping(house.parts.database, house.parts.vault.master, house.clock, PUBLIC_URL)
        async with house.parts.database.work() as work:
            return _bearer((await keeping.begin_staff(work, who, "password-totp")).access)

    def _phone(self) -> str:
        self._phones += 1
        return f"+1602555{1000 + self._phones}"

    async def _closed(self, there: Ids) -> None:
        """Let a record be restricted; its caregiver and its ride have names of their own too."""
        answer = await self._house.client.put(
            f"/v1/patients/{there['patient']}/restriction",
            json={"reason": "public-person"},
            headers=self._house.north.admin.headers,
        )
        assert answer.status_code == 200, answer.text

    async def _patient(
        self, office: Office, by: Member, name: tuple[str, str] = ("Rosa", "Delgado")
    ) -> str:
        return await self._id(
            "/patients",
            by,
            {
                "external_id": f"M-{self._phones}",
                "given_name": name[0],
                "family_name": name[1],
                "language": "en",
                "time_zone": "America/Phoenix",
                "phone": self._phone(),
                "care_manager_id": str(by.id),
                "practice_id": str(office.id),
            },
        )

    async def _caregiver(self, patient: str) -> str:
        body = {
            "given_name": "Ana",
            "family_name": "Delgado",
            "language": "es",
            "relationship": "daughter",
            "phone": self._phone(),
        }
        return await self._id(f"/patients/{patient}/caregivers", self._house.north.dana, body)

    async def _furnish(  # noqa: PLR0915 - one of each
        self, office: Office, by: Member, name: tuple[str, str] = ("Rosa", "Delgado")
    ) -> Ids:
        house, clock, boss = self._house, self._house.clock, office.admin
        found = {"practice": str(office.id), "staff": str(by.id)}
        patient = found["patient"] = await self._patient(office, by, name)
        phone = f"+1602555{1000 + self._phones}"
        asked = {"instrument": "hunger-vital-sign", "channel": "sms"}
        found["screening"] = await self._id(f"/patients/{patient}/screenings", by, asked)
        for words in ("often", "never"):
            clock.advance(timedelta(seconds=1))
            taken = await house.client.post(
                "/simulator/inbound", json={"from": phone, "to": office.number, "body": words}
            )
            assert taken.status_code == 202, taken.text
        (row,) = (await self._get(f"/queue?patient={patient}", by))["items"]
        item = found["item"] = row["id"]
        detail = await self._get(f"/queue/{item}", by)
        found["thread"], message = detail["thread_id"], detail["flags"][0]["message_id"]
        found["message"] = message
        label = {"message_id": message, "labels": ["utilities"], "urgency": "routine"}
        found["candidate"] = await self._id(f"/queue/{item}/relabel", by, label, (200,))
        written = await self._made(
            f"/threads/{found['thread']}/messages", by, {"body": f"I will call, {name[0]}."}
        )
        found["action"] = written["undo"]["id"]
        (need,) = (await self._get(f"/patients/{patient}/needs", by))["items"]
        found["need"] = need["id"]
        wants = {"act": "want", "reason": "said so"}
        await self._made(f"/needs/{need['id']}/status", by, wants, (200,))
        helper = await self._directory(office, by)
        found["organization"] = await self._id(
            f"/practices/{office.id}/organizations", boss, {"name": f"Church {self._phones}"}
        )
        referral = {
            "organization_id": helper["organization"]["id"],
            "service_id": helper["service"]["id"],
            "asked": f"A box, {name[1]}",
            "consent": {"how": "verbal", "phone": True},
        }
        made = await self._made(f"/needs/{need['id']}/referrals", by, referral)
        found["referral"] = made["referral"]["id"]
        plan = {"script": "chronic-care", "cadence": "FREQ=DAILY;BYHOUR=10"}
        found["plan"] = await self._id(f"/patients/{patient}/check-in-plans", by, plan)
        place = {"name": f"Place {self._phones}", "address": "1 Main St", "zone": "America/Phoenix"}
        found["place"] = await self._id("/places", by, place)
        schedule = {"place_id": found["place"], "name": "Dr. Lee"}
        found["schedule"] = await self._id("/schedules", by, schedule)
        times = {"from_day": "2027-03-01", "times": ["09:00", "10:00"], "minutes": 30}
        slots = await self._made(f"/schedules/{found['schedule']}/slots", by, times)
        found["slot"] = slots["items"][0]["id"]
        starts = clock.now() + timedelta(days=9)
        visit = {
            "patient_id": patient,
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
        }
        found["appointment"] = await self._id("/appointments", by, visit)
        ride = {
            "patient_id": patient,
            "appointment_id": found["appointment"],
            "direction": "both",
            "pickup": f"12 {name[1]} St",
        }
        found["ride"] = await self._id("/rides", by, ride)
        waits = {
            "patient_id": patient,
            "schedule_id": found["schedule"],
            "from_day": "2027-03-01",
            "until_day": "2027-03-05",
        }
        found["waiting"] = await self._id("/waiting", by, waits)
        reply = {"title": "Hello", "bodies": {"en": "Hi."}, "practice_id": str(office.id)}
        found["reply"] = await self._id("/canned-replies", boss, reply)
        leave = {
            "absent_id": str(by.id),
            "cover_id": str(boss.id),
            "from_at": (clock.now() + timedelta(days=40 + self._phones)).isoformat(),
            "until_at": (clock.now() + timedelta(days=40.5 + self._phones)).isoformat(),
        }
        found["cover"] = await self._id("/covers", boss, leave)
        caregiver = {
            "given_name": "Ana",
            "family_name": "Delgado",
            "language": "es",
            "relationship": "daughter",
            "phone": self._phone(),
        }
        who = await self._id(f"/patients/{patient}/caregivers", by, caregiver)
        found["caregiver"] = who
        grant = {"caregiver_id": who, "category": "visits", "how": "verbal"}
        found["grant"] = await self._id(f"/patients/{patient}/grants", by, grant)
        document = {"title": "Care plan", "about": "care-plan", "content": DOCUMENT}
        found["document"] = await self._id(f"/patients/{patient}/documents", by, document)
        on_call = {
            "staff_id": str(by.id),
            "from_at": (clock.now() + timedelta(days=self._phones)).isoformat(),
            "until_at": (clock.now() + timedelta(days=0.5 + self._phones)).isoformat(),
        }
        found["duty"] = await self._id(f"/practices/{office.id}/on-call", boss, on_call)
        browser = FakeBrowser(f"https://fcm.googleapis.com/{patient}").body
        found["subscription"] = await self._id("/push-subscriptions", by, browser)
        keeping = Keeping(house.parts.database, house.parts.vault.master, clock, PUBLIC_URL)
        async with house.parts.database.work() as work:
            found["sign_in"] = str(
                (await keeping.begin_staff(work, by.id, "password-totp")).sign_in
            )
        return found

    async def _directory(self, office: Office, by: Member) -> Json:
        house = self._house
        files = {name: text.encode() for name, text in PACKAGE.items()}
        async with house.parts.database.work([office.id], office.id) as work:
            await write(
                work,
                office.id,
                "directory",
                read(tables_of_csv(files), shipped_terms()),
                house.clock.now(),
            )
        found: Json = (await self._get("/organizations?need=food-insecurity", by))["items"][0]
        return found

    async def _get(self, path: str, by: Member) -> Json:
        answer = await self._house.client.get(f"/v1{path}", headers=by.headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        found: Json = answer.json()
        return found

    async def _made(
        self, path: str, by: Member, body: Json, good: tuple[int, ...] = (200, 201)
    ) -> Json:
        answer = await self._house.client.post(f"/v1{path}", json=body, headers=by.headers)
        assert answer.status_code in good, f"{path}: {answer.text}"
        found: Json = answer.json()
        return found

    async def _id(
        self, path: str, by: Member, body: Json, good: tuple[int, ...] = (200, 201)
    ) -> str:
        return str((await self._made(path, by, body, good))["id"])


# Bodies


def drawn(schema: Json, schemas: Json) -> Any:  # noqa: ANN401 - any JSON
    """Return the least that a schema allows."""
    if "$ref" in schema:
        return drawn(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            kinds = [one for one in schema[choice] if one.get("type") != "null"]
            return drawn(kinds[0], schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next(one for one in schema["enum"] if one is not None)
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: drawn(fields[name], schemas) for name in schema.get("required", ())}
        case "array":
            return [drawn(schema["items"], schemas)] * schema.get("minItems", 0)
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
        case _:
            return _text(schema)


def _text(schema: Json) -> str:
    match schema.get("format"):
        case "uuid":
            return "01a20e80-0280-7000-8000-000000000001"
        case "date":
            return "2027-03-01"
        case "date-time":
            return "2027-03-01T10:00:00Z"
        case _:
            return "a" * max(1, schema.get("minLength", 1))


# Requests


@dataclass(frozen=True)
class Said:
    """What the app answered."""

    status: int
    body: bytes

    @property
    def code(self) -> str:
        """The code of a problem."""
        return str(msgspec.json.decode(self.body).get("code", "")) if self.body[:1] == b"{" else ""


async def asked(
    app: Any,  # noqa: ANN401 - any ASGI app
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Said:
    """Send one request through the app, with nothing between: seven thousand of them are cheap."""
    said = [(b"host", b"127.0.0.1:8000")]
    said += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    if body:
        said.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query).encode(),
        "root_path": "",
        "headers": said,
        "client": ("127.0.0.1", 4000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    status, parts = 0, list[bytes]()
    waiting = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return Said(status, b"".join(parts))


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield every operation with its path and method: reading first, what ends things last."""
    found = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    last = (
        *("putRestriction", "deleteRestriction", "breakGlass"),
        *("leaveFamily", "stopSharing", "signOut", "logOut"),
    )
    yield from sorted(
        found, key=lambda one: (_at(last, one[2]["operationId"]), one[1] != "get", one[0])
    )


def _at(last: tuple[str, ...], name: str) -> int:
    return last.index(name) if name in last else -1


def made_up(clock: Any) -> str:  # noqa: ANN401 - a clock
    """Return an id that nothing has."""
    return str(fresh_id(clock))
