"""One piece of work: its reasons; claim, acknowledge, release, complete. Lists are in board.py.

Exactly one person gets a claim; the other reads in the problem who has it and since when.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.item_values import Minutes
from engage.api.items import ItemDetail, load
from engage.api.once import Made, made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import ClaimedBy
from engage.api.restricted.taking import take_loudly
from engage.appointments import riding
from engage.checkins import discharges
from engage.clock import fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import QueueItemId
from engage.queue import store
from engage.queue import work as queue_work
from engage.queue.item import AlreadyClaimed, Outcome
from engage.queue.minutes import store as minutes


class CompletionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of it."""

    outcome: Outcome
    note: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    #: Beyond the calls that were logged for it.
    minutes: Minutes | None = None


Step = Callable[[Work, PracticeKeys, datetime], Awaitable[object]]


@get(
    "/queue/{item_id:uuid}",
    opt=needs("queue.read"),
    operation_id="getQueueItem",
    summary="Read a piece of work: its reasons, the words that were written, what had been asked",
)
async def get_item(
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ItemDetail]:
    """Return an item with its flags; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "queue_item", item_id)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        detail = await load(work, keys, parts, QueueItemId(item_id))
        await audit.record(
            work,
            practice,
            parts.clock.now(),
            actor="staff",
            actor_id=visit.staff_id,
            action="item.read",
            subject="queue_item",
            subject_id=item_id,
            patient_id=None if detail.patient is None else detail.patient.id,
        )
    return made(Made(detail, version=detail.version), ItemDetail)


@post(
    "/queue/{item_id:uuid}/claim",
    opt=needs("queue.work"),
    operation_id="claimQueueItem",
    summary="Take a piece of work",
    status_code=HTTPStatus.OK,
)
async def post_claim(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Take an item; a colleague who has it already is named in the 409."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        return await queue_work.claim(
            work, keys.practice, QueueItemId(item_id), visit.staff_id, at, expects(if_match)
        )

    return await change(request, parts, visit, QueueItemId(item_id), step, taking=True)


@post(
    "/queue/{item_id:uuid}/acknowledge",
    opt=needs("queue.work"),
    operation_id="acknowledgeQueueItem",
    summary="Say that one is on it: for a while nobody else is told",
    status_code=HTTPStatus.OK,
)
async def post_acknowledge(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Stop the clock of a page for a while; if the item is still open then, it climbs on."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        return await queue_work.acknowledge(
            work, keys.practice, QueueItemId(item_id), visit.staff_id, at, expects(if_match)
        )

    return await change(request, parts, visit, QueueItemId(item_id), step)


@post(
    "/queue/{item_id:uuid}/release",
    opt=needs("queue.work"),
    operation_id="releaseQueueItem",
    summary="Give a piece of work back",
    status_code=HTTPStatus.OK,
)
async def post_release(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Give a claimed item back: it goes to whom routing names now, never to nobody."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        return await queue_work.release(
            work, keys.practice, QueueItemId(item_id), visit.staff_id, at, expects(if_match)
        )

    return await change(request, parts, visit, QueueItemId(item_id), step)


@post(
    "/queue/{item_id:uuid}/complete",
    opt=needs("queue.work"),
    operation_id="completeQueueItem",
    summary="Close a piece of work with what became of it",
    status_code=HTTPStatus.OK,
)
async def post_complete(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[CompletionIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Close an item; automation that waited for a human goes on."""
    item = QueueItemId(item_id)

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> None:
        await finish(work, keys, parts, item, visit, at, expects(if_match), data)

    answer = await change(request, parts, visit, item, step)
    parts.bell.ring("outbox")
    return answer


async def finish(
    work: Work,
    keys: PracticeKeys,
    parts: Parts,
    item: QueueItemId,
    visit: Visit,
    at: datetime,
    expected: queue_work.Expects,
    data: CompletionIn,
) -> None:
    """Close an item with what became of it; what may not be closed yet is refused."""
    await parts.turns.before_close(work, keys.practice, item)
    await discharges.refuse_unlogged(work, keys.practice, item)
    await riding.refuse_unconfirmed(work, keys.practice, item)
    await queue_work.complete(
        work, keys, item, visit.staff_id, at, expected, data.outcome, data.note
    )
    if data.minutes is not None:
        entry = fresh_id(parts.clock)
        await minutes.spend_on(work, keys.practice, item, entry, visit.staff_id, at, data.minutes)
    await parts.turns.close_item(work, keys.practice, item, visit.staff_id)


async def change(
    request: Request[Any, Any, State],
    parts: Parts,
    visit: Visit,
    item: QueueItemId,
    step: Step,
    *,
    taking: bool = False,
) -> Response[ItemDetail]:
    """Take a step on an item, once, and answer with the item as it is then."""
    practice = await find(parts.database, visit, "queue_item", item, taking=taking)
    keys, at = await parts.vault.keys(practice), parts.clock.now()

    async def act(work: Work) -> Made:
        if taking:
            await take_loudly(work, parts, keys, visit, item, lambda: step(work, keys, at))
        else:
            await step(work, keys, at)
        detail = await load(work, keys, parts, item)
        return Made(detail, version=detail.version)

    try:
        return await once(request, parts, practice, ItemDetail, act)
    except AlreadyClaimed as claimed:
        raise await by_name(parts, visit, claimed) from None


async def by_name(parts: Parts, visit: Visit, claimed: AlreadyClaimed) -> ClaimedBy:
    """Return the refusal that names who was faster."""
    async with parts.database.work(visit.practices) as work:
        return ClaimedBy(claimed, await store.staff_name(work, claimed.holder))
