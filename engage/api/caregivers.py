"""Caregivers of a patient: who they are to them, their own phone, and what they may be told.

Somebody is a caregiver because the practice was told so, never because they hold the same phone.
That they are one tells them nothing: what they may be told, the patient allows (grants).
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.grants import GrantOut, grant_out
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.patients import Language, Name, Phone
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.audit import By
from engage.db.session import Work
from engage.ids import CaregiverId, PatientId, PracticeId
from engage.people.caregiver import (
    LONGEST_RELATIONSHIP,
    Caregiver,
    NewCaregiver,
    read_relationship,
)
from engage.people.circle import store
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.people.sharing.store import Grant
from engage.people.sharing.store import of_patient as grants_of

_ID, _PHONE = "/id", "/phone"


class NewCaregiverIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who cares for a patient, with a phone of their own."""

    given_name: Name
    family_name: Name
    language: Language
    relationship: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_RELATIONSHIP, examples=["daughter"])
    ]
    phone: Phone | None = None
    id: Own[CaregiverId | None] = None


class CaregiverOut(Struct, frozen=True, kw_only=True):
    """A caregiver of one patient, now, and what that patient allowed them to be told."""

    practice_id: PracticeId
    id: CaregiverId
    patient_id: PatientId
    relationship: str
    given_name: str
    family_name: str
    language: Literal["en", "es"]
    phone: str | None
    since: datetime
    grants: Annotated[tuple[GrantOut, ...], Meta(description="Those that hold now.")]

    def __repr__(self) -> str:
        """Hide who it is."""
        return f"CaregiverOut(id={self.id}, …)"


class CaregiverList(Struct, frozen=True):
    """The caregivers of a patient, the longest-known first."""

    items: tuple[CaregiverOut, ...]


@get(
    "/patients/{patient_id:uuid}/caregivers",
    opt=needs("patient.read"),
    operation_id="listCaregivers",
    summary="Who cares for a patient, and what they may be told",
)
async def list_caregivers(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> CaregiverList:
    """Return the caregivers of this moment; that they were looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at, person = await parts.vault.keys(practice), parts.clock.now(), PatientId(patient_id)
    async with parts.database.work([practice], practice) as work:
        found = await store.caregivers_of(work, keys, person, at)
        allowed = await grants_of(work, practice, person)
        await audit.record_patients(
            work,
            practice,
            at,
            by=By.staff(visit.staff_id),
            action="patient.caregivers",
            patients=[person],
        )
    return CaregiverList(
        tuple(_outward(practice, one, [g for g in allowed if _holds(g, one, at)]) for one in found)
    )


@post(
    "/patients/{patient_id:uuid}/caregivers",
    opt=needs("patient.write"),
    operation_id="addCaregiver",
    summary="Write down who cares for a patient",
    status_code=HTTPStatus.CREATED,
)
async def post_caregiver(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewCaregiverIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CaregiverOut]:
    """Create a caregiver of a patient. Nobody is texted, and nothing is told to them by it."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at, person = await parts.vault.keys(practice), parts.clock.now(), PatientId(patient_id)
    mine = CaregiverId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await store.is_caregiver(work, practice, mine):
            raise IdTaken(_ID)
        new = NewCaregiver.read(
            mine,
            given_name=data.given_name,
            family_name=data.family_name,
            language=data.language,
            phone=_phone(data.phone),
        )
        relationship = read_relationship(data.relationship)
        by = By.staff(visit.staff_id)
        await store.add_caregiver(work, keys, new, person, relationship, at=at, by=by)
        await feed.add(work, practice, at, "patient", person, person)
        made = Caregiver(
            id=mine,
            patient_id=person,
            relationship=relationship,
            given_name=new.given_name,
            family_name=new.family_name,
            language=new.language,
            phone=new.phone,
            from_at=at,
        )
        return Made(_outward(practice, made, []), HTTPStatus.CREATED)

    return await once(request, parts, practice, CaregiverOut, act)


def _phone(raw: str | None) -> PhoneNumber | None:
    try:
        return None if raw is None else PhoneNumber.parse(raw)
    except NotAPhoneNumber:
        raise NotAPhoneNumber(_PHONE) from None


def _holds(grant: Grant, caregiver: Caregiver, at: datetime) -> bool:
    mine = grant.caregiver_id == caregiver.id
    return mine and grant.holds(at)


def _outward(practice: PracticeId, one: Caregiver, grants: list[Grant]) -> CaregiverOut:
    return CaregiverOut(
        practice_id=practice,
        id=one.id,
        patient_id=one.patient_id,
        relationship=one.relationship,
        given_name=one.given_name,
        family_name=one.family_name,
        language=one.language,
        phone=None if one.phone is None else one.phone.e164,
        since=one.from_at,
        grants=tuple(grant_out(grant) for grant in grants),
    )
