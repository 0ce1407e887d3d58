"""Browsers that take pushes, and the push services that bring them there."""

import base64
from collections.abc import Mapping
from typing import Any

import http_ece
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class FakeBrowser:
    """One browser: gives its keys away, and opens what is closed for it."""

    def __init__(self, endpoint: str) -> None:
        """Make keys; a new one each time."""
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = bytes(range(16))
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.p256dh, self.auth = _text(point), _text(self._auth)

    @property
    def body(self) -> dict[str, Any]:
        """What it posts to be told."""
        return {
            "endpoint": self.endpoint,
            "keys": {"p256dh": self.p256dh, "auth": self.auth},
        }

    def opened(self, closed: bytes) -> dict[str, str]:
        """Return what a push says."""
        plain = http_ece.decrypt(
            closed, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        return msgspec.json.decode(plain, type=dict[str, str])


class FakePushServices:
    """Takes what is posted, and answers each endpoint as told; else 201."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.status: dict[str, int] = {}
        self.came: list[tuple[str, Mapping[str, str], bytes]] = []

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a push."""
        self.came.append((url, headers, body))
        return self.status.get(url, 201)


def signed_for(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims of a push's VAPID header; another hand than the one that signed checks."""
    token, _, key = headers["Authorization"].removeprefix("vapid ").partition(",")
    public = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), _raw(key.removeprefix("k="))
    )
    return jwt.decode(
        token.removeprefix("t="),
        public,
        algorithms=["ES256"],
        options={"verify_aud": False, "verify_exp": False},
    )
