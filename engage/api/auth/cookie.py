"""The cookie by which our own pages sign in, and what keeps other pages from using it.

The cookie holds the very token that was presented, or a page's key to a sign-in: it lasts no longer
than that, and ends with it. A cookie travels by itself, wherever a request comes from; so a change
that rests on it must carry a header that no foreign page can send without asking us first, and we
never agree. This room refuses a cookie for anything but that.
"""

from typing import Any, Final, cast

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from engage.api.auth.bearer import LONGEST_TOKEN
from engage.api.refusals import CrossSite
from engage.people.bootstrap import LONGEST_TOKEN_MINUTES

NAME: Final = "engage_session"
CSRF_HEADER: Final = "X-Engage-CSRF"
UNATTENDED: Final = "X-Engage-Unattended"
"""Sent by a page that asks by itself while nobody touches it: that keeps no page awake."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})

Connection = ASGIConnection[Any, Any, Any, Any]


def cookie_name(public_url: str) -> str:
    """Return the cookie's name; with https its prefix makes the browser hold us to our word."""
    return f"__Host-{NAME}" if public_url.startswith("https://") else NAME


def signed_in(public_url: str, token: str, seconds: int = LONGEST_TOKEN_MINUTES * 60) -> Cookie:
    """Return the cookie that signs a page in: for this host, its pages, and no script."""
    return _cookie(public_url, token, seconds)


def signed_out(public_url: str) -> Cookie:
    """Return the cookie that makes the browser forget."""
    return _cookie(public_url, "", 0)


def token_in(connection: Connection, public_url: str) -> str | None:
    """Return the token in the cookie of a request; CrossSite if another page may have sent it."""
    token = connection.cookies.get(cookie_name(public_url))
    if not token or not token.isascii() or len(token) > LONGEST_TOKEN:
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


def _cookie(public_url: str, token: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(public_url),
        value=token,
        max_age=seconds,
        path="/",
        secure=public_url.startswith("https://"),
        httponly=True,
        samesite="strict",
    )
