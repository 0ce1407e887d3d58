"""What is said of an organization by hand, and how it reads as a directory of one. (p).

This room refuses a service without a name and a need that nobody knows.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from engage.errors import EngageError
from engage.ids import OrganizationId, ServiceId
from engage.needs import codes
from engage.needs.directory import Capacity, Directory, Offer, Organization, Place, area_of

ITSELF = "organization"
MOST_SERVICES = 20
_NAME = "/name"


class NotAnOrganization(EngageError):  # noqa: N818 - reads as a sentence
    """An organization and each of its services have a name, and a need that we know."""


class ServiceSaid(Struct, frozen=True, kw_only=True):
    """What somebody says of a service; `id` is one that is there already."""

    id: ServiceId | None = None
    name: str
    description: str = ""
    needs: tuple[str, ...] = ()
    eligibility: str | None = None
    languages: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    capacity: Capacity = "unknown"
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    verified_on: date | None = None


class OrganizationSaid(Struct, frozen=True, kw_only=True):
    """What somebody says of an organization, all of it."""

    name: str
    description: str = ""
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    services: tuple[ServiceSaid, ...] = ()
    retired: bool = False


class Kept(Struct, frozen=True, kw_only=True):
    """An organization as it is kept by hand."""

    id: OrganizationId
    said: OrganizationSaid
    version: int


def directory_of(
    said: OrganizationSaid, keys: Sequence[str], today: date | None = None
) -> Directory:
    """Return what is said as a directory of one; `keys` name its services."""
    if said.retired:
        return Directory((), ())
    known = codes.load().titles
    _need(said.name, _NAME)
    for place, one in enumerate(said.services):
        where = f"/services/{place}"
        _need(one.name, f"{where}/name")
        for number, need in enumerate(one.needs):
            if need not in known:
                at_fault = f"{where}/needs/{number}"
                raise NotAnOrganization(at_fault)
    helper = Organization(
        source_id=ITSELF,
        name=_words(said.name),
        description=said.description.strip(),
        email=said.email or None,
        phone=said.phone or None,
        website=said.website or None,
    )
    services = tuple(_offer(one, key, today) for one, key in zip(said.services, keys, strict=True))
    return Directory((helper,), services)


def _offer(one: ServiceSaid, key: str, today: date | None) -> Offer:
    door = Place(address=one.address, city=one.city, region=one.region, postal_code=one.postal_code)
    return Offer(
        source_id=key,
        organization=ITSELF,
        name=_words(one.name),
        description=one.description.strip(),
        domains=tuple(dict.fromkeys(one.needs)),
        eligibility=one.eligibility or None,
        languages=tuple(dict.fromkeys(one.languages)),
        covers=tuple(dict.fromkeys(area_of(area) for area in one.covers if area.strip())),
        locations=() if door == Place() else (door,),
        capacity=one.capacity,
        phone=one.phone or None,
        email=one.email or None,
        website=one.website or None,
        verified_on=one.verified_on or today,
    )


def _need(name: str, where: str) -> None:
    if not _words(name) or not _words(name).isprintable():
        raise NotAnOrganization(where)


def _words(said: str) -> str:
    return " ".join(said.split())
