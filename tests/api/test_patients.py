"""Patients: created, found, changed, with versions and an audit of who looked."""

from datetime import UTC, datetime
from typing import Any

import asyncpg

from engage.ids import uuid7
from tests.api.conftest import ROSAS_PHONE, House


async def _audit(house: House) -> list[str]:
    connection = await asyncpg.connect(house.databases.urls["admin"])
    rows = await connection.fetch(
        "SELECT action FROM audit WHERE actor = 'staff' AND patient_id IS NOT NULL ORDER BY id"
    )
    await connection.close()
    return [row["action"] for row in rows]


async def test_a_patient_comes_back_as_given(house: House) -> None:
    """What was given is kept, the phone in one form; the answer says where and which version."""
    made = await house.client.post(
        "/v1/patients",
        json={
            "external_id": "A-1",
            "given_name": "Rosa",
            "family_name": "Delgado",
            "birth_date": "1958-04-17",
            "language": "es",
            "time_zone": "America/Phoenix",
            "phone": "(602) 555-0142",
            "care_manager_id": str(house.north.dana.id),
        },
        headers=house.north.dana.headers,
    )
    read = await house.client.get(made.headers["location"], headers=house.north.sam.headers)

    assert made.status_code == 201
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"] == '"1"'
    assert read.json()["phone"] == ROSAS_PHONE
    assert read.json()["birth_date"] == "1958-04-17"
    assert read.json()["care_manager"]["given_name"] == "Dana"


async def test_a_client_may_choose_the_id_once(house: House) -> None:
    """An offline client's own UUIDv7 is kept; the second patient with it is refused."""
    own = str(uuid7(house.clock.now(), b"0123456789"))
    made = await house.patient(id=own)
    body = {"id": own, "external_id": "A-2", "given_name": "E", "family_name": "E"}
    again = await house.client.post(
        "/v1/patients", json=body | {"language": "en"}, headers=house.north.dana.headers
    )

    assert str(made) == own
    assert (again.status_code, again.json()["code"]) == (409, "id-taken")


async def test_a_change_on_an_old_version_is_refused(house: House) -> None:
    """Two people who change the same version: the second is told, and nothing is lost."""
    patient = await house.patient()
    path, headers = f"/v1/patients/{patient}", house.north.dana.headers
    first = await house.client.patch(
        path, json={"given_name": "Rosalía"}, headers=headers | {"If-Match": '"1"'}
    )
    for stale in ('"1"', 'W/"2"', "2", '"x"', ""):
        second = await house.client.patch(
            path, json={"given_name": "Eva"}, headers=headers | {"If-Match": stale}
        )
        assert (second.status_code, second.json()["code"]) == (412, "conflict"), stale
    third = await house.client.patch(
        path, json={"given_name": "Rosa"}, headers=headers | {"If-Match": '"7", "2"'}
    )

    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert (third.status_code, third.headers["etag"]) == (200, '"3"')


async def test_null_empties_and_absence_keeps(house: House) -> None:
    """A field that is null is emptied if it may be; one that is left out stays."""
    patient = await house.patient()
    path, headers = f"/v1/patients/{patient}", house.north.dana.headers

    emptied = await house.client.patch(
        path, json={"phone": None, "birth_date": None}, headers=headers
    )
    refused = await house.client.patch(path, json={"given_name": None}, headers=headers)

    assert emptied.json()["phone"] is None
    assert emptied.json()["birth_date"] is None
    assert emptied.json()["time_zone"] == "America/Phoenix"
    assert refused.status_code == 400


async def test_texting_says_why_not(house: House) -> None:
    """May we text, and if not, why: no phone, no longer a patient here, STOP."""
    patient = await house.patient()
    path, headers = f"/v1/patients/{patient}", house.north.dana.headers

    async def said() -> tuple[bool, str | None]:
        answer = (await house.client.get(f"{path}/texting", headers=headers)).json()
        assert answer["words"]
        return answer["may"], answer["reason"]

    assert await said() == (True, None)
    await house.screening(patient)
    await house.text_in("STOP")
    assert await said() == (False, "opted-out")
    await house.client.patch(path, json={"status": "inactive"}, headers=headers)
    assert await said() == (False, "patient-inactive")
    await house.client.patch(path, json={"phone": None}, headers=headers)
    assert await said() == (False, "no-phone")


async def test_the_page_says_in_words_when_a_text_would_leave(house: House) -> None:
    """Behaviour 21: by which clock, until when, and why: the same function that decides."""
    patient = await house.patient()
    path, headers = f"/v1/patients/{patient}", house.north.dana.headers

    async def page() -> dict[str, Any]:
        return (await house.client.get(f"{path}/texting", headers=headers)).json()

    by_day = await page()
    await house.client.patch(path, json={"time_zone": "Pacific/Honolulu"}, headers=headers)
    early = await page()
    await house.client.patch(path, json={"time_zone": None}, headers=headers)
    unknown = await page()
    changed = await house.client.patch(path, json={"us_state": "hi"}, headers=headers)
    by_state = await page()

    assert (by_day["may"], by_day["until"], by_day["planned"]["may"]) == (True, None, True)
    assert by_day["clock"]["zones"] == ["America/Phoenix"]
    assert (early["may"], early["reason"]) == (True, "quiet-hours")
    assert early["until"] == "2026-11-24T19:00:00Z"
    assert "07:00" in early["words"]
    assert "Tue Nov 24, 09:00" in early["words"]
    assert unknown["clock"]["known"] == "unknown"
    assert unknown["until"] == early["until"]
    assert changed.json()["us_state"] == "HI"
    assert (by_state["clock"]["known"], by_state["clock"]["zones"]) == (
        "state",
        ["Pacific/Honolulu"],
    )


async def test_pages_lose_and_repeat_nobody(house: House) -> None:
    """All patients come once, in the order of names, however small the page."""
    for number, name in enumerate(("Delgado", "Arias", "Zuniga", "Baca", "Arias")):
        await house.patient(external_id=f"A-{number}", family_name=name, phone=None)
    seen: list[tuple[str, str]] = []
    cursor = ""
    while True:
        answer = await house.client.get(
            f"/v1/patients?limit=2{cursor}", headers=house.north.dana.headers
        )
        page = answer.json()
        seen += [(one["family_name"], one["id"]) for one in page["items"]]
        if page["next"] is None:
            break
        assert "Arias" not in page["next"]
        cursor = f"&cursor={page['next']}"

    assert [name for name, _ in seen] == ["Arias", "Arias", "Baca", "Delgado", "Zuniga"]
    assert len(set(seen)) == 5


async def test_a_search_finds_by_beginnings(house: House) -> None:
    """Names are found whatever the accents, and by the practice's own id."""
    await house.patient(given_name="José", family_name="Núñez", external_id="MRN-77")

    for words, found in (("nunez", 1), ("jos nu", 1), ("mrn-77", 1), ("smith", 0)):
        answer = await house.client.get(
            "/v1/patients", params={"query": words}, headers=house.north.dana.headers
        )
        assert len(answer.json()["items"]) == found, words


async def test_who_looked_is_recorded(house: House) -> None:
    """Every view and every change of a patient leaves an entry."""
    patient = await house.patient()
    headers = house.north.dana.headers
    await house.client.get(f"/v1/patients/{patient}", headers=headers)
    await house.client.get("/v1/patients", headers=headers)
    await house.client.get(f"/v1/patients/{patient}/timeline", headers=headers)
    await house.client.get(f"/v1/patients/{patient}/texting", headers=headers)
    await house.client.patch(f"/v1/patients/{patient}", json={"given_name": "Eva"}, headers=headers)

    assert sorted(await _audit(house)) == [
        "patient.change",
        "patient.create",
        "patient.list",
        "patient.read",
        "patient.texting",
        "patient.timeline",
    ]


async def test_moments_are_utc(house: House) -> None:
    """Moments are RFC 3339 in UTC."""
    patient = await house.patient()
    read = await house.client.get(f"/v1/patients/{patient}", headers=house.north.dana.headers)

    assert datetime.fromisoformat(read.json()["created_at"]) == house.clock.now().astimezone(UTC)
    assert read.json()["created_at"].endswith("Z")
