"""Access tokens that nobody but we could have made, and seventy that somebody might try (A1)."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engage.people.signing.access_token import AUDIENCE, LONGEST, Claims, Signer

STRANGE: Final = bytes([3]) * 32
TOKEN: Final = UUID(int=9)


def part(value: Any) -> str:  # noqa: ANN401 - any JSON, or bytes as they are
    """Return one part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forge:
    """Makes tokens as somebody might who knows everything but a key, or has one."""

    def __init__(
        self, seed: bytes, older: bytes, issuer: str, claims: Claims, at: datetime
    ) -> None:
        """Take the keys of a deployment, what a good token says, and when."""
        self.ours = Signer([seed, older], issuer)
        self._seed, self._older, self._issuer = seed, older, issuer
        self._claims, self._at = claims, at
        self.good = self.ours.sign(claims, TOKEN, at)
        self.head: dict[str, Any] = jwt.get_unverified_header(self.good)
        self.said: dict[str, Any] = jwt.decode(self.good, options={"verify_signature": False})

    def signed(self, head: Any = None, said: Any = None, seed: bytes | None = None) -> str:  # noqa: ANN401
        """Return a token with a true signature, whatever it says."""
        text = f"{part(head or self.head)}.{part(said or self.said)}"
        key = Ed25519PrivateKey.from_private_bytes(seed or self._seed)
        return f"{text}.{part(key.sign(text.encode()))}"

    def _shared(self, key: bytes, alg: str = "HS256") -> str:
        text = f"{part(self.head | {'alg': alg})}.{part(self.said)}"
        digest = getattr(hashlib, f"sha{alg[2:]}")
        return f"{text}.{part(hmac.new(key, text.encode(), digest).digest())}"

    def _without(self, name: str) -> str:
        return self.signed(said={k: v for k, v in self.said.items() if k != name})

    def _headless(self, name: str) -> str:
        return self.signed({k: v for k, v in self.head.items() if k != name})

    def _saying(self, **more: Any) -> str:  # noqa: ANN401
        return self.signed(said=self.said | more)

    def _headed(self, **more: Any) -> str:  # noqa: ANN401
        return self.signed(self.head | more)

    def forged(self) -> dict[str, str]:
        """Return what must not open, by what is wrong with it."""
        head_part, said_part, signature = self.good.split(".")
        public = Ed25519PrivateKey.from_private_bytes(self._seed).public_key()
        raw = public.public_bytes_raw()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": part(raw)}
        now = int(self._at.timestamp())
        last = self.good[-1]
        # The last letter of a signature carries two bits only: the others are another spelling.
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        twin = alphabet[alphabet.index(last) + 1]
        return {
            **{
                f"algorithm {alg}": f"{part(self.head | {'alg': alg})}.{said_part}."
                for alg in ("none", "None", "nOnE")
            },
            "NONE with our key": f"{part(self.head | {'alg': 'NONE'})}.{said_part}.{part(raw)}",
            "no algorithm named": self._headless("alg"),
            "a list of algorithms": self._headed(alg=["EdDSA"]),
            "HS256 with the public key": self._shared(raw),
            "HS256 with the public key as PEM": self._shared(pem),
            "HS384 with the public key": self._shared(raw, "HS384"),
            "HS512 with the public key": self._shared(raw, "HS512"),
            "HS256 with nothing": self._shared(b""),
            "HS256 with the key's id": self._shared(str(self.head["kid"]).encode()),
            **{
                f"algorithm {alg}": self._headed(alg=alg)
                for alg in ("RS256", "ES256", "PS512", "eddsa", "Ed25519")
            },
            "another key": self.signed(seed=STRANGE),
            "another key of ours, under the first one's id": self.signed(seed=self._older),
            "a key we do not know": self.signed(self.head | {"kid": "0" * 16}, seed=STRANGE),
            "no key named": self._headless("kid"),
            **{
                f"key {kid!r}": self._headed(kid=kid)
                for kid in ("", "../../dev/null", "' UNION SELECT 'x", [self.head["kid"]], None, 0)
            },
            "another issuer's": Signer([self._seed], "https://evil.example.org").sign(
                self._claims, TOKEN, self._at
            ),
            "an issuer with a slash more": self._saying(iss=self._issuer + "/"),
            "a list of issuers": self._saying(iss=[self._issuer]),
            "another audience": self._saying(aud="another-api"),
            "a list of audiences": self._saying(aud=[AUDIENCE, "another-api"]),
            "a list of our audience": self._saying(aud=[AUDIENCE]),
            **{
                f"type {typ}": self._headed(typ=typ)
                for typ in ("JWT", "AT+JWT", "rt+jwt", "", None)
            },
            "no type": self._headless("typ"),
            "expired": self.ours.sign(self._claims, TOKEN, self._at - timedelta(minutes=5)),
            "not yet": self.ours.sign(self._claims, TOKEN, self._at + timedelta(seconds=6)),
            "an hour long": self._saying(exp=now + 3600),
            "backwards": self._saying(exp=now + 1, iat=now + 2),
            "a text for an end": self._saying(exp=str(now + 300)),
            "an endless end": self._saying(exp=1e30),
            "true for an end": self._saying(exp=True),
            "a fraction for an end": self._saying(exp=now + 200.5),
            "a claim of its own": self._saying(nbf=now),
            "a role of its own": self._saying(role="practice_admin"),
            **{f"no {name}": self._without(name) for name in self.said},
            "a name for somebody": self._saying(sub="dana"),
            "a number for somebody": self._saying(sub=7),
            "a sign-in that is none": self._saying(sid="x"),
            "crit": self._headed(crit=["exp"]),
            "b64": self._headed(crit=["b64"], b64=False),
            "jku": self._headed(jku="https://evil.example.org/keys"),
            "x5u": self._headed(x5u="https://evil.example.org/chain"),
            "x5c": self._headed(x5c=["MIIB"]),
            "a key that it brings along": self.signed(self.head | {"jwk": jwk}, seed=STRANGE),
            "cty": self._headed(cty="JWT"),
            "truncated": self.good[:-1],
            "cut in the middle": self.good[: len(self.good) // 2],
            "no signature": f"{head_part}.{said_part}.",
            "two parts": f"{head_part}.{said_part}",
            "four parts": f"{self.good}.{signature}",
            "padded": f"{self.good}==",
            "another spelling of the same signature": self.good[:-1] + twin,
            "another's claims": f"{head_part}.{part(self.said | {'sub': str(TOKEN)})}.{signature}",
            "a list for claims": self.signed(said=[self.said]),
            "no JSON": f"{head_part}.{part(b'XYZZY')}.{signature}",
            "a header that is no object": f"{part([self.head])}.{said_part}.{signature}",
            "too long": self._headed(kid="x" * LONGEST),
            "dots": "..",
            "encrypted, it says": f"{part({'alg': 'dir', 'enc': 'A256GCM'})}..x.y.z",
        }
