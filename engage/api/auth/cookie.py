"""The cookies by which our own pages sign in, and what keeps other pages from using them.

The console and the families' app each have one: whoever works here and cares for somebody is signed
in to both in one browser, and signs out of one. Neither opens what is the other's.

A cookie holds the very token that was presented, or a page's key to a sign-in: it lasts no longer
than that, and ends with it. A cookie travels by itself, wherever a request comes from; so a change
that rests on it must carry a header that no foreign page can send without asking us first, and we
never agree. This room refuses a cookie for anything but that.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, assert_never, cast

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from engage.api.auth.bearer import LONGEST_TOKEN
from engage.api.refusals import CrossSite
from engage.people.access import Caller
from engage.people.bootstrap import LONGEST_TOKEN_MINUTES
from engage.people.signing.principal import KINDS, Kind, Principal

App = Literal["console", "family"]

NAMES: Final[Mapping[App, str]] = {"console": "engage_session", "family": "engage_family"}
APP_HEADER: Final = "X-Engage-App"
"""Sent by a page where a route is everybody's own: whose cookie it means."""
CSRF_HEADER: Final = "X-Engage-CSRF"
PERSON_HEADER: Final = "X-Engage-Person"
"""Sent by a page that knows whose it is: nothing is done in the name of who signed in meanwhile."""
UNATTENDED: Final = "X-Engage-Unattended"
"""Sent by a page that asks by itself while nobody touches it: that keeps no page awake."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})

Connection = ASGIConnection[Any, Any, Any, Any]


def app_of(principal: Principal) -> App:
    """Return which of our apps somebody signs in to."""
    return "console" if isinstance(principal, Caller) else "family"


def holders_of(app: App | None) -> tuple[Kind, ...]:
    """Return who signs in to an app; everybody, where none is named."""
    match app:
        case None:
            return KINDS
        case "console":
            return ("staff",)
        case "family":
            return ("caregiver", "patient")
        case _:
            assert_never(app)


def cookie_name(public_url: str, app: App) -> str:
    """Return a cookie's name; with https its prefix makes the browser hold us to our word."""
    return f"__Host-{NAMES[app]}" if public_url.startswith("https://") else NAMES[app]


def signed_in(
    public_url: str, app: App, token: str, seconds: int = LONGEST_TOKEN_MINUTES * 60
) -> Cookie:
    """Return the cookie that signs a page in: for this host, its pages, and no script."""
    return _cookie(public_url, app, token, seconds)


def signed_out(public_url: str, app: App) -> Cookie:
    """Return the cookie that makes the browser forget."""
    return _cookie(public_url, app, "", 0)


def named_app(connection: Connection) -> App | None:
    """Return which app a page says that it is; None if it does not say."""
    said = connection.headers.getall(APP_HEADER, [])
    return next((one for one in NAMES if said == [one]), None)


def token_in(connection: Connection, public_url: str, app: App | None) -> str | None:
    """Return the token in the cookie of a request; CrossSite if another page may have sent it.

    `app`: whose cookie is meant; None where it may be either, which is the console's if both came.
    """
    wanted = tuple(NAMES) if app is None else (app,)
    kept = (connection.cookies.get(cookie_name(public_url, one)) for one in wanted)
    token = next(filter(None, kept), None)
    if token is None or not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    scope = cast("dict[str, Any]", connection.scope)
    if scope["method"] not in _SAFE:
        refuse_other_sites(connection)
        if connection.headers.getall(CSRF_HEADER, []) != ["1"]:
            raise CrossSite
    return token


def refuse_other_sites(connection: Connection) -> None:
    """Refuse a request of which the browser says that another site's page made it."""
    said = connection.headers.getall("sec-fetch-site", [])
    if any(one.strip().lower() not in _OURS for one in said):
        raise CrossSite


def _cookie(public_url: str, app: App, token: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(public_url, app),
        value=token,
        max_age=seconds,
        path="/",
        secure=public_url.startswith("https://"),
        httponly=True,
        samesite="strict",
    )
