"""A POST with an Idempotency-Key happens once."""

import asyncio
from typing import Any

import asyncpg
import httpx

from tests.api.conftest import House

ROSA = {
    "external_id": "A-1",
    "given_name": "Rosa",
    "family_name": "Delgado",
    "language": "es",
}


async def _post(house: House, body: dict[str, Any], key: str, **more: str) -> httpx.Response:
    headers = house.north.dana.headers | {"Idempotency-Key": key} | more
    return await house.client.post("/v1/patients", json=body, headers=headers)


async def test_the_same_request_gets_the_same_answer(house: House) -> None:
    """The second answer is the first, byte for byte with its headers, and nothing happens twice."""
    first = await _post(house, ROSA, "k-1")
    second = await _post(house, ROSA, "k-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    for header in ("etag", "location"):
        assert first.headers[header] == second.headers[header]
    listed = await house.client.get("/v1/patients", headers=house.north.dana.headers)
    assert len(listed.json()["items"]) == 1


async def test_another_request_with_the_key_is_refused(house: House) -> None:
    """A key belongs to one request: another body, or another address, is a 422."""
    await _post(house, ROSA, "k-1")
    patient = await house.patient(external_id="A-2")

    other_body = await _post(house, ROSA | {"given_name": "Eva"}, "k-1")
    other_address = await house.client.post(
        f"/v1/patients/{patient}/screenings",
        json={"instrument": "hunger-vital-sign", "channel": "staff"},
        headers=house.north.dana.headers | {"Idempotency-Key": "k-1"},
    )

    assert (other_body.status_code, other_body.json()["code"]) == (422, "key-reused")
    assert (other_address.status_code, other_address.json()["code"]) == (422, "key-reused")


async def test_a_key_is_its_owners(house: House) -> None:
    """Two people may use the same key for different requests."""
    first = await _post(house, ROSA, "k-1")
    headers = house.north.sam.headers | {"Idempotency-Key": "k-1"}
    second = await house.client.post(
        "/v1/patients", json=ROSA | {"external_id": "A-2"}, headers=headers
    )

    assert (first.status_code, second.status_code) == (201, 201)


async def test_a_refused_request_may_try_again(house: House) -> None:
    """An error is not stored: nothing happened, and the same key may be used again."""
    await house.patient(external_id="A-1")

    taken = await _post(house, ROSA, "k-1")
    mended = await _post(house, ROSA | {"external_id": "A-9"}, "k-1")

    assert (taken.status_code, taken.json()["code"]) == (409, "external-id-taken")
    assert mended.status_code == 201


async def test_twenty_at_once_make_one_patient(house: House) -> None:
    """However many arrive together, one works, and the others hear its answer or to wait."""
    answers = await asyncio.gather(*(_post(house, ROSA, "k-1") for _ in range(20)))

    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    waiting = [one.json()["code"] for one in answers if one.status_code == 409]
    assert set(waiting) <= {"still-running"}


async def test_keys_of_odd_shapes_are_refused(house: House) -> None:
    """A key is one header of 1 to 200 printable letters."""
    for key in ("", "x" * 201, "tab\there"):
        answer = await _post(house, ROSA, key)
        assert answer.status_code == 400, key
    twice = [*house.north.dana.headers.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await house.client.post("/v1/patients", json=ROSA, headers=twice)
    assert answer.status_code == 400


async def test_a_stored_answer_is_sealed(house: House) -> None:
    """The name in a stored answer can't be read in the database."""
    await _post(house, ROSA | {"given_name": "Xochitl"}, "k-1")

    connection = await asyncpg.connect(house.databases.urls["admin"])
    row = await connection.fetchrow("SELECT status, answer_sealed FROM idempotency")
    await connection.close()

    assert row is not None
    assert row["status"] == 201
    assert b"Xochitl" not in row["answer_sealed"]
