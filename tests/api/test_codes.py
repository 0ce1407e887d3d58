"""Patients and caregivers sign in by a code: one answer for all, few texts, and no rights by it."""

import re
from datetime import timedelta
from typing import Any

import httpx

from engage.api.app import V1
from engage.api.auth.marks import ACTION
from engage.api.auth.ways import family_ways
from engage.people import bootstrap
from engage.people.csv_import import COLUMNS
from engage.people.phone import PhoneNumber
from engage.people.signing import limits
from engage.people.signing.principal import Person
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House
from tests.fakes.practice import Raw, raw

ANAS_PHONE = "+16025550143"
STRANGERS_PHONE = "+16025550177"
ANA = {
    "given_name": "Ana",
    "family_name": "Delgado",
    "language": "es",
    "relationship": "daughter",
    "phone": ANAS_PHONE,
}
REQUESTS = 10_000


async def caregiver(house: House, patient: Any, **fields: Any) -> str:  # noqa: ANN401
    """Let a practice know Ana, who cares for a patient."""
    made = await house.client.post(
        f"/v1/patients/{patient}/caregivers", json=ANA | fields, headers=house.north.dana.headers
    )
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def ask(house: House, phone: str) -> httpx.Response:
    """Ask for a code."""
    return await house.client.post("/v1/auth/code", json={"phone": phone})


async def verify(house: House, phone: str, code: str, **more: Any) -> httpx.Response:  # noqa: ANN401
    """Show a code."""
    body = {"phone": phone, "code": code} | more
    return await house.client.post("/v1/auth/code/verify", json=body)


async def _texts(house: House) -> list[tuple[str, str]]:
    """Return every code text that is queued: its status and its words, oldest first."""
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT id, status, body_sealed, not_after, thread_id FROM message"
            " WHERE kind = 'code' ORDER BY id"
        )
    assert all(row["thread_id"] is None for row in rows)
    keys = house.north.keys
    return [
        (row["status"], keys.open_text("message.body", row["id"], row["body_sealed"]))
        for row in rows
    ]


async def code_of(house: House) -> str:
    """Return the code that left last."""
    return re.findall(r"\b[0-9]{6}\b", (await _texts(house))[-1][1])[0]


async def test_a_caregiver_signs_in_and_sees_themselves_alone(house: House) -> None:
    """A code, tokens, one's own name; of everything else they are told that it is not for them."""
    rosa = await house.patient()
    ana = await caregiver(house, rosa)
    asked = await ask(house, ANAS_PHONE)
    code = await code_of(house)
    # Another device has another cookie: the code is not its.
    mine = dict(house.client.cookies)
    house.client.cookies.clear()
    elsewhere = await verify(house, ANAS_PHONE, code)
    house.client.cookies.update(mine)
    tokens = (await verify(house, ANAS_PHONE, code)).json()
    again = await verify(house, ANAS_PHONE, code)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = (await house.client.get("/v1/me", headers=headers)).json()
    sessions = (await house.client.get("/v1/me/sessions", headers=headers)).json()["items"]
    refreshed = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    )

    assert (asked.status_code, asked.json()) == (202, {"expires_in": 600})
    assert "North Clinic" in (await _texts(house))[0][1]
    assert (elsewhere.status_code, again.status_code) == (401, 401)
    assert elsewhere.content == again.content
    assert (me["kind"], me["id"], me["given_name"], me["memberships"]) == (
        "caregiver",
        ana,
        "Ana",
        [],
    )
    assert me["family_of"]["practice_name"] == "North Clinic"
    assert [one["factors"] for one in sessions] == ["sms-code"]
    assert refreshed.status_code == 200
    # Every route of the staff, by a caregiver: refused before anything of it is read.
    nobody = "0193a000-0000-7000-8000-000000000001"
    for route in V1:
        if ACTION not in route.opt:
            continue
        path = "/v1" + re.sub(r"\{.*?\}", nobody, next(iter(route.paths)))
        method = next(iter(route.http_methods))
        answer = await house.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed"), path
    # The phone becomes somebody else's: the sign-in ends with it.
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE phone_use SET until_at = now() WHERE caregiver_id = $1", ana)
    assert (await house.client.get("/v1/me", headers=headers)).status_code == 401


async def test_asking_tells_nothing_and_stop_is_heard(house: House) -> None:
    """A known phone, an unknown and a closed one: same answer; only the known one gets a text."""
    await house.patient()
    known = await ask(house, ROSAS_PHONE)
    assert len(await _texts(house)) == 1
    unknown = await ask(house, STRANGERS_PHONE)
    await house.text_in("STOP")
    house.clock.advance(timedelta(minutes=2))
    closed = await ask(house, ROSAS_PHONE)
    soon = [await ask(house, phone) for phone in (ROSAS_PHONE, STRANGERS_PHONE)]

    answers = (known, unknown, closed)
    assert {one.status_code for one in answers} == {202}
    assert len({one.content for one in answers}) == 1
    assert {frozenset(one.headers) for one in answers} == {frozenset(known.headers)}
    assert len(await _texts(house)) == 1
    # A limit counts who is known and who is not alike.
    house.clock.advance(timedelta(seconds=61))
    await ask(house, STRANGERS_PHONE)
    soon.append(await ask(house, STRANGERS_PHONE))
    assert [one.status_code for one in soon] == [429, 202, 429]


async def test_a_code_can_be_guessed_five_times(house: House) -> None:
    """After five wrong ones, or after a newer one, the right one opens no more."""
    await house.patient()
    await ask(house, ROSAS_PHONE)
    first = await code_of(house)
    wrong = "000000" if first != "000000" else "111111"
    guessed = [(await verify(house, ROSAS_PHONE, one)).status_code for one in [wrong] * 5]
    late = await verify(house, ROSAS_PHONE, first)
    house.clock.advance(timedelta(minutes=2))
    await ask(house, ROSAS_PHONE)
    second = await code_of(house)
    house.clock.advance(timedelta(minutes=2))
    await ask(house, ROSAS_PHONE)
    third = await code_of(house)
    older = await verify(house, ROSAS_PHONE, second)
    newer = await verify(house, ROSAS_PHONE, third)

    assert guessed == [401] * 5
    assert (late.status_code, late.json()["code"]) == (401, "wrong-code")
    assert older.status_code == (200 if second == third else 401)
    assert newer.status_code == 200
    assert newer.json()["session_id"]


async def test_who_shares_a_phone_says_who_they_are(house: House) -> None:
    """A code shows the phone, not the person: where several use it, one is chosen."""
    rosa = await house.patient()
    ana = await caregiver(house, rosa, phone=ROSAS_PHONE)
    await ask(house, ROSAS_PHONE)
    code = await code_of(house)
    several = await verify(house, ROSAS_PHONE, code)
    stranger = await verify(house, ROSAS_PHONE, code, person_id=str(house.north.dana.id))
    await _ask_again(house)
    mine = await verify(house, ROSAS_PHONE, await code_of(house), person_id=str(rosa))
    me = await house.client.get(
        "/v1/me", headers={"Authorization": f"Bearer {mine.json()['access_token']}"}
    )

    assert (several.status_code, several.json()["code"]) == (409, "several-people")
    seen = {(one["id"], one["kind"], one["given_name"]) for one in several.json()["people"]}
    assert seen == {(str(rosa), "patient", "Rosa"), (ana, "caregiver", "Ana")}
    assert stranger.status_code == 401
    assert me.json()["kind"] == "patient"


async def _ask_again(house: House) -> None:
    house.clock.advance(timedelta(minutes=2))
    await ask(house, ROSAS_PHONE)


async def test_ten_thousand_requests_send_fifty_texts(house: House) -> None:
    """From a thousand numbers and addresses over most of a day, at most fifty texts leave."""
    parts, ways = house.parts, family_ways(house.parts)
    numbers = [f"+1602{555 + block:03d}{place:04d}" for block in range(40) for place in range(25)]
    # Of the rest nothing is sent, as the test above has it: they are left out for time's sake.
    known = numbers[:60]
    rows = [",".join(COLUMNS)]
    rows += [
        f"P-{at},Pat,Doe,,en,America/Phoenix,{number},dana@north.example.org"
        for at, number in enumerate(known)
    ]
    await bootstrap.import_patients(
        parts.database,
        parts.vault,
        parts.clock,
        practice=house.north.id,
        raw="\n".join(rows).encode(),
    )
    sent = 0

    async def queue(_work: object, _person: Person, _code: str, _link: str) -> bool:
        return True

    for batch in range(40):
        phones = [numbers[(batch * 7 + place * 4) % len(numbers)] for place in range(250)]
        async with raw(house.databases.urls["admin"]) as admin:
            allowed = await _all_ask(house, admin, phones, batch)
        for phone in set(allowed).intersection(known):
            sent += await ways.send(PhoneNumber.parse(phone), "device", queue)
        house.clock.advance(timedelta(minutes=35))

    assert REQUESTS == 40 * 250
    assert sent == 50


async def _all_ask(house: House, admin: Raw, phones: list[str], batch: int) -> list[str]:
    """Ask for all phones in one statement, as `FamilyWays.ask` does for one; return the allowed."""
    counted = (
        limits.CODE_FROM_ADDRESS,
        limits.CODE_AGAIN,
        limits.CODE_OF_PHONE_HOUR,
        limits.CODE_OF_PHONE,
    )
    hashed = house.parts.vault.master.credential_hashes
    addresses = [f"203.0.113.{(batch + place) % 200}" for place in range(len(phones))]
    keys = [
        [hashed(one.kind, who)[0] for who in (addresses if one is counted[0] else phones)]
        for one in counted
    ]
    rows = await admin.fetch(
        "SELECT a.place FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])"
        " WITH ORDINALITY AS a (k1, k2, k3, k4, place)"
        " WHERE sign_in_allow($5::text[], ARRAY[a.k1, a.k2, a.k3, a.k4], $6::int[], $7::int[], $8)"
        " = 0 ORDER BY a.place",
        *keys,
        [one.kind for one in counted],
        [one.seconds for one in counted],
        [one.most for one in counted],
        house.clock.now(),
    )
    return [phones[row["place"] - 1] for row in rows]


async def test_a_code_that_does_not_arrive_is_nobodys_work(house: House) -> None:
    """It leaves like any text; too late or refused, it is dropped, and they ask again."""
    await house.patient()
    await ask(house, ROSAS_PHONE)
    await _leave(house)
    house.clock.advance(timedelta(minutes=2))
    await ask(house, ROSAS_PHONE)
    house.clock.advance(timedelta(minutes=11))
    await _leave(house)

    async with raw(house.databases.urls["admin"]) as admin:
        left = await admin.fetchval("SELECT count(*) FROM due WHERE kind = 'outbox'")
    first, second = [status for status, _ in await _texts(house)]
    # The simulated carrier reports in its own time.
    assert first in {"accepted", "sent", "delivered"}
    assert second == "expired"
    assert left == 0


async def _leave(house: House) -> None:
    """Let the newest code text leave; no loop has to hear what became of it."""
    async with raw(house.databases.urls["admin"]) as admin:
        text = await admin.fetchval("SELECT id FROM message WHERE kind = 'code' ORDER BY id DESC")
    await house.parts.outbox.send(house.north.id, text)  # type: ignore[attr-defined] # the outbox itself
    async with raw(house.databases.urls["admin"]) as admin:
        waits = await admin.fetchval("SELECT count(*) FROM due WHERE kind = 'outcome'")
    assert waits == 0


async def test_a_link_opens_once_where_it_was_asked_for(house: House) -> None:
    """Looked at it stays; elsewhere it opens nothing; used it is over, with its code."""
    rosa = await house.patient()
    await caregiver(house, rosa)
    asked = await house.client.post("/v1/auth/link", json={"phone": ANAS_PHONE})
    body = (await _texts(house))[-1][1]
    code = re.findall(r"\b[0-9]{6}\b", body)[0]
    address = re.findall(r"http\S+", body)[0]
    path, _, secret = address.removeprefix(PUBLIC_URL).partition("#l=")
    looked = [await house.client.get(path) for _ in range(3)]

    async def follow(link: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        return await house.client.post("/v1/auth/link/verify", json={"link": link} | more)

    mine = dict(house.client.cookies)
    house.client.cookies.clear()
    elsewhere = await follow(secret)
    house.client.cookies.update(mine)
    wrong = await follow(secret[:-1])
    in_ = await follow(secret)
    again, by_code = await follow(secret), await verify(house, ANAS_PHONE, code)
    bearer = {"Authorization": f"Bearer {in_.json()['access_token']}"}
    listed = (await house.client.get("/v1/me/sessions", headers=bearer)).json()["items"]
    # Of a new one the code is used, and its link is over; and after ten minutes either is.
    house.clock.advance(timedelta(minutes=2))
    await house.client.post("/v1/auth/link", json={"phone": ANAS_PHONE})
    newer = (await _texts(house))[-1][1]
    used = await verify(house, ANAS_PHONE, await code_of(house))
    over = await follow(newer.partition("#l=")[2].split()[0])
    house.clock.advance(timedelta(minutes=2))
    await house.client.post("/v1/auth/link", json={"phone": ANAS_PHONE})
    late_body = (await _texts(house))[-1][1]
    house.clock.advance(timedelta(minutes=10))
    late = await follow(late_body.partition("#l=")[2].split()[0])

    assert asked.status_code == 202
    assert path == "/family/enter"
    assert {one.status_code for one in looked} == {200}
    assert {one.headers["referrer-policy"] for one in looked} == {"no-referrer"}
    assert "script-src 'sha256-" in looked[0].headers["content-security-policy"]
    answers = (elsewhere, wrong, again, by_code, over, late)
    assert [one.status_code for one in answers] == [401] * len(answers)
    assert len({one.content for one in answers}) == 1
    assert (in_.status_code, used.status_code) == (200, 200)
    assert [one["factors"] for one in listed] == ["sms-link"]


async def test_a_new_phone_gets_no_code_for_a_day(house: House) -> None:
    """Who had another phone is not let in by a new one at once; who never had one is."""
    rosa = await house.patient()
    changed = await house.client.patch(
        f"/v1/patients/{rosa}", json={"phone": ANAS_PHONE}, headers=house.north.dana.headers
    )
    await ask(house, ANAS_PHONE)
    held = [text for _, text in await _texts(house) if "sign" in text]
    house.clock.advance(timedelta(hours=24))
    await ask(house, ANAS_PHONE)
    entered = await verify(house, ANAS_PHONE, await code_of(house))

    assert changed.status_code == 200, changed.text
    assert held == []
    assert entered.status_code == 200
