"""From a visit to a ride that is driven: the work that knows the visit, the texts, the lists."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from engage.audit import SYSTEM
from engage.clock import fresh_id
from engage.ids import CaregiverId, PatientId
from engage.people.caregiver import NewCaregiver
from engage.people.circle import store as circle
from engage.people.phone import PhoneNumber
from tests.api.conftest import House
from tests.fakes.practice import raw

SOFIAS_PHONE = "+16025550143"


class Play:
    """What Dana does, step by step."""

    def __init__(self, house: House) -> None:
        """Take the house."""
        self.house = house

    async def ask(self, path: str) -> Any:  # noqa: ANN401 - a body
        """Return what a GET answers."""
        answer = await self.house.client.get(path, headers=self.house.north.dana.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tell(self, path: str, **body: object) -> Any:  # noqa: ANN401 - a response
        """POST as Dana, a minute later: what happened stands in its order."""
        self.house.clock.advance(timedelta(minutes=1))
        return await self.house.client.post(path, json=body, headers=self.house.north.dana.headers)

    async def made(self, path: str, **body: object) -> dict[str, Any]:
        """POST, and return what was made."""
        answer = await self.tell(path, **body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def move(self, visit: str, hours: float, version: int | None = None) -> Any:  # noqa: ANN401
        """Give a visit another time, so many hours from now."""
        headers = dict(self.house.north.dana.headers)
        self.house.clock.advance(timedelta(minutes=1))
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        starts = self.house.clock.now() + timedelta(hours=hours)
        return await self.house.client.patch(
            f"/v1/appointments/{visit}",
            json={"starts_at": spelled(starts), "ends_at": spelled(starts + timedelta(hours=3))},
            headers=headers,
        )

    async def book(self, patient: PatientId, hours: float, **more: object) -> dict[str, Any]:
        """Book a visit so many hours from now."""
        starts = self.house.clock.now() + timedelta(hours=hours)
        return await self.made(
            "/v1/appointments",
            **{
                "patient_id": str(patient),
                "starts_at": spelled(starts),
                "ends_at": spelled(starts + timedelta(hours=3)),
                "what": "dialysis",
                **more,
            },
        )

    async def arranged(self, ride: str, hours: float = 20) -> dict[str, Any]:
        """Record that somebody will come."""
        return await self.made(
            f"/v1/rides/{ride}/status",
            status="arranged",
            pickup_at=spelled(self.house.clock.now() + timedelta(hours=hours)),
            broker="Mesa Cabs",
            confirmation="C-17",
        )

    async def work(self) -> dict[str, Any]:
        """Return the one open piece of work about rides, with its reasons."""
        (item,) = [
            one
            for one in (await self.ask("/v1/queue"))["items"]
            if one["subject"] == "need:transportation-insecurity"
        ]
        return await self.ask(f"/v1/queue/{item['id']}")

    async def texts(self) -> list[tuple[str, str]]:
        """Return the texts about rides: id and words, in their order."""
        keys = self.house.north.keys
        async with raw(self.house.databases.urls["admin"]) as admin:
            rows = await admin.fetch(
                "SELECT id, text_id, body_sealed, status FROM message"
                " WHERE text_key LIKE 'ride/%' ORDER BY at, text_id DESC"
            )
        return [
            (
                f"{row['text_id']} {row['status']}",
                keys.open_text("message.body", row["id"], row["body_sealed"]),
            )
            for row in rows
        ]


def spelled(moment: datetime) -> str:
    """Return a moment as JSON has it."""
    return moment.isoformat()


def reasons(item: dict[str, Any]) -> list[str]:
    """Return the reasons of a piece of work that still hold, sorted."""
    return sorted(one["reason"] for one in item["flags"] if one["withdrawn_at"] is None)


async def without_a_ride(house: House) -> PatientId:
    """Let Rosa say that she lacks rides, and that she wants help."""
    patient = await house.patient()
    begun = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "ahc-transportation", "channel": "sms"},
        headers=house.north.dana.headers,
    )
    assert begun.status_code == 201, begun.text
    for answer in ("1", "1"):
        house.clock.advance(timedelta(minutes=1))
        await house.text_in(answer)
    return patient


async def sofia(house: House, patient: PatientId) -> CaregiverId:
    """Let Rosa have a daughter with a phone of her own."""
    keys, at = house.north.keys, house.clock.now()
    daughter = NewCaregiver.read(
        CaregiverId(fresh_id(house.clock)),
        given_name="Sofía",
        family_name="Delgado",
        language="es",
        phone=PhoneNumber.parse(SOFIAS_PHONE),
    )
    async with house.parts.database.work([house.north.id], house.north.id) as work:
        await circle.add_caregiver(work, keys, daughter, patient, "daughter", at=at, by=SYSTEM)
    return daughter.id


async def test_no_ride_with_a_visit_on_thursday(house: House) -> None:
    """Behaviour 25: from "no ride" over a booked visit and an arranged ride to one that fell."""
    play, patient = Play(house), await without_a_ride(house)
    bare = await play.work()
    assert (bare["severity"], bare["appointment"]) == ("routine", None)
    # A visit tomorrow: the work is urgent, names it, and is due before it.
    visit = await play.book(patient, 24)
    named = await play.work()
    assert named["id"] == bare["id"]
    assert named["severity"] == "urgent"
    assert named["appointment"]["id"] == visit["id"]
    assert named["due_at"] < bare["due_at"]
    assert datetime.fromisoformat(named["due_at"]) < datetime.fromisoformat(visit["starts_at"])
    # A ride is asked for: its need is known; until somebody confirms it, it is work.
    ride = await play.made(
        "/v1/rides",
        patient_id=str(patient),
        appointment_id=visit["id"],
        direction="both",
        pickup="12 Elm St",
    )
    assert ride["need_id"] is not None
    assert reasons(await play.work()) == [
        "ride-asked-for",
        "transportation-insecurity",
        "wants-help",
    ]
    held = await play.arranged(ride["id"])
    assert (held["status"], held["broker"]) == ("arranged", "Mesa Cabs")
    calm = await play.work()
    assert (calm["severity"], calm["appointment"]["id"]) == ("routine", visit["id"])
    assert calm["due_at"] >= bare["due_at"]
    assert reasons(calm) == ["transportation-insecurity", "wants-help"]
    (need,) = (await play.ask(f"/v1/patients/{patient}/needs"))["items"]
    assert need["status"] == "in-progress"
    # The visit moves: the ride has failed, the work is due before the new time, Rosa is told.
    assert (await play.move(visit["id"], 30, version=99)).status_code == 412
    moved = await play.move(visit["id"], 30, version=1)
    assert moved.status_code == 200, moved.text
    after = await play.ask(f"/v1/rides/{ride['id']}")
    assert (after["status"], after["reason"]) == ("failed", "visit-moved")
    assert [step["by"] for step in after["history"]] == ["staff", "staff", "visit"]
    again = await play.work()
    assert again["severity"] == "urgent"
    assert "visit-moved" in reasons(again)
    assert again["due_at"] < moved.json()["starts_at"]
    (need,) = (await play.ask(f"/v1/patients/{patient}/needs"))["items"]
    assert need["status"] == "wanted"
    # Called off: the work is about no visit any more.
    status = f"/v1/appointments/{visit['id']}/status"
    assert (await play.tell(status, status="cancelled")).json()["code"] == "reason-not-given"
    assert (await play.tell(status, status="noshow")).json()["code"] == "too-soon"
    off = await play.made(status, status="cancelled", reason="provider", note="Their machine")
    assert off["history"][-1]["note"] == "Their machine"
    assert [one["act"] for one in off["history"]] == ["create", "move", "status"]
    freed = await play.work()
    # Who was to drive tomorrow has not been told by anybody yet.
    assert (freed["severity"], freed["appointment"]) == ("urgent", None)


async def test_what_is_arranged_is_told_and_what_falls_through_too(house: House) -> None:
    """Behaviours 11, 26: the person and a caregiver by grant; not what was only asked for."""
    play, patient = Play(house), await house.patient()
    daughter = await sofia(house, patient)
    visit = await play.book(patient, 24)
    asked = {
        "patient_id": str(patient),
        "appointment_id": visit["id"],
        "direction": "there",
        "note": "Wheelchair",
    }
    first = await play.made("/v1/rides", **asked)
    # Nobody had work about it, so there is some until it is arranged.
    assert reasons(await play.work()) == ["ride-asked-for"]
    await play.arranged(first["id"])
    assert [
        one for one in (await play.ask("/v1/queue"))["items"] if one["subject"].startswith("need")
    ] == []
    ((told, words),) = await play.texts()
    assert told == "pick-up.arranged queued"
    assert words.startswith("North Clinic: you will be picked up on ")
    assert "dialysis" not in words
    # With a grant the daughter reads it as well, in her language; a stranger can't be named.
    grants = f"/v1/patients/{patient}/grants"
    unknown = await play.tell(
        grants, caregiver_id=str(fresh_id(house.clock)), category="visits", how="verbal"
    )
    assert unknown.json()["code"] == "not-their-family"
    grant = await play.made(grants, caregiver_id=str(daughter), category="rides", how="verbal")
    await play.made(
        f"/v1/rides/{first['id']}/status", status="failed", reason="driver-did-not-come"
    )
    assert [told for told, _ in await play.texts()] == [
        # What had not left is not said any more.
        "pick-up.arranged withdrawn",
        "pick-up.failed.caregiver queued",
        "pick-up.failed queued",
    ]
    assert "Rosa" in (await play.texts())[1][1]
    assert "ride-failed" in reasons(await play.work())
    # Ended, she reads nothing more.
    ended = await play.made(f"/v1/grants/{grant['id']}/end")
    assert ended["until_at"] is not None
    assert await play.made(f"/v1/grants/{grant['id']}/end") == ended
    assert (await play.ask(grants))["items"] == [ended]
    second = await play.made("/v1/rides", **asked)
    await play.arranged(second["id"])
    assert [told for told, _ in await play.texts()][3:] == ["pick-up.arranged queued"]
    # The visit is called off: so is the ride, and whoever drives must hear it from a person.
    await play.made(f"/v1/appointments/{visit['id']}/status", status="cancelled", reason="patient")
    assert "ride-to-call-off" in reasons(await play.work())
    assert [told for told, _ in await play.texts()][3:] == [
        "pick-up.arranged withdrawn",
        "pick-up.cancelled queued",
    ]
    rides = (await play.ask(f"/v1/patients/{patient}/rides?limit=1"))["items"]
    assert [(one["status"], one["reason"]) for one in rides] == [("cancelled", "visit-cancelled")]


async def test_who_may_be_told_is_chosen_from_who_cares_for_them(house: House) -> None:
    """A caregiver is written down, listed with what they may be told, and no longer when not."""
    play, patient = Play(house), await house.patient()
    path, new = f"/v1/patients/{patient}/caregivers", {
        "given_name": "Sofia",
        "family_name": "Delgado",
        "language": "es",
        "relationship": "daughter",
        "phone": SOFIAS_PHONE,
    }  # fmt: skip
    sofia = await play.made(path, **new)
    assert (sofia["phone"], sofia["grants"]) == (SOFIAS_PHONE, [])
    for wrong, field in (({"phone": "911"}, "/phone"), ({"relationship": " "}, "/relationship")):
        refused = await play.tell(path, **(new | wrong))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, field)
    twice = await play.tell(path, **new, id=sofia["id"])
    assert (twice.status_code, twice.json()["code"]) == (409, "id-taken")
    grant = await play.made(
        f"/v1/patients/{patient}/grants",
        caregiver_id=sofia["id"],
        category="visits",
        how="verbal",
    )

    (listed,) = (await play.ask(path))["items"]
    assert (listed["id"], listed["relationship"]) == (sofia["id"], "daughter")
    assert [one["id"] for one in listed["grants"]] == [grant["id"]]
    planned = f"/v1/patients/{patient}/check-in-plans"
    answered = {
        "script": "post-discharge",
        "cadence": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0;COUNT=3",
        "anchor": "enrolment",
        "answerer": listed["id"],
    }
    # Who may see visits does not by that answer how somebody is.
    refused = await play.tell(planned, **answered)
    assert (refused.status_code, refused.json()["code"]) == (422, "not-allowed-to-answer")
    answers = await play.made(
        f"/v1/patients/{patient}/grants",
        caregiver_id=sofia["id"],
        category="check-ins",
        verbs=["see", "answer"],
        how="verbal",
    )
    assert (await play.made(planned, **answered))["answerer"] == sofia["id"]
    for one in (grant, answers):
        await house.client.post(f"/v1/grants/{one['id']}/end", headers=house.north.dana.headers)
    (after,) = (await play.ask(path))["items"]
    assert after["grants"] == []
    foreign = await house.client.get(path, headers=house.south.admin.headers)
    assert foreign.status_code == 404


async def test_the_list_of_a_day(house: House) -> None:
    """Whoever drives gets whom, where from, where to and when, by the clock of the place."""
    play, patient = Play(house), await house.patient()
    place = await play.made(
        "/v1/places", name="Mesa Dialysis", address="9 Kidney Way", bring="Your card"
    )
    assert place["zone"] == "America/Phoenix"
    half_past_ten = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    hours = (half_past_ten - house.clock.now()) / timedelta(hours=1)
    visit = await play.book(patient, hours, place_id=place["id"])
    day = visit["day"]
    ride = await play.made(
        "/v1/rides",
        patient_id=str(patient),
        appointment_id=visit["id"],
        direction="both",
        pickup="=12 Elm St",
    )
    before = half_past_ten - timedelta(minutes=15) - house.clock.now()
    await play.arranged(ride["id"], before / timedelta(hours=1))
    box = await play.made("/v1/rides", patient_id=str(patient), kind="food-box", day=day)
    assert box["direction"] is None
    listed = await play.ask(f"/v1/rides?day={day}")
    assert [one["kind"] for one in listed["items"]] == ["ride", "food-box"]
    page = await play.ask(f"/v1/rides?day={day}&limit=1")
    rest = await play.ask(f"/v1/rides?day={day}&limit=1&cursor={page['next']}")
    assert page["items"] + rest["items"] == listed["items"]
    printed = await house.client.get(f"/v1/rides.csv?day={day}", headers=house.north.dana.headers)
    assert printed.headers["content-type"].startswith("text/csv")
    _, line, _ = printed.text.split("\r\n")
    assert line.startswith("10:15,,10:30,ride,both,Rosa,Delgado,6025550142,'=12 Elm St,")
    assert '"Mesa Dialysis, 9 Kidney Way"' in line
    assert line.endswith("arranged,Mesa Cabs,C-17")
    # Who drives does not read who gets food.
    boxes = await house.client.get(
        f"/v1/rides.csv?day={day}&kind=food-box", headers=house.north.dana.headers
    )
    _, last, _ = boxes.text.split("\r\n")
    assert last.startswith(",,,food-box,,Rosa")
    # Kept: the ride was driven, the visit was held, and the timeline says so.
    house.clock.advance(half_past_ten - house.clock.now() + timedelta(minutes=10))
    for status in ("under-way", "completed"):
        await play.made(f"/v1/rides/{ride['id']}/status", status=status)
    kept = await play.made(f"/v1/appointments/{visit['id']}/status", status="fulfilled")
    assert kept["may_become"] == ["noshow", "entered-in-error"]
    entries = (await play.ask(f"/v1/patients/{patient}/timeline"))["items"]
    assert [
        (one["type"], one["state"]) for one in entries if one["type"] in {"appointment", "ride"}
    ] == [
        ("appointment", "fulfilled"),
        ("ride", "completed"),
        ("ride", "under-way"),
        ("ride", "requested"),
        ("ride", "arranged"),
        ("ride", "requested"),
        ("appointment", "booked"),
    ]
    # Nothing of it is in another practice's list, and a stranger finds none of it.
    south = house.south.dana.headers
    assert (await house.client.get(f"/v1/rides?day={day}", headers=south)).json()["items"] == []
    for path in (f"/v1/rides/{ride['id']}", f"/v1/appointments/{visit['id']}"):
        assert (await house.client.get(path, headers=south)).status_code == 404
    assert (await house.client.get("/v1/places", headers=south)).json()["items"] == []
    # A visit is told by the clock of its place, in every list.
    ((one,),) = [
        (await play.ask(f"/v1/appointments{query}"))["items"] for query in (f"?patient={patient}",)
    ]
    assert (one["id"], one["what"], one["zone"]) == (visit["id"], "dialysis", "America/Phoenix")
    assert (one["given_name"], one["family_name"], one["late"]) == ("Rosa", "Delgado", False)
    changed = await house.client.patch(
        f"/v1/places/{place['id']}",
        json={"bring": "Your card and a blanket"},
        headers={**house.north.dana.headers, "If-Match": '"1"'},
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)


async def test_what_can_not_be_is_refused(house: House) -> None:
    """Each refusal names the field, and nothing is half done."""
    play, patient = Play(house), await house.patient()
    visit, other = await play.book(patient, 48), await house.patient(external_id="A-2", phone=None)
    gone = str(fresh_id(house.clock))
    refused: Sequence[tuple[str, dict[str, object], int, str]] = (
        ("/v1/appointments", {"patient_id": str(patient)}, 422, "not-a-time"),
        ("/v1/appointments", {"patient_id": gone}, 404, "not-found"),
        (
            "/v1/appointments",
            {"patient_id": str(patient), "status": "noshow"},
            409,
            "wrong-visit-step",
        ),
        ("/v1/rides", {"patient_id": str(patient), "direction": "both"}, 422, "pickup-needed"),
        (
            "/v1/rides",
            {"patient_id": str(other), "appointment_id": visit["id"], "direction": "both"},
            422,
            "not-a-visit-to-ride-to",
        ),
        (
            "/v1/rides",
            {"patient_id": str(patient), "appointment_id": visit["id"]},
            422,
            "direction-needed",
        ),
        ("/v1/places", {"name": " ", "address": "x"}, 422, "not-a-place"),
        ("/v1/places", {"name": "A", "address": "x", "zone": "Mars/Base"}, 422, "not-a-time-zone"),
    )
    for path, body, status, code in refused:
        answer = await play.tell(path, **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    starts = spelled(house.clock.now() + timedelta(days=1))
    nowhere = await play.tell(
        "/v1/appointments",
        patient_id=str(patient),
        starts_at=starts,
        ends_at=spelled(house.clock.now() + timedelta(hours=25)),
        place_id=gone,
    )
    assert nowhere.json()["code"] == "no-such-place"
    naive = await house.client.get(
        "/v1/appointments?from=2026-01-01T00:00:00", headers=house.north.dana.headers
    )
    assert naive.status_code == 400
    assert len((await play.ask(f"/v1/appointments?patient={patient}"))["items"]) == 1
    # The same request with the same key has its effect once.
    keyed = {**house.north.dana.headers, "Idempotency-Key": "ride-1"}
    body = {"patient_id": str(patient), "appointment_id": visit["id"], "direction": "both"}
    first = await house.client.post("/v1/rides", json=body, headers=keyed)
    again = await house.client.post("/v1/rides", json=body, headers=keyed)
    assert first.content == again.content
    assert len((await play.ask(f"/v1/patients/{patient}/rides"))["items"]) == 1
