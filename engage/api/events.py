"""What changed, as it changes: server-sent events with ids only, resumable by Last-Event-ID.

The stream asks again every second whether its token still opens, and ends when the answer changes;
the browser comes back and is told what it may see now. Nothing about a person but an id travels
here.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import lru_cache
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import HeaderParameter
from litestar.response import Stream
from msgspec import Struct

from engage.api.auth.bearer import who
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.parts import Parts
from engage.clock import monotonic_seconds
from engage.db.session import DatabaseAway
from engage.feed import BadCursor, FeedEvent
from engage.ids import PatientId, PracticeId
from engage.people.access import Caller, visible_to

RECHECK_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
KEPT_WRITTEN: Final = 2_000
_PLACE = re.compile(r"[0-9]{1,19}-[0-9]{1,18}")


class ChangeOut(Struct, frozen=True):
    """One change: read the subject again to see what it is now."""

    kind: str
    practice_id: PracticeId
    subject_id: UUID
    patient_id: PatientId | None


@get(
    "/events",
    opt=needs("queue.read"),
    operation_id="streamEvents",
    summary="What changes, as it changes (server-sent events)",
    media_type="text/event-stream",
)
async def stream_events(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    last_event_id: Annotated[
        str | None,
        HeaderParameter(
            name="Last-Event-ID",
            required=False,
            max_length=64,
            description="The id of the last event you took; the stream goes on after it.",
        ),
    ] = None,
) -> Stream:
    """Stream every change in the caller's practices."""
    if last_event_id is not None and not _PLACE.fullmatch(last_event_id):
        raise BadCursor
    # Refused before a word is sent: who is let in and cut off comes back with it for ever.
    after = await (
        parts.feed.position() if last_event_id is None else parts.feed.resuming(last_event_id)
    )
    return Stream(
        _stream(parts, visit, after),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _stream(parts: Parts, visit: Visit, after: str) -> AsyncGenerator[bytes, None]:
    changes = parts.feed.listen(visit.practices, after)
    upcoming = asyncio.ensure_future(anext(changes))
    spoke = checked = monotonic_seconds()
    # A first word at once: the client knows it is connected, and proxies pass the headers on.
    yield b"retry: 1000\n\n"
    try:
        while True:
            await asyncio.wait({upcoming}, timeout=RECHECK_SECONDS)
            now = monotonic_seconds()
            if now - checked >= RECHECK_SECONDS:
                if not await _still_open(parts, visit):
                    return
                checked = now
            if upcoming.done():
                try:
                    came = upcoming.result()
                except StopAsyncIteration:
                    return
                upcoming = asyncio.ensure_future(anext(changes))
                spoke = now
                yield b"".join(map(_written, came))
            elif now - spoke >= HEARTBEAT_SECONDS:
                spoke = now
                yield b": still here\n\n"
    finally:
        upcoming.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration, DatabaseAway):
            await upcoming
        await changes.aclose()


async def _still_open(parts: Parts, visit: Visit) -> bool:
    try:
        caller = await who(parts, visit.token)
    except DatabaseAway:
        return False
    return isinstance(caller, Caller) and visible_to(caller, visit.action) == visit.visible


@lru_cache(KEPT_WRITTEN)
def _written(change: FeedEvent) -> bytes:
    # Everybody who listens is told the same.
    told = ChangeOut(change.kind, change.practice_id, change.subject_id, change.patient_id)
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        change.id.encode(),
        change.kind.encode(),
        msgspec.json.encode(told),
    )
