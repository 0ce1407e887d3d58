"""The same step on many pieces of work, each by itself: what can't be done holds up nothing else.

The answer says of every item what became of it, in the order asked. A crisis, and what may be one,
is closed by itself and never in bulk. Under an Idempotency-Key each item remembers that its step
was taken: the same request again says so, and tries only what was refused.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias, assert_never

import structlog
from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.candidates import Labels, RelabelIn, Urgency, relabelled
from engage.api.desk import HandOverIn, SnoozeIn, directs, doing
from engage.api.once import Made, each_once, in_turn, key_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.problems import Problem, describe
from engage.api.queue import CompletionIn, by_name, finish
from engage.api.refusals import FieldError, Unprocessable
from engage.api.restricted.taking import take_loudly
from engage.db.sealing import PracticeKeys
from engage.db.session import DatabaseAway, Work
from engage.errors import NotFound
from engage.ids import QueueItemId
from engage.people.access import only
from engage.queue import desk, store
from engage.queue import work as queue_work
from engage.queue.item import AlreadyClaimed, Outcome
from engage.queue.verbs import GraveAlone

MOST = 100
_GRAVE = ("crisis", "possible")

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class ClaimAll(Struct, frozen=True, tag="claim", forbid_unknown_fields=True):
    """Take them."""


class HandOverAll(HandOverIn, frozen=True, tag="hand-over", kw_only=True):
    """Give them to one colleague."""


class SnoozeAll(SnoozeIn, frozen=True, tag="snooze", kw_only=True):
    """Let them rest."""


class CompleteAll(Struct, frozen=True, tag="complete", kw_only=True, forbid_unknown_fields=True):
    """Close them with the same outcome."""

    outcome: Outcome


class RelabelAll(Struct, frozen=True, tag="relabel", kw_only=True, forbid_unknown_fields=True):
    """Say what the newest text of each should have been read as."""

    labels: Labels
    urgency: Urgency


StepIn: TypeAlias = ClaimAll | HandOverAll | SnoozeAll | CompleteAll | RelabelAll


class BulkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step, and the work to take it on."""

    items: Annotated[tuple[QueueItemId, ...], Meta(min_length=1, max_length=MOST)]
    step: StepIn


class BulkResult(Struct, frozen=True, kw_only=True):
    """What became of one item: the status that the step alone would have answered with."""

    id: QueueItemId
    status: Annotated[int, Meta(ge=200, le=599)]
    #: Null if it was done.
    problem: Problem | None = None


class BulkOut(Struct, frozen=True):
    """What became of each, in the order asked."""

    results: tuple[BulkResult, ...]
    done: Annotated[int, Meta(ge=0, le=MOST)]


@post(
    "/queue/bulk",
    opt=needs("queue.work"),
    operation_id="changeQueueItems",
    summary="Take the same step on up to a hundred pieces of work, each by itself",
    status_code=HTTPStatus.OK,
)
async def post_bulk(
    request: Request[Any, Any, State],
    data: JSONBody[BulkIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> BulkOut:
    """Take the step on each; the answer is 200 also if some could not be done, and says which."""
    key_of(request)  # a key that is none is refused as anywhere, and not item by item
    if len(set(data.items)) != len(data.items):
        raise Unprocessable(FieldError("/items", "named-twice", "Name each item once."))
    results = tuple([await _one(request, parts, visit, item, data.step) for item in data.items])
    parts.bell.ring("outbox")
    return BulkOut(results, sum(one.problem is None for one in results))


async def _one(
    request: Request[Any, Any, State],
    parts: Parts,
    visit: Visit,
    item: QueueItemId,
    step: StepIn,
) -> BulkResult:
    try:
        taking = isinstance(step, ClaimAll)
        practice = await find(parts.database, visit, "queue_item", item, taking=taking)
        keys, at = await parts.vault.keys(practice), parts.clock.now()

        async def taken(work: Work) -> Made:
            await _step(work, keys, parts, visit, item, step, at)
            return Made(BulkResult(id=item, status=HTTPStatus.OK))

        async def act(work: Work) -> None:
            await each_once(request, parts, keys, work, str(item), taken)

        await in_turn(parts, act, practice)
    except DatabaseAway:
        # Then nothing is known of the others either: the whole request is refused.
        raise
    except AlreadyClaimed as claimed:
        problem, _ = describe(await by_name(parts, visit, claimed))
        return BulkResult(id=item, status=problem.status, problem=problem)
    except Exception as error:  # noqa: BLE001 - one item never holds up the others
        problem, _ = describe(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("item of many failed", exc_info=error)
        return BulkResult(id=item, status=problem.status, problem=problem)
    return BulkResult(id=item, status=HTTPStatus.OK)


async def _step(
    work: Work,
    keys: PracticeKeys,
    parts: Parts,
    visit: Visit,
    item: QueueItemId,
    step: StepIn,
    at: datetime,
) -> None:
    one = doing(parts, visit, item, at, None)
    match step:
        case ClaimAll():

            async def claim() -> object:
                return await queue_work.claim(
                    work, keys.practice, item, visit.staff_id, at, one.expects
                )

            await take_loudly(work, parts, keys, visit, item, claim)
        case HandOverAll(to=to, reason=reason):
            leads = directs(visit, keys.practice)
            await desk.hand_over(work, keys, one, to, reason, directs=leads)
        case SnoozeAll(until=until, for_reply=for_reply):
            await desk.snooze(work, keys.practice, one, until, for_reply=for_reply)
        case CompleteAll(outcome=outcome):
            done = CompletionIn(outcome=outcome)
            await finish(work, keys, parts, item, visit, at, one.expects, done)
            # Judged after its locks were taken: it may have become grave this moment.
            found = await store.one(work, only(keys.practice), item)
            if found is None or found.severity in _GRAVE:
                raise GraveAlone
        case RelabelAll(labels=labels, urgency=urgency):
            await _relabel(work, keys, parts, visit, item, labels, urgency)
        case _:
            assert_never(step)


async def _relabel(
    work: Work,
    keys: PracticeKeys,
    parts: Parts,
    visit: Visit,
    item: QueueItemId,
    labels: Labels,
    urgency: Urgency,
) -> None:
    flags = await store.flags(work, keys.practice, item, keys)
    text = next((one.message_id for one in flags if one.message_id and one.words), None)
    if text is None:
        raise NotFound
    given = RelabelIn(message_id=text, labels=labels, urgency=urgency)
    await relabelled(work, keys, parts, visit, item, given)
