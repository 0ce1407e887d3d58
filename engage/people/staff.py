"""Staff: one identity per person, memberships and cover per practice. (p).

Small practices share care managers, so a person is one row and one sign-in over all practices, and
works in each by a membership. This room refuses to leave a practice without anybody: see
`LastMember` and `ResponsiblePerson`.
"""

from datetime import datetime
from typing import Literal, Self, TypeAlias

from msgspec import Struct

from engage.errors import EngageError
from engage.ids import CoverId, PracticeId, StaffId
from engage.people.fields import EmailAddress, Personal, read_name

Role: TypeAlias = Literal["care_manager", "supervisor", "practice_admin"]

ROLES: tuple[Role, ...] = ("care_manager", "supervisor", "practice_admin")


class UnknownStaff(EngageError):  # noqa: N818 - reads as a sentence: raise UnknownStaff
    """No active member of staff has this e-mail address or id here."""


class ResponsiblePerson(EngageError):  # noqa: N818
    """This person is responsible for the practice; name somebody else first."""


class LastMember(EngageError):  # noqa: N818
    """This is the last active member of the practice."""


class NotACover(EngageError):  # noqa: N818
    """Cover is given by another member of the practice, from one moment to a later one."""


class Staff(Struct, frozen=True, kw_only=True):
    """A member of staff as a practice sees them: name, and what they do there now."""

    id: StaffId
    given_name: str
    family_name: str
    active: bool
    roles: tuple[Role, ...]

    @property
    def version(self) -> int:
        """Return what a change is made on: another number as soon as anything here is different.

        It is read off what it stands for, so whoever changed it and changed it back is nobody's
        conflict, and no row has to count.
        """
        held = sum(1 << place for place, role in enumerate(ROLES) if role in self.roles)
        return 1 + held + (self.active << len(ROLES))


class NewStaff(Personal, frozen=True, kw_only=True):
    """Somebody to add: the address decides who it is, the name counts if they are new."""

    email: EmailAddress
    given_name: str
    family_name: str

    @classmethod
    def named(cls, email: str, name: str) -> Self:
        """Read an address and a full name; the first word is the given name."""
        given, _, family = " ".join(name.split()).partition(" ")
        return cls(
            email=EmailAddress.parse(email),
            given_name=read_name(given, "/name"),
            family_name=read_name(family, "/name"),
        )


class Membership(Struct, frozen=True, kw_only=True):
    """A role in a practice, from a moment on and perhaps until another."""

    practice_id: PracticeId
    staff_id: StaffId
    role: Role
    from_at: datetime
    until_at: datetime | None


class Cover(Struct, frozen=True, kw_only=True):
    """Who is away from when until when, and who answers for them."""

    id: CoverId
    absent_id: StaffId
    cover_id: StaffId
    from_at: datetime
    until_at: datetime
