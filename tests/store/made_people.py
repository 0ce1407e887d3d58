"""Practices, staff and patients for tests of the store: all invented, all numbers 555-01xx."""

from dataclasses import dataclass
from datetime import date

from engage.audit import SYSTEM
from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import PatientId, PracticeId, StaffId
from engage.people import bootstrap, store
from engage.people.patient import NewPatient, Patient
from engage.people.phone import PhoneNumber
from engage.people.practice import PracticeFields
from engage.people.staff import NewStaff


@dataclass(frozen=True)
class Made:
    """A practice with a responsible admin and one care manager."""

    id: PracticeId
    keys: PracticeKeys
    admin: StaffId
    dana: StaffId


async def make_practice(app: Database, vault: Vault, clock: Clock, name: str, number: str) -> Made:
    """Create a practice by the functions that the commands call."""
    word = name.partition(" ")[0].lower()
    created = await bootstrap.create_practice(
        app,
        vault,
        clock,
        fields=PracticeFields(
            name=name,
            texting_name=name,
            support_phone="+16025550101",
            time_zone="America/Phoenix",
            holidays="US-AZ",
        ),
        responsible=NewStaff.named(f"admin@{word}.example.org", "Ada Moss"),
        numbers=[PhoneNumber.parse(number)],
    )
    dana = await bootstrap.create_staff(
        app,
        vault,
        clock,
        practice=created.practice_id,
        staff=NewStaff.named(f"dana@{word}.example.org", "Dana Whitfield"),
        role="care_manager",
    )
    keys = await vault.keys(created.practice_id)
    return Made(created.practice_id, keys, created.responsible_id, dana)


def new_patient(clock: Clock, external_id: str = "A-1", **fields: object) -> NewPatient:
    """Describe Rosa Delgado, or somebody else by `fields`."""
    described: dict[str, object] = {
        "id": PatientId(fresh_id(clock)),
        "given_name": "Rosa",
        "family_name": "Delgado",
        "language": "es",
        "birth_date": date(1958, 4, 17),
        "time_zone": "America/Phoenix",
        "phone": PhoneNumber.parse("602-555-0110"),
    }
    return NewPatient(external_id=external_id, **(described | fields))  # type: ignore[arg-type] # by name


async def add_patient(
    app: Database, clock: Clock, made: Made, external_id: str = "A-1", **fields: object
) -> Patient:
    """Create a patient of a practice."""
    new = new_patient(clock, external_id, **fields)
    async with app.work([made.id], made.id) as work:
        return await store.create_patient(work, made.keys, new, at=clock.now(), by=SYSTEM)
