"""Sealed columns: what stands in the database so that a copy of it tells nothing.

AES-256-GCM with associated data practice|table|column|row, so a blob that is moved to another row,
column or practice does not open. Each practice has its own data key, wrapped by a master key from
ENGAGE_SECRET_KEYS; the blob carries the id of the key that sealed it. Phones are found by a keyed
hash (a blind index). Purposes never share a key: each is derived by HKDF under its own name.
This room refuses to log, print or raise what it seals.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engage.clock import random_bytes
from engage.errors import EngageError
from engage.ids import MessageId, PracticeId

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 8
_VERSION = b"\x01"
_HEAD = 1 + KEY_ID_BYTES + NONCE_BYTES
_TOKEN_MAC_BYTES = 16
_ID_BYTES = 16


class CannotOpen(EngageError):  # noqa: N818 - reads as a sentence
    """A sealed value could not be opened with the keys we have."""


class MasterKeys:
    """The keys of the deployment: the first signs and wraps, all verify and unwrap."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Derive one key per purpose from each secret; no secret is a ValueError."""
        if not secrets:
            message = "at least one secret key is needed"
            raise ValueError(message)
        self._wrap = [AESGCM(_derive(secret, "engage/wrap")) for secret in secrets]
        self._hash = [_derive(secret, "engage/credential") for secret in secrets]
        self._sign = [_derive(secret, "engage/callback") for secret in secrets]
        self._cursor = _derive(secrets[0], "engage/cursor")
        self._deployment = [AESGCM(_derive(secret, "engage/deployment")) for secret in secrets]
        self._spool = [AESGCM(_derive(secret, "engage/spool")) for secret in secrets]
        #: Of access tokens: one signing key from each secret.
        self.token_seeds = tuple(_derive(secret, "engage/access-token") for secret in secrets)

    def __repr__(self) -> str:
        """Hide the keys."""
        return "MasterKeys(…)"

    @property
    def older(self) -> int:
        """How many keys stand behind the first one."""
        return len(self._wrap) - 1

    def wrap(self, practice: PracticeId, key_id: str, key: bytes) -> bytes:
        """Encrypt a practice's key for storage."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._wrap[0].encrypt(nonce, key, _wrap_label(practice, key_id))

    def unwrap(self, practice: PracticeId, key_id: str, wrapped: bytes) -> bytes:
        """Decrypt a practice's key; CannotOpen if no secret key fits."""
        return _open_any(self._wrap, wrapped, _wrap_label(practice, key_id))

    def rewrap(self, practice: PracticeId, key_id: str, wrapped: bytes) -> bytes | None:
        """Wrap a practice's key with the first secret; None if it is so already."""
        return _anew(self._wrap, wrapped, _wrap_label(practice, key_id))

    def seal_global(self, place: str, row: UUID, plain: str) -> bytes:
        """Seal a value that belongs to no practice (a staff e-mail)."""
        nonce = random_bytes(NONCE_BYTES)
        label = f"{place}|{row}".encode()
        return nonce + self._deployment[0].encrypt(nonce, plain.encode(), label)

    def open_global(self, place: str, row: UUID, blob: bytes) -> str:
        """Open what `seal_global` sealed; CannotOpen if it can't be."""
        return _open_any(self._deployment, blob, f"{place}|{row}".encode()).decode()

    def reseal_global(self, place: str, row: UUID, blob: bytes) -> bytes | None:
        """Seal with the first secret what `seal_global` sealed; None if it is so already."""
        return _anew(self._deployment, blob, f"{place}|{row}".encode())

    def seal_file(self, name: str, plain: bytes) -> bytes:
        """Seal what lies on a disk of our own until the database is back; bound to its name."""
        nonce = random_bytes(NONCE_BYTES)
        return _VERSION + nonce + self._spool[0].encrypt(nonce, plain, f"spool|{name}".encode())

    def open_file(self, name: str, blob: bytes) -> bytes:
        """Open what `seal_file` sealed under this name; CannotOpen if it can't be."""
        if blob[:1] != _VERSION:
            raise CannotOpen
        return _open_any(self._spool, blob[1:], f"spool|{name}".encode())

    def credential_hashes(self, kind: str, presented: str) -> list[bytes]:
        """Return the keyed hashes to look for, the one to store first."""
        text = f"{kind}|{presented}".encode("utf-8", "surrogatepass")
        return [hmac.digest(key, text, "sha256") for key in self._hash]

    def callback_token(self, practice: PracticeId, message: MessageId) -> str:
        """Return the opaque, signed id that rides in a status callback's URL."""
        body = practice.bytes + message.bytes
        return _text(body + hmac.digest(self._sign[0], body, "sha256")[:_TOKEN_MAC_BYTES])

    def read_callback_token(self, token: str) -> tuple[PracticeId, MessageId] | None:
        """Return what `callback_token` wrote, or None if we did not write it."""
        raw = _raw(token)
        if raw is None or len(raw) != 2 * _ID_BYTES + _TOKEN_MAC_BYTES:
            return None
        body, mac = raw[: 2 * _ID_BYTES], raw[2 * _ID_BYTES :]
        macs = [hmac.digest(key, body, "sha256")[:_TOKEN_MAC_BYTES] for key in self._sign]
        if not any(hmac.compare_digest(mac, known) for known in macs):
            return None
        return (
            PracticeId(UUID(bytes=body[:_ID_BYTES])),
            MessageId(UUID(bytes=body[_ID_BYTES:])),
        )


class PracticeKeys:
    """The keys of one practice, unwrapped: seals and opens its columns, hashes its phones."""

    def __init__(
        self, practice: PracticeId, current: str, seal: Mapping[str, bytes], index: bytes
    ) -> None:
        """Take the id of the key that seals now, all keys that still open, and the index key."""
        self.practice = practice
        self._current = current
        self._seal = {key_id: AESGCM(key) for key_id, key in seal.items()}
        self._index = index

    def __repr__(self) -> str:
        """Hide the keys."""
        return "PracticeKeys(…)"

    def seal(self, place: str, row: UUID | str, plain: bytes) -> bytes:
        """Seal a value for a place ("message.body") and a row."""
        nonce = random_bytes(NONCE_BYTES)
        sealed = self._seal[self._current].encrypt(nonce, plain, self._label(place, row))
        return _VERSION + bytes.fromhex(self._current) + nonce + sealed

    def open(self, place: str, row: UUID | str, blob: bytes) -> bytes:
        """Open a sealed value; CannotOpen if it was sealed for another place, row or practice."""
        key = self._seal.get(blob[1 : 1 + KEY_ID_BYTES].hex())
        if key is None or blob[:1] != _VERSION:
            raise CannotOpen
        try:
            return key.decrypt(
                blob[1 + KEY_ID_BYTES : _HEAD], blob[_HEAD:], self._label(place, row)
            )
        except (InvalidTag, ValueError) as error:  # the second: cut off inside the nonce
            raise CannotOpen from error

    def seal_text(self, place: str, row: UUID | str, text: str) -> bytes:
        """Seal words; lone surrogates, which no encoding can carry, survive."""
        return self.seal(place, row, text.encode("utf-8", "surrogatepass"))

    def open_text(self, place: str, row: UUID | str, blob: bytes) -> str:
        """Open words."""
        return self.open(place, row, blob).decode("utf-8", "surrogatepass")

    def phone_hash(self, e164: str) -> bytes:
        """Return the keyed hash under which a number is found."""
        return hmac.digest(self._index, e164.encode("utf-8", "surrogatepass"), "sha256")

    def index(self, place: str, text: str) -> bytes:
        """Return the keyed hash under which a value of a place ("hl7_message.about") is found."""
        said = f"{place}|{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._index, said, "sha256")

    def _label(self, place: str, row: UUID | str) -> bytes:
        return f"{self.practice}|{place}|{row}".encode()


def new_key_id(key: bytes) -> str:
    """Return the public name of a key: eight bytes of its hash, in hex."""
    return hashlib.sha256(b"engage/key-id" + key).digest()[:KEY_ID_BYTES].hex()


def _derive(secret: str, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return derivation.derive(secret.encode())


def _open_any(keys: Sequence[AESGCM], blob: bytes, label: bytes) -> bytes:
    for key in keys:
        try:
            return key.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], label)
        except (InvalidTag, ValueError):  # the second: cut off inside the nonce
            continue
    raise CannotOpen


def _anew(keys: Sequence[AESGCM], blob: bytes, label: bytes) -> bytes | None:
    """Close with the first key what an older one closed; None if the first one did."""
    try:
        _open_any(keys[:1], blob, label)
    except CannotOpen:
        nonce = random_bytes(NONCE_BYTES)
        return nonce + keys[0].encrypt(nonce, _open_any(keys[1:], blob, label), label)
    return None


def _wrap_label(practice: PracticeId, key_id: str) -> bytes:
    return f"{practice}|practice_key|{key_id}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
