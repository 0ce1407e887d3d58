"""Leave moves nothing silently: what its owner left goes to who is here, and what rested wakes.

A due row stands at the beginning and at the end of every leave, and at the moment somebody leaves a
practice. When it comes round, open work whose owner is away or gone is routed to who is here now,
each item in a transaction of its own, with a line in the audit and in the feed. It does not come
back by itself: whoever has it has begun to answer for it. This room refuses to move work from one
absent person to another.
"""

import structlog

from engage.clock import Clock
from engage.db.session import Database, Work
from engage.errors import EngageError
from engage.ids import CoverId, PracticeId, QueueItemId
from engage.queue import paging, verbs, work
from engage.queue import store as items
from engage.queue.coverage import store
from engage.queue.roster.store import roster
from engage.queue.routing import present, stranded

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NotAllMoved(EngageError):  # noqa: N818 - reads as a sentence
    """Some work could not be given to somebody who is here; it will be tried again."""


class Rounds:
    """Goes round when a moment comes: wakes work, and moves what nobody is here for."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        """Take the database and the clock of a worker."""
        self._database = database
        self._clock = clock

    async def wake(self, practice: PracticeId, item: QueueItemId) -> None:
        """Wake an item whose moment has come; one that rests longer by now is left alone."""
        async with self._database.work([practice], practice) as unit:
            locked = await items.lock(unit, practice, item)
            at = self._clock.now()
            await unit.call("due_done", "snooze", item)
            if locked is None:
                return
            after = verbs.wake(locked.item, at)
            if after is not locked.item:
                await items.save(unit, practice, after)
                await work.say(unit, practice, locked, "item.woken", None, at)
            elif after.snoozed_at is not None and after.snoozed_until is not None:
                await unit.call("due_set", "snooze", item, practice, after.snoozed_until)

    async def leave(self, practice: PracticeId, cover: CoverId) -> None:
        """Move what its owner left, then look again when this leave ends."""
        seen: set[QueueItemId] = set()
        failed = 0
        while left := await self._left(practice, seen):
            for item in left:
                seen.add(item)
                failed += not await self._moved(practice, item, cover)
        if failed:
            raise NotAllMoved
        async with self._database.work([practice], practice) as unit:
            kept = await store.lock_cover(unit, practice, cover)
            await unit.call("due_done", "cover", cover)
            # At the end somebody is back, who may be the first to be here at all.
            if kept is not None and self._clock.now() < kept.until_at:
                await unit.call("due_set", "cover", cover, practice, kept.until_at)

    async def _left(self, practice: PracticeId, seen: set[QueueItemId]) -> tuple[QueueItemId, ...]:
        async with self._database.work([practice], practice) as unit:
            at = self._clock.now()
            people = await roster(unit, practice, at)
            owners = await store.held(unit, practice)
            gone = [one for one in owners if not present(one, people, at)]
            return await store.owned_by(unit, practice, gone, seen) if gone else ()

    async def _moved(self, practice: PracticeId, item: QueueItemId, cover: CoverId) -> bool:
        try:
            async with self._database.work([practice], practice) as unit:
                await self._move(unit, practice, item, cover)
        except Exception as error:  # noqa: BLE001 - one bad row never blocks others
            _log.warning("work stays with who is away", item=item, exc_info=error)
            return False
        return True

    async def _move(
        self, unit: Work, practice: PracticeId, item: QueueItemId, cover: CoverId
    ) -> None:
        locked, at = await items.lock(unit, practice, item), self._clock.now()
        if locked is None or locked.item.closed_at is not None:
            return
        kept = await store.lock_cover(unit, practice, cover)
        mine, people = locked.item, await roster(unit, practice, at)
        leaving = kept is not None and kept.absent_id == mine.owner_id
        if not stranded(mine.owner_id, mine.severity, locked.due_at, people, at, leaving=leaving):
            return
        owner = await work.next_owner(unit, practice, locked, at, now=True)
        after = verbs.moved(mine, owner.staff_id)
        await items.save(unit, practice, after, owner_why=f"{owner.why}; who had it is away")
        # A lease goes with whoever had it: the next owner hears of it now.
        await paging.give_back(unit, practice, locked, at)
        await work.say(unit, practice, locked, "item.moved-on", None, at)
