"""Take back what one has just done: a text of one's own, as long as it has not left."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import TooLate
from engage.api.undoing import store
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId
from engage.messaging import settling
from engage.messaging import store as texts


class UndoneOut(Struct, frozen=True):
    """It never happened, as far as the person it was for can tell."""

    id: UUID
    undone_at: datetime


@post(
    "/actions/{action_id:uuid}/undo",
    opt=needs("thread.write"),
    operation_id="undoAction",
    summary="Take back a text of your own that has not left",
    status_code=HTTPStatus.OK,
)
async def post_undo(
    action_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> UndoneOut:
    """Withdraw it if it is still queued; once it is leaving, a 409 says so. Twice is once."""
    practice = await find(parts.database, visit, "message", action_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()

    async def act(work: Work) -> UndoneOut:
        await texts.lock_line(work, practice, MessageId(action_id))
        text = await texts.outgoing(work, keys, MessageId(action_id))
        done = await store.find(work, practice, action_id)
        if text is None or done is None or done.by != visit.staff_id:
            raise NotFound
        if done.undone_at is not None:
            return UndoneOut(action_id, done.undone_at)
        if not await settling.undone(work, text, at):
            raise TooLate
        await store.undone(work, practice, action_id, done, at)
        for waited in done.waited:
            await feed.add(work, practice, at, "item", waited.item, text.patient_id)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="thread.undo",
            subject="message",
            subject_id=action_id,
            patient_id=text.patient_id,
        )
        return UndoneOut(action_id, at)

    return await in_turn(parts, act, practice)
