"""Who has which piece of work open: said every few seconds by the console, believed for thirty.

Soft: it stops nobody. A change (somebody came, went on to other work, began to write) stands in the
feed; that they are still there does not.
"""

from typing import Annotated
from uuid import UUID

from litestar import put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.items import HereOut, here_out
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.api.practices import find
from engage.db.session import Work
from engage.ids import QueueItemId
from engage.people.access import only
from engage.queue.presence import store


class PresenceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the caller has it open."""

    writing: Annotated[bool, Meta(description="Whether there are words that are not sent.")] = False


class PresenceOut(Struct, frozen=True):
    """Who has it open now, the caller among them."""

    here: tuple[HereOut, ...]


@put(
    "/queue/{item_id:uuid}/presence",
    opt=needs("queue.read"),
    operation_id="putPresence",
    summary="Say that you have a piece of work open; it is believed for thirty seconds",
)
async def put_presence(
    item_id: FromPath[UUID],
    data: JSONBody[PresenceIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> PresenceOut:
    """Note it, and return who else is there."""
    practice = await find(parts.database, visit, "queue_item", item_id)
    item, at = QueueItemId(item_id), parts.clock.now()

    async def act(work: Work) -> PresenceOut:
        before = await store.was(work, practice, visit.staff_id)
        await store.put(work, practice, visit.staff_id, item, at, writing=data.writing)
        there = before is not None and before.seen_at + store.LIFE > at
        known = before if there else None
        if known is not None and known.item_id != item:
            await feed.add(work, practice, at, "item", known.item_id)
        if known is None or (known.item_id, known.writing) != (item, data.writing):
            await feed.add(work, practice, at, "item", item)
        found = await store.at_items(work, only(practice), [item], at)
        return PresenceOut(here_out(found.get(item, ())))

    return await in_turn(parts, act, practice)
