"""Whom I care for and what I may; the card of today; leaving."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, delete, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct
from msgspec.structs import replace

from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.family.common import answered, keys_of, seen_by, team
from engage.api.family.values import (
    HELP,
    FamilyRideOut,
    HelpOut,
    MayOut,
    TaskOut,
    TeamOut,
    Told,
    VisitOut,
    all_told,
)
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.db.session import Work
from engage.errors import NotFound
from engage.family.record import of_kind
from engage.ids import CaregiverId, PatientId, PracticeId
from engage.people.circle.store import unlink_caregiver
from engage.people.sharing.circles import InCircle
from engage.people.signing.principal import CaregiverIn
from engage.people.staffing.store import get_practice


class PersonOut(Told, frozen=True, kw_only=True, rename={"own": "self"}):
    """Somebody whom I care for, or myself."""

    patient_id: PatientId
    given_name: str
    own: Annotated[bool, Meta(description="It is me.")]
    relationship: str | None
    zone: str
    practice_id: PracticeId
    practice_name: str
    may: tuple[MayOut, ...]


class FamilyOut(Struct, frozen=True):
    """Everybody of whom I may see something now."""

    items: tuple[PersonOut, ...]
    next: None = None


class DriverOut(Told, frozen=True, kw_only=True):
    """Who drives to the next visit."""

    kind: Annotated[
        Literal["arranged", "family"], Meta(description="arranged: the team has a driver.")
    ]
    name: str | None
    me: bool


class WaitingOut(Told, frozen=True, kw_only=True):
    """A check-in that waits for an answer."""

    id: UUID
    asked_at: datetime


class TodayOut(Told, frozen=True, kw_only=True):
    """The card of today."""

    patient_id: PatientId
    given_name: str
    day: date
    zone: str
    visit: Annotated[VisitOut | None, Meta(description="The next one.")]
    rides: Annotated[tuple[FamilyRideOut, ...], Meta(description="To that visit.")]
    driver: DriverOut | None
    check_in: WaitingOut | None
    tasks_open: int
    team: TeamOut
    help: HelpOut


@get("/family", opt=family(), operation_id="listFamily", summary="Whom I care for, and what I may")
async def list_family(
    request: Request[Any, Any, State],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[FamilyOut]:
    """Return everybody who allows me something now; of a patient, themselves."""
    practice = relative.me.practice_id
    async with parts.database.work([practice]) as work:
        name = (await get_practice(work, practice)).name
    people = tuple(_person(one, practice, name) for one in relative.circle.values())
    return answered(request, FamilyOut(people))


@get(
    "/family/{patient_id:uuid}/today",
    opt=family(),
    operation_id="getToday",
    summary="Today: the next visit, who drives, what to bring, what waits",
)
async def get_today(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[TodayOut]:
    """Return the card, made of what I may see; that I looked is recorded."""
    del patient_id
    keys, at, person = await keys_of(parts, relative), parts.clock.now(), relative.person
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(
            work, keys, relative, at, "today", "visits", "rides", "needs", "check-ins"
        )
        office = await team(work, keys, at)
    visits = all_told(VisitOut, of_kind(seen, "visit"))
    ahead = (one for one in visits if one.starts_at >= at and one.status in {"booked", "pending"})
    visit = min(ahead, key=lambda one: (one.starts_at, one.id), default=None)
    answers = person.scope.may("visits", "answer")
    rides = () if visit is None else _rides(all_told(FamilyRideOut, of_kind(seen, "ride")), visit)
    tasks = all_told(TaskOut, of_kind(seen, "task"))
    waiting = [one for one in of_kind(seen, "check-in") if one["status"] == "waiting"]
    card = TodayOut(
        patient_id=person.patient.id,
        given_name=person.patient.given_name,
        day=at.astimezone(ZoneInfo(person.zone)).date(),
        zone=person.zone,
        visit=None if visit is None else answerable(visit, may=answers),
        rides=rides,
        driver=None if visit is None else _driver(rides, tasks, visit),
        check_in=WaitingOut(id=waiting[0]["id"], asked_at=waiting[0]["asked_at"])
        if waiting
        else None,
        tasks_open=sum(one.status != "done" and one.kind != "goal" for one in tasks),
        team=office,
        help=HELP,
    )
    return answered(request, card)


@delete(
    "/family/{patient_id:uuid}",
    opt=family(),
    operation_id="leaveFamily",
    summary="Leave: I see and hear nothing of this person any more",
    status_code=HTTPStatus.NO_CONTENT,
)
async def leave(
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> None:
    """End what was granted to me and that I care for them; a patient can't leave themselves."""
    person, me, at = PatientId(patient_id), relative.me, parts.clock.now()
    if not isinstance(me, CaregiverIn):
        raise NotFound
    mine = CaregiverId(me.id)

    async def act(work: Work) -> None:
        await parts.turns.before_turn(work, me.practice_id, person)
        await parts.turns.sharing_ended(work, me.practice_id, person, relative.by, mine)
        await unlink_caregiver(work, me.practice_id, mine, person, at=at, by=relative.by)

    await in_turn(parts, act, me.practice_id)


def answerable(visit: VisitOut, *, may: bool) -> VisitOut:
    """Return a visit with what the caller may do about it."""
    return replace(visit, may_answer=visit.may_answer and may)


def _person(one: InCircle, practice: PracticeId, name: str) -> PersonOut:
    return PersonOut(
        patient_id=one.patient.id,
        given_name=one.patient.given_name,
        own=one.scope.own,
        relationship=one.relationship,
        zone=one.zone,
        practice_id=practice,
        practice_name=name,
        may=tuple(MayOut(category, verbs) for category, verbs in one.scope.shared),
    )


def _rides(rides: tuple[FamilyRideOut, ...], visit: VisitOut) -> tuple[FamilyRideOut, ...]:
    """Return the rides to a visit that stand, the way there first."""
    mine = [one for one in rides if one.visit_id == visit.id and one.status != "called-off"]
    return tuple(sorted(mine, key=lambda one: (one.direction == "back", one.id)))


def _driver(
    rides: tuple[FamilyRideOut, ...], tasks: tuple[TaskOut, ...], visit: VisitOut
) -> DriverOut | None:
    arranged = next((one for one in rides if one.status == "arranged"), None)
    if arranged is not None:
        return DriverOut(kind="arranged", name=arranged.driver, me=False)
    for one in tasks:
        if one.kind == "ride" and one.visit_id == visit.id and one.holder is not None:
            return DriverOut(kind="family", name=one.holder.given_name, me=one.holder.me)
    return None
