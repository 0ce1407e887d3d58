"""The guard that every request passes before anything of it is read.

In order: who is it (401), may they do this anywhere (403), is the request in a form that this route
knows. What the caller may see is narrowed here, once, to the practices where they may do it; no
route looks at a role again. A caregiver or a patient who is signed in has no role: they pass where
a route is everybody's own, or a family's, and there with what was granted at this moment.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from engage.api.auth.bearer import token_of, who
from engage.api.auth.cookie import PERSON_HEADER, UNATTENDED, App, app_of, named_app, token_in
from engage.api.auth.marks import ACTION, FAMILY, FRESH, OWN, PUBLIC, Right
from engage.api.auth.proof import require_proof
from engage.api.parts import Parts
from engage.api.reading import JsonRequest, decode, require_json
from engage.api.refusals import (
    CrossSite,
    FieldError,
    InvalidRequest,
    NotAllowed,
    NotSignedIn,
    UnreadableText,
)
from engage.audit import By
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.access import Action, Caller, Visible, visible_to
from engage.people.sharing.circles import InCircle, circle
from engage.people.sharing.grant import Scope
from engage.people.signing.page_keys import is_page_key
from engage.people.signing.principal import CaregiverIn, Family, Principal, id_of, kind_of
from engage.settings import is_loopback

PARTS: Final = "engage_parts"
_VISIT: Final = "engage_visit"
_GUEST: Final = "engage_guest"
_RELATIVE: Final = "engage_relative"
_SAFE: Final = ("GET", "HEAD")

Connection = ASGIConnection[Any, Any, Any, Any]


class _Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a route that asks for none: an empty object at most."""


class Visit(Struct, frozen=True):
    """Who is asking, what they present, and where they may do what this route does."""

    caller: Caller
    token: str
    action: Action
    visible: Visible
    #: When they were let in, and by which operation: what opens a restricted record is judged now.
    at: datetime
    operation: str

    @property
    def staff_id(self) -> StaffId:
        """Who is asking."""
        return self.caller.staff_id

    @property
    def practices(self) -> tuple[PracticeId, ...]:
        """Where they may do what this route does."""
        return self.visible.practices

    def __repr__(self) -> str:
        """Hide the token."""
        return f"Visit(staff={self.staff_id})"


class Guest(Struct, frozen=True):
    """Whoever is signed in, staff or not, and what they present."""

    principal: Principal
    token: str

    def __repr__(self) -> str:
        """Hide the token and the name."""
        return f"Guest({kind_of(self.principal)}={id_of(self.principal)})"


class Relative(Struct, frozen=True):
    """A caregiver or a patient, and whom they may see what of at this request."""

    me: Family
    token: str
    circle: Mapping[PatientId, InCircle]
    #: The patient whom the path names, and what may be seen of them.
    about: InCircle | None = None

    @property
    def person(self) -> InCircle:
        """The patient whom the path names."""
        if self.about is None:
            raise NotFound
        return self.about

    @property
    def by(self) -> By:
        """The caller, for the audit."""
        return By("caregiver" if isinstance(self.me, CaregiverIn) else "patient", self.me.id)

    def __repr__(self) -> str:
        """Hide the token and the names."""
        return f"Relative({kind_of(self.me)}={self.me.id})"


async def guard(connection: Connection, route: BaseRouteHandler) -> None:
    """Let a request through, or refuse it; a route that says nothing about itself is closed."""
    scope = cast("dict[str, Any]", connection.scope)
    if scope["method"] == "OPTIONS" or route.opt.get(PUBLIC):
        return
    parts: Parts = connection.app.state[PARTS]
    guest = await recognised(parts, connection, route)
    right = route.opt.get(FAMILY)
    if isinstance(right, Right):
        scope["state"][_RELATIVE] = await _related(parts, connection, guest, right)
    elif route.opt.get(OWN):
        _refuse_strays(guest)
        scope["state"][_GUEST] = guest
    else:
        scope["state"][_VISIT] = _admitted(guest, route, parts.clock.now())
    if route.opt.get(FRESH):
        await require_proof(parts, guest.token)
    _refuse_unknown_parameters(connection, route)
    if "content-type" in connection.headers or _has_body(connection):
        require_json(connection.headers.getall("content-type", []))
    changes = scope["method"] not in _SAFE
    if changes and "data" not in route.parsed_fn_signature.parameters:
        await _refuse_content(cast("JsonRequest", connection))


async def refuse_foreign_names(connection: Connection, _route: BaseRouteHandler) -> None:
    """Let a request through that calls us by a loopback name; CrossSite otherwise.

    What is open to whoever reaches this machine would be open to any page whose name was bent to
    it: to a browser, that page and we are then one site.
    """
    try:
        name = connection.url.hostname or ""
    except ValueError:
        name = ""
    if not is_loopback(name):
        raise CrossSite


async def recognised(parts: Parts, connection: Connection, route: BaseRouteHandler) -> Guest:
    """Return who is asking; NotSignedIn otherwise."""
    presented = connection.headers.getall("authorization", [])
    app = _app(connection, route)
    # The header is a deliberate act and wins; the cookie comes along with whatever a page does.
    token = (
        token_of(presented) if presented else token_in(connection, parts.settings.public_url, app)
    )
    # A page's key is its cookie's alone: there, and nowhere else, the browser defends it.
    if token is None or (presented and is_page_key(token)):
        raise NotSignedIn
    principal = await who(parts, token, deed=_is_deed(connection))
    if principal is None:
        raise NotSignedIn
    if not presented and app not in (None, app_of(principal)):
        # What was put into the wrong cookie is no key to the other app.
        raise NotSignedIn
    if connection.headers.getall(PERSON_HEADER, []) not in ([], [str(id_of(principal))]):
        # Another window of the browser signed somebody else in: this page is not theirs.
        raise NotSignedIn
    return Guest(principal, token)


def _app(connection: Connection, route: BaseRouteHandler) -> App | None:
    """Return whose cookie counts here: of what is everybody's own the page says it."""
    if route.opt.get(OWN):
        return named_app(connection)
    return "family" if FAMILY in route.opt else "console"


def _is_deed(connection: Connection) -> bool:
    """Say whether a person does something, as far as their page says."""
    listens = "text/event-stream" in connection.headers.get("accept", "")
    return not listens and connection.headers.get(UNATTENDED) != "1"


def _admitted(guest: Guest, route: BaseRouteHandler, at: datetime) -> Visit:
    caller, action = guest.principal, cast("Action | None", route.opt.get(ACTION))
    if action is None or not isinstance(caller, Caller):
        raise NotAllowed
    visible = visible_to(caller, action)
    if not visible.practices:
        raise NotAllowed
    operation = str(getattr(route, "operation_id", None) or "")
    return Visit(caller, guest.token, action, visible, at, operation)


async def _related(parts: Parts, connection: Connection, guest: Guest, right: Right) -> Relative:
    me = guest.principal
    if isinstance(me, Caller):
        raise NotAllowed
    keys = await parts.vault.keys(me.practice_id)
    async with parts.database.work([me.practice_id]) as work:
        known = await circle(work, keys, me, parts.clock.now())
    named = connection.path_params.get("patient_id")
    if named is None:
        return Relative(me, guest.token, known)
    about = known.get(PatientId(named))
    if about is None or (right.own and not about.scope.own):
        raise NotFound
    if not _allows(about.scope, right):
        raise NotFound
    return Relative(me, guest.token, known, about)


def _allows(scope: Scope, right: Right) -> bool:
    if right.category is None:
        return scope.may_anything(right.verb)
    return scope.may(right.category, right.verb)


def _refuse_strays(guest: Guest) -> None:
    # Who works nowhere any more has nothing here, not even their own name.
    if isinstance(guest.principal, Caller) and not guest.principal.practices:
        raise NotAllowed


async def provide_visit(request: Request[Any, Any, State]) -> Visit:
    """Hand a route the visit that the guard let in."""
    return visit_of(request)


async def provide_guest(request: Request[Any, Any, State]) -> Guest:
    """Hand a route whoever is signed in."""
    return cast("dict[str, Guest]", request.scope["state"])[_GUEST]


async def provide_relative(request: Request[Any, Any, State]) -> Relative:
    """Hand a route of families who asks, and what they may."""
    return cast("dict[str, Relative]", request.scope["state"])[_RELATIVE]


def caller_of(request: Request[Any, Any, State]) -> UUID:
    """Return who asks, whoever it is: an Idempotency-Key is theirs alone."""
    state: dict[str, Any] = request.scope["state"]
    if _RELATIVE in state:
        return cast("Relative", state[_RELATIVE]).me.id
    return visit_of(request).staff_id


def visit_of(request: Request[Any, Any, State]) -> Visit:
    """Return the visit that the guard let in."""
    return cast("dict[str, Visit]", request.scope["state"])[_VISIT]


async def _refuse_content(request: JsonRequest) -> None:
    # What a route does not read it can't heed: words that somebody sent would be lost unsaid.
    if body := await request.body():
        decode(body, _Nothing)


def _has_body(connection: Connection) -> bool:
    length = connection.headers.get("content-length", "0")
    return length != "0" or "transfer-encoding" in connection.headers


def _refuse_unknown_parameters(connection: Connection, route: BaseRouteHandler) -> None:
    # A misspelt filter that is ignored shows the wrong queue.
    pairs = list(connection.query_params.multi_items())
    if any("\x00" in f"{name}{value}" for name, value in pairs):
        raise UnreadableText
    given = [name for name, _ in pairs]
    if not _parameters(route).issuperset(given):
        raise InvalidRequest(
            FieldError("", "unknown-parameter", "A parameter is not known here.", "query")
        )
    if len(set(given)) != len(given):
        raise InvalidRequest(
            FieldError("", "repeated-parameter", "A parameter is given twice.", "query")
        )


def _parameters(route: BaseRouteHandler) -> frozenset[str]:
    return frozenset(
        field.kwarg_definition.name or name
        for name, field in route.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    )
