"""Who I am: the person behind a token and where they work."""

from litestar import get
from litestar.di import NamedDependency
from msgspec import Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.parts import Parts
from engage.ids import PracticeId, StaffId
from engage.people.staff import Role
from engage.people.staffing.store import get_practice


class MembershipOut(Struct, frozen=True):
    """A role in a practice."""

    practice_id: PracticeId
    practice_name: str
    #: The IANA zone of the practice: in it, its times are said.
    time_zone: str
    role: Role


class MeOut(Struct, frozen=True):
    """The person behind the token."""

    id: StaffId
    given_name: str
    family_name: str
    memberships: tuple[MembershipOut, ...]


@get("/me", opt=needs("practice.read"), operation_id="getMe", summary="Who I am")
async def get_me(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> MeOut:
    """Return who holds the token and the practices they work in."""
    caller = visit.caller
    async with parts.database.work(caller.practices) as work:
        practices = {one: await get_practice(work, one) for one in caller.practices}
    return MeOut(
        id=caller.staff_id,
        given_name=caller.given_name,
        family_name=caller.family_name,
        memberships=tuple(
            MembershipOut(
                held.practice_id,
                practices[held.practice_id].name,
                practices[held.practice_id].time_zone,
                held.role,
            )
            for held in caller.memberships
        ),
    )
