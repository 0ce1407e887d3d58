"""The cookie of a device: no right, and a tie from what was asked for to where it was asked.

This room refuses to know whose the device is.
"""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from engage.api.parts import Parts

DEVICE: Final = "engage_device"
_SECONDS: Final = 400 * 86400
_LONGEST: Final = 64

Connection = ASGIConnection[Any, Any, Any, Any]


def device_of(connection: Connection, parts: Parts) -> str | None:
    """Return the device that asks; None if it has no cookie of ours."""
    device = connection.cookies.get(_name(parts))
    fits = device and device.isascii() and len(device) <= _LONGEST
    return device if fits else None


def device_cookie(parts: Parts, device: str) -> Cookie:
    """Return the cookie by which a device is known again."""
    return Cookie(
        key=_name(parts),
        value=device,
        max_age=_SECONDS,
        path="/",
        secure=parts.settings.public_url.startswith("https://"),
        httponly=True,
        samesite="strict",
    )


def _name(parts: Parts) -> str:
    secure = parts.settings.public_url.startswith("https://")
    return f"__Host-{DEVICE}" if secure else DEVICE
