"""Visits, rides and needs, as a family reads them; and whether they come to a visit."""

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.family.common import answered, keys_of, seen_by
from engage.api.family.people import answerable
from engage.api.family.values import (
    FamilyNeedOut,
    FamilyRideOut,
    VisitOut,
    all_told,
    told,
)
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.appointments import keeping, store
from engage.appointments.appointment import Answer
from engage.appointments.ical import Entry, visit_file
from engage.appointments.keeping import Teller
from engage.appointments.places import store as places
from engage.db.session import Work
from engage.errors import NotFound
from engage.family.record import of_kind
from engage.ids import AppointmentId
from engage.people.merging.store import survivor
from engage.people.signing.principal import CaregiverIn

_CALENDAR: Final = "text/calendar"
_SAID: Final[dict[str, Answer]] = {
    "coming": "accepted",
    "not-coming": "declined",
    "change": "tentative",
}


class FamilyVisits(Struct, frozen=True):
    """The visits of the last 30 days and of the year ahead, by when they begin."""

    items: tuple[VisitOut, ...]
    next: None = None


class FamilyRides(Struct, frozen=True):
    """Rides and boxes, the newest first."""

    items: tuple[FamilyRideOut, ...]
    next: None = None


class FamilyNeeds(Struct, frozen=True):
    """Needs, in the order in which they came up."""

    items: tuple[FamilyNeedOut, ...]
    next: None = None


class RespondIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says of a visit."""

    answer: Annotated[
        Literal["coming", "not-coming", "change"],
        Meta(
            description="not-coming and change call nothing off: free times are offered by text,"
            " or a person calls."
        ),
    ]


@get(
    "/family/{patient_id:uuid}/visits",
    opt=family("visits"),
    operation_id="listFamilyVisits",
    summary="Visits that I may see",
)
async def list_visits(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[FamilyVisits]:
    """Return visits; that I looked is recorded."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    may = relative.person.scope.may("visits", "answer")
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(work, keys, relative, at, "visits", "visits")
    found = all_told(VisitOut, of_kind(seen, "visit"))
    return answered(request, FamilyVisits(tuple(answerable(one, may=may) for one in found)))


@get(
    "/family/{patient_id:uuid}/visits/{visit_id:uuid}/file.ics",
    opt=family("visits"),
    operation_id="getFamilyCalendarFile",
    summary="A visit as a calendar file",
    media_type=_CALENDAR,
)
async def get_file(
    patient_id: FromPath[UUID],
    visit_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[bytes]:
    """Return the file in my language: a time and a place, and not what it is for."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(work, keys, relative, at, "visits", "visits")
        kept = await store.one(work, keys, AppointmentId(visit_id))
        if kept is None or visit_id not in {one["id"] for one in of_kind(seen, "visit")}:
            raise NotFound
        place = kept.visit.place_id
        where = None if place is None else await places.one_of(work, keys, place)
    host = urlsplit(parts.settings.public_url).hostname or "engage"
    file = visit_file(Entry(kept.visit, where), relative.me.language, host)
    return Response(
        content=file,
        media_type=_CALENDAR,
        headers={"Content-Disposition": 'attachment; filename="visit.ics"'},
    )


@post(
    "/family/{patient_id:uuid}/visits/{visit_id:uuid}/respond",
    opt=family("visits", "answer"),
    operation_id="respondToFamilyVisit",
    summary="Say whether they come to a visit",
    status_code=HTTPStatus.OK,
)
async def post_answer(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    visit_id: FromPath[UUID],
    data: JSONBody[RespondIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[VisitOut]:
    """Write down who said it, and do what a text that says the same would do."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    practice, mine = keys.practice, AppointmentId(visit_id)

    async def act(work: Work) -> Made:
        known = await store.one(work, keys, mine)
        person = relative.person.patient.id
        if known is None or await survivor(work, practice, known.visit.patient_id) != person:
            raise NotFound
        await parts.turns.before_turn(work, practice, person)
        who = "caregiver" if isinstance(relative.me, CaregiverIn) else "patient"
        by = Teller(who, relative.me.id)
        change = await keeping.answer(work, keys, mine, _SAID[data.answer], by, at)
        await audit.record(
            work,
            practice,
            at,
            actor=relative.by.actor,
            actor_id=relative.by.actor_id,
            action="appointment.respond",
            subject="appointment",
            subject_id=mine,
            patient_id=person,
        )
        await parts.turns.visit_changed(work, practice, change)
        seen = await seen_by(work, keys, relative, at, "visits", "visits")
        for one in of_kind(seen, "visit"):
            if one["id"] == mine:
                return Made(answerable(told(VisitOut, one), may=True))
        raise NotFound

    answer = await once(request, parts, practice, VisitOut, act)
    parts.bell.ring("outbox")
    return answer


@get(
    "/family/{patient_id:uuid}/rides",
    opt=family("rides"),
    operation_id="listFamilyRides",
    summary="Rides that I may see",
)
async def list_rides(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[FamilyRides]:
    """Return rides; that I looked is recorded."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(work, keys, relative, at, "rides", "rides")
    return answered(request, FamilyRides(all_told(FamilyRideOut, of_kind(seen, "ride"))))


@get(
    "/family/{patient_id:uuid}/needs",
    opt=family("needs"),
    operation_id="listFamilyNeeds",
    summary="Needs that I may see, and how far they got",
)
async def list_needs(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[FamilyNeeds]:
    """Return needs; that I looked is recorded."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(work, keys, relative, at, "needs", "needs")
    return answered(request, FamilyNeeds(all_told(FamilyNeedOut, of_kind(seen, "need"))))
