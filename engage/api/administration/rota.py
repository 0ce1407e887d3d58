"""Who is on call from when until when: what the step "on-call" of the rules asks."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PracticeId, StaffId
from engage.people.administration import note
from engage.people.register.store import need_active
from engage.queue.rota import store
from engage.queue.rota.store import OnCall

ID = "/id"
LONGEST = timedelta(days=31)
USUAL = timedelta(days=60)
Moment = Annotated[datetime, Meta(tz=True)]
Since = Annotated[
    datetime | None, QueryParameter(name="from", required=False, description="Left out: now.")
]
Until = Annotated[
    datetime | None,
    QueryParameter(name="to", required=False, description="Left out: sixty days later."),
]
_ENDS = FieldError("/until_at", "out-of-range", "It ends after it begins, within 31 days.")
_OVER = FieldError("/until_at", "out-of-range", "This is over already.")


class OnCallOut(Struct, frozen=True, kw_only=True):
    """Who is on call from when until when."""

    practice_id: PracticeId
    id: UUID
    staff_id: StaffId
    from_at: datetime
    until_at: datetime
    version: Annotated[int, Meta(ge=1)]


class OnCallList(Struct, frozen=True):
    """The rota in order of time; there is one page of it."""

    items: tuple[OnCallOut, ...]
    next: None = None


class NewOnCallIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to put on call."""

    staff_id: StaffId
    from_at: Moment
    until_at: Moment
    id: Own[UUID | None] = None


class OnCallChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given changes; `removed` takes it off the rota."""

    staff_id: StaffId | None = None
    from_at: Moment | None = None
    until_at: Moment | None = None
    removed: bool = False


@get(
    "/practices/{practice_id:uuid}/on-call",
    opt=needs("administration.read"),
    operation_id="listOnCall",
    summary="Who is on call, and when",
)
async def list_on_call(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    since: Since = None,
    until: Until = None,
) -> OnCallList:
    """Return the rota between two moments."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    begins = since or parts.clock.now()
    if begins.tzinfo is None or (until is not None and until.tzinfo is None):
        raise Unprocessable(FieldError("/from", "no-zone", "A moment needs a zone.", "query"))
    async with parts.database.work([practice]) as work:
        found = await store.on_call_between(work, practice, begins, until or begins + USUAL)
    return OnCallList(tuple(_out(practice, one) for one in found))


@post(
    "/practices/{practice_id:uuid}/on-call",
    opt=needs("practice.write"),
    operation_id="addOnCall",
    summary="Put somebody on call",
    status_code=HTTPStatus.CREATED,
)
async def post_on_call(
    practice_id: FromPath[UUID],
    request: Request[Any, Any, State],
    data: JSONBody[NewOnCallIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[OnCallOut]:
    """Write it; several at once are all told."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()
    new = OnCall(
        id=chosen(data.id, parts.clock),
        staff_id=data.staff_id,
        from_at=data.from_at,
        until_at=data.until_at,
    )

    async def act(work: Work) -> Made:
        if await store.lock(work, practice, new.id) is not None:
            raise IdTaken(ID)
        await _check(work, practice, new, at)
        await store.add(work, practice, new, visit.staff_id, at)
        await _noted(work, visit, practice, None, new, at)
        return Made(_out(practice, new), HTTPStatus.CREATED, version=new.version)

    return await once(request, parts, practice, OnCallOut, act)


@patch(
    "/practices/{practice_id:uuid}/on-call/{duty_id:uuid}",
    opt=needs("practice.write"),
    operation_id="changeOnCall",
    summary="Change who is on call, or take it off the rota",
)
async def patch_on_call(
    practice_id: FromPath[UUID],
    duty_id: FromPath[UUID],
    data: JSONBody[OnCallChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[OnCallOut]:
    """Change what is given; the next step of what is being paged asks anew who is on call."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()

    async def act(work: Work) -> Made:
        before = await store.lock(work, practice, duty_id)
        if before is None or before.removed_at is not None:
            raise NotFound
        require(if_match, before.version)
        after = msgspec.structs.replace(
            before,
            staff_id=data.staff_id or before.staff_id,
            from_at=data.from_at or before.from_at,
            until_at=data.until_at or before.until_at,
            removed_at=at if data.removed else None,
            version=before.version + 1,
        )
        if not data.removed:
            await _check(work, practice, after, at)
        await store.save(work, practice, after, visit.staff_id, at)
        await _noted(work, visit, practice, before, after, at)
        return Made(_out(practice, after), version=after.version)

    return made(await in_turn(parts, act, practice), OnCallOut)


async def _check(work: Work, practice: PracticeId, new: OnCall, at: datetime) -> None:
    if not new.from_at < new.until_at <= new.from_at + LONGEST:
        raise Unprocessable(_ENDS)
    if new.until_at <= at:
        raise Unprocessable(_OVER)
    await need_active(work, practice, [new.staff_id], at, "/staff_id")


def _out(practice: PracticeId, one: OnCall) -> OnCallOut:
    return OnCallOut(
        practice_id=practice,
        id=one.id,
        staff_id=one.staff_id,
        from_at=one.from_at,
        until_at=one.until_at,
        version=one.version,
    )


async def _noted(
    work: Work,
    visit: Visit,
    practice: PracticeId,
    before: OnCall | None,
    after: OnCall,
    at: datetime,
) -> None:
    action = "on-call.add" if before is None else "on-call.change"
    await note(
        work, practice, visit.staff_id, at, "on-call", after.id, before, after, action=action
    )
