"""The description of the API (OpenAPI 3.1), made from the routes and set right in one place.

Litestar draws paths and parameters; the bodies are drawn by msgspec, which decodes them, so that
closed objects, tags and whole numbers are described as they are enforced. Added here: the problems
that are really sent, who may enter, and the headers that every change understands.
tests/api/test_openapi.py pins the result to docs/openapi.json.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final, cast, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.response import Stream
from litestar.routes import HTTPRoute

from engage import __version__
from engage.api.auth.cookie import APP_HEADER, CSRF_HEADER, NAMES, App
from engage.api.auth.marks import FAMILY, OWN, PUBLIC
from engage.api.file_names import outside
from engage.api.once import KEY_HEADER, LONGEST_KEY
from engage.api.problems import MEDIA_TYPE, Problem
from engage.api.reading import MOST_BYTES

Json = dict[str, Any]

JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{name}"
_ABOUT: Final = (
    "Errors are application/problem+json (RFC 9457). Lists are keyset pages: follow `next` until "
    "it is null. Moments are RFC 3339 in UTC. What you may not see is 404, as if it did not exist. "
    f"Bodies are at most {MOST_BYTES // 1024} KB of JSON (with a document, 4 MB), and no field is"
    " unknown."
)
_KEY_PARAMETER: Final[Json] = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "A key of your own for this request. Sent again with the same body, the first "
    "answer comes back and nothing happens twice; with another body it is a 422.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[!-~]+$",
    },
}
_ETAG: Final[Json] = {
    "description": "The version of the record, for If-Match.",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
}
_LOCATION: Final[Json] = {
    "description": "Where the new record is.",
    "required": True,
    "schema": {"type": "string"},
}
_INTEGERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SIGN_IN: Final = ("/v1/session",)
_BY_STEPS: Final = "/v1/auth/"
_MINE: Final = "/v1/me/passkeys"
"""Signing in by steps: limited, and never stored under a key, since the answers are secrets."""
_OF_ONE = frozenset(
    {
        "/v1/appointments",
        "/v1/canned-replies",
        "/v1/covers/preview",
        "/v1/practice-wishes",
        "/v1/practices/{practice_id}/holidays",
        "/v1/practices/{practice_id}/on-call",
        "/v1/rescreening",
        "/v1/rides",
        "/v1/rides.csv",
        "/v1/slots",
        "/v1/waiting",
    }
)
"""Lists of one patient, or of one practice, that the query names."""
_BY_OUR_PAGES: Final = ("/simulator/people", "/simulator/handset", "/simulator/sign-in")
_WEBHOOK_PROBLEMS: Final = (400, 403, 413, 415, 500, 503)
_FORM: Final[Json] = {
    "required": True,
    "description": "The carrier's form, signed.",
    "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
}


def document(routes: Sequence[Any], dependencies: Mapping[str, Any]) -> bytes:
    """Return the description of these routes as JSON."""
    app = Litestar(
        route_handlers=routes,
        dependencies=dict(dependencies),
        openapi_config=OpenAPIConfig(
            title="engage", version=__version__, description=_ABOUT, use_handler_docstrings=True
        ),
        logging_config=None,
    )
    drawn = app.openapi_schema.to_schema()
    routes_by_name = {one.operation_id: one for one in _routes_of(app) if one.operation_id}
    bodies, components = _bodies(list(routes_by_name.values()))
    for path, operations in drawn["paths"].items():
        for operation in operations.values():
            handler = routes_by_name[operation["operationId"]]
            _set_right(path, operation, handler, bodies[operation["operationId"]])
    drawn["paths"] = {outside(path): operations for path, operations in drawn["paths"].items()}
    drawn["components"] = {
        "schemas": components,
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "engage token"},
            "cookie": _cookie("console", "For our own pages of staff, by signIn"),
            "familyCookie": _cookie("family", "For pages of caregivers and patients, by signIn"),
        },
    }
    _plain(drawn["paths"])
    return msgspec.json.format(msgspec.json.encode(drawn, order="sorted"), indent=1) + b"\n"


def _routes_of(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from (one for one in route.route_handlers if "OPTIONS" not in one.http_methods)


def _bodies(
    handlers: list[HTTPRouteHandler],
) -> tuple[dict[str, tuple[Json | None, Json | None]], Json]:
    """Return what goes in and out of each operation, as msgspec reads and writes it."""
    types: dict[tuple[str, str], Any] = {("", "problem"): Problem}
    for one in handlers:
        name = str(one.operation_id)
        taken = one.parsed_fn_signature.parameters.get("data")
        if taken is not None:
            types[name, "in"] = taken.annotation
        given = one.parsed_fn_signature.return_type.annotation
        if get_origin(given) is Response:
            given = get_args(given)[0]
        if given is not None and given not in (bytes, Stream, type(None)):
            types[name, "out"] = given
    schemas, components = msgspec.json.schema_components(types.values(), ref_template=_REF)
    drawn = dict(zip(types, schemas, strict=True))
    names = (str(one.operation_id) for one in handlers)
    return {n: (drawn.get((n, "in")), drawn.get((n, "out"))) for n in names}, components


def _cookie(app: App, whose: str) -> Json:
    says = (
        f"{whose}; over https its name begins with __Host-. A change that rests on it must carry"
        f" {CSRF_HEADER}: 1. With {APP_HEADER}: {app} it is the one that counts where both would."
    )
    return {"type": "apiKey", "in": "cookie", "name": NAMES[app], "description": says}


def _cookies_of(handler: HTTPRouteHandler) -> tuple[str, ...]:
    if handler.opt.get(OWN):
        return ("cookie", "familyCookie")
    return ("familyCookie",) if FAMILY in handler.opt else ("cookie",)


def _set_right(
    path: str,
    operation: Json,
    handler: HTTPRouteHandler,
    body: tuple[Json | None, Json | None],
) -> None:
    taken, given = body
    method = next(iter(handler.http_methods))
    open_to_all = bool(handler.opt.get(PUBLIC))
    operation["tags"] = [path.removeprefix("/v1").split("/")[1]]
    operation.pop("deprecated", None)
    if not open_to_all:
        operation["security"] = [{"bearer": []}, *({one: []} for one in _cookies_of(handler))]
    if taken is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": taken}}}
    if path.startswith("/webhooks/"):
        operation["requestBody"] = _FORM
    signs_in = path.startswith((_BY_STEPS, _MINE))
    if method == "POST" and path.startswith("/v1/") and not open_to_all and not signs_in:
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    status = str(handler.status_code)
    good: Json = {"description": HTTPStatus(handler.status_code).phrase}
    if given is not None:
        good["content"] = {JSON: {"schema": given}}
        _add_headers(good, given, handler.status_code)
    elif handler.status_code != HTTPStatus.NO_CONTENT:
        good["content"] = {str(handler.media_type or "text/plain"): {"schema": {"type": "string"}}}
    operation["responses"] = {status: good} | {
        str(one): _problem(one)
        for one in _problems(path, method, operation, open_to_all=open_to_all)
    }


def _add_headers(good: Json, given: Json, status: int) -> None:
    if "$ref" in given and given["$ref"].rpartition("/")[2] in _versioned():
        good["headers"] = {"ETag": _ETAG}
        if status == HTTPStatus.CREATED:
            good["headers"]["Location"] = _LOCATION


@cache
def _versioned() -> frozenset[str]:
    # The records that answer with an ETag; a test holds this against what is really sent.
    return frozenset(
        {
            *("PatientOut", "ScreeningOut", "ItemDetail"),
            *("AppointmentDetail", "RideDetail", "PlaceOut"),
        }
    )


def _problems(path: str, method: str, operation: Json, *, open_to_all: bool) -> Sequence[int]:
    if path.startswith("/webhooks/"):
        return _WEBHOOK_PROBLEMS
    found = {500}
    named = {one["name"] for one in operation.get("parameters", ())}
    takes_body = "requestBody" in operation
    if not open_to_all:
        found |= {400, 401, 403, 415, 503}
    if open_to_all and path != "/health/live":
        found |= {503}
    if takes_body:
        found |= {400, 413, 415, 422}
    found |= _signing_problems(path, takes_body=takes_body)
    if path in _BY_OUR_PAGES:
        found |= {403}
    if named and open_to_all:
        found |= {400}
    found |= _problems_of_few(path)
    if "{" in path or (takes_body and not open_to_all):
        found |= {404}
    if path in _OF_ONE:
        found |= {404, 422}
    if method == "POST" and not open_to_all:
        found |= {409, 413, 422}
    if method == "DELETE" and not open_to_all:
        found |= {413}
    if path.startswith("/v1/staff/{staff_id}"):
        found |= {409}
    if "If-Match" in named:
        found |= {409, 412}
    return sorted(found)


def _problems_of_few(path: str) -> set[int]:
    limited = path.startswith(("/v1/calendars/", "/v1/me/paging/"))
    if limited or path.endswith("/invitations"):
        return {429}
    return {410} if path == "/v1/sync" else set()


def _signing_problems(path: str, *, takes_body: bool) -> set[int]:
    if path.startswith(_BY_STEPS) and takes_body:
        # There may be no organisation to sign in by.
        nowhere = {404} if path.startswith("/v1/auth/organisation") else set[int]()
        return {401, 403, 409, 429} | nowhere
    if path.endswith("/options"):
        return {403, 429}
    return {401, 403} if path in _SIGN_IN else set()


def _problem(status: int) -> Json:
    said: Json = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
    }
    if status == HTTPStatus.UNAUTHORIZED:
        said["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        said["headers"] = {"Retry-After": {"required": True, "schema": {"type": "string"}}}
    return said


def _plain(part: Any) -> None:  # noqa: ANN401 - any part of a JSON document
    """Write whole numbers as such, and take null out of parameters: a URL has no way to say it."""
    if isinstance(part, list):
        for one in cast("list[Any]", part):
            _plain(one)
    if not isinstance(part, dict):
        return
    fields = cast("Json", part)
    for key in _INTEGERS:
        if isinstance(fields.get(key), float) and fields[key].is_integer():
            fields[key] = int(fields[key])
    if fields.get("oneOf", [])[1:] == [{"type": "null"}]:
        fields |= fields.pop("oneOf")[0]
    if fields.get("type") == ["null", "string"]:
        fields["type"] = "string"
        fields["enum"] = [one for one in fields["enum"] if one is not None]
    for one in fields.values():
        _plain(one)
