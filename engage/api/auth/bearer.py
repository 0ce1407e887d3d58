"""Bearer tokens: opaque ones, known to us only as keyed hashes, access tokens, and keys of pages.

Whichever it is, one question to the database answers who holds the token and where they work now,
so an ended membership, an ended sign-in or a revoked token counts from the next request on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from engage.api.auth.ways import keeping, page_keys
from engage.api.parts import Parts
from engage.db.session import Database
from engage.db.vault import Vault
from engage.people.access import Caller
from engage.people.signing.access_token import Claims
from engage.people.signing.page_keys import is_page_key
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


async def who(parts: Parts, token: str, *, deed: bool = False) -> Principal | None:
    """Return who holds a token of any kind, as things stand now; None for any other token.

    `deed`: a person does something with it, so their page does not rest.
    """
    if is_page_key(token):
        return await page_keys(parts).who(token, deed=deed)
    if is_signed(token):
        return await keeping(parts).who(token)
    return await authenticate(parts.database, parts.vault, token, parts.clock.now())


async def claims_of(parts: Parts, token: str) -> Claims | None:
    """Return whose sign-in a token or a page's key is of; a token of `engage token` is of none."""
    if is_page_key(token):
        return await page_keys(parts).claims(token)
    return keeping(parts).read(token) if is_signed(token) else None


async def authenticate(
    database: Database, vault: Vault, token: str, now: datetime
) -> Caller | None:
    """Return who holds an opaque token, with where they work now; None for any other token."""
    async with database.apart() as work:
        for hashed in vault.master.credential_hashes("token", token):
            found = await work.call("authenticate", hashed, now)
            if found is not None:
                return _CALLER.decode(found)
    return None
