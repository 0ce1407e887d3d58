"""Hands out the built pages: from memory, by exact name, under a strict policy for the browser.

What a page loads is named by its content, so a browser may keep it for ever; the page itself is
never kept. The files are read once, when the app is made: a request's path is only looked up, never
opened. It refuses to serve the demo and its phones with a real carrier, and anything not built.
"""

import gzip
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

BUILT: Final = Path(__file__).with_name("static")
"""Where `make web` puts the pages."""

_DIRECTIVES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    # No text becomes markup anywhere in the page, whoever wrote it.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
POLICY: Final = "; ".join(_DIRECTIVES)
"""What a page may do: load and call what is ours, and nothing else, whatever text it shows."""

FAMILY_POLICY: Final = "; ".join(
    (
        *_DIRECTIVES[:-1],
        "manifest-src 'self'",
        "worker-src 'self'",
        # The one address that it may make from a text: that of its own service worker.
        "trusted-types engage-worker",
    )
)
"""The same for the companion app, which a phone keeps: its manifest and its own worker, too."""
CONSOLE_POLICY: Final = "; ".join((*_DIRECTIVES[:-1], "trusted-types engage-worker"))
"""The same for the console: it may name its own worker, which scripts of ours may be anyway."""
CONSOLE_WORKER_POLICY: Final = "default-src 'none'"
"""What the console's worker may do beside showing what was pushed: nothing."""
WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'"
"""What the companion app's worker may do: fetch from us."""

_NOT_BUILT: Final = "The pages are not built yet: run `make web`, then start engage again.\n"
_NO_POWERS: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_KINDS: Final = {
    ".css": ("text/css", True),
    ".js": ("text/javascript", True),
    ".png": ("image/png", False),
    ".svg": ("image/svg+xml", True),
    ".webmanifest": ("application/manifest+json", True),
}
"""By the end of a file's name: what it is, and whether it is text. Machines' tables differ."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SMALLEST_PACKED: Final = 512

AnyRequest = Request[Any, Any, State]


class Asset(Struct, frozen=True):
    """A file that a page loads."""

    media_type: str
    plain: bytes
    packed: bytes | None


class Pages(Struct, frozen=True):
    """What was built: the pages by name, and the files they load by name."""

    documents: Mapping[str, bytes]
    assets: Mapping[str, Asset]
    #: What belongs to the companion app under a name that stays: worker, manifests, icons.
    family: Mapping[str, Asset]
    #: The same of the console: its worker.
    console: Mapping[str, Asset]

    @classmethod
    def read(cls, folder: Path = BUILT) -> "Pages":
        """Read what stands in a folder; nothing if it was never built."""
        documents = {
            name: (folder / path).read_bytes()
            for name, path in _DOCUMENTS.items()
            if (folder / path).is_file()
        }
        parts = (_files(folder / name) for name in ("assets", "family", "console"))
        return cls(documents, *parts)


_DOCUMENTS: Final = {
    "home": "index.html",
    "console": "console/index.html",
    "phone": "phone/index.html",
    "family": "family/index.html",
}
_POLICIES: Final = {"console": CONSOLE_POLICY, "family": FAMILY_POLICY}


def routes(
    pages: Pages, *, simulated: bool, open_to_all: Mapping[str, object]
) -> Sequence[HTTPRouteHandler]:
    """Return the routes of the pages. `open_to_all` is the API's mark for what is no secret."""

    @get(
        ["/console", "/console/{place:path}"],
        opt=open_to_all,
        include_in_schema=False,
        media_type="text/html",
        sync_to_thread=False,
    )
    def console(request: AnyRequest, place: FromPath[str] = "/") -> Response[bytes]:
        """Return the console, at whatever place in it, or its worker."""
        found = pages.console.get(place.removeprefix("/"))
        if found is None:
            return _document(pages, "console")
        return _file(request, found, _stays(CONSOLE_WORKER_POLICY))

    @get(
        "/assets/{name:str}",
        opt=open_to_all,
        include_in_schema=False,
        media_type="application/octet-stream",
        sync_to_thread=False,
    )
    def asset(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        """Return a file that a page loads, packed where the browser can unpack it."""
        found = pages.assets.get(name)
        if found is None:
            raise NotFoundException
        return _file(request, found, {"Cache-Control": _FOR_EVER})

    @get(
        ["/family", "/family/{place:path}"],
        opt=open_to_all,
        include_in_schema=False,
        media_type="text/html",
        sync_to_thread=False,
    )
    def family(request: AnyRequest, place: FromPath[str] = "/") -> Response[bytes]:
        """Return the companion app, at whatever place in it, or a file that belongs to it."""
        found = pages.family.get(place.removeprefix("/"))
        if found is None:
            return _document(pages, "family")
        return _file(request, found, _stays(WORKER_POLICY))

    @get(
        "/phone",
        opt=open_to_all,
        include_in_schema=False,
        media_type="text/html",
        sync_to_thread=False,
    )
    def phone() -> Response[bytes]:
        """Return the simulated phones."""
        return _document(pages, "phone")

    @get(
        "/", opt=open_to_all, include_in_schema=False, media_type="text/html", sync_to_thread=False
    )
    def home() -> Response[bytes]:
        """Return the page that tells a newcomer how to play the demo."""
        return _document(pages, "home")

    return (console, family, asset, home, phone) if simulated else (console, family, asset)


def _stays(policy: str) -> dict[str, str]:
    # Under a name that stays: a browser asks each time whether it is still the same.
    return {"Cache-Control": "no-cache", "Content-Security-Policy": policy}


def _document(pages: Pages, name: str) -> Response[bytes]:
    found = pages.documents.get(name)
    if found is None:
        return Response(
            content=_NOT_BUILT.encode(),
            media_type="text/plain",
            status_code=HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Retry-After": "30"},
        )
    return Response(
        content=found,
        media_type="text/html",
        headers={
            "Content-Security-Policy": _POLICIES.get(name, POLICY),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": _NO_POWERS,
            "Cache-Control": "no-store",
        },
    )


def _file(request: AnyRequest, found: Asset, headers: Mapping[str, str]) -> Response[bytes]:
    takes = request.headers.get("accept-encoding", "")
    packed = found.packed if "gzip" in takes else None
    all_of_them = {**headers, "Vary": "Accept-Encoding"}
    if packed is not None:
        all_of_them["Content-Encoding"] = "gzip"
    return Response(content=packed or found.plain, media_type=found.media_type, headers=all_of_them)


def _files(folder: Path) -> dict[str, Asset]:
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return {file.name: _asset(file) for file in files if file.is_file() and file.suffix != ".html"}


def _asset(file: Path) -> Asset:
    plain = file.read_bytes()
    kind, text = _KINDS.get(file.suffix, ("application/octet-stream", False))
    # With no time in it the same file packs to the same bytes everywhere.
    packed = gzip.compress(plain, mtime=0) if text and len(plain) >= _SMALLEST_PACKED else None
    return Asset(kind, plain, packed)
