"""Signing our own pages in and out: a bearer token becomes a cookie that no script can read.

A token from `engage token`, or an access token: whoever has one can do all that the cookie can, so
the exchange adds no right and no minute. It refuses to say why a token does not open.
"""

from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response, delete, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.bearer import LONGEST_TOKEN, is_signed, who
from engage.api.auth.cookie import refuse_other_sites, signed_in, signed_out
from engage.api.auth.guard import Visit
from engage.api.auth.marks import ANYBODY, needs
from engage.api.auth.ways import keeping
from engage.api.parts import Parts
from engage.api.refusals import NotSignedIn
from engage.people.bootstrap import revoke


class TokenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person presents."""

    token: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_TOKEN, description="As `engage token` shows it.")
    ]

    def __repr__(self) -> str:
        """Hide the token."""
        return "TokenIn(…)"


@post(
    "/session",
    opt=ANYBODY,
    operation_id="signIn",
    summary="Exchange a bearer token for a cookie, for pages",
    status_code=HTTPStatus.NO_CONTENT,
)
async def sign_in(
    request: Request[Any, Any, State],
    data: JSONBody[TokenIn],
    parts: NamedDependency[Parts],
) -> Response[None]:
    """Answer with the cookie, if the token opens; it lasts as long as the token does."""
    refuse_other_sites(request)
    token = data.token.strip()
    if not token.isascii() or await who(parts, token) is None:
        raise NotSignedIn
    return admitted(parts, token)


@delete(
    "/session",
    opt=needs("practice.read"),
    operation_id="signOut",
    summary="Sign out: the token that was presented never opens again",
    status_code=HTTPStatus.NO_CONTENT,
)
async def sign_out(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> Response[None]:
    """Revoke the token of this request, and let the browser forget its cookie."""
    await forget(parts, visit.token)
    cookie = signed_out(parts.settings.public_url)
    return Response(content=None, status_code=HTTPStatus.NO_CONTENT, cookies=[cookie])


async def forget(parts: Parts, token: str) -> None:
    """Let a token never open again, nor anything that was made from the same sign-in."""
    if not is_signed(token):
        await revoke(parts.database, parts.vault, parts.clock, token)
        return
    ways = keeping(parts)
    claims = ways.read(token)
    if claims is not None:
        await ways.sign_out(claims)


def admitted(parts: Parts, token: str) -> Response[None]:
    """Answer with nothing but the cookie of a token."""
    cookie = signed_in(parts.settings.public_url, token)
    return Response(content=None, status_code=HTTPStatus.NO_CONTENT, cookies=[cookie])
