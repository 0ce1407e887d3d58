"""Claim, acknowledge, release, complete: load, decide, save, say so, in the caller's transaction.

Two people who reach for one item meet at its lock, so exactly one of them has it and the other is
told who. Every change says itself in the feed and in the audit. This room refuses to decide what is
allowed (item.py) and who comes next (routing.py).
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from engage import audit, feed
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, NotFound
from engage.ids import PracticeId, QueueItemId, StaffId
from engage.queue import item as lifecycle
from engage.queue import paging, store
from engage.queue.item import Item, Outcome
from engage.queue.roster.store import circle, language_of, roster
from engage.queue.routing import Owner, owner_for

Expects: TypeAlias = Callable[[int], bool]
"""Says whether a version is the one that the change was made on."""


async def claim(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    by: StaffId,
    at: datetime,
    expects: Expects,
) -> Item:
    """Take an item; AlreadyClaimed names the colleague who has it."""
    locked = await lock_item(work, practice, item, expects)
    taken = lifecycle.claim(locked.item, by, at)
    if taken is not locked.item:
        await store.save(work, practice, taken, owner_why="claimed it")
        await paging.acknowledge(work, practice, locked, by, at)
        await say(work, practice, locked, "item.claimed", by, at)
    return taken


async def acknowledge(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    by: StaffId,
    at: datetime,
    expects: Expects,
) -> None:
    """Say that one has heard of an item and is on it: nobody else is told for a while."""
    locked = await lock_item(work, practice, item, expects)
    await paging.acknowledge(work, practice, locked, by, at)


async def release(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    by: StaffId,
    at: datetime,
    expects: Expects,
) -> Item:
    """Give a claimed item back: it goes to whom routing names now, never to nobody."""
    locked = await lock_item(work, practice, item, expects)
    owner = await next_owner(work, practice, locked, at)
    given = lifecycle.release(locked.item, by, owner.staff_id)
    await store.save(work, practice, given, owner_why=owner.why)
    await paging.give_back(work, practice, locked, at)
    await say(work, practice, locked, "item.released", by, at)
    return given


async def complete(
    work: Work,
    keys: PracticeKeys,
    item: QueueItemId,
    by: StaffId,
    at: datetime,
    expects: Expects,
    outcome: Outcome,
    note: str | None,
) -> Item:
    """Close an item with what became of it; the note is sealed."""
    locked = await lock_item(work, keys.practice, item, expects)
    closed = lifecycle.complete(locked.item, by, outcome, at)
    sealed = None if note is None else keys.seal_text("queue_item.note", item, note)
    await store.save(work, keys.practice, closed, note_sealed=sealed)
    await paging.end(work, keys.practice, item, at)
    await say(work, keys.practice, locked, "item.completed", by, at)
    return closed


async def lock_item(
    work: Work, practice: PracticeId, item: QueueItemId, expects: Expects
) -> store.Locked:
    """Lock an item for a step; NotFound, or Conflict if it is not the version meant."""
    locked = await store.lock(work, practice, item)
    if locked is None:
        raise NotFound
    if not expects(locked.item.version):
        raise Conflict
    return locked


async def next_owner(
    work: Work, practice: PracticeId, locked: store.Locked, at: datetime, *, now: bool = False
) -> Owner:
    """Return whom routing names for an item; `now`: of those who are here at this moment."""
    manager, team, language = None, (), None
    if locked.patient_id is not None:
        manager, team = await circle(work, practice, locked.patient_id, at)
        language = await language_of(work, practice, locked.patient_id)
    return owner_for(
        locked.item.severity,
        at=at,
        due=at if now else locked.due_at,
        manager=manager,
        team=team,
        roster=await roster(work, practice, at),
        language=language,
    )


async def say(
    work: Work,
    practice: PracticeId,
    locked: store.Locked,
    action: str,
    by: StaffId | None,
    at: datetime,
) -> None:
    """Say what became of an item, in the feed and in the audit; nobody means the clock did it."""
    await feed.add(work, practice, at, "item", locked.item.id, locked.patient_id)
    await audit.record(
        work,
        practice,
        at,
        actor="system" if by is None else "staff",
        actor_id=by,
        action=action,
        subject="queue_item",
        subject_id=locked.item.id,
        patient_id=locked.patient_id,
    )
