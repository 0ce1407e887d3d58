"""The carrier's doors: texts in, the fallback, status reports, and calls.

The order is fixed: size, signature on the raw body and the configured public address, then meaning.
Never the Host header, never a forwarded one. A bad request is refused with nothing written; a good
one is answered 204 only once it is durable, in the database or in the spool, and 503 otherwise, so
that the carrier tries elsewhere. What is done with a request stands in intake.py.
A call is answered with words, also while the database is away.
"""

from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from engage.api import voice
from engage.api.auth.marks import ANYBODY
from engage.api.intake import take
from engage.api.parts import Parts
from engage.clock import fresh_id
from engage.messaging.signature import HEADER, SETTINGS_HEADER
from engage.messaging.spool.posted import Kind, Posted
from engage.messaging.voice import MEDIA_TYPE as SPOKEN

AnyRequest = Request[Any, Any, State]


@post(
    "/webhooks/twilio/inbound",
    opt=ANYBODY,
    operation_id="receiveText",
    summary="A text came in",
    status_code=204,
)
async def receive_text(request: AnyRequest, parts: NamedDependency[Parts]) -> None:
    """Record a text and take its turn; 204 means that it is kept for good."""
    await take(parts, await _posted(request, parts, "inbound"))


@post(
    "/webhooks/twilio/fallback",
    opt=ANYBODY,
    operation_id="receiveTextAgain",
    summary="A text came in, and the first door did not answer",
    status_code=204,
)
async def receive_text_again(request: AnyRequest, parts: NamedDependency[Parts]) -> None:
    """Record a text only: a worker takes its turn."""
    await take(parts, await _posted(request, parts, "fallback"))


@post(
    "/webhooks/twilio/status",
    opt=ANYBODY,
    operation_id="receiveReport",
    summary="What became of a text of ours",
    status_code=204,
)
async def receive_report(
    request: AnyRequest,
    parts: NamedDependency[Parts],
    m: Annotated[
        str,
        QueryParameter(
            required=False, max_length=200, description="Our own signed id of the text."
        ),
    ] = "",
) -> None:
    """Record a status report; the text is found by our own signed id, never by the carrier's."""
    await take(parts, await _posted(request, parts, "status", m))


@post(
    "/webhooks/twilio/voice",
    opt=ANYBODY,
    operation_id="answerCall",
    summary="Somebody calls the number that texts",
    status_code=200,
    media_type=SPOKEN,
)
async def answer_call(request: AnyRequest, parts: NamedDependency[Parts]) -> Response[bytes]:
    """Say, in English and Spanish, where help is and when the practice can be reached."""
    words = await voice.answer(parts, await _posted(request, parts, "call"))
    return Response(words, media_type=SPOKEN)


async def _posted(request: AnyRequest, parts: Parts, kind: Kind, token: str = "") -> Posted:
    # Its place in the order is where it came in, not where its body ended.
    number = fresh_id(parts.clock) if parts.spooling is None else parts.spooling.spool.next_id()
    at, headers = parts.clock.now(), request.headers
    return Posted(
        id=number,
        kind=kind,
        at=at,
        url=signed_url(parts.settings.public_url, request.scope),
        signatures=tuple(headers.getall(HEADER, [])),
        settings_header=SETTINGS_HEADER in headers,
        content_types=tuple(headers.getall("content-type", [])),
        body=await request.body(),
        token=token,
    )


def signed_url(public_url: str, scope: Any) -> bytes:  # noqa: ANN401 - an ASGI scope
    """Return the address as the carrier requested it: ours as configured, path and query raw."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return public_url.encode() + path.partition(b"?")[0] + (b"?" + query if query else b"")
