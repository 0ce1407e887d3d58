"""Wrong label: somebody says how a reply should have been read, and a second person approves it.

A copy of the words without names and numbers is kept to learn from; who directs the work looks at
it, may take more out, and approves or rejects it. Nothing about the item changes: a reader only
raises, and people close.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias, get_args
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import replace

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, filled, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import OwnProposal
from engage.api.restricted.doorway import shut
from engage.clock import fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId, PracticeId, QueueItemId, StaffId
from engage.queue.candidates import store
from engage.queue.candidates.store import Proposed, Status
from engage.reading.deidentify import deidentified
from engage.reading.reader import Asked, read
from engage.turns.asked import context_of

Label: TypeAlias = Literal[
    "emergency_medical",
    "self_harm",
    "violence",
    "symptom_worse",
    "medication",
    "food",
    "housing",
    "transportation",
    "utilities",
    "caregiver_strain",
    "help_request",
    "appointment_confirm",
    "appointment_cancel",
    "appointment_reschedule",
    "opt_out",
    "wrong_number",
    "yes",
    "no",
    "none_of_these",
]
Labels: TypeAlias = Annotated[tuple[Label, ...], Meta(min_length=1, max_length=8)]
Urgency: TypeAlias = Literal["none", "routine", "urgent", "emergency"]
LONGEST = 1600
Tier: TypeAlias = Literal["none", "possible", "emergency"]
_URGENCY: Mapping[str, Urgency] = {one: one for one in get_args(Urgency)}
_TIER: Mapping[str, Tier] = {one: one for one in get_args(Tier)}


class RelabelIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a text should have been read as."""

    message_id: MessageId
    labels: Labels
    urgency: Urgency


class CandidateDecisionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether these words may be learned from; `words` if more had to be taken out."""

    approve: bool
    words: Annotated[str, Meta(min_length=1, max_length=LONGEST)] | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return "CandidateDecisionIn(…)"


class CorpusCandidateOut(Struct, frozen=True, kw_only=True):
    """A reply to learn from, without names and numbers."""

    practice_id: PracticeId
    id: UUID
    item_id: QueueItemId
    words: str
    language: str
    context: str
    labels: tuple[str, ...]
    urgency: Urgency
    #: What the reader had said, and which reader.
    tier_was: Tier
    labels_were: tuple[str, ...]
    reader_version: str
    proposed_by: StaffId
    proposed_at: datetime
    status: Status
    decided_by: StaffId | None
    decided_at: datetime | None

    def __repr__(self) -> str:
        """Hide the words."""
        return "CorpusCandidateOut(…)"


class CandidateList(Struct, frozen=True):
    """A page of candidates, in the order in which they were proposed."""

    items: tuple[CorpusCandidateOut, ...]
    next: str | None


_Row: TypeAlias = tuple[PracticeId, Proposed]


class _After(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: UUID


@post(
    "/queue/{item_id:uuid}/relabel",
    opt=needs("queue.work"),
    operation_id="relabelQueueItem",
    summary="Wrong label: say what a text should have been read as",
    status_code=HTTPStatus.OK,
)
async def post_relabel(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[RelabelIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CorpusCandidateOut]:
    """Keep a de-identified copy to learn from; the item stays as it is."""
    practice = await find(parts.database, visit, "queue_item", item_id)
    keys, item = await parts.vault.keys(practice), QueueItemId(item_id)

    async def act(work: Work) -> Made:
        return Made(await relabelled(work, keys, parts, visit, item, data))

    return await once(request, parts, practice, CorpusCandidateOut, act)


async def relabelled(
    work: Work, keys: PracticeKeys, parts: Parts, visit: Visit, item: QueueItemId, data: RelabelIn
) -> CorpusCandidateOut:
    """Keep what somebody says a text should have been read as; NotFound if it is not the item's."""
    practice = keys.practice
    said = await store.said(work, keys, item, data.message_id)
    if said is None:
        raise NotFound
    at = parts.clock.now()
    known = await store.by_message(work, keys, data.message_id)
    context = context_of(said.prompt, by_caregiver=said.author == "caregiver")
    was = read(said.words, Asked(context))
    new = Proposed(
        id=fresh_id(parts.clock) if known is None else known.id,
        item_id=item,
        message_id=data.message_id,
        words=deidentified(said.words, said.names) if known is None else known.words,
        language=was.language,
        context=context,
        labels=data.labels,
        urgency=data.urgency,
        tier_was=was.tier,
        labels_were=was.labels,
        reader_version=was.version,
        proposed_by=visit.staff_id,
        proposed_at=at,
    )
    if known is None:
        await store.propose(work, keys, new)
    else:
        await store.propose_again(work, practice, new)
    await _noted(work, practice, at, visit, "candidate.propose", new.id)
    return _out(practice, new)


@get(
    "/candidates",
    opt=needs("queue.direct"),
    operation_id="listCandidates",
    summary="Replies that were read wrongly, waiting for approval or decided",
)
async def list_candidates(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    status: Annotated[Status, QueryParameter(description="Which ones.")] = "proposed",
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> CandidateList:
    """Return a page over all practices whose work the caller directs."""
    after = position_of(cursor, _After)
    keys = [await parts.vault.keys(practice) for practice in visit.practices]
    async with parts.database.work(visit.practices) as work:
        first = store.FIRST if after is None else after.id

        async def rows(place: _Row | None) -> Sequence[_Row]:
            start = first if place is None else place[1].id
            return await store.listed(work, keys, status, start, limit + 1)

        async def open_of(some: Sequence[_Row]) -> Sequence[_Row]:
            # Nobody waits for one of the others: who may read its words finds it.
            whose = await store.whose(work, [one.id for _, one in some])
            closed = await shut(work, visit, set(whose.values()))
            return [row for row in some if whose.get(row[1].id) not in closed]

        shown, last = cut(await filled(rows, open_of, limit), limit)
    return CandidateList(
        items=tuple(_out(practice, one) for practice, one in shown),
        next=None if last is None else cursor_of(_After(last[1].id)),
    )


@post(
    "/candidates/{candidate_id:uuid}/decision",
    opt=needs("queue.direct"),
    operation_id="decideCandidate",
    summary="Approve a reply to learn from, or reject it",
    status_code=HTTPStatus.OK,
)
async def post_candidate_decision(
    request: Request[Any, Any, State],
    candidate_id: FromPath[UUID],
    data: JSONBody[CandidateDecisionIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CorpusCandidateOut]:
    """Approve exactly these words, or reject them; whoever proposed them may only reject."""
    practice = await find(parts.database, visit, "candidate", candidate_id)
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> Made:
        known = await store.by_id(work, keys, candidate_id)
        if known is None:
            raise NotFound
        if data.approve and known.proposed_by == visit.staff_id:
            raise OwnProposal
        at = parts.clock.now()
        decided = replace(
            known,
            words=known.words if data.words is None else data.words,
            status="approved" if data.approve else "rejected",
            decided_by=visit.staff_id,
            decided_at=at,
        )
        await store.decide(
            work, keys, candidate_id, decided.words, decided.status, visit.staff_id, at
        )
        await _noted(work, practice, at, visit, f"candidate.{decided.status}", candidate_id)
        return Made(_out(practice, decided))

    return await once(request, parts, practice, CorpusCandidateOut, act)


async def _noted(
    work: Work, practice: PracticeId, at: datetime, visit: Visit, action: str, subject: UUID
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="candidate",
        subject_id=subject,
    )


def _out(practice: PracticeId, one: Proposed) -> CorpusCandidateOut:
    return CorpusCandidateOut(
        practice_id=practice,
        id=one.id,
        item_id=one.item_id,
        words=one.words,
        language=one.language,
        context=one.context,
        labels=one.labels,
        urgency=_URGENCY[one.urgency],
        tier_was=_TIER[one.tier_was],
        labels_were=one.labels_were,
        reader_version=one.reader_version,
        proposed_by=one.proposed_by,
        proposed_at=one.proposed_at,
        status=one.status,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
    )
