"""Two records of one patient: merge them into the one that is kept, and undo that.

The record that is given up falls silent and points to the other; nothing of it is deleted. A
supervisor decides, since the wrong merger tells one person's story to another.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh, needs
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.patients import PatientOut, outward
from engage.api.practices import find
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId, StaffId
from engage.people.merging.store import merge, merged_into, standing, unmerge
from engage.people.store import get_patient


class MergeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which record is kept."""

    into: PatientId


class UnmergeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


class MergedOut(Struct, frozen=True):
    """A record that was given up for this one."""

    patient_id: PatientId
    at: datetime
    by: Annotated[StaffId, Meta(description="Who decided it.")]


class MergedList(Struct, frozen=True):
    """The records that are merged into one and stand for it no more, the newest first."""

    items: tuple[MergedOut, ...]


@get(
    "/patients/{patient_id:uuid}/merged",
    opt=needs("patient.read"),
    operation_id="listMerged",
    summary="Read which records were merged into this one",
)
async def list_merged(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> MergedList:
    """Say which records are this one's by now; each can be unmerged by its id."""
    practice = await find(parts.database, visit, "patient", patient_id)
    async with parts.database.work([practice], practice) as work:
        records = await merged_into(work, practice, PatientId(patient_id))
    return MergedList(tuple(MergedOut(one.patient_id, one.at, one.by) for one in records))


@post(
    "/patients/{patient_id:uuid}/merge",
    opt=fresh(needs("patient.merge")),
    operation_id="mergePatient",
    summary="Say that two records are one person's, and which one is kept",
    status_code=HTTPStatus.OK,
)
async def post_merge(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[MergeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PatientOut]:
    """Merge; the record that is kept is returned."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    one, into = PatientId(patient_id), data.into

    if await find(parts.database, visit, "patient", into) != practice:
        raise NotFound

    async def act(work: Work) -> Made:
        await parts.turns.before_merge(work, practice, [one, into])
        await merge(work, practice, one, into, at=at, by=visit.staff_id)
        # The record that is given up hears nothing more, and asks nothing more.
        await parts.turns.person_changed(
            work, practice, one, active=False, language=None, by=visit.staff_id
        )
        for changed in (one, into):
            await feed.add(work, practice, at, "patient", changed, changed)
        kept = await get_patient(work, keys, into)
        return Made(outward(kept), version=kept.version)

    return await once(request, parts, practice, PatientOut, act)


@post(
    "/patients/{patient_id:uuid}/unmerge",
    opt=fresh(needs("patient.merge")),
    operation_id="unmergePatient",
    summary="Say that two merged records are two persons' after all",
    status_code=HTTPStatus.OK,
)
async def post_unmerge(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[UnmergeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PatientOut]:
    """Give a merged record back what was its own; what came meanwhile stays with the other."""
    del data
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    one = PatientId(patient_id)

    async def act(work: Work) -> Made:
        into = await standing(work, practice, one)
        await parts.turns.before_merge(work, practice, [one, into])
        await unmerge(work, practice, one, at=at, by=visit.staff_id)
        for changed in (one, into):
            await feed.add(work, practice, at, "patient", changed, changed)
        again = await get_patient(work, keys, one)
        return Made(outward(again), version=again.version)

    return await once(request, parts, practice, PatientOut, act)
