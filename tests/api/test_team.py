"""Leave that everybody enters for themselves, people who serve two practices, who has how much."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from engage.audit import SYSTEM
from engage.ids import PatientId
from engage.people.staffing.store import add_membership, get_practice
from engage.queue.clocks import Calendar
from engage.queue.timing import follow_hours
from tests.api.conftest import House, Member, Office
from tests.api.story import Practice
from tests.fakes.practice import raw

WHILE = timedelta(minutes=10)
LOWER_PHONE = "+16025550177"


async def _do(
    house: House, who: Member, path: str, method: str = "POST", **body: object
) -> tuple[int, Any]:
    answer = await house.client.request(method, f"/v1{path}", json=body, headers=who.headers)
    return answer.status_code, answer.json()


async def _get(house: House, who: Member, path: str, **query: str) -> Any:  # noqa: ANN401 - a JSON body
    answer = await house.client.get(f"/v1{path}", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _audited(house: House, action: str) -> int:
    async with raw(house.databases.urls["admin"]) as admin:
        return await admin.fetchval("SELECT count(*) FROM audit WHERE action = $1", action)


async def _owned(house: House, manager: Member) -> str:
    """Let work of Rosa's come to her care manager."""
    rosa = await house.patient(care_manager_id=str(manager.id))
    await house.screening(rosa)
    await house.text_in("often")
    (item,) = (await _get(house, manager, "/queue"))["items"]
    assert item["owner"]["id"] == str(manager.id)
    return item["id"]


async def _joins(house: House, who: Member, office: Office) -> None:
    """Let somebody work in another practice, too."""
    async with house.databases.app.work([office.id], office.id) as work:
        await add_membership(
            work, office.id, who.id, "care_manager", at=house.clock.now(), by=SYSTEM
        )


async def _southern(house: House, manager: Member) -> dict[str, Any]:
    """Let work of a patient in the south come, whose care manager is named; return it."""
    south = house.south
    patient = PatientId(UUID((await _made(house, manager))["id"]))
    started = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "hunger-vital-sign", "channel": "sms"},
        headers=south.sam.headers,
    )
    assert started.status_code == 201, started.text
    taken = await house.client.post(
        "/simulator/inbound", json={"from": LOWER_PHONE, "to": south.number, "body": "often"}
    )
    assert taken.status_code == 202
    (item,) = (await _get(house, south.sam, "/queue"))["items"]
    return item


async def _made(house: House, manager: Member) -> Any:  # noqa: ANN401 - a JSON body
    made = await house.client.post(
        "/v1/patients",
        json={
            "external_id": "S-1",
            "given_name": "Lena",
            "family_name": "Ortiz",
            "language": "en",
            "birth_date": "1950-01-02",
            "time_zone": "America/Phoenix",
            "phone": LOWER_PHONE,
            "care_manager_id": str(manager.id),
        },
        headers=house.south.sam.headers,
    )
    assert made.status_code == 201, made.text
    return made.json()


async def test_everybody_enters_their_own_leave_and_sees_what_would_move(house: House) -> None:
    """What is foretold happens; who covers is here then; a leave not begun is called off."""
    dana, sam, boss = house.north.dana, house.north.sam, house.north.admin
    item = await _owned(house, dana)
    now = house.clock.now()
    body: dict[str, Any] = {
        "absent_id": str(dana.id),
        "cover_id": str(sam.id),
        "from_at": (now + WHILE).isoformat(),
        "until_at": (now + 3 * WHILE).isoformat(),
    }
    asked = {
        "staff": body["absent_id"],
        "cover": body["cover_id"],
        "from": body["from_at"],
        "until": body["until_at"],
    }
    foretold = await _get(house, dana, "/covers/preview", **asked)
    by_boss = await _get(house, boss, "/covers/preview", **asked)
    strange = await house.client.get(
        "/v1/covers/preview", params=asked, headers=house.south.admin.headers
    )
    status, leave = await _do(house, dana, "/covers", **body)
    # Whoever will be away then can't cover, and nobody enters leave of others.
    circle = body | {"absent_id": str(sam.id), "cover_id": str(dana.id)}
    away = await _do(house, sam, "/covers", **circle)
    others = await _do(house, sam, "/covers", **(body | {"cover_id": str(boss.id)}))
    changed = await _do(house, sam, f"/covers/{leave['id']}", "PATCH", end_now=True)
    off = await _do(house, dana, f"/covers/{leave['id']}", "PATCH", end_now=True)
    house.clock.set(now + WHILE)
    await Practice(house).work()
    kept = await _get(house, dana, f"/queue/{item}")
    again = await _do(house, dana, "/covers", **(body | {"from_at": (now + WHILE).isoformat()}))
    await Practice(house).work()

    far = asked | {"from": "9999-12-31T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    odd = [
        await house.client.get("/v1/covers/preview", params=one, headers=dana.headers)
        for one in (far, asked | {"until": asked["from"]}, asked | {"cover": asked["staff"]})
    ]

    assert {one.json()["code"] for one in odd} == {"not-a-cover"}
    assert foretold == by_boss
    assert (foretold["items"], foretold["crises"], foretold["stays"]) == (1, 0, 0)
    assert [(one["staff"]["id"], one["items"]) for one in foretold["goes"]] == [(str(sam.id), 1)]
    assert strange.status_code == 422
    assert strange.json()["code"] == "unknown-staff"
    assert (status, away[0], away[1]["code"]) == (201, 422, "not-here")
    assert (others[0], changed[0], off[0]) == (403, 403, 200)
    assert kept["owner"]["id"] == str(dana.id)
    assert again[0] == 201
    assert (await _get(house, sam, f"/queue/{item}"))["owner"]["id"] == str(sam.id)


async def test_who_serves_two_practices_is_full_over_both(house: House) -> None:
    """Capacity counts what one holds anywhere, says no more of it, and never crosses a wall."""
    dana, south = house.north.dana, house.south
    await _owned(house, dana)
    await _joins(house, dana, south)
    await _do(house, south.admin, f"/staff/{dana.id}/duty", "PUT", capacity=1)
    full = await _southern(house, dana)
    claimed = await _do(house, dana, f"/queue/{full['id']}/claim")
    released = await _do(house, dana, f"/queue/{full['id']}/release")
    load = await _get(house, south.admin, f"/practices/{south.id}/load")
    hers = next(one for one in load["people"] if one["staff"]["id"] == str(dana.id))
    await _do(house, south.admin, f"/staff/{dana.id}/duty", "PUT", capacity=3)
    await _do(house, dana, f"/queue/{full['id']}/claim")
    roomy = await _do(house, dana, f"/queue/{full['id']}/release")
    stranger = await _do(
        house, south.admin, f"/queue/{full['id']}/hand-over", to=str(house.north.sam.id), reason="x"
    )
    now = house.clock.now()
    no_cover = await _do(
        house,
        dana,
        "/covers",
        absent_id=str(dana.id),
        cover_id=str(house.north.sam.id),
        from_at=now.isoformat(),
        until_at=(now + WHILE).isoformat(),
        practice_id=str(south.id),
    )
    # Away in the south alone: her work there goes to who covers there, that of the north stays.
    leave = await _do(
        house,
        dana,
        "/covers",
        absent_id=str(dana.id),
        cover_id=str(south.sam.id),
        from_at=now.isoformat(),
        until_at=(now + WHILE).isoformat(),
        practice_id=str(south.id),
    )
    await Practice(house).work()

    assert full["owner"]["id"] in {str(one.id) for one in (south.dana, south.sam, south.admin)}
    assert "has as much as they should" in full["owner_why"]
    assert (claimed[0], released[1]["owner"]["id"]) == (200, full["owner"]["id"])
    assert (hers["capacity"], hers["elsewhere"]) == (1, 1)
    assert roomy[1]["owner"]["id"] == str(dana.id)
    assert (stranger[0], no_cover[0], leave[0]) == (422, 422, 201)
    listed = (await _get(house, dana, "/queue"))["items"]
    owners = {one["practice_id"]: one["owner"]["id"] for one in listed}
    assert owners == {str(house.north.id): str(dana.id), str(south.id): str(south.sam.id)}


async def test_who_directs_sees_load_and_what_is_late(house: House) -> None:
    """Late is what nobody answered in time; every hop of its climb is seen, and can be undone."""
    dana, boss, north = house.north.dana, house.north.admin, house.north
    await _owned(house, dana)
    await house.text_in("i want to die")
    practice = Practice(house)
    await practice.work()
    house.clock.set(house.clock.now() + timedelta(minutes=16))
    await practice.work()
    load = await _get(house, boss, f"/practices/{north.id}/load")
    hers = next(one for one in load["people"] if one["staff"]["id"] == str(dana.id))
    late = await _get(house, boss, f"/practices/{north.id}/late")
    (crisis,) = late["items"]
    seen = await _audited(house, "late.list")
    hops = await _audited(house, "item.paged")
    item = crisis["item"]["id"]
    await _do(house, dana, f"/queue/{item}/acknowledge")
    (held,) = (await _get(house, boss, f"/practices/{north.id}/late"))["items"]
    await _do(house, boss, f"/queue/{item}/hand-over", to=str(north.sam.id), reason="Dana is busy")
    (handed,) = (await _get(house, boss, f"/practices/{north.id}/late", limit="1"))["items"]
    answered = await _do(house, north.sam, f"/queue/{item}/claim")
    closed = await _do(
        house, north.sam, f"/queue/{item}/complete", outcome="reached-patient", note="She is safe."
    )
    after = await _get(house, boss, f"/practices/{north.id}/late")
    refused = [
        await house.client.get(f"/v1/practices/{of.id}/{what}", headers=who.headers)
        for what in ("load", "late")
        for who, of in ((dana, north), (boss, house.south))
    ]

    assert hers["open"] == {"crisis": 1, "possible": 0, "urgent": 0, "routine": 1}
    assert (hers["late"], hers["capacity"], hers["elsewhere"]) == (1, None, 0)
    assert hers["waiting_since"] is not None
    assert crisis["item"]["severity"] == "crisis"
    assert (seen, await _audited(house, "load.read")) == (1, 1)
    assert len({hop["step"] for hop in crisis["hops"]}) == hops == 2
    assert crisis["hops"][0]["staff"]["id"] == str(dana.id)
    assert held["held_until"] is not None
    assert held["next_at"] == held["held_until"]
    assert handed["item"]["owner"]["id"] == str(north.sam.id)
    assert handed["held_until"] is None
    assert (answered[0], closed[0], after["items"]) == (200, 200, [])
    assert [one.status_code for one in refused] == [403, 404, 403, 404]


async def test_a_due_time_says_why_and_follows_the_hours(house: House) -> None:
    """The rule and the moment stand beside it; new hours move it, and what can't wait stays."""
    dana, north = house.north.dana, house.north
    item = await _owned(house, dana)
    await house.text_in("i want to die")
    listed = (await _get(house, dana, "/queue"))["items"]
    crisis = next(one["id"] for one in listed if one["severity"] == "crisis")
    before, grave = [await _get(house, dana, f"/queue/{one}") for one in (item, crisis)]
    handed = await _do(house, dana, f"/queue/{item}/hand-over", to=str(north.sam.id), reason="x")
    async with house.databases.app.work([north.id], north.id) as work:
        its = await get_practice(work, north.id)
        old = Calendar(its.time_zone, its.business_hours, its.holidays)
        new = Calendar(its.time_zone, {"sat": ((time(10), time(12)),)}, its.holidays)
        moved = await follow_hours(work, north.id, old, new, house.clock.now())
    after, still = [await _get(house, dana, f"/queue/{one}") for one in (item, crisis)]

    assert before["due_why"]["rule"] == "business-days"
    assert before["due_why"]["from_at"] == before["opened_at"]
    assert before["due_why"]["business_minutes"] > 0
    assert (grave["due_why"]["rule"], grave["due_why"]["business_minutes"]) == ("at-once", None)
    assert handed[1]["due_at"] == before["due_at"]
    assert moved == await _audited(house, "item.retimed") == 1
    assert after["due_at"] != before["due_at"]
    assert still["due_at"] == grave["due_at"]
