"""Schedules: who sees people and where, and the words that say how to get ready; outward."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import chosen_practice, find
from engage.api.refusals import IdTaken
from engage.appointments.places.store import zone_of
from engage.appointments.slot import Schedule
from engage.appointments.slots import store
from engage.appointments.words import NoSuchPlace
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PlaceId, PracticeId, ScheduleId

LONGEST_NAME, LONGEST_PREPARE = 120, 300
_ID, _PLACE = "/id", "/place_id"

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_NAME,
        description="As staff call it; no text has it.",
        examples=["Dr. Lee, north clinic"],
    ),
]
Prepare = Annotated[
    str,
    Meta(
        max_length=LONGEST_PREPARE,
        description="How to get ready, in the words that a person reads; neutral, and empty for "
        "nothing.",
    ),
]


class NewScheduleIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule to add."""

    place_id: Annotated[PlaceId, Meta(description="Its times are told by this place's clock.")]
    name: Name
    prepare_en: Prepare = ""
    prepare_es: Prepare = ""
    practice_id: PracticeId | None = None
    id: Own[ScheduleId | None] = None


class ScheduleChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different about a schedule; what is left out stays."""

    name: Name | None = None
    prepare_en: Prepare | None = None
    prepare_es: Prepare | None = None
    active: Annotated[
        bool | None, Meta(description="false: no time of it is offered or added any more.")
    ] = None


class ScheduleOut(Struct, frozen=True, kw_only=True):
    """A schedule."""

    practice_id: PracticeId
    id: ScheduleId
    place_id: PlaceId
    name: str
    zone: Annotated[str, Meta(description="The place's clock.")]
    prepare_en: str
    prepare_es: str
    active: bool
    version: Annotated[int, Meta(ge=1)]


class ScheduleList(Struct, frozen=True):
    """A page of schedules, in the order in which they were added."""

    items: tuple[ScheduleOut, ...]
    next: str | None


class SchedulePosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of schedules ends."""

    id: ScheduleId


@get(
    "/schedules",
    opt=needs("visit.read"),
    operation_id="listSchedules",
    summary="Who sees people, and where",
)
async def list_schedules(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> ScheduleList:
    """Return a page of the schedules of the caller's practices."""
    after = position_of(cursor, SchedulePosition)
    practices = visit.visible.practices
    async with parts.database.work(practices) as work:
        rows = await store.schedules(work, practices, after and after.id, limit + 1)
    shown, last = cut(rows, limit)
    return ScheduleList(
        items=tuple(map(_outward, shown)),
        next=None if last is None else cursor_of(SchedulePosition(last.id)),
    )


@post(
    "/schedules",
    opt=needs("visit.write"),
    operation_id="addSchedule",
    summary="Add a schedule",
    status_code=HTTPStatus.CREATED,
)
async def post_schedule(
    request: Request[Any, Any, State],
    data: JSONBody[NewScheduleIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ScheduleOut]:
    """Add a schedule; its free times are added to it next."""
    practice = chosen_practice(visit, data.practice_id)
    mine = ScheduleId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await store.schedule_of(work, practice, mine) is not None:
            raise IdTaken(_ID)
        zone = await zone_of(work, practice, data.place_id)
        if zone is None:
            raise NoSuchPlace(_PLACE)
        new = Schedule(
            practice_id=practice,
            id=mine,
            place_id=data.place_id,
            name=data.name,
            zone=zone,
            prepare_en=data.prepare_en.strip(),
            prepare_es=data.prepare_es.strip(),
        )
        await store.add_schedule(work, new, parts.clock.now())
        await _record(work, visit, parts, new, "schedule.add")
        return Made(_outward(new), HTTPStatus.CREATED, f"/v1/schedules/{mine}", new.version)

    return await once(request, parts, practice, ScheduleOut, act)


@patch(
    "/schedules/{schedule_id:uuid}",
    opt=needs("visit.write"),
    operation_id="changeSchedule",
    summary="Change a schedule",
)
async def patch_schedule(
    schedule_id: FromPath[UUID],
    data: JSONBody[ScheduleChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ScheduleOut]:
    """Change a schedule; visits that are in it already stay as they are."""
    practice = await find(parts.database, visit, "schedule", schedule_id)

    async def act(work: Work) -> Made:
        known = await store.schedule_of(work, practice, ScheduleId(schedule_id), lock=True)
        if known is None:
            raise NotFound
        require(if_match, known.version)
        after = Schedule(
            practice_id=practice,
            id=known.id,
            place_id=known.place_id,
            zone=known.zone,
            name=known.name if data.name is None else data.name,
            prepare_en=known.prepare_en if data.prepare_en is None else data.prepare_en.strip(),
            prepare_es=known.prepare_es if data.prepare_es is None else data.prepare_es.strip(),
            active=known.active if data.active is None else data.active,
            version=known.version + 1,
        )
        await store.save_schedule(work, after)
        await _record(work, visit, parts, after, "schedule.change")
        return Made(_outward(after), version=after.version)

    return made(await in_turn(parts, act, practice), ScheduleOut)


def _outward(one: Schedule) -> ScheduleOut:
    return ScheduleOut(
        practice_id=one.practice_id,
        id=one.id,
        place_id=one.place_id,
        name=one.name,
        zone=one.zone,
        prepare_en=one.prepare_en,
        prepare_es=one.prepare_es,
        active=one.active,
        version=one.version,
    )


async def _record(work: Work, visit: Visit, parts: Parts, one: Schedule, action: str) -> None:
    await audit.record(
        work,
        one.practice_id,
        parts.clock.now(),
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="schedule",
        subject_id=one.id,
    )
