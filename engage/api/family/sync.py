"""What changed since: everything the caller may see, as what is new and what is gone.

What a device was shown stays here as hashes under an opaque token, sealed. The next answer is the
difference to what may be seen now, so a right that was taken away arrives as what is gone, and a
thing that was never shown leaves no trace. Open streams say that there is something to ask for,
within a second, and only when what may be seen has changed.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.bearer import who
from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.events import HEARTBEAT_SECONDS, RECHECK_SECONDS
from engage.api.family.common import answered, etag, keys_of
from engage.api.parts import Parts
from engage.api.refusals import SyncTooOld
from engage.clock import fresh_id, monotonic_seconds
from engage.db.sealing import PracticeKeys
from engage.db.session import DatabaseAway, Work
from engage.family import store
from engage.family.record import Reader, read
from engage.ids import PatientId
from engage.people.access import Caller
from engage.people.sharing.circles import InCircle, circle
from engage.people.signing.principal import Family

KEPT: Final = timedelta(days=30)

Since = Annotated[
    str | None,
    QueryParameter(
        max_length=64, required=False, description="`next` of the answer before; none: everything."
    ),
]


class ChangedOut(Struct, frozen=True, kw_only=True):
    """One thing that is new or has changed."""

    kind: Annotated[
        str, Meta(examples=["person", "visit", "ride", "need", "task", "check-in", "message"])
    ]
    patient_id: PatientId
    id: UUID
    version: Annotated[str, Meta(description="Another when any of it changed.")]
    body: Annotated[dict[str, Any], Meta(description="As in the list of its kind.")]

    def __repr__(self) -> str:
        """Hide what is in it."""
        return f"ChangedOut(kind={self.kind!r}, id={self.id}, …)"


class GoneOut(Struct, frozen=True, kw_only=True):
    """One thing that is not there any more, or not for you."""

    kind: str
    patient_id: PatientId
    id: UUID


class SyncOut(Struct, frozen=True, kw_only=True):
    """What changed."""

    changes: tuple[ChangedOut, ...]
    gone: tuple[GoneOut, ...]
    next: Annotated[str, Meta(description="Say it as `since` the next time.")]


class _Point(Struct, frozen=True, array_like=True):
    versions: dict[str, str]


_POINT = msgspec.json.Decoder(_Point)


@get(
    "/sync",
    opt=family(),
    operation_id="sync",
    summary="What changed of all that I may see",
)
async def get_sync(
    request: Request[Any, Any, State],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    since: Since = None,
) -> Response[SyncOut]:
    """Return what is new and what is gone; 410 if it is not known any more what you have."""
    keys, at, me = await keys_of(parts, relative), parts.clock.now(), relative.me.id
    async with parts.database.work([keys.practice], keys.practice) as work:
        before: Mapping[str, str] = {}
        if since is not None:
            point = await store.point(work, keys, _token(since), me)
            if point is None or at - point[0] > KEPT:
                raise SyncTooOld
            before = _POINT.decode(point[1]).versions
        found = await everything(work, keys, relative.me, relative.circle, parts)
        now = {_key(one): one.version for one in found}
        changes = tuple(one for one in found if before.get(_key(one)) != one.version)
        gone = tuple(_gone(key) for key in sorted(before.keys() - now.keys()))
        if since is not None and not changes and not gone:
            return answered(request, SyncOut(changes=(), gone=(), next=since))
        token = fresh_id(parts.clock)
        state = msgspec.json.encode(_Point(now)).decode()
        await store.add_point(work, keys, token, me, at, state)
        await audit.record_patients(
            work,
            keys.practice,
            at,
            by=relative.by,
            action="family.sync",
            patients=sorted({one.patient_id for one in changes if one.kind != "person"}),
        )
    return Response(
        content=SyncOut(changes=changes, gone=gone, next=token.hex),
        headers={"ETag": etag((changes, gone)), "Cache-Control": "private, no-cache"},
    )


@get(
    "/family/events",
    opt=family(),
    operation_id="streamFamilyEvents",
    summary="That something changed (server-sent events); what, sync says",
    media_type="text/event-stream",
)
async def stream_events(
    relative: NamedDependency[Relative], parts: NamedDependency[Parts]
) -> Stream:
    """Say `changed` when what may be seen has changed, and `access` when who may see it has."""
    return Stream(
        stream(parts, relative),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def everything(
    work: Work,
    keys: PracticeKeys,
    me: Family,
    known: Mapping[PatientId, InCircle],
    parts: Parts,
) -> tuple[ChangedOut, ...]:
    """Return all that somebody may see, in a fixed order."""
    at = parts.clock.now()
    found: list[ChangedOut] = []
    for person in known.values():
        whose = person.patient.id
        body: dict[str, Any] = {
            "patient_id": whose,
            "given_name": person.patient.given_name,
            "self": person.scope.own,
            "relationship": person.relationship,
            "zone": person.zone,
            "may": [{"category": one, "verbs": list(verbs)} for one, verbs in person.scope.shared],
        }
        found.append(_changed("person", whose, whose, body))
        found += [
            _changed(record.kind, whose, record.id, dict(fields))
            for record, fields in await read(work, keys, Reader(me.id, person), at)
        ]
    return tuple(found)


async def stream(parts: Parts, relative: Relative) -> AsyncGenerator[bytes, None]:
    """Say that something changed, and end when what may be seen by whom has."""
    touched = asyncio.Event()
    place = await parts.feed.position()
    listening = asyncio.create_task(_listen(parts, relative, place, touched))
    try:
        mark = await _mark(parts, relative.me, relative.circle)
        spoke = monotonic_seconds()
        yield b"retry: 1000\n\n"
        while not listening.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(RECHECK_SECONDS / 2):
                    await touched.wait()
            moved = touched.is_set()
            touched.clear()
            known = await _circle(parts, relative)
            if known is None:
                return
            if _access(known) != _access(relative.circle):
                yield b"event: access\ndata: {}\n\n"
                return
            was = mark
            if moved:
                mark = await _mark(parts, relative.me, known)
            if mark != was:
                spoke = monotonic_seconds()
                yield b"event: changed\ndata: {}\n\n"
            elif monotonic_seconds() - spoke >= HEARTBEAT_SECONDS:
                spoke = monotonic_seconds()
                yield b": still here\n\n"
    except DatabaseAway:
        return
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError, DatabaseAway):
            await listening


async def _listen(parts: Parts, relative: Relative, after: str, touched: asyncio.Event) -> None:
    async for changes in parts.feed.listen([relative.me.practice_id], after):
        if any(one.patient_id in relative.circle for one in changes):
            touched.set()


async def _circle(parts: Parts, relative: Relative) -> Mapping[PatientId, InCircle] | None:
    """Return whom the caller may see what of now; None if their sign-in is over."""
    me = await who(parts, relative.token)
    if me is None or isinstance(me, Caller):
        return None
    keys = await parts.vault.keys(me.practice_id)
    async with parts.database.work([me.practice_id]) as work:
        return await circle(work, keys, me, parts.clock.now())


async def _mark(parts: Parts, me: Family, known: Mapping[PatientId, InCircle]) -> str:
    keys = await parts.vault.keys(me.practice_id)
    async with parts.database.work([me.practice_id]) as work:
        found = await everything(work, keys, me, known, parts)
    return etag([(_key(one), one.version) for one in found])


def _access(known: Mapping[PatientId, InCircle]) -> object:
    return {one: (person.scope, person.relationship) for one, person in known.items()}


def _changed(kind: str, whose: PatientId, one: UUID, body: dict[str, Any]) -> ChangedOut:
    version = hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:16]
    return ChangedOut(kind=kind, patient_id=whose, id=one, version=version, body=body)


def _key(one: ChangedOut) -> str:
    return f"{one.kind}/{one.patient_id.hex}/{one.id.hex}"


def _gone(key: str) -> GoneOut:
    kind, whose, one = key.split("/")
    return GoneOut(kind=kind, patient_id=PatientId(UUID(whose)), id=UUID(one))


def _token(since: str) -> UUID:
    try:
        return UUID(hex=since)
    except ValueError:
        raise SyncTooOld from None
