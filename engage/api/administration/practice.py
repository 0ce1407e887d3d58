"""A practice as its administrators say it is: names, hours, holidays; and what was changed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh_if, needs
from engage.api.auth.proof import require_proof
from engage.api.etags import IfMatch, require
from engage.api.item_values import StaffOut
from engage.api.once import Made, in_turn, made
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.db.session import Work
from engage.ids import PracticeId, StaffId
from engage.people.administration import change_closures, change_practice
from engage.people.administration.store import About, changes, lock_practice
from engage.people.closures import (
    LONGEST_DAY_NAME,
    MOST_DAYS,
    Closures,
    OwnDay,
    closed_days,
    parse,
    read_calendar,
    read_closures,
)
from engage.people.fields import Language
from engage.people.practice import LONGEST_NAME, LONGEST_TEXTING_NAME, Practice
from engage.people.practice_change import PracticeChange
from engage.people.staffing.store import get_practice, numbers_of
from engage.queue import clocks
from engage.queue.timing import follow_hours

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:30"])]
Span = Annotated[tuple[Clock, ...], Meta(min_length=2, max_length=2)]
Hours = Annotated[
    Mapping[Weekday, Annotated[tuple[Span, ...], Meta(max_length=6)]],
    Meta(description="Opening and closing by the practice's clock; a day left out is closed."),
]
Version = Annotated[int, Meta(ge=1)]
Year = Annotated[
    int | None, QueryParameter(required=False, ge=2000, le=2100, description="Left out: this one.")
]
Calendar = Annotated[
    str | None,
    QueryParameter(
        required=False,
        max_length=10,
        description="To look before setting: as if this were the public calendar.",
    ),
]
Kind = Annotated[About | None, QueryParameter(required=False)]


class PracticeOut(Struct, frozen=True, kw_only=True):
    """A practice."""

    id: PracticeId
    name: str
    texting_name: Annotated[str, Meta(description="How texts name it.")]
    support_phone: Annotated[str, Meta(description="A person answers it; every HELP names it.")]
    time_zone: str
    business_hours: Hours
    languages: tuple[Language, ...]
    texting_hours: str
    texts_a_day: int
    texts_a_week: int
    responsible_id: StaffId
    numbers: Annotated[tuple[str, ...], Meta(description="That it texts from.")]
    version: Version


class PracticeChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different; what is left out stays. Open work that hours explain follows them."""

    name: Annotated[str, Meta(max_length=LONGEST_NAME)] | None = None
    texting_name: Annotated[str, Meta(max_length=LONGEST_TEXTING_NAME)] | None = None
    support_phone: Annotated[str, Meta(max_length=40)] | None = None
    time_zone: Annotated[str, Meta(max_length=60)] | None = None
    business_hours: Hours | None = None
    languages: Annotated[tuple[Language, ...], Meta(max_length=10)] | None = None
    texting_hours: Annotated[str, Meta(max_length=11, examples=["09:00-20:00"])] | None = None
    texts_a_day: Annotated[int, Meta(ge=1, le=1000)] | None = None
    texts_a_week: Annotated[int, Meta(ge=1, le=7000)] | None = None
    responsible_id: StaffId | None = None


class OwnDayIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day of the practice's own: closed, or open although the public calendar says otherwise."""

    day: date
    closed: bool = True
    name: Annotated[str, Meta(max_length=LONGEST_DAY_NAME)] = ""


class HolidaysIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which days the practice is closed, all of it. Open work follows them."""

    calendar: Annotated[str, Meta(max_length=10, description="US-AZ; empty: none.")] = ""
    days: Annotated[tuple[OwnDayIn, ...], Meta(max_length=MOST_DAYS)] = ()


class ClosedDayOut(Struct, frozen=True):
    """A day of a year on which the practice is closed."""

    day: date
    name: str
    #: Of the practice, not of the calendar.
    own: bool


class HolidaysOut(Struct, frozen=True, kw_only=True):
    """On which days a practice is closed: as it is set, and as that comes out in a year."""

    practice_id: PracticeId
    calendar: str
    days: tuple[OwnDayIn, ...]
    year: int
    closed: tuple[ClosedDayOut, ...]
    version: Version


class PracticeChangeOut(Struct, frozen=True, kw_only=True):
    """What somebody changed, from what to what."""

    id: UUID
    at: datetime
    by: StaffOut
    about: About
    subject_id: UUID
    before: Any
    after: Any


class PracticeChangeList(Struct, frozen=True):
    """The newest changes first; there is one page of them."""

    items: tuple[PracticeChangeOut, ...]
    next: None = None


@get(
    "/practices/{practice_id:uuid}",
    opt=needs("administration.read"),
    operation_id="getPractice",
    summary="A practice: names, hours, who is responsible",
)
async def get_one_practice(
    practice_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> Response[PracticeOut]:
    """Return a practice."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        out = await _out(work, await get_practice(work, practice))
    return made(Made(out, version=out.version), PracticeOut)


@patch(
    "/practices/{practice_id:uuid}",
    opt=fresh_if(needs("practice.write"), "the phone that a person answers"),
    operation_id="changePractice",
    summary="Change names, hours, limits, or who is responsible",
)
async def patch_practice(
    practice_id: FromPath[UUID],
    data: JSONBody[PracticeChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[PracticeOut]:
    """Change what is given; every field that does not fit is named."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    if data.support_phone is not None:
        # Every HELP sends people there.
        await require_proof(parts, visit.token)
    change = PracticeChange(
        name=data.name,
        texting_name=data.texting_name,
        support_phone=data.support_phone,
        time_zone=data.time_zone,
        business_hours=None if data.business_hours is None else dict(data.business_hours.items()),
        languages=data.languages,
        texting_hours=data.texting_hours,
        texts_a_day=data.texts_a_day,
        texts_a_week=data.texts_a_week,
        responsible_id=data.responsible_id,
    )

    async def act(work: Work) -> Made:
        before = await lock_practice(work, practice)
        after = await change_practice(
            work,
            practice,
            change,
            check=lambda version: require(if_match, version),
            at=parts.clock.now(),
            by=visit.staff_id,
        )
        await _follow(work, before, after, parts.clock.now())
        return Made(await _out(work, after), version=after.version)

    return made(await in_turn(parts, act, practice), PracticeOut)


@get(
    "/practices/{practice_id:uuid}/holidays",
    opt=needs("administration.read"),
    operation_id="getHolidays",
    summary="On which days a practice is closed",
)
async def get_holidays(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    year: Year = None,
    calendar: Calendar = None,
) -> Response[HolidaysOut]:
    """Return the calendar, the practice's own days, and how both come out in a year."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        its = await get_practice(work, practice)
    said = parse(its.holidays)
    if calendar is not None:
        said = Closures(read_calendar(calendar, "/calendar"), said.days)
    shown = year or parts.clock.now().astimezone(ZoneInfo(its.time_zone)).year
    return made(Made(_holidays(its, said, shown), version=its.version), HolidaysOut)


@put(
    "/practices/{practice_id:uuid}/holidays",
    opt=needs("practice.write"),
    operation_id="putHolidays",
    summary="Say on which days a practice is closed",
)
async def put_holidays(
    practice_id: FromPath[UUID],
    data: JSONBody[HolidaysIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[HolidaysOut]:
    """Write all of it; due times that business days explain are counted anew."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()
    days = [OwnDay(day=one.day, closed=one.closed, name=one.name) for one in data.days]
    closures = read_closures(data.calendar, days)

    async def act(work: Work) -> Made:
        before = await lock_practice(work, practice)
        after = await change_closures(
            work,
            practice,
            closures,
            check=lambda version: require(if_match, version),
            at=at,
            by=visit.staff_id,
        )
        await _follow(work, before, after, at)
        year = at.astimezone(ZoneInfo(after.time_zone)).year
        return Made(_holidays(after, closures, year), version=after.version)

    return made(await in_turn(parts, act, practice), HolidaysOut)


@get(
    "/practices/{practice_id:uuid}/changes",
    opt=needs("administration.read"),
    operation_id="listPracticeChanges",
    summary="What administrators changed, from what to what",
)
async def list_changes(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    about: Kind = None,
) -> PracticeChangeList:
    """Return the newest fifty changes."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        found = await changes(work, practice, about)
    return PracticeChangeList(
        tuple(
            PracticeChangeOut(
                id=one.id,
                at=one.at,
                by=StaffOut(one.staff_id, one.given_name, one.family_name),
                about=one.about,
                subject_id=one.subject_id,
                before=one.before,
                after=one.after,
            )
            for one in found
        )
    )


async def _follow(work: Work, before: Practice, after: Practice, at: datetime) -> None:
    """Let no old clock survive: what falls due on a day that is closed by now would lie."""
    was, now = (
        clocks.Calendar(one.time_zone, one.business_hours, one.holidays) for one in (before, after)
    )
    if was != now:
        await follow_hours(work, after.id, was, now, at)


async def _out(work: Work, its: Practice) -> PracticeOut:
    return PracticeOut(
        id=its.id,
        name=its.name,
        texting_name=its.texting_name,
        support_phone=its.support_phone,
        time_zone=its.time_zone,
        business_hours={
            _day(day): tuple((f"{begin:%H:%M}", f"{end:%H:%M}") for begin, end in spans)
            for day, spans in its.business_hours.items()
        },
        languages=its.languages,
        texting_hours=its.texting_hours,
        texts_a_day=its.texts_a_day,
        texts_a_week=its.texts_a_week,
        responsible_id=its.responsible_id,
        numbers=tuple(one.number for one in await numbers_of(work, its.id)),
        version=its.version,
    )


def _day(name: str) -> Weekday:
    return next(day for day in _WEEKDAYS if day == name)


_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _holidays(its: Practice, said: Closures, year: int) -> HolidaysOut:
    own = {one.day for one in said.days if one.closed}
    return HolidaysOut(
        practice_id=its.id,
        calendar=said.calendar,
        days=tuple(OwnDayIn(day=one.day, closed=one.closed, name=one.name) for one in said.days),
        year=year,
        closed=tuple(
            ClosedDayOut(day, name, day in own)
            for day, name in closed_days(said.spelled(), year).items()
        ),
        version=its.version,
    )
