"""Signing our own pages in and out: a token becomes a cookie that no script can read.

A token from `engage token`, or an access token, lasts no longer for it. A refresh token is used up,
and its cookie lasts as long as its sign-in. Either way whoever has the token can do all that the
cookie can: the exchange adds no right and no minute. It refuses to say why a token does not open.
"""

from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response, delete, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.bearer import LONGEST_TOKEN, claims_of, is_signed, who
from engage.api.auth.cookie import App, app_of, refuse_other_sites, signed_in, signed_out
from engage.api.auth.guard import Guest
from engage.api.auth.marks import ANYBODY, ONESELF
from engage.api.auth.ways import keeping, page_keys
from engage.api.parts import Parts
from engage.api.refusals import NotSignedIn
from engage.people.bootstrap import LONGEST_TOKEN_MINUTES, revoke
from engage.people.signing.page_keys import is_page_key


class TokenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person presents: one of the two."""

    token: Annotated[
        str,
        Meta(max_length=LONGEST_TOKEN, description="As `engage token` shows it, or access token."),
    ] = ""
    refresh_token: Annotated[
        str,
        Meta(max_length=LONGEST_TOKEN, description="Instead: used up; the cookie lasts as it did."),
    ] = ""

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
    token, refresh_token = data.token.strip(), data.refresh_token.strip()
    if refresh_token and not token:
        page = await page_keys(parts).give(refresh_token)
        return admitted(parts, app_of(page.holder), page.key, int(page.lasts.total_seconds()))
    ours = token.isascii() and not is_page_key(token) and not refresh_token
    principal = await who(parts, token) if ours else None
    if principal is None:
        raise NotSignedIn
    return admitted(parts, app_of(principal), token)


@delete(
    "/session",
    opt=ONESELF,
    operation_id="signOut",
    summary="Sign out: the token that was presented never opens again",
    status_code=HTTPStatus.NO_CONTENT,
)
async def sign_out(guest: NamedDependency[Guest], parts: NamedDependency[Parts]) -> Response[None]:
    """Revoke the token of this request, and let the browser forget its cookie."""
    await forget(parts, guest.token)
    cookie = signed_out(parts.settings.public_url, app_of(guest.principal))
    return Response(content=None, status_code=HTTPStatus.NO_CONTENT, cookies=[cookie])


async def forget(parts: Parts, token: str) -> None:
    """Let a token never open again, nor anything that was made from the same sign-in."""
    claims = await claims_of(parts, token)
    if claims is None and not is_signed(token):
        await revoke(parts.database, parts.vault, parts.clock, token)
    if claims is not None:
        await keeping(parts).sign_out(claims)


def admitted(
    parts: Parts, app: App, token: str, seconds: int = LONGEST_TOKEN_MINUTES * 60
) -> Response[None]:
    """Answer with nothing but the cookie of a token."""
    cookie = signed_in(parts.settings.public_url, app, token, seconds)
    return Response(content=None, status_code=HTTPStatus.NO_CONTENT, cookies=[cookie])
