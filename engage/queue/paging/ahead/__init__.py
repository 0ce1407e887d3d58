"""Whom a page would reach next, if nobody takes the work on before: a forecast, and no promise.

It asks the same question as the step itself, with the people of that moment as they are known now.
Who goes on leave meanwhile is passed over then. This room refuses to tell anybody, and locks
nothing.
"""

from datetime import datetime

from msgspec import Struct

from engage.db.session import Work
from engage.ids import PracticeId, QueueItemId, StaffId
from engage.queue.escalation import Paging, next_hop, policy_for
from engage.queue.paging.ahead import store
from engage.queue.roster.store import circle, roster


class Ahead(Struct, frozen=True):
    """Who is told next, when, and why they."""

    at: datetime
    staff_ids: tuple[StaffId, ...]
    why: str


async def ahead(work: Work, practice: PracticeId, item: QueueItemId) -> Ahead | None:
    """Return who is told next of an item; None if nobody is told any more."""
    stands = await store.standing(work, practice, item)
    if stands is None or stands.next_at is None:
        return None
    at = max(stands.next_at, stands.lease_until or stands.next_at)
    manager, team = None, ()
    if stands.patient_id is not None:
        manager, team = await circle(work, practice, stands.patient_id, at)
    paging = Paging(
        owner_id=stands.owner_id,
        next_at=stands.next_at,
        step=stands.step,
        circle=team if manager is None else (manager, *team),
    )
    policy = stands.policy or policy_for(stands.severity)
    hop = next_hop(paging, policy, await roster(work, practice, at), at)
    return Ahead(at, hop.staff_ids, hop.why)
