"""What a person allowed a caregiver to be told. Nothing is told without it; it ends by a click."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import CaregiverId, GrantId, PatientId, PracticeId, StaffId
from engage.people.sharing import store
from engage.people.sharing.store import Category, Grant, How

_ID = "/id"


class NewGrantIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person allowed, as you heard or read it."""

    caregiver_id: CaregiverId
    category: Annotated[
        Category, Meta(description="visits: when they are picked up, and when they are not.")
    ]
    how: How
    id: Own[GrantId | None] = None


class GrantOut(Struct, frozen=True, kw_only=True):
    """What one caregiver may be told of one person."""

    practice_id: PracticeId
    id: GrantId
    patient_id: PatientId
    caregiver_id: CaregiverId
    category: Category
    how: How
    granted_at: datetime
    heard_by: StaffId
    until_at: Annotated[datetime | None, Meta(description="Since when it no longer holds.")]
    version: Annotated[int, Meta(ge=1)]


class GrantList(Struct, frozen=True):
    """What a person allowed, those that are over included."""

    items: tuple[GrantOut, ...]


@get(
    "/patients/{patient_id:uuid}/grants",
    opt=needs("consent.read"),
    operation_id="listGrants",
    summary="What a patient allowed caregivers to be told",
)
async def list_grants(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> GrantList:
    """Return every grant; that they were looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    async with parts.database.work([practice], practice) as work:
        found = await store.of_patient(work, practice, PatientId(patient_id))
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.grants",
            patients=[PatientId(patient_id)],
        )
    return GrantList(tuple(grant_out(one) for one in found))


@post(
    "/patients/{patient_id:uuid}/grants",
    opt=needs("consent.write"),
    operation_id="recordGrant",
    summary="Record that a patient allowed a caregiver to be told",
    status_code=HTTPStatus.CREATED,
)
async def post_grant(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewGrantIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[GrantOut]:
    """Write it down with who heard it; only a caregiver of the patient can be named."""
    practice = await find(parts.database, visit, "patient", patient_id)
    mine = GrantId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await store.one_of(work, practice, mine) is not None:
            raise IdTaken(_ID)
        new = Grant(
            practice_id=practice,
            id=mine,
            patient_id=PatientId(patient_id),
            caregiver_id=data.caregiver_id,
            category=data.category,
            how=data.how,
            granted_at=parts.clock.now(),
            heard_by=visit.staff_id,
        )
        await store.add(work, new)
        await _record(work, parts, visit, new, "grant.add")
        return Made(grant_out(new), HTTPStatus.CREATED, version=new.version)

    return await once(request, parts, practice, GrantOut, act)


@post(
    "/grants/{grant_id:uuid}/end",
    opt=needs("consent.write"),
    operation_id="endGrant",
    summary="Record that a patient no longer allows it",
    status_code=HTTPStatus.OK,
)
async def post_end(
    request: Request[Any, Any, State],
    grant_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[GrantOut]:
    """End a grant; ended once more it stays as it was."""
    practice = await find(parts.database, visit, "caregiver_grant", grant_id)
    mine = GrantId(grant_id)

    async def act(work: Work) -> Made:
        seen = await store.one_of(work, practice, mine)
        if seen is None:
            raise NotFound
        # Lines and patients come before grants and texts.
        await parts.turns.before_turn(work, practice, seen.patient_id)
        known = await store.one_of(work, practice, mine, lock=True)
        if known is None:
            raise NotFound
        if known.until_at is None:
            for ended in await store.end(work, practice, known, parts.clock.now()):
                await _record(work, parts, visit, replace(known, id=ended), "grant.end")
            await parts.turns.grant_ended(work, practice, known.patient_id, known.caregiver_id)
        after = await store.one_of(work, practice, mine)
        if after is None:
            raise NotFound
        return Made(grant_out(after), version=after.version)

    return await once(request, parts, practice, GrantOut, act)


def grant_out(one: Grant) -> GrantOut:
    """Return a grant as it is told."""
    return GrantOut(**{name: getattr(one, name) for name in Grant.__struct_fields__})


async def _record(work: Work, parts: Parts, visit: Visit, one: Grant, action: str) -> None:
    await audit.record(
        work,
        one.practice_id,
        parts.clock.now(),
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="caregiver_grant",
        subject_id=one.id,
        patient_id=one.patient_id,
    )
