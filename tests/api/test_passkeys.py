"""Passkeys: for this site, this challenge, this person, verified; anything else is a 401."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import cbor2
import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from engage.people.signing.passkeys import Site, decoded, encoded, site_of
from tests.api.conftest import PUBLIC_URL, House
from tests.api.test_codes import ANAS_PHONE, ask, caregiver, code_of, verify
from tests.api.test_passwords import again, challenge_of, invited
from tests.api.test_sign_in import page_of
from tests.fakes.authenticator import PRESENT, Authenticator
from tests.fakes.practice import raw

HOST = "localhost"
ORIGIN = PUBLIC_URL.replace("127.0.0.1", HOST)
"""No passkey is for an address in numbers."""


def _bearer(tokens: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def _post(client: httpx.AsyncClient, path: str, body: Any = None, **more: Any) -> Any:  # noqa: ANN401
    return await client.post(f"/v1/{path}", json={} if body is None else body, **more)


async def _add(house: House, mine: dict[str, str], name: bytes = b"dana's") -> Authenticator:
    """Let somebody who is signed in make a passkey."""
    options = await _post(house.client, "me/passkeys/options", headers=mine)
    assert options.status_code == 200, options.text
    device = Authenticator(name.ljust(16, b"-"), HOST, ORIGIN)
    made = await _post(house.client, "me/passkeys", device.make(options.json()), headers=mine)
    assert made.status_code == 201, made.text
    return device


async def _options(client: httpx.AsyncClient) -> dict[str, Any]:
    asked = await _post(client, "auth/passkeys/options")
    assert asked.status_code == 200, asked.text
    return asked.json()


async def _show(
    client: httpx.AsyncClient,
    device: Authenticator,
    **wrong: Any,  # noqa: ANN401
) -> httpx.Response:
    return await _post(client, "auth/passkeys/verify", device.show(await _options(client), **wrong))


async def test_a_passkey_is_a_whole_sign_in(house: House) -> None:
    """Made in a fresh sign-in, it opens a new one by itself, without a name; until it is ended."""
    key = await invited(house)
    device = await _add(house, _bearer(key.tokens))
    entered = await _show(house.client, device)
    mine = _bearer(entered.json())
    me = await house.client.get("/v1/me", headers=mine)
    listed = (await house.client.get("/v1/me/passkeys", headers=mine)).json()["items"]
    sessions = (await house.client.get("/v1/me/sessions", headers=mine)).json()["items"]
    gone = await house.client.delete(f"/v1/me/passkeys/{listed[0]['id']}", headers=mine)
    after = await _show(house.client, device)
    missing = await house.client.delete(f"/v1/me/passkeys/{listed[0]['id']}", headers=mine)

    assert (entered.status_code, me.json()["given_name"]) == (200, "Dana")
    assert listed[0]["used_at"] is not None
    assert {one["factors"] for one in sessions} == {"passkey", "password-totp"}
    assert (gone.status_code, after.status_code, missing.status_code) == (204, 401, 404)


async def test_a_passkey_stands_after_a_password(house: House) -> None:
    """As the second step it is this person's, of this challenge of the password, once."""
    key = await invited(house)
    device = await _add(house, _bearer(key.tokens))
    step = await challenge_of(house)
    body = device.show(await _options(house.client)) | {"challenge": "made-up"}
    wrong = await _post(house.client, "auth/passkeys/verify", body)
    body = device.show(await _options(house.client)) | {"challenge": step}
    right = await _post(house.client, "auth/passkeys/verify", body)
    body = device.show(await _options(house.client)) | {"challenge": step}
    twice = await _post(house.client, "auth/passkeys/verify", body)
    mine = _bearer(right.json())
    sessions = (await house.client.get("/v1/me/sessions", headers=mine)).json()["items"]

    assert [one.status_code for one in (wrong, right, twice)] == [401, 200, 401]
    assert {one["factors"] for one in sessions} == {"password-passkey", "password-totp"}


async def test_what_was_shown_wrongly_opens_nothing(house: House) -> None:
    """Thirty ways to show a passkey wrongly: each the answer that a wrong password gets."""
    key = await invited(house)
    device = await _add(house, _bearer(key.tokens))
    sam = await invited(house, "sam@north.example.org")
    sams = await _add(house, _bearer(sam.tokens), b"sam's")
    assert (await _show(house.client, device)).status_code == 200
    count, long = device.count, device.count + 100
    vectors: dict[str, dict[str, Any]] = {
        "another origin": {"origin": "https://engage.example.net"},
        "another port": {"origin": "http://localhost:8001"},
        "another scheme": {"origin": ORIGIN.replace("http:", "https:")},
        "our address in numbers": {"origin": PUBLIC_URL},
        "origin with a slash": {"origin": f"{ORIGIN}/"},
        "origin that begins alike": {"origin": f"{ORIGIN}.example.net"},
        "within a foreign frame": {"said": {"crossOrigin": True}},
        "a foreign frame named": {"said": {"topOrigin": "https://example.net"}},
        "another rpId": {"rp_id": "example.net"},
        "our rpId in capitals": {"rp_id": "LOCALHOST"},
        "a challenge of its own": {"challenge": encoded(bytes(32))},
        "a short challenge": {"challenge": encoded(bytes(8))},
        "no challenge": {"said": {"challenge": None}},
        "made, not shown": {"type": "webauthn.create"},
        "person not verified": {"flags": PRESENT},
        "person not there": {"flags": 0x04},
        "count went back": {"count": count - 1},
        "count stood still": {"count": count},
        "count back to nothing": {"count": 0},
        "another's handle": {"handle": sams.handle},
        "an empty handle": {"handle": "AA"},
        "another's key": {"key": sams.key},
        "another's id": {"id": sams.credential_id},
        "an unknown id": {"id": b"unknown-unknown-"},
        "a key of nobody": {"key": ec.generate_private_key(ec.SECP256R1())},
        "no signature": {"signature": b"\x00"},
        "a signature cut short": {"signature": bytes(70)},
        "data cut short": {"cut": 36},
        "bytes behind the data": {"behind": b"\x00"},
        "extensions that are not there": {"flags": 0x85},
        "what was signed is changed": {"after": b" "},
        "client data that is no JSON": {"client_data": b"{"},
        "client data that is a list": {"client_data": b"[]"},
        "client data of nested lists": {"client_data": b"[" * 6000},
    }
    answers = {
        name: await _show(house.client, device, **({"count": long} | wrong))
        for name, wrong in vectors.items()
    }
    opens = [name for name, one in answers.items() if one.status_code != 401]
    # None of them has changed anything: rightly shown it opens.
    device.count = count
    right = await _show(house.client, device)

    assert len(vectors) >= 30
    assert opens == []
    assert len({one.content for one in answers.values()}) == 1
    assert right.status_code == 200


async def test_a_challenge_is_good_once_soon_and_where_it_was_asked_for(house: House) -> None:
    """Used twice, after five minutes, on another device, or asked for something else: a 401."""
    key = await invited(house)
    mine = _bearer(key.tokens)
    device = await _add(house, mine)
    options = await _options(house.client)
    first = device.show(options)
    once = await _post(house.client, "auth/passkeys/verify", first)
    answers = [
        await _post(house.client, "auth/passkeys/verify", first),
        await _post(house.client, "auth/passkeys/verify", device.show(options)),
    ]
    # A wrong answer uses it up as well.
    options = await _options(house.client)
    wrong = device.show(options, handle="AA")
    answers.append(await _post(house.client, "auth/passkeys/verify", wrong))
    answers.append(await _post(house.client, "auth/passkeys/verify", device.show(options)))
    async with page_of(house.app) as other:
        options = await _options(house.client)
        answers.append(await _post(other, "auth/passkeys/verify", device.show(options)))
    for path in ("me/passkeys/options", "auth/step-up/options"):
        options = (await _post(house.client, path, headers=mine)).json()
        answers.append(await _post(house.client, "auth/passkeys/verify", device.show(options)))
    options = await _options(house.client)
    house.clock.advance(timedelta(minutes=5))
    answers.append(await _post(house.client, "auth/passkeys/verify", device.show(options)))

    assert once.status_code == 200
    assert [one.status_code for one in answers] == [401] * len(answers)


async def test_what_was_made_wrongly_is_not_kept(house: House) -> None:
    """Another site, an unverified person, algorithm none, broken CBOR: a 422 and no passkey."""
    key = await invited(house)
    mine = _bearer(key.tokens)
    device = await _add(house, mine)
    known = device.credential_id
    vectors: dict[str, dict[str, Any]] = {
        "another origin": {"origin": "https://example.net"},
        "another rpId": {"rp_id": "example.net"},
        "shown, not made": {"type": "webauthn.get"},
        "person not verified": {"flags": PRESENT},
        "a challenge of its own": {"challenge": encoded(bytes(32))},
        "algorithm none": {"cose": {3: 0}},
        "a secret's algorithm": {"cose": {3: 5}},
        "an algorithm that is not ours": {"cose": {3: -65535}},
        "cut CBOR": {"cut": 60},
        "another name outside than inside": {"id": b"outside-outside-"},
        "a statement where there is none": {"statement": {"sig": b"x"}},
        "within a foreign frame": {"said": {"crossOrigin": True}},
        "a name that is known": {},
    }
    answers: dict[str, int] = {}
    for name, wrong in vectors.items():
        options = (await _post(house.client, "me/passkeys/options", headers=mine)).json()
        one = Authenticator(known if not wrong else b"new".ljust(16), HOST, ORIGIN)
        said = one.make(options, **wrong)
        answers[name] = (await _post(house.client, "me/passkeys", said, headers=mine)).status_code
    # Asked for in one sign-in, made in another.
    options = (await _post(house.client, "me/passkeys/options", headers=mine)).json()
    house.clock.advance(timedelta(minutes=1))
    other = _bearer(await again(house, key))
    fresh = Authenticator(b"new".ljust(16), HOST, ORIGIN)
    elsewhere = await _post(house.client, "me/passkeys", fresh.make(options), headers=other)
    listed = (await house.client.get("/v1/me/passkeys", headers=mine)).json()["items"]

    assert answers == dict.fromkeys(vectors, 422)
    assert elsewhere.status_code == 422
    assert len(listed) == 1


async def test_a_caregivers_passkey_opens_what_is_theirs(house: House) -> None:
    """Made after a code, it opens later without one, on whatever phone they have by then."""
    rosa = await house.patient()
    await caregiver(house, rosa)
    await ask(house, ANAS_PHONE)
    tokens = (await verify(house, ANAS_PHONE, await code_of(house))).json()
    device = await _add(house, _bearer(tokens), b"ana's")
    entered = await _show(house.client, device)
    me = await house.client.get("/v1/me", headers=_bearer(entered.json()))
    queue = await house.client.get("/v1/queue", headers=_bearer(entered.json()))

    assert entered.status_code == 200
    assert (me.json()["kind"], me.json()["given_name"]) == ("caregiver", "Ana")
    assert queue.status_code == 403


async def test_who_works_nowhere_any_more_opens_nothing(house: House) -> None:
    """A disabled person's passkey is a 401 from the next moment on."""
    key = await invited(house)
    device = await _add(house, _bearer(key.tokens))
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE staff SET active = false WHERE id = $1", house.north.dana.id)
    assert (await _show(house.client, device)).status_code == 401


async def test_proof_is_asked_for_and_given(house: House) -> None:
    """After five minutes a passkey can't be added; a code or a passkey makes it possible again."""
    key = await invited(house)
    device = await _add(house, _bearer(key.tokens))
    async with page_of(house.app) as page:
        ours = {"X-Engage-CSRF": "1"}
        await _post(page, "session", {"refresh_token": key.tokens["refresh_token"]})
        house.clock.advance(timedelta(minutes=6))
        stale = await _post(page, "me/passkeys/options", headers=ours)
        step = key.code(house)
        wrong = [
            await _post(page, "auth/step-up", body, headers=ours)
            for body in ({}, {"code": "000000"}, {"code": "wrong"}, {"phone": ANAS_PHONE})
        ]
        right = await _post(page, "auth/step-up", {"code": step}, headers=ours)
        twice = await _post(page, "auth/step-up", {"code": step}, headers=ours)
        opens = await _post(page, "me/passkeys/options", headers=ours)
        house.clock.advance(timedelta(minutes=6))
        again_stale = await _post(page, "me/passkeys/options", headers=ours)
        options = (await _post(page, "auth/step-up/options", headers=ours)).json()
        shown = await _post(page, "auth/step-up", {"passkey": device.show(options)}, headers=ours)
        opens_again = await _post(page, "me/passkeys/options", headers=ours)

    assert (stale.status_code, stale.json()["code"]) == (403, "fresh-proof-needed")
    assert {one.status_code for one in wrong} == {401}
    assert [right.status_code, twice.status_code, opens.status_code] == [200, 401, 200]
    assert again_stale.status_code == 403
    assert [one["id"] for one in options["allowCredentials"]] == [encoded(device.credential_id)]
    assert (shown.status_code, opens_again.status_code) == (200, 200)


def test_a_site_is_spelled_as_a_browser_spells_it() -> None:
    """The usual port is left out, another one named; the rpId is the host alone."""
    assert site_of("https://engage.example.org") == Site(
        "engage.example.org", "https://engage.example.org"
    )
    assert site_of("https://Engage.example.org:443") == site_of("https://engage.example.org")
    assert site_of(PUBLIC_URL) == Site(HOST, ORIGIN)
    assert site_of("http://localhost:8000") == Site("localhost", "http://localhost:8000")


def test_the_fake_makes_what_devices_make() -> None:
    """The authenticator of these tests answers in the form that browsers have."""
    device = Authenticator(bytes(16), HOST, ORIGIN)
    made = device.make({"challenge": "AA", "user": {"id": "AA"}})
    whole = cbor2.loads(decoded(made["attestation"]))

    assert whole["fmt"] == "none"
    assert json.loads(decoded(made["client_data"]))["type"] == "webauthn.create"
