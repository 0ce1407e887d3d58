"""Who I am: the person behind a token, and where they work or are cared for."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import Struct

from engage.api.auth.guard import Guest
from engage.api.auth.marks import ONESELF
from engage.api.parts import Parts
from engage.ids import PracticeId
from engage.people.access import Caller
from engage.people.fields import Language
from engage.people.signing.principal import Kind, id_of, kind_of
from engage.people.staff import Role
from engage.people.staffing.store import get_practice


class MembershipOut(Struct, frozen=True):
    """A role in a practice."""

    practice_id: PracticeId
    practice_name: str
    #: The IANA zone of the practice: in it, its times are said.
    time_zone: str
    role: Role


class FamilyOfOut(Struct, frozen=True):
    """The practice that a caregiver or a patient belongs to."""

    practice_id: PracticeId
    practice_name: str
    time_zone: str
    language: Language


class MeOut(Struct, frozen=True):
    """The person behind the token."""

    kind: Kind
    id: UUID
    given_name: str
    family_name: str
    #: Of staff.
    memberships: tuple[MembershipOut, ...] = ()
    #: Of a caregiver or a patient: nothing that they may see follows from it.
    family_of: FamilyOfOut | None = None


@get("/me", opt=ONESELF, operation_id="getMe", summary="Who I am")
async def get_me(guest: NamedDependency[Guest], parts: NamedDependency[Parts]) -> MeOut:
    """Return who holds the token, and the practices they work in or belong to."""
    me = guest.principal
    held = me.memberships if isinstance(me, Caller) else ()
    wanted = me.practices if isinstance(me, Caller) else (me.practice_id,)
    async with parts.database.work(wanted) as work:
        practices = {one: await get_practice(work, one) for one in wanted}
    family = None
    if not isinstance(me, Caller):
        mine = practices[me.practice_id]
        family = FamilyOfOut(me.practice_id, mine.name, mine.time_zone, me.language)
    return MeOut(
        kind=kind_of(me),
        id=id_of(me),
        given_name=me.given_name,
        family_name=me.family_name,
        memberships=tuple(
            MembershipOut(
                one.practice_id,
                practices[one.practice_id].name,
                practices[one.practice_id].time_zone,
                one.role,
            )
            for one in held
        ),
        family_of=family,
    )
