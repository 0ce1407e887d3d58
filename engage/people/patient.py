"""A patient: what a practice tells us, what we keep, and what may change. (p).

Everything from outside (a JSON body, a row of a file) comes through `read_patient` or
`read_change`, which report every field that does not fit and not only the first. This room refuses
to treat what was not said as "no": a time zone or a birth date may be unknown, and stays so.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal, Self, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.fields import (
    Language,
    Personal,
    read_birth_date,
    read_external_id,
    read_language,
    read_name,
    read_time_zone,
    read_us_state,
)
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.reading.fold import fold

PatientStatus: TypeAlias = Literal["active", "inactive", "deceased"]

STATUSES: tuple[PatientStatus, ...] = ("active", "inactive", "deceased")


class NotAStatus(EngageError):  # noqa: N818 - reads as a sentence: raise NotAStatus
    """The status is active, inactive or deceased."""


class FieldMissing(EngageError):  # noqa: N818
    """This field is needed and is empty."""


class NotAPatient(EngageError):  # noqa: N818
    """Some fields of the patient do not fit."""

    def __init__(self, faults: tuple[EngageError, ...]) -> None:
        """Take the faults, one per field; each says which in `field`."""
        self.faults = faults
        super().__init__()


class PatientRecord(Personal, frozen=True, kw_only=True):
    """What a practice says about a patient. None means that it is not known."""

    external_id: str
    given_name: str
    family_name: str
    language: Language
    birth_date: date | None = None
    time_zone: str | None = None
    #: Whose rules for quiet hours count.
    us_state: str | None = None
    phone: PhoneNumber | None = None


class PatientState(PatientRecord, frozen=True, kw_only=True):
    """What is true of a patient from a moment on: the record, and who answers for them."""

    status: PatientStatus = "active"
    care_manager_id: StaffId | None = None


class NewPatient(PatientState, frozen=True, kw_only=True):
    """A patient to create; the id may be the client's own UUIDv7."""

    id: PatientId

    @classmethod
    def of(
        cls, patient: PatientId, record: PatientRecord, care_manager: StaffId | None = None
    ) -> Self:
        """Give a record an id and a care manager."""
        return cls(id=patient, care_manager_id=care_manager, **asdict(record))


class CareManager(Struct, frozen=True):
    """Who answers for a patient now. Staff names are not secret inside a practice."""

    id: StaffId
    given_name: str
    family_name: str


class Patient(PatientRecord, frozen=True, kw_only=True):
    """A patient as kept, with the phone and the care manager of this moment."""

    practice_id: PracticeId
    id: PatientId
    status: PatientStatus
    care_manager: CareManager | None
    created_at: datetime
    #: Counts every change, of the phone and the care manager too: the ETag.
    version: int
    #: The record of the same person that is kept, if this one was merged into it.
    merged_into: PatientId | None = None

    @property
    def care_manager_id(self) -> StaffId | None:
        """The id of who answers for the patient now."""
        return None if self.care_manager is None else self.care_manager.id

    @property
    def state(self) -> PatientState:
        """What is true of the patient now, to compare with what shall be."""
        return PatientState(
            care_manager_id=self.care_manager_id,
            **{name: getattr(self, name) for name in _STATE_FIELDS},
        )


class PatientChange(Personal, frozen=True, kw_only=True):
    """What is to change; a field that is UNSET stays as it is."""

    external_id: str | UnsetType = UNSET
    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    birth_date: date | UnsetType | None = UNSET
    time_zone: str | UnsetType | None = UNSET
    us_state: str | UnsetType | None = UNSET
    phone: PhoneNumber | UnsetType | None = UNSET
    status: PatientStatus | UnsetType = UNSET
    care_manager_id: StaffId | UnsetType | None = UNSET


class Revision(Personal, frozen=True, kw_only=True):
    """A patient as read, and what shall be true of them now."""

    before: Patient
    after: PatientState


class PatientPage(Struct, frozen=True):
    """One page of a list; `next` is the cursor of the following one: an id, never a name."""

    items: tuple[Patient, ...]
    next: PatientId | None


def read_patient(said: Mapping[str, str | None], today: date) -> PatientRecord:
    """Read all fields of a patient; NotAPatient lists every one that does not fit."""
    needed = ("external_id", "given_name", "family_name", "language")
    whole = dict.fromkeys(needed) | {name: said[name] for name in said}
    return PatientRecord(**_read(whole, today))


def read_change(
    said: Mapping[str, str | None], today: date, care_manager: StaffId | UnsetType | None = UNSET
) -> PatientChange:
    """Read the fields that are to change; None empties one that may be empty."""
    return PatientChange(**_read(said, today), care_manager_id=care_manager)


def revised(state: PatientState, change: PatientChange) -> PatientState:
    """Return the state after a change; an equal one means that nothing changes."""
    given = {name: value for name, value in asdict(change).items() if value is not UNSET}
    return replace(state, **given)


def search_words(record: PatientRecord) -> str:
    """Return what a search looks through: folded names and the practice's own id."""
    return fold(f"{record.given_name} {record.family_name} {record.external_id}")


_STATE_FIELDS = tuple(f for f in PatientState.__struct_fields__ if f != "care_manager_id")
_MAY_BE_EMPTY = frozenset({"birth_date", "time_zone", "us_state", "phone"})
_READERS: dict[str, Callable[[str, date], object]] = {
    "external_id": lambda raw, _: read_external_id(raw),
    "given_name": lambda raw, _: read_name(raw, "/given_name"),
    "family_name": lambda raw, _: read_name(raw, "/family_name"),
    "language": lambda raw, _: read_language(raw),
    "birth_date": read_birth_date,
    "time_zone": lambda raw, _: read_time_zone(raw),
    "us_state": lambda raw, _: read_us_state(raw),
    "phone": lambda raw, _: _read_phone(raw, "/phone"),
    "status": lambda raw, _: _read_status(raw, "/status"),
}


def _read(said: Mapping[str, str | None], today: date) -> dict[str, Any]:
    read: dict[str, Any] = {}
    faults: list[EngageError] = []
    for name, raw in said.items():
        reader = _READERS[name]
        if raw is None or not raw.strip():
            if name in _MAY_BE_EMPTY:
                read[name] = None
            else:
                faults.append(FieldMissing(f"/{name}"))
            continue
        try:
            read[name] = reader(raw, today)
        except EngageError as fault:
            faults.append(fault)
    if faults:
        raise NotAPatient(tuple(faults))
    return read


def _read_phone(raw: str, field: str) -> PhoneNumber:
    try:
        return PhoneNumber.parse(raw)
    except NotAPhoneNumber:
        raise NotAPhoneNumber(field) from None


def _read_status(raw: str, field: str) -> PatientStatus:
    for status in STATUSES:
        if raw.strip() == status:
            return status
    raise NotAStatus(field)
