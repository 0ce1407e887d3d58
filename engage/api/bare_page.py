"""A page that stands alone: no script, no cookie, no file beside it, nothing from elsewhere.

For whoever follows a one-time link. It is readable on a phone of 320 pixels and without JavaScript;
what it may do stands in its own policy, and no address of it is told to another site. This room
refuses to know what is on it.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any, Final, Literal

from litestar import Request, Response
from litestar.datastructures import State

from engage.api.page_pace import WAIT

_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;"
    "overflow-wrap:break-word}"
    "dt{color:#555}dd{margin:0 0 1rem}fieldset{border:1px solid #ccc;padding:1rem;margin:1rem 0}"
    "label{display:block;padding:.4rem 0}button{font:inherit;padding:.6rem 1.6rem}"
    "textarea{font:inherit;width:100%}"
    "h1{font-size:1.4rem}input[inputmode]{font:inherit;width:6rem;padding:.4rem}"
    ".tap{display:block;width:100%;text-align:left;margin:.6rem 0;padding:.9rem 1rem;"
    "border:1px solid #555;border-radius:.4rem;background:#fff;color:#111}"
    ".calm{border-style:dashed;color:#333}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
FORM: Final = "application/x-www-form-urlencoded"


def bare(
    body: str, language: str, title: str = "engage", status: int = HTTPStatus.OK
) -> Response[str]:
    """Return a whole page around a body that is escaped already."""
    return Response(
        content=f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>",
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers=dict(HEADERS),
    )


def wait(body: str, language: str) -> Response[str]:
    """Return a page that says that it was asked for too often, and how long to wait."""
    page = bare(body, language, status=HTTPStatus.TOO_MANY_REQUESTS)
    page.headers["Retry-After"] = str(int(WAIT.total_seconds()))
    return page


def spoken_by(request: Request[Any, Any, State]) -> Literal["en", "es"]:
    """Return which of our languages a browser asks for first."""
    first = request.headers.get("accept-language", "").strip().lower()
    return "es" if first.startswith("es") else "en"
