"""The stream of changes: ids only, resumable, and closed when the token is."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from engage.people import bootstrap
from tests.api.conftest import House

SECONDS = 10


class Listening:
    """An open stream: httpx's in-process transport waits for the end, so this one speaks ASGI."""

    def __init__(self) -> None:
        """Start before the first word."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._came: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:  # noqa: ANN401 - an ASGI message
        """Take what the app says."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            self._chunks.put_nowait(message.get("body", b""))
            if not message.get("more_body", False):
                self._chunks.put_nowait(None)

    async def chunk(self) -> bytes | None:
        """Return the next words, or None at the end."""
        async with asyncio.timeout(SECONDS):
            return await self._chunks.get()

    async def event(self) -> dict[str, Any]:
        """Return the next event."""
        while not self._came:
            chunk = await self.chunk()
            assert chunk is not None, "the stream ended"
            # What came at once is written at once.
            for block in chunk.decode().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                if "data" in lines:
                    told = {"id": lines["id"], "event": lines["event"]}
                    self._came.append(told | json.loads(lines["data"]))
        return self._came.pop(0)

    async def ended(self) -> bool:
        """Say whether the stream ends by itself."""
        while (chunk := await self.chunk()) is not None:
            assert b"data" not in chunk
        return True


@asynccontextmanager
async def listening(
    house: House,
    token: str,
    after: str | None = None,
    *,
    path: str = "/v1/events",
    cookie: str | None = None,
) -> AsyncGenerator[Listening, None]:
    """Open a stream with a token, or with what a cookie holds, and hang up at the end."""
    heard, gone = Listening(), asyncio.Event()
    shown = (b"authorization", f"Bearer {token}".encode())
    if cookie is not None:
        shown = (b"cookie", f"{cookie}={token}".encode())
    headers = [(b"host", b"127.0.0.1"), shown]
    if after is not None:
        headers.append((b"last-event-id", after.encode()))
    asked = False

    async def receive() -> dict[str, object]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    app: Any = house.app
    running = asyncio.create_task(app(scope, receive, heard.send))
    await heard.chunk()
    try:
        yield heard
    finally:
        gone.set()
        with suppress(asyncio.CancelledError):
            async with asyncio.timeout(SECONDS):
                await running


async def test_a_change_is_told_by_ids_alone(house: House) -> None:
    """A text that comes in is heard at once, and not a word of it."""
    await house.screening(await house.patient())
    async with listening(house, house.north.dana.token) as heard:
        await house.text_in("often")
        told = [await heard.event()]
        # What was made just before may still be on its way.
        while told[-1]["kind"] != "item":
            told.append(await heard.event())

    assert heard.headers["content-type"].startswith("text/event-stream")
    assert {one["kind"] for one in told} <= {"item", "message", "patient", "screening"}
    for one in told:
        assert one.keys() == {
            "id",
            "event",
            "kind",
            "practice_id",
            "subject_id",
            "patient_id",
        }
        assert one["practice_id"] == str(house.north.id)


async def test_a_stream_goes_on_where_it_broke_off(house: House) -> None:
    """What happened while nobody listened comes first, in order, without gap or repetition."""
    async with listening(house, house.north.dana.token) as heard:
        await house.patient(external_id="A-1")
        first = await heard.event()
    for number in (2, 3):
        await house.patient(external_id=f"A-{number}", phone=None)
    async with listening(house, house.north.dana.token, after=first["id"]) as heard:
        missed = [await heard.event() for _ in range(2)]
    async with listening(house, house.north.dana.token, after=missed[0]["id"]) as heard:
        again = await heard.event()

    assert [one["kind"] for one in missed] == ["patient", "patient"]
    assert again == missed[1]
    assert first not in missed


async def test_another_practice_hears_nothing(house: House) -> None:
    """A stream carries the caller's own practices only."""
    async with listening(house, house.south.dana.token) as heard:
        await house.patient()
        await house.patient(house.south)
        told = await heard.event()

    assert told["practice_id"] == str(house.south.id)


async def test_a_revoked_token_closes_its_stream(house: House) -> None:
    """Within about a second of losing access, the stream ends."""
    parts = house.parts
    async with listening(house, house.north.sam.token) as heard:
        await bootstrap.revoke(parts.database, parts.vault, parts.clock, house.north.sam.token)
        assert await heard.ended()


@pytest.mark.parametrize(
    "after", ["x", "1", "1-", "-1", "1-1-1", "9" * 40 + "-1", "1-1;", "9" * 15 + "-1"]
)
async def test_a_place_that_is_none_is_refused(house: House, after: str) -> None:
    """A Last-Event-ID we did not give, or before a restore, is a 400 before the stream begins."""
    answer = await house.client.get(
        "/v1/events", headers=house.north.dana.headers | {"Last-Event-ID": after}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")
