"""The rows of organizations that a practice keeps by hand; the import's own store writes them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import Text, Uuid, bindparam, or_, select, update

from engage.db.session import Query, Row, Work
from engage.db.tables import organization, service
from engage.ids import OrganizationId, PracticeId, ServiceId
from engage.needs.directory import Place
from engage.needs.own_directory import Kept, OrganizationSaid, ServiceSaid

BY_HAND = "by-hand:"
MOST = 500

_PLACES = msgspec.json.Decoder(tuple[Place, ...])
_HERE = bindparam("practice", type_=Uuid())
_SOURCE = bindparam("named", type_=Text())
_ONE = bindparam("one", type_=Uuid())
_KEPT = Query(
    select(organization)
    .where(
        organization.c.practice_id == _HERE,
        organization.c.source.startswith(BY_HAND),
        or_(_SOURCE.is_(None), organization.c.source == _SOURCE),
        or_(_ONE.is_(None), organization.c.id == _ONE),
    )
    .order_by(organization.c.status, organization.c.name, organization.c.id)
    .limit(MOST)
)
_LOCK = Query(
    select(organization.c.id)
    .where(
        organization.c.practice_id == _HERE,
        organization.c.id == _ONE,
        organization.c.source.startswith(BY_HAND),
    )
    .with_for_update(key_share=True)
)
_SERVICES = Query(
    select(service)
    .join(
        organization,
        (organization.c.practice_id == service.c.practice_id)
        & (organization.c.id == service.c.organization_id),
    )
    .where(
        service.c.practice_id == _HERE,
        service.c.source.startswith(BY_HAND),
        or_(
            service.c.status == "listed",
            # What was offered until the organization was retired.
            (organization.c.status == "withdrawn")
            & (service.c.imported_at == organization.c.imported_at),
        ),
    )
    .order_by(service.c.id)
)
_NAMES = Query(
    select(service.c.id, service.c.source_id, service.c.source).where(
        service.c.practice_id == _HERE, service.c.organization_id == _ONE
    )
)
_COUNT = Query(
    update(organization)
    .where(organization.c.practice_id == _HERE, organization.c.id == _ONE)
    .values(version=bindparam("its_version"))
)


async def kept(
    work: Work,
    practice: PracticeId,
    *,
    source: str | None = None,
    one: OrganizationId | None = None,
) -> list[Kept]:
    """Return the organizations that a practice keeps by hand: those that still help first."""
    rows = await work.rows(_KEPT, practice=practice, named=source, one=one)
    offered: dict[UUID, list[ServiceSaid]] = {}
    for row in await work.rows(_SERVICES, practice=practice):
        offered.setdefault(row["organization_id"], []).append(_offered(row))
    return [_organization(row, offered.get(row["id"], [])) for row in rows]


async def lock(work: Work, practice: PracticeId, one: OrganizationId) -> Kept | None:
    """Return an organization that is kept by hand, locked; None if there is none."""
    if await work.maybe(_LOCK, practice=practice, one=one) is None:
        return None
    return (await kept(work, practice, one=one))[0]


async def names_of(
    work: Work, practice: PracticeId, one: OrganizationId
) -> tuple[str, dict[UUID, str]]:
    """Return the source of an organization, and how it calls each of its services."""
    rows = await work.rows(_KEPT, practice=practice, named=None, one=one)
    services = await work.rows(_NAMES, practice=practice, one=one)
    return rows[0]["source"], {row["id"]: row["source_id"] for row in services}


async def count(work: Work, practice: PracticeId, one: OrganizationId, version: int) -> None:
    """Count a change."""
    await work.run(_COUNT, practice=practice, one=one, its_version=version)


def _organization(row: Row, services: Sequence[ServiceSaid]) -> Kept:
    return Kept(
        id=OrganizationId(row["id"]),
        version=row["version"],
        said=OrganizationSaid(
            name=row["name"],
            description=row["description"],
            phone=row["phone"],
            email=row["email"],
            website=row["website"],
            services=tuple(services),
            retired=row["status"] == "withdrawn",
        ),
    )


def _offered(row: Row) -> ServiceSaid:
    doors = _PLACES.decode(row["locations"])
    door = doors[0] if doors else Place()
    return ServiceSaid(
        id=ServiceId(row["id"]),
        name=row["name"],
        description=row["description"],
        needs=tuple(row["domains"]),
        eligibility=row["eligibility"],
        languages=tuple(row["languages"]),
        covers=tuple(row["covers"]),
        address=door.address,
        city=door.city,
        region=door.region,
        postal_code=door.postal_code,
        capacity=row["capacity"],
        phone=row["phone"],
        email=row["email"],
        website=row["website"],
        verified_on=row["verified_on"],
    )
