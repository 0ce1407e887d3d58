"""A practice at work: its worker's real loops on the settable clock, a hospital that writes, staff.

The loops are the worker's own, signed in as the worker; the carrier is the simulator, which reports
through the signed webhook. Nothing waits for real time.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from engage.clock import fresh_id
from engage.hl7v2.answers import ACCEPTED
from engage.hl7v2.bookings import Bookings
from engage.hl7v2.intake import Intake
from engage.hl7v2.messages import store as hospitals
from engage.hl7v2.visits import Stays
from engage.ids import PatientId
from engage.jobs.loops import Loop, all_loops
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.outbox import Outbox
from engage.messaging.reconcile import Reconciler
from engage.messaging.simulator import SimulatorCarrier
from engage.needs.letters import Letters
from engage.people import bootstrap
from engage.queue.paging import Pager
from engage.turns.take import Turns
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House, Member, SilentBell
from tests.fakes.practice import raw
from tests.fakes.turns import FakeNotices

FOOD = "need:food-insecurity"
Counted = tuple[int, int, int, int]
"""Of a measure: how many waits began, happened, are open, ended otherwise."""


class Practice:
    """What happens in a practice, one step after the other."""

    def __init__(self, house: House) -> None:
        """Let a worker begin to work beside the API."""
        self.house, self.clock, parts = house, house.clock, house.parts
        worker, vault, bell = house.databases.worker, parts.vault, SilentBell()
        assert parts.post is not None
        self._carrier = SimulatorCarrier(
            SimulatorLedger(worker, vault, parts.doors), parts.post, self.clock, pace_seconds=0
        )
        turns = Turns(
            database=worker,
            vault=vault,
            clock=self.clock,
            library=parts.turns._library,  # noqa: SLF001 - the one that the API decides by
            bell=bell,
            public_url=PUBLIC_URL,
        )
        outbox = Outbox(
            database=worker,
            vault=vault,
            clock=self.clock,
            carrier=self._carrier,
            doors=parts.doors,
            public_url=PUBLIC_URL,
            bell=bell,
        )
        self.intake = Intake(
            database=parts.database,
            vault=vault,
            clock=self.clock,
            bell=bell,
            visits=Stays(self.clock),
            appointments=Bookings(turns=parts.turns, vault=vault, clock=self.clock),
        )
        self._loops: Mapping[str, Loop] = all_loops(
            turns=turns,
            outbox=outbox,
            reconciler=Reconciler(
                database=worker,
                clock=self.clock,
                carrier=self._carrier,
                doors=parts.doors,
                reports=outbox,
                texts=turns,
            ),
            pager=Pager(database=worker, vault=vault, clock=self.clock, bell=bell, channels={}),
            hospital=self.intake,
            letters=Letters(
                database=worker,
                vault=vault,
                clock=self.clock,
                relay=None,
                public_url=PUBLIC_URL,
                tells=turns,
            ),
            notices=FakeNotices(worker),
            database=worker,
            clock=self.clock,
        )

    async def work(self) -> None:
        """Let the worker do all that is due, and the carrier report."""
        for _ in range(2):
            for loop in self._loops.values():
                await loop.drain()
            await self._carrier.settle()

    async def until(self, moment: datetime) -> None:
        """Let it become a moment; the worker sees to what is due, and staff sign in anew."""
        self.clock.set(moment)
        await self.signs_in()
        await self.work()

    async def signs_in(self) -> None:
        """Let staff sign in: a token lasts an hour."""
        parts, north = self.house.parts, self.house.north
        dana, ada = [
            await bootstrap.token(
                parts.database, parts.vault, self.clock, f"{name}@north.example.org"
            )
            for name in ("dana", "ada")
        ]
        north = replace(
            north, dana=replace(north.dana, token=dana), admin=replace(north.admin, token=ada)
        )
        self.house = replace(self.house, north=north)

    # The hospital

    async def knows_hospital(self) -> None:
        """Let a hospital's system send."""
        north = self.house.north.id
        sender = hospitals.Sender(north, fresh_id(self.clock), "NORTH")
        async with self.house.parts.database.work([north], north) as work:
            assert await hospitals.add_sender(work, "EPIC", "STMARY", sender, self.clock.now())

    async def hospital_says(self, message: bytes) -> None:
        """Take a message of the hospital's."""
        verdict, _ = await self.intake.take(message)
        assert verdict == ACCEPTED

    # The person

    async def writes(self, *texts: str, sender: str = ROSAS_PHONE) -> None:
        """Let a person write, a minute apart; what we say to it leaves."""
        for text in texts:
            self.clock.advance(timedelta(minutes=1))
            await self.house.text_in(text, sender)
            for name in ("inbox", "outbox"):
                await self._loops[name].drain()
            await self._carrier.settle()

    async def texts(self) -> list[str]:
        """Return what Rosa's phone was sent and what it shows, oldest first."""
        keys = self.house.north.keys
        async with raw(self.house.databases.urls["admin"]) as rows:
            found = await rows.fetch(
                "SELECT m.id, m.body_sealed FROM message m JOIN thread t ON t.id = m.thread_id"
                " JOIN patient p ON p.id = t.patient_id WHERE p.external_id = 'A-1'"
                " AND m.direction = 'out' AND m.status = 'delivered' ORDER BY m.at, m.id"
            )
        return [keys.open_text("message.body", row["id"], row["body_sealed"]) for row in found]

    # The staff

    async def reads(self, path: str, who: Member | None = None) -> Any:  # noqa: ANN401 - a body
        """Return what a GET answers, to Dana unless it is somebody else."""
        headers = (who or self.house.north.dana).headers
        answer = await self.house.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def does(self, path: str, method: str = "POST", **body: object) -> Any:  # noqa: ANN401
        """Do something as Dana, a minute later, and return what was made."""
        self.clock.advance(timedelta(minutes=1))
        headers = self.house.north.dana.headers
        answer = await self.house.client.request(method, path, json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def open_work(self, subject: str) -> list[dict[str, Any]]:
        """Return the open work of a subject about Rosa, in full."""
        listed = (await self.reads("/v1/queue?limit=100"))["items"]
        mine = [one["id"] for one in listed if one["subject"] == subject]
        found = [await self.reads(f"/v1/queue/{one}") for one in mine]
        return [one for one in found if one["patient"]["family_name"] == "Delgado"]

    async def need(self, patient: UUID) -> dict[str, Any]:
        """Return the one need of a patient."""
        (need,) = (await self.reads(f"/v1/patients/{patient}/needs"))["items"]
        return need

    async def measures(self) -> dict[str, Counted]:
        """Return the figures of the two weeks, as who directs reads them."""
        return {
            " ".join(filter(None, (one["measure"], one["of"]))): (
                one["began"],
                one["happened"],
                one["still_open"],
                one["ended_otherwise"],
            )
            for one in await self._figures()
        }

    async def minutes(self) -> dict[str, int]:
        """Return the minutes of staff that the two weeks took."""
        return {
            one["measure"]: one["total_seconds"] // 60
            for one in await self._figures()
            if one["total_seconds"] is not None
        }

    async def _figures(self) -> list[dict[str, Any]]:
        path = "/v1/measures?from=2026-11-29&to=2026-12-12"
        (practice,) = (await self.reads(path, self.house.north.admin))["practices"]
        return practice["measures"]

    async def neighbours(self, count: int) -> None:
        """Have others who want help with food, and a ride: a figure is never of a few."""
        people: list[tuple[PatientId, str]] = []
        for number in range(count):
            phone = f"+1602555{160 + number:04}"
            person = await self.house.patient(
                external_id=f"B-{number}", phone=phone, family_name=f"Other{number}"
            )
            await self.house.screening(person)
            people.append((person, phone))
        await self.work()
        for _, phone in people:
            await self.writes("often", "never", "1", sender=phone)
        listed = (await self.reads("/v1/organizations?need=food-insecurity"))["items"][0]
        work = (await self.reads("/v1/queue?limit=100"))["items"]
        items = {one["patient"]["id"]: one["id"] for one in work if one["subject"] == FOOD}
        await self.signs_in()
        for person, _ in people:
            food = (await self.need(person))["id"]
            await self.is_driven(person, items[str(person)])
            await self.does(
                f"/v1/needs/{food}/referrals",
                organization_id=listed["organization"]["id"],
                service_id=listed["service"]["id"],
                asked="A box each week",
                way="staff",
                consent={"how": "verbal"},
            )

    async def is_driven(self, person: PatientId, item: str) -> None:
        """Call somebody about their work, write down a visit, and ask for a ride to it."""
        call = {"channel": "phone", "outcome": "reached-patient", "item_id": item, "minutes": 5}
        await self.does(f"/v1/patients/{person}/contacts", **call)
        starts = self.clock.now() + timedelta(hours=26)
        visit = await self.does(
            "/v1/appointments",
            patient_id=str(person),
            starts_at=starts.isoformat(),
            ends_at=(starts + timedelta(hours=1)).isoformat(),
        )
        await self.does(
            "/v1/rides",
            patient_id=str(person),
            appointment_id=visit["id"],
            direction="both",
            pickup="1 Elm St",
        )
