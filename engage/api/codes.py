"""How patients and caregivers sign in by the API: a code by text.

Asking gets one answer whoever is known, and the text is queued after it was given, so that the time
it takes says nothing. The cookie of the device stands for no rights: it ties a code to the browser
or app that asked for it. This room refuses a phone that we could not text.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import structlog
from litestar import Request, Response, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.device import device_cookie, device_of
from engage.api.auth.marks import ANYBODY
from engage.api.auth.ways import came_from, family_ways
from engage.api.parts import Parts
from engage.api.sign_ins import TokensOut
from engage.clock import fresh_id, random_bytes
from engage.db.session import Work
from engage.ids import MessageId
from engage.messaging.codes import CodeText, queue_code
from engage.people.phone import PhoneNumber
from engage.people.signing import codes
from engage.people.signing.keeping import opaque
from engage.people.signing.principal import Person

Phone = Annotated[str, Meta(min_length=3, max_length=40, examples=["+16025550142"])]

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class CodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose phone."""

    phone: Phone

    def __repr__(self) -> str:
        """Hide the number."""
        return "CodeIn(…)"


class CodeAskedOut(Struct, frozen=True):
    """The same for everybody: a code goes to the phone if we know it and may text it."""

    expires_in: Annotated[int, Meta(description="Seconds for which a code opens.")]


class CodeVerifyIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The code that came."""

    phone: Phone
    code: Annotated[str, Meta(min_length=1, max_length=20)]
    person_id: Annotated[
        UUID | None,
        Meta(description="Which of those who use the phone: after a 409 `several-people`."),
    ] = None

    def __repr__(self) -> str:
        """Hide the number and the code."""
        return "CodeVerifyIn(…)"


@post(
    "/auth/code",
    opt=ANYBODY,
    operation_id="askForCode",
    summary="Sign in as a patient or a caregiver: have a code texted",
    status_code=HTTPStatus.ACCEPTED,
)
async def ask_for_code(
    request: Request[Any, Any, State], data: JSONBody[CodeIn], parts: NamedDependency[Parts]
) -> Response[CodeAskedOut]:
    """Answer at once, the same whoever is known; then send a code, if there is anybody to."""
    return await asked(request, parts, data, with_link=False)


async def asked(
    request: Request[Any, Any, State], parts: Parts, data: CodeIn, *, with_link: bool
) -> Response[CodeAskedOut]:
    """Count that somebody asks, answer, and then send what they asked for."""
    refuse_other_sites(request)
    phone = PhoneNumber.parse(data.phone)
    await family_ways(parts).ask(phone, came_from(parts, request))
    device = device_of(request, parts) or opaque(random_bytes(codes.DEVICE_BYTES))
    return Response(
        content=CodeAskedOut(int(codes.LIFE.total_seconds())),
        status_code=HTTPStatus.ACCEPTED,
        cookies=[device_cookie(parts, device)],
        background=BackgroundTask(_send, parts, phone, device, with_link=with_link),
    )


@post(
    "/auth/code/verify",
    opt=ANYBODY,
    operation_id="verifyCode",
    summary="Sign in as a patient or a caregiver: the code that came",
    status_code=HTTPStatus.OK,
)
async def verify_code(
    request: Request[Any, Any, State], data: JSONBody[CodeVerifyIn], parts: NamedDependency[Parts]
) -> TokensOut:
    """Answer with tokens, if it is the live code of this phone, asked for from this device."""
    refuse_other_sites(request)
    tokens = await family_ways(parts).verify(
        PhoneNumber.parse(data.phone),
        "".join(data.code.split()),
        device_of(request, parts) or "",
        data.person_id,
        came_from(parts, request),
    )
    return TokensOut.of(tokens)


async def _send(parts: Parts, phone: PhoneNumber, device: str, *, with_link: bool) -> None:
    async def queue(work: Work, person: Person, code: str, link: str) -> bool:
        at = parts.clock.now()
        text = CodeText(
            id=MessageId(fresh_id(parts.clock)),
            phone_id=person.phone_id,
            language=person.language,
            code=code,
            link=f"{parts.settings.public_url}/family/enter#l={link}" if link else "",
            at=at,
            until=at + codes.LIFE,
        )
        keys = await parts.vault.keys(person.practice_id, work)
        return await queue_code(work, keys, parts.catalogue, text)

    try:
        if await family_ways(parts).send(phone, device, queue, with_link=with_link):
            parts.bell.ring("outbox")
    except Exception:  # noqa: BLE001 - whatever it was, nobody is left to be answered
        # The answer is given; they ask again, and whoever watches the log sees why.
        _log.exception("sign-in code not queued")
