"""What ends a sign-in ends it at once, whatever it is used by; and no limit is walked around."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import msgspec

from engage.api.app import create_app
from engage.audit import SYSTEM
from engage.people.signing.limits import CODE_FROM_ADDRESS
from engage.people.staffing import store as staffing
from tests.api.conftest import House, alive
from tests.api.test_codes import ANAS_PHONE, ask, caregiver, code_of, verify
from tests.api.test_events import Listening, listening
from tests.api.test_passwords import again, invited
from tests.api.test_sign_in import page_of
from tests.fakes.practice import raw

FAMILY = "/v1/family/events"
DANAS_PHONE = "+16025550178"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _all_end(streams: list[Listening]) -> bool:
    return all([await one.ended() for one in streams])


async def test_who_is_disabled_is_out_everywhere(house: House) -> None:
    """Access token, refresh token, page, server's token, three streams: none is open afterwards."""
    key, dana = await invited(house), house.north.dana
    house.clock.advance(timedelta(minutes=1))
    tokens = await again(house, key)
    async with page_of(house.app) as page, AsyncExitStack() as stack:
        body = {"refresh_token": tokens["refresh_token"]}
        assert (await page.post("/v1/session", json=body)).status_code == 204
        cookie = page.cookies["engage_session"]
        opened = [
            await stack.enter_async_context(one)
            for one in (
                listening(house, dana.token),
                listening(house, tokens["access_token"]),
                listening(house, cookie, cookie="engage_session"),
            )
        ]
        disabled = await house.client.patch(
            f"/v1/staff/{dana.id}", json={"active": False}, headers=house.north.admin.headers
        )
        ended = await _all_end(opened)
        after = [
            await page.get("/v1/me"),
            await house.client.get("/v1/me", headers=dana.headers),
            await house.client.get("/v1/me", headers=_bearer(tokens["access_token"])),
            await house.client.post(
                "/v1/auth/refresh", json={"refresh_token": key.tokens["refresh_token"]}
            ),
        ]

    assert disabled.status_code == 200, disabled.text
    assert [one.status for one in opened] == [200] * 3
    assert ended
    assert [one.status_code for one in after] == [401] * 4


async def test_a_role_that_ends_closes_the_stream(house: House) -> None:
    """What may be seen is less: the stream that showed more ends, and opens anew with less."""
    north, sam = house.north, house.north.sam
    async with listening(house, sam.token) as heard:
        async with house.parts.database.work([north.id], north.id) as work:
            at = house.parts.clock.now() + timedelta(seconds=1)
            await staffing.end_membership(work, north.id, sam.id, "care_manager", at=at, by=SYSTEM)
        house.clock.advance(timedelta(seconds=2))
        ended = await heard.ended()
    refused = await house.client.get("/v1/events", headers=sam.headers)

    assert ended
    assert refused.status_code == 403


async def test_a_sign_in_is_ended_from_another(house: House) -> None:
    """A lost phone is signed out from the other one, its page and its stream with it, at once."""
    ana = await caregiver(house, await house.patient())

    async def signed_in() -> dict[str, Any]:
        await ask(house, ANAS_PHONE)
        return (await verify(house, ANAS_PHONE, await code_of(house))).json()

    lost = await signed_in()
    house.clock.advance(timedelta(seconds=61))
    held = await signed_in()
    mine = _bearer(held["access_token"])
    async with page_of(house.app) as page, AsyncExitStack() as stack:
        await page.post("/v1/session", json={"refresh_token": lost["refresh_token"]})
        key = page.cookies["engage_family"]
        opened = [
            await stack.enter_async_context(one)
            for one in (
                listening(house, lost["access_token"], path=FAMILY),
                listening(house, key, path=FAMILY, cookie="engage_family"),
            )
        ]
        kept = await stack.enter_async_context(listening(house, held["access_token"], path=FAMILY))
        listed = (await house.client.get("/v1/me/sessions", headers=mine)).json()["items"]
        other = next(one for one in listed if not one["current"])
        gone = await house.client.delete(f"/v1/me/sessions/{other['id']}", headers=mine)
        again_ = await house.client.delete(f"/v1/me/sessions/{other['id']}", headers=mine)
        ended = await _all_end(opened)
        out = [
            await page.get("/v1/me"),
            await house.client.get("/v1/me", headers=_bearer(lost["access_token"])),
        ]
        still = await house.client.get("/v1/me", headers=mine)
        # Her phone becomes somebody else's: what was opened by it is over, too.
        async with raw(house.databases.urls["admin"]) as admin:
            await admin.execute(
                "UPDATE phone_use SET until_at = now() WHERE caregiver_id = $1", ana
            )
        over = await kept.ended()
        out.append(await house.client.get("/v1/me", headers=mine))

    assert (len(listed), other["id"]) == (2, lost["session_id"])
    assert (gone.status_code, again_.status_code, still.status_code) == (204, 404, 200)
    assert (ended, over) == (True, True)
    assert [one.status_code for one in out] == [401] * 3


async def test_nobody_is_staff_by_a_text(house: House) -> None:
    """The phone that somebody is paged on gets no code; who also cares for somebody is family."""
    dana = house.north.dana
    paged = await house.client.put(
        "/v1/me/paging", json={"phone": DANAS_PHONE}, headers=dana.headers
    )
    await ask(house, DANAS_PHONE)
    async with raw(house.databases.urls["admin"]) as admin:
        sent = await admin.fetchval("SELECT count(*) FROM message WHERE kind = 'code'")
    name = {"given_name": "Dana", "family_name": "Whitfield", "phone": DANAS_PHONE}
    await caregiver(house, await house.patient(), **name)
    house.clock.advance(timedelta(seconds=61))
    await ask(house, DANAS_PHONE)
    entered = (await verify(house, DANAS_PHONE, await code_of(house))).json()
    mine = _bearer(entered["access_token"])
    me = (await house.client.get("/v1/me", headers=mine)).json()

    assert paged.status_code == 200, paged.text
    assert sent == 0
    assert (me["kind"], me["memberships"]) == ("caregiver", [])
    assert (await house.client.get("/v1/queue", headers=mine)).status_code == 403


async def test_limits_are_not_walked_around(house: House) -> None:
    """Other spellings of the address, made-up proxies, another number of one's home: one limit."""
    settings = msgspec.structs.replace(house.parts.settings, trusted_proxies=("127.0.0.1/32",))
    app = create_app(msgspec.structs.replace(house.parts, settings=settings))
    most, number = CODE_FROM_ADDRESS.most, 0

    async def asked(page: Any, path: str = "/v1/auth/code", **headers: str) -> int:  # noqa: ANN401
        nonlocal number
        number += 1
        body = {"phone": f"+1602555{1000 + number}"}
        return (await page.post(path, json=body, headers=headers)).status_code

    async with alive(app), page_of(app) as behind, page_of(house.app) as before:
        # Without a proxy of ours nobody is believed who says where they come from.
        made_up = [
            await asked(before, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(most + 5)
        ]
        home = [
            await asked(behind, **{"X-Forwarded-For": f"2001:db8:1:2:{n:x}::{n:x}"})
            for n in range(most + 5)
        ]
        elsewhere = await asked(behind, **{"X-Forwarded-For": "2001:db8:1:3::1"})
        spelt = [
            await asked(before, path)
            for path in (
                *("/v1/auth/code/", "/V1/auth/code", "/v1/auth/CODE", "/v1/auth/%63ode"),
                *("/v1//auth/code", "/v1/auth/./code", "/v1/auth/x/../code", "/v1/auth/code%2f"),
            )
        ]

    assert made_up == home == [202] * most + [429] * 5
    assert elsewhere == 202
    assert set(spelt) <= {404, 405, 429}
