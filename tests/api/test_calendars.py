"""Visits in calendars, by video, and what people say of them, through the API."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import vobject

from engage.ids import PatientId
from tests.api.conftest import PUBLIC_URL, House
from tests.fakes.practice import raw

ROOM = "https://video.example.org/room/8c1f?pin=1"


async def tell(house: House, path: str, body: object = None, method: str = "POST") -> Any:  # noqa: ANN401 - a response
    """Ask for a change as Dana, a minute later."""
    house.clock.advance(timedelta(minutes=1))
    sent: dict[str, Any] = {} if body is None else {"json": body}
    headers = house.north.dana.headers
    return await house.client.request(method, path, headers=headers, **sent)


async def book(house: House, patient: PatientId, hours: float, **more: object) -> dict[str, Any]:
    """Book a visit of an hour so many hours from now."""
    starts = house.clock.now() + timedelta(hours=hours)
    made = await tell(
        house,
        "/v1/appointments",
        {
            "patient_id": str(patient),
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "what": "dialysis",
            **more,
        },
    )
    assert made.status_code == 201, made.text
    return made.json()


def events(file: httpx.Response) -> list[Any]:
    """Return what a calendar file holds, as another library reads it."""
    return list(getattr(vobject.base.readOne(file.text), "vevent_list", []))


async def test_a_feed_follows_its_visits_and_ends_when_it_is_revoked(house: House) -> None:
    """Booked, moved, called off: one entry whose sequence rises; a wrong address is as a closed."""
    patient = await house.patient(language="es")
    place = await tell(
        house, "/v1/places", {"name": "Mesa", "address": "1 Main St", "zone": "America/Denver"}
    )
    assert place.status_code == 201, place.text
    visit = await book(house, patient, 30, place_id=place.json()["id"])
    calendar = f"/v1/patients/{patient}/calendar"
    first = await tell(house, calendar)
    assert first.status_code == 201, first.text
    address = str(first.json()["address"]).removeprefix(PUBLIC_URL)
    before = await house.client.get(address)
    again = await house.client.get(address, headers={"If-None-Match": before.headers["etag"]})
    starts = datetime.fromisoformat(visit["starts_at"]) + timedelta(hours=5)
    moved = await tell(
        house,
        f"/v1/appointments/{visit['id']}",
        {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat()},
        "PATCH",
    )
    after = await house.client.get(address, headers={"If-None-Match": before.headers["etag"]})
    await tell(
        house,
        f"/v1/appointments/{visit['id']}/status",
        {"status": "cancelled", "reason": "provider"},
    )
    off = await house.client.get(address)
    renewed = await tell(house, calendar)
    closed = await house.client.get(address)
    never = await house.client.get(f"/v1/calendars/{'x' * 43}.ics")
    fresh = str(renewed.json()["address"]).removeprefix(PUBLIC_URL)
    open_again = await house.client.get(fresh)
    gone = await tell(house, calendar, method="DELETE")
    shut = await house.client.get(fresh)

    assert (before.status_code, before.headers["content-type"]) == (
        200,
        "text/calendar; charset=utf-8",
    )
    assert before.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert moved.status_code == 200, moved.text
    (one,), (two,), (three,) = events(before), events(after), events(off)
    assert one.uid.value == two.uid.value == three.uid.value
    assert [each.sequence.value for each in (one, two, three)] == ["0", "1", "2"]
    assert (one.status.value, three.status.value) == ("CONFIRMED", "CANCELLED")
    assert two.dtstart.value == starts.replace(microsecond=0)
    assert (one.summary.value, one.location.value) == ("Cita", "Mesa, 1 Main St")
    for file in (before, after, off):
        assert not {"Rosa", "Delgado", "dialysis", "North"} & set(file.text.split())
        assert "dialysis" not in file.text
    assert open_again.status_code == 200
    assert gone.status_code == 204
    assert {each.status_code for each in (closed, never, shut)} == {404}
    assert closed.content == never.content == shut.content


async def test_a_feed_that_is_asked_every_second_is_told_to_wait(house: House) -> None:
    """And neither are addresses tried by the hundred; a feed that is there is kept from nobody."""
    patient = await house.patient()
    made = await tell(house, f"/v1/patients/{patient}/calendar")
    other = str(made.json()["address"]).removeprefix(PUBLIC_URL)
    asked = [await house.client.get(f"/v1/calendars/{n:043d}.ics") for n in range(31)]
    assert [one.status_code for one in asked] == [404] * 30 + [429]
    assert asked[-1].headers["retry-after"] == "600"
    assert asked[-1].json()["code"] == "asked-too-often"
    assert (await house.client.get(other)).status_code == 200


async def test_staff_hand_out_a_visit_as_a_file(house: House) -> None:
    """One visit; that it was looked at is recorded, and another practice has no such visit."""
    patient = await house.patient()
    visit = await book(house, patient, 30)
    path = f"/v1/appointments/{visit['id']}.ics"
    file = await house.client.get(path, headers=house.north.dana.headers)
    elsewhere = await house.client.get(path, headers=house.south.dana.headers)
    unsigned = await house.client.get(path)
    timeless = await tell(
        house, "/v1/appointments", {"patient_id": str(patient), "status": "proposed"}
    )
    none = await house.client.get(
        f"/v1/appointments/{timeless.json()['id']}.ics", headers=house.north.dana.headers
    )

    (event,) = events(file)
    assert event.uid.value.startswith(visit["id"])
    assert file.headers["content-disposition"] == 'attachment; filename="visit.ics"'
    assert (elsewhere.status_code, unsigned.status_code) == (404, 401)
    assert (none.status_code, none.json()["code"]) == (422, "not-a-time")
    async with raw(house.databases.urls["admin"]) as admin:
        seen = await admin.fetchval(
            "SELECT count(*) FROM audit WHERE action = 'patient.appointment' AND patient_id = $1",
            patient,
        )
    assert seen == 1


async def test_what_somebody_says_of_a_visit_is_written_down(house: House) -> None:
    """Declined does not call it off; who wrote it down is known; an old version is refused."""
    patient = await house.patient()
    visit = await book(house, patient, 0.5)
    path = f"/v1/appointments/{visit['id']}/respond"
    said = await tell(house, path, {"answer": "declined", "by": "patient"})
    assert said.status_code == 200, said.text
    assert said.json()["status"] == "booked"
    stale = await house.client.post(
        path,
        json={"answer": "accepted", "by": "staff"},
        headers=house.north.dana.headers | {"If-Match": '"1"'},
    )
    assert stale.status_code == 412
    taken = await tell(house, path, {"answer": "accepted", "by": "caregiver"})
    assert taken.status_code == 200
    past = await tell(house, path, {"answer": "needs-action", "by": "staff"})
    assert past.status_code == 400
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch("SELECT answer, answered_by FROM appointment")
        written = await admin.fetch(
            "SELECT actor, actor_id FROM audit WHERE action = 'appointment.respond'"
        )
    assert [tuple(row) for row in rows] == [("accepted", "caregiver")]
    assert {tuple(row) for row in written} == {("staff", house.north.dana.id)}
    house.clock.advance(timedelta(minutes=40))
    late = await tell(house, path, {"answer": "accepted", "by": "patient"})
    assert late.status_code == 409


async def test_a_visit_by_video_opens_half_an_hour_before_and_ends_with_it(house: House) -> None:
    """The address is told to whoever presses the button in time, and stands nowhere else."""
    patient = await house.patient()
    visit = await book(house, patient, 5)
    path = f"/v1/appointments/{visit['id']}/telehealth"
    refused = [
        await tell(house, path, {"url": url})
        for url in ("http://video.example.org", "https://u:p@video.example.org", "https://", "x")
    ]
    made = await tell(house, path, {"url": ROOM})
    assert made.status_code == 200, made.text
    link = str(made.json()["link"]).removeprefix(PUBLIC_URL)
    early = [await house.client.get(link), await house.client.post(link)]
    spanish = await house.client.get(link, headers={"Accept-Language": "es"}, params={"lang": "es"})
    starts = datetime.fromisoformat(visit["starts_at"])
    house.clock.advance(starts - timedelta(minutes=30) - house.clock.now())
    looked = await house.client.get(link)
    gone_in = await house.client.post(link)
    house.clock.advance(timedelta(minutes=90))
    over = [await house.client.get(link), await house.client.post(link)]
    unknown = await house.client.get("/v/" + "x" * 43)

    assert {(one.status_code, one.json()["code"]) for one in refused} == {
        (422, "not-a-video-address")
    }
    assert [one.status_code for one in early] == [200, 200]
    assert all("It is not time yet" in one.text for one in early)
    assert "Todavía no es la hora" in spanish.text
    assert looked.status_code == 200
    assert "<button>Go to my visit</button>" in looked.text
    assert (gone_in.status_code, gone_in.headers["location"]) == (303, ROOM)
    assert [one.status_code for one in over] == [410, 410]
    assert unknown.status_code == 404
    for page in (*early, spanish, looked, *over):
        assert "video.example.org" not in page.text
        assert "Rosa" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "location" not in page.headers
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch("SELECT row_to_json(a)::text AS row FROM appointment a")
    assert all("video" not in row["row"] for row in rows)


async def test_a_visit_that_was_called_off_opens_no_door(house: House) -> None:
    """Also in the half hour before: nobody waits in an empty room."""
    patient = await house.patient()
    visit = await book(house, patient, 5)
    made = await tell(house, f"/v1/appointments/{visit['id']}/telehealth", {"url": ROOM})
    link = str(made.json()["link"]).removeprefix(PUBLIC_URL)
    await tell(
        house,
        f"/v1/appointments/{visit['id']}/status",
        {"status": "cancelled", "reason": "provider"},
    )
    starts = datetime.fromisoformat(visit["starts_at"])
    house.clock.advance(starts - timedelta(minutes=10) - house.clock.now())
    answer = await house.client.post(link)
    assert answer.status_code == 410
    assert "This visit is not open" in answer.text


async def test_a_visit_that_is_not_by_video_any_more_has_no_link(house: House) -> None:
    """The address is taken away, and with it every link to it."""
    patient = await house.patient()
    visit = await book(house, patient, 30)
    path = f"/v1/appointments/{visit['id']}/telehealth"
    made = await tell(house, path, {"url": ROOM})
    link = str(made.json()["link"]).removeprefix(PUBLIC_URL)
    cleared = await tell(house, path, {"url": None})
    assert (cleared.status_code, cleared.json()["link"]) == (200, None)
    assert (await house.client.get(link)).status_code == 404


async def test_a_feed_of_two_records_and_of_who_died(house: House) -> None:
    """One person's addresses close together, whichever record they were made for; death empties."""
    rosa = await house.patient()
    twin = await house.patient(external_id="A-9", phone=None)
    await book(house, rosa, 30)
    made = [await tell(house, f"/v1/patients/{one}/calendar") for one in (rosa, twin)]
    mine, old = (str(one.json()["address"]).removeprefix(PUBLIC_URL) for one in made)
    headers = house.north.admin.headers
    into = {"into": str(rosa)}
    merged = await house.client.post(f"/v1/patients/{twin}/merge", json=into, headers=headers)
    assert merged.status_code == 200, merged.text
    assert [len(events(await house.client.get(one))) for one in (mine, old)] == [1, 1]
    died = await tell(house, f"/v1/patients/{rosa}", {"status": "deceased"}, "PATCH")
    assert died.status_code == 200, died.text
    assert events(await house.client.get(mine)) == []
    await tell(house, f"/v1/patients/{rosa}/calendar", method="DELETE")
    assert {(await house.client.get(one)).status_code for one in (mine, old)} == {404}
