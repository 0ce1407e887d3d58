"""Whoever is asked about, known or unknown: until the answer is given the same work is done.

The time that an answer takes can't be compared on a crowded machine without being wrong now and
then. What takes the time can: which statements the database gets, which password or signature is
checked, and what is put off until the answer is out. `make bench ARGS="--only sign-in"` has the
times.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import msgspec

from engage.api.app import create_app
from engage.api.parts import Parts
from engage.db.session import Database, Work
from engage.people.signing.passkeys import site_of
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House, alive
from tests.api.test_codes import ANAS_PHONE, STRANGERS_PHONE, caregiver
from tests.api.test_passwords import DANA, invited
from tests.fakes.authenticator import Authenticator

ANSWERED = "-- answered"
STRANGER = "nobody@north.example.org"
Said = MutableMapping[str, Any]


class Listening:
    """A database of which every statement is written down."""

    def __init__(self, database: Database, said: list[str]) -> None:
        """Take the real one, and where to write."""
        self._database = database
        self._said = said

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        """Let everything else be as it is."""
        return getattr(self._database, name)

    @asynccontextmanager
    async def work(self, *scope: Any) -> AsyncGenerator[Work]:  # noqa: ANN401
        """Open a unit of work that is listened to."""
        async with self._database.work(*scope) as work:
            yield Work(cast("Any", _Heard(work._connection, self._said)))  # noqa: SLF001 - only here

    @asynccontextmanager
    async def apart(self) -> AsyncGenerator[Work]:
        """Lend a connection that is listened to."""
        async with self._database.apart() as work:
            yield Work(cast("Any", _Heard(work._connection, self._said)))  # noqa: SLF001 - only here


class _Heard:
    def __init__(self, connection: Any, said: list[str]) -> None:  # noqa: ANN401
        self._connection = connection
        self._said = said

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._connection, name)
        if name not in {"fetch", "fetchrow", "fetchval", "execute"}:
            return found

        async def heard(sql: str, *values: Any) -> Any:  # noqa: ANN401
            self._said.append(sql)
            return await found(sql, *values)

        return heard


@asynccontextmanager
async def _listened(house: House, said: list[str]) -> AsyncGenerator[httpx.AsyncClient]:
    database = Listening(house.parts.database, said)
    parts: Parts = msgspec.structs.replace(house.parts, database=database)
    app = create_app(parts)

    async def noting(scope: Said, receive: Any, send: Callable[[Said], Awaitable[None]]) -> None:  # noqa: ANN401
        async def noted(message: Said) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                said.append(ANSWERED)

        await cast("Any", app)(scope, receive, noted)

    transport = httpx.ASGITransport(cast("Any", noting), raise_app_exceptions=False)
    async with alive(app), httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as page:
        yield page


async def test_known_and_unknown_take_the_same_steps(house: House) -> None:
    """On each way in: the same statements in the same order, and nothing else before the answer."""
    said: list[str] = []
    await caregiver(house, await house.patient())
    key = await invited(house)
    mine = {"Authorization": f"Bearer {key.tokens['access_token']}"}
    site = site_of(PUBLIC_URL)
    device = Authenticator(b"known" * 4, site.rp_id, site.origin)
    options = (await house.client.post("/v1/me/passkeys/options", headers=mine)).json()
    body = device.make(options)
    made = await house.client.post("/v1/me/passkeys", json=body, headers=mine)
    assert made.status_code == 201, made.text

    async with _listened(house, said) as page:

        async def post(path: str, body: dict[str, Any]) -> tuple[int, list[str], list[str]]:
            """Ask; return the status, the statements before the answer, and those after it."""
            said.clear()
            answer = await page.post(f"/v1/auth/{path}", json=body)
            place = said.index(ANSWERED)
            return answer.status_code, said[:place], said[place + 1 :]

        async def passkey(credential: bytes) -> tuple[int, list[str], list[str]]:
            options = (await page.post("/v1/auth/passkeys/options", json={})).json()
            # Signed by another key than the one that was kept, with the right handle.
            other = Authenticator(credential, site.rp_id, site.origin, handle=device.handle)
            return await post("passkeys/verify", other.show(options))

        seen = {
            "password": [
                await post("password", {"email": one, "password": "not this one at all"})
                for one in (DANA, STRANGER)
            ],
            "code": [await post("code", {"phone": one}) for one in (ROSAS_PHONE, STRANGERS_PHONE)],
            "link": [await post("link", {"phone": one}) for one in (ANAS_PHONE, "+16025550178")],
            "code, verified": [
                await post("code/verify", {"phone": one, "code": "000000"})
                for one in (ROSAS_PHONE, STRANGERS_PHONE)
            ],
            "passkey": [await passkey(one) for one in (device.credential_id, b"other" * 4)],
        }

    for name, (known, unknown) in seen.items():
        assert known[:2] == unknown[:2], name
        assert known[1], name
    # Who is known by a phone is looked up once the answer is out, and not before.
    for name in ("code", "link"):
        for _, before, after in seen[name]:
            assert "phone_people" not in "".join(before), name
            assert "phone_people" in "".join(after), name
