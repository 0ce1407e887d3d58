"""Passwords of staff: how long, and Argon2id with at least what OWASP asks for. (p).

A password is compared in one form (NFKC), so that it opens from every keyboard. Length is the only
rule: rules about signs make passwords worse. This room refuses to hash with less than the least
cost, and to be quicker about an account that does not exist.
"""

import unicodedata
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec import Struct

from engage.errors import EngageError

SHORTEST: Final = 12
LONGEST: Final = 128
SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_BYTES_OF_A_LETTER: Final = 4


class NotAPassword(EngageError):  # noqa: N818 - reads as a sentence: raise NotAPassword
    """A password has 12 to 128 characters, not all of them the same."""


class Cost(Struct, frozen=True):
    """What one hash costs; the defaults are the least that OWASP recommends (2026)."""

    memory_kib: int = 19456
    passes: int = 2
    lanes: int = 1


LEAST: Final = Cost()
MOST: Final = Cost(1 << 20, 16, 16)


def read_password(raw: str, field: str = "/password") -> str:
    """Read a password that somebody chooses."""
    text = unicodedata.normalize("NFKC", raw)
    if not SHORTEST <= len(text) <= LONGEST or len(set(text)) == 1:
        raise NotAPassword(field)
    return text


def hashed(password: str, salt: bytes, cost: Cost) -> str:
    """Return the hash to keep, with its salt and its cost in it."""
    return _argon2(salt, cost).derive_phc_encoded(_bytes(password))


def matches(presented: str, kept: str) -> bool:
    """Say whether a password is the one that was hashed; it costs what hashing it did."""
    try:
        Argon2id.verify_phc_encoded(_bytes(presented), kept)
    except InvalidKey:
        return False
    return True


@lru_cache(maxsize=4)
def nobodys(cost: Cost) -> str:
    """Return a hash that nothing is known to match: for accounts that do not exist."""
    return hashed("\x00nobody", bytes(SALT_BYTES), cost)


def _argon2(salt: bytes, cost: Cost) -> Argon2id:
    return Argon2id(
        salt=salt,
        length=_HASH_BYTES,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )


def _bytes(password: str) -> bytes:
    text = unicodedata.normalize("NFKC", password)
    return text.encode("utf-8", "surrogatepass")[: LONGEST * _BYTES_OF_A_LETTER]
