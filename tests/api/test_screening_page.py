"""The one-time page of a screening or a check-in: one question, one tap, the same conversation."""

from datetime import timedelta
from typing import Any

import httpx

from engage.api.page_pace import MOST_MISSES, MOST_OF_PAGE, WAIT
from engage.ids import CheckInPlanId, PatientId, ScreeningId
from tests.api.conftest import PUBLIC_URL, House
from tests.fakes.practice import raw

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DANGER = "I want to kill myself"


async def link_of(house: House, screening: object, act: str = "renew") -> str:
    """Return the path of a screening's fresh page."""
    made = await house.client.post(
        f"/v1/screenings/{screening}/link", json={"act": act}, headers=house.north.dana.headers
    )
    assert made.status_code == 200, made.text
    assert made.json()["expires_at"]
    return str(made.json()["link"]).removeprefix(PUBLIC_URL)


async def tap(house: House, path: str, question: str, *answers: str) -> httpx.Response:
    """Answer on a page, some seconds later."""
    house.clock.advance(timedelta(seconds=20))
    body = "&".join((f"question={question}", *(f"answer={one}" for one in answers)))
    return await house.client.post(path, content=body, headers=FORM)


async def texts_of(house: House, patient: PatientId) -> list[str]:
    """Return the ids of the texts that were written to a patient, oldest first."""
    listed = await house.client.get(
        f"/v1/patients/{patient}/timeline", headers=house.north.dana.headers
    )
    found: list[dict[str, Any]] = listed.json()["items"]
    return [one["body"] for one in reversed(found) if one["type"] == "message"]


async def known(house: House, screening: ScreeningId) -> dict[str, Any]:
    """Return a screening as staff read it."""
    read = await house.client.get(f"/v1/screenings/{screening}", headers=house.north.dana.headers)
    assert read.status_code == 200
    return read.json()


async def test_a_tap_is_the_same_as_a_text(house: House) -> None:
    """Looking does nothing; a tap answers and is not texted back; help is asked on the page too."""
    patient = await house.patient()
    screening = await house.screening(patient)
    path = await link_of(house, screening)
    looked = [await house.client.get(path) for _ in range(2)]
    spanish = await house.client.get(f"{path}?lang=es")
    untouched = await known(house, screening)
    first = await tap(house, path, "hvs.worried", "often")
    second = await tap(house, path, "hvs.ran-out", "never")
    said = await texts_of(house, patient)
    wants = await tap(house, path, "help.want", "yes")
    after = await house.client.get(path)
    stands = await known(house, screening)
    needs = await house.client.get(
        f"/v1/patients/{patient}/needs", headers=house.north.dana.headers
    )

    page = looked[0].text
    assert (looked[0].status_code, looked[0].text) == (200, looked[1].text)
    assert "worried" in page
    assert "Rosa" not in page
    assert "Delgado" not in page
    assert "script" not in page
    assert "<title>North Clinic</title>" in page
    assert "width=device-width" in page
    assert looked[0].headers["referrer-policy"] == "no-referrer"
    assert looked[0].headers["cache-control"] == "no-store"
    assert "default-src 'none'" in looked[0].headers["content-security-policy"]
    assert "Prefiero no decirlo" in spanish.text
    assert (untouched["answers"], untouched["version"]) == ([], 1)
    assert (first.status_code, "just didn" in first.text) == (200, True)
    assert "do something about what you told us" in second.text
    assert len(said) == 1
    assert (wants.status_code, "Thank you" in wants.text) == (200, True)
    assert after.status_code == 410
    assert (stands["status"], stands["verdict"]["type"]) == ("completed", "at-risk")
    assert {one["reporter"] for one in stands["answers"]} == {"patient"}
    (need,) = needs.json()["items"]
    assert (need["status"], need["history"][-1]["by"]) == ("wanted", "patient")
    assert len(await texts_of(house, patient)) == 1


async def test_a_page_that_was_left_behind_loses_nothing(house: House) -> None:
    """A text answers meanwhile: the page says so kindly, and asks what is asked now."""
    patient = await house.patient()
    screening = await house.screening(patient)
    path = await link_of(house, screening)
    await house.text_in("never")
    stale = await tap(house, path, "hvs.worried", "often")
    twice = await tap(house, path, "hvs.worried", "never")
    declined = await tap(house, path, "hvs.ran-out", "~declined")
    answers = {one["question"]: one["answer"] for one in (await known(house, screening))["answers"]}

    assert (stale.status_code, "already here" in stale.text) == (409, True)
    assert "just didn" in stale.text
    assert (twice.status_code, "already here" in twice.text) == (200, False)
    assert declined.status_code == 200
    assert answers == {
        "hvs.worried": {"type": "chosen", "option": "never"},
        "hvs.ran-out": {"type": "declined"},
    }


async def test_what_is_no_page_says_so_calmly(house: House) -> None:
    """Unknown, revoked, run out, over and foreign links; what may only be asked by a person."""
    patient = await house.patient()
    screening = await house.screening(patient)
    path = await link_of(house, screening)
    renewed = await link_of(house, screening)
    old, guessed = await house.client.get(path), await house.client.get("/answer/" + "A" * 43)
    long = await house.client.get("/answer/" + "A" * 300)
    swapped = await house.client.get(renewed.replace("/answer/", "/referral/"))
    nothing = await tap(house, renewed, "hvs.worried")
    wrong = await tap(house, renewed, "hvs.worried", "nonsense")
    json = await house.client.post(renewed, json={"question": "hvs.worried"})
    foreign = await house.client.post(
        f"/v1/screenings/{screening}/link",
        json={"act": "renew"},
        headers=house.south.dana.headers,
    )
    by_hand = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "phq-9-item-9", "channel": "staff"},
        headers=house.north.dana.headers,
    )
    never = await house.client.post(
        f"/v1/screenings/{by_hand.json().get('id')}/link",
        json={"act": "renew"},
        headers=house.north.dana.headers,
    )

    untouched = await known(house, screening)
    house.clock.advance(timedelta(days=15))
    late = await house.client.get(renewed)
    late_tap = await tap(house, renewed, "hvs.worried", "often")

    assert (old.status_code, "kept" in old.text) == (410, True)
    assert {guessed.status_code, long.status_code, swapped.status_code} == {404}
    assert (nothing.status_code, wrong.status_code, json.status_code) == (422, 422, 422)
    assert "worried" in wrong.text
    assert foreign.status_code == 404
    assert (late.status_code, late_tap.status_code) == (410, 410)
    assert untouched["answers"] == []
    assert by_hand.status_code == 201, by_hand.text
    assert (never.status_code, never.json()["code"]) == (422, "not-on-a-page")


async def test_several_at_once_and_no_phone_needed(house: House) -> None:
    """Checkboxes where several may be true; "none" beside another is refused, nothing is lost."""
    patient = await house.patient()
    made = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "ahc-living-situation", "channel": "staff"},
        headers=house.north.dana.headers,
    )
    assert made.status_code == 201, made.text
    screening = ScreeningId(made.json()["id"])
    path, key = await link_of(house, screening), "ahc.housing-problems"
    shown = await tap(house, path, "ahc.living-situation", "steady")
    torn = await tap(house, path, key, "mold", "none")
    several = await tap(house, path, key, "mold", "pests")
    stands = await known(house, screening)

    assert 'type="checkbox"' in shown.text
    assert torn.status_code == 422
    assert several.status_code == 200
    answers = {one["question"]: one["answer"] for one in stands["answers"]}
    assert answers[key] == {"type": "chosen-several", "options": ["pests", "mold"]}
    assert stands["status"] == "completed"
    assert {one["reporter"] for one in stands["answers"]} == {"patient"}
    assert await texts_of(house, patient) == []


async def test_an_old_link_shows_nothing_of_later(house: House) -> None:
    """What another screening found is not asked on it; and whoever left is asked nothing."""
    patient = await house.patient()
    screening = await house.screening(patient)
    old = await link_of(house, screening)
    for question in ("hvs.worried", "hvs.ran-out"):
        await tap(house, old, question, "never")
    house.clock.advance(timedelta(minutes=5))
    newer = await house.screening(patient)
    own = await link_of(house, newer)
    for question in ("hvs.worried", "hvs.ran-out"):
        await tap(house, own, question, "often")
    asks, closed = await house.client.get(own), await house.client.get(old)
    made = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "ahc-living-situation", "channel": "staff"},
        headers=house.north.dana.headers,
    )
    third = await link_of(house, made.json()["id"])
    before = await house.client.get(third)
    await house.client.patch(
        f"/v1/patients/{patient}", json={"status": "inactive"}, headers=house.north.dana.headers
    )
    gone = await house.client.get(third)
    tapped = await tap(house, third, "ahc.living-situation", "steady")
    stands = await known(house, ScreeningId(made.json()["id"]))

    assert "do something about what you told us" in asks.text
    assert (closed.status_code, "do something" in closed.text) == (410, False)
    assert (before.status_code, gone.status_code) == (200, 410)
    assert "This page is closed" in tapped.text
    assert stands["answers"] == []


async def test_the_first_text_names_the_page_if_the_practice_wants_it(house: House) -> None:
    """An admin chooses; then the invitation holds the link; a crisis lets the questions wait."""
    patient = await house.patient()
    wanted = {"links_in_texts": True, "chase_after_days": 2}
    refused = await house.client.put(
        "/v1/practice-wishes", json=wanted, headers=house.north.dana.headers
    )
    chosen = await house.client.put(
        "/v1/practice-wishes", json=wanted, headers=house.north.admin.headers
    )
    await house.screening(patient)
    (body,) = await texts_of(house, patient)
    path = body.rpartition(PUBLIC_URL)[2]
    shown = await house.client.get(path)
    await house.text_in(DANGER)
    waits = await house.client.get(path)
    silent = await tap(house, path, "hvs.worried", "often")

    assert (refused.status_code, chosen.status_code) == (403, 200)
    assert "Or answer on a page: http" in body
    assert shown.status_code == 200
    assert "can wait" in waits.text
    assert (silent.status_code, "can wait" in silent.text) == (200, True)


async def test_a_check_in_has_its_page_too(house: House) -> None:
    """A number is asked for; one that nobody could have is refused; a limit is flagged."""
    patient = await house.patient()
    plan = await house.client.post(
        f"/v1/patients/{patient}/check-in-plans",
        json={
            "script": "weight",
            "cadence": "FREQ=DAILY;BYHOUR=10;BYMINUTE=30",
            "thresholds": {"weight.high": 185},
        },
        headers=house.north.dana.headers,
    )
    assert plan.status_code == 201, plan.text
    house.clock.advance(timedelta(minutes=31))
    await house.parts.turns.check_in_due(house.north.id, CheckInPlanId(plan.json()["id"]))
    listed = await house.client.get(
        f"/v1/patients/{patient}/check-ins", headers=house.north.dana.headers
    )
    screening = ScreeningId(listed.json()["items"][0]["screening_id"])
    path = await link_of(house, screening)
    await tap(house, path, "checkin.feeling", "same")
    asks = await house.client.get(path)
    body = "question=checkin.weight&number={}"
    silly = await house.client.post(path, content=body.format("9999"), headers=FORM)
    heavy = await house.client.post(path, content=body.format("190%2C5"), headers=FORM)
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)

    assert 'inputmode="decimal"' in asks.text
    assert silly.status_code == 422
    assert (heavy.status_code, "Thank you" in heavy.text) == (200, True)
    assert "check-in" in [one["subject"] for one in queue.json()["items"]]


async def test_the_language_of_the_page_may_become_theirs(house: House) -> None:
    """Looking in Spanish is no wish; a tap on it is recorded, and texts and page follow it."""
    patient = await house.patient()
    screening = await house.screening(patient)
    path = await link_of(house, screening)
    english = await house.client.get(path)
    spanish = await house.client.get(f"{path}?lang=es")
    record = f"/v1/patients/{patient}"
    looked = (await house.client.get(record, headers=house.north.dana.headers)).json()
    asked = await house.client.post(f"{path}?lang=es", content="speaks=es", headers=FORM)
    wished = (await house.client.get(record, headers=house.north.dana.headers)).json()
    said = await texts_of(house, patient)
    again = await house.client.get(path)
    other = await house.client.post(path, content="speaks=fr", headers=FORM)
    async with raw(house.databases.urls["admin"]) as rows:
        trail = await rows.fetch("SELECT actor FROM audit WHERE action = 'patient.language'")
        talk = await rows.fetchval("SELECT language FROM conversation")

    assert "speaks" not in english.text
    assert 'name="speaks" value="es"' in spanish.text
    assert (looked["language"], wished["language"]) == ("en", "es")
    assert asked.status_code == 200
    assert "De ahora en adelante le escribimos" in asked.text
    assert "speaks" not in asked.text
    # Their page opens in it; what is asked is on the page, and not texted once more.
    assert '<html lang="es">' in again.text
    assert len(said) == 1
    assert other.status_code == 422
    assert [row["actor"] for row in trail] == ["patient"]
    assert talk == "es"


async def test_who_asks_too_often_is_told_to_wait(house: House) -> None:
    """A page has its limit, and so have addresses that miss; nobody else is kept from theirs."""
    patient = await house.patient()
    screening = await house.screening(patient)
    path = await link_of(house, screening)
    misses = [
        (await house.client.get(f"/answer/none-{count}?lang=es")).status_code
        for count in range(MOST_MISSES + 1)
    ]
    waits = await house.client.get("/answer/another", headers={"Accept-Language": "es-MX"})
    organization = await house.client.get("/referral/another?lang=en")
    theirs = [(await house.client.get(path)).status_code for _ in range(MOST_OF_PAGE)]
    over = await house.client.get(path)
    house.clock.advance(WAIT)
    later = await house.client.get(path)

    assert misses == [404] * MOST_MISSES + [429]
    assert (waits.status_code, waits.headers["retry-after"]) == (429, "600")
    assert "Espere diez minutos" in waits.text
    assert waits.headers["content-security-policy"].startswith("default-src 'none'")
    assert (organization.status_code, "wait ten minutes" in organization.text) == (429, True)
    assert set(theirs) == {200}
    assert (over.status_code, "wait ten minutes" in over.text) == (429, True)
    assert later.status_code == 200
