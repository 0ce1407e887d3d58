"""Staff by their organisation: one issuer, one round, one token; never more than their roles."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from engage.api.app import create_app
from engage.people.signing.organisation import Issuer
from engage.setting_values import Oidc
from tests.api.conftest import PUBLIC_URL, House, alive
from tests.api.test_sign_in import page_of
from tests.fakes.issuer import CLIENT, ISSUER, SECRET, FakeIssuer
from tests.fakes.practice import raw

OIDC = Oidc(
    issuer=ISSUER,
    client_id=CLIENT,
    client_secret=SECRET,
    groups=(("nurses", "care_manager"), ("heads", "supervisor"), ("admins", "practice_admin")),
)


@asynccontextmanager
async def _organised(house: House) -> AsyncGenerator[tuple[httpx.AsyncClient, FakeIssuer]]:
    fake = FakeIssuer(house.clock)
    issuer = Issuer(OIDC, fake.fetch, house.clock)
    app = create_app(msgspec.structs.replace(house.parts, issuer=issuer))
    async with alive(app), page_of(app) as page:
        yield page, fake


async def _post(page: httpx.AsyncClient, path: str, body: Any = None) -> httpx.Response:  # noqa: ANN401
    return await page.post(f"/v1/auth/organisation{path}", json=body or {})


async def _back(page: httpx.AsyncClient, fake: FakeIssuer) -> dict[str, str]:
    asked = await _post(page, "")
    assert asked.status_code == 200, asked.text
    return fake.goes(asked.json()["address"])


async def _enter(page: httpx.AsyncClient, fake: FakeIssuer) -> httpx.Response:
    return await _post(page, "/verify", await _back(page, fake))


async def test_whom_the_organisation_knows_gets_in(house: House) -> None:
    """By a code with PKCE, state and nonce, as who they are here; without one it is a 404."""
    async with _organised(house) as (page, fake):
        offered = (await page.get("/v1/auth/organisation")).json()
        address = (await _post(page, "")).json()["address"]
        query = parse_qs(urlsplit(address).query)
        entered = await _enter(page, fake)
        mine = {"Authorization": f"Bearer {entered.json()['access_token']}"}
        me = (await page.get("/v1/me", headers=mine)).json()
        sessions = (await page.get("/v1/me/sessions", headers=mine)).json()["items"]
        # New keys between two looks at its list.
        fake.key, fake.kid = fake.foreign, "two"
        rotated = await _enter(page, fake)
    none = await house.client.post("/v1/auth/organisation", json={})
    not_offered = (await house.client.get("/v1/auth/organisation")).json()

    assert (offered, not_offered) == ({"offered": True}, {"offered": False})
    assert address.startswith(f"{ISSUER}/authorize?")
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{PUBLIC_URL}/console/organisation"]
    assert (me["given_name"], me["memberships"][0]["role"]) == ("Dana", "care_manager")
    assert sessions[0]["factors"] == "organisation"
    assert (rotated.status_code, none.status_code) == (200, 404)


async def test_groups_take_away_and_never_give(house: House) -> None:
    """No role by a group alone; what a group does not allow is not there, at any request."""
    async with _organised(house) as (page, fake):
        fake.groups = ("admins", "heads", "nurses")
        entered = await _enter(page, fake)
        mine = {"Authorization": f"Bearer {entered.json()['access_token']}"}
        roles = [
            one["role"] for one in (await page.get("/v1/me", headers=mine)).json()["memberships"]
        ]
        directing = await page.get("/v1/measures?from=2026-10-01&to=2026-10-31", headers=mine)
        refused: dict[tuple[str, ...], int] = {}
        for groups in ((), ("visitors",), ("Nurses",), ("heads",)):
            fake.groups = groups
            refused[groups] = (await _enter(page, fake)).status_code
        fake.groups, fake.email = ("nurses",), "ada@north.example.org"
        # Ada runs the practice; as a nurse of her organisation she has no role here.
        narrowed = await _enter(page, fake)

    assert roles == ["care_manager"]
    assert directing.status_code == 403
    assert set(refused.values()) == {401}
    assert narrowed.status_code == 401


async def test_what_is_wrong_about_a_token_opens_nothing(house: House) -> None:
    """Thirty ways in which a token is not ours, not now, not hers, or not signed: one answer."""
    async with _organised(house) as (page, fake):
        now = int(house.clock.now().timestamp())
        claims: dict[str, dict[str, Any]] = {
            "another issuer": {"iss": "https://id.example.net/engage"},
            "our issuer with a slash": {"iss": f"{ISSUER}/"},
            "another audience": {"aud": "another"},
            "no audience": {"aud": None},
            "several audiences, no party": {"aud": [CLIENT, "another"]},
            "made for another party": {"aud": [CLIENT, "another"], "azp": "another"},
            "another party alone": {"azp": "another"},
            "over": {"iat": now - 400, "exp": now},
            "never over": {"exp": None},
            "of before": {"iat": now - 3600},
            "of tomorrow": {"iat": now + 86400, "exp": now + 90000},
            "not yet": {"nbf": now + 3600},
            "times as words": {"iat": str(now)},
            "another nonce": {"nonce": "another"},
            "no nonce": {"nonce": None},
            "a nonce that is a number": {"nonce": 1},
            "nobody": {"sub": ""},
            "no address": {"email": None},
            "an address that is a list": {"email": ["dana@north.example.org"]},
            "an address nobody verified": {"email_verified": False},
            "verified as a word": {"email_verified": "true"},
            "verified by silence": {"email_verified": None},
            "a stranger": {"email": "eve@example.net"},
            "no address at all": {"email": "dana"},
            "groups as a word": {"groups": "nurses"},
        }
        vectors: dict[str, dict[str, Any]] = {
            **{name: {"claims": said} for name, said in claims.items()},
            "algorithm none": {"alg": "none"},
            "a shared secret": {"alg": "HS256"},
            "another's key": {"key": fake.foreign},
            "an unknown key": {"header": {"kid": "unknown"}},
            "a key it brings along": {"header": {"jku": "https://example.net/keys"}},
            "a type of ours": {"header": {"typ": "at+jwt"}},
            "no token": {"token": None},
            "a list": {"token": ["a"]},
            "nothing in it": {"token": ".."},
            "too long": {"token": "a" * 20000},
        }
        answers: dict[str, httpx.Response] = {}
        for number, (name, wrong) in enumerate(vectors.items()):
            if number % 10 == 9:
                house.clock.advance(timedelta(seconds=1))
            fake.wrong = wrong
            answers[name] = await _enter(page, fake)
        fake.wrong = {}
        right = await _enter(page, fake)

    assert len(vectors) >= 30
    assert [name for name, one in answers.items() if one.status_code != 401] == []
    assert len({one.content for one in answers.values()}) == 1
    assert right.status_code == 200


async def test_a_round_is_one(house: House) -> None:
    """State is good once, for ten minutes, on the device that began; a code is not another's."""
    async with _organised(house) as (page, fake):
        back = await _back(page, fake)
        mine = dict(page.cookies)
        page.cookies.clear()
        stolen = await _post(page, "/verify", back)
        page.cookies.update(mine)
        mixed = await _back(page, fake)
        answers = [
            await _post(page, "/verify", back | {"state": "made-up"}),
            # Her own state with the code of another round: the verifier is not its.
            await _post(page, "/verify", mixed | {"code": back["code"]}),
            await _post(page, "/verify", mixed),
        ]
        first, again = await _back(page, fake), await _back(page, fake)
        once = await _post(page, "/verify", first)
        answers.append(await _post(page, "/verify", first))
        house.clock.advance(timedelta(minutes=10))
        answers.append(await _post(page, "/verify", again))

    assert stolen.status_code == 401
    assert [one.status_code for one in answers] == [401] * len(answers)
    assert once.status_code == 200


async def test_it_goes_nowhere_but_to_its_issuer(house: House) -> None:
    """An issuer that names another, or a door that is not https, or is away, is a 503."""
    wrong: tuple[dict[str, Any], ...] = (
        {"issuer": "https://id.example.net"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    )
    answers: list[httpx.Response] = []
    for said in wrong:
        async with _organised(house) as (page, fake):
            fake.describes = said
            answers.append(await _post(page, ""))
    async with _organised(house) as (page, fake):
        fake.away = True
        answers.append(await _post(page, ""))
        fake.away = False
        back = await _back(page, fake)
        fake.away = True
        answers.append(await _post(page, "/verify", back))

    assert {(one.status_code, one.json()["code"]) for one in answers} == {
        (503, "organisation-away")
    }


async def test_who_was_let_go_here_does_not_get_in(house: House) -> None:
    """The organisation may know them still: disabled here is disabled."""
    async with _organised(house) as (page, fake):
        async with raw(house.databases.urls["admin"]) as admin:
            await admin.execute(
                "UPDATE staff SET active = false WHERE id = $1", house.north.dana.id
            )
        assert (await _enter(page, fake)).status_code == 401
