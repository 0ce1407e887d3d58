"""Caregivers and care teams: who else belongs to a patient's care. (p).

A caregiver is a record of their own, linked to patients, with a phone of their own. The link says
who they are to the patient; what they may see or say is decided elsewhere. This room refuses to
make somebody a caregiver because they hold the same phone.
"""

from datetime import datetime
from typing import Self

from msgspec import Struct

from engage.errors import EngageError
from engage.ids import AssignmentId, CaregiverId, PatientId, StaffId
from engage.people.fields import Language, Personal, read_language, read_name
from engage.people.phone import PhoneNumber

LONGEST_RELATIONSHIP = 40


class NotARelationship(EngageError):  # noqa: N818 - reads as a sentence
    """A relationship or a role on a care team is 1 to 40 printable characters, such as daughter."""


class NewCaregiver(Personal, frozen=True, kw_only=True):
    """A caregiver to create."""

    id: CaregiverId
    given_name: str
    family_name: str
    language: Language
    phone: PhoneNumber | None = None

    @classmethod
    def read(
        cls,
        caregiver: CaregiverId,
        *,
        given_name: str,
        family_name: str,
        language: str,
        phone: PhoneNumber | None = None,
    ) -> Self:
        """Read the fields of a caregiver."""
        return cls(
            id=caregiver,
            given_name=read_name(given_name, "/given_name"),
            family_name=read_name(family_name, "/family_name"),
            language=read_language(language),
            phone=phone,
        )


class Caregiver(Personal, frozen=True, kw_only=True):
    """A caregiver of one patient, now."""

    id: CaregiverId
    patient_id: PatientId
    relationship: str
    given_name: str
    family_name: str
    language: Language
    phone: PhoneNumber | None
    from_at: datetime


class Assignment(Struct, frozen=True, kw_only=True):
    """Which care manager answered for a patient in a period; open when `until_at` is None."""

    id: AssignmentId
    patient_id: PatientId
    staff_id: StaffId
    from_at: datetime
    until_at: datetime | None


class TeamMember(Struct, frozen=True, kw_only=True):
    """Somebody else of the staff who takes part in a patient's care."""

    patient_id: PatientId
    staff_id: StaffId
    role: str
    from_at: datetime
    until_at: datetime | None


def read_relationship(raw: str, field: str = "/relationship") -> str:
    """Read who a caregiver is to the patient, or what somebody does on a care team."""
    text = " ".join(raw.split())
    if not 1 <= len(text) <= LONGEST_RELATIONSHIP or not text.isprintable():
        raise NotARelationship(field)
    return text
