"""Where visits, rides and grants could go wrong: each of these once did."""

from datetime import datetime, timedelta

from tests.api.conftest import House
from tests.api.test_appointments import Play, sofia, spelled, without_a_ride
from tests.fakes.practice import raw


async def test_a_grant_that_ends_ends_whoever_wrote_it_down_twice(house: House) -> None:
    """Behaviour 37: revoked is revoked, and what had not left for the caregiver does not leave."""
    play, patient = Play(house), await house.patient()
    daughter = await sofia(house, patient)
    grants = f"/v1/patients/{patient}/grants"
    allowed = {"caregiver_id": str(daughter), "category": "rides", "how": "verbal"}
    first = await play.made(grants, **allowed)
    await play.made(grants, **allowed)
    visit = await play.book(patient, 24)
    asked = {"patient_id": str(patient), "appointment_id": visit["id"], "direction": "there"}
    ride = await play.made("/v1/rides", **asked)
    await play.arranged(ride["id"])
    assert [told for told, _ in await play.texts()] == [
        "pick-up.arranged.caregiver queued",
        "pick-up.arranged queued",
    ]
    await play.made(f"/v1/grants/{first['id']}/end")
    assert all(one["until_at"] for one in (await play.ask(grants))["items"])
    assert [told for told, _ in await play.texts()] == [
        "pick-up.arranged.caregiver withdrawn",
        "pick-up.arranged queued",
    ]


async def test_two_people_ask_for_one_ride_once(house: House) -> None:
    """The second is told that there is one; the other way, and another visit, are open."""
    play, patient = Play(house), await house.patient()
    visit = await play.book(patient, 24)
    asked = {"patient_id": str(patient), "appointment_id": visit["id"]}
    await play.made("/v1/rides", **asked, direction="there")
    for way in ("there", "both"):
        again = await play.tell("/v1/rides", **asked, direction=way)
        assert (again.status_code, again.json()["code"]) == (409, "ride-stands")
    await play.made("/v1/rides", **asked, direction="back")


async def test_a_ride_is_in_time_and_said_once(house: House) -> None:
    """It brings nobody after the visit has begun; a number that is added is no second text."""
    play, patient = Play(house), await house.patient()
    visit = await play.book(patient, 24)
    asked = {"patient_id": str(patient), "appointment_id": visit["id"], "direction": "both"}
    ride = await play.made("/v1/rides", **asked, day="2027-06-01")
    assert ride["day"] == visit["day"]
    path = f"/v1/rides/{ride['id']}/status"
    for hours in (-30, 0, 30, 24 * 300):
        late = datetime.fromisoformat(visit["starts_at"]) + timedelta(hours=hours)
        answer = await play.tell(path, status="arranged", pickup_at=spelled(late))
        assert (answer.status_code, answer.json()["code"]) == (422, "pickup-needed"), hours
    at = datetime.fromisoformat(visit["starts_at"]) - timedelta(hours=1)
    for number in ("", "C-18"):
        await play.made(path, status="arranged", pickup_at=spelled(at), confirmation=number)
    assert [told for told, _ in await play.texts()] == ["pick-up.arranged queued"]


async def test_who_was_merged_is_one_person_for_visits_and_rides(house: House) -> None:
    """A visit of the other record still names the work, can be ridden to, and its news is told."""
    play, rosa = Play(house), await without_a_ride(house)
    other = await house.patient(external_id="A-9", phone=None)
    visit = await play.book(other, 24)
    merged = await house.client.post(
        f"/v1/patients/{other}/merge", json={"into": str(rosa)}, headers=house.north.admin.headers
    )
    assert merged.status_code == 200, merged.text
    moved = await play.move(visit["id"], 30)
    assert moved.status_code == 200, moved.text
    assert (await play.work())["appointment"]["id"] == visit["id"]
    asked = {"appointment_id": visit["id"], "direction": "there"}
    ride = await play.made("/v1/rides", patient_id=str(rosa), **asked)
    assert ride["patient_id"] == str(rosa)
    await play.arranged(ride["id"])
    assert [told for told, _ in await play.texts()] == ["pick-up.arranged queued"]
    # Nothing new is written down under the record that was given up.
    for path, more in (("/v1/appointments", {"status": "proposed"}), ("/v1/rides", asked)):
        answer = await play.tell(path, patient_id=str(other), **more)
        assert (answer.status_code, answer.json()["code"]) == (409, "merged-record"), path


async def test_a_box_is_work_before_its_day(house: House) -> None:
    """A box that is wanted tomorrow is due before tomorrow, and not in two business days."""
    play, patient = Play(house), await house.patient()
    day = (house.clock.now() + timedelta(days=1)).date()
    await play.made("/v1/rides", patient_id=str(patient), kind="food-box", day=day.isoformat())
    (item,) = (await play.ask("/v1/queue"))["items"]
    assert item["subject"] == "need:food-insecurity"
    assert item["due_at"] < f"{day}T07"


async def test_work_that_a_visit_moves_says_so(house: House) -> None:
    """Who asks later why the work became urgent finds it among what was done."""
    play, patient = Play(house), await without_a_ride(house)
    await play.book(patient, 24)
    async with raw(house.databases.urls["admin"]) as admin:
        found = await admin.fetchval("SELECT count(*) FROM audit WHERE action = 'item.moved'")
    assert found == 1


async def test_a_driver_who_would_come_tomorrow_is_told_today(house: House) -> None:
    """Called off, or moved to next week: the call is due before they stand at the door."""
    play, patient = Play(house), await house.patient()
    for change in ("off", "moved"):
        visit = await play.book(patient, 26)
        asked = {"patient_id": str(patient), "appointment_id": visit["id"], "direction": "there"}
        held = await play.arranged((await play.made("/v1/rides", **asked))["id"])
        if change == "off":
            path = f"/v1/appointments/{visit['id']}/status"
            await play.made(path, status="cancelled", reason="provider")
        else:
            assert (await play.move(visit["id"], 240)).status_code == 200
        work = await play.work()
        assert work["severity"] == "urgent", change
        assert work["due_at"] < held["pickup_at"]
        await play.made(f"/v1/queue/{work['id']}/claim")
        await play.made(f"/v1/queue/{work['id']}/complete", outcome="reached-patient")


async def test_what_became_of_fridays_visit_is_recorded_on_monday(house: House) -> None:
    """A visit does not leave the page before anybody could say whether it was kept."""
    play, patient = Play(house), await house.patient()
    visit = await play.book(patient, -60)
    (listed,) = (await play.ask(f"/v1/appointments?patient={patient}"))["items"]
    assert (listed["id"], listed["status"]) == (visit["id"], "booked")


async def test_a_visit_without_a_time_is_on_its_persons_page(house: House) -> None:
    """On the waiting list, it waits for somebody: they must see it, before what has a time."""
    play, patient = Play(house), await house.patient()
    await play.book(patient, 24)
    await play.book(patient, 48)
    waits = await play.made("/v1/appointments", patient_id=str(patient), status="waitlist")
    page = await play.ask(f"/v1/appointments?patient={patient}&limit=1")
    assert [one["status"] for one in page["items"]] == ["waitlist", "booked"]
    rest = await play.ask(f"/v1/appointments?patient={patient}&limit=1&cursor={page['next']}")
    assert [one["status"] for one in rest["items"]] == ["booked"]
    # Called off, or booked, it waits no longer.
    path = f"/v1/appointments/{waits['id']}/status"
    await play.made(path, status="cancelled", reason="patient")
    listed = await play.ask(f"/v1/appointments?patient={patient}")
    assert [one["status"] for one in listed["items"]] == ["booked", "booked"]
