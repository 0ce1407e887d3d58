"""Work that no text opened: a discharge, a message that can't be placed. And taking it back.

In the caller's transaction: a reason joins the open item of its subject or opens one with an owner,
and a reason that no longer holds is withdrawn, visibly; work that only such reasons opened is
cancelled and says why. What a turn opens goes through turns. This room refuses work without an
owner, and to open for the same cause twice.
"""

from datetime import datetime
from uuid import UUID

from engage import audit, feed
from engage.clock import random_bytes
from engage.conversation.severity import highest
from engage.db.session import Work
from engage.ids import RANDOM_BYTES, FlagId, PatientId, PracticeId, QueueItemId, uuid7
from engage.queue import paging
from engage.queue.item import Withdrawal
from engage.queue.opening import store
from engage.queue.opening.store import Reason
from engage.queue.roster.store import circle, language_of, roster
from engage.queue.routing import Owner, Roster, owner_for, present


async def give(work: Work, practice: PracticeId, reason: Reason, at: datetime) -> QueueItemId:
    """Open an item for a reason, or join the open one; return it. Its due time only tightens."""
    about: UUID = reason.patient_id or practice
    if reason.patient_id is not None:
        await store.lock_patient(work, practice, reason.patient_id)
    standing = await store.items_of(work, practice, reason.source_id)
    for one in standing:
        # Done already, perhaps: the same cause does not ask twice.
        if one.subject == reason.subject:
            return one.id
    known = await store.open_item(work, practice, about, reason.subject)
    if known is None and reason.patient_id is not None:
        known = await store.open_whole(work, practice, about, reason.subject)
        for one in standing:
            if known is not None and one.id == known.id:
                return one.id
    if known is None:
        item = QueueItemId(_new_id(at))
        owner = await _owner(work, practice, reason, at)
        await store.insert_item(work, practice, item, reason, owner, at)
        await _say(work, practice, item, reason.patient_id, "item.opened", at)
    else:
        item = known.id
        severity = highest((known.severity, reason.severity))
        await store.change(work, practice, item, severity, min(known.due_at, reason.due_at))
        await _say(work, practice, item, reason.patient_id, "item.raised", at)
    flag = FlagId(_new_id(at))
    await store.insert_flag(work, practice, flag, item, reason, at)
    return item


async def move(
    work: Work, practice: PracticeId, source: UUID, due_at: datetime, at: datetime
) -> None:
    """Give the open work of one cause another due time: what it is due after has moved."""
    for item in await store.items_of(work, practice, source):
        # Another reason stands in it as well: then the earlier moment counts.
        due = min(item.due_at, due_at) if item.others else due_at
        if item.closed_at is None and item.due_at != due:
            await store.change(work, practice, item.id, item.severity, due)
            await _say(work, practice, item.id, item.patient_id, "item.moved", at)


async def withdraw(
    work: Work,
    practice: PracticeId,
    source: UUID,
    why: Withdrawal,
    at: datetime,
    *,
    only: QueueItemId | None = None,
) -> None:
    """Say that a cause no longer holds: open work that nothing else keeps open is cancelled.

    `only`: in this piece of work alone; what the same text said of something else stands.
    """
    for item in await store.items_of(work, practice, source):
        if only is not None and item.id != only:
            continue
        await store.withdraw_flags(work, practice, item.id, source, at)
        if item.closed_at is None and not item.others:
            await store.cancel(work, practice, item.id, why, at)
            await paging.end(work, practice, item.id, at)
        await _say(work, practice, item.id, item.patient_id, "item.withdrawn", at)


async def _owner(work: Work, practice: PracticeId, reason: Reason, at: datetime) -> Owner:
    people = await roster(work, practice, at)
    if reason.patient_id is None and _here(people, at):
        return Owner(people.responsible_id, "responsible for the practice")
    manager, team, language = None, (), None
    if reason.patient_id is not None:
        manager, team = await circle(work, practice, reason.patient_id, at)
        language = await language_of(work, practice, reason.patient_id)
    return owner_for(
        reason.severity,
        at=at,
        due=reason.due_at,
        manager=manager,
        team=team,
        roster=people,
        language=language,
    )


def _new_id(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))


def _here(people: Roster, at: datetime) -> bool:
    return present(people.responsible_id, people, at)


async def _say(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    patient: PatientId | None,
    action: str,
    at: datetime,
) -> None:
    await feed.add(work, practice, at, "item", item, patient)
    await audit.record(
        work,
        practice,
        at,
        actor="system",
        action=action,
        subject="queue_item",
        subject_id=item,
        patient_id=patient,
    )


__all__ = ["Reason", "give", "move", "withdraw"]
