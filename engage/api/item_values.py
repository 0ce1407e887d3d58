"""What stands beside a piece of work: who is told of it, and the visit it must be done before."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from engage.appointments import store as visits
from engage.appointments.appointment import Status as VisitStatus
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import AppointmentId, PlaceId, PracticeId, QueueItemId, StaffId
from engage.people.staffing.store import get_practice
from engage.queue.clocks import Calendar
from engage.queue.due import DueWhy, Rule, due_why
from engage.queue.minutes.store import MOST
from engage.queue.paging import store as paging
from engage.queue.paging.channel import ChannelName
from engage.queue.timing import store as timing
from engage.turns.standing import store as standing

Minutes = Annotated[
    int, Meta(ge=1, le=MOST, description="How long it took, in whole minutes, as you say.")
]


class StaffOut(Struct, frozen=True):
    """A colleague."""

    id: StaffId
    given_name: str
    family_name: str


class PageOut(Struct, frozen=True, kw_only=True):
    """Somebody was told, or is about to be."""

    staff: StaffOut
    #: Why this person, in words.
    why: str
    channel: ChannelName
    at: datetime
    #: `withdrawn`: somebody took it on before it left.
    status: paging.Status
    told_at: datetime | None


class PagingOut(Struct, frozen=True, kw_only=True):
    """Who is told of work that can't wait, and who has taken it on."""

    acknowledged_by: StaffOut | None
    acknowledged_at: datetime | None
    #: When the next person is told; null when nobody is told any more.
    next_at: datetime | None
    pages: tuple[PageOut, ...]


class DueWhyOut(Struct, frozen=True, kw_only=True):
    """Why work is due when it is: the rule, the moment its clock runs from, what lay between."""

    rule: Annotated[
        Rule,
        Meta(
            description="at-once: minutes, around the clock; business-day: the close of that "
            "business day; business-days: the close of the second after; before-visit: before the "
            "visit that begins then; kept: its cause said when; answered: a person has answered, "
            "and no clock runs."
        ),
    ]
    from_at: datetime
    #: Business time between the two; null where hours do not count.
    business_minutes: int | None
    #: Holidays between on which the practice would have opened.
    closed_on: tuple[date, ...]
    zone: str


class ItemVisitOut(Struct, frozen=True, kw_only=True):
    """The visit that work about a ride must be done before."""

    id: AppointmentId
    status: VisitStatus
    starts_at: datetime | None
    zone: Annotated[str, Meta(description="By this clock the visit is told.")]
    place_id: PlaceId | None
    what: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"ItemVisitOut(id={self.id}, …)"


async def due_why_of(
    work: Work, practice: PracticeId, item: QueueItemId, visit: ItemVisitOut | None
) -> DueWhyOut:
    """Return why a piece of work is due when it is."""
    told = (await timing.told_of(work, practice, [item]))[item]
    its = await get_practice(work, practice)
    calendar = Calendar(its.time_zone, its.business_hours, its.holidays)
    starts = None if visit is None else visit.starts_at
    why: DueWhy = due_why(msgspec.structs.replace(told, visit_at=starts), calendar)
    return DueWhyOut(**msgspec.structs.asdict(why))


def paging_out(found: paging.PagingSeen | None) -> PagingOut | None:
    """Return who is told of a piece of work, and who has taken it on."""
    if found is None:
        return None
    by = None
    if found.acknowledged_by is not None:
        by = StaffOut(
            found.acknowledged_by,
            found.acknowledged_given_name or "",
            found.acknowledged_family_name or "",
        )
    return PagingOut(
        acknowledged_by=by,
        acknowledged_at=found.acknowledged_at,
        next_at=found.next_at,
        pages=tuple(
            PageOut(
                staff=StaffOut(one.staff_id, one.given_name, one.family_name),
                why=one.why,
                channel=one.channel,
                at=one.at,
                status=one.status,
                told_at=one.told_at,
            )
            for one in found.pages
        ),
    )


async def visit_of(work: Work, keys: PracticeKeys, item: QueueItemId) -> ItemVisitOut | None:
    """Return the visit that a piece of work names, if it names one."""
    named = await standing.visit_of(work, keys.practice, item)
    kept = None if named is None else await visits.one(work, keys, named)
    if kept is None:
        return None
    one = kept.visit
    return ItemVisitOut(
        id=one.id,
        status=one.status,
        starts_at=None if one.time is None else one.time.starts_at,
        zone=one.zone,
        place_id=one.place_id,
        what=kept.what,
    )
