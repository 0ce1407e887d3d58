"""The instruments beyond food: several answers, totals, and what is never texted."""

from typing import Any

import httpx

from tests.api.conftest import House

HOME, PROBLEMS = "ahc.living-situation", "ahc.housing-problems"
SEVERAL = "chosen-several"


async def start(house: House, instrument: str, channel: str = "staff", **patient: object) -> str:
    """Start a screening of a new patient and return its id."""
    made = await ask(house, instrument, channel, **patient)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def ask(house: House, instrument: str, channel: str, **fields: Any) -> httpx.Response:  # noqa: ANN401 - as patient() takes them
    """Ask for a screening of a new patient."""
    patient = await house.patient(**fields)
    return await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": instrument, "channel": channel},
        headers=house.north.dana.headers,
    )


async def enter(house: House, screening: str, answers: dict[str, object]) -> httpx.Response:
    """Type answers in."""
    return await house.client.post(
        f"/v1/screenings/{screening}/answers",
        json={"answers": answers},
        headers=house.north.dana.headers,
    )


async def test_several_options_are_typed_in(house: House) -> None:
    """Several problems are one answer in the order of the question; declined is not missing."""
    screening = await start(house, "ahc-living-situation")
    some = await enter(
        house, screening, {PROBLEMS: {"type": SEVERAL, "options": ["mold", "pests"]}}
    )
    done = await enter(house, screening, {HOME: {"type": "declined"}})
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)

    assert some.status_code == 200, some.text
    assert some.json()["missing"] == [HOME]
    assert some.json()["verdict"] is None
    (given,) = some.json()["answers"]
    assert given["answer"] == {"type": SEVERAL, "options": ["pests", "mold"]}
    assert (done.json()["status"], done.json()["missing"]) == ("completed", [])
    assert done.json()["verdict"] == {"type": "at-risk", "items": [PROBLEMS]}
    kinds = {one["question"]: one["answer"]["type"] for one in done.json()["answers"]}
    assert kinds == {HOME: "declined", PROBLEMS: SEVERAL}
    assert [one["subject"] for one in queue.json()["items"]] == ["need:inadequate-housing"]


async def test_a_contradiction_is_named_by_its_field(house: House) -> None:
    """An option beside "none" is refused by the question's name, and nothing is recorded."""
    screening = await start(house, "ahc-living-situation")
    both = await enter(
        house,
        screening,
        {
            HOME: {"type": "chosen", "option": "steady"},
            PROBLEMS: {"type": SEVERAL, "options": ["none", "mold"]},
        },
    )
    one = await enter(house, screening, {HOME: {"type": SEVERAL, "options": ["steady", "worried"]}})
    read = await house.client.get(f"/v1/screenings/{screening}", headers=house.north.dana.headers)

    assert (both.status_code, both.json()["code"]) == (422, "conflicting-answers")
    assert [wrong["pointer"] for wrong in both.json()["errors"]] == [f"/answers/{PROBLEMS}/options"]
    assert (one.status_code, one.json()["code"]) == (422, "no-such-answer")
    assert (read.json()["answers"], read.json()["missing"]) == ([], [HOME, PROBLEMS])


async def test_missing_is_never_no(house: House) -> None:
    """A question declined, or not known, leaves the verdict open although the other is safe."""
    screening = await start(house, "ahc-living-situation")
    done = await enter(
        house,
        screening,
        {HOME: {"type": "did-not-know"}, PROBLEMS: {"type": "chosen", "option": "none"}},
    )

    assert done.json()["verdict"] == {"type": "cannot-say", "missing": [HOME]}


async def test_what_is_never_texted_is_refused_by_text(house: House) -> None:
    """PHQ-9 item 9 can't be started by text; the list of instruments says so."""
    refused = await ask(house, "phq-9-item-9", "sms")
    listed = await house.client.get("/v1/instruments", headers=house.north.dana.headers)

    assert (refused.status_code, refused.json()["code"]) == (422, "not-by-text")
    assert [wrong["pointer"] for wrong in refused.json()["errors"]] == ["/channel"]
    channels = {one["id"]: one["channels"] for one in listed.json()["items"]}
    assert channels["phq-9-item-9"] == ["staff"]


async def test_depression_is_seen_the_same_day(house: House) -> None:
    """PHQ-2 at its cut-off is urgent work as soon as the answers reach it."""
    screening = await start(house, "phq-2")
    await enter(
        house, screening, {"phq.interest": {"type": "chosen", "option": "nearly-every-day"}}
    )
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)

    items = [(one["subject"], one["severity"]) for one in queue.json()["items"]]
    assert items == [("depression-screen", "urgent")]


async def test_a_shared_phone_is_never_asked_how_one_feels(house: House) -> None:
    """PHQ-2 by text is refused where others read the phone too."""
    await house.patient(given_name="Luis", external_id="another")
    refused = await ask(house, "phq-2", "sms")

    assert (refused.status_code, refused.json()["code"]) == (409, "phone-shared")
