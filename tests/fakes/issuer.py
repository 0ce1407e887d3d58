"""An organisation's sign-in in this process: discovery, keys, and tokens, rightly made or not."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from engage.clock import Clock

ISSUER = "https://id.example.org/engage"
CLIENT, SECRET = "engage", "a secret for tests: with a colon"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class FakeIssuer:
    """Answers as an issuer does; `wrong` says what about its next token is not as it should be."""

    clock: Clock
    email: str = "dana@north.example.org"
    groups: tuple[str, ...] = ("nurses",)
    wrong: dict[str, Any] = field(default_factory=dict)
    describes: dict[str, Any] = field(default_factory=dict)
    away: bool = False
    asked: list[str] = field(default_factory=list)
    key: rsa.RSAPrivateKey = field(default_factory=_key)
    foreign: rsa.RSAPrivateKey = field(default_factory=_key)
    kid: str = "one"
    begun: int = 0
    rounds: dict[str, dict[str, str]] = field(default_factory=dict)

    def goes(self, address: str) -> dict[str, str]:
        """Let somebody sign in at an address; return what they are sent back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.begun += 1
        code = f"code-{self.begun}"
        self.rounds[code] = query
        return {"code": code, "state": query["state"]}

    async def fetch(
        self, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """Answer one request."""
        self.asked.append(url)
        if self.away:
            return 0, b""
        if url.endswith("/.well-known/openid-configuration"):
            said = {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
            }
            return 200, json.dumps(said | self.describes).encode()
        if url.endswith("/keys"):
            return 200, json.dumps({"keys": [self._public()]}).encode()
        return self._token(headers, body or b"")

    def _public(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return made | {"kid": self.kid, "use": "sig", "alg": "RS256"}

    def _token(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        began = self.rounds.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        proves = began is not None and began["code_challenge"] == challenge
        if began is None or not proves or known.partition(":")[0] != CLIENT:
            return 400, b'{"error": "invalid_grant"}'
        assert form["redirect_uri"] == began["redirect_uri"]
        now = int(self.clock.now().timestamp())
        said = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "7f3a",
            "iat": now,
            "exp": now + 300,
            "nonce": began["nonce"],
            "email": self.email,
            "email_verified": True,
            "groups": list(self.groups),
        } | self.wrong.get("claims", {})
        said = {name: one for name, one in said.items() if one is not None}
        how = self.wrong.get("alg", "RS256")
        key: Any = self.wrong.get("key", self.key if how == "RS256" else "s" * 32)
        headers_of = {"kid": self.kid} | self.wrong.get("header", {})
        signed_by: Any = None if how == "none" else key
        token = jwt.encode(said, signed_by, algorithm=how, headers=headers_of)
        return 200, json.dumps({"id_token": self.wrong.get("token", token)}).encode()
