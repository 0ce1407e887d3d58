"""Compare what we know with what the carrier knows, every few minutes, practice by practice.

Texts that came in while nobody answered the carrier are fetched and recorded like any other; texts
that left and of which nothing more was heard are asked after; and, if the practice wishes, words
that have grown old are blanked at the carrier. How far it has come is written down only after it is
done, and each round looks a little further back. This room refuses to fetch pictures, to take a
turn, and to send.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter

from engage.clock import Clock, random_bytes
from engage.crash import crash_point
from engage.db.session import Database
from engage.ids import RANDOM_BYTES, MessageId, PracticeId, floor_of, uuid7
from engage.messaging.carrier import Carrier, CarrierSilent
from engage.messaging.doors import Door, Doors
from engage.messaging.reconcile import store
from engage.messaging.sending import store as sending
from engage.messaging.webhook_form import InboundText, StatusReport

EVERY = timedelta(minutes=2)
AGAIN = timedelta(minutes=1)
"""How soon a carrier that could not be asked is asked again."""
OVERLAP = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=1)
"""How far back the first round of a practice looks."""
IN_FLIGHT = timedelta(seconds=30)
"""So young a text may still be on its way to our door."""
ASK_AT = tuple(timedelta(minutes=m) for m in (10, 20, 40, 90, 180, 360, 720, 1440, 2160))
"""At these ages a text is asked after; "sent" is the last word on routes without receipts."""
WRITTEN_BEFORE = timedelta(days=7)
"""So long may a text have waited in our own queue before it left."""
BLANKED_AT_ONCE = 200
AT_ONCE = 8

_FETCHED = Counter("engage_reconciled_inbound", "Texts that no webhook brought")
_ASKED = Counter("engage_reconciled_outbound", "Texts whose report never came")
_BLANKED = Counter("engage_redacted", "Texts blanked at the carrier", ["done"])

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class TextsIn(Protocol):
    """The one door for inbound texts."""

    async def text_in(
        self,
        door: Door,
        text: InboundText,
        *,
        turn: bool = True,
        at: datetime | None = None,
        message: MessageId | None = None,
    ) -> object:
        """Record a text that came at a moment, under an id."""
        ...


class Reports(Protocol):
    """Who takes what became of a text of ours."""

    async def report(
        self, practice: PracticeId, message_id: MessageId, report: StatusReport
    ) -> None:
        """Take a report."""
        ...


def asked_now(left_at: datetime, before: datetime, at: datetime) -> bool:
    """Say whether a text has come to an age to be asked after since the round before. (p)."""
    return any(before < left_at + age <= at for age in ASK_AT)


class Reconciler:
    """Goes its rounds; one per process."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        carrier: Carrier,
        doors: Doors,
        reports: Reports,
        texts: TextsIn,
    ) -> None:
        """Take all it needs; nothing is read from the surroundings."""
        self._database = database
        self._clock = clock
        self._carrier = carrier
        self._doors = doors
        self._reports = reports
        self._texts = texts

    async def reconcile(self, practice: PracticeId) -> None:
        """Go one round for a practice, and say when the next one is due."""
        at = self._clock.now()
        doors = await self._doors.by_practice(practice)
        following = at + EVERY
        try:
            if doors:
                await self._round(practice, doors, at)
        except CarrierSilent:
            _log.warning("carrier could not be asked", practice=practice)
            following = at + AGAIN
        async with self._database.work() as work:
            # Begun anew, so that the tries of a good round are forgotten.
            await work.call("due_done", "reconcile", practice)
            await work.call("due_set", "reconcile", practice, practice, following)
            crash_point("reconcile.marked")

    async def _round(self, practice: PracticeId, doors: Sequence[Door], at: datetime) -> None:
        async with self._database.work([practice], practice) as work:
            stands = await sending.found(work, practice)
        since = (stands.reconciled_to or at - FIRST_LOOK) - OVERLAP
        for door in doors:
            await self._fetch_missed(door, since, at)
        async with self._database.work([practice], practice) as work:
            await sending.set_mark(work, practice, reconciled_to=at)
        await self._ask_after(practice, doors[0], stands.swept_to or at - ASK_AT[-1], at)
        if stands.redact_after_days is not None:
            until = floor_of(at - timedelta(days=stands.redact_after_days))
            await self._blank(practice, doors[0], stands.redacted_to or UUID(int=0), until)

    async def _fetch_missed(self, door: Door, since: datetime, at: datetime) -> None:
        account = door.account
        came = [
            arrived
            for arrived in await self._carrier.arrived(account, door.number, since)
            if arrived.at <= at - IN_FLIGHT
        ]
        crash_point("reconcile.listed")
        if not came:
            return
        practice = door.practice_id
        async with self._database.work([practice]) as work:
            sids = [one.text.sid for one in came]
            known = await store.known(work, practice, account.account_sid, sids)
        for one in came:
            if one.text.sid not in known:
                # As at the fallback door: recorded here, a worker takes the turn. It stands where
                # it came: a START from before a STOP opens nothing, an old "1" answers nothing new.
                here = MessageId(uuid7(one.at, random_bytes(RANDOM_BYTES)))
                await self._texts.text_in(door, one.text, turn=False, at=one.at, message=here)
                _FETCHED.inc()
                crash_point("reconcile.fetched")

    async def _ask_after(
        self, practice: PracticeId, door: Door, before: datetime, at: datetime
    ) -> None:
        async with self._database.work([practice]) as work:
            since = floor_of(at - ASK_AT[-1] - WRITTEN_BEFORE)
            texts = await store.under_way(work, practice, since)
        due = [one for one in texts if one.sending_at and asked_now(one.sending_at, before, at)]
        slots = asyncio.Semaphore(AT_ONCE)

        async def ask(one: store.AtCarrier) -> None:
            async with slots:
                found = await self._carrier.fetch(door.account, one.sid)
            if found is None:
                return
            report = StatusReport(one.sid, door.account.account_sid, found.status, found.error_code)
            await self._reports.report(practice, one.id, report)
            _ASKED.inc()
            crash_point("reconcile.asked")

        answers = await asyncio.gather(*(ask(one) for one in due), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        async with self._database.work([practice], practice) as work:
            await sending.set_mark(work, practice, swept_to=at)

    async def _blank(self, practice: PracticeId, door: Door, above: UUID, below: UUID) -> None:
        async with self._database.work([practice]) as work:
            texts = await store.old(work, practice, above, below, BLANKED_AT_ONCE)
        reached = above
        try:
            for one in texts:
                done = await self._carrier.blank(door.account, one.sid)
                _BLANKED.labels("yes" if done else "refused").inc()
                reached = one.id
                crash_point("reconcile.blanked")
        finally:
            if reached != above:
                async with self._database.work([practice], practice) as work:
                    await sending.set_mark(work, practice, redacted_to=reached)
