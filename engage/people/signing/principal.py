"""Who may be signed in: staff, a caregiver, a patient. (p).

Staff have roles in practices (`people/access.py`). A caregiver or a patient is one person of one
practice, and has no right by being signed in: what they may see is granted, and read where it is
asked for. This room refuses to make a patient out of whoever holds the phone: they say who they
are, among those who use it.
"""

from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from engage.ids import PhoneId, PracticeId
from engage.people.access import Caller
from engage.people.fields import Language, Personal

Kind: TypeAlias = Literal["staff", "caregiver", "patient"]
FamilyKind: TypeAlias = Literal["caregiver", "patient"]

KINDS: tuple[Kind, ...] = ("staff", "caregiver", "patient")


class _Family(Personal, frozen=True, kw_only=True):
    practice_id: PracticeId
    id: UUID
    given_name: str
    family_name: str
    language: Language


class CaregiverIn(_Family, frozen=True, kw_only=True, tag="caregiver"):
    """A caregiver who is signed in."""


class PatientIn(_Family, frozen=True, kw_only=True, tag="patient"):
    """A patient who is signed in."""


Family: TypeAlias = CaregiverIn | PatientIn
Principal: TypeAlias = Caller | Family
"""As the database's `signed_in` returns it."""


class Person(Personal, frozen=True, kw_only=True):
    """Somebody who uses a phone now, as a sign-in by code finds them."""

    practice_id: PracticeId
    phone_id: PhoneId
    kind: FamilyKind
    id: UUID
    given_name: str
    language: Language
    #: The phone said STOP.
    closed: bool
    #: It is new, and somebody had another: for a day it gets no code.
    held: bool = False


def id_of(principal: Principal) -> UUID:
    """Return the id of whoever it is."""
    return principal.staff_id if isinstance(principal, Caller) else principal.id


def kind_of(principal: Principal) -> Kind:
    """Return which of the three it is."""
    return "staff" if isinstance(principal, Caller) else kind_of_family(principal)


def kind_of_family(one: Family) -> FamilyKind:
    """Return which of the two it is who is no staff."""
    match one:
        case CaregiverIn():
            return "caregiver"
        case PatientIn():
            return "patient"
        case _:
            assert_never(one)
