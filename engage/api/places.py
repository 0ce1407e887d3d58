"""Places: where visits are, with the address, the clock and what to bring; outward."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import chosen_practice, find
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.appointments.place import (
    LONGEST_ADDRESS,
    LONGEST_BRING,
    LONGEST_NAME,
    Place,
    read_place,
)
from engage.appointments.places import store
from engage.appointments.places.store import PlacePosition
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PlaceId, PracticeId
from engage.people.staffing.store import get_practice

_ID = "/id"
_TAKEN = FieldError("/external_id", "taken", "Another place has this id already.")

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Address = Annotated[str, Meta(min_length=1, max_length=LONGEST_ADDRESS)]
Bring = Annotated[
    str,
    Meta(max_length=LONGEST_BRING, description="In the words that a person reads."),
]
External = Annotated[
    str,
    Meta(max_length=80, description="As the clinic's own messages name it (HL7 AIL-3)."),
]
Zone = Annotated[str, Meta(max_length=60, examples=["America/Phoenix"])]


class NewPlaceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place to add."""

    name: Name
    address: Address
    zone: Annotated[Zone | None, Meta(description="Left out: the practice's own.")] = None
    bring: Bring = ""
    external_id: External | None = None
    practice_id: PracticeId | None = None
    id: Own[PlaceId | None] = None

    def __repr__(self) -> str:
        """Hide the address."""
        return "NewPlaceIn(…)"


class PlaceChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different about a place; what is left out stays."""

    name: Name | None = None
    address: Address | None = None
    zone: Zone | None = None
    bring: Bring | None = None

    def __repr__(self) -> str:
        """Hide the address."""
        return "PlaceChangeIn(…)"


class PlaceOut(Struct, frozen=True, kw_only=True):
    """A place."""

    practice_id: PracticeId
    id: PlaceId
    external_id: str | None
    name: str
    address: str
    zone: str
    bring: str
    version: Annotated[int, Meta(ge=1)]

    def __repr__(self) -> str:
        """Hide the address."""
        return f"PlaceOut(id={self.id}, …)"


class PlaceList(Struct, frozen=True):
    """A page of places, in the order in which they were added."""

    items: tuple[PlaceOut, ...]
    next: str | None


@get(
    "/places",
    opt=needs("visit.read"),
    operation_id="listPlaces",
    summary="Where visits are",
)
async def list_places(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> PlaceList:
    """Return a page of the places of the caller's practices."""
    after = position_of(cursor, PlacePosition)
    keys = {practice: await parts.vault.keys(practice) for practice in visit.visible.practices}
    async with parts.database.work(visit.visible.practices) as work:
        rows = await store.page(work, keys, after and after.id, limit + 1)
    shown, last = cut(rows, limit)
    return PlaceList(
        items=tuple(place_out(one) for one in shown),
        next=None if last is None else cursor_of(PlacePosition(last.id)),
    )


@post(
    "/places",
    opt=needs("visit.write"),
    operation_id="addPlace",
    summary="Add a place",
    status_code=HTTPStatus.CREATED,
)
async def post_place(
    request: Request[Any, Any, State],
    data: JSONBody[NewPlaceIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PlaceOut]:
    """Add a place; times of visits there are told by its clock."""
    practice = chosen_practice(visit, data.practice_id)
    keys, mine = await parts.vault.keys(practice), PlaceId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await store.one_of(work, keys, mine) is not None:
            raise IdTaken(_ID)
        new = read_place(
            practice,
            mine,
            external_id=data.external_id,
            name=data.name,
            address=data.address,
            zone=data.zone or (await get_practice(work, practice)).time_zone,
            bring=data.bring,
        )
        if new.external_id is not None and await store.is_named(work, practice, new.external_id):
            raise Unprocessable(_TAKEN)
        await store.add(work, keys, new, parts.clock.now())
        await _record(work, visit, parts, new, "place.add")
        location = f"/v1/places/{mine}"
        return Made(place_out(new), HTTPStatus.CREATED, location, new.version)

    return await once(request, parts, practice, PlaceOut, act)


@patch(
    "/places/{place_id:uuid}",
    opt=needs("visit.write"),
    operation_id="changePlace",
    summary="Change a place",
)
async def patch_place(
    place_id: FromPath[UUID],
    data: JSONBody[PlaceChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[PlaceOut]:
    """Change a place; visits that are there already keep the clock by which they were told."""
    practice = await find(parts.database, visit, "place", place_id)
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> Made:
        known = await store.one_of(work, keys, PlaceId(place_id), lock=True)
        if known is None:
            raise NotFound
        require(if_match, known.version)
        after = read_place(
            practice,
            known.id,
            external_id=known.external_id,
            name=known.name if data.name is None else data.name,
            address=known.address if data.address is None else data.address,
            zone=known.zone if data.zone is None else data.zone,
            bring=known.bring if data.bring is None else data.bring,
            version=known.version + 1,
        )
        await store.save(work, keys, after)
        await _record(work, visit, parts, after, "place.change")
        return Made(place_out(after), version=after.version)

    return made(await in_turn(parts, act, practice), PlaceOut)


def place_out(one: Place) -> PlaceOut:
    """Return a place as it is told."""
    return PlaceOut(
        practice_id=one.practice_id,
        id=one.id,
        external_id=one.external_id,
        name=one.name,
        address=one.address,
        zone=one.zone,
        bring=one.bring,
        version=one.version,
    )


async def _record(work: Work, visit: Visit, parts: Parts, one: Place, action: str) -> None:
    await audit.record(
        work,
        one.practice_id,
        parts.clock.now(),
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="place",
        subject_id=one.id,
    )
