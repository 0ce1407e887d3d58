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
from engage.api.item_values import (
    ItemVisitOut,
    PagingOut,
    StaffOut,
    paging_out,
    visit_of,
)
from engage.api.once import Made, made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import ClaimedBy
from engage.api.wordings import question_of
from engage.checkins import discharges
from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import FlagId, MessageId, PatientId, PracticeId, QueueItemId, ThreadId
from engage.people.access import only
from engage.queue import store
from engage.queue import work as queue_work
from engage.queue.board import store as board
from engage.queue.item import AlreadyClaimed, Ending, Outcome, Status
from engage.queue.paging import store as paging

Subject = Annotated[
    str, Meta(description="What the work is about.", examples=["need:food-insecurity", "crisis"])
]


class PatientNameOut(Struct, frozen=True):
    """Whom it is about."""

    id: PatientId
    given_name: str
    family_name: str


class ExcerptOut(Struct, frozen=True, kw_only=True):
    """How the text begins that the work is about: of the most severe reason, the newest."""

    words: Annotated[str, Meta(max_length=board.LONGEST_EXCERPT)]
    at: datetime
    #: The key of the question that had been asked.
    prompt: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return "ExcerptOut(…)"


class ItemOut(Struct, frozen=True, kw_only=True):
    """A piece of work."""

    practice_id: PracticeId
    id: QueueItemId
    subject: Subject
    severity: Severity
    status: Status
    owner: StaffOut
    #: Why this person, in words.
    owner_why: str
    patient: PatientNameOut | None
    #: What was written, for recognising it in a list; the whole of it stands with the flags.
    excerpt: ExcerptOut | None
    thread_id: ThreadId | None
    due_at: datetime
    opened_at: datetime
    waiting_since: datetime | None
    claimed_at: datetime | None
    closed_at: datetime | None
    outcome: Ending | None
    version: Annotated[int, Meta(ge=1)]


class FlagOut(Struct, frozen=True, kw_only=True):
    """Why a human must look."""

    id: FlagId
    reason: str
    severity: Severity
    rule: str
    at: datetime
    #: Since when it no longer holds: the text was somebody else's.
    withdrawn_at: datetime | None
    message_id: MessageId | None
    #: What the person wrote.
    words: str | None
    #: The key of the question that had been asked, and its wording.
    prompt: str | None
    question: str | None


class ItemDetail(ItemOut, frozen=True, kw_only=True):
    """A piece of work with the reasons it is there, the newest first."""

    flags: tuple[FlagOut, ...]
    #: Null for work that nobody is paged about.
    paging: PagingOut | None
    #: The visit that it must be done before.
    appointment: ItemVisitOut | None
    note: str | None


class CompletionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of it."""

    outcome: Outcome
    note: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None


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
        detail = await _load(work, keys, parts, QueueItemId(item_id))
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

    return await _change(request, parts, visit, QueueItemId(item_id), step)


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

    return await _change(request, parts, visit, QueueItemId(item_id), step)


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

    return await _change(request, parts, visit, QueueItemId(item_id), step)


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

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        await parts.turns.before_close(work, keys.practice, item)
        await discharges.refuse_unlogged(work, keys.practice, item)
        await queue_work.complete(
            work, keys, item, visit.staff_id, at, expects(if_match), data.outcome, data.note
        )
        return await parts.turns.close_item(work, keys.practice, item, visit.staff_id)

    answer = await _change(request, parts, visit, item, step)
    parts.bell.ring("outbox")
    return answer


async def _change(
    request: Request[Any, Any, State],
    parts: Parts,
    visit: Visit,
    item: QueueItemId,
    step: Step,
) -> Response[ItemDetail]:
    practice = await find(parts.database, visit, "queue_item", item)
    keys, at = await parts.vault.keys(practice), parts.clock.now()

    async def act(work: Work) -> Made:
        await step(work, keys, at)
        detail = await _load(work, keys, parts, item)
        return Made(detail, version=detail.version)

    try:
        return await once(request, parts, practice, ItemDetail, act)
    except AlreadyClaimed as claimed:
        async with parts.database.work([practice]) as work:
            name = await store.staff_name(work, claimed.holder)
        raise ClaimedBy(claimed, name) from None


async def _load(work: Work, keys: PracticeKeys, parts: Parts, item: QueueItemId) -> ItemDetail:
    found = await store.one(work, only(keys.practice), item)
    if found is None:
        raise NotFound
    flags = await store.flags(work, keys.practice, item, keys)
    return ItemDetail(
        **fields_of(found, board.excerpt_of(flags)),
        flags=tuple(_flag(one, parts) for one in flags),
        paging=paging_out(await paging.seen(work, keys.practice, item)),
        appointment=await visit_of(work, keys, item),
        note=await store.note(work, keys, item),
    )


def fields_of(found: store.ItemSeen, said: board.Excerpt | None) -> dict[str, Any]:
    """Return what everybody reads of an item, in a list and by itself."""
    patient = None
    if found.patient_id is not None:
        patient = PatientNameOut(
            found.patient_id, found.patient_given_name or "", found.patient_family_name or ""
        )
    excerpt = None
    if said is not None:
        excerpt = ExcerptOut(words=said.words, at=said.at, prompt=said.prompt)
    return {
        "practice_id": found.practice_id,
        "id": found.id,
        "subject": found.subject,
        "severity": found.severity,
        "status": found.status,
        "owner": StaffOut(found.owner_id, found.owner_given_name, found.owner_family_name),
        "owner_why": found.owner_why,
        "patient": patient,
        "excerpt": excerpt,
        "thread_id": found.thread_id,
        "due_at": found.due_at,
        "opened_at": found.opened_at,
        "waiting_since": found.waiting_since,
        "claimed_at": found.claimed_at,
        "closed_at": found.closed_at,
        "outcome": found.outcome,
        "version": found.version,
    }


def _flag(found: store.FlagSeen, parts: Parts) -> FlagOut:
    return FlagOut(
        id=found.id,
        reason=found.reason,
        severity=found.severity,
        rule=found.rule,
        at=found.at,
        message_id=found.message_id,
        withdrawn_at=found.withdrawn_at,
        words=found.words,
        prompt=found.prompt,
        question=question_of(parts.instruments, found.prompt),
    )
