"""Codes that go out by text: six digits, ten minutes, five tries, for the device that asked. (p).

This room refuses to know the phone.
"""

from datetime import timedelta
from typing import Final

from engage.errors import EngageError

DIGITS: Final = 6
LIFE: Final = timedelta(minutes=10)
TRIES: Final = 5
RANDOM_BYTES: Final = 16
DEVICE_BYTES: Final = 32
LINK_BYTES: Final = 16


class WrongCode(EngageError):  # noqa: N818 - reads as a sentence: raise WrongCode
    """This code does not open; ask for a new one."""


def code_from(randomness: bytes) -> str:
    """Return six digits; sixteen random bytes make all of them equally likely."""
    return str(int.from_bytes(randomness[:RANDOM_BYTES], "big") % 10**DIGITS).zfill(DIGITS)


def bound(phone: str, purpose: str, code: str) -> str:
    """Return what is hashed of a code: it opens for this phone and this purpose alone."""
    return f"{phone}|{purpose}|{code}"
