"""Staff sign in: invited, by a password and a second factor; nothing opens by one alone."""

import asyncio
import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from engage.api.auth.ways import keeping, staff_ways
from engage.audit import SYSTEM
from engage.people import bootstrap
from engage.people.signing import passwords, second_factor
from engage.people.signing.passwords import Cost
from engage.people.signing.staff_ways import StaffWays, WrongSignIn
from engage.people.staff import NewStaff
from engage.people.staffing import store as staffing
from tests.api.conftest import PUBLIC_URL, House
from tests.fakes.forged import Forge
from tests.fakes.practice import raw

DANA = "dana@north.example.org"
PASSWORD = "a long walk along the river"


@dataclass
class Key:
    """An authenticator, and what was written down with it."""

    secret: bytes
    recovery: list[str]
    tokens: dict[str, Any]

    def code(self, house: House) -> str:
        """Return what it shows now."""
        step = int(house.clock.now().timestamp()) // second_factor.STEP_SECONDS
        return second_factor.code_at(self.secret, step)


async def _post(house: House, path: str, body: dict[str, Any], **more: Any) -> httpx.Response:  # noqa: ANN401
    return await house.client.post(f"/v1/auth/{path}", json=body, **more)


def _bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def invited(house: House, email: str = DANA) -> Key:
    """Let somebody choose a password and an authenticator, and sign in for the first time."""
    asked = await house.client.post(
        "/v1/staff/invitations", json={"email": email}, headers=house.north.admin.headers
    )
    assert asked.status_code == 201, asked.text
    offered = await _post(
        house,
        "invitation",
        {"invitation": asked.json()["invitation"], "password": PASSWORD},
    )
    assert offered.status_code == 200, offered.text
    key = Key(base64.b32decode(offered.json()["secret"]), [], {})
    entered = await _post(
        house,
        "second-factor",
        {"challenge": offered.json()["challenge"], "code": key.code(house)},
    )
    assert entered.status_code == 200, entered.text
    key.tokens = entered.json()
    key.recovery = key.tokens["recovery_codes"]
    return key


async def challenge_of(house: House) -> str:
    """Let Dana show her password."""
    return (await _challenge(house)).json()["challenge"]


async def again(house: House, key: Key) -> dict[str, Any]:
    """Sign somebody in once more, who has a password and an authenticator."""
    challenge = (await _challenge(house)).json()["challenge"]
    body = {"challenge": challenge, "code": key.code(house)}
    entered = await _post(house, "second-factor", body)
    assert entered.status_code == 200, entered.text
    return entered.json()


async def _challenge(house: House, password: str = PASSWORD, email: str = DANA) -> httpx.Response:
    return await _post(house, "password", {"email": email, "password": password})


async def test_from_an_invitation_to_signing_out(house: House) -> None:
    """An invitation, a password and a code open; each only once, and nothing after signing out."""
    key = await invited(house)
    me = await house.client.get("/v1/me", headers=_bearer(key.tokens))
    queue = await house.client.get("/v1/queue", headers=_bearer(key.tokens))
    house.clock.advance(timedelta(minutes=1))
    challenge = (await _challenge(house)).json()["challenge"]
    code = key.code(house)
    entered = await _post(house, "second-factor", {"challenge": challenge, "code": code})
    again = (await _challenge(house)).json()["challenge"]
    replayed = await _post(house, "second-factor", {"challenge": again, "code": code})
    used = await _post(house, "second-factor", {"challenge": challenge, "code": code})
    mine = _bearer(entered.json())
    listed = (await house.client.get("/v1/me/sessions", headers=mine)).json()["items"]
    out = await house.client.post("/v1/auth/logout", headers=mine)
    after = await house.client.get("/v1/me", headers=mine)

    assert (me.json()["kind"], me.json()["given_name"]) == ("staff", "Dana")
    assert queue.status_code == 200
    assert entered.status_code == 200
    assert entered.json()["recovery_codes"] == []
    # An answer that says nothing: a code that was used, a challenge that was used.
    assert (replayed.status_code, used.status_code) == (401, 401)
    assert replayed.content == used.content
    assert len(key.recovery) == second_factor.RECOVERY_CODES
    assert [one["current"] for one in listed] == [True, False]
    assert (out.status_code, after.status_code) == (204, 401)
    refreshed = await _post(house, "refresh", {"refresh_token": entered.json()["refresh_token"]})
    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "no-sign-in")


async def test_forged_tokens_get_one_answer(house: House) -> None:
    """Sixty and more that look like Dana's: each the same 401; hers lasts five minutes."""
    key = await invited(house)
    seed = house.parts.vault.master.token_seeds[0]
    claims = keeping(house.parts).read(key.tokens["access_token"])
    assert claims is not None
    forge = Forge(seed, bytes(32), PUBLIC_URL, claims, house.clock.now())
    good = await house.client.get("/v1/me", headers={"Authorization": f"Bearer {forge.good}"})
    answers = [
        await house.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        for token in forge.forged().values()
    ]

    assert good.status_code == 200
    assert len(answers) >= 60
    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1

    house.clock.advance(timedelta(minutes=5))
    old = await house.client.get("/v1/me", headers=_bearer(key.tokens))
    new = await _post(house, "refresh", {"refresh_token": key.tokens["refresh_token"]})
    house.clock.advance(timedelta(hours=1))
    late = await _post(house, "refresh", {"refresh_token": new.json()["refresh_token"]})

    assert (old.status_code, new.status_code, late.status_code) == (401, 200, 401)


async def test_a_recovery_code_opens_once(house: House) -> None:
    """A written-down code opens once, however it is typed; five guesses end a challenge."""
    key = await invited(house)
    answers: list[int] = []
    for typed in (key.recovery[0].upper().replace("-", " "), key.recovery[0], key.recovery[1]):
        challenge = (await _challenge(house)).json()["challenge"]
        body = {"challenge": challenge, "code": typed}
        answers.append((await _post(house, "second-factor", body)).status_code)

    assert answers == [200, 401, 200]

    house.clock.advance(timedelta(minutes=1))
    challenge = (await _challenge(house)).json()["challenge"]
    right = key.code(house)
    wrong = "000000" if right != "000000" else "111111"
    for code in [wrong] * 5 + [right]:
        answer = await _post(house, "second-factor", {"challenge": challenge, "code": code})
        assert answer.status_code == 401


async def test_whatever_is_wrong_is_one_answer(house: House) -> None:
    """A wrong password, an unknown address, one that is none: same answer, and same cost."""
    await invited(house)
    wrong = [
        await _challenge(house, "not this one at all"),
        await _challenge(house, email="nobody@north.example.org"),
        await _challenge(house, email="no address"),
        # Somebody who works here and has no password yet.
        await _challenge(house, email="sam@north.example.org"),
    ]

    assert {one.status_code for one in wrong} == {401}
    assert len({one.content for one in wrong}) == 1
    assert {one.json()["code"] for one in wrong} == {"wrong-sign-in"}
    varying = {"x-request-id", "date"}
    heads = {
        tuple(sorted((k, v) for k, v in one.headers.items() if k not in varying)) for one in wrong
    }
    assert len(heads) == 1

    parts = house.parts
    compared: list[str] = []

    def counting(password: str, kept: str) -> bool:
        compared.append(kept.rsplit("$", 2)[0])
        return passwords.matches(password, kept)

    ways = StaffWays(
        parts.database, parts.vault.master, parts.clock, keeping(parts), Cost(), counting
    )
    counts: list[int] = []
    for email in (DANA, "nobody@north.example.org", "sam@north.example.org", "no address"):
        before = len(compared)
        try:
            await ways.password(email, "not this one at all", "203.0.113.7")
        except WrongSignIn:
            counts.append(len(compared) - before)

    assert counts == [1, 1, 1, 1]
    assert len(set(compared)) == 1


async def test_tries_are_limited_for_everybody_alike(house: House) -> None:
    """Ten tries in a quarter of an hour, for an account that exists and for one that does not."""
    await invited(house)
    seen = {
        email: [
            (await _challenge(house, "not this one at all", email)).status_code for _ in range(12)
        ]
        for email in (DANA, "nobody@north.example.org")
    }
    limited = await _challenge(house)

    assert seen[DANA] == [401] * 10 + [429] * 2
    assert seen["nobody@north.example.org"] == seen[DANA]
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "900")


async def test_a_refresh_token_is_good_once(house: House) -> None:
    """Fifty at once: one winner, and it goes on; a copy that comes later ends the whole sign-in."""
    key = await invited(house)
    ways = keeping(house.parts)
    body = {"refresh_token": key.tokens["refresh_token"]}
    answers = await asyncio.gather(*[_post(house, "refresh", body) for _ in range(50)])
    won = [one.json() for one in answers if one.status_code == 200]
    lost = {one.json()["code"] for one in answers if one.status_code != 200}

    assert len(won) == 1
    assert {one.status_code for one in answers} == {200, 401}
    assert lost == {"already-refreshed"}
    assert (await house.client.get("/v1/me", headers=_bearer(won[0]))).status_code == 200
    second = await ways.refresh(won[0]["refresh_token"])
    house.clock.advance(timedelta(seconds=11))
    copied = await _post(house, "refresh", body)
    assert (copied.status_code, copied.json()["code"]) == (401, "no-sign-in")
    for dead in (_bearer(won[0]), {"Authorization": f"Bearer {second.access}"}):
        assert (await house.client.get("/v1/me", headers=dead)).status_code == 401
    assert (await _post(house, "refresh", {"refresh_token": second.refresh})).status_code == 401


async def test_what_changes_counts_at_the_next_request(house: House) -> None:
    """A new role, an ended one, a disabled person: a token says who, not what they may."""
    key, parts, north = await invited(house), house.parts, house.north
    mine = _bearer(key.tokens)
    measures = "/v1/measures?from=2026-11-01&to=2026-11-02&by=language"
    before = await house.client.get(measures, headers=mine)
    async with parts.database.work([north.id], north.id) as work:
        at = parts.clock.now()
        await staffing.add_membership(work, north.id, north.dana.id, "supervisor", at=at, by=SYSTEM)
    after = await house.client.get(measures, headers=mine)
    house.clock.advance(timedelta(seconds=1))
    async with parts.database.work([north.id], north.id) as work:
        for role in ("supervisor", "care_manager"):
            await staffing.end_membership(
                work, north.id, north.dana.id, role, at=parts.clock.now(), by=SYSTEM
            )
    nowhere = await house.client.get("/v1/queue", headers=mine)
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE staff SET active = false WHERE id = $1", north.dana.id)
    disabled = await house.client.get("/v1/me", headers=mine)
    refreshed = await _post(house, "refresh", {"refresh_token": key.tokens["refresh_token"]})

    assert before.status_code == 403
    assert after.status_code == 200
    assert nowhere.status_code == 403
    assert (disabled.status_code, refreshed.status_code) == (401, 401)


async def test_an_administrator_invites_only_whom_they_run(house: House) -> None:
    """Who also works in another practice is invited by nobody of one: it would be a takeover."""
    parts = house.parts
    await bootstrap.create_staff(
        parts.database,
        parts.vault,
        parts.clock,
        practice=house.south.id,
        staff=NewStaff.named(DANA, "Dana Whitfield"),
        role="care_manager",
    )
    boss, sam = house.north.admin.headers, "sam@south.example.org"
    for email in (DANA, sam, "nobody@north.example.org"):
        refused = await house.client.post(
            "/v1/staff/invitations", json={"email": email}, headers=boss
        )
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown-staff"), email
    by_dana = await house.client.post(
        "/v1/staff/invitations", json={"email": DANA}, headers=house.north.dana.headers
    )
    assert by_dana.status_code == 403


async def test_a_new_invitation_renews_everything(house: House) -> None:
    """Until it is confirmed the old way in holds; then it, and every sign-in by it, is over."""
    old = await invited(house)
    ways = staff_ways(house.parts)
    invitation = await ways.invite_by_email(DANA)
    offered = await ways.accept(invitation.token, "another walk along the river", "x")
    still = await house.client.get("/v1/me", headers=_bearer(old.tokens))
    secret = base64.b32decode(offered.secret)
    step = int(house.clock.now().timestamp()) // second_factor.STEP_SECONDS
    await ways.second_factor(offered.challenge, second_factor.code_at(secret, step), "x")

    assert still.status_code == 200
    assert (await house.client.get("/v1/me", headers=_bearer(old.tokens))).status_code == 401
    assert (await _challenge(house)).status_code == 401
    assert (await _challenge(house, "another walk along the river")).status_code == 200
    used = {"invitation": invitation.token, "password": PASSWORD}
    assert (await _post(house, "invitation", used)).status_code == 401


async def test_nothing_secret_stands_in_a_row_or_a_log(house: House, capfd: Any) -> None:  # noqa: ANN401
    """No table holds a token, a password, a secret or a code as it is."""
    key = await invited(house)
    rows: list[str] = []
    async with raw(house.databases.urls["admin"]) as admin:
        for table in ("sign_in", "refresh_token", "staff_secret", "recovery_code", "sign_in_step"):
            rows += [str(row[0]) for row in await admin.fetch(f"SELECT t::text FROM {table} t")]  # noqa: S608
    said = "\n".join(rows) + "".join(capfd.readouterr())
    secrets = [
        PASSWORD,
        key.secret.hex(),
        base64.b32encode(key.secret).decode(),
        key.tokens["refresh_token"],
        key.tokens["access_token"],
        *key.recovery,
    ]
    assert b"$argon2id$v=19$m=19456,t=2,p=1$".hex() in said
    assert not [one for one in secrets if one in said or one.encode().hex() in said]
    assert PASSWORD not in repr(key.tokens["session_id"])
