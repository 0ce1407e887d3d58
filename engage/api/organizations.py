"""The directory: who helps with a need, near where, in which language; outward.

A service that says nothing of its area or its languages is shown: a person asks it.
"""

import math
from datetime import date
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, position_of
from engage.api.parts import Parts
from engage.api.refusals import FieldError, InvalidRequest, WrongCursor
from engage.ids import OrganizationId, PracticeId, ServiceId
from engage.needs.directory import USUAL_KM, Capacity, Place, Point, Wanted
from engage.needs.listing.store import Found, search

_NEAR = FieldError(
    "/near", "wrong-form", "Must be latitude,longitude in degrees: 33.41,-111.83.", "query"
)
_DEGREES = (90.0, 180.0)
_MOST_KM = 500.0


class OrganizationOut(Struct, frozen=True, kw_only=True):
    """Who helps."""

    id: OrganizationId
    name: str
    description: str
    email: str | None
    phone: str | None
    website: str | None


class ServiceOut(Struct, frozen=True, kw_only=True):
    """What they help with, where and for whom."""

    id: ServiceId
    name: str
    description: str
    needs: Annotated[tuple[str, ...], Meta(examples=[["food-insecurity"]])]
    eligibility: str | None
    languages: Annotated[tuple[str, ...], Meta(description="Empty: not said.")]
    covers: Annotated[
        tuple[str, ...], Meta(description="Places, folded; * is everywhere. Empty: not said.")
    ]
    locations: tuple[Place, ...]
    capacity: Capacity
    email: str | None
    phone: str | None
    website: str | None
    fees: str | None
    verified_on: Annotated[date | None, Meta(description="When somebody last made sure of it.")]


class ListedOut(Struct, frozen=True, kw_only=True):
    """A service and its organization, with the way to its nearest door."""

    practice_id: PracticeId
    organization: OrganizationOut
    service: ServiceOut
    km: Annotated[float | None, Meta(description="As the crow flies; null: not known.")]


class ListedList(Struct, frozen=True):
    """A page of services: who has room first, then the nearest, then by name."""

    items: tuple[ListedOut, ...]
    next: str | None


class _After(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    service: ServiceId


@get(
    "/organizations",
    opt=needs("need.read"),
    operation_id="listOrganizations",
    summary="Find organizations by need, place, language and words",
)
async def list_organizations(  # noqa: PLR0913, PLR0917 - its query parameters
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    words: Annotated[
        str, QueryParameter(name="query", max_length=200, description="Beginnings of words.")
    ] = "",
    need: Annotated[
        str | None,
        QueryParameter(required=False, max_length=80, description="food-insecurity…"),
    ] = None,
    near: Annotated[
        str | None,
        QueryParameter(required=False, max_length=60, description="latitude,longitude in degrees"),
    ] = None,
    within: Annotated[
        float, QueryParameter(gt=0, le=_MOST_KM, description="With near: kilometres.")
    ] = USUAL_KM,
    area: Annotated[
        str | None,
        QueryParameter(required=False, max_length=80, description="A postal code, city or county."),
    ] = None,
    language: Annotated[
        str | None, QueryParameter(required=False, max_length=8, description="en, es, vi…")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> ListedList:
    """Return a page of services that fit."""
    after = position_of(cursor, _After)
    wanted = Wanted(
        query=words,
        need=need,
        area=area,
        language=language,
        near=None if near is None else _point(near),
        within_km=within,
    )
    async with parts.database.work(visit.practices) as work:
        found = await search(work, visit.visible, wanted)
    begins = 0
    if after is not None:
        places = [place for place, one in enumerate(found) if one.seen.id == after.service]
        if not places:
            raise WrongCursor
        begins = places[0] + 1
    page = found[begins : begins + limit]
    more = len(found) > begins + limit
    return ListedList(
        tuple(_out(one) for one in page), cursor_of(_After(page[-1].seen.id)) if more else None
    )


def _point(near: str) -> Point:
    try:
        numbers = [float(part) for part in near.split(",")]
    except ValueError:
        raise InvalidRequest(_NEAR) from None
    fits = [
        math.isfinite(one) and abs(one) <= most
        for one, most in zip(numbers, _DEGREES, strict=False)
    ]
    if len(numbers) != len(_DEGREES) or not all(fits):
        raise InvalidRequest(_NEAR)
    return Point(*numbers)


def _out(found: Found) -> ListedOut:
    seen, helper, service = found.seen, found.seen.organization, found.seen.service
    return ListedOut(
        practice_id=seen.practice_id,
        organization=OrganizationOut(
            id=seen.organization_id,
            name=helper.name,
            description=helper.description,
            email=helper.email,
            phone=helper.phone,
            website=helper.website,
        ),
        service=ServiceOut(
            id=seen.id,
            name=service.name,
            description=service.description,
            needs=service.domains,
            eligibility=service.eligibility,
            languages=service.languages,
            covers=service.covers,
            locations=service.locations,
            capacity=service.capacity,
            email=service.email,
            phone=service.phone,
            website=service.website,
            fees=service.fees,
            verified_on=service.verified_on,
        ),
        km=None if found.km is None else round(found.km, 1),
    )
