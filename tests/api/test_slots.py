"""Schedules and their times, visits at them, who waits, and when a practice reminds."""

from datetime import timedelta
from typing import Any

from httpx import Response

from engage.appointments import offering
from engage.appointments.offering import Won
from engage.appointments.words import Teller
from engage.clock import fresh_id
from engage.ids import SlotId
from tests.api.conftest import House, Member

PHOENIX = "America/Phoenix"


class Desk:
    """What Dana and her admin do at the desk."""

    def __init__(self, house: House) -> None:
        """Take the house."""
        self.house = house

    async def say(
        self, method: str, path: str, by: Member | None = None, /, **body: object
    ) -> Response:
        """Send a request, as Dana if nobody else is named."""
        headers = (by or self.house.north.dana).headers
        given = body if method != "GET" else None
        return await self.house.client.request(method, f"/v1{path}", headers=headers, json=given)

    async def made(self, path: str, /, **body: object) -> Any:  # noqa: ANN401 - a body
        """POST, and return what was made."""
        answer = await self.say("POST", path, **body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def schedule(self, zone: str = PHOENIX) -> str:
        """Add a place and a schedule there."""
        place = await self.made("/places", name="North", address="1 Main St", zone=zone)
        made = await self.made("/schedules", place_id=place["id"], name="Dr. Lee")
        return made["id"]

    async def times(self, schedule: str, *hours: str, day: str = "2026-12-01") -> list[Any]:
        """Add times of half an hour on one day."""
        path = f"/schedules/{schedule}/slots"
        return (await self.made(path, from_day=day, times=hours, minutes=30))["items"]


def refused(answer: Response, status: int, code: str, pointer: str | None = None) -> None:
    """Check how a request was refused, and which field is named."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["code"] == code
    if pointer is not None:
        assert [one["pointer"] for one in problem["errors"]] == [pointer]


async def test_times_of_a_schedule(house: House) -> None:
    """Added by day and hour with the place's clock, none twice; listed, blocked and put back."""
    desk = Desk(house)
    schedule = await desk.schedule("America/Denver")
    path = f"/schedules/{schedule}/slots"
    # Two Sundays around the night on which the clocks go on: nine in the morning on both.
    items = (
        await desk.made(
            path,
            from_day="2027-03-07",
            until_day="2027-03-14",
            weekdays=[7],
            times=["02:30", "09:00"],
            minutes=30,
        )
    )["items"]
    assert [one["starts_at"] for one in items] == [
        "2027-03-07T09:30:00Z",
        "2027-03-07T16:00:00Z",
        "2027-03-14T09:30:00Z",
        "2027-03-14T15:00:00Z",
    ]
    for hours in (["08:45"], ["10:00", "10:15"], ["11:00", "09:29"]):
        answer = await desk.say("POST", path, from_day="2027-03-14", times=hours, minutes=30)
        refused(answer, 422, "times-overlap", "/times")
    listed = f"/slots?schedule={schedule}&from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z"
    assert (await desk.say("GET", listed)).json()["items"] == items
    half = (await desk.say("GET", f"{listed}&limit=3")).json()
    rest = (await desk.say("GET", f"{listed}&limit=3&cursor={half['next']}")).json()
    assert (half["items"] + rest["items"], rest["next"]) == (items, None)

    past = await desk.say("POST", path, from_day="2026-11-01", times=["09:00"], minutes=30)
    refused(past, 422, "no-times")
    many = await desk.say(
        "POST",
        path,
        from_day="2027-04-01",
        until_day="2027-07-01",
        times=[f"{hour:02}:00" for hour in range(8, 18)],
        minutes=30,
    )
    refused(many, 422, "too-many-times")
    assert (await desk.say("GET", listed.replace("2027-04-01", "2027-08-01"))).json()[
        "items"
    ] == items

    one = f"/slots/{items[1]['id']}"
    blocked = await desk.say("PATCH", one, status="busy-unavailable")
    assert blocked.json()["status"] == "busy-unavailable"
    assert (await desk.say("PATCH", one, status="free")).json()["version"] == 3
    assert (await desk.say("PATCH", one, status="entered-in-error")).status_code == 200
    refused(await desk.say("PATCH", one, status="free"), 409, "slot-not-free")
    # What never was leaves its hour to another time.
    await desk.times(schedule, "09:00", day="2027-03-07")

    off = await desk.say("PATCH", f"/schedules/{schedule}", active=False, name="Dr. Lee, north")
    assert (off.json()["active"], off.json()["version"]) == (False, 2)
    refused(
        await desk.say("POST", path, from_day="2027-03-20", times=["09:00"], minutes=30),
        422,
        "no-such-schedule",
    )
    names = [one["name"] for one in (await desk.say("GET", "/schedules")).json()["items"]]
    assert names == ["Dr. Lee, north"]
    stranger = await desk.say("GET", f"/slots?schedule={fresh_id(house.clock)}")
    refused(stranger, 404, "not-found")


async def test_a_visit_at_a_free_time(house: House) -> None:
    """Booked into it, moved to another; who comes second hears that it is gone."""
    desk = Desk(house)
    schedule = await desk.schedule()
    first, second = await desk.times(schedule, "10:00", "11:00")
    rosa = str(await house.patient())
    luis = str(await house.patient(external_id="B-2", phone="+16025550143"))
    visit = await desk.made("/appointments", patient_id=rosa, slot_id=first["id"])
    assert (visit["starts_at"], visit["status"]) == (first["starts_at"], "booked")
    assert (visit["schedule_id"], visit["answer"]) == (schedule, "needs-action")
    gone = await desk.say("POST", "/appointments", patient_id=luis, slot_id=first["id"])
    refused(gone, 409, "slot-gone")
    for more in (
        {"starts_at": first["starts_at"], "ends_at": first["ends_at"]},
        {"status": "waitlist"},
    ):
        both = await desk.say(
            "POST", "/appointments", patient_id=luis, slot_id=second["id"], **more
        )
        refused(both, 422, "unprocessable", "/slot_id")

    mine = f"/appointments/{visit['id']}"
    moved = await desk.say("PATCH", mine, slot_id=second["id"], note="asked for later")
    assert (moved.json()["starts_at"], moved.json()["sequence"]) == (second["starts_at"], 1)
    assert {one["note"] for one in moved.json()["history"]} == {None, "asked for later"}
    refused(await desk.say("PATCH", mine), 422, "not-a-time", "/starts_at")
    listed = (await desk.say("GET", f"/slots?schedule={schedule}")).json()["items"]
    assert [(one["status"], one["appointment_id"]) for one in listed] == [
        ("free", None),
        ("busy", visit["id"]),
    ]
    refused(
        await desk.say("PATCH", f"/slots/{second['id']}", status="busy-unavailable"),
        409,
        "slot-gone",
    )
    # Called off, and meanwhile somebody else has the time: it can't be taken back.
    off = await desk.say("POST", f"{mine}/status", status="cancelled", reason="patient")
    assert off.status_code == 200, off.text
    await desk.made("/appointments", patient_id=luis, slot_id=second["id"])
    refused(await desk.say("POST", f"{mine}/status", status="booked"), 409, "slot-gone")
    assert (await desk.say("GET", mine)).json()["status"] == "cancelled"


async def test_who_waits_has_what_becomes_free(house: House) -> None:
    """Put on the list once, listed and recorded; the offer that is taken is the visit's time."""
    desk, clock = Desk(house), house.clock
    schedule = await desk.schedule()
    (time,) = await desk.times(schedule, "10:00")
    rosa = str(await house.patient())
    wanted = {
        "patient_id": rosa,
        "schedule_id": schedule,
        "from_day": "2026-11-30",
        "until_day": "2026-12-10",
    }
    late = await desk.say("POST", "/waiting", **{**wanted, "until_day": "2026-11-29"})
    refused(late, 422, "not-days", "/until_day")
    theirs = await desk.say("POST", "/waiting", **wanted, appointment_id=str(fresh_id(house.clock)))
    refused(theirs, 422, "unprocessable", "/appointment_id")
    entry = await desk.made("/waiting", **wanted)
    refused(await desk.say("POST", "/waiting", **wanted), 409, "waits-already")
    for query in ("", f"?patient={rosa}", f"?schedule={schedule}"):
        listed = (await desk.say("GET", f"/waiting{query}")).json()["items"]
        assert listed == [
            entry | {"given_name": "Rosa", "family_name": "Delgado", "restricted": False}
        ]

    north, at = house.north, clock.now()
    async with house.parts.database.work([north.id], north.id) as work:
        (told,) = await offering.offers_to_make(work, north.keys, SlotId(time["id"]), at)
        outcome = await offering.take_offer(work, north.keys, told.offer.id, Teller("patient"), at)
    assert isinstance(outcome, Won)
    (visit,) = (
        await desk.say("GET", f"/appointments?patient={rosa}&to=2026-12-31T00:00:00Z")
    ).json()["items"]
    assert (visit["starts_at"], visit["answer"]) == (time["starts_at"], "accepted")
    gone = await desk.say("DELETE", f"/waiting/{entry['id']}")
    refused(gone, 409, "not-waiting")

    clock.advance(timedelta(minutes=1))
    other = await desk.made("/waiting", **wanted)
    for _ in range(2):
        assert (await desk.say("DELETE", f"/waiting/{other['id']}")).status_code == 204
    assert (await desk.say("GET", "/waiting")).json()["items"] == []


async def test_reminders_and_wishes(house: House) -> None:
    """The usual until an admin says otherwise; a wish is kept with the person."""
    desk, admin = Desk(house), house.north.admin
    path = f"/practices/{house.north.id}/reminders"
    usual = (await desk.say("GET", path)).json()
    assert (usual["hours_before"], usual["offer_to"], usual["version"]) == ([168, 48, 3], 5, 0)
    refused(await desk.say("PUT", path, hours_before=[24]), 403, "not-allowed")
    for version in (1, 2):
        said = await desk.say("PUT", path, admin, hours_before=[3, 24], offer_to=2)
        assert said.json()["hours_before"] == [24, 3]
        assert said.json()["version"] == version
    refused(await desk.say("GET", f"/practices/{house.south.id}/reminders"), 404, "not-found")

    rosa = await house.patient()
    wish = f"/patients/{rosa}/visit-wish"
    assert (await desk.say("GET", wish)).json()["version"] == 0
    assert (await desk.say("PUT", wish, carer=True)).json()["carer"] is True
    assert (await desk.say("PUT", wish, late=True)).json()["version"] == 2
    assert (await desk.say("GET", wish)).json() == {
        "patient_id": str(rosa),
        "early": False,
        "late": True,
        "weekend": False,
        "carer": False,
        "version": 2,
    }
