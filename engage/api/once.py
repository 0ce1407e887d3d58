"""A POST happens once: the Idempotency-Key, its stored answer, and the transaction they share.

The same key with the same request gets the stored answer, byte for byte; with another request it is
refused; while the first is still running, so is the second. Without a key a POST is what it always
was. Errors are not stored: nothing happened, so the same key may try again.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from msgspec import Struct

from engage.api import store
from engage.api.auth.guard import caller_of
from engage.api.etags import tag
from engage.api.parts import Parts
from engage.api.refusals import FieldError, InvalidRequest, KeyReused, StillRunning
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import PracticeId
from engage.turns.store import TurnFailed

KEY_HEADER: Final = "Idempotency-Key"
LONGEST_KEY: Final = 200
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
_PLACE: Final = "idempotency.answer"
_UNDONE: Final = ("40001", "40P01")
_TRIES: Final = 3

T = TypeVar("T")


class Made(Struct, frozen=True):
    """What a POST or PATCH made: the outward value, and what the headers say of it."""

    value: object
    status: int = HTTPStatus.OK
    location: str | None = None
    version: int | None = None


class _Stored(Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes


Act = Callable[[Work], Awaitable[Made]]


async def once(
    request: Request[Any, Any, State],
    parts: Parts,
    practice: PracticeId,
    kind: type[T],
    act: Act,
) -> Response[T]:
    """Run `act` in one transaction of the practice, or return what it answered before.

    `kind` says to the type checker what the stored bytes are.
    """
    del kind
    key = key_of(request)
    keys = await parts.vault.keys(practice)
    asked = await _hash(request)

    async def with_key(work: Work) -> _Stored:
        if key is None:
            return _written(await act(work))
        return await _remembered(work, keys, parts, (caller_of(request), key), asked, act)

    return cast("Response[T]", _response(await in_turn(parts, with_key, practice)))


async def each_once(
    request: Request[Any, Any, State],
    parts: Parts,
    keys: PracticeKeys,
    work: Work,
    name: str,
    act: Act,
) -> None:
    """Run one of the many steps of a request, once for its key: what was done is not done again.

    Each step has a transaction of its own, so each has a key of its own, made of theirs and a name.
    """
    key = key_of(request)
    if key is None:
        await act(work)
        return
    own = hashlib.sha256(f"{key}\n{name}".encode()).hexdigest()
    asked = await _hash(request)
    await _remembered(work, keys, parts, (caller_of(request), own), asked, act)


async def _hash(request: Request[Any, Any, State]) -> bytes:
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return hashlib.sha256(asked).digest()


async def _remembered(
    work: Work,
    keys: PracticeKeys,
    parts: Parts,
    place: tuple[UUID, str],
    asked: bytes,
    act: Act,
) -> _Stored:
    row = f"{place[0]}|{place[1]}"
    if not await store.alone(work, *place):
        raise StillRunning
    known = await store.kept(work, keys.practice, *place)
    if known is not None:
        if known.request_hash != asked:
            raise KeyReused
        plain = keys.open(_PLACE, row, known.answer_sealed)
        return msgspec.msgpack.decode(plain, type=_Stored)
    answer = _written(await act(work))
    sealed = keys.seal(_PLACE, row, msgspec.msgpack.encode(answer))
    kept = store.Kept(asked, answer.status, sealed)
    await store.keep(work, keys.practice, *place, kept, parts.clock.now())
    return answer


async def in_turn(parts: Parts, act: Callable[[Work], Awaitable[T]], practice: PracticeId) -> T:
    """Run `act` in one transaction; also again when a turn in it was undone for another's sake."""
    for tries_left in range(_TRIES - 1, -1, -1):
        try:
            return await parts.database.again(act, [practice], practice)
        except TurnFailed as failed:
            if failed.state not in _UNDONE or not tries_left:
                raise
    raise TurnFailed(_UNDONE[0])


def made(value: Made, kind: type[T]) -> Response[T]:
    """Answer a change that carries no key."""
    del kind
    return cast("Response[T]", _response(_written(value)))


def _written(value: Made) -> _Stored:
    headers: dict[str, str] = {}
    if value.location is not None:
        headers["Location"] = value.location
    if value.version is not None:
        headers["ETag"] = tag(value.version)
    return _Stored(value.status, headers, msgspec.json.encode(value.value))


def _response(stored: _Stored) -> Response[bytes]:
    return Response(
        content=stored.body,
        status_code=stored.status,
        headers=stored.headers,
        media_type="application/json",
    )


def key_of(request: Request[Any, Any, State]) -> str | None:
    """Return the key a request came with, if it did; InvalidRequest if it is none."""
    given = request.headers.getall(KEY_HEADER, [])
    if not given:
        return None
    key = given[0]
    if len(given) > 1 or not _KEY.fullmatch(key):
        raise InvalidRequest(
            FieldError(
                f"/{KEY_HEADER}",
                "wrong-form",
                "Must be given once: 1 to 200 visible ASCII letters.",
                "header",
            )
        )
    return key
