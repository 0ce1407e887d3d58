"""Threads: read the texts about one person on one line, and write a person's own words into it.

Whoever writes says what they saw last; if anything came since, nothing is sent and they look again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
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
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import FieldError, IdTaken, MayNotText, ThreadMoved, Unprocessable
from engage.api.undoing import store as undoing
from engage.api.whereabouts.store import lock_thread, practice_of
from engage.api.wordings import question_of
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId, PatientId, PracticeId, ThreadId
from engage.messaging.attributed import Sure, Why
from engage.messaging.kinds import TextKind
from engage.messaging.may_text import barred
from engage.messaging.model import Message, Thread
from engage.messaging.segments import count, tidy
from engage.messaging.threads.store import thread_messages, thread_of
from engage.people.access import only

LONGEST_BODY = 1600
ID, LAST_SEEN = "/id", "/last_seen_event"
UNDO = timedelta(seconds=10)
"""How long a person's own words wait, in case they are taken back."""
LATEST = timedelta(minutes=15)
"""How old a client's own id of a text may be: it decides where the text stands in the thread."""


class MessageOut(Struct, frozen=True, kw_only=True):
    """A text."""

    id: MessageId
    thread_id: ThreadId
    direction: Literal["in", "out"]
    author: Literal["patient", "caregiver", "unknown", "staff", "system"]
    author_id: UUID | None
    body: str
    kind: TextKind
    #: The key of the question that was asked or answered, and its wording.
    prompt: str | None
    question: str | None
    #: What became of a text of ours; "received" for one that came in.
    state: str
    state_reason: str | None
    media_count: int
    #: How sure we are who wrote a text that came in, and why; null for texts of ours.
    sure: Sure | None
    why: Why | None
    at: datetime


class MessageList(Struct, frozen=True, kw_only=True):
    """A page of a thread, newest first."""

    items: tuple[MessageOut, ...]
    next: str | None
    patient_id: PatientId
    #: The newest thing in the thread: say it as last_seen_event when you write.
    last_event: str | None


class NewMessageIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words to send."""

    body: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_BODY, examples=["I will call at 3."])
    ]
    last_seen_event: (
        Annotated[
            str, Meta(max_length=64, description="`last_event` of the thread as you read it.")
        ]
        | None
    ) = None
    id: Own[MessageId | None] = None


class UndoOut(Struct, frozen=True):
    """What to ask for at /v1/actions/{id}/undo, and until when it is sure to work."""

    id: UUID
    until: datetime


class SentOut(Struct, frozen=True, kw_only=True):
    """What was written, on its way."""

    message: MessageOut
    #: None in a crisis: then nothing waits.
    undo: UndoOut | None
    segments: Annotated[int, Meta(ge=1, description="How many texts the carrier counts.")]


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: MessageId


@get(
    "/threads/{thread_id:uuid}/messages",
    opt=needs("thread.read"),
    operation_id="listMessages",
    summary="Read a thread, newest first",
)
async def list_messages(
    thread_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> MessageList:
    """Return a page of texts; that they were read is recorded."""
    before = position_of(cursor, _Before)
    practice = await find(parts.database, visit, "thread", thread_id)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        thread = await _thread(work, practice, ThreadId(thread_id))
        rows = await thread_messages(work, keys, thread.id, before and before.id, limit + 1)
        newest = (
            rows[:1] if before is None else await thread_messages(work, keys, thread.id, None, 1)
        )
        await _record(work, visit, practice, thread, "thread.read", parts.clock.now())
    shown, last = cut(rows, limit)
    return MessageList(
        items=tuple(_outward(one, thread.id, parts) for one in shown),
        next=None if last is None else cursor_of(_Before(last.id)),
        patient_id=thread.patient_id,
        last_event=_last_event(newest),
    )


@post(
    "/threads/{thread_id:uuid}/messages",
    opt=needs("thread.write"),
    operation_id="writeMessage",
    summary="Write to a person in your own words",
    status_code=HTTPStatus.CREATED,
)
async def post_message(
    request: Request[Any, Any, State],
    thread_id: FromPath[UUID],
    data: JSONBody[NewMessageIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[SentOut]:
    """Send a text; automation pauses for this patient until the work is closed."""
    practice = await find(parts.database, visit, "thread", thread_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    message = MessageId(chosen(data.id, parts.clock, behind=LATEST))
    _refuse_blank(data.body)

    async def act(work: Work) -> Made:
        thread = await _thread(work, practice, ThreadId(thread_id))
        await lock_thread(work, practice, thread.id)
        if await practice_of(work, only(practice), "message", message) is not None:
            raise IdTaken(ID)
        newest = await thread_messages(work, keys, thread.id, None, 1)
        if data.last_seen_event is not None and data.last_seen_event != _last_event(newest):
            raise ThreadMoved(LAST_SEEN)
        if barred(thread.facts, "staff") is not None:
            raise MayNotText
        waited = await undoing.waiting(work, practice, thread.patient_id)
        await parts.turns.staff_writes(
            work, practice, thread.id, visit.staff_id, tidy(data.body), message
        )
        await _record(work, visit, practice, thread, "thread.write", at)
        undo = None
        if not await undoing.in_crisis(work, practice, thread.patient_id):
            undo = UndoOut(message, at + UNDO)
            await work.call("due_set", "outbox", message, practice, undo.until)
            await undoing.note(work, practice, message, visit.staff_id, undo.until, waited)
        # Ids sort: the newest text before the next id is this one.
        above = MessageId(UUID(int=message.int + 1))
        (sent,) = await thread_messages(work, keys, thread.id, above, 1)
        out = SentOut(
            message=_outward(sent, thread.id, parts),
            undo=undo,
            segments=count(sent.body).segments,
        )
        return Made(out, HTTPStatus.CREATED)

    answer = await once(request, parts, practice, SentOut, act)
    parts.bell.ring("outbox")
    # Lost with this process, it costs a sweep.
    here = asyncio.get_running_loop()
    here.call_later(1.01 * UNDO.total_seconds(), parts.bell.ring, "outbox")
    return answer


def _refuse_blank(body: str) -> None:
    if not tidy(body).strip():
        raise Unprocessable(FieldError("/body", "blank", "A text needs words."))


async def _thread(work: Work, practice: PracticeId, thread_id: ThreadId) -> Thread:
    thread = await thread_of(work, practice, thread_id)
    if thread is None:
        raise NotFound
    return thread


async def _record(
    work: Work, visit: Visit, practice: PracticeId, thread: Thread, action: str, at: datetime
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="thread",
        subject_id=thread.id,
        patient_id=thread.patient_id,
    )


def _last_event(newest: Sequence[Message]) -> str | None:
    return str(newest[0].id) if newest else None


def _outward(found: Message, thread: ThreadId, parts: Parts) -> MessageOut:
    return MessageOut(
        id=found.id,
        thread_id=thread,
        direction=found.direction,
        author=found.author,
        author_id=found.author_id,
        body=found.body,
        kind=found.kind,
        prompt=found.prompt,
        question=question_of(parts.instruments, found.prompt),
        state=found.state,
        state_reason=found.state_reason,
        media_count=found.media_count,
        sure=found.sure,
        why=found.why,
        at=found.at,
    )
