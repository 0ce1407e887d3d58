"""Paging: who is on call hears of work that can't wait, again and further up, until it is taken on.

A step is one transaction: lock the item, load who is here, decide (queue/escalation.py), write the
pages, the audit, the feed, and when the next step is due. What leaves the console is a row of its
own, sent after the commit by a loop; a channel that refuses or is away holds up nothing but itself.
This room refuses to lose a step: rules that can't be read are replaced by those that are shipped,
with an alarm.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, assert_never

import structlog
from prometheus_client import Counter

from engage import audit, feed
from engage.clock import Clock, fresh_id
from engage.crash import crash_point
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.ids import PageId, PatientId, PracticeId, QueueItemId, StaffId
from engage.people.pagers import store as pagers
from engage.queue import store as items
from engage.queue.escalation import End, Hop, Paging, Policy, Wait, judge, lease_of, policy_for
from engage.queue.item import AlreadyClosed
from engage.queue.paging import store
from engage.queue.paging.answers import store as answers
from engage.queue.paging.channel import (
    Channel,
    ChannelName,
    Gone,
    Notice,
    Outcome,
    Refused,
    Told,
    Way,
)
from engage.queue.paging.leaving import store as leaving
from engage.queue.paging.openings import Openings
from engage.queue.roster.store import circle, roster
from engage.queue.rota import store as rota

_PAGES = Counter("engage_pages", "Pages by way and what became of them", ["channel", "status"])
_BROKEN = Counter("engage_paging_rules_unreadable", "Steps taken by the shipped rules instead")

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class PageRefused(EngageError):  # noqa: N818 - reads as a sentence
    """A page could not be delivered; it will be tried again."""


class Bell(Protocol):
    """Tells the loops that there is work."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


class Pager:
    """Takes steps and sends pages; one per worker."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        bell: Bell,
        channels: Mapping[Way, Channel],
    ) -> None:
        """Take the ways out of the console; without any, pages stand in the console alone."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._bell = bell
        self._channels = channels
        self._openings = Openings(database, vault, clock, channels)

    async def hop(self, practice: PracticeId, item: QueueItemId) -> None:
        """Take an item's next step, if it is due and anybody must still be told."""
        told = 0

        async def act(work: Work) -> None:
            nonlocal told
            told = await self._step(work, practice, item, self._clock.now())
            crash_point("page.stepped")

        await self._database.again(act, [practice], practice)
        crash_point("page.done")
        _PAGES.labels("console", "sent").inc(told)
        self._bell.ring("notify")

    async def _step(self, work: Work, practice: PracticeId, item: QueueItemId, at: datetime) -> int:
        locked = await items.lock(work, practice, item)
        row = None if locked is None else await store.lock(work, practice, item)
        if locked is None or row is None or row.next_at is None:
            await work.call("due_done", "page", item)
            return 0
        patient = locked.patient_id
        manager, team = (None, ()) if patient is None else await circle(work, practice, patient, at)
        paging = Paging(
            owner_id=locked.item.owner_id,
            next_at=row.next_at,
            step=row.step,
            circle=team if manager is None else (manager, *team),
            on_call=await rota.on_call_at(work, practice, at),
            lease_until=row.lease_until,
            owner_told=await store.was_told(work, practice, item, locked.item.owner_id),
            answered=row.answered_at is not None,
            closed=locked.item.closed_at is not None,
        )
        policy = _readable(row.policy, locked, practice)
        match judge(paging, policy, await roster(work, practice, at), at):
            case End(why):
                await store.ended(work, practice, item, at)
                await _say(work, practice, item, patient, f"item.paging-ended-{why}", None, at)
                return 0
            case Wait(until):
                await store.wait(work, practice, item, until)
                return 0
            case Hop() as hop:
                await store.hopped(work, practice, item, hop.step + 1, hop.next_at)
                await self._write(work, practice, item, hop, at)
                await _say(work, practice, item, patient, "item.paged", None, at)
                return len(hop.staff_ids)
            case _ as never:
                assert_never(never)

    async def _write(
        self, work: Work, practice: PracticeId, item: QueueItemId, hop: Hop, at: datetime
    ) -> None:
        reached = await pagers.ways_of(work, hop.staff_ids)
        pages: dict[str, list[store.PageRow]] = {}
        for person in hop.staff_ids:
            pages.setdefault(hop.why_of(person), []).extend(
                store.PageRow(
                    id=PageId(fresh_id(self._clock)),
                    staff_id=person,
                    channel=channel,
                    status=status,
                )
                for channel, status in self._ways(reached.get(person, set()))
            )
        for why, some in pages.items():
            await store.add_pages(work, practice, item, hop.step, why, at, some)

    def _ways(self, reached: set[pagers.Way]) -> list[tuple[ChannelName, store.Status]]:
        """Return every way a person is told by: the console, their address, and what they gave."""
        # Each is a row of its own: what one of them refuses holds up none of the others.
        ways: list[tuple[ChannelName, store.Status]] = [("console", "sent")]
        ways.extend((way, "queued") for way in self._channels if way == "email" or way in reached)
        return ways

    async def notify(self, practice: PracticeId, page_id: PageId) -> None:
        """Send a page out of the console; PageRefused if it did not leave, and it stays due."""
        at = self._clock.now()
        async with self._database.work([practice], practice) as work:
            due = await leaving.page_due(work, practice, page_id, self._vault.master, at)
            if due is not None and due.status in ("sent", "withdrawn"):
                await leaving.forget(work, page_id)
                return
            # Without an address they took the phone or the browser away; the other ways stand.
            if due is not None and not (due.wanted and due.addresses):
                await leaving.settled(work, practice, page_id, "withdrawn", at)
                _PAGES.labels(due.channel, "withdrawn").inc()
                return
        if due is None:
            await self._tell_of_opening(practice, page_id)
            return
        crash_point("notify.begun")
        outcomes = await self._tell(due, Notice(page_id, due.item_id, practice))
        crash_point("notify.told")
        told = any(isinstance(one, Told) for one in outcomes)
        again = not told and any(isinstance(one, Refused) and one.again for one in outcomes)
        status: store.Status = "sent" if told else "refused"

        async def act(work: Work) -> None:
            now = self._clock.now()
            for address, outcome in zip(due.addresses, outcomes, strict=True):
                if isinstance(outcome, Gone):
                    await leaving.gone(work, due.channel, due.staff_id, address, now)
            await leaving.settled(work, practice, page_id, status, now, again=again)
            await feed.add(work, practice, now, "item", due.item_id, None)
            crash_point("notify.settled")

        await self._database.again(act, [practice], practice)
        crash_point("notify.done")
        _PAGES.labels(due.channel, status).inc()
        if not told:
            whys = sorted({one.why if isinstance(one, Refused) else "gone" for one in outcomes})
            _log.warning("page refused", channel=due.channel, reason="+".join(whys))
        if again:
            raise PageRefused

    async def _tell_of_opening(self, practice: PracticeId, which: PageId) -> None:
        """Spread or send what is no page: the news that a restricted record was opened."""
        if await self._openings.spread(practice, which):
            self._bell.ring("notify")
        elif await self._openings.tell(practice, which) is False:
            raise PageRefused

    async def _tell(self, due: leaving.PageDue, notice: Notice) -> list[Outcome]:
        """Tell each address of a page at once: of two browsers one may hang."""
        channel = None if due.channel == "console" else self._channels.get(due.channel)
        if channel is None:
            return [Refused("no-such-way") for _ in due.addresses]
        return await asyncio.gather(*(channel.tell(one, notice) for one in due.addresses))


async def acknowledge(
    work: Work, practice: PracticeId, locked: items.Locked, by: StaffId, at: datetime
) -> None:
    """Note that somebody has taken an item on; an item that nobody is told of stays as it is."""
    if locked.item.closed_at is not None:
        raise AlreadyClosed
    row = await store.lock(work, practice, locked.item.id)
    if row is not None and row.ended_at is None:
        until = lease_of(row.policy or policy_for(locked.item.severity), at)
        await store.acknowledged(work, practice, locked.item.id, by, at, until)
    await _say(work, practice, locked.item.id, locked.patient_id, "item.acknowledged", by, at)


async def give_back(work: Work, practice: PracticeId, locked: items.Locked, at: datetime) -> None:
    """Let an item climb on at once: who had it gave it back, or it went to somebody else.

    Of which nobody has been told yet waits for its own first moment.
    """
    row = await store.lock(work, practice, locked.item.id)
    if row is None or row.ended_at is not None:
        return
    if row.acknowledged_by is not None or (row.step > 0 and row.next_at is not None):
        await store.given_back(work, practice, locked.item.id, at)


async def begin_again(
    work: Work, practice: PracticeId, locked: items.Locked, by: StaffId, at: datetime
) -> None:
    """Let an item that is opened again climb again; whoever opened it has it for a while first."""
    row = await store.lock(work, practice, locked.item.id)
    if row is not None and row.ended_at is not None:
        until = lease_of(row.policy or policy_for(locked.item.severity), at)
        await answers.begun_again(work, practice, locked.item.id, until)
        await store.acknowledged(work, practice, locked.item.id, by, at, until)


async def unanswered(
    work: Work, practice: PracticeId, about: PatientId, said_at: datetime, at: datetime
) -> bool:
    """Let people be told again, now: the text that answered somebody did not reach them."""
    again = False
    for item in await answers.answered_at(work, practice, about, said_at):
        if await answers.unanswered(work, practice, item, said_at, at):
            again = True
            await _say(work, practice, item, about, "item.paging-goes-on", None, at)
    return again


async def end(work: Work, practice: PracticeId, item: QueueItemId, at: datetime) -> None:
    """Tell nobody any more: the item is closed."""
    row = await store.lock(work, practice, item)
    if row is not None and row.ended_at is None:
        await store.ended(work, practice, item, at)


def _readable(policy: Policy | None, locked: items.Locked, practice: PracticeId) -> Policy:
    if policy is not None:
        return policy
    _BROKEN.inc()
    _log.error("paging rules unreadable", practice=practice, item=locked.item.id)
    return policy_for(locked.item.severity)


async def _say(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    patient: PatientId | None,
    action: str,
    by: StaffId | None,
    at: datetime,
) -> None:
    await feed.add(work, practice, at, "item", item, patient)
    await audit.record(
        work,
        practice,
        at,
        actor="system" if by is None else "staff",
        actor_id=by,
        action=action,
        subject="queue_item",
        subject_id=item,
        patient_id=patient,
    )
