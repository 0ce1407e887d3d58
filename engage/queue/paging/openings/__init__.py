"""Telling supervisors that somebody opened a restricted record: all, by every way they have.

What is due as soon as a glass is broken is that it be told; here it becomes a notice for each
supervisor and each way, and each is sent by itself. A notice says that a record was opened, and
where to read more: no name, neither the patient's nor who it was. This room refuses quiet hours,
and to wait for somebody who is away.
"""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from prometheus_client import Counter

from engage import feed
from engage.clock import Clock, fresh_id
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.ids import PageId, PracticeId, StaffId
from engage.people.pagers import store as pagers
from engage.people.restriction import Colleague, who_is_told
from engage.people.staffing.store import members_of
from engage.queue.paging.channel import Channel, ChannelName, Gone, Opened, Refused, Told, Way
from engage.queue.paging.leaving import store as leaving
from engage.queue.paging.openings import store
from engage.queue.paging.store import Status

_NOTICES = Counter("engage_glass_notices", "Notices of opened records", ["channel", "status"])


class Openings:
    """Spreads and sends notices; one per worker."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        channels: Mapping[Way, Channel],
    ) -> None:
        """Take the ways out of the console."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._channels = channels

    async def spread(self, practice: PracticeId, which: UUID) -> bool:
        """Write a notice for everybody who is to hear of an opening; False if it is none."""

        async def act(work: Work) -> bool:
            at = self._clock.now()
            found = await store.opening(work, practice, which)
            if found is None:
                return False
            people = [
                Colleague(one.id, one.roles)
                for one in await members_of(work, practice, at)
                if one.active
            ]
            told = who_is_told(people, found.responsible_id, found.by)
            reached = await pagers.ways_of(work, told)
            notices: list[tuple[UUID, StaffId, ChannelName]] = [
                (fresh_id(self._clock), person, way)
                for person in told
                for way in self._ways(reached.get(person, set()))
            ]
            await store.add(work, practice, which, notices, at)
            await feed.add(work, practice, at, "glass", which, found.patient_id)
            return True

        return await self._database.again(act, [practice], practice)

    async def tell(self, practice: PracticeId, which: UUID) -> bool | None:
        """Send a notice: whether it left; None if there is nothing left to send."""
        async with self._database.work([practice], practice) as work:
            due = await store.due(work, practice, which, self._vault.master)
            if due is None:
                await work.call("due_done", "notify", which)
                return None
            if not due.wanted or not due.addresses:
                await store.settled(work, practice, which, "withdrawn", self._clock.now())
                return None
        said = Opened(PageId(which), practice)
        channel = None if due.channel == "console" else self._channels.get(due.channel)
        if channel is None:
            outcomes = [Refused("no-such-way", again=False) for _ in due.addresses]
        else:
            outcomes = await asyncio.gather(*(channel.tell(one, said) for one in due.addresses))
        told = any(isinstance(one, Told) for one in outcomes)
        again = not told and any(isinstance(one, Refused) and one.again for one in outcomes)
        status: Status = "sent" if told else "refused"

        async def act(work: Work) -> None:
            now = self._clock.now()
            for address, outcome in zip(due.addresses, outcomes, strict=True):
                if isinstance(outcome, Gone):
                    await leaving.gone(work, due.channel, due.staff_id, address, now)
            await store.settled(work, practice, which, status, now, again=again)

        await self._database.again(act, [practice], practice)
        _NOTICES.labels(due.channel, status).inc()
        return told or not again

    def _ways(self, reached: set[pagers.Way]) -> list[ChannelName]:
        ways: list[ChannelName] = ["console"]
        ways.extend(way for way in self._channels if way == "email" or way in reached)
        return ways
