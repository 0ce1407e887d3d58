"""Passkeys as what a device signed: for this site, this challenge, with the person verified.

The library checks signatures and CBOR; here stands what we ask for beside it: one exact origin, no
foreign frame around the page, three algorithms, and the person whose handle the device keeps. This
room refuses to say what was wrong, and keeps nothing.
"""

import base64
import binascii
import hashlib
from typing import Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Cose

from engage.people.fields import Personal
from engage.people.signing.principal import Kind
from engage.setting_values import is_loopback

ALGORITHMS: Final = (-8, -7, -257)
"""Ed25519, ECDSA with P-256, RSA with SHA-256: what devices have."""
CHALLENGE_BYTES: Final = 32
NOBODYS: Final = (
    "pQECAyYgASFYIDy7uBuIKOykTmP34XwRxWpnjk2vUhdSuHrwPg3kDE3lIlggsMddmqqGyNi4wiJkWeT05nbI0F497i3mkgSu1"
    "pVglis"
)
"""A public key whose other half nobody has: what an unknown passkey is held against, so that one
that we know takes no longer."""
_SUPPORTED: Final = [Cose(one) for one in ALGORITHMS]
_USUAL_PORTS: Final = {"http": 80, "https": 443}


class Site(Struct, frozen=True):
    """Who we are to a browser."""

    rp_id: str
    origin: str


class Assertion(Personal, frozen=True, kw_only=True):
    """What a device answers who shows a passkey; each part as base64url."""

    id: str
    client_data: str
    authenticator_data: str
    signature: str
    user_handle: str


class Attestation(Personal, frozen=True, kw_only=True):
    """What a device answers that made a passkey."""

    id: str
    client_data: str
    attestation: str


class Kept(Personal, frozen=True, kw_only=True):
    """What we hold of a passkey."""

    credential_id: str
    public_key: str
    sign_count: int
    synced: bool


def site_of(public_url: str) -> Site:
    """Return who we are, as `ENGAGE_PUBLIC_URL` says it and as a browser spells it.

    No passkey is for an address in numbers: of this machine's own the site is its name.
    """
    parts = urlsplit(public_url)
    host, port = parts.hostname or "", parts.port
    if is_loopback(host):
        host = "localhost"
    named = "" if port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{port}"
    return Site(host, f"{parts.scheme}://{host}{named}")


def handle_of(kind: Kind, person: UUID) -> bytes:
    """Return what a device calls a person: it tells nobody who that is."""
    return hashlib.sha256(f"engage-passkey|{kind}|{person}".encode()).digest()


def challenge_in(client_data: str) -> bytes | None:
    """Return the challenge that a device says it answers; None where there is none."""
    try:
        said = msgspec.json.decode(decoded(client_data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    told = cast("dict[str, Any]", said)
    # A page of ours within a frame of somebody else's is somebody else's page.
    if told.get("crossOrigin") not in (None, False) or "topOrigin" in told:
        return None
    text = told.get("challenge")
    found = decoded(text) if isinstance(text, str) else b""
    return found if len(found) == CHALLENGE_BYTES else None


def made(site: Site, challenge: bytes, said: Attestation) -> Kept | None:
    """Return what to keep of a new passkey; None if anything about it is wrong."""
    answer = {
        "id": said.id,
        "rawId": said.id,
        "type": "public-key",
        "response": {"clientDataJSON": said.client_data, "attestationObject": said.attestation},
    }
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=_SUPPORTED,
        )
    except Exception:  # noqa: BLE001 - bytes from outside: its parsers raise whatever they raise
        return None
    if found.credential_id != decoded(said.id):
        return None
    return Kept(
        credential_id=encoded(found.credential_id),
        public_key=encoded(found.credential_public_key),
        sign_count=found.sign_count,
        synced=found.credential_backed_up,
    )


def shown(site: Site, challenge: bytes, said: Assertion, public_key: str, count: int) -> int | None:
    """Return the device's new count if a passkey was shown rightly; None if anything is wrong."""
    answer = {
        "id": said.id,
        "rawId": said.id,
        "type": "public-key",
        "response": {
            "clientDataJSON": said.client_data,
            "authenticatorData": said.authenticator_data,
            "signature": said.signature,
            "userHandle": said.user_handle,
        },
    }
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=decoded(public_key),
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - bytes from outside: its parsers raise whatever they raise
        return None
    return found.new_sign_count


def encoded(raw: bytes) -> str:
    """Return bytes as browsers write them in JSON."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Return what such a text holds; nothing if it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
