"""Who works in a practice and as what. A change counts at the next request of whom it is about."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, patch, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh, needs
from engage.api.etags import IfMatch, require
from engage.api.item_values import StaffOut
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.audit import By
from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import PracticeId, StaffId
from engage.people.administration import look_again, note, set_active, set_roles
from engage.people.administration.store import lock_practice
from engage.people.fields import LONGEST_EMAIL, LONGEST_NAME, EmailAddress, read_name
from engage.people.staff import NewStaff, Role, Staff
from engage.people.staffing import store as staffing

Roles = Annotated[tuple[Role, ...], Meta(max_length=3)]
Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class StaffMemberOut(Struct, frozen=True, kw_only=True):
    """Somebody who works in a practice; without roles they do no more."""

    practice_id: PracticeId
    staff: StaffOut
    roles: tuple[Role, ...]
    #: Whether they may sign in at all, wherever they work.
    active: bool
    #: Another one as soon as roles or `active` are different.
    version: Annotated[int, Meta(ge=1)]


class NewMemberIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to let work here. Somebody known by this address keeps their name."""

    email: Annotated[str, Meta(min_length=3, max_length=LONGEST_EMAIL)]
    given_name: Name
    family_name: Name
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=3)]
    practice_id: PracticeId | None = None

    def __repr__(self) -> str:
        """Hide name and address."""
        return "NewMemberIn(…)"


class RolesIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly the roles that somebody has from now on; none ends their place here."""

    roles: Roles
    practice_id: PracticeId | None = None


class MemberChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether somebody may sign in, wherever they work."""

    active: bool
    practice_id: PracticeId | None = None


@post(
    "/staff",
    opt=fresh(needs("staff.write")),
    operation_id="addStaff",
    summary="Let somebody work in a practice",
    status_code=HTTPStatus.CREATED,
)
async def post_staff(
    request: Request[Any, Any, State],
    data: JSONBody[NewMemberIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[StaffMemberOut]:
    """Add them; an invitation (POST /v1/staff/invitations) lets them sign in."""
    practice, at = chosen_practice(visit, data.practice_id), parts.clock.now()
    new = NewStaff(
        email=EmailAddress.parse(data.email),
        given_name=read_name(data.given_name, "/given_name"),
        family_name=read_name(data.family_name, "/family_name"),
    )
    fresh = StaffId(fresh_id(parts.clock))

    async def act(work: Work) -> Made:
        person = await staffing.identify(work, parts.vault.master, new, fresh, at=at)
        before = await _roles(work, practice, person, parts)
        if before is None or set(data.roles) - set(before.roles):
            for role in dict.fromkeys(data.roles):
                await staffing.add_membership(
                    work, practice, person, role, at=at, by=By.staff(visit.staff_id)
                )
            await look_again(work, practice, person, at)
            was = {"roles": () if before is None else before.roles}
            now = {"roles": sorted({*was["roles"], *data.roles})}
            await note(
                work, practice, visit.staff_id, at, "staff", person, was, now, action="staff.add"
            )
        member = await _roles(work, practice, person, parts)
        assert member is not None  # noqa: S101 - they have a role since the lines above
        return Made(_out(practice, member), HTTPStatus.CREATED, version=member.version)

    answer = await once(request, parts, practice, StaffMemberOut, act)
    parts.bell.ring("cover")
    return answer


@put(
    "/staff/{staff_id:uuid}/roles",
    opt=fresh(needs("staff.write")),
    operation_id="putRoles",
    summary="Say what somebody does in a practice, or that they have left",
)
async def put_roles(
    staff_id: FromPath[UUID],
    data: JSONBody[RolesIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[StaffMemberOut]:
    """Write it; whoever has no role left hands their open work to who is here."""
    practice, at = chosen_practice(visit, data.practice_id), parts.clock.now()

    async def act(work: Work) -> Made:
        await _as_seen(work, practice, StaffId(staff_id), parts, if_match)
        member = await set_roles(
            work, practice, StaffId(staff_id), data.roles, at=at, by=visit.staff_id
        )
        return Made(_out(practice, member), version=member.version)

    answer = made(await in_turn(parts, act, practice), StaffMemberOut)
    parts.bell.ring("cover")
    return answer


@patch(
    "/staff/{staff_id:uuid}",
    opt=fresh(needs("staff.write")),
    operation_id="changeStaff",
    summary="Let somebody sign in no more, or again",
)
async def patch_staff(
    staff_id: FromPath[UUID],
    data: JSONBody[MemberChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[StaffMemberOut]:
    """Write it; only who runs every practice that they work in may."""
    practice, at = chosen_practice(visit, data.practice_id), parts.clock.now()

    async def act(work: Work) -> Made:
        await _as_seen(work, practice, StaffId(staff_id), parts, if_match)
        member = await set_active(
            work,
            practice,
            StaffId(staff_id),
            visit.practices,
            active=data.active,
            at=at,
            by=visit.staff_id,
        )
        return Made(_out(practice, member), version=member.version)

    answer = made(await in_turn(parts, act, practice), StaffMemberOut)
    parts.bell.ring("cover")
    return answer


async def _as_seen(
    work: Work, practice: PracticeId, person: StaffId, parts: Parts, if_match: str | None
) -> None:
    """Refuse a change of what has changed since; nobody else changes it until this one is done."""
    if if_match is None:
        return
    await lock_practice(work, practice)
    member = await _roles(work, practice, person, parts)
    if member is not None:
        require(if_match, member.version)


async def _roles(work: Work, practice: PracticeId, person: StaffId, parts: Parts) -> Staff | None:
    members = await staffing.members_of(work, practice, parts.clock.now())
    return next((one for one in members if one.id == person), None)


def _out(practice: PracticeId, one: Staff) -> StaffMemberOut:
    return StaffMemberOut(
        practice_id=practice,
        staff=StaffOut(one.id, one.given_name, one.family_name),
        roles=one.roles,
        active=one.active,
        version=one.version,
    )
