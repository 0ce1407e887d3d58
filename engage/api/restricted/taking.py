"""Taking work that can't wait, of somebody who is closed to whoever takes it.

Routing asks nobody for a relation, and a crisis is anybody's who has hands free. It breaks the
glass by itself, in the transaction of the claim: nobody is kept out, and nobody slips in.
"""

from collections.abc import Awaitable, Callable

from engage import feed
from engage.api.auth.guard import Visit
from engage.api.parts import Parts
from engage.api.restricted.doorway import entry
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import PatientId, QueueItemId
from engage.people.access import only
from engage.people.restricting import store
from engage.queue import store as items


async def take_loudly(
    work: Work,
    parts: Parts,
    keys: PracticeKeys,
    visit: Visit,
    item: QueueItemId,
    claim: Callable[[], Awaitable[object]],
) -> None:
    """Claim an item; if its record was closed to the caller, the glass is broken with it."""
    closed = await _closed(work, keys, visit, item)
    await claim()
    if closed is None:
        return
    at = parts.clock.now()
    await store.open_glass(work, keys, closed, visit.staff_id, at, "crisis", None)
    await feed.add(work, keys.practice, at, "patient", closed, closed)
    parts.bell.ring("notify")


async def _closed(
    work: Work, keys: PracticeKeys, visit: Visit, item: QueueItemId
) -> PatientId | None:
    found = await items.one(work, only(keys.practice), item)
    if found is None or found.patient_id is None:
        return None
    known = await entry(work, visit, keys.practice, found.patient_id)
    return found.patient_id if known is not None and known[1] is None else None
