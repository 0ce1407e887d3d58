"""A clinic's list of visits through the API: rehearsed, taken, and taken again."""

from datetime import timedelta
from typing import Any

from tests.api.conftest import House
from tests.fakes.practice import raw

PATH = "/v1/imports/day-list"
HEAD = "patient_external_id,visit_id,starts_at,minutes,place,status,what\n"


async def send(house: House, *rows: str, **more: object) -> Any:  # noqa: ANN401 - a response
    """Send a list as Dana, a minute later."""
    house.clock.advance(timedelta(minutes=1))
    body = {"csv": HEAD + "\n".join(rows), **more}
    return await house.client.post(PATH, json=body, headers=house.north.dana.headers)


def counted(answer: Any) -> tuple[int, int, int]:  # noqa: ANN401 - a response
    """Return what a list did."""
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return said["added"], said["changed"], said["unchanged"]


async def count(house: House, what: str) -> int:
    """Return how many rows there are."""
    async with raw(house.databases.urls["admin"]) as admin:
        return int(await admin.fetchval(f"SELECT count(*) FROM {what}"))  # noqa: S608 - our own words


async def test_the_same_list_twice_is_one(house: House) -> None:
    """A rehearsal leaves nothing; a newer list moves, an older one undoes nothing."""
    await house.patient()
    made = await house.client.post(
        "/v1/places",
        json={"name": "Mesa", "address": "1 Main St", "zone": "America/Denver"},
        headers=house.north.dana.headers,
    )
    assert made.status_code == 201, made.text
    start = (house.clock.now() + timedelta(days=3)).date().isoformat()
    rows = (f"A-1,F1,{start} 10:30,45,mesa,,dialysis", f"A-1,F2,{start} 15:00,,,pending,")
    printed = house.clock.now().isoformat()
    rehearsed = await send(house, *rows, dry_run=True)
    nothing = await count(house, "appointment")
    first = await send(house, *rows, as_of=printed)
    words = await count(house, "appointment_event")
    again = await send(house, *rows, as_of=printed)
    unsaid = await count(house, "appointment_event")
    moved = await send(house, rows[0].replace("10:30", "11:30"))
    old = await send(house, *rows, as_of=printed)
    off = await send(house, rows[0].replace(",,dialysis", ",cancelled,"))
    listed = await house.client.get("/v1/appointments", headers=house.north.dana.headers)

    assert (rehearsed.json()["dry_run"], counted(rehearsed), nothing) == (True, (2, 0, 0), 0)
    assert (counted(first), counted(again)) == ((2, 0, 0), (0, 0, 2))
    assert words == unsaid == 2
    assert counted(moved) == (0, 1, 0)
    assert counted(old) == (0, 0, 2)
    assert counted(off) == (0, 1, 0)
    visits = {one["what"]: one for one in listed.json()["items"]}
    assert visits["dialysis"]["status"] == "cancelled"
    assert visits["dialysis"]["zone"] == "America/Denver"
    assert visits["dialysis"]["from_clinic"] is True
    assert visits[None]["status"] == "pending"
    assert await count(house, "audit WHERE action = 'day-list.import'") == 5


async def test_one_bad_row_stops_all(house: House) -> None:
    """Named by line and column, never by content; another patient's visit is not taken over."""
    await house.patient()
    await house.patient(external_id="B-2", phone="+16025550143")
    day = (house.clock.now() + timedelta(days=3)).date().isoformat()
    bad = await send(house, f"A-1,F1,{day} 10:30,,,,", f"Rosa-X,F2,{day} 10:30,,Hidden Clinic,,")
    assert (bad.status_code, bad.json()["code"]) == (422, "unprocessable")
    assert [one["pointer"] for one in bad.json()["errors"]] == ["/csv", "/csv"]
    said = " ".join(one["detail"] for one in bad.json()["errors"])
    assert "Line 3: patient_external_id" in said
    assert "Line 3: place" in said
    assert "Rosa-X" not in bad.text
    assert "Hidden" not in bad.text
    assert await count(house, "appointment") == 0
    assert counted(await send(house, f"A-1,F1,{day} 10:30,,,,")) == (1, 0, 0)
    stolen = await send(house, f"B-2,F1,{day} 10:30,,,,", f"B-2,F3,{day} 12:30,,,,")
    assert "Line 2: visit_id" in stolen.json()["errors"][0]["detail"]
    assert await count(house, "appointment") == 1
