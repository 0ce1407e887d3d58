"""What a sign-in is kept and ended by: new tokens for a used one, the list of one's own, the end.

All of it is one's own: nobody sees another's sign-ins here, whatever their role.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.bearer import LONGEST_TOKEN, claims_of
from engage.api.auth.cookie import app_of, refuse_other_sites, signed_out
from engage.api.auth.guard import Guest
from engage.api.auth.marks import ANYBODY, ONESELF
from engage.api.auth.ways import keeping
from engage.api.parts import Parts
from engage.api.sign_in import forget
from engage.errors import NotFound
from engage.people.signing.keeping import Tokens
from engage.people.signing.principal import id_of
from engage.people.signing.store import Factors


class TokensOut(Struct, frozen=True, kw_only=True):
    """What a sign-in is used with from now on."""

    access_token: Annotated[str, Meta(description="A bearer token for five minutes.")]
    expires_in: Annotated[int, Meta(description="Seconds.")]
    refresh_token: Annotated[str, Meta(description="Good once, for the next pair of tokens.")]
    session_id: UUID

    @classmethod
    def of(cls, tokens: Tokens) -> "TokensOut":
        """Show what was made."""
        return cls(
            access_token=tokens.access,
            expires_in=tokens.seconds,
            refresh_token=tokens.refresh,
            session_id=tokens.sign_in,
        )

    def __repr__(self) -> str:
        """Hide the tokens."""
        return f"TokensOut(session_id={self.session_id})"


class RefreshIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A refresh token."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=LONGEST_TOKEN)]

    def __repr__(self) -> str:
        """Hide the token."""
        return "RefreshIn(…)"


class SignInOut(Struct, frozen=True, kw_only=True):
    """One of my sign-ins that hold."""

    id: UUID
    factors: Factors
    began_at: datetime
    used_at: Annotated[datetime, Meta(description="When it last got new tokens.")]
    until_at: Annotated[datetime, Meta(description="When it ends if nobody uses it.")]
    current: Annotated[bool, Meta(description="The one that asks.")]


class SignInsOut(Struct, frozen=True):
    """My sign-ins, the one used last first."""

    items: tuple[SignInOut, ...]
    next: None = None


@post(
    "/auth/refresh",
    opt=ANYBODY,
    operation_id="refreshTokens",
    summary="Exchange a refresh token for new tokens",
    status_code=HTTPStatus.OK,
)
async def refresh(
    request: Request[Any, Any, State],
    data: JSONBody[RefreshIn],
    parts: NamedDependency[Parts],
) -> TokensOut:
    """Answer with the next pair; a token that was used before opens nothing, and may end it all."""
    refuse_other_sites(request)
    return TokensOut.of(await keeping(parts).refresh(data.refresh_token.strip()))


@post(
    "/auth/logout",
    opt=ONESELF,
    operation_id="logOut",
    summary="Sign out: nothing of this sign-in opens again",
    status_code=HTTPStatus.NO_CONTENT,
)
async def log_out(guest: NamedDependency[Guest], parts: NamedDependency[Parts]) -> Response[None]:
    """End the sign-in of this request, and let a browser forget its cookie."""
    await forget(parts, guest.token)
    cookie = signed_out(parts.settings.public_url, app_of(guest.principal))
    return Response(content=None, status_code=HTTPStatus.NO_CONTENT, cookies=[cookie])


@get("/me/sessions", opt=ONESELF, operation_id="listSignIns", summary="Where I am signed in")
async def list_sign_ins(guest: NamedDependency[Guest], parts: NamedDependency[Parts]) -> SignInsOut:
    """Return my sign-ins that hold; a token of `engage token` is none."""
    ways = keeping(parts)
    claims = await claims_of(parts, guest.token)
    current = None if claims is None else claims.sign_in
    found = await ways.sign_ins(id_of(guest.principal))
    return SignInsOut(
        tuple(
            SignInOut(
                id=one.id,
                factors=one.factors,
                began_at=one.began_at,
                used_at=one.used_at,
                until_at=one.until_at,
                current=one.id == current,
            )
            for one in found
        )
    )


@delete(
    "/me/sessions/{sign_in_id:uuid}",
    opt=ONESELF,
    operation_id="endSignIn",
    summary="End one of my sign-ins",
    status_code=HTTPStatus.NO_CONTENT,
)
async def end_sign_in(
    sign_in_id: FromPath[UUID], guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> None:
    """Let none of its tokens open again, from the next request on."""
    if not await keeping(parts).revoke(id_of(guest.principal), sign_in_id):
        raise NotFound
