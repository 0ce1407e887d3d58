"""Organizations and services of a practice's directory: imported by their own ids, and found.

The same file twice changes nothing; what a newer one no longer names is withdrawn, for referrals
point at it. This room refuses to judge a file (hsds.py did) and to say what fits (directory.py).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy import Uuid as UuidType

from engage.clock import random_bytes
from engage.db.session import Query, Row, Work
from engage.db.tables import organization, service
from engage.ids import RANDOM_BYTES, OrganizationId, PracticeId, ServiceId, uuid7
from engage.needs.directory import (
    Directory,
    Offer,
    Organization,
    Place,
    Wanted,
    match,
    order,
    search_text,
)
from engage.people.access import Visible


class Imported(Struct, frozen=True):
    """What an import did to the services; their organizations follow them."""

    created: int
    updated: int
    unchanged: int
    withdrawn: int


class ServiceSeen(Struct, frozen=True, kw_only=True):
    """A service of the directory with its organization."""

    practice_id: PracticeId
    id: ServiceId
    organization_id: OrganizationId
    organization: Organization
    service: Offer
    source: str
    search: str


class Found(Struct, frozen=True):
    """A service that fits, and how far it is."""

    seen: ServiceSeen
    km: float | None


_PLACES = msgspec.json.Decoder(tuple[Place, ...])
_HERE = "practice"


_KEYS = frozenset({"practice_id", "id", "source", "source_id", "version"})
"""What no import changes; only work by hand counts versions."""


def _insert(table: Table) -> Query:
    return Query(
        insert(table).values(
            {
                c.name: bindparam(f"its_{c.name}", type_=c.type)
                for c in table.c
                if c.name != "version"
            }
        )
    )


def _update(table: Table) -> Query:
    return Query(
        update(table)
        .where(table.c.practice_id == bindparam(_HERE), table.c.id == bindparam("one"))
        .values(
            {
                c.name: bindparam(f"its_{c.name}", type_=c.type)
                for c in table.c
                if c.name not in _KEYS
            }
        )
    )


def _known(table: Table) -> Query:
    return Query(
        select(table).where(
            table.c.practice_id == bindparam(_HERE), table.c.source == bindparam("source_name")
        )
    )


_ADD = {organization.name: _insert(organization), service.name: _insert(service)}
_CHANGE = {organization.name: _update(organization), service.name: _update(service)}
_KNOWN = {organization.name: _known(organization), service.name: _known(service)}
_seen = select(
    service,
    organization.c.source_id.label("organization_source_id"),
    organization.c.name.label("organization_name"),
    organization.c.description.label("organization_description"),
    organization.c.email.label("organization_email"),
    organization.c.phone.label("organization_phone"),
    organization.c.website.label("organization_website"),
).join(
    organization,
    (organization.c.practice_id == service.c.practice_id)
    & (organization.c.id == service.c.organization_id),
)
_LISTED = Query(
    _seen.where(
        service.c.practice_id == any_(bindparam("practices", type_=ARRAY(UuidType()))),
        service.c.status == "listed",
        or_(
            bindparam("need", type_=Text()).is_(None),
            bindparam("need", type_=Text()) == any_(service.c.domains),
        ),
        or_(
            bindparam("language", type_=Text()).is_(None),
            func.cardinality(service.c.languages) == 0,
            bindparam("language", type_=Text()) == any_(service.c.languages),
        ),
    )
)
_SERVICE = Query(
    _seen.where(service.c.practice_id == bindparam(_HERE), service.c.id == bindparam("one"))
)
_ORGANIZATION = Query(
    select(organization.c.id, organization.c.status).where(
        organization.c.practice_id == bindparam(_HERE), organization.c.id == bindparam("one")
    )
)


async def write(
    work: Work, practice: PracticeId, source: str, directory: Directory, at: datetime
) -> Imported:
    """Bring a directory in under the name of its source; the same one twice changes nothing."""
    helpers = {one.source_id: _organization_columns(one) for one in directory.organizations}
    ids, _ = await _merge(work, practice, source, organization, helpers, at)
    names = {one.source_id: one.name for one in directory.organizations}
    services = {
        one.source_id: _service_columns(one, names[one.organization], ids[one.organization])
        for one in directory.services
    }
    _, done = await _merge(work, practice, source, service, services, at)
    return done


async def _merge(
    work: Work,
    practice: PracticeId,
    source: str,
    table: Table,
    said: Mapping[str, Mapping[str, Any]],
    at: datetime,
) -> tuple[dict[str, UUID], Imported]:
    rows = await work.rows(_KNOWN[table.name], practice=practice, source_name=source)
    known = {cast("str", row["source_id"]): row for row in rows}
    ids: dict[str, UUID] = {}
    created = updated = withdrawn = 0
    for source_id, columns in said.items():
        row = known.get(source_id)
        values = {f"its_{name}": value for name, value in columns.items()}
        if row is None:
            ids[source_id] = uuid7(at, random_bytes(RANDOM_BYTES))
            await work.run(
                _ADD[table.name],
                its_practice_id=practice,
                its_id=ids[source_id],
                its_source=source,
                its_source_id=source_id,
                its_imported_at=at,
                **values,
            )
            created += 1
            continue
        ids[source_id] = row["id"]
        if any(_plain(row[name]) != _plain(value) for name, value in columns.items()):
            await work.run(
                _CHANGE[table.name], practice=practice, one=row["id"], its_imported_at=at, **values
            )
            updated += 1
    for source_id, row in known.items():
        if source_id not in said and row["status"] == "listed":
            kept = [c.name for c in table.c if c.name not in _KEYS]
            values = {f"its_{name}": row[name] for name in kept}
            await work.run(
                _CHANGE[table.name],
                practice=practice,
                one=row["id"],
                **{**values, "its_status": "withdrawn", "its_imported_at": at},
            )
            withdrawn += 1
    return ids, Imported(created, updated, len(said) - created - updated, withdrawn)


def _plain(value: object) -> object:
    """Return a value as it is compared: PostgreSQL writes JSON with its own spaces."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value


async def search(work: Work, visible: Visible, wanted: Wanted) -> list[Found]:
    """Return the services that fit, best first."""
    rows = await work.rows(
        _LISTED, practices=list(visible.practices), need=wanted.need, language=wanted.language
    )
    fitting = [
        (order(fits), Found(seen, fits.km))
        for seen in map(_offer, rows)
        if (fits := match(seen.service, seen.search, wanted)) is not None
    ]
    return [found for _, found in sorted(fitting, key=lambda pair: pair[0])]


async def service_of(work: Work, practice: PracticeId, one: ServiceId) -> ServiceSeen | None:
    """Return a service of a practice's directory."""
    row = await work.maybe(_SERVICE, practice=practice, one=one)
    return None if row is None else _offer(row)


async def is_listed(work: Work, practice: PracticeId, one: OrganizationId) -> bool:
    """Say whether a practice's directory has an organization that still helps."""
    row = await work.maybe(_ORGANIZATION, practice=practice, one=one)
    return row is not None and row["status"] == "listed"


def _organization_columns(one: Organization) -> dict[str, object]:
    return {
        "name": one.name,
        "description": one.description,
        "email": one.email,
        "phone": one.phone,
        "website": one.website,
        "status": "listed",
    }


def _service_columns(one: Offer, organization_name: str, its: UUID) -> dict[str, object]:
    return {
        "organization_id": its,
        "name": one.name,
        "description": one.description,
        "domains": list(one.domains),
        "eligibility": one.eligibility,
        "languages": list(one.languages),
        "covers": list(one.covers),
        "locations": msgspec.json.encode(one.locations).decode(),
        "capacity": one.capacity,
        "email": one.email,
        "phone": one.phone,
        "website": one.website,
        "fees": one.fees,
        "verified_on": one.verified_on,
        "search": search_text(one, organization_name),
        "status": "withdrawn" if one.withdrawn else "listed",
    }


def _offer(row: Row) -> ServiceSeen:
    helper = Organization(
        source_id=row["organization_source_id"],
        name=row["organization_name"],
        description=row["organization_description"],
        email=row["organization_email"],
        phone=row["organization_phone"],
        website=row["organization_website"],
    )
    return ServiceSeen(
        practice_id=row["practice_id"],
        id=ServiceId(row["id"]),
        organization_id=OrganizationId(row["organization_id"]),
        organization=helper,
        source=row["source"],
        search=row["search"],
        service=Offer(
            source_id=row["source_id"],
            organization=helper.source_id,
            name=row["name"],
            description=row["description"],
            domains=tuple(row["domains"]),
            eligibility=row["eligibility"],
            languages=tuple(row["languages"]),
            covers=tuple(row["covers"]),
            locations=_PLACES.decode(row["locations"]),
            capacity=row["capacity"],
            email=row["email"],
            phone=row["phone"],
            website=row["website"],
            fees=row["fees"],
            verified_on=row["verified_on"],
            withdrawn=row["status"] == "withdrawn",
        ),
    )
