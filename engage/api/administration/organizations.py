"""Organizations that a practice writes down itself. This room refuses to touch imported ones."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import OrganizationId, PracticeId, ServiceId
from engage.needs.by_hand import add, change, store
from engage.needs.directory import Capacity
from engage.needs.own_directory import MOST_SERVICES, Kept, OrganizationSaid, ServiceSaid
from engage.people.administration import note
from engage.people.fields import EmailAddress
from engage.people.staffing.store import get_practice

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Long = Annotated[str, Meta(max_length=1000)]
Line = Annotated[str, Meta(max_length=200)]
Code = Annotated[str, Meta(min_length=2, max_length=8)]


class ServiceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an organization helps with, where and for whom."""

    id: Annotated[ServiceId | None, Meta(description="Of one that is there already.")] = None
    name: Name
    description: Long = ""
    needs: Annotated[
        tuple[Annotated[str, Meta(max_length=80)], ...],
        Meta(max_length=10, examples=[["food-insecurity"]]),
    ] = ()
    eligibility: Line | None = None
    languages: Annotated[tuple[Code, ...], Meta(max_length=20)] = ()
    covers: Annotated[
        tuple[Annotated[str, Meta(max_length=80)], ...],
        Meta(max_length=40, description="Postal codes, towns, counties; * is everywhere."),
    ] = ()
    address: Line = ""
    city: Line = ""
    region: Line = ""
    postal_code: Annotated[str, Meta(max_length=10)] = ""
    capacity: Capacity = "unknown"
    phone: Line | None = None
    email: Line | None = None
    website: Line | None = None
    verified_on: Annotated[date | None, Meta(description="Left out: today.")] = None


class OwnOrganizationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is said of an organization; a service that is not named is offered no more."""

    name: Name
    description: Long = ""
    phone: Line | None = None
    email: Line | None = None
    website: Line | None = None
    services: Annotated[tuple[ServiceIn, ...], Meta(max_length=MOST_SERVICES)] = ()
    retired: Annotated[bool, Meta(description="It is not found any more; referrals stay.")] = False


class OwnOrganizationOut(Struct, frozen=True, kw_only=True):
    """An organization that the practice keeps itself."""

    practice_id: PracticeId
    id: OrganizationId
    name: str
    description: str
    phone: str | None
    email: str | None
    website: str | None
    services: tuple[ServiceIn, ...]
    retired: bool
    version: Annotated[int, Meta(ge=1)]


class OwnOrganizationList(Struct, frozen=True):
    """Those that still help first, by name; there is one page of them."""

    items: tuple[OwnOrganizationOut, ...]
    next: None = None


@get(
    "/practices/{practice_id:uuid}/organizations",
    opt=needs("administration.read"),
    operation_id="listOwnOrganizations",
    summary="The organizations that a practice keeps itself",
)
async def list_own(
    practice_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> OwnOrganizationList:
    """Return them with all that is said of each."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        found = await store.kept(work, practice)
    return OwnOrganizationList(tuple(_out(practice, one) for one in found))


@post(
    "/practices/{practice_id:uuid}/organizations",
    opt=needs("practice.write"),
    operation_id="addOrganization",
    summary="Write an organization down",
    status_code=HTTPStatus.CREATED,
)
async def post_organization(
    practice_id: FromPath[UUID],
    request: Request[Any, Any, State],
    data: JSONBody[OwnOrganizationIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[OwnOrganizationOut]:
    """Add it; it is found at once, beside those of imported directories."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    said = _said(msgspec.structs.replace(data, retired=False))

    async def act(work: Work) -> Made:
        kept = await add(
            work, practice, said, parts.clock, today=await _today(work, parts, practice)
        )
        await _noted(work, visit, parts, practice, None, kept)
        return Made(_out(practice, kept), HTTPStatus.CREATED, version=kept.version)

    return await once(request, parts, practice, OwnOrganizationOut, act)


@put(
    "/practices/{practice_id:uuid}/organizations/{organization_id:uuid}",
    opt=needs("practice.write"),
    operation_id="changeOrganization",
    summary="Say anew what is true of an organization, or retire it",
)
async def put_organization(
    practice_id: FromPath[UUID],
    organization_id: FromPath[UUID],
    data: JSONBody[OwnOrganizationIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[OwnOrganizationOut]:
    """Write all of it; one of an imported directory is not found here."""
    practice, said = chosen_practice(visit, PracticeId(practice_id)), _said(data)

    async def act(work: Work) -> Made:
        before = await store.lock(work, practice, OrganizationId(organization_id))
        if before is None:
            raise NotFound
        require(if_match, before.version)
        after = await change(
            work, practice, before, said, parts.clock, await _today(work, parts, practice)
        )
        await _noted(work, visit, parts, practice, before, after)
        return Made(_out(practice, after), version=after.version)

    return made(await in_turn(parts, act, practice), OwnOrganizationOut)


async def _today(work: Work, parts: Parts, practice: PracticeId) -> date:
    zone = (await get_practice(work, practice)).time_zone
    return parts.clock.now().astimezone(ZoneInfo(zone)).date()


def _said(data: OwnOrganizationIn) -> OrganizationSaid:
    if data.email:
        EmailAddress.parse(data.email)
    for place, one in enumerate(data.services):
        if one.email:
            EmailAddress.parse(one.email, f"/services/{place}/email")
    fields = msgspec.structs.asdict(data)
    fields["services"] = tuple(ServiceSaid(**msgspec.structs.asdict(one)) for one in data.services)
    return OrganizationSaid(**fields)


def _out(practice: PracticeId, kept: Kept) -> OwnOrganizationOut:
    fields = msgspec.structs.asdict(kept.said)
    fields["services"] = tuple(
        ServiceIn(**msgspec.structs.asdict(one)) for one in kept.said.services
    )
    return OwnOrganizationOut(practice_id=practice, id=kept.id, version=kept.version, **fields)


async def _noted(
    work: Work, visit: Visit, parts: Parts, practice: PracticeId, before: Kept | None, after: Kept
) -> None:
    await note(
        work,
        practice,
        visit.staff_id,
        parts.clock.now(),
        "organization",
        after.id,
        before,
        after,
        action="organization.add" if before is None else "organization.change",
    )
