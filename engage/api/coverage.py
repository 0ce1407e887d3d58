"""Who is here: staff, and what is written of their work. Leave is in leave.py.

Routing reads the same rows; what is not written down of somebody is not asked.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.item_values import StaffOut
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.refusals import FieldError, Unprocessable
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PracticeId, StaffId
from engage.people.access import only
from engage.people.fields import Language
from engage.people.staff import Role
from engage.people.staffing.store import members_of
from engage.queue.coverage import store
from engage.queue.coverage.store import DutyKept
from engage.queue.roster.store import roster
from engage.queue.routing import present

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:30"])]
Shift = Annotated[tuple[Clock, ...], Meta(min_length=2, max_length=2)]
Hours = Annotated[
    Mapping[Weekday, Annotated[tuple[Shift, ...], Meta(max_length=6)]],
    Meta(description="Begin and end by the practice's clock; a shift may end the next morning."),
]
HOURS = "/hours"


class DutyOut(Struct, frozen=True, kw_only=True):
    """What is written of somebody's work; what is null is not asked."""

    hours: Hours | None
    #: How many open items they should hold at once.
    capacity: int | None
    languages: tuple[str, ...]
    #: What `PUT …/duty` takes as If-Match; "0" while nothing is written.
    version: Annotated[int, Meta(ge=1)]


class DutyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of somebody's work, in place of what was."""

    hours: Hours | None = None
    capacity: Annotated[int, Meta(ge=1, le=1000)] | None = None
    languages: Annotated[tuple[Language, ...], Meta(max_length=10)] = ()
    practice_id: PracticeId | None = None


class AwayOut(Struct, frozen=True):
    """Until when somebody is away, and who covers."""

    until: datetime
    cover: StaffId


class ColleagueOut(Struct, frozen=True, kw_only=True):
    """Somebody who works in a practice, and how much they have in hand."""

    practice_id: PracticeId
    staff: StaffOut
    roles: tuple[Role, ...]
    #: Whether they may sign in at all, wherever they work.
    active: bool
    #: Of roles and `active`: what `PUT …/roles` and `PATCH /v1/staff/{id}` take as If-Match.
    version: Annotated[int, Meta(ge=1)]
    #: Whether routing may give them work now.
    present: bool
    away: AwayOut | None
    open_items: Annotated[int, Meta(ge=0)]
    duty: DutyOut | None


class ColleagueList(Struct, frozen=True):
    """Everybody who works in the caller's practices, by name; there is one page of them."""

    items: tuple[ColleagueOut, ...]
    next: None = None


@get(
    "/staff",
    opt=needs("staff.read"),
    operation_id="listStaff",
    summary="Who works here, who is present, and how much each has in hand",
)
async def list_staff(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> ColleagueList:
    """Return the caller's colleagues in all practices, themselves among them."""
    at = parts.clock.now()
    found: list[ColleagueOut] = []
    async with parts.database.work(visit.practices) as work:
        duties = {
            (one.practice_id, one.staff_id): one for one in await store.duties(work, visit.visible)
        }
        covers = [one.cover for one in await store.covers(work, visit.visible, at)]
        for practice in visit.practices:
            people, held = await roster(work, practice, at), await store.held(work, practice)
            for one in await members_of(work, practice, at):
                away = next(
                    (
                        AwayOut(cover.until_at, cover.cover_id)
                        for cover in covers
                        if cover.absent_id == one.id and cover.from_at <= at < cover.until_at
                    ),
                    None,
                )
                found.append(
                    ColleagueOut(
                        practice_id=practice,
                        staff=StaffOut(one.id, one.given_name, one.family_name),
                        roles=one.roles,
                        active=one.active,
                        version=one.version,
                        present=present(one.id, people, at),
                        away=away,
                        open_items=held.get(one.id, 0),
                        duty=_duty(duties.get((practice, one.id))),
                    )
                )
    return ColleagueList(tuple(found))


@put(
    "/staff/{staff_id:uuid}/duty",
    opt=needs("cover.write"),
    operation_id="putDuty",
    summary="Say when somebody works, how much they should hold, which languages they speak",
)
async def put_duty(
    staff_id: FromPath[UUID],
    data: JSONBody[DutyIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> DutyOut:
    """Write it; routing asks for it from the next piece of work on, and moves nothing."""
    practice, at = chosen_practice(visit, data.practice_id), parts.clock.now()
    person = StaffId(staff_id)
    new = DutyKept(
        practice_id=practice,
        staff_id=person,
        hours=None if data.hours is None else _read(data.hours),
        capacity=data.capacity,
        languages=tuple(dict.fromkeys(data.languages)),
        changed_by=visit.staff_id,
        changed_at=at,
    )

    async def act(work: Work) -> DutyOut:
        if all(one.id != person for one in await members_of(work, practice, at)):
            raise NotFound
        require(if_match, await store.lock_duty(work, practice, person))
        await store.put_duty(work, new)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="duty.change",
            subject="staff",
            subject_id=person,
        )
        kept = await store.duties(work, only(practice))
        out = _duty(next(one for one in kept if one.staff_id == person))
        assert out is not None  # noqa: S101 - it was written above
        return out

    return await in_turn(parts, act, practice)


def _read(hours: Hours) -> dict[str, tuple[tuple[time, time], ...]]:
    read: dict[str, tuple[tuple[time, time], ...]] = {}
    for day, shifts in hours.items():
        spans = tuple((time.fromisoformat(one[0]), time.fromisoformat(one[1])) for one in shifts)
        if any(begin == end for begin, end in spans):
            message = "A shift ends at another time than it begins."
            raise Unprocessable(FieldError(f"{HOURS}/{day}", "out-of-range", message))
        read[day] = tuple(sorted(spans))
    return read


def _duty(kept: DutyKept | None) -> DutyOut | None:
    if kept is None:
        return None
    hours = None
    if kept.hours is not None:
        told = {
            day: [[f"{begin:%H:%M}", f"{end:%H:%M}"] for begin, end in shifts]
            for day, shifts in kept.hours.items()
        }
        hours = msgspec.convert(told, Hours)
    return DutyOut(
        hours=hours, capacity=kept.capacity, languages=kept.languages, version=kept.version
    )
