"""A browser that takes pushes: where its push service is, and the keys that close a push. (p).

The address is chosen by whoever subscribes, and we would call it: so it must be https, at a push
service from a short list of names, by its usual port. This room refuses an address that is an
address: a number has no name that could stand on the list.
"""

import base64
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct

from engage.errors import EngageError
from engage.people.pagers.vapid import check_point

LONGEST_ENDPOINT = 2000
LONGEST_KEY = 200
POINT_BYTES = 65
AUTH_BYTES = 16
HTTPS_PORT = 443

ENDPOINT, P256DH, AUTH = "/endpoint", "/keys/p256dh", "/keys/auth"


class NoPushService(EngageError):  # noqa: N818 - reads as a sentence
    """A push goes to an https address of a push service that is known here."""


class NotPushKeys(EngageError):  # noqa: N818
    """The keys of a push subscription are those that the browser gives."""


class PushOff(EngageError):  # noqa: N818
    """Pushes are not set up here: ENGAGE_VAPID_KEYS is empty."""


class Browser(Struct, frozen=True, kw_only=True):
    """A subscription as it is sealed."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str
    #: The public key of ours that it was made for: no other may push to it.
    server_key: str

    def __repr__(self) -> str:
        """Hide where it is reached."""
        return f"Browser(id={self.id}, …)"


def service_of(endpoint: str, hosts: Sequence[str]) -> str:
    """Return the push service's name; NoPushService for an address that we do not call."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise NoPushService(ENDPOINT) from None
    name = parts.hostname or ""
    plain = endpoint.isascii() and endpoint.isprintable() and " " not in endpoint
    fits = parts.scheme == "https" and port in (None, HTTPS_PORT) and "@" not in parts.netloc
    if not plain or not fits or parts.fragment or not is_known(name, hosts):
        raise NoPushService(ENDPOINT)
    return name


def is_known(name: str, hosts: Sequence[str]) -> bool:
    """Say whether a name stands on the list; `*.` before one stands for all below it."""
    return any(
        name.endswith(host[1:]) and len(name) > len(host) - 1
        if host.startswith("*.")
        else name == host
        for host in hosts
    )


def check_keys(p256dh: str, auth: str) -> None:
    """Refuse keys that nothing could be closed with: then a page would fail, not a request."""
    try:
        check_point(raw_of(p256dh, POINT_BYTES))
    except ValueError:
        raise NotPushKeys(P256DH) from None
    try:
        raw_of(auth, AUTH_BYTES)
    except ValueError:
        raise NotPushKeys(AUTH) from None


def raw_of(text: str, length: int) -> bytes:
    """Return the bytes of base64url, with or without its padding; ValueError if they are others."""
    bare = text.rstrip("=")
    raw = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    if len(raw) != length:
        raise ValueError(len(raw))
    return raw
