"""The keys of web push: ours, that push services know us by, and the points that browsers give.

This room refuses to show a private key, but to who makes one.
"""

import base64
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # pyright: ignore[reportMissingTypeStubs] - it has none


class VapidKey:
    """A key of ours that push services know us by (RFC 8292)."""

    def __init__(self, private: str) -> None:
        """Take the 32 bytes that settings.py has checked, as base64url."""
        self._key: Any = cast("Any", Vapid02).from_raw(private.rstrip("=").encode())
        point = self._key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        #: What a browser subscribes with.
        self.public: str = _text(point)

    def __repr__(self) -> str:
        """Hide the key."""
        return "VapidKey(…)"

    def headers(self, endpoint: str, subject: str, until: int) -> dict[str, str]:
        """Return the header that says to a push service who pushes, and until when it holds."""
        parts = urlsplit(endpoint)
        claims = {"sub": subject, "aud": f"{parts.scheme}://{parts.netloc}", "exp": until}
        signed: dict[str, str] = self._key.sign(claims)
        return signed


def new_key() -> str:
    """Return a new private key, as ENGAGE_VAPID_KEYS holds it."""
    secret = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _text(secret.to_bytes(32))


def check_point(raw: bytes) -> None:
    """Raise ValueError if this is no point of the curve, with which nothing can be closed."""
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
