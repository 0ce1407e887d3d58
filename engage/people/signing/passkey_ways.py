"""How passkeys are made, shown and ended; and how one opens a sign-in.

A challenge is good once, for five minutes, for one purpose, and where it was asked for: on the
device that asked, or in the sign-in that did. It is used up before anything else is looked at. A
passkey with the person verified is two factors, so it is a whole sign-in, and it can stand after a
password as well. This room refuses to say whose a passkey is, or that there is one.
"""

from collections.abc import Container
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.errors import EngageError
from engage.ids import StaffId
from engage.people.access import Caller
from engage.people.signing import limits, passkey_store, passkeys, store
from engage.people.signing.keeping import Keeping, NoSignIn, Tokens, record
from engage.people.signing.passkey_store import Found, Listed, Owner, Purpose
from engage.people.signing.passkeys import Assertion, Attestation, Site
from engage.people.signing.principal import KINDS, Kind, Principal, id_of, kind_of
from engage.people.signing.staff_ways import STEP_TRIES, WrongSignIn
from engage.people.signing.store import Counted, Factors

LASTS: Final = timedelta(minutes=5)
MOST: Final = 20

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NotAPasskey(EngageError):  # noqa: N818 - reads as a sentence: raise NotAPasskey
    """This device's answer can't be kept; begin again."""


class PasskeyWays:
    """The steps of passkeys."""

    def __init__(
        self, database: Database, master: MasterKeys, clock: Clock, keeping: Keeping, site: Site
    ) -> None:
        """Take what the steps stand on, and who we are to a browser."""
        self._database = database
        self._master = master
        self._clock = clock
        self._keeping = keeping
        self._site = site

    async def challenge(self, purpose: Purpose, where: str, came_from: str) -> bytes:
        """Make what a device must sign next; `where` it was asked for is where it opens."""
        at, challenge = self._clock.now(), random_bytes(passkeys.CHALLENGE_BYTES)
        async with self._database.work() as work:
            counted = Counted(limits.PASSKEY_FROM_ADDRESS, came_from)
            await store.allow(work, self._master, (counted,), at)
            await passkey_store.put_challenge(
                work,
                self._hashes("passkey-challenge", challenge.hex())[0],
                purpose,
                self._hashes("passkey-place", where)[0],
                at,
                at + LASTS,
            )
        return challenge

    async def enter(
        self,
        said: Assertion,
        where: str,
        step: str,
        came_from: str,
        among: Container[Kind] = KINDS,
    ) -> Tokens:
        """Sign in by a passkey, alone or after a password (`step`); WrongSignIn otherwise.

        `among`: whose passkeys open here; the device lists those of all that we are to it.
        """
        at = self._clock.now()
        async with self._database.work() as work:
            counted = Counted(limits.STEP_FROM_ADDRESS, came_from)
            await store.allow(work, self._master, (counted,), at)
        challenge = await self._taken("sign-in", where, said.client_data)
        known = await self._after_password(step) if step else None
        async with self._database.work() as work:
            found = await self._fits(work, challenge, said)
            if found.owner.kind not in among:
                raise WrongSignIn
            if step:
                if found.owner.kind != "staff" or found.owner.person != known:
                    raise WrongSignIn
                await store.end_step(work, self._hashes("step", step), at)
            try:
                return await self._begin(
                    work, found.owner, "password-passkey" if step else "passkey"
                )
            except NoSignIn:
                raise WrongSignIn from None

    async def prove(self, me: Principal, said: Assertion, where: str) -> None:
        """Take a passkey of somebody who is signed in as a fresh proof; WrongSignIn otherwise."""
        challenge = await self._taken("step-up", where, said.client_data)
        async with self._database.work() as work:
            found = await self._fits(work, challenge, said)
            if (found.owner.kind, found.owner.person) != (kind_of(me), id_of(me)):
                raise WrongSignIn

    async def register(self, me: Principal, said: Attestation, where: str) -> Listed:
        """Keep a new passkey; NotAPasskey if anything about it is wrong."""
        at, owner = self._clock.now(), owner_of(me)
        try:
            challenge = await self._taken("register", where, said.client_data)
        except WrongSignIn:
            raise NotAPasskey from None
        kept = passkeys.made(self._site, challenge, said)
        if kept is None:
            raise NotAPasskey
        key = fresh_id(self._clock)
        async with self._database.work() as work:
            if not await passkey_store.add(work, key, owner, kept, MOST, at):
                raise NotAPasskey
            await record(work, me, "passkey.add", at)
        return Listed(
            id=key, credential_id=kept.credential_id, synced=kept.synced, made_at=at, used_at=None
        )

    async def listed(self, me: Principal) -> tuple[Listed, ...]:
        """Return one's own passkeys."""
        async with self._database.work() as work:
            return await passkey_store.listed(work, kind_of(me), id_of(me))

    async def end(self, me: Principal, key: UUID) -> bool:
        """End one of one's own passkeys; say whether there was one."""
        at = self._clock.now()
        async with self._database.work() as work:
            gone = await passkey_store.end(work, kind_of(me), id_of(me), key, at)
            if gone:
                await record(work, me, "passkey.end", at)
        return gone

    async def _taken(self, purpose: Purpose, where: str, client_data: str) -> bytes:
        challenge = passkeys.challenge_in(client_data)
        if challenge is None:
            raise WrongSignIn
        async with self._database.work() as work:
            held = await passkey_store.take_challenge(
                work,
                self._hashes("passkey-challenge", challenge.hex()),
                purpose,
                self._hashes("passkey-place", where),
                self._clock.now(),
            )
        # Used up by now, whatever comes of it: what follows is a transaction of its own.
        if not held:
            raise WrongSignIn
        return challenge

    async def _after_password(self, step: str) -> StaffId:
        async with self._database.work() as work:
            found = await store.try_step(
                work, ("challenge",), self._hashes("step", step), STEP_TRIES, self._clock.now()
            )
        if found is None:
            raise WrongSignIn
        return found[1]

    async def _fits(self, work: Work, challenge: bytes, said: Assertion) -> Found:
        found = await passkey_store.find(work, said.id)
        key, before = (
            (passkeys.NOBODYS, 0) if found is None else (found.public_key, found.sign_count)
        )
        count = passkeys.shown(self._site, challenge, said, key, before)
        if found is None:
            raise WrongSignIn
        handle = passkeys.handle_of(found.owner.kind, found.owner.person)
        if passkeys.decoded(said.user_handle) != handle:
            raise WrongSignIn
        if count is None:
            # A count that went back is a copy of a key, or a device that was set back.
            _log.warning("a passkey was not taken", kind=found.owner.kind)
            raise WrongSignIn
        await passkey_store.used(work, found.id, count, self._clock.now())
        return found

    async def _begin(self, work: Work, owner: Owner, factors: Factors) -> Tokens:
        if owner.practice is None:
            return await self._keeping.begin_staff(work, StaffId(owner.person), factors)
        if owner.kind == "staff":
            raise NoSignIn
        await work.enter([owner.practice], owner.practice)
        phone = await passkey_store.phone_of(work, owner.practice, owner.kind, owner.person)
        if phone is None:
            raise NoSignIn
        return await self._keeping.begin_by_passkey(
            work, owner.kind, owner.person, owner.practice, phone
        )

    def _hashes(self, kind: str, presented: str) -> list[bytes]:
        return self._master.credential_hashes(kind, presented)


def owner_of(me: Principal) -> Owner:
    """Return whose a passkey of somebody who is signed in would be."""
    practice = None if isinstance(me, Caller) else me.practice_id
    return Owner(kind_of(me), id_of(me), practice)
