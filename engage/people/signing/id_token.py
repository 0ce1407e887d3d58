"""What the organisation's own sign-in says about somebody, in a token that it signed. (p).

Read as strictly as our own: three algorithms, a key of its list by its id, the exact issuer, us as
audience and as the party it was made for, the nonce of this very round, times by the clock that we
are given, an address that it has verified. This room refuses to say why.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import jwt

from engage.people.fields import Personal

_TYPES: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
"""The algorithms we take, each with the type of key that it is for."""
_STRANGE: Final = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "zip", "b64"})
"""Headers that would have a token bring its own key or its own rules."""
LONGEST: Final = 16384
_MOST_GROUPS: Final = 2000
_AHEAD: Final = 60
_OLDEST: Final = 600


class Expected(Personal, frozen=True, kw_only=True):
    """What a token must say, for this round."""

    issuer: str
    client: str
    nonce: str
    #: Where groups stand in it.
    groups_claim: str


class Said(Personal, frozen=True, kw_only=True):
    """Whom the organisation let in, and the groups it has them in."""

    email: str
    groups: tuple[str, ...]


def read(
    token: str, keys: Sequence[Mapping[str, Any]], expected: Expected, at: datetime
) -> Said | None:
    """Return what a token says that holds at a moment; None for any other."""
    if len(token) > LONGEST:
        return None
    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in _TYPES or header.get("typ", "JWT") != "JWT" or _STRANGE & header.keys():
            return None
        fitting = [
            one
            for one in keys
            if one.get("kid") == key_id
            and one.get("kty") == _TYPES[algorithm]
            and one.get("use", "sig") == "sig"
            and one.get("alg", algorithm) == algorithm
        ]
        if not isinstance(key_id, str) or len(fitting) != 1:
            return None
        said: Mapping[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(dict(fitting[0]), algorithm),
            algorithms=[algorithm],
            audience=expected.client,
            issuer=expected.issuer,
            # Times are compared below, with the clock that we are given.
            options={
                "require": ["iss", "aud", "sub", "iat", "exp", "nonce"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return _said(said, expected, at)


def _said(said: Mapping[str, Any], expected: Expected, at: datetime) -> Said | None:
    if not _for_us(said, expected) or not _timely(said, at.astimezone(UTC).timestamp()):
        return None
    email, groups = said.get("email"), said.get(expected.groups_claim, [])
    # An address that somebody merely typed in there is anybody's.
    if not isinstance(email, str) or said.get("email_verified") is not True:
        return None
    if not isinstance(groups, list) or not isinstance(said["sub"], str) or not said["sub"]:
        return None
    named = cast("list[Any]", groups)[:_MOST_GROUPS]
    return Said(email=email, groups=tuple(one for one in named if isinstance(one, str)))


def _for_us(said: Mapping[str, Any], expected: Expected) -> bool:
    audience, party = said["aud"], said.get("azp")
    several = isinstance(audience, list) and len(cast("list[Any]", audience)) > 1
    if (several or party is not None) and party != expected.client:
        return False
    nonce = said["nonce"]
    return isinstance(nonce, str) and hmac.compare_digest(nonce.encode(), expected.nonce.encode())


def _timely(said: Mapping[str, Any], now: float) -> bool:
    times = [said["iat"], said["exp"], said.get("nbf", 0)]
    if not all(type(one) in (int, float) for one in times):
        return False
    began, ends, begins = cast("list[float]", times)
    return now - _OLDEST <= began <= now + _AHEAD and begins <= now + _AHEAD and now < ends
