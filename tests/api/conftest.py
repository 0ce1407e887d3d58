"""The app on real PostgreSQL: two practices, their staff with tokens, a simulated carrier."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from engage.api.app import create_app, hand_over
from engage.api.parts import Parts
from engage.clock import SettableClock
from engage.db.sealing import PracticeKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.feed import Feed
from engage.ids import PatientId, PracticeId, QueueItemId, ScreeningId, StaffId
from engage.messaging.doors import Door, Doors
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.outbox import Outbox
from engage.messaging.simulator import SimulatorCarrier
from engage.people import bootstrap
from engage.people.phone import PhoneNumber
from engage.people.practice import PracticeFields
from engage.people.staff import NewStaff
from engage.settings import Settings
from engage.turns.canary import Canaries
from engage.turns.take import Turns
from tests.conftest import Databases
from tests.fakes.practice import LIBRARY, let_texts_leave

PUBLIC_URL = "http://127.0.0.1:8000"
NUMBERS = {"north": "+16025550190", "south": "+16025550191"}
ROSAS_PHONE = "+16025550142"
APPS: list[Litestar] = []
"""Built, and served with by no house now: to build one takes longer than most tests."""
VAPID = "A" * 41 + "AE"
"""A private key that nobody but these tests may use: the number one."""


class SilentBell:
    """Rings for nobody."""

    def ring(self, loop: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Member:
    """Somebody who works in a practice, with a token."""

    id: StaffId
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What they send along."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Office:
    """A practice: its number, its door, its people."""

    id: PracticeId
    keys: PracticeKeys
    number: str
    door: Door
    admin: Member
    dana: Member
    sam: Member


@dataclass(frozen=True)
class House:
    """Everything that a test of the API stands on."""

    app: Litestar
    client: httpx.AsyncClient
    parts: Parts
    databases: Databases
    clock: SettableClock
    north: Office
    south: Office

    async def patient(
        self, office: Office | None = None, external_id: str = "A-1", **fields: object
    ) -> PatientId:
        """Create Rosa through the API and return her id."""
        body = {
            "external_id": external_id,
            "given_name": "Rosa",
            "family_name": "Delgado",
            "language": "en",
            "birth_date": "1958-04-17",
            "time_zone": "America/Phoenix",
            "phone": ROSAS_PHONE,
        } | fields
        made = await self.client.post(
            "/v1/patients", json=body, headers=(office or self.north).dana.headers
        )
        assert made.status_code == 201, made.text
        return PatientId(made.json()["id"])

    async def screening(self, patient: PatientId, channel: str = "sms") -> ScreeningId:
        """Start a screening through the API and return its id."""
        made = await self.client.post(
            f"/v1/patients/{patient}/screenings",
            json={"instrument": "hunger-vital-sign", "channel": channel},
            headers=self.north.dana.headers,
        )
        assert made.status_code == 201, made.text
        return ScreeningId(made.json()["id"])

    async def item(self, body: str = "often") -> QueueItemId:
        """Let Rosa answer a screening so that a piece of work appears; return its id."""
        patient = await self.patient()
        await self.screening(patient)
        await self.text_in(body)
        queue = await self.client.get("/v1/queue", headers=self.north.dana.headers)
        return QueueItemId(queue.json()["items"][0]["id"])

    async def text_in(self, body: str, sender: str = ROSAS_PHONE) -> None:
        """Let a text come in through the simulated handset and the signed webhook."""
        taken = await self.client.post(
            "/simulator/inbound", json={"from": sender, "to": self.north.number, "body": body}
        )
        assert taken.status_code == 202, taken.text


@pytest.fixture
async def house(databases: Databases, vault: Vault, clock: SettableClock) -> AsyncIterator[House]:
    """Build the app, two practices and their people."""
    async with built(databases, vault, clock) as house:
        yield house


@asynccontextmanager
async def built(
    databases: Databases, vault: Vault, clock: SettableClock
) -> AsyncGenerator[House, None]:
    """Build it for one test, or for all of a file."""
    await let_texts_leave(databases.urls["owner"])
    bell = SilentBell()
    doors = Doors(databases.app, vault)
    feed = Feed(databases.app, poll_seconds=0.02)
    settings = Settings(
        public_url=PUBLIC_URL,
        owner_database_url=databases.urls["owner"],
        secret_keys=("a secret key for tests only, forty characters",),
        vapid_keys=(VAPID,),
    )
    client: httpx.AsyncClient | None = None

    async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert client is not None
        return (await client.post(url, headers=dict(headers), content=body)).status_code

    ledger = SimulatorLedger(databases.app, vault, doors)
    carrier = SimulatorCarrier(ledger, post, clock, pace_seconds=0)
    parts = Parts(
        settings=settings,
        database=databases.app,
        canaries=Canaries(database=databases.app, vault=vault, clock=clock, library=LIBRARY),
        vault=vault,
        clock=clock,
        turns=Turns(
            database=databases.app,
            vault=vault,
            clock=clock,
            library=LIBRARY,
            bell=bell,
            public_url=PUBLIC_URL,
        ),
        doors=doors,
        outbox=Outbox(
            database=databases.app,
            vault=vault,
            clock=clock,
            carrier=carrier,
            doors=doors,
            public_url=PUBLIC_URL,
            bell=bell,
        ),
        feed=feed,
        instruments=LIBRARY.instruments,
        catalogue=LIBRARY.catalogue,
        bell=bell,
        post=post,
    )
    app = APPS.pop() if APPS else create_app(parts)
    hand_over(app, parts)
    async with (
        alive(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False),
            base_url=PUBLIC_URL,
        ) as opened,
    ):
        client = opened
        north = await open_office(databases.app, vault, clock, doors, "north")
        south = await open_office(databases.app, vault, clock, doors, "south")
        yield House(app, opened, parts, databases, clock, north, south)
    APPS.append(app)
    await carrier.aclose()
    await feed.close()


@asynccontextmanager
async def alive(app: Litestar) -> AsyncGenerator[None, None]:
    """Run the app's lifespan in a task of its own: a fixture begins and ends in different ones."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            begun.set()
            await over.wait()

    living = asyncio.create_task(live())
    await begun.wait()
    yield
    over.set()
    await living


async def open_office(
    database: Database, vault: Vault, clock: SettableClock, doors: Doors, name: str
) -> Office:
    """Create a practice by the functions that the commands call."""
    created = await bootstrap.create_practice(
        database,
        vault,
        clock,
        fields=PracticeFields(
            name=f"{name.title()} Clinic",
            texting_name=f"{name.title()} Clinic",
            support_phone="+16025550101",
            time_zone="America/Phoenix",
            holidays="US-AZ",
        ),
        responsible=NewStaff.named(f"ada@{name}.example.org", "Ada Moss"),
        numbers=[PhoneNumber.parse(NUMBERS[name])],
    )
    people = {"ada": Member(created.responsible_id, "")}
    for person in ("dana", "sam"):
        staff = await bootstrap.create_staff(
            database,
            vault,
            clock,
            practice=created.practice_id,
            staff=NewStaff.named(f"{person}@{name}.example.org", f"{person.title()} Whitfield"),
            role="care_manager",
        )
        people[person] = Member(staff, "")
    for person, member in people.items():
        token = await bootstrap.token(database, vault, clock, f"{person}@{name}.example.org")
        people[person] = Member(member.id, token)
    (door,) = await doors.by_practice(created.practice_id)
    keys = await vault.keys(created.practice_id)
    return Office(
        id=created.practice_id,
        keys=keys,
        number=NUMBERS[name],
        door=door,
        admin=people["ada"],
        dana=people["dana"],
        sam=people["sam"],
    )
