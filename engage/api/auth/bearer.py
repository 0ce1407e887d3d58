"""Bearer tokens: opaque ones, known to us only as keyed hashes, and access tokens of a sign-in.

Either way one question to the database answers who holds the token and where they work now, so an
ended membership, an ended sign-in or a revoked token counts from the next request on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from engage.api.auth.ways import keeping
from engage.api.parts import Parts
from engage.db.session import Database
from engage.db.vault import Vault
from engage.people.access import Caller
from engage.people.signing.principal import Principal

LONGEST_TOKEN: Final = 4096

_CALLER = msgspec.json.Decoder(Caller)


def token_of(authorization: Sequence[str]) -> str | None:
    """Return the token of the Authorization header; None unless there is exactly one."""
    if len(authorization) != 1:
        return None
    scheme, _, rest = authorization[0].partition(" ")
    token = rest.strip()
    printable = token.isascii() and token.isprintable() and " " not in token
    fits = printable and 0 < len(token) <= LONGEST_TOKEN
    return token if scheme.lower() == "bearer" and fits else None


def is_signed(token: str) -> bool:
    """Say whether a token can only be an access token: an opaque one has no dots."""
    return "." in token


async def who(parts: Parts, token: str) -> Principal | None:
    """Return who holds a token of either kind, as things stand now; None for any other token."""
    if is_signed(token):
        return await keeping(parts).who(token)
    return await authenticate(parts.database, parts.vault, token, parts.clock.now())


async def authenticate(
    database: Database, vault: Vault, token: str, now: datetime
) -> Caller | None:
    """Return who holds an opaque token, with where they work now; None for any other token."""
    async with database.work() as work:
        for hashed in vault.master.credential_hashes("token", token):
            found = await work.call("authenticate", hashed, now)
            if found is not None:
                return _CALLER.decode(found)
    return None
