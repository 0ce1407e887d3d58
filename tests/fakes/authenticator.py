"""An authenticator in software: makes passkeys and shows them, rightly, or wrongly where asked to.

It refuses nothing, since what is refused must be the server's doing.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from engage.people.signing.passkeys import encoded

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
BOTH = PRESENT | VERIFIED


@dataclass
class Authenticator:
    """One passkey, in one device."""

    credential_id: bytes
    rp_id: str
    origin: str
    count: int = 0
    handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict[str, Any], **wrong: Any) -> dict[str, Any]:  # noqa: ANN401
        """Answer creation options; `wrong` says what about the answer is."""
        self.handle = options["user"]["id"]
        said = wrong.get("client_data") or self._said("webauthn.create", options, wrong)
        cose = self._cose() | wrong.get("cose", {})
        held = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(wrong, ATTESTED) + held + cbor2.dumps(cose)
        whole = {"fmt": "none", "attStmt": wrong.get("statement", {}), "authData": data}
        attestation = cbor2.dumps(whole)
        return {
            "id": encoded(wrong.get("id", self.credential_id)),
            "client_data": encoded(said),
            "attestation": encoded(attestation[: wrong.get("cut", len(attestation))]),
        }

    def show(self, options: dict[str, Any], **wrong: Any) -> dict[str, str]:  # noqa: ANN401
        """Answer request options; `wrong` says what about the answer is."""
        self.count += 1
        said = wrong.get("client_data") or self._said("webauthn.get", options, wrong)
        data = self._data(wrong) + wrong.get("behind", b"")
        data = data[: wrong.get("cut", len(data))]
        key = wrong.get("key", self.key)
        signature = key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return {
            "id": encoded(wrong.get("id", self.credential_id)),
            "client_data": encoded(said + wrong.get("after", b"")),
            "authenticator_data": encoded(data),
            "signature": encoded(wrong.get("signature", signature)),
            "user_handle": wrong.get("handle", self.handle),
        }

    def _said(self, kind: str, options: dict[str, Any], wrong: dict[str, Any]) -> bytes:
        said = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", options["challenge"]),
            "origin": wrong.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(said | wrong.get("said", {})).encode()

    def _data(self, wrong: dict[str, Any], more: int = 0) -> bytes:
        rp_id, flags = wrong.get("rp_id", self.rp_id), wrong.get("flags", BOTH) | more
        count = wrong.get("count", self.count)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _cose(self) -> dict[int, Any]:
        public = self.key.public_key().public_numbers()
        x, y = public.x.to_bytes(32, "big"), public.y.to_bytes(32, "big")
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}
