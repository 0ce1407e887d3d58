"""The feed of a practice: what changed, by id only, resumable and without gaps.

Sequences commit out of order: a reader that remembers the highest number it saw misses the one that
was taken earlier and committed later. So a cursor is (transaction, sequence), and only rows of
transactions older than every running one are published. One reader per server process polls for
all who listen. This room refuses to carry a name or a word of a text, and to wait for a slow
listener: that one is dropped, and resumes from its cursor.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import structlog
from msgspec import Struct
from sqlalchemy import BigInteger, Text, bindparam, cast, func, insert, select, tuple_

from engage.db.session import Database, Query, Work
from engage.db.tables import XID8, feed
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId

FeedKind: TypeAlias = Literal[
    "item", "message", "screening", "patient", "need", "appointment", "ride", "glass"
]

POLL_SECONDS = 0.15
AWAY_SECONDS = 1.0
PAGE_ROWS = 500
MOST_WAITING = 1000
"""How many events a listener may leave lying before it is dropped."""

_CURSOR = re.compile(r"([0-9]{1,19})-([0-9]{1,18})")

_log = structlog.get_logger(__name__)


class BadCursor(EngageError):  # noqa: N818 - reads as a sentence
    """This is not a place in the feed."""


class FeedEvent(Struct, frozen=True):
    """One change. Its id is the cursor to resume after it."""

    id: str
    kind: str
    practice_id: PracticeId
    subject_id: UUID
    patient_id: PatientId | None
    at: datetime


class _Place(Struct, frozen=True, order=True):
    transaction: int
    sequence: int

    @property
    def cursor(self) -> str:
        return f"{self.transaction}-{self.sequence}"


_ADD = Query(
    insert(feed).values(
        practice_id=bindparam("practice"),
        id=func.uuid7_at(bindparam("moment")),
        at=bindparam("moment"),
        kind=bindparam("what"),
        subject_id=bindparam("subject"),
        patient_id=bindparam("patient"),
    )
)
# Two statements on purpose: every transaction below the edge had ended before the second one looks.
_EDGE = Query(select(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text).label("edge")))
_PAGE = Query(
    select(
        cast(feed.c.transaction, Text).label("transaction"),
        feed.c.sequence,
        feed.c.practice_id,
        feed.c.at,
        feed.c.kind,
        feed.c.subject_id,
        feed.c.patient_id,
    )
    .where(
        tuple_(feed.c.transaction, feed.c.sequence)
        > tuple_(
            cast(cast(bindparam("after"), Text), XID8),
            cast(bindparam("after_sequence"), BigInteger),
        ),
        feed.c.transaction < cast(cast(bindparam("edge"), Text), XID8),
    )
    .order_by(feed.c.transaction, feed.c.sequence)
    .limit(PAGE_ROWS)
)


async def add(
    work: Work,
    practice: PracticeId,
    at: datetime,
    kind: FeedKind,
    subject_id: UUID,
    patient_id: PatientId | None = None,
) -> None:
    """Say in this transaction that something changed; it is published once that has committed."""
    await work.run(
        _ADD, practice=practice, moment=at, what=kind, subject=subject_id, patient=patient_id
    )


class _Listener:
    """One open stream: where it stands, and what waits for it."""

    def __init__(self, practices: frozenset[PracticeId], place: _Place) -> None:
        self.practices = practices
        self.place = place
        self.waiting: list[FeedEvent] = []
        self._stirred = asyncio.Event()
        self._ended = False

    def offer(self, found: Sequence[tuple[_Place, FeedEvent]], place: _Place) -> None:
        """Take what is new to it, and move on to a place."""
        self.waiting += [
            event for at, event in found if at > self.place and event.practice_id in self.practices
        ]
        self.place = max(self.place, place)
        if self.waiting:
            self._stirred.set()

    async def take(self) -> tuple[FeedEvent, ...]:
        """Wait, and return all that has come since; nothing once it has ended."""
        await self._stirred.wait()
        if self._ended:
            return ()
        self._stirred.clear()
        taken, self.waiting = tuple(self.waiting), []
        return taken

    def end(self) -> None:
        """Let go: what was not taken is dropped, and the stream ends."""
        self._ended = True
        self.waiting = []
        self._stirred.set()


class Feed:
    """Reads the feed for everybody who listens in this server process. One per process."""

    def __init__(
        self,
        database: Database,
        *,
        poll_seconds: float = POLL_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Take the database; nothing is read while nobody listens."""
        self._database = database
        self._most_waiting = most_waiting
        self._poll_seconds = poll_seconds
        self._listeners: set[_Listener] = set()
        self._reader: asyncio.Task[None] | None = None

    async def position(self) -> str:
        """Return the cursor of this moment: whatever commits from now on comes after it."""
        async with self._database.work() as work:
            return _Place(await _edge(work), 0).cursor

    async def resuming(self, cursor: str) -> str:
        """Return a cursor to resume after; BadCursor if it is none, or ahead of all there is."""
        if _place(cursor) > _place(await self.position()):
            # From a database that was restored since: nobody can say what was missed.
            raise BadCursor
        return cursor

    async def listen(
        self, practices: Iterable[PracticeId], after: str | None = None
    ) -> AsyncGenerator[tuple[FeedEvent, ...], None]:
        """Yield every event of these practices after a cursor, in one order, without gaps.

        What came at once comes at once: a stream that is woken for each event of a busy practice
        costs more than all that it is told. Without a cursor it begins now. A listener that is too
        slow is dropped: the stream ends, and the id of the last event it took is where it resumes.
        A bad cursor is a BadCursor.
        """
        permitted = frozenset(practices)
        place = _place(await (self.position() if after is None else self.resuming(after)))
        # What lies behind is read on one's own account, so that a newcomer holds up nobody.
        while True:
            found, through, complete = await self._page(permitted, place)
            if found:
                yield tuple(event for _, event in found)
                place = found[-1][0]
            if complete:
                break
        listener = _Listener(permitted, max(place, through))
        self._listeners.add(listener)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        try:
            while taken := await listener.take():
                yield taken
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        """End all streams and stop reading."""
        for listener in tuple(self._listeners):
            listener.end()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def _read(self) -> None:
        while self._listeners:
            try:
                complete = await self._round()
            except Exception as error:  # noqa: BLE001 - whatever it is, the listeners still wait
                # Everyone keeps their place, so nothing is missed meanwhile.
                _log.warning("feed waits for the database", exc_info=error)
                await asyncio.sleep(AWAY_SECONDS)
                continue
            if complete:
                await asyncio.sleep(self._poll_seconds)

    async def _round(self) -> bool:
        listeners = tuple(self._listeners)
        practices = frozenset[PracticeId]().union(*(one.practices for one in listeners))
        start = min(one.place for one in listeners)
        found, through, complete = await self._page(practices, start)
        for listener in listeners:
            listener.offer(found, through)
            if len(listener.waiting) > self._most_waiting:
                _log.warning("feed listener dropped", depth=self._most_waiting)
                listener.end()
                self._listeners.discard(listener)
        return complete

    async def _page(
        self, practices: frozenset[PracticeId], after: _Place
    ) -> tuple[list[tuple[_Place, FeedEvent]], _Place, bool]:
        """Return a page, the place it was read through to, and whether that is all there is."""
        async with self._database.work(sorted(practices)) as work:
            edge = await _edge(work)
            rows = (
                await work.rows(
                    _PAGE,
                    after=str(after.transaction),
                    after_sequence=after.sequence,
                    edge=str(edge),
                )
                if practices
                else []
            )
        found = [
            (
                at := _Place(int(row["transaction"]), row["sequence"]),
                FeedEvent(
                    id=at.cursor,
                    kind=row["kind"],
                    practice_id=row["practice_id"],
                    subject_id=row["subject_id"],
                    patient_id=row["patient_id"],
                    at=row["at"],
                ),
            )
            for row in rows
        ]
        complete = len(found) < PAGE_ROWS
        # Sequences begin at 1: (edge, 0) is before the first row of the oldest that still runs.
        through = max(after, _Place(edge, 0)) if complete else found[-1][0]
        return found, through, complete


async def _edge(work: Work) -> int:
    row = await work.maybe(_EDGE)
    return 0 if row is None else int(row["edge"])


def _place(cursor: str) -> _Place:
    shape = _CURSOR.fullmatch(cursor)
    if shape is None:
        raise BadCursor
    return _Place(int(shape[1]), int(shape[2]))
