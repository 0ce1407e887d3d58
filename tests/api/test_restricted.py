"""T8: a restricted record is closed to whoever is not theirs; a reason opens it, and is heard.

That no operation leads around it is walked by test_matrix.py, which keeps one record restricted and
looks for its words in every answer. Here: what is seen instead, the hour, the notice, the report.
"""

import asyncio
import base64
import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from engage import embedded
from engage.clock import SettableClock
from engage.db.sealing import MasterKeys
from engage.db.vault import Vault
from engage.ids import PageId
from engage.jobs.leases import Claimed
from engage.jobs.loops import Loop
from engage.people import bootstrap
from engage.people.signing.keeping import Keeping
from engage.people.staff import NewStaff, Role
from engage.queue.paging import Pager
from engage.queue.paging.channel import Outcome, Said, Told
from engage.queue.paging.words import OPENED, path_of, subject_of
from tests.api.conftest import PUBLIC_URL, House, Member, built
from tests.conftest import SECRET, opened
from tests.fakes.practice import SilentBell, raw

pytestmark = pytest.mark.database

BEGINS = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
PHONE = "+16025550177"
MARKS = ("Zenobia", "Quill", "VIP-77", "5550177", "Zebra", "kill", "food")
"""What says whose record it is, or what is in it."""


class Ear:
    """A way to tell somebody that remembers what was said to whom."""

    def __init__(self) -> None:
        """Nobody has been told."""
        self.heard: list[tuple[str, Said]] = []

    async def tell(self, address: str, said: Said) -> Outcome:
        """Take it."""
        self.heard.append((address, said))
        return Told()


@dataclass(frozen=True)
class Play:
    """Zenobia is Sam's; Kim, Sue (a supervisor) and Ada (who runs it) are not hers."""

    house: House
    kim: Member
    sue: Member
    patient: str
    ear: Ear
    tokens: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    @property
    def sam(self) -> Member:
        """Who answers for her."""
        return self.house.north.sam

    async def asks(self, who: Member, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Ask, signed in just now; return the status and what was said."""
        answer = await self.house.client.request(
            method, f"/v1{path}", json=body, headers=await self._signed_in(who)
        )
        return answer.status_code, answer.json() if "json" in answer.headers.get(
            "content-type", ""
        ) else answer.text

    async def _signed_in(self, who: Member) -> dict[str, str]:
        house, now = self.house, self.house.clock.now()
        since, token = self.tokens.get(str(who.id), (BEGINS, who.token))
        if now - since > timedelta(minutes=50):
            async with house.parts.database.work() as work:
                keeping = Keeping(
                    house.parts.database, house.parts.vault.master, house.clock, PUBLIC_URL
                )
                token = (await keeping.begin_staff(work, who.id, "password-totp")).access
            self.tokens[str(who.id)] = (now, token)
        return {"Authorization": f"Bearer {token}"}

    async def gets(self, who: Member, path: str) -> Any:  # noqa: ANN401 - JSON
        """Get what must be there."""
        status, said = await self.asks(who, "GET", path)
        assert status == 200, said
        return said

    async def ring(self) -> None:
        """Let the worker do what is due of telling people."""
        house = self.house
        pager = Pager(
            database=house.databases.worker,
            vault=house.parts.vault,
            clock=house.clock,
            bell=SilentBell(),
            channels={"email": self.ear},
        )

        async def act(row: Claimed) -> None:
            await pager.notify(row.practice_id, PageId(row.id))

        loop = Loop("notify", act, database=house.databases.worker, clock=house.clock)
        await loop.drain()
        await loop.drain()


@pytest.fixture(scope="module")
async def play(servers: embedded.Servers, template: str) -> AsyncIterator[Play]:
    """Build one house for the file, and Zenobia's restricted record in it."""
    name = f"restricted_{os.getpid()}"
    servers.create_database(name, template)
    clock = SettableClock(BEGINS)
    async with opened(servers, name) as databases:
        vault = Vault(MasterKeys([SECRET]), databases.app)
        async with built(databases, vault, clock) as house:
            kim = await _hired(house, "kim", "care_manager")
            sue = await _hired(house, "sue", "supervisor")
            patient = await house.patient(
                external_id="VIP-77",
                given_name="Zenobia",
                family_name="Quill",
                phone=PHONE,
                care_manager_id=str(house.north.sam.id),
            )
            play = Play(house, kim, sue, str(patient), Ear())
            await _furnished(play)
            status, said = await play.asks(
                sue, "PUT", f"/patients/{patient}/restriction", {"reason": "public-person"}
            )
            assert (status, said["confidentiality"], said["open"]) == (200, "R", False)
            yield play
    servers.drop_database(name)


async def _hired(house: House, name: str, role: Role) -> Member:
    parts, email = house.parts, f"{name}@north.example.org"
    person = await bootstrap.create_staff(
        parts.database,
        parts.vault,
        parts.clock,
        practice=house.north.id,
        staff=NewStaff.named(email, f"{name.title()} Whitfield"),
        role=role,
    )
    return Member(person, await bootstrap.token(parts.database, parts.vault, parts.clock, email))


async def _furnished(play: Play) -> None:
    """Let there be work, a visit, a ride and a place in line: something in every list."""
    house, sam, patient = play.house, play.sam, play.patient
    asked = {"instrument": "hunger-vital-sign", "channel": "sms"}
    await play.asks(sam, "POST", f"/patients/{patient}/screenings", asked)
    for words in ("often", "never"):
        house.clock.advance(timedelta(seconds=1))
        await house.text_in(words, PHONE)
    starts = house.clock.now() + timedelta(days=2)
    _, visit = await play.asks(
        sam,
        "POST",
        "/appointments",
        {
            "patient_id": patient,
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "what": "Zebra clinic",
        },
    )
    ride = {
        "patient_id": patient,
        "appointment_id": visit["id"],
        "direction": "both",
        "pickup": "77 Zebra Way",
    }
    status, said = await play.asks(sam, "POST", "/rides", ride)
    assert status == 201, said
    place = {"name": "Clinic", "address": "1 Main St", "zone": "America/Phoenix"}
    _, where = await play.asks(sam, "POST", "/places", place)
    _, book = await play.asks(sam, "POST", "/schedules", {"place_id": where["id"], "name": "Dr."})
    waits = {
        "patient_id": patient,
        "schedule_id": book["id"],
        "from_day": "2027-03-01",
        "until_day": "2027-03-05",
    }
    status, said = await play.asks(sam, "POST", "/waiting", waits)
    assert status == 201, said


def _row(rows: Any, patient: str) -> Any:  # noqa: ANN401 - JSON
    return next(
        one
        for one in rows
        if patient in (one.get("patient_id"), (one.get("patient") or {}).get("id"), one["id"])
    )


STOPPED = "/reachability?list=opted-out"


async def test_lists_keep_the_row_and_no_name(play: Play) -> None:
    """Severity and clock stand in every list, for supervisors too; name and words for Sam alone."""
    day = "2026-11-26"
    lists = (
        "/queue",
        "/queue?view=unclaimed",
        f"/queue?patient={play.patient}",
        "/appointments?to=2026-12-20T00:00:00Z",
        f"/rides?day={day}&practice_id={play.house.north.id}",
        "/waiting",
    )
    for path in lists:
        hers = _row((await play.gets(play.sam, path))["items"], play.patient)
        assert "Zenobia" in str(hers), path
        for who in (play.kim, play.sue, play.house.north.admin):
            row = _row((await play.gets(who, path))["items"], play.patient)
            assert not [mark for mark in MARKS if mark in str(row)], path
            assert (row.get("patient") or row)["restricted"] is True
    seen = _row((await play.gets(play.kim, "/queue"))["items"], play.patient)
    hers = _row((await play.gets(play.sam, "/queue"))["items"], play.patient)
    for kept in ("id", "severity", "due_at", "owner", "status"):
        assert seen[kept] == hers[kept]
    assert (seen["subject"], seen["excerpt"], seen["thread_id"]) == ("restricted", None, None)
    narrowed = await play.gets(play.kim, f"/queue?subject={hers['subject']}")
    assert not narrowed["items"]
    counts = [await play.gets(who, "/queue/counts") for who in (play.kim, play.sam)]
    assert counts[0]["all"] == counts[1]["all"] > 0
    # To stand on this list would say that they said STOP.
    async with raw(play.house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE line SET opted_out_at = created_at")
        on = [
            [one["patient"]["id"] for one in (await play.gets(who, STOPPED))["items"]]
            for who in (play.sam, play.kim)
        ]
        await admin.execute("UPDATE line SET opted_out_at = NULL")
    assert (str(play.patient) in on[0], str(play.patient) in on[1]) == (True, False)

    house, (day_list, at) = play.house, (f"/rides.csv?day={day}", play.house.clock.now())
    house.clock.advance(timedelta(minutes=51))
    printed = [await play.gets(who, day_list) for who in (play.kim, play.sam)]
    house.clock.set(at)
    assert ["Zebra" in one for one in printed] == [False, True]
    assert "(restricted record)" in printed[0]
    play.tokens.clear()

    for typed, found in (("", 0), ("Zen", 0), ("Zenobia Quill", 1), ("vip-77", 1)):
        rows = (await play.gets(play.kim, f"/patients?query={typed}"))["items"]
        assert len(rows) == found, typed
        assert not [mark for mark in MARKS if mark in str(rows)]


async def test_no_page_ends_where_a_closed_record_stands(play: Play) -> None:
    """A page is full or the last, and no cursor may point at her: a gap would tell her place."""
    house = play.house
    for name in ("Quick", "Quince"):
        await house.patient(external_id=name, given_name="Ann", family_name=name, phone=None)
    seen: list[str] = []
    path = "/patients?query=q&limit=1"
    while True:
        said = await play.gets(play.kim, path)
        seen += [one["family_name"] for one in said["items"]]
        if said["next"] is None:
            break
        assert len(said["items"]) == 1
        path = f"/patients?query=q&limit=1&cursor={said['next']}"
    assert seen == ["Quick", "Quince"]
    at_her = base64.urlsafe_b64encode(f'["{play.patient}"]'.encode()).rstrip(b"=").decode()
    status, said = await play.asks(play.kim, "GET", f"/patients?cursor={at_her}")
    assert (status, said["code"]) == (400, "wrong-cursor")
    assert (await play.asks(play.sam, "GET", f"/patients?cursor={at_her}"))[0] == 200

    hers = _row((await play.gets(play.sam, "/queue"))["items"], play.patient)
    about = f"/queue?subject={hers['subject']}&limit=1"
    said = await play.gets(play.kim, about)
    assert (said["items"], said["next"]) == ([], None)

    # A list of one subject says it of whoever stands in it.
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE queue_item SET subject = 'silence' WHERE id = $1", hers["id"])
    silent = [await play.gets(who, "/queue?view=silent") for who in (play.kim, play.sam)]
    assert [len(one["items"]) for one in silent] == [0, 1]


_OF = """
WITH tied AS (SELECT $1::uuid AS here, $2::uuid AS whose, $3::uuid AS kim,
                     $4::timestamptz AS since, $5::uuid AS sam)
"""
_TIES = {
    "cover": (
        """INSERT INTO cover (practice_id, id, absent_id, cover_id, from_at, until_at)
        SELECT here, gen_random_uuid(), sam, kim, since, since + interval '1 hour' FROM tied""",
        "UPDATE cover SET until_at = $1",
    ),
    "owner": (
        "UPDATE queue_item SET owner_id = kim FROM tied WHERE patient_id = whose",
        "UPDATE queue_item SET owner_id = staff_id FROM assignment WHERE from_at <= $1",
    ),
    "paged": (
        """, work AS (SELECT id AS item FROM queue_item, tied WHERE patient_id = whose LIMIT 1),
        told AS (INSERT INTO paging (practice_id, item_id, policy, step, started_at, next_at)
                 SELECT here, item, '{}', 0, since, since FROM tied, work)
        INSERT INTO page (practice_id, id, item_id, staff_id, step, channel, why, at, status)
        SELECT here, gen_random_uuid(), item, kim, 0, 'email', 'owns', since, 'queued'
        FROM tied, work""",
        "UPDATE paging SET ended_at = $1, next_at = NULL",
    ),
    "care-team": (
        """INSERT INTO care_team_member (practice_id, patient_id, staff_id, role, from_at)
        SELECT here, whose, kim, 'nurse', since FROM tied""",
        "UPDATE care_team_member SET until_at = $1",
    ),
}
"""How each tie of Kim's begins and how it ends, by the way that it opens."""


async def test_each_tie_opens_it_while_it_holds(play: Play) -> None:
    """Cover, open work, a page, the care team: each by itself; and of a twin too."""
    house, path = play.house, f"/patients/{play.patient}/restriction"
    begins = house.clock.now()
    tied = (house.north.id, UUID(play.patient), play.kim.id, begins, play.sam.id)
    async with raw(house.databases.urls["admin"]) as admin:
        for way, (begin, end) in _TIES.items():
            await admin.execute(_OF + begin, *tied)
            open_now = await play.gets(play.kim, path)
            house.clock.advance(timedelta(seconds=1))
            await admin.execute(end, house.clock.now())
            after = await play.gets(play.kim, path)
            assert (open_now["way"], after["way"], after["open"]) == (way, None, False)
        twin = await house.patient(external_id="T-1", given_name="Zenobia", phone=None)
        assert (await play.asks(play.kim, "GET", f"/patients/{twin}"))[0] == 200
        merge = "UPDATE patient SET merged_into = $1 WHERE id = $2"
        await admin.execute(merge, UUID(play.patient), twin)
        assert (await play.asks(play.kim, "GET", f"/patients/{twin}"))[0] == 403
        await admin.execute("UPDATE patient SET merged_into = NULL WHERE id = $1", twin)


async def test_the_glass_is_loud_and_holds_for_an_hour(play: Play) -> None:
    """Kim says why, reads at once, is heard of within a minute, and is out after sixty."""
    house, clock, patient = play.house, play.house.clock, play.patient
    page, glass = f"/patients/{patient}", f"/patients/{patient}/break-glass"
    closed = await play.asks(play.kim, "GET", page)
    assert (closed[0], closed[1]["code"]) == (403, "restricted-record")
    assert closed[1]["patient_id"] == patient
    for who, body, status, code in (
        (play.kim, {"reason": "other"}, 422, "words-needed"),
        (play.kim, {"reason": "crisis"}, 400, "invalid-request"),
        (play.kim, {"reason": "treatment", "minutes": 600}, 400, "invalid-request"),
        (play.sam, {"reason": "treatment"}, 409, "already-open"),
        (house.south.dana, {"reason": "treatment"}, 404, "not-found"),
    ):
        said = await play.asks(who, "POST", glass, body)
        assert (said[0], said[1]["code"]) == (status, code)

    begun = clock.now()
    why = {"reason": "other", "words": "Zebra at the front desk"}
    # A finger that slips asks twice at once: it is opened, and told of, once.
    asked = await asyncio.gather(*(play.asks(play.kim, "POST", glass, why) for _ in range(2)))
    made, refused = sorted(asked, key=lambda one: one[0])
    assert (made[0], refused[0], refused[1]["code"]) == (201, 409, "already-open")
    assert (await play.gets(play.kim, page))["given_name"] == "Zenobia"
    assert (await play.asks(play.sue, "GET", page))[0] == 403
    assert (await play.asks(play.kim, "POST", glass, why))[1]["code"] == "already-open"
    stands = await play.gets(play.kim, f"{page}/restriction")
    assert (stands["open"], stands["way"]) == (True, "break-glass")
    assert datetime.fromisoformat(stands["until"]) == begun + timedelta(minutes=60)

    clock.advance(timedelta(seconds=20))
    await play.ring()
    address, news = play.ear.heard[-1]
    assert (len(play.ear.heard), address) == (1, "sue@north.example.org")
    assert (subject_of(news), path_of(news)) == (OPENED, "/console/restricted")
    report = f"/practices/{house.north.id}/openings"
    (row,) = (await play.gets(play.sue, report))["items"]
    told = datetime.fromisoformat(row["told_at"])
    assert told - begun <= timedelta(seconds=60)
    assert (row["staff"]["id"], row["reason"]) == (str(play.kim.id), "other")
    assert (row["words"], row["patient"]["id"]) == (why["words"], patient)
    assert (row["patient"]["given_name"], row["patient"]["restricted"]) == ("", True)
    assert {one["operation"]: one["times"] for one in row["read"]} == {"getPatient": 1}
    async with raw(house.databases.urls["admin"]) as admin:
        kept = await admin.fetch("SELECT * FROM glass")
        with pytest.raises(Exception, match="check constraint"):
            await admin.execute("UPDATE glass SET until_at = until_at + interval '1 second'")
    assert "Zebra" not in str(kept)

    seen = f"{report}/{row['id']}/acknowledge"
    assert (await play.asks(play.kim, "POST", seen))[0] == 403
    assert (await play.asks(play.sue, "POST", seen))[1]["acknowledged_by"]["id"] == str(play.sue.id)

    clock.set(begun + timedelta(minutes=60) - timedelta(seconds=1))
    assert (await play.asks(play.kim, "GET", page))[0] == 200
    clock.set(begun + timedelta(minutes=60))
    assert (await play.asks(play.kim, "GET", page))[0] == 403
    (after,) = (await play.gets(house.north.admin, report))["items"]
    assert {one["operation"]: one["times"] for one in after["read"]} == {"getPatient": 2}

    path = f"/practices/{house.north.id}/restricted-reads?patient={patient}&limit=100"
    reads = Counter(
        (one["staff"]["id"], one["way"])
        for one in (await play.gets(play.sue, path))["items"]
        if one["operation"] == "getPatient"
    )
    kim, sue = str(play.kim.id), str(play.sue.id)
    assert reads == {(kim, "refused"): 2, (kim, "break-glass"): 2, (sue, "refused"): 1}


async def test_a_crisis_is_taken_by_whoever_is_there(play: Play) -> None:
    """Kim may not take routine work of hers, and takes the crisis at once: heard, then theirs."""
    routine = (await play.gets(play.kim, "/queue"))["items"][-1]
    refused = await play.asks(play.kim, "POST", f"/queue/{routine['id']}/claim")
    assert (refused[0], refused[1]["code"]) == (403, "restricted-record")
    await play.house.text_in("I want to kill myself", PHONE)
    grave = (await play.gets(play.kim, "/queue?view=crises"))["items"][0]
    assert grave["severity"] == "crisis"
    assert "kill" not in str(grave)
    status, detail = await play.asks(play.kim, "POST", f"/queue/{grave['id']}/claim")
    assert (status, "kill" in str(detail)) == (200, True)
    bulk = {"items": [routine["id"]], "step": {"type": "claim"}}
    _, many = await play.asks(play.sue, "POST", "/queue/bulk", bulk)
    assert many["results"][0]["problem"]["code"] == "restricted-record"

    newest, *_ = (await play.gets(play.sue, f"/practices/{play.house.north.id}/openings"))["items"]
    assert (newest["reason"], newest["staff"]["id"]) == ("crisis", str(play.kim.id))
    heard = len(play.ear.heard)
    await play.ring()
    assert len(play.ear.heard) == heard + 1
    stands = await play.gets(play.kim, f"/patients/{play.patient}/restriction")
    assert stands["way"] == "owner"


async def test_who_lifts_it_could_read_it(play: Play) -> None:
    """Sue may mark and unmark, but not this one while it is closed to her: no quiet way in."""
    page = f"/patients/{play.patient}"
    assert (await play.asks(play.sue, "DELETE", f"{page}/restriction"))[0] == 403
    assert (await play.asks(play.sam, "DELETE", f"{page}/restriction"))[1]["code"] == "not-allowed"
    why = {"reason": "oversight"}
    assert (await play.asks(play.sue, "POST", f"{page}/break-glass", why))[0] == 201
    # The only supervisor opened it herself: then it is who runs the practice that hears.
    play.ear.heard.clear()
    await play.ring()
    assert [address for address, _ in play.ear.heard] == ["ada@north.example.org"]
    assert (await play.asks(play.sue, "DELETE", f"{page}/restriction"))[0] == 204
    assert (await play.gets(play.house.north.dana, page))["family_name"] == "Quill"
    async with raw(play.house.databases.urls["admin"]) as admin:
        done = await admin.fetch(
            "SELECT action FROM audit WHERE action LIKE 'patient.%restrict' ORDER BY action"
        )
    assert [one["action"] for one in done] == ["patient.restrict", "patient.unrestrict"]
