"""The carrier's doors: texts in, the fallback, and status reports.

The order is fixed: size, signature on the raw body and the configured public address, then meaning.
Never the Host header, never a forwarded one. A bad request is refused with nothing written; a good
one is answered 204 only once it is durable, and 503 otherwise, so that the carrier tries elsewhere.
"""

import re
from typing import Annotated, Any, Final

import structlog
from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from engage.api.auth.marks import ANYBODY
from engage.api.parts import Parts
from engage.api.refusals import BadSignature, NotAForm
from engage.errors import EngageError, NotDurable
from engage.messaging.doors import Door
from engage.messaging.signature import HEADER, SETTINGS_HEADER, verify
from engage.messaging.webhook_form import BadForm, Params, inbound, parse_form, status

FORM: Final = "application/x-www-form-urlencoded"
_TO, _ACCOUNT_SID = "/To", "/AccountSid"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")

_log = structlog.stdlib.get_logger("engage.api.webhooks")

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
    await _take(request, parts, turn=True)


@post(
    "/webhooks/twilio/fallback",
    opt=ANYBODY,
    operation_id="receiveTextAgain",
    summary="A text came in, and the first door did not answer",
    status_code=204,
)
async def receive_text_again(request: AnyRequest, parts: NamedDependency[Parts]) -> None:
    """Record a text only: a worker takes its turn."""
    await _take(request, parts, turn=False)


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
    params = await _form(request)
    named = parts.vault.master.read_callback_token(m)
    if named is None:
        raise BadSignature
    practice, message = named
    doors = await parts.doors.by_practice(practice)
    door = next(iter(doors), None)
    _require_signature(request, parts, params, door)
    report = status(params)
    if door is None or report.account_sid != door.account.account_sid:
        raise BadSignature
    try:
        await parts.outbox.report(practice, message, report)
    except EngageError:
        raise
    except Exception as error:  # a report that is not kept must come again
        _log.exception("report not kept", message=str(message))
        raise NotDurable from error


async def _take(request: AnyRequest, parts: Parts, *, turn: bool) -> None:
    params = await _form(request)
    door = await _door(parts, params)
    _require_signature(request, parts, params, door)
    text = inbound(params)
    if door is None:
        raise BadSignature
    try:
        await parts.turns.text_in(door, text, turn=turn)
    except EngageError:
        raise
    except Exception as error:  # whatever it was, the text is not durable: say so
        _log.exception("text not kept", practice=str(door.practice_id))
        raise NotDurable from error


async def _form(request: AnyRequest) -> Params:
    if SETTINGS_HEADER in request.headers or len(request.headers.getall(HEADER, [])) != 1:
        raise BadSignature
    content_types = request.headers.getall("content-type", [])
    if len(content_types) != 1 or content_types[0].partition(";")[0].strip().lower() != FORM:
        raise NotAForm
    return parse_form(await request.body())


async def _door(parts: Parts, params: Params) -> Door | None:
    number = [value for name, value in params if name == "To"]
    account = [value for name, value in params if name == "AccountSid"]
    if len(number) != 1 or len(account) != 1:
        raise BadForm(_TO if len(number) != 1 else _ACCOUNT_SID)
    if not _NUMBER.fullmatch(number[0]) or not _ACCOUNT.fullmatch(account[0]):
        raise BadSignature
    return await parts.doors.find(number[0], account[0])


def _require_signature(
    request: AnyRequest, parts: Parts, params: Params, door: Door | None
) -> None:
    # An unknown door has no token, so nothing it says can be signed: the same 403.
    tokens = door.account.auth_tokens if door is not None else ()
    url = signed_url(parts.settings.public_url, request.scope)
    if not verify(url, params, request.headers.get(HEADER), tokens):
        raise BadSignature


def signed_url(public_url: str, scope: Any) -> str:  # noqa: ANN401 - an ASGI scope
    """Return the address as the carrier requested it: ours as configured, path and query raw."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw_path.partition(b"?")[0].decode("ascii", "surrogateescape")
    query: bytes = scope.get("query_string", b"")
    tail = f"?{query.decode('ascii', 'surrogateescape')}" if query else ""
    return f"{public_url}{path}{tail}"
