"""Rides as time goes by: a visit that comes near, a request nobody has, a text that is late."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from engage.clock import fresh_id
from engage.ids import AppointmentId, MessageId, PatientId
from engage.messaging.outbox import Outbox
from engage.turns import needs_ledger
from engage.turns.coming import CameSaid
from engage.turns.decision import Decision
from tests.api.conftest import House
from tests.api.test_appointments import Play, spelled, without_a_ride
from tests.api.test_asking import due, given, later, reasons, rows_of
from tests.fakes.practice import raw


async def test_a_visit_that_comes_near_raises_the_work(house: House) -> None:
    """Behaviour 25: a visit booked long before raises "no ride" a week ahead, by time alone."""
    play, patient = Play(house), await without_a_ride(house)
    visit = await play.book(patient, 24 * 10)
    other = await play.book(patient, 24 * 9)
    far = await play.work()
    assert (far["severity"], far["appointment"]) == ("routine", None)
    starts = datetime.fromisoformat(visit["starts_at"])
    waits = "SELECT id, due_at FROM due WHERE kind = 'visit-near' ORDER BY due_at"
    assert (await rows_of(house, waits))[-1] == (UUID(visit["id"]), starts - timedelta(days=7))
    # The one that is called off wakes nobody; one that moves wakes when that says.
    await play.made(f"/v1/appointments/{other['id']}/status", status="cancelled", reason="provider")
    moved = await play.move(visit["id"], 24 * 12)
    starts = datetime.fromisoformat(moved.json()["starts_at"])
    assert await rows_of(house, waits) == [(UUID(visit["id"]), starts - timedelta(days=7))]

    mine = AppointmentId(UUID(visit["id"]))
    await house.parts.turns.visit_near(house.north.id, mine)
    assert (await play.work())["severity"] == "routine"
    assert len(await rows_of(house, waits)) == 1
    house = await later(house, days=5, minutes=1)
    assert await due(house, "visit-near") == [mine]
    await house.parts.turns.visit_near(house.north.id, mine)

    near = await Play(house).work()
    assert (near["severity"], near["appointment"]["id"]) == ("urgent", visit["id"])
    assert near["due_at"] <= spelled(starts)
    assert await rows_of(house, waits) == []


async def test_a_ride_that_is_asked_for_has_somebody_with_it(house: House) -> None:
    """Work about a ride that nobody confirmed can't be closed; the refusal names the ride."""
    play, patient = Play(house), await without_a_ride(house)
    visit = await play.book(patient, 24)
    asked = {"patient_id": str(patient), "appointment_id": visit["id"], "direction": "there"}
    ride = await play.made("/v1/rides", **asked)
    mine = await play.work()
    close = f"/v1/queue/{mine['id']}/complete"

    refused = await play.tell(close, outcome="reached-patient")
    assert (refused.status_code, refused.json()["code"]) == (409, "ride-not-confirmed")
    assert refused.json()["rides"] == [ride["id"]]
    assert (await play.work())["closed_at"] is None

    # Not needed any more: then nothing is left without anybody.
    await play.made(f"/v1/rides/{ride['id']}/status", status="cancelled", reason="patient-declined")
    closed = await play.made(close, outcome="reached-patient")
    assert closed["closed_at"] is not None
    # Asked for anew, it is somebody's again, and arranged it holds nothing open.
    again = await play.made("/v1/rides", **asked)
    assert (await play.work())["id"] != mine["id"]
    await play.arranged(again["id"])
    open_work = "SELECT id FROM queue_item WHERE closed_at IS NULL"
    assert await rows_of(house, open_work) == []


async def test_what_can_not_be_told_in_time_is_told_by_a_person(house: House) -> None:
    """A ride arranged at night for the dawn is never texted after it; somebody calls before."""
    # Half past nine in the evening: the next text leaves after breakfast.
    house = await later(house, hours=11, minutes=30)
    play, patient = Play(house), await house.patient()
    visit = await play.book(patient, 10)
    asked = {"patient_id": str(patient), "appointment_id": visit["id"], "direction": "there"}
    ride = await play.made("/v1/rides", **asked)
    await play.arranged(ride["id"], 9)
    ((text,),) = await rows_of(house, "SELECT id FROM message WHERE text_key LIKE 'ride/%'")
    await cast("Outbox", house.parts.outbox).send(house.north.id, MessageId(text), 1)
    await house.parts.turns.outcome_came(house.north.id, MessageId(text))

    query = "SELECT status, status_reason, not_after FROM message WHERE text_key LIKE 'ride/%'"
    ((status, reason, not_after),) = await rows_of(house, query)
    (item,) = [
        one for one in (await play.ask("/v1/queue"))["items"] if one["subject"] == "not-told"
    ]
    assert (status, reason) == ("expired", "quiet-hours")
    assert (item["severity"], item["owner"] is not None) == ("urgent", True)
    assert datetime.fromisoformat(item["due_at"]) <= not_after


async def test_what_did_not_come_was_not_given(house: House) -> None:
    """Behaviour 26: a no fails the box that was told to have been brought, and says who said so."""
    play, patient = Play(house), await house.patient()
    day = house.clock.now().date().isoformat()
    box = await play.made("/v1/rides", patient_id=str(patient), kind="food-box", day=day)
    await play.arranged(box["id"], 2)
    await play.made(f"/v1/rides/{box['id']}/status", status="completed")
    house = await later(house, days=3, minutes=1)
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    await house.text_in("no")

    after = await Play(house).ask(f"/v1/rides/{box['id']}")
    assert (after["status"], after["reason"]) == ("failed", "did-not-come")
    assert after["history"][-1]["by"] == "patient"
    assert await rows_of(house, "SELECT status FROM closing") == [("not-came",)]


async def test_a_caregivers_yes_is_confirmed_with_the_person(house: House) -> None:
    """Behaviours 26, 39: who speaks for them does not close the loop; the owner asks the person."""
    house, patient = await given(house)
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    async with raw(house.databases.urls["admin"]) as rows:
        await rows.execute("UPDATE need SET status = 'in-progress'")
    ((asked,),) = await rows_of(house, "SELECT conversation_id FROM closing")
    said = CameSaid(
        id=fresh_id(house.clock),
        conversation_id=asked,
        patient_id=PatientId(UUID(str(patient))),
        domain="food-insecurity",
        said="came",
        by_caregiver=True,
    )
    decision = Decision(
        practice_id=house.north.id, line_id=None, at=house.clock.now(), came=(said,)
    )
    async with house.parts.database.work([house.north.id], house.north.id) as work:
        await needs_ledger.keep(work, decision, house.north.keys, ())

    assert "says-it-came" in await reasons(house, "need:food-insecurity")
    assert await rows_of(house, "SELECT status FROM need") == [("in-progress",)]
