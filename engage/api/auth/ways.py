"""The ways in, built from the API's parts; and where a request comes from.

Nothing is kept here: each request builds what it needs, which costs nothing.
"""

from typing import Any

from litestar.connection import ASGIConnection

from engage.api.parts import Parts
from engage.errors import NotFound
from engage.people.signing.families import FamilyWays
from engage.people.signing.keeping import Keeping
from engage.people.signing.limits import address_of
from engage.people.signing.organisation import OrganisationWays
from engage.people.signing.page_keys import PageKeys
from engage.people.signing.passkey_ways import PasskeyWays
from engage.people.signing.passkeys import site_of
from engage.people.signing.passwords import Cost
from engage.people.signing.staff_ways import StaffWays

Connection = ASGIConnection[Any, Any, Any, Any]


def keeping(parts: Parts) -> Keeping:
    """Return what begins, keeps and ends sign-ins."""
    return Keeping(parts.database, parts.vault.master, parts.clock, parts.settings.public_url)


def page_keys(parts: Parts) -> PageKeys:
    """Return what the cookies of pages are keys of."""
    return PageKeys(parts.database, parts.vault.master, parts.clock, keeping(parts))


def staff_ways(parts: Parts) -> StaffWays:
    """Return the steps by which staff get in."""
    cost = Cost(*parts.settings.password_cost)
    return StaffWays(parts.database, parts.vault.master, parts.clock, keeping(parts), cost)


def passkey_ways(parts: Parts) -> PasskeyWays:
    """Return the steps of passkeys, for the one site that we are."""
    site = site_of(parts.settings.public_url)
    return PasskeyWays(parts.database, parts.vault.master, parts.clock, keeping(parts), site)


def organisation_ways(parts: Parts) -> OrganisationWays:
    """Return the steps by which staff get in by their organisation; NotFound if there is none."""
    if parts.issuer is None:
        raise NotFound
    url = parts.settings.public_url
    master = parts.vault.master
    return OrganisationWays(parts.database, master, parts.clock, keeping(parts), parts.issuer, url)


def family_ways(parts: Parts) -> FamilyWays:
    """Return the steps by which patients and caregivers get in."""
    return FamilyWays(
        parts.database, parts.vault, parts.clock, keeping(parts), parts.settings.codes_a_day
    )


def came_from(parts: Parts, connection: Connection) -> str:
    """Return the address that the limits count a request by."""
    peer = "" if connection.client is None else connection.client.host
    forwarded = ",".join(connection.headers.getall("x-forwarded-for", []))
    return address_of(peer, forwarded, parts.settings.trusted_proxies)
