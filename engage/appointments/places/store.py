"""Places in the database; the address is sealed on the way in. This room refuses to decide."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Text, any_, bindparam, func, insert, nulls_last, or_, select, update
from sqlalchemy import Uuid as UuidType

from engage.appointments.place import Place
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import place
from engage.ids import PlaceId, PracticeId

ADDRESS = "place.address"


class PlacePosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of places ends: in an id, since names do not belong into an address."""

    id: PlaceId


_PLACE_HERE = place.c.practice_id == bindparam("practice", type_=UuidType())

_ADD = Query(
    insert(place).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in place.c})
)
_SAVE = Query(
    update(place)
    .where(_PLACE_HERE, place.c.id == bindparam("one"))
    .values(
        {
            name: bindparam(f"its_{name}", type_=place.c[name].type)
            for name in ("external_id", "name", "address_sealed", "zone", "bring", "version")
        }
    )
)
_ONE = Query(select(place).where(_PLACE_HERE, place.c.id == bindparam("one")))
_OF_CLINIC = Query(
    select(place.c.id).where(_PLACE_HERE, place.c.external_id == bindparam("external_id"))
)
_LOCKED = Query(select(place).where(_PLACE_HERE, place.c.id == bindparam("one")).with_for_update())
_PAGE = Query(
    select(place)
    .where(
        place.c.practice_id == any_(bindparam("practices", type_=ARRAY(UuidType()))),
        place.c.id > bindparam("after"),
    )
    .order_by(place.c.id)
    .limit(bindparam("most"))
)
# The clinic's own name for it comes before the name that staff gave it.
_NAMED = Query(
    select(place.c.id, place.c.zone)
    .where(
        _PLACE_HERE,
        or_(
            place.c.external_id == bindparam("words"),
            func.lower(place.c.name) == func.lower(bindparam("words", type_=Text())),
        ),
    )
    .order_by(nulls_last((place.c.external_id == bindparam("words")).desc()), place.c.id)
    .limit(1)
)


async def add(work: Work, keys: PracticeKeys, new: Place, at: datetime) -> None:
    """Add a place."""
    await work.run(
        _ADD,
        its_practice_id=new.practice_id,
        its_id=new.id,
        its_created_at=at,
        **_columns(keys, new),
    )


async def save(work: Work, keys: PracticeKeys, after: Place) -> None:
    """Write a place as it is now."""
    await work.run(_SAVE, practice=after.practice_id, one=after.id, **_columns(keys, after))


async def one_of(
    work: Work, keys: PracticeKeys, one: PlaceId, *, lock: bool = False
) -> Place | None:
    """Return a place."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=keys.practice, one=one)
    return None if row is None else _place(keys, row)


async def zone_of(work: Work, practice: PracticeId, one: PlaceId) -> str | None:
    """Return the clock of a place; None if there is no such."""
    row = await work.maybe(_ONE, practice=practice, one=one)
    return None if row is None else row["zone"]


async def named(work: Work, practice: PracticeId, words: str) -> tuple[PlaceId, str] | None:
    """Return the place that a clinic means by these words, and its clock."""
    row = await work.maybe(_NAMED, practice=practice, words=words)
    return None if row is None else (PlaceId(row["id"]), row["zone"])


async def is_named(work: Work, practice: PracticeId, external_id: str) -> bool:
    """Say whether a place has this id of the clinic's already."""
    return await work.maybe(_OF_CLINIC, practice=practice, external_id=external_id) is not None


async def page(
    work: Work, by_practice: dict[PracticeId, PracticeKeys], after: PlaceId | None, most: int
) -> tuple[Place, ...]:
    """Return a page of places, in the order in which they were added."""
    rows = await work.rows(
        _PAGE, practices=list(by_practice), after=after or UUID(int=0), most=most
    )
    return tuple(_place(by_practice[PracticeId(row["practice_id"])], row) for row in rows)


def _columns(keys: PracticeKeys, one: Place) -> dict[str, Any]:
    return {
        "its_external_id": one.external_id,
        "its_name": one.name,
        "its_address_sealed": keys.seal_text(ADDRESS, one.id, one.address),
        "its_zone": one.zone,
        "its_bring": one.bring,
        "its_version": one.version,
    }


def _place(keys: PracticeKeys, row: Row) -> Place:
    return Place(
        practice_id=PracticeId(row["practice_id"]),
        id=PlaceId(row["id"]),
        external_id=row["external_id"],
        name=row["name"],
        address=keys.open_text(ADDRESS, row["id"], row["address_sealed"]),
        zone=row["zone"],
        bring=row["bring"],
        version=row["version"],
    )
