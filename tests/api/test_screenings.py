"""Screenings: asked, typed in, read."""

import httpx

from tests.api.conftest import House


async def _answer(house: House, screening: object, **answers: object) -> httpx.Response:
    named = {name.replace("__", ".").replace("_", "-"): value for name, value in answers.items()}
    return await house.client.post(
        f"/v1/screenings/{screening}/answers",
        json={"answers": named},
        headers=house.north.dana.headers,
    )


async def test_instruments_come_in_their_exact_wording(house: House) -> None:
    """Each instrument is listed with wording, licence and how far it can be trusted."""
    answer = await house.client.get("/v1/instruments", headers=house.north.dana.headers)

    hunger = next(one for one in answer.json()["items"] if one["id"] == "hunger-vital-sign")
    assert hunger["languages"] == {"en": "official", "es": "draft"}
    assert hunger["license"]
    assert hunger["questions"][0]["text"]["en"].startswith("Within the past 12 months")


async def test_staff_type_answers_in(house: House) -> None:
    """Answers given to a person are recorded as theirs and triaged like texts."""
    patient = await house.patient(phone=None)
    screening = await house.screening(patient, "staff")
    done = await _answer(
        house,
        screening,
        hvs__worried={"type": "chosen", "option": "often"},
        hvs__ran_out={"type": "declined"},
    )
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)

    assert done.status_code == 200, done.text
    assert done.json()["status"] == "completed"
    assert done.json()["verdict"]["type"] == "at-risk"
    assert {one["reporter"] for one in done.json()["answers"]} == {"staff"}
    assert [one["subject"] for one in queue.json()["items"]] == ["need:food-insecurity"]


async def test_what_the_instrument_does_not_offer_is_refused(house: House) -> None:
    """An unknown question, option or instrument is a 422, and nothing is recorded."""
    patient = await house.patient()
    screening = await house.screening(patient, "staff")
    unknown = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "nobody-knows", "channel": "staff"},
        headers=house.north.dana.headers,
    )
    option = await _answer(house, screening, hvs__worried={"type": "chosen", "option": "maybe"})
    question = await _answer(house, screening, nothing={"type": "declined"})
    both = await _answer(
        house, screening, hvs__worried={"type": "declined"}, nothing={"type": "declined"}
    )
    read = await house.client.get(f"/v1/screenings/{screening}", headers=house.north.dana.headers)

    assert (unknown.status_code, unknown.json()["code"]) == (422, "no-such-instrument")
    assert {option.status_code, question.status_code, both.status_code} == {422}
    pointers = [one.json()["errors"][0]["pointer"] for one in (option, question, both)]
    assert pointers == ["/answers/hvs.worried", "/answers/nothing", "/answers/nothing"]
    assert read.json()["answers"] == []


async def test_without_a_phone_nothing_is_texted(house: House) -> None:
    """A screening by text needs a phone; the problem says so."""
    patient = await house.patient(phone=None)

    answer = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "hunger-vital-sign", "channel": "sms"},
        headers=house.north.dana.headers,
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "no-phone")


async def test_an_id_is_used_once(house: House) -> None:
    """A screening with an id that is taken is refused, and the other stays as it is."""
    patient = await house.patient()
    screening = await house.screening(patient, "staff")
    answer = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "hunger-vital-sign", "channel": "staff", "id": str(screening)},
        headers=house.north.dana.headers,
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "id-taken")


async def _ask(house: House, patient: object) -> httpx.Response:
    return await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "hunger-vital-sign", "channel": "sms"},
        headers=house.north.dana.headers,
    )


async def test_nobody_is_asked_the_same_twice_at_once(house: House) -> None:
    """A screening that is under way can't be started again beside itself."""
    patient = await house.patient()
    await house.screening(patient)

    again = await _ask(house, patient)

    assert again.status_code == 409
    assert again.json()["code"] == "already-asked"


async def test_a_phone_that_said_stop_is_not_asked(house: House) -> None:
    """Staff hear at once that a screening can't go by text, instead of waiting for an answer."""
    patient = await house.patient()
    await house.text_in("STOP")

    refused = await _ask(house, patient)

    assert refused.status_code == 409
    assert refused.json()["code"] == "phone-opted-out"
