"""The second factor of staff: time-based codes (RFC 6238), and codes for the day without. (p).

A code is good in its half minute and the ones beside it, and once. Recovery codes are eighty random
bits each. This room refuses to hold a secret longer than it reads it.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES: Final = 20
STEP_SECONDS: Final = 30
DIGITS: Final = 6
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
_ISSUER: Final = "engage"
_BESIDE: Final = (0, -1, 1)


def step_of(secret: bytes, code: str, at: datetime) -> int | None:
    """Return the time step whose code this is, now or half a minute beside; None if it is none."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    now = int(at.timestamp()) // STEP_SECONDS
    found = None
    # All are compared, whichever fits.
    for beside in _BESIDE:
        fits = hmac.compare_digest(code_at(secret, now + beside), digits)
        found = now + beside if fits and found is None else found
    return found


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step."""
    return _totp(secret).generate(step * STEP_SECONDS).decode("ascii")


def shown(secret: bytes) -> str:
    """Return a secret as people type it into an authenticator."""
    return base64.b32encode(secret).decode("ascii")


def address(secret: bytes, account: str) -> str:
    """Return the address that an authenticator reads from a QR code."""
    return _totp(secret).get_provisioning_uri(account, _ISSUER)


def recovery_codes(randomness: bytes) -> Iterator[str]:
    """Yield ten codes to be written down, in groups of four letters and digits."""
    for place in range(0, RECOVERY_CODES * RECOVERY_BYTES, RECOVERY_BYTES):
        text = base64.b32encode(randomness[place : place + RECOVERY_BYTES]).decode("ascii").lower()
        yield "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_recovery(code: str) -> str | None:
    """Return a recovery code as it was made, however it was typed; None if it is none."""
    text = "".join(code.split()).replace("-", "").lower()
    if len(text) != RECOVERY_BYTES * 8 // 5 or not (text.isascii() and text.isalnum()):
        return None
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def kept(owner: UUID, code: str) -> bytes:
    """Return what is kept of a recovery code: eighty random bits need no key, and outlive ours."""
    return hashlib.sha256(f"{owner}|{code}".encode()).digest()


def _totp(secret: bytes) -> TOTP:
    # SHA-1 as RFC 6238 has it: authenticators know no other for certain.
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - HMAC, for which it is sound
