"""RFC 9457 for everything that is not a success, in one place.

The table from an error to an HTTP status is statuses.py. A problem has a stable type and code, a
sentence, and the places at fault; it never repeats what was sent. What we did not expect is a 500
without any detail, logged as type and code location. docs/api.md lists the codes; a test compares.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias, cast
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg
from msgspec import Struct, structs

from engage.api import refusals
from engage.api.refusals import FieldError, InvalidRequest, Source
from engage.api.statuses import STATUS, status_of
from engage.api.wording import sentence_of
from engage.appointments import refusals as of_visits
from engage.errors import EngageError
from engage.ids import PatientId, RideId, StaffId
from engage.people.patient import NotAPatient
from engage.people.practice_change import NotAPractice
from engage.people.restriction import RestrictedRecord
from engage.people.signing.families import SeveralPeople
from engage.people.signing.limits import TooManyTries
from engage.people.signing.principal import FamilyKind
from engage.queue.item import AlreadyClaimed
from engage.turns.store import TurnFailed

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = "2"
PATIENCE_SECONDS = "600"
"""After which who asked too often may ask again."""

_SQL_INPUT = "22"
"""The class of SQLSTATEs that blame a value: NUL in a text, a number out of range."""
_SQL_UNDONE = ("40", "53", "55", "57")
"""Undone for another's sake, out of room, locked, shutting down: the same request may do later."""

_OF_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("invalid-request", "The request does not have the form that is asked for here."),
    401: ("not-signed-in", "Sign in: a valid bearer token is needed here."),
    403: ("not-allowed", "Your role may not do this."),
    404: ("not-found", "There is nothing here that you may see."),
    405: ("method-not-allowed", "This address does not take this method."),
    413: ("too-large", "The body is larger than what is taken here."),
    415: ("not-json", "This address takes application/json only."),
    500: ("internal-error", "Something went wrong on our side; nothing of it is your fault."),
    503: ("database-away", "The database can't be reached; nothing was changed."),
}

_log = structlog.stdlib.get_logger("engage.api")

AnyRequest: TypeAlias = Request[Any, Any, State]


class Holder(Struct, frozen=True):
    """Who holds an item, and since when."""

    staff_id: StaffId
    name: str | None
    since: datetime | None


class PersonOnPhone(Struct, frozen=True):
    """One of the people who use a phone, as they know each other."""

    id: UUID
    kind: FamilyKind
    given_name: str


class Problem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    #: Only with `already-claimed`: the colleague who has the item.
    held_by: Holder | None = None
    #: Only with `ride-not-confirmed`: what would have nobody with it.
    rides: tuple[RideId, ...] = ()
    #: Only with `restricted-record`: whose record it is, to open it with a reason.
    patient_id: PatientId | None = None
    #: Only with `several-people`: who uses the phone that the code came to.
    people: tuple[PersonOnPhone, ...] = ()


def answer(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Turn whatever was raised into a problem."""
    problem, headers = describe(error)
    if isinstance(error, ValidationException):
        problem = structs.replace(problem, errors=_as_sent(request, problem.errors))
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error(
            "request failed",
            exc_info=error,
            method=request.method,
            route=_route(request),
            http_status=problem.status,
        )
    elif isinstance(error, refusals.CutShort):
        # Nobody is left to read the answer, and whoever wants to can do this all day.
        _log.debug("request cut short", method=request.method, route=_route(request))
    return Response(
        content=msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def describe(error: Exception) -> tuple[Problem, dict[str, str]]:
    """Return the problem of an error and the headers that belong to it."""
    match error:
        case TurnFailed():
            # A turn saves in a function that catches: its SQLSTATE comes as a value.
            problem = _of(503 if error.state.startswith(_SQL_UNDONE) else 500)
        case EngageError():
            problem = _of_ours(error)
        case ValidationException():
            problem = _of(400, errors=_parameter_errors(error.extra))
        case HTTPException():
            problem = _of(error.status_code)
        case UnicodeDecodeError() | UnicodeEncodeError():
            problem = _named(refusals.UnreadableText())
        case RecursionError():
            problem = _named(refusals.TooDeep())
        case _:
            problem = _of_database(error)
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException) and "allow" in (error.headers or {}):
        headers["Allow"] = (error.headers or {})["allow"]
    match problem.status:
        case 401:
            headers["WWW-Authenticate"] = 'Bearer realm="engage"'
        case 429:
            headers["Retry-After"] = PATIENCE_SECONDS
        case 503:
            headers["Retry-After"] = RETRY_SECONDS
        case _:
            pass
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.seconds)
    return problem, headers


def _route(request: AnyRequest) -> str:
    return str(cast("dict[str, Any]", request.scope).get("path_template", ""))


def codes() -> Iterator[tuple[str, int, str]]:
    """Yield every code that a client may meet, with its status and its sentence."""
    ours = [(_code(kind), status, _sentence(kind)) for kind, status in STATUS.items()]
    others = [(code, status, sentence) for status, (code, sentence) in _OF_STATUS.items()]
    seen: set[str] = set()
    for code, status, sentence in (*ours, *others):
        explained = status != HTTPStatus.INTERNAL_SERVER_ERROR or code == _OF_STATUS[500][0]
        if explained and code not in seen:
            seen.add(code)
            yield code, status, sentence


def _code(kind: type[EngageError]) -> str:
    letters = (f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
    return "".join(letters).removeprefix("-")


def _sentence(kind: type[EngageError]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _of_ours(error: EngageError) -> Problem:
    status = status_of(type(error))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of(500)
    errors: tuple[FieldError, ...] = ()
    held_by = None
    rides: tuple[RideId, ...] = ()
    match error:
        case InvalidRequest() | refusals.Unprocessable():
            errors = error.errors
        case NotAPatient() | NotAPractice():
            errors = tuple(_at_fault(fault) for fault in error.faults)
        case AlreadyClaimed():
            name = error.name if isinstance(error, refusals.ClaimedBy) else None
            held_by = Holder(error.holder, name, error.since)
        case of_visits.RideNotConfirmed():
            rides = error.rides
        case _ if error.field is not None:
            errors = (_at_fault(error),)
        case _:
            pass
    problem = _named(error, errors, held_by, rides)
    if isinstance(error, SeveralPeople):
        seen = (PersonOnPhone(one.id, one.kind, one.given_name) for one in error.people)
        return structs.replace(problem, people=tuple(seen))
    if isinstance(error, RestrictedRecord):
        return structs.replace(problem, patient_id=error.patient)
    return problem


def _at_fault(error: EngageError) -> FieldError:
    return FieldError(error.field or "", error.code, error.sentence)


def _named(
    error: EngageError,
    errors: tuple[FieldError, ...] = (),
    held_by: Holder | None = None,
    rides: tuple[RideId, ...] = (),
) -> Problem:
    return Problem(
        type=f"/problems/{error.code}",
        title=_title(error.code),
        status=status_of(type(error)),
        code=error.code,
        detail=error.sentence,
        errors=errors,
        held_by=held_by,
        rides=rides,
    )


def _of(status: int, errors: tuple[FieldError, ...] = ()) -> Problem:
    # What the router or a library refuses; an unlisted 4xx is the client's, anything else ours.
    if status not in _OF_STATUS:
        status = 400 if 400 <= status < 500 else 500  # noqa: PLR2004 - the 4xx of HTTP
    code, sentence = _OF_STATUS[status]
    return Problem(
        type=f"/problems/{code}",
        title=_title(code),
        status=status,
        code=code,
        detail=sentence,
        errors=errors,
    )


def _of_database(error: Exception) -> Problem:
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith(_SQL_INPUT):
        return _named(refusals.UnreadableText())
    if state.startswith(_SQL_UNDONE):
        return _of(503)
    return _of(500)


def _parameter_errors(extra: object) -> tuple[FieldError, ...]:
    if not isinstance(extra, list):
        return ()
    return tuple(_parameter_error(one) for one in cast("list[dict[str, str]]", extra))


def _parameter_error(complaint: dict[str, str]) -> FieldError:
    code, detail = sentence_of(complaint.get("message", ""))
    source: Source = "query"
    match complaint.get("source"):
        case "body" | "header" | "path" as named:
            source = named
        case _:
            pass
    return FieldError("/" + complaint.get("key", ""), code, detail, source)


def _as_sent(request: AnyRequest, errors: tuple[FieldError, ...]) -> tuple[FieldError, ...]:
    """Name parameters as a request has them, not as our function does: "list" is our `on`."""
    fields = request.route_handler.parsed_fn_signature.parameters
    names = {
        f"/{ours}": f"/{field.kwarg_definition.name}"
        for ours, field in fields.items()
        if isinstance(field.kwarg_definition, ParameterKwarg) and field.kwarg_definition.name
    }
    return tuple(
        structs.replace(one, pointer=names.get(one.pointer, one.pointer)) for one in errors
    )


def _title(code: str) -> str:
    return code.replace("-", " ").capitalize()
