"""The supervisor's numbers: how much each person has, what is late, and who was told of it.

For who directs the work of others, and recorded: what is late names patients. Nothing here says how
fast anybody is. A hop of the climb is undone like any work is given away: acknowledge, release, or
hand over, in queue.py and desk.py.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.coverage import AwayOut
from engage.api.item_values import StaffOut
from engage.api.items import ItemOut, fields_of
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, position_of
from engage.api.parts import Parts
from engage.api.restricted.doorway import shut
from engage.audit import By
from engage.conversation.severity import Severity
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId
from engage.people.access import only
from engage.people.staff import Cover, Role, Staff
from engage.people.staffing.store import get_practice, members_of
from engage.queue.board.store import Position
from engage.queue.clocks import Calendar
from engage.queue.coverage import store as coverage
from engage.queue.elsewhere.store import held_elsewhere
from engage.queue.load import store
from engage.queue.roster.store import roster
from engage.queue.routing import Roster, present, works_between

_Count = Annotated[int, Meta(ge=0)]


class OpenOut(Struct, frozen=True, kw_only=True):
    """How much open work there is of each severity."""

    crisis: _Count
    possible: _Count
    urgent: _Count
    routine: _Count


class PersonLoad(Struct, frozen=True, kw_only=True):
    """What one person has in a practice."""

    staff: StaffOut
    roles: tuple[Role, ...]
    #: Not away now.
    present: bool
    #: Has a shift now; true where no hours are written down.
    on_shift: bool
    away: AwayOut | None
    open: OpenOut
    #: Past its time, awake, and nobody has answered.
    late: _Count
    snoozed: _Count
    #: Since when the person who waits longest for them waits.
    waiting_since: datetime | None
    #: How much they should hold, over all practices they serve; null: any number.
    capacity: int | None
    #: What they hold in other practices: a number, and nothing else of it.
    elsewhere: _Count


class PracticeLoad(Struct, frozen=True, kw_only=True):
    """Everybody who works in a practice, by name, and what they have."""

    practice_id: PracticeId
    at: datetime
    people: tuple[PersonLoad, ...]


class ClimbHop(Struct, frozen=True, kw_only=True):
    """Somebody was told: which step of the climb, when, and why this person."""

    #: Counted from one, through every round.
    step: Annotated[int, Meta(ge=1)]
    at: datetime
    why: str
    staff: StaffOut


class LateOut(Struct, frozen=True, kw_only=True):
    """Work that somebody waits for longer than they should, and who was told of it."""

    item: ItemOut
    #: Empty for work that nobody is paged about.
    hops: tuple[ClimbHop, ...]
    #: When the next person is told; null when nobody is told any more.
    next_at: datetime | None
    #: Until when somebody has it who took it on.
    held_until: datetime | None


class LateList(Struct, frozen=True):
    """A page of work that is late, the gravest first."""

    items: tuple[LateOut, ...]
    next: str | None


@get(
    "/practices/{practice_id:uuid}/load",
    opt=needs("queue.direct"),
    operation_id="getLoad",
    summary="How much each person of a practice has",
)
async def get_load(
    practice_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> PracticeLoad:
    """Count the open work of each person; it names no patient."""
    practice, at = _here(visit, practice_id), parts.clock.now()
    async with parts.database.work([practice], practice) as work:
        held = await store.load(work, practice, await _calendar(work, practice), at)
        people = await roster(work, practice, at)
        members = await members_of(work, practice, at)
        duties = {one.staff_id: one.capacity for one in await coverage.duties(work, only(practice))}
        leave = [one.cover for one in await coverage.covers(work, only(practice), at)]
        elsewhere = await held_elsewhere(work, practice, [one.id for one in members], at)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="load.read",
            subject="practice",
            subject_id=practice,
        )
    return PracticeLoad(
        practice_id=practice,
        at=at,
        people=tuple(
            _person(
                one,
                held.get(one.id),
                people,
                at,
                away=_away(one, leave, at),
                capacity=duties.get(one.id),
                elsewhere=elsewhere.get(one.id, 0),
            )
            for one in members
        ),
    )


@get(
    "/practices/{practice_id:uuid}/late",
    opt=needs("queue.direct"),
    operation_id="listLate",
    summary="Work that somebody waits for longer than they should, and who was told of it",
)
async def list_late(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> LateList:
    """Return a page of what is late; it may be shorter than asked for, and go on."""
    practice, at = _here(visit, practice_id), parts.clock.now()
    after = position_of(cursor, Position)
    async with parts.database.work([practice], practice) as work:
        calendar = await _calendar(work, practice)
        found, place = await store.late(work, practice, calendar, at, after, limit)
        climbs = await store.climbs(work, practice, [one.item.id for one in found])
        patients = {one.item.patient_id for one in found}
        closed = await shut(work, visit, patients, [practice])
        await audit.record_patients(
            work,
            practice,
            at,
            by=By.staff(visit.staff_id),
            action="late.list",
            patients=[one for one in patients - closed if one is not None],
        )
    return LateList(
        items=tuple(_late(one, climbs.get(one.item.id), closed) for one in found),
        next=None if place is None else cursor_of(place),
    )


def _here(visit: Visit, practice: UUID) -> PracticeId:
    here = PracticeId(practice)
    if here not in visit.practices:
        raise NotFound
    return here


async def _calendar(work: Work, practice: PracticeId) -> Calendar:
    its = await get_practice(work, practice)
    return Calendar(its.time_zone, its.business_hours, its.holidays)


def _away(person: Staff, leave: Sequence[Cover], at: datetime) -> AwayOut | None:
    return next(
        (
            AwayOut(one.until_at, one.cover_id)
            for one in leave
            if one.absent_id == person.id and one.from_at <= at < one.until_at
        ),
        None,
    )


def _person(
    one: Staff,
    held: store.Held | None,
    people: Roster,
    at: datetime,
    *,
    away: AwayOut | None,
    capacity: int | None,
    elsewhere: int,
) -> PersonLoad:
    member = next((seen for seen in people.staff if seen.id == one.id), None)
    counts: Mapping[Severity, int] = {} if held is None else held.open
    return PersonLoad(
        staff=StaffOut(one.id, one.given_name, one.family_name),
        roles=one.roles,
        present=present(one.id, people, at),
        on_shift=member is not None and works_between(member, people.zone, at, at),
        away=away,
        open=OpenOut(
            crisis=counts.get("crisis", 0),
            possible=counts.get("possible", 0),
            urgent=counts.get("urgent", 0),
            routine=counts.get("routine", 0),
        ),
        late=0 if held is None else held.late,
        snoozed=0 if held is None else held.snoozed,
        waiting_since=None if held is None else held.waiting_since,
        capacity=capacity,
        elsewhere=elsewhere,
    )


def _late(one: store.Late, climb: store.Climb | None, closed: Container[PatientId]) -> LateOut:
    return LateOut(
        item=ItemOut(**fields_of(one.item, None, (), closed)),
        hops=()
        if climb is None
        else tuple(
            ClimbHop(
                step=hop.step + 1,
                at=hop.at,
                why=hop.why,
                staff=StaffOut(hop.staff_id, hop.given_name, hop.family_name),
            )
            for hop in climb.hops
        ),
        next_at=None if climb is None else climb.next_at,
        held_until=None if climb is None else climb.lease_until,
    )
