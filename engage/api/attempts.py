"""Calls and visits that a person of the practice made, or took: logged, and counted as an answer.

A call after a discharge is closed by what is logged for it, here, and by nothing else. What this
system texted by itself is no contact and can't be logged as one.
"""

from datetime import datetime, timedelta
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
from engage.api.ids import AHEAD, Own, chosen
from engage.api.item_values import Minutes
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.quoted.store import names_of
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.api.undoing import store as undoing
from engage.checkins import discharges
from engage.checkins.call import Channel, Direction, Outcome, is_answer
from engage.checkins.discharges.store import Logged, attempts_of, is_logged
from engage.db.session import Work
from engage.ids import PatientId, QueueItemId, StaffId
from engage.people.merging.store import survivor
from engage.queue import work as queue_work
from engage.queue.item import AlreadyClaimed, Ending
from engage.queue.minutes import store as minutes

LONGEST_NOTE = 4000
OLDEST = timedelta(days=31)
ID, AT = "/id", "/at"
_NOTE_PLACE = "contact_attempt.note"


Moment = Annotated[
    datetime, Meta(description="When it was, in the last month; left out, now.", tz=True)
]


class AttemptIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call, a video call or a visit, as it went."""

    channel: Channel
    direction: Annotated[Direction, Meta(description="`in`: they called.")] = "out"
    outcome: Outcome
    at: Moment | None = None
    note: Annotated[str, Meta(min_length=1, max_length=LONGEST_NOTE)] | None = None
    item_id: Annotated[
        QueueItemId | None, Meta(description="The piece of work it was made for.")
    ] = None
    minutes: Minutes | None = None
    id: Own[UUID | None] = None


class AttemptSeenOut(Struct, frozen=True, kw_only=True):
    """A call or a visit as it was logged. It is never changed."""

    id: UUID
    item_id: QueueItemId | None
    staff_id: StaffId
    staff_name: str | None
    channel: Channel
    direction: Direction
    outcome: Outcome
    at: datetime
    note: str | None
    minutes: int | None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"AttemptSeenOut(outcome={self.outcome!r}, …)"


class AttemptList(Struct, frozen=True):
    """The newest calls and visits, newest first; there is one page of them."""

    items: tuple[AttemptSeenOut, ...]
    next: None = None


class AttemptOut(Struct, frozen=True, kw_only=True):
    """What was logged, and whether it ended the work it was made for."""

    id: UUID
    patient_id: PatientId
    item_id: QueueItemId | None
    channel: Channel
    direction: Direction
    outcome: Outcome
    at: datetime
    #: How it closed the call after a discharge; null if that stays open, or there is none.
    closed: Ending | None


@get(
    "/patients/{patient_id:uuid}/contacts",
    opt=needs("patient.read"),
    operation_id="listAttempts",
    summary="The calls and visits that were logged",
)
async def list_attempts(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> AttemptList:
    """Return what was logged of a patient; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, person = await parts.vault.keys(practice), PatientId(patient_id)
    async with parts.database.work([practice], practice) as work:
        logged = await attempts_of(work, practice, person)
        names = await names_of(work, [one.staff_id for one in logged])
        spent = await minutes.of_entries(work, practice, [one.id for one in logged])
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="contact.list",
            patients=[person],
        )
    return AttemptList(
        tuple(
            AttemptSeenOut(
                id=one.id,
                item_id=one.item_id,
                staff_id=one.staff_id,
                staff_name=names.get(one.staff_id),
                channel=one.channel,
                direction=one.direction,
                outcome=one.outcome,
                at=one.at,
                note=None
                if one.note_sealed is None
                else keys.open_text(_NOTE_PLACE, one.id, one.note_sealed),
                minutes=spent.get(one.id),
            )
            for one in logged
        )
    )


@post(
    "/patients/{patient_id:uuid}/contacts",
    opt=needs("queue.work"),
    operation_id="logAttempt",
    summary="Log a call or a visit",
    status_code=HTTPStatus.CREATED,
)
async def post_attempt(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[AttemptIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[AttemptOut]:
    """Log it; who was reached waits no longer, and the call it was made for may be done."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, now = await parts.vault.keys(practice), parts.clock.now()
    own_id, at = chosen(data.id, parts.clock), data.at or now
    if not now - OLDEST <= at <= now + AHEAD:
        raise Unprocessable(FieldError(AT, "out-of-range", "Must lie in the last month."))

    async def act(work: Work) -> Made:
        person = await survivor(work, practice, PatientId(patient_id))
        await parts.turns.before_turn(work, practice, person)
        if await is_logged(work, practice, own_id):
            raise IdTaken(ID)
        sealed = None
        if data.note is not None:
            sealed = keys.seal_text(_NOTE_PLACE, own_id, data.note)
        logged = Logged(
            id=own_id,
            patient_id=person,
            item_id=data.item_id,
            staff_id=visit.staff_id,
            at=at,
            channel=data.channel,
            direction=data.direction,
            outcome=data.outcome,
            note_sealed=sealed,
        )
        ending = await discharges.log(work, practice, logged, now)
        if data.minutes is not None:
            took = minutes.TimeSpent(
                id=own_id,
                patient_id=person,
                item_id=data.item_id,
                staff_id=visit.staff_id,
                at=at,
                activity=data.channel,
                minutes=data.minutes,
            )
            await minutes.spend(work, practice, took, now)
        waiting = await undoing.waiting(work, practice, person)
        # A call of before they wrote, logged late, is no answer to what they wrote.
        if is_answer(data.outcome) and all(one.since <= at for one in waiting):
            await parts.turns.spoken_with(work, practice, person)
        closed: Ending | None = None
        if ending is not None and data.item_id is not None:
            try:
                done = await queue_work.complete(
                    work, keys, data.item_id, visit.staff_id, now, _any_version, ending, None
                )
                closed = done.outcome
                await parts.turns.close_item(work, practice, data.item_id, visit.staff_id)
            except AlreadyClaimed:
                # A colleague has it in hand: what was logged lets them close it.
                closed = None
        out = AttemptOut(
            id=own_id,
            patient_id=person,
            item_id=data.item_id,
            channel=data.channel,
            direction=data.direction,
            outcome=data.outcome,
            at=at,
            closed=closed,
        )
        return Made(out, HTTPStatus.CREATED)

    answer = await once(request, parts, practice, AttemptOut, act)
    parts.bell.ring("outbox")
    return answer


def _any_version(version: int) -> bool:
    del version
    return True
