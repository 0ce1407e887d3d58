"""The main job, played through the real stack: text out, reply in, flag, queue, answer back.

Every step is an HTTP request that a script, a phone or a care manager's page would make, tried
again while a process is away and never done twice: its keys are kept beside the data until the
story is told. This room refuses to look into the database; what it can't see, nobody can.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Struct

from engage.clock import SystemClock, fresh_id, monotonic_seconds
from engage.errors import EngageError
from engage.ids import PatientId, StaffId

PATIENCE_SECONDS = 150.0
"""A step may have to wait for the lease of a process that was killed in the middle of it."""
POLL_SECONDS = 0.15
_BUSY = (408, 429, 500, 502, 503, 504)
_FILE = "story.json"
_WANTED = "the wish for help becomes a need"
_READS = "the patient reads the care manager's words"
_COMPLETED = "the screening is completed"
_ONCE = "each text leaves once"
T = TypeVar("T")


class StepMissing(EngageError):  # noqa: N818 - reads as a sentence
    """A step of the story did not happen in time."""

    def __init__(self, step: str) -> None:
        """Name the step."""
        self._step = step
        super().__init__()

    @property
    def sentence(self) -> str:
        """Which step did not happen."""
        return f"A step of the story did not happen in time: {self._step}."


class Scene(Struct, frozen=True):
    """Who plays."""

    number: str
    patient_id: PatientId
    manager_id: StaffId
    manager_token: str
    tokens: Mapping[str, str]

    def __repr__(self) -> str:
        """Hide the tokens."""
        return "Scene(…)"


class _Kept(Struct):
    """What a story that was cut off needs to go on: its id, and how many texts came before."""

    run: UUID
    texts_before: int
    #: A patient who wants help already, from an earlier telling, is not asked again.
    asks_help: bool = True

    @property
    def before_answer(self) -> int:
        """How many texts come before the care manager's."""
        return self.texts_before + (5 if self.asks_help else 3)


class Story:
    """One telling."""

    def __init__(self, url: str, scene: Scene, folder: Path) -> None:
        """Take where the API is, who plays, and a folder that survives a restart."""
        self._url = url
        self._scene = scene
        self._file = folder / _FILE
        self._kept: _Kept | None = None
        self._web: aiohttp.ClientSession | None = None
        self._phone = ""

    async def tell(self) -> int:
        """Play every step and print it as a transcript; 0 only if every step happened once."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as web:
            self._web = web
            try:
                await self._tell()
            except StepMissing as missing:
                _say(f"! {missing.sentence}")
                return 1
        self._file.unlink(missing_ok=True)
        _say("= done: every step happened, once")
        return 0

    async def _tell(self) -> None:
        patient = await self._get(f"/v1/patients/{self._scene.patient_id}")
        self._phone = patient["phone"]
        kept = self._kept = await self._begin()
        _say(f"title    {patient['given_name']} is asked, answers, and is answered")
        screening = await self._post(
            f"/v1/patients/{self._scene.patient_id}/screenings",
            {"instrument": "hunger-vital-sign", "channel": "sms"},
            "screen",
        )
        _say("screen   hunger-vital-sign")
        first = await self._text(kept.texts_before, "the first question reaches the phone")
        _say(f"< system: {_one_line(first)}")
        await self._reply("1", "first")
        _say("> patient: 1")
        second = await self._text(kept.texts_before + 1, "the second question reaches the phone")
        item = await self._item()
        _say("* flag    food-insecurity")
        _say(f"* queue   {item['owner']['given_name']}, due {item['due_at']}")
        _say(f"< system: {_one_line(second)}")
        await self._reply("3", "second")
        _say("> patient: 3")
        thanks = await self._text(kept.texts_before + 2, "the thanks reach the phone")
        _say(f"< system: {_one_line(thanks)}")
        if kept.asks_help:
            await self._want_help(kept)
        await self._answer_back(item, kept)
        await self._check(screening["id"], kept)

    async def _want_help(self, kept: _Kept) -> None:
        help_asked = await self._text(kept.texts_before + 3, "the help question reaches the phone")
        _say(f"< system: {_one_line(help_asked)}")
        await self._reply("1", "third")
        _say("> patient: 1")
        closing = await self._text(kept.texts_before + 4, "what follows reaches the phone")
        needs = await self._get(f"/v1/patients/{self._scene.patient_id}/needs")
        if all(need["status"] not in {"wanted", "in-progress"} for need in needs["items"]):
            raise StepMissing(_WANTED)
        _say("* need    food-insecurity, wanted")
        _say(f"< system: {_one_line(closing)}")

    async def _answer_back(self, item: Mapping[str, Any], kept: _Kept) -> None:
        await self._post(f"/v1/queue/{item['id']}/claim", {}, "claim")
        _say(f"* claim   {item['owner']['given_name']}")
        words = f"This is {item['owner']['given_name']}. I will call you at 4 about the food boxes."
        thread = item["thread_id"]
        await self._post(
            f"/v1/threads/{thread}/messages", {"body": words, "last_seen_event": None}, "answer"
        )
        _say(f"> {item['owner']['given_name'].lower()}: {words}")
        read = await self._text(kept.before_answer, "the answer reaches the phone")
        if read != words:
            raise StepMissing(_READS)
        _say(f"< staff: {_one_line(read)}")
        await self._post(
            f"/v1/queue/{item['id']}/complete", {"outcome": "answered-by-text"}, "complete"
        )
        _say("* done    answered-by-text")

    async def _check(self, screening: str, kept: _Kept) -> None:
        """Nothing lost, nothing repeated: the answers are scored and no text left twice."""
        done = await self._get(f"/v1/screenings/{screening}")
        if done["status"] != "completed":
            raise StepMissing(_COMPLETED)
        await asyncio.sleep(1)
        if len(await self._texts()) != kept.before_answer + 1:
            raise StepMissing(_ONCE)

    async def _begin(self) -> _Kept:
        """Go on with a story that was cut off, or begin a new one and remember it first."""
        if self._file.exists():
            return msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        needs = await self._get(f"/v1/patients/{self._scene.patient_id}/needs")
        asks = all(need["status"] in {"risk", "confirmed"} for need in needs["items"])
        kept = _Kept(fresh_id(SystemClock()), len(await self._texts()), asks)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(kept))
        fresh.rename(self._file)
        return kept

    # Steps

    async def _text(self, place: int, step: str) -> str:
        """Wait for the text at a place on the phone and return its words."""

        async def look() -> str | None:
            texts = await self._texts()
            return texts[place]["body"] if len(texts) > place else None

        return await self._until(look, step)

    async def _texts(self) -> list[dict[str, Any]]:
        """Return what is on the phone, oldest first."""
        answer = await self._get("/simulator/messages", to=self._phone)
        return list(answer["items"])

    async def _reply(self, words: str, label: str) -> None:
        """Answer from the phone; the carrier's id is the story's: a second try is a duplicate."""
        run = self._kept.run if self._kept else UUID(int=0)
        sid = f"SM{UUID(int=run.int ^ sum(label.encode())).hex}"
        body = {"from": self._phone, "to": self._scene.number, "body": words, "sid": sid}
        await self._send("POST", "/simulator/inbound", f"the reply {label}", body=body)

    async def _item(self) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            queue = await self._get("/v1/queue", view="mine")
            return next(
                (
                    item
                    for item in queue["items"]
                    if item["subject"] == "need:food-insecurity"
                    and item["patient"]["id"] == str(self._scene.patient_id)
                    and item["owner"]["id"] == str(self._scene.manager_id)
                ),
                None,
            )

        return await self._until(look, "the flag reaches the assigned care manager's queue")

    async def _until(self, look: Callable[[], Awaitable[T | None]], step: str) -> T:
        end = monotonic_seconds() + PATIENCE_SECONDS
        while monotonic_seconds() < end:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(POLL_SECONDS)
        raise StepMissing(step)

    # HTTP

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        return await self._send("GET", path, path, query=query)

    async def _post(self, path: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        run = self._kept.run if self._kept else ""
        return await self._send("POST", path, key, body=body, key=f"{run}/{key}")

    async def _send(
        self,
        method: str,
        path: str,
        step: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """Send a request until a process answers it; what it refuses is a missing step."""
        headers = {"Authorization": f"Bearer {self._scene.manager_token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        end = monotonic_seconds() + PATIENCE_SECONDS
        while self._web is not None and monotonic_seconds() < end:
            try:
                async with self._web.request(
                    method, self._url + path, params=query, json=body, headers=headers
                ) as answer:
                    if answer.status not in _BUSY:
                        if not answer.ok:
                            refused = f"{step} ({answer.status})"
                            raise StepMissing(refused)
                        raw = await answer.read()
                        return msgspec.json.decode(raw) if raw else {}
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(POLL_SECONDS)
        raise StepMissing(step)


def _one_line(words: str) -> str:
    return msgspec.json.encode(words).decode()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
