"""Work in hand: rest it, hand it over, open it again, join it, take it apart, write beside it.

What each step refuses stands in queue/verbs.py. What a colleague who takes it on must know is one
page, the handover: what is open, what was promised, what nobody has answered, what will leave.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
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
from engage.api.item_values import ItemVisitOut
from engage.api.items import ItemDetail, ItemNoteOut, note_out
from engage.api.packet import store as packet
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.queue import change
from engage.appointments import riding
from engage.appointments import store as visits
from engage.checkins import discharges
from engage.clock import fresh_id
from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId, NeedId, PracticeId, QueueItemId, StaffId
from engage.needs.need import Status as NeedStatus
from engage.people.access import may, only
from engage.queue import desk, store, verbs
from engage.queue.notes import store as notes

LONGEST_WORDS = 4000
Words = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_WORDS, description="For colleagues; never sent.")
]
Moment = Annotated[datetime, Meta(tz=True)]


class SnoozeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when it rests; without either, until the moment chosen last, if that lies ahead."""

    until: Annotated[Moment, Meta(description="At most 90 days ahead.")] | None = None
    for_reply: Annotated[
        bool | None,
        Meta(
            description=(
                "Any text of theirs that is worth a flag wakes it, whatever it is about; so it does"
                " where this is left out. False: only what is worth a flag on this work."
            )
        ),
    ] = None


class HandOverIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom, and why."""

    to: StaffId
    reason: Words

    def __repr__(self) -> str:
        """Hide the words."""
        return "HandOverIn(…)"


class ReopenIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is open again; your own closing of the last ten seconds needs no reason."""

    reason: Words | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return "ReopenIn(…)"


class MergeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The work that it is done as part of, about the same patient."""

    into: QueueItemId


class NoteIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What colleagues should know. It is never sent."""

    body: Words
    kind: Annotated[
        Literal["note", "promise"], Meta(description="`promise`: what somebody was told to expect.")
    ] = "note"

    def __repr__(self) -> str:
        """Hide the words."""
        return "NoteIn(…)"


class OpenNeedOut(Struct, frozen=True, kw_only=True):
    """A need that is not over."""

    id: NeedId
    domain: str
    status: NeedStatus
    severity: Severity


class PacketTextOut(Struct, frozen=True, kw_only=True):
    """A text that nobody has answered, or that has not left."""

    id: MessageId
    at: datetime
    body: str

    def __repr__(self) -> str:
        """Hide the words."""
        return f"PacketTextOut(id={self.id}, …)"


class HandoverOut(Struct, frozen=True, kw_only=True):
    """What a colleague needs to go on where somebody stopped. Reading it answers nothing."""

    item_id: QueueItemId
    open_needs: tuple[OpenNeedOut, ...]
    other_work: tuple[QueueItemId, ...]
    #: What the patient was promised, of all their open work, the newest first.
    promises: tuple[ItemNoteOut, ...]
    #: What they wrote since they wait for an answer, the newest first.
    unanswered: tuple[PacketTextOut, ...]
    #: What has not left yet, the newest first.
    scheduled: tuple[PacketTextOut, ...]
    next_visit: ItemVisitOut | None


@post(
    "/queue/{item_id:uuid}/snooze",
    opt=needs("queue.work"),
    operation_id="snoozeQueueItem",
    summary="Let your own work rest until a moment, until they write, or either",
    status_code=HTTPStatus.OK,
)
async def post_snooze(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[SnoozeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Rest it: owner and due time stay, and a crisis never rests."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        one = doing(parts, visit, item_id, at, if_match)
        return await desk.snooze(work, keys.practice, one, data.until, for_reply=data.for_reply)

    return await change(request, parts, visit, QueueItemId(item_id), step)


@post(
    "/queue/{item_id:uuid}/hand-over",
    opt=needs("queue.work"),
    operation_id="handOverQueueItem",
    summary="Give a piece of work to a colleague who is here",
    status_code=HTTPStatus.OK,
)
async def post_hand_over(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[HandOverIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Hand over your own work, or anybody's if you direct it; unread stays unread."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        one = doing(parts, visit, item_id, at, if_match)
        return await desk.hand_over(
            work, keys, one, data.to, data.reason, directs=directs(visit, keys.practice)
        )

    return await change(request, parts, visit, QueueItemId(item_id), step)


@get(
    "/queue/{item_id:uuid}/handover",
    opt=needs("queue.read"),
    operation_id="getHandover",
    summary="What a colleague needs to go on: needs, promises, unanswered and waiting texts, visit",
)
async def get_handover(
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> HandoverOut:
    """Return what stands around a piece of work; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "queue_item", item_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    async with parts.database.work([practice], practice) as work:
        found = await store.one(work, only(practice), QueueItemId(item_id))
        if found is None:
            raise NotFound
        out = await _packet(work, keys, found, at)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="item.handover-read",
            subject="queue_item",
            subject_id=item_id,
            patient_id=found.patient_id,
        )
    return out


@post(
    "/queue/{item_id:uuid}/reopen",
    opt=needs("queue.work"),
    operation_id="reopenQueueItem",
    summary="Open again what was closed; your own closing of the last ten seconds is undone",
    status_code=HTTPStatus.OK,
)
async def post_reopen(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[ReopenIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Open it with the reason beside it; whoever opens it has it in hand."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        one = doing(parts, visit, item_id, at, if_match)
        return await desk.reopen(work, keys, one, data.reason)

    return await change(request, parts, visit, QueueItemId(item_id), step)


@post(
    "/queue/{item_id:uuid}/merge",
    opt=needs("queue.work"),
    operation_id="mergeQueueItem",
    summary="Do it as part of another piece of work of the same patient",
    status_code=HTTPStatus.OK,
)
async def post_merge_items(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[MergeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Join it to the other, which becomes as severe and as soon due as either; it can be undone."""
    item = QueueItemId(item_id)

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        # What may not be closed may not be closed this way either.
        await parts.turns.before_close(work, keys.practice, item)
        await discharges.refuse_unlogged(work, keys.practice, item)
        await riding.refuse_unconfirmed(work, keys.practice, item)
        one = doing(parts, visit, item_id, at, if_match)
        return await desk.merge(work, keys.practice, one, data.into)

    return await change(request, parts, visit, item, step)


@post(
    "/queue/{item_id:uuid}/unmerge",
    opt=needs("queue.work"),
    operation_id="unmergeQueueItem",
    summary="Make it work of its own again",
    status_code=HTTPStatus.OK,
)
async def post_unmerge_items(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ItemDetail]:
    """Take it out of the other, which is again what it was, if nothing else changed it."""
    item = QueueItemId(item_id)

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        await parts.turns.before_close(work, keys.practice, item)
        one = doing(parts, visit, item_id, at, if_match)
        return await desk.unmerge(work, keys.practice, one)

    return await change(request, parts, visit, item, step)


@post(
    "/queue/{item_id:uuid}/notes",
    opt=needs("queue.work"),
    operation_id="addItemNote",
    summary="Write something beside a piece of work; it is never sent",
    status_code=HTTPStatus.OK,
)
async def post_note(
    request: Request[Any, Any, State],
    item_id: FromPath[UUID],
    data: JSONBody[NoteIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ItemDetail]:
    """Write a note beside it, open or closed; it stays with this item for ever."""

    async def step(work: Work, keys: PracticeKeys, at: datetime) -> object:
        one = doing(parts, visit, item_id, at, None)
        return await desk.note(work, keys, one, data.kind, data.body)

    return await change(request, parts, visit, QueueItemId(item_id), step)


def doing(parts: Parts, visit: Visit, item: UUID, at: datetime, if_match: str | None) -> desk.Doing:
    """Return the caller's step on an item."""
    return desk.Doing(
        item=QueueItemId(item),
        by=visit.staff_id,
        at=at,
        entry=fresh_id(parts.clock),
        expects=expects(if_match),
    )


def directs(visit: Visit, practice: PracticeId) -> bool:
    """Say whether the caller decides about the work of others in a practice."""
    return may(visit.caller, "queue.direct", practice)


async def _packet(
    work: Work, keys: PracticeKeys, found: store.ItemSeen, at: datetime
) -> HandoverOut:
    practice, patient = keys.practice, found.patient_id
    if patient is None:
        written = await notes.of_items(work, practice, keys, [found.id])
        return HandoverOut(
            item_id=found.id,
            open_needs=(),
            other_work=(),
            promises=tuple(note_out(one) for one in written if one.kind == "promise"),
            unanswered=(),
            scheduled=(),
            next_visit=None,
        )
    theirs = await packet.open_work(work, practice, patient)
    items = [found.id, *(one.id for one in theirs if one.id != found.id)]
    written = await notes.of_items(work, practice, keys, items)
    waiting = min((one.waiting_since for one in theirs if one.waiting_since), default=None)
    unanswered: tuple[packet.Text, ...] = ()
    if waiting is not None:
        unanswered = await packet.unanswered(work, keys, patient, waiting, at)
    ahead = await visits.ahead(work, practice, patient, at, at + verbs.LONGEST_SNOOZE)
    kept = await visits.one(work, keys, ahead[0].id) if ahead else None
    return HandoverOut(
        item_id=found.id,
        open_needs=tuple(
            OpenNeedOut(id=one.id, domain=one.domain, status=one.status, severity=one.severity)
            for one in await packet.needs(work, practice, patient)
        ),
        other_work=tuple(items[1:]),
        promises=tuple(note_out(one) for one in written if one.kind == "promise"),
        unanswered=tuple(_text(one) for one in unanswered),
        scheduled=tuple(_text(one) for one in await packet.scheduled(work, keys, patient, at)),
        next_visit=None
        if kept is None
        else ItemVisitOut(
            id=kept.visit.id,
            status=kept.visit.status,
            starts_at=None if kept.visit.time is None else kept.visit.time.starts_at,
            zone=kept.visit.zone,
            place_id=kept.visit.place_id,
            what=kept.what,
        ),
    )


def _text(one: packet.Text) -> PacketTextOut:
    return PacketTextOut(id=one.id, at=one.at, body=one.body)
