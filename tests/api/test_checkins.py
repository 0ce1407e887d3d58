"""Check-in plans over the API: begun, refused by field, changed, read."""

from datetime import timedelta
from uuid import UUID

from engage.audit import SYSTEM
from engage.clock import fresh_id
from engage.ids import CaregiverId, CheckInPlanId, PatientId
from engage.people.caregiver import NewCaregiver
from engage.people.circle import store as circle
from engage.people.phone import PhoneNumber
from tests.api.conftest import House
from tests.fakes.practice import raw

PLAN = {"script": "chronic-care", "cadence": "FREQ=DAILY;BYHOUR=10"}


async def _begin(house: House, patient: object, **fields: object) -> dict[str, object]:
    answer = await house.client.post(
        f"/v1/patients/{patient}/check-in-plans",
        json={**PLAN, **fields},
        headers=house.north.dana.headers,
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/check-in-plans/{answer.json()['id']}"
    return {**answer.json(), "etag": answer.headers["etag"]}


async def _comes(house: House, plan: dict[str, object], ago: timedelta) -> None:
    """Let a plan be due since a while ago, and the worker find it; no token grows old by that."""
    async with raw(house.databases.urls["admin"]) as rows:
        await rows.execute(
            "UPDATE check_in_plan SET next_at = $2 WHERE id = $1",
            UUID(str(plan["id"])),
            house.clock.now() - ago,
        )
    await house.parts.turns.check_in_due(house.north.id, CheckInPlanId(UUID(str(plan["id"]))))


async def test_a_plan_is_begun_asked_and_read(house: House) -> None:
    """What is asked and answered stands under its plan, each answer with its flags."""
    patient = await house.patient()
    plan = await _begin(house, patient)
    again = await _begin(house, patient, script="weight", thresholds={"weight.high": 185})
    await _comes(house, plan, timedelta())
    scripts = await house.client.get("/v1/check-in-scripts", headers=house.north.dana.headers)
    needed = {
        limit["name"]: limit["unit"]
        for one in scripts.json()["items"]
        for limit in one["thresholds"]
        if one["id"] == "weight" and limit["required"]
    }
    assert needed == {"weight.high": "lb"}
    assert {one["review"] for one in scripts.json()["items"]} == {"not validated; clinician review"}
    first = await house.client.get(
        f"/v1/patients/{patient}/check-ins?limit=1", headers=house.north.dana.headers
    )
    (item,) = first.json()["items"]
    typed = await house.client.post(
        f"/v1/screenings/{item['screening_id']}/answers",
        json={"answers": {"checkin.feeling": {"type": "chosen", "option": "worse"}}},
        headers=house.north.dana.headers,
    )
    read = await house.client.get(
        f"/v1/patients/{patient}/check-ins", headers=house.north.dana.headers
    )

    assert typed.status_code == 200, typed.text
    assert {one["id"] for one in read.json()["plans"]} == {again["id"], plan["id"]}
    assert plan["time_zone"] == "America/Phoenix"
    asked = next(one for one in read.json()["items"] if one["status"] == "asked")
    (given,) = asked["answers"]
    assert given["answer"] == {"type": "chosen", "option": "worse"}
    assert given["reporter"] == "staff"
    assert [(flag["level"], flag["severity"]) for flag in given["flags"]] == [("amber", "routine")]


async def test_occurrences_come_in_pages(house: House) -> None:
    """A list is followed by its cursor, newest first, and nothing stands twice or is left out."""
    patient = await house.patient()
    start = (house.clock.now() - timedelta(days=9)).date()
    plan = await _begin(house, patient, start=str(start))
    await _comes(house, plan, timedelta(days=4))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await house.client.get(
            f"/v1/patients/{patient}/check-ins?limit=2{cursor}", headers=house.north.dana.headers
        )
        seen += [one["occurrence"] for one in page.json()["items"]]
        if page.json()["next"] is None:
            break
        cursor = f"&cursor={page.json()['next']}"

    assert len(seen) >= 5
    assert seen == sorted(set(seen), reverse=True)


REFUSED: list[tuple[dict[str, object], str, str]] = [
    ({"script": "nobody-knows"}, "no-such-script", "/script"),
    ({"cadence": "daily"}, "not-a-cadence", "/cadence"),
    ({"cadence": "FREQ=HOURLY"}, "too-often", "/cadence"),
    ({"cadence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "never-due", "/cadence"),
    ({"start": "1999-01-01"}, "never-due", "/start"),
    ({"anchor": "discharge"}, "start-needed", "/start"),
    ({"thresholds": {"height": 3}}, "no-such-threshold", "/thresholds/height"),
    ({"script": "weight"}, "threshold-needed", "/thresholds/weight.high"),
    (
        {"answerer": "01931f00-0000-7000-8000-000000000009"},
        "not-their-helper",
        "/answerer",
    ),
]


async def test_what_cannot_be_kept_names_its_field(house: House) -> None:
    """An impossible plan is a 422 with its own code and the place at fault; nothing is written."""
    patient = await house.patient()
    for fields, code, pointer in REFUSED:
        answer = await house.client.post(
            f"/v1/patients/{patient}/check-in-plans",
            json={**PLAN, **fields},
            headers=house.north.dana.headers,
        )
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    read = await house.client.get(
        f"/v1/patients/{patient}/check-ins", headers=house.north.dana.headers
    )
    assert read.json() == {"plans": [], "items": [], "next": None}


async def test_a_plan_is_paused_skipped_and_ended(house: House) -> None:
    """Each change is one version on; on another version it is a 412, and an end is for good."""
    patient = await house.patient()
    plan = await _begin(house, patient)
    path = f"/v1/check-in-plans/{plan['id']}"
    until = (house.clock.now() + timedelta(days=3)).isoformat()

    async def change(tag: object, **fields: object) -> tuple[int, dict[str, object], str]:
        headers = {**house.north.dana.headers, "If-Match": str(tag)}
        answer = await house.client.patch(path, json=fields, headers=headers)
        return answer.status_code, answer.json(), answer.headers.get("etag", "")

    status, skipped, tag = await change(plan["etag"], skip_next=True)
    assert (status, skipped["version"]) == (200, 2)
    assert str(skipped["next_at"]) > str(plan["next_at"])
    assert (await change(plan["etag"], status="paused"))[0] == 412
    status, paused, tag = await change(tag, status="paused", until=until)
    assert (status, paused["status"]) == (200, "paused")
    assert (await change(tag, until=until))[1]["code"] == "unprocessable"
    over = (house.clock.now() - timedelta(days=3)).isoformat()
    status, refused, _ = await change(tag, status="paused", until=over)
    assert (status, "/until" in str(refused["errors"])) == (422, True)
    assert (await change(tag, skip_next=True))[1]["code"] == "nothing-to-skip"
    status, _, tag = await change(tag, status="active")
    assert status == 200
    status, over, tag = await change(tag, status="ended")
    assert (status, over["next_at"]) == (200, None)
    assert (await change(tag, status="active"))[1]["code"] == "plan-ended"
    read = await house.client.get(
        f"/v1/patients/{patient}/check-ins", headers=house.north.dana.headers
    )
    assert [(one["status"], one["why"]) for one in read.json()["items"]] == [
        ("skipped", "by-staff")
    ]


async def test_plans_stay_in_their_practice(house: House) -> None:
    """What another practice has is not there: not to begin, not to change, not to read."""
    patient = await house.patient()
    plan = await _begin(house, patient)
    headers = house.south.dana.headers
    answers = [
        await house.client.post(
            f"/v1/patients/{patient}/check-in-plans", json=PLAN, headers=headers
        ),
        await house.client.patch(
            f"/v1/check-in-plans/{plan['id']}", json={"status": "ended"}, headers=headers
        ),
        await house.client.get(f"/v1/patients/{patient}/check-ins", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_a_plan_is_begun_once(house: House) -> None:
    """A repeated POST with its key begins one plan; another with the same id is refused."""
    patient, own = await house.patient(), str(fresh_id(house.clock))
    headers = {**house.north.dana.headers, "Idempotency-Key": "plan-1"}
    body = {**PLAN, "id": own}
    path = f"/v1/patients/{patient}/check-in-plans"
    one = await house.client.post(path, json=body, headers=headers)
    same = await house.client.post(path, json=body, headers=headers)
    other = await house.client.post(path, json=body, headers=house.north.dana.headers)

    assert (one.status_code, one.content) == (same.status_code, same.content)
    assert (other.status_code, other.json()["code"]) == (409, "id-taken")


async def test_a_caregiver_may_answer(house: House) -> None:
    """A caregiver with a phone whom the patient lets answer is taken, and for as long as that."""
    patient = PatientId(UUID(str(await house.patient())))
    caregiver = CaregiverId(fresh_id(house.clock))
    new = NewCaregiver(
        id=caregiver,
        given_name="Elena",
        family_name="Alvarez",
        language="es",
        phone=PhoneNumber("+16025550151"),
    )
    async with house.databases.app.work([house.north.id], house.north.id) as work:
        at = house.clock.now()
        await circle.add_caregiver(
            work, house.north.keys, new, patient, "daughter", at=at, by=SYSTEM
        )
    path, by = f"/v1/patients/{patient}", house.north.dana.headers
    body = {
        "script": "chronic-care",
        "cadence": "FREQ=DAILY",
        "answerer": str(caregiver),
    }
    refused = await house.client.post(f"{path}/check-in-plans", json=body, headers=by)
    assert (refused.status_code, refused.json()["code"]) == (422, "not-allowed-to-answer")
    allowed = {"caregiver_id": str(caregiver), "category": "check-ins", "how": "verbal"}
    granted = await house.client.post(
        f"{path}/grants", json=allowed | {"verbs": ["see", "answer"]}, headers=by
    )
    plan = await _begin(house, patient, answerer=str(caregiver))

    assert plan["answerer"] == str(caregiver)
    # To see is not to answer: the plan rests when that is all that is left.
    less = await house.client.patch(
        f"/v1/grants/{granted.json()['id']}",
        json={"verbs": ["see"]},
        headers=by | {"If-Match": granted.headers["etag"]},
    )
    assert less.status_code == 200, less.text
    after = await house.client.get(f"{path}/check-ins", headers=by)
    assert [one["status"] for one in after.json()["plans"]] == ["paused"]
