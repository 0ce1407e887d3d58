"""How staff sign in by their organisation: where to go, and what it sent back.

It sends people back to a page of the console, which takes the answer off its address and posts it
from here: so the cookie of the device comes along, and no address has a secret for long. This room
refuses to say whom the organisation let in.
"""

from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.device import device_cookie, device_of
from engage.api.auth.marks import ANYBODY
from engage.api.auth.ways import came_from, organisation_ways
from engage.api.parts import Parts
from engage.api.sign_ins import TokensOut
from engage.clock import random_bytes
from engage.people.signing.codes import DEVICE_BYTES
from engage.people.signing.keeping import opaque

AnyRequest = Request[Any, Any, State]


class OrganisationOut(Struct, frozen=True):
    """Whether staff sign in by their organisation here."""

    offered: bool


class OrganisationAskIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing: there is one organisation."""


class OrganisationAskedOut(Struct, frozen=True):
    """Where to go on."""

    address: str

    def __repr__(self) -> str:
        """Hide the address: it holds a secret of this round."""
        return "OrganisationAskedOut(…)"


class OrganisationIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the organisation sent back."""

    code: Annotated[str, Meta(min_length=1, max_length=4096)]
    state: Annotated[str, Meta(min_length=1, max_length=128)]

    def __repr__(self) -> str:
        """Hide both."""
        return "OrganisationIn(…)"


@get(
    "/auth/organisation",
    opt=ANYBODY,
    operation_id="getOrganisation",
    summary="Whether staff sign in by their organisation here",
)
async def get_organisation(parts: NamedDependency[Parts]) -> OrganisationOut:
    """Say whether there is one; it is no secret."""
    return OrganisationOut(parts.issuer is not None)


@post(
    "/auth/organisation",
    opt=ANYBODY,
    operation_id="askOrganisation",
    summary="Sign in as staff by one's organisation: where to go",
    status_code=HTTPStatus.OK,
)
async def ask_organisation(
    request: AnyRequest, data: JSONBody[OrganisationAskIn], parts: NamedDependency[Parts]
) -> Response[OrganisationAskedOut]:
    """Answer with an address at the organisation; what it sends back opens on this device, once."""
    refuse_other_sites(request)
    del data  # read, so that nothing else can be meant by it
    device = device_of(request, parts) or opaque(random_bytes(DEVICE_BYTES))
    address = await organisation_ways(parts).begin(device, came_from(parts, request))
    return Response(
        content=OrganisationAskedOut(address),
        status_code=HTTPStatus.OK,
        cookies=[device_cookie(parts, device)],
    )


@post(
    "/auth/organisation/verify",
    opt=ANYBODY,
    operation_id="presentOrganisation",
    summary="Sign in as staff by one's organisation: what it sent back",
    status_code=HTTPStatus.OK,
)
async def present_organisation(
    request: AnyRequest, data: JSONBody[OrganisationIn], parts: NamedDependency[Parts]
) -> TokensOut:
    """Answer with tokens, for who is staff here, with what their groups allow of their roles."""
    refuse_other_sites(request)
    device = device_of(request, parts) or ""
    ways, where = organisation_ways(parts), came_from(parts, request)
    return TokensOut.of(await ways.enter(data.code, data.state, device, where))
