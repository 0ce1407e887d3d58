"""What the cookie of a page holds: a key to a sign-in, good for as long as the sign-in is.

It is given for a refresh token, which is used up by it: whoever has only an access token can't make
five minutes into a day. A page that nobody touches ends, however often it asks by itself.
This room refuses to keep a key that it could give out again.
"""

from datetime import timedelta
from typing import Final

from engage.clock import Clock, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.people.fields import Personal
from engage.people.signing import store
from engage.people.signing.access_token import Claims
from engage.people.signing.keeping import LASTS, TOKEN_BYTES, Keeping, NoSignIn, opaque
from engage.people.signing.principal import Principal, kind_of

MARK: Final = "engp_"
"""By which a leaked one is recognised, and told from a token."""


class PageKey(Personal, frozen=True):
    """A key for a page, whose it is, and how long its sign-in lasts at most."""

    key: str
    holder: Principal
    lasts: timedelta


class PageKeys:
    """Gives and opens the keys of pages."""

    def __init__(
        self, database: Database, master: MasterKeys, clock: Clock, keeping: Keeping
    ) -> None:
        """Take what the keys stand on."""
        self._database = database
        self._master = master
        self._clock = clock
        self._keeping = keeping

    async def give(self, refresh_token: str) -> PageKey:
        """Exchange a refresh token for a key; NoSignIn or AlreadyRefreshed otherwise."""
        tokens = await self._keeping.refresh(refresh_token)
        claims, at = self._keeping.read(tokens.access), self._clock.now()
        if claims is None:
            raise NoSignIn
        key = MARK + opaque(random_bytes(TOKEN_BYTES))
        hashed = self._master.credential_hashes("page-key", key)[0]
        async with self._database.work() as work:
            holder = await store.signed_in(work, claims, at)
            if holder is None or not await store.add_page_key(work, hashed, claims, at):
                raise NoSignIn
        return PageKey(key, holder, LASTS[kind_of(holder)][1])

    async def claims(self, key: str, *, deed: bool = False) -> Claims | None:
        """Return whose page it is; `deed`: somebody does something, so it does not rest."""
        async with self._database.apart() as work:
            hashes = self._master.credential_hashes("page-key", key)
            return await store.open_page_key(work, hashes, self._clock.now(), deed=deed)

    async def who(self, key: str, *, deed: bool) -> Principal | None:
        """Return who holds a page, as things stand now."""
        at = self._clock.now()
        async with self._database.apart() as work:
            hashes = self._master.credential_hashes("page-key", key)
            claims = await store.open_page_key(work, hashes, at, deed=deed)
            return None if claims is None else await store.signed_in(work, claims, at)


def is_page_key(token: str) -> bool:
    """Say whether a token can only be a page's."""
    return token.startswith(MARK)
