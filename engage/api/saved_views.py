"""The lists that somebody keeps at hand: names for what the queue can be asked."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.conversation.severity import Severity
from engage.db.session import Work
from engage.ids import PracticeId
from engage.queue.board.store import View
from engage.queue.saved import store

MOST = 20


class SavedView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list, as its filters are named in the queue's own query; it names no patient."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    view: View = "all"
    owner: UUID | None = None
    severity: Severity | None = None
    subject: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


class SavedViews(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lists, in the order in which they are shown."""

    views: Annotated[tuple[SavedView, ...], Meta(max_length=MOST)]


@get(
    "/me/views",
    opt=needs("queue.read"),
    operation_id="getMyViews",
    summary="The lists you keep at hand",
)
async def get_views(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> SavedViews:
    """Return what was kept last; who kept none has none."""
    async with parts.database.work(visit.practices) as work:
        kept = await store.of(work, visit.visible, visit.staff_id)
    return SavedViews(views=()) if kept is None else msgspec.json.decode(kept, type=SavedViews)


@put(
    "/me/views",
    opt=needs("queue.read"),
    operation_id="putMyViews",
    summary="Keep these lists, in place of those you had",
)
async def put_views(
    data: JSONBody[SavedViews], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> SavedViews:
    """Keep them, with every practice of the caller: who leaves one keeps them in the others."""
    at = parts.clock.now()
    for practice in visit.practices:

        async def act(work: Work, practice: PracticeId = practice) -> None:
            await store.put(work, practice, visit.staff_id, msgspec.json.encode(data), at)

        await in_turn(parts, act, practice)
    return data
