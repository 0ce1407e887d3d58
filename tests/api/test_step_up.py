"""Fresh proof: what gives something away asks who is there, however they came in."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec

from engage.api.app import V1, create_app
from engage.api.auth.marks import FAMILY, FRESH, FRESH_IF, OWN
from engage.clock import fresh_id
from tests.api.conftest import ROSAS_PHONE, House, alive
from tests.api.test_codes import ANA, ANAS_PHONE, ask, caregiver, code_of, verify
from tests.api.test_passwords import invited
from tests.api.test_sign_in import page_of
from tests.fakes.practice import raw

ANY = str(UUID(int=7 << 76 | 2 << 62))
NEEDED = (403, "fresh-proof-needed")


def _marked() -> list[tuple[str, str, str]]:
    """Return every operation of staff that asks: its name, its method, an address of it."""
    found: list[tuple[str, str, str]] = []
    for route in V1:
        if route.opt.get(FRESH) and FAMILY not in route.opt:
            (method,) = {str(one) for one in route.http_methods} - {"OPTIONS", "HEAD"}
            address = re.sub(r"\{[^}]*\}", ANY, min(route.paths))
            found.append((str(route.operation_id), method, f"/v1{address}"))
    return found


def _said(answer: httpx.Response) -> tuple[int, str]:
    kind = answer.headers.get("content-type", "")
    return answer.status_code, answer.json().get("code", "") if "json" in kind else ""


async def test_each_operation_asks_and_takes_a_proof(house: House) -> None:
    """Five minutes after signing in each is refused before anything is read; after a code none."""
    key = await invited(house, "ada@north.example.org")
    rosa = await house.patient()
    house.clock.advance(timedelta(minutes=5, seconds=1))
    tokens = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": key.tokens["refresh_token"]}
    )
    mine = {"Authorization": f"Bearer {tokens.json()['access_token']}"}

    async def each() -> dict[str, tuple[int, str]]:
        return {
            name: _said(await house.client.request(method, address, json={}, headers=mine))
            for name, method, address in _marked()
        }

    async def change(fields: dict[str, Any]) -> tuple[int, str]:
        path = f"/v1/patients/{rosa}"
        return _said(await house.client.patch(path, json=fields, headers=mine))

    async def safe(*, unsafe: bool) -> tuple[int, str]:
        path = f"/v1/patients/{rosa}/caregivers/{fresh_id(house.clock)}/safety"
        return _said(await house.client.put(path, json={"unsafe": unsafe}, headers=mine))

    refused, lifted, noted = await each(), await safe(unsafe=False), await safe(unsafe=True)
    kept = [await change({"phone": one}) for one in (ANAS_PHONE, None)]
    named = await change({"given_name": "Rosalía"})
    line = {"support_phone": "+16025550179"}
    home = f"/v1/practices/{house.north.id}"
    moved = _said(await house.client.patch(home, json=line, headers=mine))
    step = await house.client.post("/v1/auth/step-up", json={"code": key.code(house)}, headers=mine)
    let_on = await each()
    changed = await change({"phone": ANAS_PHONE})

    assert len(refused) >= 12
    assert set(refused.values()) == {NEEDED}
    assert kept == [NEEDED, NEEDED]
    assert (step.status_code, step.json()) == (200, {"expires_in": 300})
    # That a phone is safe again opens what was granted; that it is not is said at once.
    assert (lifted, noted[0], (await safe(unsafe=False))[0]) == (NEEDED, 404, 404)
    assert NEEDED not in let_on.values()
    assert (named[0], changed[0], moved) == (200, 200, NEEDED)


async def test_the_old_phone_hears_that_it_was_replaced(house: House) -> None:
    """A text to the number that somebody was known by, in their language, within the change."""
    rosa = await house.patient(language="es")
    mine = house.north.dana.headers
    for fields in ({"given_name": "Rosalía"}, {"phone": ANAS_PHONE}):
        changed = await house.client.patch(f"/v1/patients/{rosa}", json=fields, headers=mine)
        assert changed.status_code == 200, changed.text
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT m.id, m.body_sealed, f.number_sealed, f.id AS phone FROM message m"
            " JOIN line l ON l.practice_id = m.practice_id AND l.id = m.line_id"
            " JOIN phone f ON f.practice_id = l.practice_id AND f.id = l.phone_id"
            " WHERE m.text_id = 'phone-changed'"
        )
    keys = house.north.keys
    told = [
        (
            keys.open_text("phone.number", row["phone"], row["number_sealed"]),
            keys.open_text("message.body", row["id"], row["body_sealed"]),
        )
        for row in rows
    ]

    assert [number for number, _ in told] == [ROSAS_PHONE]
    assert "se cambió" in told[0][1]


async def test_a_token_of_the_server_is_fresh_while_it_is_young(house: House) -> None:
    """With a real carrier its first five minutes are a proof; then a new one is made, or none."""
    settings = msgspec.structs.replace(
        house.parts.settings, public_url="https://engage.example.org", carrier="twilio"
    )
    app = create_app(msgspec.structs.replace(house.parts, settings=settings))
    address, mine = "/v1/staff/invitations", house.north.admin.headers
    body = {"email": "dana@north.example.org"}
    async with alive(app), page_of(app, settings.public_url) as page:
        young = await page.post(address, json=body, headers=mine)
        house.clock.advance(timedelta(minutes=6))
        old = await page.post(address, json=body, headers=mine)
        up = await page.post("/v1/auth/step-up", json={"code": "123456"}, headers=mine)
    # In the simulator anybody may be anybody: there is nothing to prove.
    simulated = await house.client.post(address, json=body, headers=mine)

    assert (young.status_code, simulated.status_code) == (201, 201)
    assert _said(old) == NEEDED
    assert _said(up) == NEEDED


async def test_a_family_proves_itself_by_a_code(house: House) -> None:
    """The code that was texted, on the device that asked, of whoever is signed in."""
    rosa = await house.patient()
    await caregiver(house, rosa)
    await ask(house, ANAS_PHONE)
    tokens = (await verify(house, ANAS_PHONE, await code_of(house))).json()
    mine = {"Authorization": f"Bearer {tokens['access_token']}"}
    house.clock.advance(timedelta(minutes=4))
    await ask(house, ROSAS_PHONE)
    of_rosa = await code_of(house)
    house.clock.advance(timedelta(seconds=1))
    await ask(house, ANAS_PHONE)
    of_ana = await code_of(house)

    async def up(code: str, phone: str) -> int:
        body = {"code": code, "phone": phone}
        return (await house.client.post("/v1/auth/step-up", json=body, headers=mine)).status_code

    # Wrong; hers on another phone; right, of somebody else.
    wrong = [await up("1", ANAS_PHONE), await up("2", ROSAS_PHONE), await up(of_rosa, ROSAS_PHONE)]
    right, twice = await up(of_ana, ANAS_PHONE), await up(of_ana, ANAS_PHONE)

    assert wrong == [401, 401, 401]
    assert (right, twice) == (200, 401)


async def test_a_person_shares_more_only_as_themselves(house: House) -> None:
    """To invite, to share more, to call a phone safe asks who is there; to take back never does."""
    rosa = await house.patient()
    ana = await caregiver(house, rosa)
    await ask(house, ROSAS_PHONE)
    tokens = (await verify(house, ROSAS_PHONE, await code_of(house))).json()
    mine = {"Authorization": f"Bearer {tokens['access_token']}"}
    home, again = f"/v1/family/{rosa}", {"refresh_token": tokens["refresh_token"]}
    end = (house.clock.now() + timedelta(days=9)).isoformat()

    async def share(category: str, *verbs: str, **more: object) -> tuple[int, str]:
        may = [{"category": category, "verbs": verbs} | more]
        path = f"{home}/sharing/{ana}"
        return _said(await house.client.put(path, json={"may": may}, headers=mine))

    async def safe(*, unsafe: bool) -> tuple[int, str]:
        path = f"{home}/sharing/{ana}/safety"
        return _said(await house.client.put(path, json={"unsafe": unsafe}, headers=mine))

    async def invite() -> tuple[int, str]:
        body = {**ANA, "phone": "+16025550178", "may": []}
        return _said(await house.client.post(f"{home}/invitations", json=body, headers=mine))

    begun = [await share("visits", "see", "answer", until_at=end), await invite()]
    house.clock.advance(timedelta(minutes=4))
    await house.client.post("/v1/auth/step-up/code", headers=mine)
    code = await code_of(house)
    house.clock.advance(timedelta(seconds=61))
    tokens = (await house.client.post("/v1/auth/refresh", json=again)).json()
    mine["Authorization"] = f"Bearer {tokens['access_token']}"
    more = [
        await share("rides", "see"),
        await share("visits", "see", "act", until_at=end),
        await share("visits", "see", "answer"),
        await share("visits", "see", until_at=end, sensitive=["mental-health"]),
        await safe(unsafe=False),
        await invite(),
    ]
    less = [await share("visits", "see", until_at=end), await safe(unsafe=True)]
    # The code came to the phone that she is known by: she types no number.
    up = await house.client.post("/v1/auth/step-up", json={"code": code}, headers=mine)
    let_on = [await share("visits", "see", "answer"), await safe(unsafe=False)]
    ended = await house.client.delete(f"{home}/sharing", headers=mine)

    assert [status for status, _ in begun] == [200, 201]
    assert more == [NEEDED] * len(more)
    assert [status for status, _ in less] == [200, 204]
    assert up.status_code == 200
    assert [status for status, _ in let_on] == [200, 204]
    assert ended.status_code == 204


def test_what_asks_is_no_open_door() -> None:
    """A proof is asked of who is signed in: a mark of it stands beside a right, or one's own."""
    for route in V1:
        if route.opt.get(FRESH) or FRESH_IF in route.opt:
            assert {"engage_action", "engage_family", OWN} & route.opt.keys(), route.operation_id
