"""Access tokens: who, by which sign-in, for five minutes, signed with Ed25519. (p).

A token says who, never what they may: roles are read from the database at each request, and so is
whether the sign-in still holds. Reading is strict where JWT libraries are lenient: one algorithm,
exactly our three header fields, a key of our own list by its id, our type, one audience, whole
numbers for times, and the one canonical spelling of each part. This room refuses to say why.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

ALGORITHM: Final = "EdDSA"
TYPE: Final = "at+jwt"
AUDIENCE: Final = "engage-api"
LIFE: Final = timedelta(minutes=5)
LONGEST: Final = 2048
_PARTS: Final = 3
_AHEAD: Final = 5
"""Seconds by which the clock of another of our machines may be ahead."""
_HEADER: Final = frozenset({"alg", "typ", "kid"})
_CLAIMS: Final = frozenset({"iss", "aud", "sub", "sid", "jti", "iat", "exp"})


class Claims(Struct, frozen=True):
    """What a token says."""

    person: UUID
    sign_in: UUID


class Signer:
    """The keys of a deployment: the first signs, all verify, each under an id of its own."""

    def __init__(self, seeds: Sequence[bytes], issuer: str) -> None:
        """Take one secret seed for each key, the one that signs first."""
        keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self._signs = keys[0]
        self._ids = [_id(key) for key in keys]
        self._verify = {name: key.public_key() for name, key in zip(self._ids, keys, strict=True)}
        self._issuer = issuer

    def __repr__(self) -> str:
        """Hide the keys."""
        return "Signer(…)"

    def sign(self, claims: Claims, token_id: UUID, at: datetime) -> str:
        """Return a token for the next five minutes."""
        began = int(at.timestamp())
        said = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(claims.person),
            "sid": str(claims.sign_in),
            "jti": str(token_id),
            "iat": began,
            "exp": began + int(LIFE.total_seconds()),
        }
        headers = {"typ": TYPE, "kid": self._ids[0]}
        return jwt.encode(said, self._signs, algorithm=ALGORITHM, headers=headers)

    def read(self, token: str, at: datetime) -> Claims | None:
        """Return what a token of ours says at a moment at which it holds; None for any other."""
        if len(token) > LONGEST or not _canonical(token):
            return None
        try:
            header = jwt.get_unverified_header(token)
            if frozenset(header) != _HEADER or header["typ"] != TYPE:
                return None
            key = self._verify.get(header["kid"]) if isinstance(header["kid"], str) else None
            if key is None or header["alg"] != ALGORITHM:
                return None
            said: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                # Times are compared below, with the clock that we are given.
                options={
                    "require": sorted(_CLAIMS),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        return _claims(said, at)


def _claims(said: Mapping[str, Any], at: datetime) -> Claims | None:
    began, ends = said["iat"], said["exp"]
    # A list that holds our audience among others is a token for others.
    if frozenset(said) != _CLAIMS or said["aud"] != AUDIENCE:
        return None
    if type(began) is not int or type(ends) is not int:
        return None
    now = at.astimezone(UTC).timestamp()
    if not (began - _AHEAD <= now < ends and 0 < ends - began <= LIFE.total_seconds()):
        return None
    texts = [said[name] for name in ("sub", "sid", "jti")]
    if not all(isinstance(one, str) for one in texts):
        return None
    try:
        person, sign_in, _ = (UUID(cast("str", one)) for one in texts)
    except ValueError:
        return None
    return Claims(person, sign_in)


def _canonical(token: str) -> bool:
    """Say whether there is no other spelling of the same token: then a changed letter is seen."""
    parts = token.split(".")
    if len(parts) != _PARTS or not token.isascii():
        return False
    for part in parts:
        try:
            raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        if not raw or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
            return False
    return True


def _id(key: Ed25519PrivateKey) -> str:
    return hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]
