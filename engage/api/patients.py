"""Patients: find, read, create, change; and whether we may text them.

Every view and every change leaves an audit row in its own transaction. What a patient may hold is
read by people/patient.py, which reports every field that does not fit.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh_if, needs
from engage.api.auth.proof import require_proof
from engage.api.etags import IfMatch, require
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, filled, position_of
from engage.api.parts import Parts
from engage.api.patient_told import tell_conversations, tell_old_phone
from engage.api.practices import chosen_practice, find
from engage.api.refusals import FieldError, Unprocessable, WrongCursor
from engage.api.restricted.doorway import Restricted, shut
from engage.audit import By
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.patient import NewPatient, Patient, PatientStatus, read_change, read_patient
from engage.people.restriction import said_whole
from engage.people.signing.passkey_store import phone_of
from engage.people.staff import UnknownStaff
from engage.people.staffing.store import get_practice, members_of
from engage.people.store import create_patient, find_patients, get_patient, update_patient

Name = Annotated[str, Meta(min_length=1, max_length=80, examples=["Rosa"])]
ExternalId = Annotated[
    str, Meta(min_length=1, max_length=80, description="The practice's own id of the patient.")
]
Language = Literal["en", "es"]
TimeZone = Annotated[
    str, Meta(min_length=1, max_length=64, description="IANA name.", examples=["America/Phoenix"])
]
UsState = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=2,
        description="Where the person lives: whose rules for quiet hours count.",
        examples=["AZ"],
    ),
]
Phone = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        description="A number in the United States or Canada, in any usual form.",
        examples=["+16025550142"],
    ),
]
Version = Annotated[int, Meta(ge=1, description="Counts every change; the ETag.")]


class CareManagerOut(Struct, frozen=True):
    """Who answers for a patient now."""

    id: StaffId
    given_name: str
    family_name: str


class PatientOut(Struct, frozen=True, kw_only=True):
    """A patient as kept."""

    practice_id: PracticeId
    id: PatientId
    external_id: str
    given_name: str
    family_name: str
    birth_date: date | None
    language: Language
    time_zone: str | None
    us_state: str | None
    phone: str | None
    status: PatientStatus
    care_manager: CareManagerOut | None
    created_at: datetime
    #: The record of the same person that is kept, if this one was merged into it.
    merged_into: PatientId | None
    version: Version


class PatientSummary(Struct, frozen=True, kw_only=True):
    """A patient in a list: enough to tell two people of one name apart, and no phone."""

    practice_id: PracticeId
    id: PatientId
    external_id: str
    given_name: str
    family_name: str
    birth_date: date | None
    language: Language
    status: PatientStatus
    care_manager: CareManagerOut | None
    restricted: Restricted = False


class PatientList(Struct, frozen=True):
    """A page of patients, by name."""

    items: tuple[PatientSummary, ...]
    next: str | None


class NewPatientIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A patient to create."""

    external_id: ExternalId
    given_name: Name
    family_name: Name
    language: Language
    birth_date: date | None = None
    time_zone: TimeZone | None = None
    us_state: UsState | None = None
    phone: Phone | None = None
    care_manager_id: StaffId | None = None
    practice_id: Annotated[
        PracticeId | None, Meta(description="Needed only if you work in several practices.")
    ] = None
    id: Own[PatientId | None] = None


class PatientChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; a field that is left out stays as it is, null empties one."""

    external_id: ExternalId | UnsetType = UNSET
    given_name: Name | UnsetType = UNSET
    family_name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    birth_date: date | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    us_state: UsState | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    status: PatientStatus | UnsetType = UNSET
    care_manager_id: StaffId | UnsetType | None = UNSET


class _After(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    patient: PatientId


@get(
    "/patients",
    opt=needs("patient.read"),
    operation_id="listPatients",
    summary="Find patients by name or by the practice's own id",
)
async def list_patients(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    words: Annotated[
        str,
        QueryParameter(
            name="query", max_length=200, description="Beginnings of names or of the external id."
        ),
    ] = "",
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> PatientList:
    """Return a page of patients by family name and given name."""
    after = position_of(cursor, _After)
    keys = {practice: await parts.vault.keys(practice) for practice in visit.practices}
    async with parts.database.work(visit.practices) as work:
        closed = set[PatientId]()

        async def rows(place: Patient | None) -> Sequence[Patient]:
            last = (after and after.patient) if place is None else place.id
            whose, most = visit.visible, limit + 1
            page = await find_patients(work, whose, keys, query=words, after=last, limit=most)
            return page.items

        async def open_of(some: Sequence[Patient]) -> Sequence[Patient]:
            closed.update(await shut(work, visit, {one.id for one in some}))
            return [one for one in some if one.id not in closed or _said_whole(words, one)]

        # The place in the alphabet tells a name: closed ones are there for who says theirs whole.
        if after is not None and await shut(work, visit, [after.patient]):
            raise WrongCursor
        try:
            shown, last = cut(await filled(rows, open_of, limit), limit)
        except NotFound:
            raise WrongCursor from None
        for practice in visit.practices:
            seen = [one.id for one in shown if one.practice_id == practice and one.id not in closed]
            await work.enter(visit.practices, practice)
            await audit.record_patients(
                work,
                practice,
                visit.at,
                by=By.staff(visit.staff_id),
                action="patient.list",
                patients=seen,
            )
    return PatientList(
        items=tuple(_summary(one, closed=one.id in closed) for one in shown),
        next=None if last is None or last.id in closed else cursor_of(_After(last.id)),
    )


@post(
    "/patients",
    opt=needs("patient.write"),
    operation_id="createPatient",
    summary="Create a patient",
    status_code=HTTPStatus.CREATED,
)
async def post_patient(
    request: Request[Any, Any, State],
    data: JSONBody[NewPatientIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PatientOut]:
    """Create a patient, with a phone and a care manager if they are known."""
    practice = chosen_practice(visit, data.practice_id)
    patient_id = PatientId(chosen(data.id, parts.clock))
    keys, at = await parts.vault.keys(practice), parts.clock.now()

    async def act(work: Work) -> Made:
        record = read_patient(_said(data), await _today(work, practice, at))
        await _require_member(work, practice, data.care_manager_id, at)
        new = NewPatient.of(patient_id, record, data.care_manager_id)
        patient = await create_patient(work, keys, new, at=at, by=By.staff(visit.staff_id))
        await feed.add(work, practice, at, "patient", patient.id, patient.id)
        location = f"/v1/patients/{patient.id}"
        return Made(outward(patient), HTTPStatus.CREATED, location, patient.version)

    return await once(request, parts, practice, PatientOut, act)


@get(
    "/patients/{patient_id:uuid}",
    opt=needs("patient.read"),
    operation_id="getPatient",
    summary="Read a patient",
)
async def get_one_patient(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PatientOut]:
    """Return a patient; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        patient = await get_patient(work, keys, PatientId(patient_id))
        await _record_view(work, visit, patient, "patient.read", parts.clock.now())
    return made(Made(outward(patient), version=patient.version), PatientOut)


@patch(
    "/patients/{patient_id:uuid}",
    opt=fresh_if(needs("patient.write"), "a phone"),
    operation_id="changePatient",
    summary="Change a patient",
)
async def patch_patient(
    patient_id: FromPath[UUID],
    data: JSONBody[PatientChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[PatientOut]:
    """Change what is given; a phone or a care manager that ends stays in the history."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    if data.phone is not UNSET:
        await require_proof(parts, visit.token)

    async def act(work: Work) -> Made:
        await parts.turns.before_change(work, practice, PatientId(patient_id))
        old = await phone_of(work, practice, "patient", patient_id)
        before = await get_patient(work, keys, PatientId(patient_id))
        require(if_match, before.version)
        await _require_member(work, practice, data.care_manager_id or None, at)
        today = await _today(work, practice, at)
        after = await update_patient(
            work,
            keys,
            before.id,
            read_change(_said(data), today, data.care_manager_id),
            version=None if if_match is None else before.version,
            at=at,
            by=By.staff(visit.staff_id),
        )
        if after.version != before.version:
            await feed.add(work, practice, at, "patient", after.id, after.id)
        await tell_conversations(parts, work, before, after, by=visit.staff_id)
        await tell_old_phone(parts, work, keys, before, after, old)
        return Made(outward(after), version=after.version)

    return made(await in_turn(parts, act, practice), PatientOut)


async def _today(work: Work, practice: PracticeId, at: datetime) -> date:
    zone = (await get_practice(work, practice)).time_zone
    return at.astimezone(ZoneInfo(zone)).date()


async def _require_member(
    work: Work, practice: PracticeId, care_manager: StaffId | UnsetType | None, at: datetime
) -> None:
    if care_manager is None or care_manager is UNSET:
        return
    if all(one.id != care_manager for one in await members_of(work, practice, at)):
        field, error = "/care_manager_id", UnknownStaff()
        raise Unprocessable(FieldError(field, error.code, error.sentence))


async def _record_view(
    work: Work, visit: Visit, patient: Patient, action: str, at: datetime
) -> None:
    await audit.record_patients(
        work,
        patient.practice_id,
        at,
        by=By.staff(visit.staff_id),
        action=action,
        patients=[patient.id],
    )


_READ_BY_PEOPLE = frozenset(
    {
        *("external_id", "given_name", "family_name", "language", "birth_date"),
        *("time_zone", "us_state", "phone", "status"),
    }
)


def _said(given: NewPatientIn | PatientChangeIn) -> Mapping[str, str | None]:
    return {
        name: value for name, value in msgspec.to_builtins(given).items() if name in _READ_BY_PEOPLE
    }


def outward(patient: Patient) -> PatientOut:
    """Return a patient as the API shows one."""
    return PatientOut(
        practice_id=patient.practice_id,
        id=patient.id,
        external_id=patient.external_id,
        given_name=patient.given_name,
        family_name=patient.family_name,
        birth_date=patient.birth_date,
        language=patient.language,
        time_zone=patient.time_zone,
        us_state=patient.us_state,
        phone=None if patient.phone is None else patient.phone.e164,
        status=patient.status,
        care_manager=_care_manager(patient),
        created_at=patient.created_at,
        merged_into=patient.merged_into,
        version=patient.version,
    )


def _said_whole(words: str, one: Patient) -> bool:
    return said_whole(words, f"{one.given_name} {one.family_name}", one.external_id)


def _summary(patient: Patient, *, closed: bool) -> PatientSummary:
    return PatientSummary(
        practice_id=patient.practice_id,
        id=patient.id,
        external_id="" if closed else patient.external_id,
        given_name="" if closed else patient.given_name,
        family_name="" if closed else patient.family_name,
        birth_date=None if closed else patient.birth_date,
        language=patient.language,
        status=patient.status,
        care_manager=None if closed else _care_manager(patient),
        restricted=closed,
    )


def _care_manager(patient: Patient) -> CareManagerOut | None:
    found = patient.care_manager
    if found is None:
        return None
    return CareManagerOut(found.id, found.given_name, found.family_name)
