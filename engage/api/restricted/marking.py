"""In front of a restricted record: how one stands to it, marking it, and breaking its glass.

Marking is for who directs the work, and unmarking for those of them to whom it is open. Breaking
the glass is for everybody who may read patients at all, who says why. It lasts for sixty minutes,
and for nobody but who broke it.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.item_values import StaffOut
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import find, find_at_the_door
from engage.api.restricted.doorway import entry
from engage.db.session import Work
from engage.ids import PatientId, PracticeId
from engage.people.restricting import store
from engage.people.restriction import (
    AlreadyOpen,
    Confidentiality,
    Opened,
    Reason,
    Way,
    WhyOpened,
    refuse_unsaid,
    way_in,
)
from engage.people.staffing.store import members_of
from engage.queue.opening.store import lock_patient


class RestrictionOut(Struct, frozen=True, kw_only=True):
    """Whether a record is restricted, and how you stand to it."""

    patient_id: PatientId
    #: FHIR's code; null: open to everybody who works here.
    confidentiality: Confidentiality | None
    open: Annotated[bool, Meta(description="Open to you now.")]
    way: Annotated[Way | None, Meta(description="Why a restricted record is open to you.")]
    #: Until when, if you broke the glass.
    until: datetime | None
    #: Null also where it is closed to you.
    reason: Reason | None
    since: datetime | None
    set_by: StaffOut | None


class RestrictionIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is restricted; one that is stays as it is."""

    reason: Reason


class GlassIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why you need this record now. Every supervisor is told that you opened one."""

    reason: WhyOpened
    words: (
        Annotated[
            str, Meta(min_length=1, max_length=500, description="Needed for `other`; sealed.")
        ]
        | None
    ) = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"GlassIn(reason={self.reason!r}, …)"


class GlassOut(Struct, frozen=True, kw_only=True):
    """The record is open to you until then."""

    id: UUID
    patient_id: PatientId
    reason: Opened
    opened_at: datetime
    until: datetime


@get(
    "/patients/{patient_id:uuid}/restriction",
    opt=needs("patient.read"),
    operation_id="getRestriction",
    summary="Whether a record is restricted, and whether it is open to you",
)
async def get_restriction(
    patient_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> RestrictionOut:
    """Return how the caller stands to a record; it says nothing of the person."""
    practice = await find_at_the_door(parts.database, visit, patient_id)
    async with parts.database.work([practice]) as work:
        return await _standing(work, visit, practice, PatientId(patient_id))


@put(
    "/patients/{patient_id:uuid}/restriction",
    opt=needs("patient.restrict"),
    operation_id="putRestriction",
    summary="Restrict a record to those who care for the person",
)
async def put_restriction(
    patient_id: FromPath[UUID],
    data: JSONBody[RestrictionIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[RestrictionOut]:
    """Restrict it from the next request on, perhaps to the caller too."""
    practice = await find(parts.database, visit, "patient", patient_id)
    person, at = PatientId(patient_id), parts.clock.now()

    async def act(work: Work) -> Made:
        if not await store.stands(work, practice, person):
            await store.restrict(work, practice, person, data.reason, visit.staff_id, at)
            await feed.add(work, practice, at, "patient", person, person)
        return Made(await _standing(work, visit, practice, person))

    return made(await in_turn(parts, act, practice), RestrictionOut)


@delete(
    "/patients/{patient_id:uuid}/restriction",
    opt=needs("patient.restrict"),
    operation_id="deleteRestriction",
    summary="Open a record to everybody who works here again",
    status_code=HTTPStatus.NO_CONTENT,
)
async def delete_restriction(
    patient_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> None:
    """Lift the restriction; to whom the record is closed, this is closed too."""
    practice = await find(parts.database, visit, "patient", patient_id)
    person, at = PatientId(patient_id), parts.clock.now()

    async def act(work: Work) -> None:
        await store.lift(work, practice, person, visit.staff_id, at)
        await feed.add(work, practice, at, "patient", person, person)

    await in_turn(parts, act, practice)


@post(
    "/patients/{patient_id:uuid}/break-glass",
    opt=needs("patient.read"),
    operation_id="breakGlass",
    summary="Open a restricted record with a reason, for sixty minutes",
    status_code=HTTPStatus.CREATED,
)
async def post_break_glass(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[GlassIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[GlassOut]:
    """Open it at once, and have every supervisor told; who may read it already is refused."""
    practice = await find_at_the_door(parts.database, visit, patient_id)
    refuse_unsaid(data.reason, data.words)
    keys, person = await parts.vault.keys(practice), PatientId(patient_id)

    async def act(work: Work) -> Made:
        # Two requests at once meet here: the second one finds it open.
        await lock_patient(work, practice, person)
        at = parts.clock.now()
        found = await store.standing(work, [practice], [person], visit.staff_id, at)
        if not found or way_in(found[0], at) is not None:
            raise AlreadyOpen
        opened = await store.open_glass(
            work, keys, person, visit.staff_id, at, data.reason, data.words
        )
        await feed.add(work, practice, at, "patient", person, person)
        return Made(
            GlassOut(
                id=opened.id,
                patient_id=person,
                reason=data.reason,
                opened_at=at,
                until=opened.until_at,
            ),
            HTTPStatus.CREATED,
        )

    answer = await once(request, parts, practice, GlassOut, act)
    parts.bell.ring("notify")
    return answer


async def _standing(
    work: Work, visit: Visit, practice: PracticeId, person: PatientId
) -> RestrictionOut:
    known = await entry(work, visit, practice, person)
    kept = () if known is None else await store.stands(work, practice, person)
    if known is None or not kept:
        return RestrictionOut(
            patient_id=person,
            confidentiality=None,
            open=True,
            way=None,
            until=None,
            reason=None,
            since=None,
            set_by=None,
        )
    stands, way = known[0], way_in(known[0], visit.at)
    people = {one.id: one for one in await members_of(work, practice, visit.at)}
    by = people.get(kept[0].set_by)
    shown = way is not None
    return RestrictionOut(
        patient_id=person,
        confidentiality="R",
        open=shown,
        way=way,
        until=stands.glass.until_at if way == "break-glass" and stands.glass else None,
        reason=kept[0].reason if shown else None,
        since=kept[0].set_at if shown else None,
        set_by=StaffOut(by.id, by.given_name, by.family_name) if shown and by else None,
    )
