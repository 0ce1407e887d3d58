"""Leave: who is away from when until when, who covers, and what would move.

Everybody enters, changes and ends their own; who directs the work does so for anybody. Routing
reads the same rows. When a leave begins, open work of who is away goes to who is here, item by
item, visibly; it does not come back by itself when the leave ends or is called off.
"""

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

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.ids import Own, chosen
from engage.api.item_values import StaffOut
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice, find
from engage.api.refusals import IdTaken, NotAllowed
from engage.audit import By
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import CoverId, PracticeId, StaffId
from engage.people.access import may
from engage.people.register.store import need_active
from engage.people.staff import Cover, NotACover, Staff
from engage.people.staffing.store import add_cover, members_of
from engage.queue.coverage import store
from engage.queue.leaving import if_away
from engage.queue.roster.store import roster
from engage.queue.routing import CoverSeen, present
from engage.queue.verbs import NotHere

Moment = Annotated[datetime, Meta(tz=True)]
ID, COVER = "/id", "/cover_id"
_JUST = timedelta(microseconds=1)
_FARTHEST = timedelta(days=3660)
"""Beyond it a year is a slip of the finger, and arithmetic with days ends."""


class CoverOut(Struct, frozen=True, kw_only=True):
    """Who is away from when until when, and who answers for them."""

    practice_id: PracticeId
    id: CoverId
    absent_id: StaffId
    cover_id: StaffId
    from_at: datetime
    until_at: datetime


class CoverList(Struct, frozen=True):
    """The leave that is or will be, in order of time; there is one page of it."""

    items: tuple[CoverOut, ...]
    next: None = None


class NewCoverIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A leave and who covers it."""

    absent_id: StaffId
    cover_id: StaffId
    from_at: Moment
    until_at: Moment
    practice_id: PracticeId | None = None
    id: Own[CoverId | None] = None


class CoverChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given changes; one that has begun can only end at another moment."""

    cover_id: StaffId | None = None
    from_at: Moment | None = None
    until_at: Moment | None = None
    #: It is over at this moment; one that has not begun never was.
    end_now: bool = False


class GoesOut(Struct, frozen=True, kw_only=True):
    """How much would go to one person."""

    staff: StaffOut
    items: Annotated[int, Meta(ge=1)]
    crises: Annotated[int, Meta(ge=0)]


class LeavePreview(Struct, frozen=True, kw_only=True):
    """What would move when a leave begins, as the queue stands now."""

    practice_id: PracticeId
    staff_id: StaffId
    from_at: datetime
    until_at: datetime
    items: Annotated[int, Meta(ge=0, le=store.MOST_LEFT)]
    crises: Annotated[int, Meta(ge=0, le=store.MOST_LEFT)]
    #: To whom it would go, the most first.
    goes: tuple[GoesOut, ...]
    #: How much would stay, because nobody is here to take it.
    stays: Annotated[int, Meta(ge=0)]


@get(
    "/covers",
    opt=needs("staff.read"),
    operation_id="listCovers",
    summary="Who is or will be away, and who covers",
)
async def list_covers(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> CoverList:
    """Return the leave of all practices of the caller that is not over."""
    async with parts.database.work(visit.practices) as work:
        kept = await store.covers(work, visit.visible, parts.clock.now())
    return CoverList(tuple(_cover(one.practice_id, one.cover) for one in kept))


@get(
    "/covers/preview",
    opt=needs("queue.work"),
    operation_id="previewLeave",
    summary="What would move if somebody were away, and to whom",
)
async def preview_leave(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    staff: Annotated[UUID, QueryParameter(description="Who would be away.")],
    cover: Annotated[UUID, QueryParameter(description="Who would cover.")],
    from_at: Annotated[datetime, QueryParameter(name="from")],
    until_at: Annotated[datetime, QueryParameter(name="until")],
    practice: Annotated[UUID | None, QueryParameter(required=False)] = None,
) -> LeavePreview:
    """Ask routing beforehand; nothing is written, and nobody is named but colleagues."""
    if from_at.tzinfo is None or until_at.tzinfo is None:
        raise NotACover
    here = chosen_practice(visit, None if practice is None else PracticeId(practice))
    at, absent = parts.clock.now(), StaffId(staff)
    _own_or_directing(visit, here, absent)
    leave = CoverSeen(absent, StaffId(cover), max(from_at, at), until_at)
    if leave.from_at >= leave.until_at or absent == leave.cover_id:
        raise NotACover
    _refuse_far(leave.from_at, at)
    async with parts.database.work([here]) as work:
        await need_active(work, here, [absent], at, "/staff")
        await need_active(work, here, [leave.cover_id], at, "/cover")
        people = await roster(work, here, at)
        left = await store.left_by(work, here, absent, at)
        names = {one.id: one for one in await members_of(work, here, at)}
    found = if_away(left, leave, people)
    return LeavePreview(
        practice_id=here,
        staff_id=absent,
        from_at=leave.from_at,
        until_at=until_at,
        items=len(left),
        crises=sum(one.severity == "crisis" for one in left),
        goes=tuple(
            GoesOut(staff=_named(names, one.staff_id), items=one.items, crises=one.crises)
            for one in sorted(found.goes, key=lambda one: -one.items)
        ),
        stays=found.stays,
    )


@post(
    "/covers",
    opt=needs("queue.work"),
    operation_id="addCover",
    summary="Write down a leave and who covers it: one's own, or as a supervisor anybody's",
    status_code=HTTPStatus.CREATED,
)
async def post_cover(
    request: Request[Any, Any, State],
    data: JSONBody[NewCoverIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CoverOut]:
    """Write it; when it begins, open work goes to who is here."""
    practice, at = chosen_practice(visit, data.practice_id), parts.clock.now()
    _own_or_directing(visit, practice, data.absent_id)
    new = Cover(
        id=CoverId(chosen(data.id, parts.clock)),
        absent_id=data.absent_id,
        cover_id=data.cover_id,
        from_at=data.from_at,
        until_at=data.until_at,
    )

    async def act(work: Work) -> Made:
        if new.until_at <= at:
            raise NotACover
        _refuse_far(new.from_at, at)
        if await store.lock_cover(work, practice, new.id) is not None:
            raise IdTaken(ID)
        await _here_to_cover(work, practice, new, at)
        await add_cover(work, practice, new, at=at, by=By.staff(visit.staff_id))
        return Made(_cover(practice, new), HTTPStatus.CREATED)

    answer = await once(request, parts, practice, CoverOut, act)
    parts.bell.ring("cover")
    return answer


@patch(
    "/covers/{cover_id:uuid}",
    opt=needs("queue.work"),
    operation_id="changeCover",
    summary="Change a leave, end it now, or call it off",
)
async def patch_cover(
    cover_id: FromPath[UUID],
    data: JSONBody[CoverChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CoverOut]:
    """Change what is given; work that has moved stays with who has it."""
    practice, at = await find(parts.database, visit, "cover", cover_id), parts.clock.now()

    async def act(work: Work) -> Made:
        before = await store.lock_cover(work, practice, CoverId(cover_id))
        if before is None:
            raise NotFound
        _own_or_directing(visit, practice, before.absent_id)
        after = _changed(before, data, at)
        _refuse_far(after.from_at, at)
        if after.cover_id != before.cover_id:
            await need_active(work, practice, [after.cover_id], at, COVER)
            await _here_to_cover(work, practice, after, at)
        await store.save_cover(work, practice, after)
        await work.call("due_done", "cover", after.id)
        await work.call("due_set", "cover", after.id, practice, max(after.from_at, at))
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="cover.change",
            subject="cover",
            subject_id=after.id,
        )
        return Made(_cover(practice, after))

    answer = made(await in_turn(parts, act, practice), CoverOut)
    parts.bell.ring("cover")
    return answer


def _changed(before: Cover, data: CoverChangeIn, at: datetime) -> Cover:
    begun = before.from_at <= at
    after = msgspec.structs.replace(
        before,
        cover_id=data.cover_id or before.cover_id,
        from_at=data.from_at or before.from_at,
        until_at=data.until_at or before.until_at,
    )
    if data.end_now:
        began = before.from_at if before.from_at < at else at - _JUST
        return msgspec.structs.replace(after, from_at=began, until_at=min(at, before.until_at))
    if begun and after.from_at != before.from_at:
        raise NotACover
    if after.absent_id == after.cover_id or after.from_at >= after.until_at:
        raise NotACover
    return after


def _refuse_far(begins: datetime, at: datetime) -> None:
    if begins - at > _FARTHEST:
        raise NotACover


def _own_or_directing(visit: Visit, practice: PracticeId, absent: StaffId) -> None:
    """Refuse leave of others, unless the caller decides about their work."""
    if absent != visit.staff_id and not may(visit.caller, "cover.write", practice):
        raise NotAllowed


async def _here_to_cover(work: Work, practice: PracticeId, leave: Cover, at: datetime) -> None:
    """Refuse who will be away themselves when the leave begins."""
    people = await roster(work, practice, at)
    known = any(one.id == leave.cover_id for one in people.staff)
    if known and not present(leave.cover_id, people, max(leave.from_at, at)):
        raise NotHere(COVER)


def _named(names: dict[StaffId, Staff], person: StaffId) -> StaffOut:
    known = names.get(person)
    return StaffOut(person, known.given_name if known else "", known.family_name if known else "")


def _cover(practice: PracticeId, one: Cover) -> CoverOut:
    return CoverOut(practice_id=practice, **msgspec.structs.asdict(one))
