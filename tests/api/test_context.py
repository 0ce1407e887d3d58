"""Before somebody calls: why it was flagged, what left by itself, who is next, who else helps."""

from datetime import timedelta
from typing import Any

from engage.ids import CheckInPlanId
from tests.api.conftest import House, Member
from tests.api.test_paging import crisis
from tests.fakes.practice import raw

WORDS = "😰 Mi hija dice que my chest hurts, no se que hacer"


async def _get(house: House, who: Member, path: str) -> Any:  # noqa: ANN401 - a JSON body
    answer = await house.client.get(f"/v1{path}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _do(house: House, who: Member, path: str, method: str = "POST", **body: object) -> Any:  # noqa: ANN401
    answer = await house.client.request(method, f"/v1{path}", json=body, headers=who.headers)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def _audited(house: House, action: str) -> int:
    async with raw(house.databases.urls["admin"]) as admin:
        return await admin.fetchval("SELECT count(*) FROM audit WHERE action = $1", action)


async def test_an_item_explains_itself(house: House) -> None:
    """Places, reasons, surety, the reader's name, what left and who is next; nothing is changed."""
    dana, sam = house.north.dana, house.north.sam
    item = await crisis(house)
    house.clock.advance(timedelta(minutes=1))
    await house.text_in(WORDS)
    before = await _get(house, dana, f"/queue/{item}")

    told = await _get(house, dana, f"/queue/{item}/explanation")

    newest, first = told["readings"]
    assert newest["words"] == WORDS
    (found,) = [one for one in newest["found"] if one["rule"] == "chest-pain"]
    assert WORDS[found["start"] : found["end"]] == "chest hurts"
    assert found["why_en"].startswith("Chest pain")
    assert found["why_es"].startswith("Dolor")
    assert (newest["surety"], newest["sure"]) == ("rule", "certain")
    assert newest["probability"] > 0
    assert all(one["again"] for one in (*newest["flagged"], *first["flagged"]))
    assert newest["added"] == first["added"] == []
    assert told["model_version"]
    assert {one["what"] for one in told["left"]} == {"safety"}
    assert all("911" in one["body"] for one in told["left"])
    # Dana owns nobody's patients here: whoever was told first, the other is next.
    (paged,) = {one["staff"]["id"] for one in before["paging"]["pages"]}
    assert told["next_told"]["at"] == before["paging"]["next_at"]
    assert paged not in {one["id"] for one in told["next_told"]["staff"]}
    assert told["next_told"]["why"]
    assert await _get(house, dana, f"/queue/{item}") == before
    assert await _audited(house, "item.explanation-read") == 1

    other = await house.client.get(
        f"/v1/queue/{item}/explanation", headers=house.south.dana.headers
    )
    assert other.status_code == 404
    await _do(house, sam, f"/queue/{item}/complete", outcome="reached-patient")
    assert (await _get(house, dana, f"/queue/{item}/explanation"))["next_told"] is None


async def test_a_reader_that_thinks_otherwise_now_says_so(house: House) -> None:
    """What was flagged then and is not found any more is named, and so is what is found besides."""
    item = await crisis(house)
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE flag SET rule = 'redflag/gone' WHERE item_id = $1", item)

    (read,) = (await _get(house, house.north.dana, f"/queue/{item}/explanation"))["readings"]

    assert [(one["rule"], one["again"]) for one in read["flagged"]] == [("gone", False)]
    assert "suicide" in read["added"]


async def test_one_person_answers_for_somebody_and_everybody_who_helps_is_named(
    house: House,
) -> None:
    """Family and what they may be told, calls, work that is over; the one who has it, also away."""
    dana, sam, boss = house.north.dana, house.north.sam, house.north.admin
    item = await house.item()
    rosa = (await _get(house, dana, f"/queue/{item}"))["patient"]["id"]
    path = f"/patients/{rosa}"
    nobody = (await _get(house, dana, f"{path}/context"))["care_team"]
    assert (nobody["because"], nobody["accountable"]["id"]) == ("responsible", str(boss.id))

    await _do(house, boss, path, "PATCH", care_manager_id=str(dana.id))
    sofia = await _do(
        house,
        dana,
        f"{path}/caregivers",
        given_name="Sofia",
        family_name="Delgado",
        language="es",
        relationship="daughter",
    )
    await _do(
        house, dana, f"{path}/grants", caregiver_id=sofia["id"], category="visits", how="verbal"
    )
    await _do(house, dana, f"{path}/contacts", channel="phone", outcome="no-answer")
    await _do(house, dana, f"/queue/{item}/complete", outcome="could-not-reach")
    now = house.clock.now()
    leave = {"absent_id": str(dana.id), "cover_id": str(sam.id)}
    until = now + timedelta(days=2)
    span = {"from_at": now.isoformat(), "until_at": until.isoformat()}
    await _do(house, boss, "/covers", **leave, **span)

    around = await _get(house, sam, f"{path}/context")

    (family,) = around["caregivers"]
    assert (family["given_name"], family["may_be_told"]) == ("Sofia", ["visits"])
    assert family["safe"] is True
    assert around["last_screening"]["instrument"] == "hunger-vital-sign"
    assert [one["outcome"] for one in around["earlier"]] == ["could-not-reach"]
    assert [one["staff_name"] for one in around["called"]] == ["Dana Whitfield"]
    assert around["next_visit"] is None
    team = around["care_team"]
    assert (team["because"], team["accountable"]["id"]) == ("assigned", str(dana.id))
    assert team["away"]["cover"]["id"] == team["acting"]["id"] == str(sam.id)
    assert "cover" in team["acting_why"]
    assert (team["practice"], team["organizations"], team["hospitals"]) == ("North Clinic", [], [])
    assert await _audited(house, "patient.context") == 2

    other = await house.client.get(f"/v1{path}/context", headers=house.south.dana.headers)
    assert other.status_code == 404


async def test_a_timeline_may_be_of_one_kind(house: House) -> None:
    """A kind alone is the whole of it in the same order, page by page; no other kind is there."""
    dana = house.north.dana
    item = await house.item()
    path = f"/patients/{(await _get(house, dana, f'/queue/{item}'))['patient']['id']}/timeline"
    every = (await _get(house, dana, path))["items"]

    for kind in {one["type"] for one in every}:
        wanted = [one for one in every if one["type"] == kind]
        page = await _get(house, dana, f"{path}?kind={kind}&limit=1")
        read = page["items"]
        while page["next"]:
            page = await _get(house, dana, f"{path}?kind={kind}&limit=1&cursor={page['next']}")
            read += page["items"]
        assert read == wanted, kind
    wrong = await house.client.get(f"/v1{path}?kind=gossip", headers=dana.headers)
    assert wrong.status_code == 400


async def test_calls_needs_and_check_ins_stand_in_the_timeline(house: House) -> None:
    """What was said on the phone, what became of a need, and what was asked regularly."""
    dana = house.north.dana
    item = await house.item()
    patient = (await _get(house, dana, f"/queue/{item}"))["patient"]["id"]
    logged = {"channel": "phone", "outcome": "no-answer", "note": "rang twice"}
    await _do(house, dana, f"/patients/{patient}/contacts", **logged)
    daily = {"script": "chronic-care", "cadence": "FREQ=DAILY;BYHOUR=10"}
    plan = await _do(house, dana, f"/patients/{patient}/check-in-plans", **daily)
    async with raw(house.databases.urls["admin"]) as admin:
        moved = "UPDATE check_in_plan SET next_at = $1 RETURNING id"
        due = await admin.fetchval(moved, house.clock.now())
    assert str(due) == plan["id"]
    await house.parts.turns.check_in_due(house.north.id, CheckInPlanId(due))

    path = f"/patients/{patient}/timeline"
    told = {
        kind: (await _get(house, dana, f"{path}?kind={kind}"))["items"]
        for kind in ("call", "need", "check-in")
    }
    (call,), (asked,) = told["call"], told["check-in"]
    assert (call["channel"], call["direction"], call["outcome"]) == ("phone", "out", "no-answer")
    assert (call["note"], call["staff_id"]) == ("rang twice", str(dana.id))
    assert (asked["script"], asked["why"]) == ("chronic-care", None)
    assert asked["state"] == "asked"
    assert asked["screening_id"]
    assert [(one["domain"], one["act"]) for one in told["need"]] == [("food-insecurity", "find")]
    every = (await _get(house, dana, f"{path}?limit=100"))["items"]
    assert {"call", "need", "check-in", "message", "item"} <= {one["type"] for one in every}
