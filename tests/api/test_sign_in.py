"""Pages sign in by a cookie: what it is, what it opens, and whom it refuses to serve."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar import Litestar

from engage.api.app import create_app
from engage.api.parts import Parts
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House, alive
from tests.api.test_codes import ask, code_of, verify
from tests.api.test_passwords import Key, again, invited

OURS = {"X-Engage-CSRF": "1"}


def page_of(app: Litestar, url: str = PUBLIC_URL) -> httpx.AsyncClient:
    """Open a browser of its own: a client that keeps cookies."""
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=url)


@asynccontextmanager
async def _signed_in(house: House) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with page_of(house.app) as page:
        answer = await page.post("/v1/session", json={"token": house.north.dana.token})
        assert answer.status_code == 204, answer.text
        yield page


def _with(parts: Parts, **changed: object) -> Parts:
    return msgspec.structs.replace(
        parts, settings=msgspec.structs.replace(parts.settings, **changed)
    )


async def test_a_token_becomes_a_cookie_that_opens(house: House) -> None:
    """Who presents a token gets a cookie, and with it reads what the token reads."""
    async with _signed_in(house) as page:
        me = await page.get("/v1/me")

    assert me.status_code == 200
    assert me.json()["id"] == str(house.north.dana.id)


async def test_the_cookie_is_closed_to_scripts_and_sites(house: House) -> None:
    """HttpOnly, SameSite=Strict, the whole host and no longer than an hour."""
    answer = await house.client.post("/v1/session", json={"token": house.north.dana.token})

    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == "engage_session"
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert int(cookie["max-age"]) == 60 * 60


async def test_over_https_the_browser_holds_us_to_it(house: House) -> None:
    """With an https address the cookie is Secure and bears the __Host- prefix."""
    parts = _with(house.parts, public_url="https://engage.example.org", carrier="twilio")
    app = create_app(parts)
    async with alive(app), page_of(app, "https://engage.example.org") as page:
        answer = await page.post("/v1/session", json={"token": house.north.dana.token})
        me = await page.get("/v1/me")

    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == "__Host-engage_session"
    assert cookie["secure"]
    assert me.status_code == 200


@pytest.mark.parametrize("token", ["eng_made_up", "eng_ñ", " "])
async def test_a_wrong_token_signs_nobody_in(house: House, token: str) -> None:
    """A token that does not open is a 401 without a cookie."""
    answer = await house.client.post("/v1/session", json={"token": token})

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


async def test_the_cookie_ends_with_its_token(house: House) -> None:
    """The exchange adds no minute: an hour after the token was made the cookie opens nothing."""
    async with _signed_in(house) as page:
        house.clock.advance(timedelta(minutes=60))
        me = await page.get("/v1/me")

    assert me.status_code == 401


async def test_signing_out_revokes(house: House) -> None:
    """After signing out the cookie is taken back, and its token opens nothing any more."""
    async with _signed_in(house) as page:
        kept = page.cookies["engage_session"]
        out = await page.delete("/v1/session", headers=OURS)
        stolen = await page.get("/v1/me", headers={"Cookie": f"engage_session={kept}"})

    (cookie,) = SimpleCookie(out.headers["set-cookie"]).values()
    assert out.status_code == 204
    assert cookie["max-age"] == "0"
    assert stolen.status_code == 401


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 403),
        ({"X-Engage-CSRF": "0"}, 403),
        ({**OURS, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**OURS, "Sec-Fetch-Site": "same-site"}, 403),
        ({**OURS, "Sec-Fetch-Site": "same-origin"}, 200),
        ({**OURS, "Sec-Fetch-Site": "none"}, 200),
        (OURS, 200),
    ],
)
async def test_a_change_by_cookie_must_come_from_our_own_page(
    house: House, headers: dict[str, str], expected: int
) -> None:
    """A foreign page can send the cookie along, but not the header; nothing is changed for it."""
    item = await house.item()
    async with _signed_in(house) as page:
        claimed = await page.post(f"/v1/queue/{item}/claim", json={}, headers=headers)
        now = await page.get(f"/v1/queue/{item}")

    assert claimed.status_code == expected
    if expected == 403:
        assert claimed.json()["code"] == "cross-site"
        assert now.json()["status"] == "ready"


async def test_a_bearer_token_needs_no_such_header(house: House) -> None:
    """A script says who it is on purpose; what a browser adds by itself does not concern it."""
    item = await house.item()
    async with _signed_in(house) as page:
        claimed = await page.post(
            f"/v1/queue/{item}/claim", json={}, headers=house.north.sam.headers
        )

    assert claimed.status_code == 200
    assert claimed.json()["owner"]["id"] == str(house.north.sam.id)


async def test_a_wrong_header_does_not_fall_back_to_the_cookie(house: House) -> None:
    """Who presents a token is judged by it, even with a good cookie beside it."""
    async with _signed_in(house) as page:
        answer = await page.get("/v1/me", headers={"Authorization": "Bearer eng_made_up"})

    assert answer.status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_nobody_is_signed_in_by_a_foreignpage_of(house: House, site: str) -> None:
    """A foreign page can't make a browser work under a token of its choice."""
    answer = await house.client.post(
        "/v1/session",
        json={"token": house.north.dana.token},
        headers={"Sec-Fetch-Site": site},
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_form_can_not_sign_in(house: House) -> None:
    """Only JSON is read: what a plain form of another site can send is refused."""
    answer = await house.client.post("/v1/session", data={"token": house.north.dana.token})

    assert answer.status_code == 415


async def test_the_stream_opens_by_cookie(house: House) -> None:
    """EventSource can't set a header; the cookie lets it in, and nobody without one."""
    async with page_of(house.app) as stranger:
        assert (await stranger.get("/v1/events")).status_code == 401


async def _page(house: House, page: httpx.AsyncClient, known: Key | None = None) -> dict[str, Any]:
    """Sign Dana in by a password and a code, and give a browser the cookie of it."""
    key = known or await invited(house)
    tokens = key.tokens if known is None else await again(house, key)
    answer = await page.post("/v1/session", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 204, answer.text
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert int(cookie["max-age"]) == 12 * 3600
    return tokens


async def test_a_page_stays_in_as_long_as_somebody_uses_it(house: House) -> None:
    """Past five minutes it opens; what it asks by itself keeps it for an hour, deeds for twelve."""
    alone = {"X-Engage-Unattended": "1"}
    key = await invited(house)
    async with page_of(house.app) as page:
        house.clock.advance(timedelta(minutes=1))
        await _page(house, page, key)
        opens: list[int] = []
        for minutes, more in ((50, {}), (50, alone), (9, alone), (2, {})):
            house.clock.advance(timedelta(minutes=minutes))
            opens.append((await page.get("/v1/me", headers=more)).status_code)
    async with page_of(house.app) as page:
        await _page(house, page, key)
        longest: list[int] = []
        for _ in range(14):
            house.clock.advance(timedelta(minutes=55))
            longest.append((await page.get("/v1/me")).status_code)

    assert opens == [200, 200, 200, 401]
    assert longest == [200] * 13 + [401]


async def test_the_key_of_a_page_is_its_cookies_alone(house: House) -> None:
    """As a bearer token, or exchanged again, it opens nothing; the refresh token was used up."""
    async with page_of(house.app) as page:
        tokens = await _page(house, page)
        key = page.cookies["engage_session"]
        answers = [
            await house.client.get("/v1/me", headers={"Authorization": f"Bearer {key}"}),
            await house.client.post("/v1/session", json={"token": key}),
            await house.client.post("/v1/session", json={"refresh_token": key}),
            await house.client.post(
                "/v1/session", json={"refresh_token": tokens["refresh_token"], "token": key}
            ),
            await page.post("/v1/auth/logout"),
        ]
        used = await house.client.post(
            "/v1/session", json={"refresh_token": tokens["refresh_token"]}
        )
        me = await page.get("/v1/me")

    assert [one.status_code for one in answers] == [401, 401, 401, 401, 403]
    assert (used.status_code, me.status_code) == (401, 200)


async def test_a_page_ends_with_its_sign_in(house: House) -> None:
    """Signed out, ended from elsewhere, or its holder disabled: the next request is a 401."""
    async with page_of(house.app) as page, page_of(house.app) as other:
        tokens = await _page(house, page)
        listed = (await page.get("/v1/me/sessions")).json()["items"]
        mine = next(one for one in listed if one["current"])
        house.clock.advance(timedelta(minutes=1))
        await _page(house, other)
        gone = await page.get("/v1/me")
        ended = await other.delete("/v1/session", headers=OURS)
        other.cookies.set("engage_session", "engp_made-up")
        after = [await one.get("/v1/me") for one in (page, other)]

    assert mine["id"] == tokens["session_id"]
    # A new authenticator ends what the old one opened.
    assert gone.status_code == 401
    assert ended.status_code == 204
    assert {one.status_code for one in after} == {401}


async def test_two_apps_in_one_browser(house: House) -> None:
    """Who is staff and family signs in to both, side by side; leaving one leaves the other."""
    console, family = {"X-Engage-App": "console"}, {"X-Engage-App": "family"}
    rosa = await house.patient()
    await ask(house, ROSAS_PHONE)
    tokens = (await verify(house, ROSAS_PHONE, await code_of(house))).json()
    async with page_of(house.app) as page:

        async def who() -> list[str]:
            """Ask as each app, and as neither: who is it."""
            answers = [await page.get("/v1/me", headers=one) for one in (console, family, {})]
            return [one.json().get("kind", one.json().get("code")) for one in answers]

        begun = await page.post("/v1/session", json={"refresh_token": tokens["refresh_token"]})
        alone = await who()
        await page.post("/v1/session", json={"token": house.north.dana.token})
        both, cookies = await who(), dict(page.cookies)
        opened = [
            (await page.get(path, headers=said)).status_code
            for path in ("/v1/queue", f"/v1/family/{rosa}/sharing")
            for said in (console, family, {})
        ]
        # What is in the other's cookie opens nothing there.
        crossed = {
            "engage_session": cookies["engage_family"],
            "engage_family": cookies["engage_session"],
        }
        async with page_of(house.app) as other:
            other.cookies.update(crossed)
            swapped = [
                (await other.get(path, headers=said)).status_code
                for path in ("/v1/me", "/v1/queue", f"/v1/family/{rosa}/sharing")
                for said in (console, family)
            ]
        # A page that says whose it is does nothing in the name of who signed in meanwhile.
        said = [{"X-Engage-Person": str(one)} for one in (rosa, house.north.dana.id)]
        named = [
            (await page.get(f"/v1/family/{rosa}/sharing", headers=one)).status_code for one in said
        ]
        out = await page.delete("/v1/session", headers=OURS | family)
        after = await who()
        over = await page.delete("/v1/session", headers=OURS | console)
        nobody = await who()

    cookie = SimpleCookie(begun.headers["set-cookie"])["engage_family"]
    assert (cookie["samesite"].lower(), cookie["path"], cookie["httponly"]) == ("strict", "/", True)
    assert alone == ["not-signed-in", "patient", "patient"]
    assert both == ["staff", "patient", "staff"]
    assert opened == [200] * 6
    assert swapped == [401] * 6
    assert named == [200, 401]
    assert (out.status_code, after) == (204, ["staff", "not-signed-in", "staff"])
    assert (over.status_code, set(nobody)) == (204, {"not-signed-in"})
