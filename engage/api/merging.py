"""Two records of one patient: merge them into the one that is kept, and undo that.

The record that is given up falls silent and points to the other; nothing of it is deleted. A
supervisor decides, since the wrong merger tells one person's story to another.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from engage import feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.patients import PatientOut, outward
from engage.api.practices import find
from engage.api.whereabouts.store import practice_of
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId
from engage.people.access import only
from engage.people.merging.store import merge, standing, unmerge
from engage.people.store import get_patient


class MergeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which record is kept."""

    into: PatientId


class UnmergeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


@post(
    "/patients/{patient_id:uuid}/merge",
    opt=needs("patient.merge"),
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

    async def act(work: Work) -> Made:
        if await practice_of(work, only(practice), "patient", into) is None:
            raise NotFound
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
    opt=needs("patient.merge"),
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
