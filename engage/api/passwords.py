"""How staff sign in by the API: an invitation, a password, a second factor.

Whatever is wrong gets one answer: the address, the password, the code, the challenge. This room
refuses to open anything by a password alone.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.guard import Visit
from engage.api.auth.marks import ANYBODY, fresh, needs
from engage.api.auth.ways import came_from, staff_ways
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.qr import QrOut, drawn
from engage.api.sign_ins import TokensOut
from engage.audit import By
from engage.db.session import Work
from engage.ids import PracticeId
from engage.people.fields import EmailAddress
from engage.people.signing.invitations import invite_colleague
from engage.people.signing.passwords import LONGEST

Presented = Annotated[str, Meta(min_length=1, max_length=128)]
Email = Annotated[str, Meta(min_length=3, max_length=254, examples=["dana@example.org"])]
Password = Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class _Secret(Struct, frozen=True):
    def __repr__(self) -> str:
        """Hide the fields."""
        return f"{type(self).__name__}(…)"


class PasswordIn(_Secret, frozen=True, forbid_unknown_fields=True):
    """The first step."""

    email: Email
    password: Password


class ChallengeOut(_Secret, frozen=True, kw_only=True):
    """What the second step is taken with; it opens nothing else."""

    challenge: str
    expires_at: datetime


class SecondFactorIn(_Secret, frozen=True, forbid_unknown_fields=True):
    """The second step."""

    challenge: Presented
    code: Annotated[
        str,
        Meta(min_length=6, max_length=40, description="Of the authenticator, or a recovery code."),
    ]


class EnteredOut(TokensOut, frozen=True, kw_only=True):
    """What a sign-in is used with; after a new authenticator, codes to be written down as well."""

    recovery_codes: Annotated[
        tuple[str, ...], Meta(description="Each opens once, in place of a code. Shown once.")
    ] = ()


class InvitationIn(_Secret, frozen=True, forbid_unknown_fields=True):
    """An invitation, and the password that its holder chooses."""

    invitation: Presented
    password: Annotated[Password, Meta(description="12 to 128 characters.")]


class OfferedOut(_Secret, frozen=True, kw_only=True):
    """A new authenticator; it and the password count once a code of it was shown."""

    challenge: str
    secret: Annotated[str, Meta(description="For the authenticator, by hand.")]
    otpauth: Annotated[str, Meta(description="The same, for a QR code.")]
    qr: Annotated[QrOut, Meta(description="That QR code.")]
    expires_at: datetime


class ColleagueIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to invite."""

    email: Email
    practice_id: PracticeId | None = None

    def __repr__(self) -> str:
        """Hide the address."""
        return "ColleagueIn(…)"


class InvitedOut(_Secret, frozen=True, kw_only=True):
    """An invitation; whoever holds it chooses the password."""

    invitation: str
    expires_at: datetime


@post(
    "/auth/password",
    opt=ANYBODY,
    operation_id="presentPassword",
    summary="Sign in as staff: the first step",
    status_code=HTTPStatus.OK,
)
async def present_password(
    request: Request[Any, Any, State],
    data: JSONBody[PasswordIn],
    parts: NamedDependency[Parts],
) -> ChallengeOut:
    """Answer with a challenge for the second step."""
    refuse_other_sites(request)
    found = await staff_ways(parts).password(data.email, data.password, came_from(parts, request))
    return ChallengeOut(challenge=found.token, expires_at=found.until)


@post(
    "/auth/second-factor",
    opt=ANYBODY,
    operation_id="presentSecondFactor",
    summary="Sign in as staff: the second step",
    status_code=HTTPStatus.OK,
)
async def present_second_factor(
    request: Request[Any, Any, State],
    data: JSONBody[SecondFactorIn],
    parts: NamedDependency[Parts],
) -> EnteredOut:
    """Answer with tokens; the first time also with recovery codes."""
    refuse_other_sites(request)
    entered = await staff_ways(parts).second_factor(
        data.challenge, data.code, came_from(parts, request)
    )
    return EnteredOut(
        access_token=entered.tokens.access,
        expires_in=entered.tokens.seconds,
        refresh_token=entered.tokens.refresh,
        session_id=entered.tokens.sign_in,
        recovery_codes=entered.recovery_codes,
    )


@post(
    "/auth/invitation",
    opt=ANYBODY,
    operation_id="acceptInvitation",
    summary="Choose a password and get an authenticator",
    status_code=HTTPStatus.OK,
)
async def accept_invitation(
    request: Request[Any, Any, State],
    data: JSONBody[InvitationIn],
    parts: NamedDependency[Parts],
) -> OfferedOut:
    """Answer with an authenticator's secret, to be confirmed by the second step."""
    refuse_other_sites(request)
    offered = await staff_ways(parts).accept(
        data.invitation, data.password, came_from(parts, request)
    )
    return OfferedOut(
        challenge=offered.challenge,
        secret=offered.secret,
        otpauth=offered.address,
        qr=drawn(offered.address),
        expires_at=offered.until,
    )


@post(
    "/staff/invitations",
    opt=fresh(needs("staff.write")),
    operation_id="inviteStaff",
    summary="Invite a colleague to choose a password and a second factor",
    status_code=HTTPStatus.CREATED,
)
async def invite_staff(
    request: Request[Any, Any, State],
    data: JSONBody[ColleagueIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[InvitedOut]:
    """Answer with an invitation for 72 hours, shown once; an older one opens no more."""
    practice = chosen_practice(visit, data.practice_id)
    address = EmailAddress.parse(data.email)
    ways, at = staff_ways(parts), parts.clock.now()

    async def act(work: Work) -> Made:
        invited = await invite_colleague(
            work,
            parts.vault.master,
            ways,
            address,
            practice,
            visit.practices,
            at=at,
            by=By.staff(visit.staff_id),
        )
        out = InvitedOut(invitation=invited.token, expires_at=invited.until)
        return Made(out, HTTPStatus.CREATED)

    return await once(request, parts, practice, InvitedOut, act)
