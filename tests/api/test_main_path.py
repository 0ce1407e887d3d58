"""The product's main job through the API: ask, be answered, see the work, do it, answer back."""

import httpx

from tests.api.conftest import ROSAS_PHONE, House


async def test_a_yes_to_food_worry_reaches_the_queue(house: House) -> None:
    """Asked by text and answered by text, the patient's words become work that gets done."""
    dana = house.north.dana.headers
    patient = await house.patient(care_manager_id=str(house.north.dana.id))
    await house.screening(patient)
    await house.text_in("often, and my fridge is empty")

    page = (await house.client.get("/v1/queue?view=mine", headers=dana)).json()
    need = next(one for one in page["items"] if one["subject"] == "need:food-insecurity")
    claimed = await house.client.post(f"/v1/queue/{need['id']}/claim", headers=dana)
    assert claimed.status_code == 200, claimed.text
    assert claimed.json()["status"] == "in-progress"
    assert claimed.json()["owner"]["given_name"] == "Dana"
    assert claimed.json()["flags"][0]["words"] == "often, and my fridge is empty"

    thread = need["thread_id"]
    read = (await house.client.get(f"/v1/threads/{thread}/messages", headers=dana)).json()
    written = await house.client.post(
        f"/v1/threads/{thread}/messages",
        json={"body": "I will call you at 3.", "last_seen_event": read["last_event"]},
        headers=dana,
    )
    assert written.status_code == 201, written.text
    assert written.json()["segments"] == 1
    done = await house.client.post(
        f"/v1/queue/{need['id']}/complete",
        json={"outcome": "reached-patient", "note": "Food box on Friday."},
        headers=dana,
    )
    assert done.status_code == 200, done.text
    assert done.json()["note"] == "Food box on Friday."
    line = (await house.client.get(f"/v1/patients/{patient}/timeline", headers=dana)).json()
    assert {one["type"] for one in line["items"]} == {
        *("message", "screening", "item", "consent", "need"),
    }


async def test_the_handset_sees_what_left(house: House) -> None:
    """A text that the outbox sent can be read on the simulated phone it went to."""
    await house.screening(await house.patient())
    async with house.databases.worker.work() as work:
        rows = await work.table("due_claim", "outbox", house.clock.now(), house.clock.now(), 10)
    for row in rows:
        await house.parts.outbox.send(row["practice_id"], row["id"])  # type: ignore[attr-defined] # the outbox itself

    seen = await house.client.get("/simulator/messages", params={"to": ROSAS_PHONE})

    assert seen.status_code == httpx.codes.OK
    (first,) = seen.json()["items"]
    assert first["from"] == house.north.number
    assert "worried" in first["body"]
