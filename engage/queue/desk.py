"""What a care manager does with work in hand: load, decide, save, say so, in their transaction.

Rest it, hand it over, open it again, join it to other work and take it apart, write beside it. This
room refuses to decide what is allowed (verbs.py) and who comes next (routing.py).
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from engage.conversation.severity import highest
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, NotFound
from engage.ids import PracticeId, QueueItemId, StaffId
from engage.people.staffing.store import get_practice
from engage.queue import paging, store, verbs
from engage.queue.clocks import Calendar, due_at
from engage.queue.item import Item
from engage.queue.mergers import store as mergers
from engage.queue.notes import store as notes
from engage.queue.opening import store as opening
from engage.queue.roster.store import roster
from engage.queue.routing import present
from engage.queue.work import Expects, lock_item, next_owner, say


class Doing(Struct, frozen=True, kw_only=True):
    """Somebody's step: which item, who, when, under which id, and made on which version."""

    item: QueueItemId
    by: StaffId
    at: datetime
    #: The id of what the step writes beside the item.
    entry: UUID
    expects: Expects


async def snooze(
    work: Work, practice: PracticeId, step: Doing, until: datetime | None, *, for_reply: bool | None
) -> Item:
    """Let an item rest; a row that is due wakes it, and no scan."""
    locked = await lock_item(work, practice, step.item, step.expects)
    resting = verbs.snooze(locked.item, step.by, step.at, until, for_reply=for_reply)
    await store.save(work, practice, resting)
    await work.call("due_done", "snooze", step.item)
    if resting.snoozed_until is not None:
        await work.call("due_set", "snooze", step.item, practice, resting.snoozed_until)
    await say(work, practice, locked, "item.snoozed", step.by, step.at)
    return resting


async def hand_over(
    work: Work, keys: PracticeKeys, step: Doing, to: StaffId, reason: str, *, directs: bool
) -> Item:
    """Give an item to a colleague, with the reason beside it."""
    locked = await lock_item(work, keys.practice, step.item, step.expects)
    people = await roster(work, keys.practice, step.at)
    given = verbs.hand_over(locked.item, step.by, to, step.at, people, directs=directs)
    await store.save(work, keys.practice, given, owner_why="handed over by a colleague")
    await paging.give_back(work, keys.practice, locked, step.at)
    await _write(work, keys, step, "handed-over", reason)
    await say(work, keys.practice, locked, "item.handed-over", step.by, step.at)
    return given


async def reopen(work: Work, keys: PracticeKeys, step: Doing, reason: str | None) -> Item:
    """Open what was closed: as it was if it is undone at once, else with a new due time."""
    practice = keys.practice
    locked = await lock_item(work, practice, step.item, step.expects)
    again = verbs.reopen(locked.item, step.by, step.at, reasoned=reason is not None)
    await _refuse_twice(work, practice, locked)
    undone = verbs.taken_back(locked.item, step.by, step.at)
    due = locked.due_at
    if not undone:
        its = await get_practice(work, practice)
        calendar = Calendar(its.time_zone, its.business_hours, its.holidays)
        due = due_at(again.severity, step.at, calendar)
    await store.save(work, practice, again, owner_why="opened it again")
    await store.retime(work, practice, step.item, again.severity, due)
    await paging.begin_again(work, practice, locked, step.by, step.at)
    if reason is not None:
        await _write(work, keys, step, "reopened", reason)
    action = "item.completion-undone" if undone else "item.reopened"
    await say(work, practice, locked, action, step.by, step.at)
    return again


async def merge(work: Work, practice: PracticeId, step: Doing, into: QueueItemId) -> Item:
    """Close an item as part of another; the caller holds the lines and the patient already."""
    found = {one: await store.lock(work, practice, one) for one in sorted({step.item, into})}
    mine, other = found[step.item], found[into]
    if mine is None or other is None:
        raise NotFound
    if not step.expects(mine.item.version):
        raise Conflict
    people = (mine.patient_id, other.patient_id)
    closed = verbs.merge(mine.item, other.item, step.by, step.at, people)
    severity_was = "urgent" if other.item.severity == "urgent" else "routine"
    before = mergers.Merger(
        id=step.entry,
        item_id=step.item,
        into_id=into,
        severity_was=severity_was,
        due_was=other.due_at,
    )
    await store.save(work, practice, closed)
    await mergers.add(work, practice, before, step.by, step.at)
    await mergers.wait_there(work, practice, step.item, into)
    await paging.end(work, practice, step.item, step.at)
    # What is awake does not fall asleep in what rests.
    await store.save(work, practice, _later(msgspec.structs.replace(other.item, snoozed_at=None)))
    severity = highest((other.item.severity, mine.item.severity))
    await store.retime(work, practice, into, severity, min(other.due_at, mine.due_at))
    await say(work, practice, mine, "item.merged", step.by, step.at)
    await say(work, practice, other, "item.joined", step.by, step.at)
    return closed


async def unmerge(work: Work, practice: PracticeId, step: Doing) -> Item:
    """Take an item out of another; what the other had become by it alone, it was never."""
    merger = await mergers.find(work, practice, step.item)
    ids = {step.item} if merger is None else {step.item, merger.into_id}
    found = {one: await store.lock(work, practice, one) for one in sorted(ids)}
    mine = found[step.item]
    if mine is None:
        raise NotFound
    if not step.expects(mine.item.version):
        raise Conflict
    if merger is None:
        raise verbs.NotPartOfAnother
    await _refuse_twice(work, practice, mine)
    owner_id, why = mine.item.owner_id, None
    if not present(owner_id, await roster(work, practice, step.at), step.at):
        owner = await next_owner(work, practice, mine, step.at, now=True)
        owner_id, why = owner.staff_id, owner.why
    apart = verbs.unmerge(mine.item, owner_id)
    await store.save(work, practice, apart, owner_why=why)
    await mergers.undone(work, practice, merger.id, step.by, step.at)
    await mergers.answered_there(work, practice, step.item, merger.into_id)
    other = found[merger.into_id]
    if other is not None and other.item.closed_at is None:
        joined = (
            highest((merger.severity_was, mine.item.severity)),
            min(merger.due_was, mine.due_at),
        )
        await store.save(work, practice, _later(other.item))
        if (other.item.severity, other.due_at) == joined:
            await store.retime(work, practice, merger.into_id, merger.severity_was, merger.due_was)
        await say(work, practice, other, "item.parted", step.by, step.at)
    await say(work, practice, mine, "item.unmerged", step.by, step.at)
    return apart


async def note(work: Work, keys: PracticeKeys, step: Doing, kind: notes.Kind, body: str) -> None:
    """Write something beside an item, open or closed, for colleagues."""
    locked = await lock_item(work, keys.practice, step.item, step.expects)
    await _write(work, keys, step, kind, body)
    await say(work, keys.practice, locked, "item.noted", step.by, step.at)


async def _write(work: Work, keys: PracticeKeys, step: Doing, kind: notes.Kind, body: str) -> None:
    new = notes.Note(
        id=step.entry, item_id=step.item, staff_id=step.by, at=step.at, kind=kind, body=body
    )
    await notes.add(work, keys, new)


async def _refuse_twice(work: Work, practice: PracticeId, locked: store.Locked) -> None:
    known = await opening.open_item(work, practice, locked.about_id, locked.subject)
    if known is not None and known.id != locked.item.id:
        raise verbs.OpenedAnew


def _later(item: Item) -> Item:
    return msgspec.structs.replace(item, version=item.version + 1)
