"""Passkeys by the API: signing in with one, and keeping one's own.

Signing in asks for no name: the device says who it is. Whatever is wrong gets the answer that a
wrong password gets. Making and ending one needs a fresh proof. This room refuses to tell whether
anybody has a passkey.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.bearer import claims_of
from engage.api.auth.cookie import holders_of, named_app, refuse_other_sites
from engage.api.auth.device import device_cookie, device_of
from engage.api.auth.guard import Guest
from engage.api.auth.marks import ANYBODY, ONESELF, fresh
from engage.api.auth.ways import came_from, passkey_ways
from engage.api.parts import Parts
from engage.api.passkey_values import (
    AssertionIn,
    AttestationIn,
    CreationOptionsOut,
    PasskeyOut,
    PasskeysOut,
    RequestOptionsOut,
    asked_for,
    to_be_made,
)
from engage.api.sign_ins import TokensOut
from engage.clock import random_bytes
from engage.errors import NotFound
from engage.people.signing.codes import DEVICE_BYTES
from engage.people.signing.keeping import opaque
from engage.people.signing.passkeys import handle_of, site_of
from engage.people.signing.principal import id_of, kind_of

AnyRequest = Request[Any, Any, State]


class PasskeyAskIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing: the device says who it is."""


class PasskeyIn(AssertionIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey, alone or after a password."""

    challenge: Annotated[
        str,
        Meta(max_length=128, description="Of `/v1/auth/password`: then it is the second step."),
    ] = ""


@post(
    "/auth/passkeys/options",
    opt=ANYBODY,
    operation_id="askForPasskey",
    summary="Sign in with a passkey: what to ask the device for",
    status_code=HTTPStatus.OK,
)
async def ask_for_passkey(
    request: AnyRequest, data: JSONBody[PasskeyAskIn], parts: NamedDependency[Parts]
) -> Response[RequestOptionsOut]:
    """Answer the same to everybody; the challenge opens on the device that asked, once."""
    refuse_other_sites(request)
    del data  # read, so that nothing else can be meant by it
    device = device_of(request, parts) or opaque(random_bytes(DEVICE_BYTES))
    challenge = await passkey_ways(parts).challenge("sign-in", device, came_from(parts, request))
    return Response(
        content=asked_for(site_of(parts.settings.public_url), challenge),
        status_code=HTTPStatus.OK,
        cookies=[device_cookie(parts, device)],
    )


@post(
    "/auth/passkeys/verify",
    opt=ANYBODY,
    operation_id="presentPasskey",
    summary="Sign in with a passkey: what the device signed",
    status_code=HTTPStatus.OK,
)
async def present_passkey(
    request: AnyRequest, data: JSONBody[PasskeyIn], parts: NamedDependency[Parts]
) -> TokensOut:
    """Answer with tokens: the device has verified the person, so it is two factors in one.

    A page of ours takes those of its own people alone: whoever has both on one device may pick the
    wrong one.
    """
    refuse_other_sites(request)
    tokens = await passkey_ways(parts).enter(
        data.value(),
        device_of(request, parts) or "",
        data.challenge,
        came_from(parts, request),
        holders_of(named_app(request)),
    )
    return TokensOut.of(tokens)


@post(
    "/me/passkeys/options",
    opt=fresh(ONESELF),
    operation_id="prepareMyPasskey",
    summary="A new passkey of mine: what to ask the device for",
    status_code=HTTPStatus.OK,
)
async def prepare_passkey(
    request: AnyRequest, guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> CreationOptionsOut:
    """Answer with what makes a passkey that one can sign in by without a name."""
    ways, me = passkey_ways(parts), guest.principal
    challenge = await ways.challenge(
        "register", await _place(parts, guest), came_from(parts, request)
    )
    return to_be_made(
        site_of(parts.settings.public_url),
        challenge,
        handle_of(kind_of(me), id_of(me)),
        me.given_name,
        await ways.listed(me),
    )


@post(
    "/me/passkeys",
    opt=fresh(ONESELF),
    operation_id="addMyPasskey",
    summary="A new passkey of mine: what the device made",
    status_code=HTTPStatus.CREATED,
)
async def add_passkey(
    data: JSONBody[AttestationIn], guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> PasskeyOut:
    """Keep it: from now on it signs me in."""
    made = await passkey_ways(parts).register(
        guest.principal, data.value(), await _place(parts, guest)
    )
    return PasskeyOut.of(made)


@get("/me/passkeys", opt=ONESELF, operation_id="listMyPasskeys", summary="My passkeys")
async def list_passkeys(
    guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> PasskeysOut:
    """Return my passkeys that open."""
    found = await passkey_ways(parts).listed(guest.principal)
    return PasskeysOut(tuple(PasskeyOut.of(one) for one in found))


@delete(
    "/me/passkeys/{passkey_id:uuid}",
    opt=fresh(ONESELF),
    operation_id="removeMyPasskey",
    summary="End one of my passkeys",
    status_code=HTTPStatus.NO_CONTENT,
)
async def remove_passkey(
    passkey_id: FromPath[UUID], guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> None:
    """Let it open nothing any more; who is signed in by it stays, until that is ended, too."""
    if not await passkey_ways(parts).end(guest.principal, passkey_id):
        raise NotFound


async def _place(parts: Parts, guest: Guest) -> str:
    claims = await claims_of(parts, guest.token)
    return guest.token if claims is None else str(claims.sign_in)
