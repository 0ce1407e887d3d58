"""The directory: who helps with what, where, for whom; and how a service is found. (p).

Values only: what a file said is read in hsds.py. A service is found by need, by distance or area,
by language and by words; who has said that they are full comes last, and is still shown. This room
refuses to hide a service because a directory says too little about it: unknown is not no.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from engage.reading.fold import words

Capacity: TypeAlias = Literal["open", "waitlist", "full", "unknown"]

EVERYWHERE = "*"
"""Among what a service covers: it works wherever somebody is."""

USUAL_KM = 40.0
_EARTH_KM = 6371.0088
_BUSY: dict[Capacity, int] = {"open": 0, "unknown": 0, "waitlist": 1, "full": 2}


class Place(Struct, frozen=True, kw_only=True):
    """A door of a service."""

    name: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Organization(Struct, frozen=True, kw_only=True):
    """Who helps."""

    source_id: str
    name: str
    description: str = ""
    email: str | None = None
    phone: str | None = None
    website: str | None = None


class Offer(Struct, frozen=True, kw_only=True):
    """What they help with, where and for whom."""

    source_id: str
    organization: str
    name: str
    description: str = ""
    domains: tuple[str, ...] = ()
    eligibility: str | None = None
    languages: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    locations: tuple[Place, ...] = ()
    capacity: Capacity = "unknown"
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    fees: str | None = None
    verified_on: date | None = None
    #: It is no longer offered.
    withdrawn: bool = False


class Directory(Struct, frozen=True):
    """What one file says, all of it valid."""

    organizations: tuple[Organization, ...]
    services: tuple[Offer, ...]

    @property
    def unplaced(self) -> int:
        """How many services no need is known of: they are found by words only."""
        return sum(not service.domains for service in self.services)


class Point(Struct, frozen=True):
    """Somewhere on earth."""

    latitude: float
    longitude: float


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for."""

    query: str = ""
    need: str | None = None
    area: str | None = None
    language: str | None = None
    near: Point | None = None
    within_km: float = USUAL_KM


class Match(Struct, frozen=True):
    """A service that fits, and how far its nearest door is; None: not known, or not asked."""

    service: Offer
    km: float | None


def distance_km(one: Point, other: Point) -> float:
    """Return the way between two points as the crow flies (haversine)."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = (
        math.sin((south - north) / 2) ** 2
        + math.cos(north) * math.cos(south) * math.sin(across / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def nearest_km(service: Offer, near: Point) -> float | None:
    """Return how far the nearest door of a service is; None if no door is on the map."""
    ways = [
        distance_km(near, Point(door.latitude, door.longitude))
        for door in service.locations
        if door.latitude is not None and door.longitude is not None
    ]
    return min(ways, default=None)


def search_text(service: Offer, organization: str) -> str:
    """Return the folded words that a service is found by."""
    parts = (service.name, organization, service.description, service.eligibility or "")
    return f" {' '.join(words(' '.join(parts)))} "


def area_of(text: str) -> str:
    """Return a place's name as it is compared: "Maricopa County" is "maricopa county"."""
    return " ".join(words(text))


def serves(service: Offer, area: str) -> bool:
    """Say whether a service may help somebody there: it covers the area, or has a door in it.

    One that does not say where it works is shown: a person asks.
    """
    wanted = area_of(area)
    if not service.covers:
        doors = [
            area_of(part)
            for door in service.locations
            for part in (door.city, door.postal_code, door.region)
            if part
        ]
        return not doors or wanted in doors
    return EVERYWHERE in service.covers or wanted in service.covers


def match(service: Offer, search: str, wanted: Wanted) -> Match | None:
    """Return how a service fits, or None if it does not."""
    if service.withdrawn:
        return None
    if wanted.need is not None and wanted.need not in service.domains:
        return None
    # A service that does not say which languages it speaks may speak this one.
    if wanted.language and service.languages and wanted.language not in service.languages:
        return None
    if wanted.area and not serves(service, wanted.area):
        return None
    if any(f" {word}" not in search for word in words(wanted.query)):
        return None
    if wanted.near is None:
        return Match(service, None)
    km = nearest_km(service, wanted.near)
    return None if km is not None and km > wanted.within_km else Match(service, km)


def ordered(found: Iterable[Match]) -> Sequence[Match]:
    """Return what fits, best first: who has room, then the nearest, then by name."""
    return sorted(found, key=order)


def order(found: Match) -> tuple[int, float, str, str]:
    """Return the place of a match in a list; the same for the same match, on every page."""
    far = math.inf if found.km is None else round(found.km, 3)
    one = found.service
    return (_BUSY[one.capacity], far, area_of(one.name), one.source_id)
