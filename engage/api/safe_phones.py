"""A caregiver's phone that is not safe for a person: nothing of theirs is shown or texted there.

Staff write it down, or the person does. What staff wrote down stays when the person's page says
that all is well: somebody else may hold their phone. Nothing shows to anybody that it was said.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from litestar import put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit, feed
from engage.api.auth.guard import Relative, Visit
from engage.api.auth.marks import family, fresh_if, needs
from engage.api.auth.proof import require_proof
from engage.api.once import in_turn
from engage.api.parts import Parts
from engage.api.practices import find
from engage.audit import By
from engage.clock import fresh_id
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import CaregiverId, PatientId, PracticeId, StaffId
from engage.people.circle.store import caregivers_of, is_caregiver
from engage.people.sharing import store


class SafetyIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a caregiver's phone is safe for a patient."""

    unsafe: Annotated[
        bool,
        Meta(
            description="True: nothing of the patient is shown or texted there, whatever is"
            " granted, and it looks as if nothing ever was."
        ),
    ]


@put(
    "/patients/{patient_id:uuid}/caregivers/{caregiver_id:uuid}/safety",
    opt=fresh_if(needs("consent.write"), "a phone that is safe again"),
    operation_id="putCaregiverSafety",
    summary="Record that a caregiver's phone is not safe for a patient, or is",
    status_code=HTTPStatus.NO_CONTENT,
)
async def put_safety(
    patient_id: FromPath[UUID],
    caregiver_id: FromPath[UUID],
    data: JSONBody[SafetyIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> None:
    """Let nothing reach a phone at the next request and the next text; or lift it."""
    practice = await find(parts.database, visit, "patient", patient_id)
    whom, by = CaregiverId(caregiver_id), By.staff(visit.staff_id)
    if not data.unsafe:
        # It opens what is granted again, as a new grant would.
        await require_proof(parts, visit.token)
    await _say(parts, practice, PatientId(patient_id), whom, by, unsafe=data.unsafe)


@put(
    "/family/{patient_id:uuid}/sharing/{caregiver_id:uuid}/safety",
    opt=fresh_if(family(own=True), "a phone that is safe again"),
    operation_id="putMySafety",
    summary="Say that somebody's phone is not safe for me, or is",
    status_code=HTTPStatus.NO_CONTENT,
)
async def put_my_safety(
    patient_id: FromPath[UUID],
    caregiver_id: FromPath[UUID],
    data: JSONBody[SafetyIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> None:
    """Let nothing of mine reach their phone; what staff wrote down, I do not lift."""
    practice, whom = relative.me.practice_id, CaregiverId(caregiver_id)
    if not data.unsafe:
        await require_proof(parts, relative.token)
    await _say(parts, practice, PatientId(patient_id), whom, relative.by, unsafe=data.unsafe)


async def _say(
    parts: Parts,
    practice: PracticeId,
    person: PatientId,
    whom: CaregiverId,
    by: By,
    *,
    unsafe: bool,
) -> None:
    at, own = parts.clock.now(), by.actor != "staff"
    staff = None if own or by.actor_id is None else StaffId(by.actor_id)
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> None:
        await parts.turns.before_turn(work, practice, person)
        known = await is_caregiver(work, practice, whom)
        if own:
            # A person hears of nobody who is not around them.
            known = whom in {one.id for one in await caregivers_of(work, keys, person, at)}
        if not known:
            raise NotFound
        await store.end_unsafe(work, practice, person, whom, at, own=own)
        if unsafe:
            await store.note_unsafe(work, practice, fresh_id(parts.clock), person, whom, staff, at)
            await parts.turns.grant_ended(work, practice, person, whom)
        await feed.add(work, practice, at, "patient", person, person)
        await audit.record(
            work,
            practice,
            at,
            actor=by.actor,
            actor_id=by.actor_id,
            action="caregiver.unsafe" if unsafe else "caregiver.safe",
            subject="caregiver",
            subject_id=whom,
            patient_id=person,
        )

    await in_turn(parts, act, practice)
