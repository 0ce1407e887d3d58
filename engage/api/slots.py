"""The times of a schedule: added by day and hour, listed, blocked and put back; outward."""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage.api.appointment_requests import moment_of
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.appointments import adding
from engage.appointments.adding import Blocked
from engage.appointments.pattern import Pattern
from engage.appointments.slot import AHEAD, Slot, Status
from engage.appointments.slots import store
from engage.db.session import Work
from engage.ids import AppointmentId, PracticeId, ScheduleId, SlotId

Hour = Annotated[
    str,
    Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="By the clock of the place."),
]


class NewTimesIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Times to add: each of these hours, on these days of the week, in this span."""

    from_day: date
    until_day: Annotated[date | None, Meta(description="Left out: that one day.")] = None
    weekdays: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=7)], ...],
        Meta(max_length=7, description="Monday is 1; none: every day.", examples=[[2, 4]]),
    ] = ()
    times: Annotated[
        tuple[Hour, ...], Meta(min_length=1, max_length=96, examples=[["09:00", "09:30"]])
    ]
    minutes: Annotated[int, Meta(ge=5, le=720, description="How long each of them is.")]


class SlotChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a time that nobody has may be given."""

    status: Annotated[
        Blocked,
        Meta(description="busy-unavailable: blocked; free: put back; entered-in-error: never was."),
    ]


class SlotOut(Struct, frozen=True, kw_only=True):
    """A time of a schedule."""

    practice_id: PracticeId
    id: SlotId
    schedule_id: ScheduleId
    starts_at: datetime
    ends_at: datetime
    status: Annotated[
        Status, Meta(description="busy-tentative: offered to somebody, for some minutes.")
    ]
    held_until: datetime | None
    appointment_id: Annotated[AppointmentId | None, Meta(description="The visit that has it.")]
    version: Annotated[int, Meta(ge=1)]


class SlotList(Struct, frozen=True):
    """A page of times, soonest first."""

    items: tuple[SlotOut, ...]
    next: str | None


class SlotsAdded(Struct, frozen=True):
    """The times that were added, soonest first."""

    items: tuple[SlotOut, ...]


class SlotPosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of times ends."""

    starts_at: datetime
    id: SlotId


@get(
    "/slots",
    opt=needs("visit.read"),
    operation_id="listSlots",
    summary="The times of a schedule between two moments",
)
async def list_slots(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    schedule: Annotated[UUID, QueryParameter(description="Which schedule.")],
    since: Annotated[
        datetime | None,
        QueryParameter(name="from", required=False, description="Left out: now."),
    ] = None,
    until: Annotated[
        datetime | None,
        QueryParameter(name="to", required=False, description="Left out: six weeks after from."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> SlotList:
    """Return a page of times, free and taken."""
    after = position_of(cursor, SlotPosition)
    begins = moment_of(since, "/from") or parts.clock.now()
    ends = moment_of(until, "/to") or begins + AHEAD
    practice = await find(parts.database, visit, "schedule", schedule)
    async with parts.database.work([practice]) as work:
        rows = await store.page(
            work,
            practice,
            ScheduleId(schedule),
            begins,
            ends,
            None if after is None else (after.starts_at, after.id),
            limit + 1,
        )
    shown, last = cut(rows, limit)
    return SlotList(
        items=tuple(map(slot_out, shown)),
        next=None if last is None else cursor_of(SlotPosition(last.starts_at, last.id)),
    )


@post(
    "/schedules/{schedule_id:uuid}/slots",
    opt=needs("visit.write"),
    operation_id="addSlots",
    summary="Add times to a schedule",
    status_code=HTTPStatus.CREATED,
)
async def post_slots(
    request: Request[Any, Any, State],
    schedule_id: FromPath[UUID],
    data: JSONBody[NewTimesIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[SlotsAdded]:
    """Add times, all of them or none; what overlaps another time of the schedule is refused."""
    practice = await find(parts.database, visit, "schedule", schedule_id)
    pattern = Pattern(
        from_day=data.from_day,
        until_day=data.from_day if data.until_day is None else data.until_day,
        weekdays=frozenset(data.weekdays),
        hours=tuple(time.fromisoformat(one) for one in data.times),
        length=timedelta(minutes=data.minutes),
    )

    async def act(work: Work) -> Made:
        added = await adding.add_times(
            work, practice, ScheduleId(schedule_id), pattern, visit.staff_id, parts.clock.now()
        )
        return Made(SlotsAdded(tuple(map(slot_out, added))), HTTPStatus.CREATED)

    return await once(request, parts, practice, SlotsAdded, act)


@patch(
    "/slots/{slot_id:uuid}",
    opt=needs("visit.write"),
    operation_id="changeSlot",
    summary="Block a time, or put it back",
)
async def patch_slot(
    slot_id: FromPath[UUID],
    data: JSONBody[SlotChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[SlotOut]:
    """Block a time that nobody has, or put it back; who waits hears of one that is free again."""
    practice = await find(parts.database, visit, "slot", slot_id)

    async def act(work: Work) -> Made:
        after = await adding.change_time(
            work,
            practice,
            SlotId(slot_id),
            data.status,
            visit.staff_id,
            parts.clock.now(),
            expects(if_match),
        )
        return Made(slot_out(after), version=after.version)

    return made(await in_turn(parts, act, practice), SlotOut)


def slot_out(one: Slot) -> SlotOut:
    """Return a time as it is told: whom it is held for is nobody's to read."""
    return SlotOut(
        practice_id=one.practice_id,
        id=one.id,
        schedule_id=one.schedule_id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        status=one.status,
        held_until=one.held_until,
        appointment_id=one.appointment_id,
        version=one.version,
    )
