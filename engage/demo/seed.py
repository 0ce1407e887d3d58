"""Puts the fictional practice of practice.toml, and whom it refers to, into a database, once.

The same functions write it that write a real practice, in one transaction, under ids derived from
the file: a second run finds the practice and changes nothing. This room refuses to touch a practice
that is there: what somebody has changed in the demo stays changed.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from engage.appointments import keeping
from engage.appointments.appointment import Span
from engage.appointments.keeping import NewVisit
from engage.appointments.place import read_place
from engage.appointments.places import store as places
from engage.appointments.slot import Schedule
from engage.appointments.words import Teller
from engage.audit import SYSTEM
from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.demo.booked import Hours, open_book
from engage.errors import NotFound
from engage.ids import (
    AppointmentId,
    CaregiverId,
    CoverId,
    PatientId,
    PlaceId,
    PracticeId,
    ScheduleId,
    StaffId,
    derived,
)
from engage.needs.hsds import read, shipped_terms
from engage.needs.hsds_tables import tables_of_json
from engage.needs.listing import store as listing
from engage.people import bootstrap, store
from engage.people.caregiver import NewCaregiver, read_relationship
from engage.people.circle import store as circle
from engage.people.fields import EmailAddress
from engage.people.patient import NewPatient, PatientRecord, read_patient
from engage.people.phone import PhoneNumber
from engage.people.practice import WEEKDAYS, CarrierLogin, PracticeFields
from engage.people.staff import Cover, NewStaff, Role
from engage.people.staffing import store as staffing

_CAUSE = UUID("0195c1a0-0000-7000-8000-0000000000d3")
_BORN = datetime(2026, 1, 5, 16, tzinfo=UTC)
PRACTICE_ID = PracticeId(derived(_BORN, _CAUSE, "practice"))
"""The id of the demo's practice, in every database."""

STORY_PATIENT = "DB-1001"
"""Whom the story is about, by external id."""


class _Number(Struct, forbid_unknown_fields=True):
    number: str


class _Staff(Struct, forbid_unknown_fields=True):
    name: str
    email: str
    role: Role


class _Cover(Struct, forbid_unknown_fields=True):
    absent: str
    by: str
    begins_in_days: int
    lasts_days: int


class _Patient(Struct, forbid_unknown_fields=True):
    external_id: str
    given_name: str
    family_name: str
    birth_date: str
    language: str
    care_manager: str
    time_zone: str | None = None
    phone: str | None = None
    team: tuple[str, ...] = ()


class _Caregiver(Struct, forbid_unknown_fields=True):
    label: str
    given_name: str
    family_name: str
    language: str
    phone: str
    of: str
    relationship: str


class _Place(Struct, forbid_unknown_fields=True):
    name: str
    address: str
    bring: str
    external_id: str | None = None


class _Visit(Struct, forbid_unknown_fields=True):
    patient: str
    place: str
    weekday: str
    at: time
    minutes: int
    what: str


class _Demo(Struct, forbid_unknown_fields=True):
    practice: PracticeFields
    number: tuple[_Number, ...]
    staff: tuple[_Staff, ...]
    cover: tuple[_Cover, ...]
    patient: tuple[_Patient, ...]
    caregiver: tuple[_Caregiver, ...]
    place: tuple[_Place, ...]
    visit: tuple[_Visit, ...]
    schedule: tuple[Hours, ...]


class Seeded(Struct, frozen=True, kw_only=True):
    """Who there is, by the names the file gives them."""

    practice_id: PracticeId
    numbers: tuple[str, ...]
    #: By e-mail address: the sign-ins, as `bootstrap.token` takes them.
    staff: Mapping[str, StaffId]
    #: By external id.
    patients: Mapping[str, PatientId]
    #: By label.
    caregivers: Mapping[str, CaregiverId]
    #: False when the practice was there already.
    fresh: bool


async def seed(database: Database, vault: Vault, clock: Clock) -> Seeded:
    """Put the demo's people in, unless they are there already."""
    demo = _read()

    async def act(work: Work) -> Seeded:
        try:
            await staffing.get_practice(work, PRACTICE_ID)
            fresh = False
        except NotFound:
            await _write(work, vault, clock, demo)
            fresh = True
        return Seeded(
            practice_id=PRACTICE_ID,
            numbers=tuple(one.number for one in demo.number),
            staff=await _staff(work, vault, clock, demo),
            patients={p.external_id: _patient_id(p.external_id) for p in demo.patient},
            caregivers={c.label: _caregiver_id(c.label) for c in demo.caregiver},
            fresh=fresh,
        )

    return await database.again(act, [PRACTICE_ID], PRACTICE_ID)


async def _write(work: Work, vault: Vault, clock: Clock, demo: _Demo) -> None:
    responsible, *others = demo.staff
    _, keys = await bootstrap.found_practice(
        work,
        vault,
        clock,
        practice=PRACTICE_ID,
        fields=demo.practice,
        responsible=NewStaff.named(responsible.email, responsible.name),
        numbers=[PhoneNumber.parse(one.number) for one in demo.number],
        carrier=CarrierLogin.simulated(random_bytes(32)),
    )
    at = clock.now()
    for one in others:
        new, person = NewStaff.named(one.email, one.name), StaffId(fresh_id(clock))
        known = await staffing.identify(work, vault.master, new, person, at=at)
        await staffing.add_membership(work, PRACTICE_ID, known, one.role, at=at, by=SYSTEM)
    staff = await _staff(work, vault, clock, demo)
    for one in demo.cover:
        from_at = at + timedelta(days=one.begins_in_days)
        cover = Cover(
            id=CoverId(fresh_id(clock)),
            absent_id=staff[one.absent],
            cover_id=staff[one.by],
            from_at=from_at,
            until_at=from_at + timedelta(days=one.lasts_days),
        )
        await staffing.add_cover(work, PRACTICE_ID, cover, at=at, by=SYSTEM)
    await _write_patients(work, keys, demo, staff, at)
    await _write_visits(work, keys, demo, at)
    tables = tables_of_json("directory.json", _file("directory.json"))
    await listing.write(work, PRACTICE_ID, "demo", read(tables, shipped_terms()), at)


async def _write_patients(
    work: Work, keys: PracticeKeys, demo: _Demo, staff: Mapping[str, StaffId], at: datetime
) -> None:
    today = at.astimezone(ZoneInfo(demo.practice.time_zone)).date()
    new = [
        NewPatient.of(_patient_id(one.external_id), _record(one, today), staff[one.care_manager])
        for one in demo.patient
    ]
    await store.create_patients(work, keys, new, at=at, by=SYSTEM)
    for one in demo.patient:
        for member in one.team:
            patient = _patient_id(one.external_id)
            role = "care manager"
            await circle.join_team(work, keys, patient, staff[member], role, at=at, by=SYSTEM)
    for one in demo.caregiver:
        caregiver = NewCaregiver.read(
            _caregiver_id(one.label),
            given_name=one.given_name,
            family_name=one.family_name,
            language=one.language,
            phone=PhoneNumber.parse(one.phone),
        )
        relationship = read_relationship(one.relationship)
        patient = _patient_id(one.of)
        await circle.add_caregiver(work, keys, caregiver, patient, relationship, at=at, by=SYSTEM)


async def _write_visits(work: Work, keys: PracticeKeys, demo: _Demo, at: datetime) -> None:
    zone = demo.practice.time_zone
    there: dict[str, PlaceId] = {}
    for one in demo.place:
        there[one.name] = PlaceId(derived(_BORN, _CAUSE, f"place {one.name}"))
        place = read_place(
            PRACTICE_ID,
            there[one.name],
            external_id=one.external_id,
            name=one.name,
            address=one.address,
            zone=zone,
            bring=one.bring,
        )
        await places.add(work, keys, place, at)
    responsible = (await staffing.get_practice(work, PRACTICE_ID)).responsible_id
    for one in demo.visit:
        starts_at = _next(one, at, zone)
        visit = NewVisit(
            id=AppointmentId(derived(_BORN, _CAUSE, f"visit {one.patient} {one.weekday}")),
            patient_id=_patient_id(one.patient),
            status="booked",
            time=Span(starts_at, starts_at + timedelta(minutes=one.minutes)),
            place_id=there[one.place],
            what=one.what,
        )
        await keeping.book(work, keys, visit, zone, Teller("staff", responsible), at)
    for one in demo.schedule:
        schedule = Schedule(
            practice_id=PRACTICE_ID,
            id=ScheduleId(derived(_BORN, _CAUSE, f"schedule {one.name}")),
            place_id=there[one.place],
            name=one.name,
            zone=zone,
            prepare_en=one.prepare_en,
            prepare_es=one.prepare_es,
        )
        soon = NewVisit(
            id=AppointmentId(derived(_BORN, _CAUSE, f"visit {one.soon} soon")),
            patient_id=_patient_id(one.soon),
            status="booked",
            time=None,
            place_id=None,
            what=one.what,
        )
        await open_book(work, keys, schedule, one, soon, responsible, at)


def _next(one: _Visit, at: datetime, zone: str) -> datetime:
    """Return when a visit begins: on its next weekday, and not today."""
    today = at.astimezone(ZoneInfo(zone)).date()
    ahead = (WEEKDAYS.index(one.weekday) - today.weekday() - 1) % 7 + 1
    return datetime.combine(today + timedelta(days=ahead), one.at, ZoneInfo(zone)).astimezone(UTC)


async def _staff(work: Work, vault: Vault, clock: Clock, demo: _Demo) -> dict[str, StaffId]:
    found: dict[str, StaffId] = {}
    for one in demo.staff:
        address = EmailAddress.parse(one.email)
        person = await staffing.find_staff(work, vault.master, address, clock.now())
        if person is not None:
            found[one.email] = person
    return found


def _record(one: _Patient, today: date) -> PatientRecord:
    said = {
        "external_id": one.external_id,
        "given_name": one.given_name,
        "family_name": one.family_name,
        "birth_date": one.birth_date,
        "language": one.language,
        "time_zone": one.time_zone,
        "phone": one.phone,
    }
    return read_patient(said, today)


def _read() -> _Demo:
    return msgspec.toml.decode(_file("practice.toml"), type=_Demo)


def _file(name: str) -> bytes:
    return resources.files("engage.demo").joinpath(name).read_bytes()


def _patient_id(external_id: str) -> PatientId:
    return PatientId(derived(_BORN, _CAUSE, f"patient {external_id}"))


def _caregiver_id(label: str) -> CaregiverId:
    return CaregiverId(derived(_BORN, _CAUSE, f"caregiver {label}"))
