"""Who gets in, and what they see: tokens, practices, and one answer to everybody else."""

from datetime import timedelta

import httpx
import pytest

from engage.people import bootstrap
from engage.people.staff import NewStaff
from tests.api.conftest import House

NOBODY = "0193a000-0000-7000-8000-000000000001"


async def test_no_token_opens_nothing_and_says_nothing(house: House) -> None:
    """Missing, unknown, expired, revoked and malformed tokens get one identical 401."""
    revoked = house.north.sam.token
    parts = house.parts
    await bootstrap.revoke(parts.database, parts.vault, parts.clock, revoked)
    dana = house.north.dana.token
    presented: list[dict[str, str]] = [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer unknown"},
        {"Authorization": f"Bearer {revoked}"},
        {"Authorization": f"Basic {dana}"},
        {"Authorization": f"Bearer {dana} {dana}"},
        {"Authorization": f"Bearer {dana}x"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": dana},
    ]
    answers = [await house.client.get("/v1/me", headers=one) for one in presented]
    house.clock.advance(timedelta(minutes=61))
    answers.append(await house.client.get("/v1/me", headers=house.north.dana.headers))

    assert {one.status_code for one in answers} == {401}
    assert {one.headers["www-authenticate"] for one in answers} == {'Bearer realm="engage"'}
    assert len({one.content for one in answers}) == 1


async def test_two_tokens_are_none(house: House) -> None:
    """A request with two Authorization headers is nobody's."""
    headers = [("Authorization", f"Bearer {house.north.dana.token}")] * 2

    answer = await house.client.get("/v1/me", headers=headers)

    assert answer.status_code == 401


async def test_odd_bytes_in_a_header_are_no_token(house: House) -> None:
    """A token that is no ASCII is refused, not fallen over."""
    headers = [(b"authorization", b"Bearer \xff\xfe")]

    answer = await house.client.get("/v1/me", headers=headers)

    assert answer.status_code == 401


async def test_me(house: House) -> None:
    """A person learns who they are and where they work, and nothing of a secret."""
    answer = await house.client.get("/v1/me", headers=house.north.dana.headers)

    assert answer.json() == {
        "kind": "staff",
        "family_of": None,
        "id": str(house.north.dana.id),
        "given_name": "Dana",
        "family_name": "Whitfield",
        "memberships": [
            {
                "practice_id": str(house.north.id),
                "practice_name": "North Clinic",
                "time_zone": "America/Phoenix",
                "role": "care_manager",
            }
        ],
    }


async def _addresses(house: House) -> dict[str, tuple[str, dict[str, object] | None]]:
    item = await house.item()
    dana = house.north.dana.headers
    detail = (await house.client.get(f"/v1/queue/{item}", headers=dana)).json()
    patient, thread = detail["patient"]["id"], detail["thread_id"]
    screening = await house.screening(await house.patient(external_id="A-2"), "staff")
    answers = {"hvs.worried": {"type": "declined"}}
    return {
        f"GET /v1/patients/{patient}": ("patient", None),
        f"PATCH /v1/patients/{patient}": ("patient", {"given_name": "Eve"}),
        f"GET /v1/patients/{patient}/timeline": ("patient", None),
        f"GET /v1/patients/{patient}/context": ("patient", None),
        f"GET /v1/patients/{patient}/texting": ("patient", None),
        f"POST /v1/patients/{patient}/screenings": (
            "patient",
            {"instrument": "hunger-vital-sign", "channel": "staff"},
        ),
        f"GET /v1/screenings/{screening}": ("screening", None),
        f"POST /v1/screenings/{screening}/answers": ("screening", {"answers": answers}),
        f"GET /v1/queue/{item}": ("item", None),
        f"GET /v1/queue/{item}/explanation": ("item", None),
        f"POST /v1/queue/{item}/claim": ("item", None),
        f"POST /v1/queue/{item}/release": ("item", None),
        f"POST /v1/queue/{item}/complete": ("item", {"outcome": "no-action-needed"}),
        f"GET /v1/threads/{thread}/messages": ("thread", None),
        f"POST /v1/threads/{thread}/messages": ("thread", {"body": "Hello."}),
    }


async def test_another_practice_is_not_there(house: House) -> None:
    """What stands in another practice gets the very answer of what does not exist."""
    for line, (_, body) in (await _addresses(house)).items():
        method, path = line.split(" ")
        theirs = await _ask(house, method, path, body)
        known = path.split("/")[3]
        nothing = await _ask(house, method, path.replace(known, NOBODY), body)
        assert theirs.status_code == 404, f"{line}: {theirs.text}"
        assert theirs.content == nothing.content, line


async def _ask(
    house: House, method: str, path: str, body: dict[str, object] | None
) -> httpx.Response:
    return await house.client.request(method, path, json=body, headers=house.south.dana.headers)


async def test_lists_stay_in_the_house(house: House) -> None:
    """A list shows the caller's own practices and nothing else."""
    await house.item()

    for path in ("/v1/patients", "/v1/queue", f"/v1/queue?owner={house.north.dana.id}"):
        theirs = await house.client.get(path, headers=house.south.dana.headers)
        ours = await house.client.get(path, headers=house.north.dana.headers)
        assert theirs.json()["items"] == [], path
        assert ours.status_code == 200, path


async def test_somebody_in_two_practices_sees_both_and_must_choose(house: House) -> None:
    """Lists merge the practices of a shared care manager; a new record names one."""
    parts = house.parts
    await bootstrap.create_staff(
        parts.database,
        parts.vault,
        parts.clock,
        practice=house.south.id,
        staff=NewStaff.named("dana@north.example.org", "Dana Whitfield"),
        role="care_manager",
    )
    both = house.north.dana.headers
    body = {
        "external_id": "B-1",
        "given_name": "Abel",
        "family_name": "Arias",
        "language": "es",
    }
    undecided = await house.client.post("/v1/patients", json=body, headers=both)
    for practice, name in ((house.north, "Abel"), (house.south, "Berta")):
        named = body | {"practice_id": str(practice.id), "given_name": name}
        made = await house.client.post("/v1/patients", json=named, headers=both)
        assert made.status_code == 201, made.text

    listed = (await house.client.get("/v1/patients", headers=both)).json()["items"]

    assert (undecided.status_code, undecided.json()["code"]) == (422, "practice-needed")
    assert [one["given_name"] for one in listed] == ["Abel", "Berta"]


@pytest.mark.parametrize("path", ["/v1/patients", "/v1/queue", "/v1/me"])
async def test_answers_are_dressed(house: House, path: str) -> None:
    """Every answer carries a request id, security headers, no server name, and is never cached."""
    answer = await house.client.get(path, headers=house.north.dana.headers)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-request-id"]
    assert "server" not in answer.headers


async def test_a_request_id_is_taken_over_only_if_it_is_one(house: House) -> None:
    """A UUID comes back as it was sent; anything else is replaced."""
    for given, same in ((NOBODY, True), ("Rosa Delgado", False)):
        answer = await house.client.get("/health/live", headers={"X-Request-Id": given})
        assert (answer.headers["x-request-id"] == given) is same
