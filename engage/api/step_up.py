"""Step-up: whoever is signed in proves once more who they are, for what asks for it.

Staff by a code of their authenticator or a passkey, families by a texted code or a passkey. A code
goes to the phone that the asker is known by, so nobody types a number, nor names another. This room
refuses to begin a sign-in, and a proof of anybody but the one who asks.
"""

from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.bearer import claims_of
from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.device import device_of
from engage.api.auth.guard import Guest
from engage.api.auth.marks import ONESELF
from engage.api.auth.proof import FRESH_FOR
from engage.api.auth.ways import came_from, family_ways, keeping, passkey_ways, staff_ways
from engage.api.codes import CodeAskedOut, CodeIn, asked
from engage.api.parts import Parts
from engage.api.passkey_values import AssertionIn, RequestOptionsOut, asked_for
from engage.api.refusals import FreshProofNeeded, NotSignedIn
from engage.people.access import Caller
from engage.people.phone import PhoneNumber
from engage.people.signing.passkeys import site_of
from engage.people.signing.principal import Family

AnyRequest = Request[Any, Any, State]


class StepUpIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One proof: a passkey, or a code."""

    code: Annotated[
        str,
        Meta(max_length=40, description="Of the authenticator; of families the one texted."),
    ] = ""
    phone: Annotated[
        str,
        Meta(max_length=40, description="Of families: the phone it came to; their own if empty."),
    ] = ""
    passkey: AssertionIn | None = None

    def __repr__(self) -> str:
        """Hide the proof."""
        return "StepUpIn(…)"


class SteppedUpOut(Struct, frozen=True):
    """How long the proof counts as fresh."""

    expires_in: Annotated[int, Meta(description="Seconds.")]


@post(
    "/auth/step-up/options",
    opt=ONESELF,
    operation_id="askForProof",
    summary="Prove again who I am: what to ask the device for",
    status_code=HTTPStatus.OK,
)
async def ask_for_proof(
    request: AnyRequest, guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> RequestOptionsOut:
    """Answer with a challenge for one of my passkeys; without any, none of them is named."""
    claims = await claims_of(parts, guest.token)
    if claims is None:
        raise FreshProofNeeded
    ways = passkey_ways(parts)
    where = str(claims.sign_in)
    challenge = await ways.challenge("step-up", where, came_from(parts, request))
    known = await ways.listed(guest.principal)
    return asked_for(site_of(parts.settings.public_url), challenge, known)


@post(
    "/auth/step-up/code",
    opt=ONESELF,
    operation_id="askForProofCode",
    summary="Prove again who I am: have a code texted to my own phone",
    status_code=HTTPStatus.ACCEPTED,
)
async def ask_for_proof_code(
    request: AnyRequest, guest: NamedDependency[Guest], parts: NamedDependency[Parts]
) -> Response[CodeAskedOut]:
    """Send what `/v1/auth/code` sends, within its limits, to whom the asker is known by."""
    if isinstance(guest.principal, Caller):
        # Staff prove nothing by a text.
        raise FreshProofNeeded
    phone = await _phone_of(parts, guest.principal)
    return await asked(request, parts, CodeIn(phone.e164), with_link=False)


@post(
    "/auth/step-up",
    opt=ONESELF,
    operation_id="stepUp",
    summary="Prove again who I am",
    status_code=HTTPStatus.OK,
)
async def step_up(
    request: AnyRequest,
    data: JSONBody[StepUpIn],
    guest: NamedDependency[Guest],
    parts: NamedDependency[Parts],
) -> SteppedUpOut:
    """Count as proved for the next five minutes, in this sign-in alone."""
    refuse_other_sites(request)
    claims, me = await claims_of(parts, guest.token), guest.principal
    if claims is None:
        # A token of `engage token`: whoever runs the server makes a new one.
        raise FreshProofNeeded
    where = came_from(parts, request)
    if data.passkey is not None:
        await passkey_ways(parts).prove(me, data.passkey.value(), str(claims.sign_in))
    elif isinstance(me, Caller):
        await staff_ways(parts).prove(me.staff_id, data.code, where)
    else:
        device = device_of(request, parts) or ""
        code = "".join(data.code.split())
        phone = PhoneNumber.parse(data.phone) if data.phone else await _phone_of(parts, me)
        await family_ways(parts).prove(me, phone, code, device, where)
    await keeping(parts).prove(claims)
    return SteppedUpOut(int(FRESH_FOR.total_seconds()))


async def _phone_of(parts: Parts, me: Family) -> PhoneNumber:
    phone = await family_ways(parts).phone_of(me)
    if phone is None:
        raise NotSignedIn
    return phone
