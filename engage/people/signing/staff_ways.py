"""How staff sign in: invited once, then by a password and a second factor. Nothing opens by one.

An invitation lets its holder choose a password and an authenticator; they count when a code of it
has been shown, and until then what was there before does. A password alone answers with a challenge
that opens nothing but the second step. An account that does not exist costs what any other does,
and gets the same answer. This room refuses to tell a wrong address from a wrong password.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from engage.clock import Clock, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.errors import EngageError
from engage.ids import StaffId
from engage.people.fields import EmailAddress, NotAnEmail, Personal
from engage.people.signing import limits, passwords, second_factor, store
from engage.people.signing.keeping import TOKEN_BYTES, Keeping, NoSignIn, Tokens, opaque
from engage.people.signing.passwords import Cost
from engage.people.signing.store import Counted, Factors, Secret, StepKind
from engage.people.staff import UnknownStaff
from engage.people.staffing import store as staffing

INVITATION_LASTS: Final = timedelta(hours=72)
STEP_LASTS: Final = timedelta(minutes=10)
STEP_TRIES: Final = 5
INVITATION_TRIES: Final = 20
_NOBODY: Final = StaffId(UUID(int=0))


class WrongSignIn(EngageError):  # noqa: N818 - reads as a sentence: raise WrongSignIn
    """This does not sign you in; begin again."""


class Invitation(Personal, frozen=True):
    """What lets somebody choose a password and an authenticator, shown once."""

    token: str
    until: datetime


class Offered(Personal, frozen=True, kw_only=True):
    """A new authenticator's secret, to be confirmed by a code of it."""

    challenge: str
    secret: str
    address: str
    until: datetime


class Challenge(Personal, frozen=True):
    """What the second step is taken with."""

    token: str
    until: datetime


class Entered(Personal, frozen=True, kw_only=True):
    """A member of staff is in; with a new authenticator come codes to be written down."""

    tokens: Tokens
    recovery_codes: tuple[str, ...] = ()


class StaffWays:
    """The steps by which staff get in."""

    def __init__(
        self,
        database: Database,
        master: MasterKeys,
        clock: Clock,
        keeping: Keeping,
        cost: Cost,
        matches: Callable[[str, str], bool] = passwords.matches,
    ) -> None:
        """Take what the steps stand on; `matches` compares a password with a hash."""
        self._database = database
        self._master = master
        self._clock = clock
        self._keeping = keeping
        self._cost = cost
        self._matches = matches

    async def invite(self, work: Work, staff: StaffId) -> Invitation:
        """Make the one invitation of somebody that holds; an older one opens no more."""
        at = self._clock.now()
        return Invitation(*await self._step(work, "invitation", staff, at, INVITATION_LASTS))

    async def invite_by_email(self, email: str) -> Invitation:
        """Invite who works somewhere under this address; UnknownStaff if nobody does."""
        address, at = EmailAddress.parse(email), self._clock.now()
        async with self._database.work() as work:
            person = await staffing.find_staff(work, self._master, address, at)
            if person is None or not await staffing.memberships_of(work, person, at):
                raise UnknownStaff
            return await self.invite(work, person)

    async def accept(self, invitation: str, password: str, came_from: str) -> Offered:
        """Choose a password and get an authenticator's secret; neither counts yet."""
        chosen, at = passwords.read_password(password), self._clock.now()
        await self._allow(Counted(limits.STEP_FROM_ADDRESS, came_from))
        hashes = self._master.credential_hashes("invitation", invitation)
        salt, secret = random_bytes(passwords.SALT_BYTES), random_bytes(second_factor.SECRET_BYTES)
        kept = await asyncio.to_thread(passwords.hashed, chosen, salt, self._cost)
        async with self._database.work() as work:
            found = await store.try_step(work, ("invitation",), hashes, INVITATION_TRIES, at)
            if found is None or not await staffing.memberships_of(work, found[1], at):
                raise WrongSignIn
            staff = found[1]
            sealed = self._master.seal_global(store.TOTP_PLACE, staff, secret.hex())
            await store.offer_secret(work, staff, kept, sealed)
            challenge, until = await self._step(work, "enrolment", staff, at, STEP_LASTS)
        return Offered(
            challenge=challenge,
            secret=second_factor.shown(secret),
            # An authenticator shows whom it is for: the work address would tell a finder too much.
            address=second_factor.address(secret, "staff"),
            until=until,
        )

    async def password(self, email: str, password: str, came_from: str) -> Challenge:
        """Take the first step; WrongSignIn whatever was wrong, at the same cost."""
        at = self._clock.now()
        try:
            address = EmailAddress.parse(email)
        except NotAnEmail:
            # Counted and compared like any other.
            address = EmailAddress("nobody")
        await self._allow(
            Counted(limits.PASSWORD_FROM_ADDRESS, came_from),
            Counted(limits.PASSWORD_OF_ACCOUNT, address.text),
        )
        async with self._database.work() as work:
            person = await staffing.find_staff(work, self._master, address, at) or _NOBODY
            working = await staffing.memberships_of(work, person, at)
            secret = await store.secret_of(work, person)
        known = secret.password_hash if working else None
        against = known or passwords.nobodys(self._cost)
        fits = await asyncio.to_thread(self._matches, password, against)
        if not fits or known is None:
            raise WrongSignIn
        async with self._database.work() as work:
            return Challenge(*await self._step(work, "challenge", person, at, STEP_LASTS))

    async def second_factor(self, challenge: str, code: str, came_from: str) -> Entered:
        """Take the second step, with a code of the authenticator or one that was written down."""
        at = self._clock.now()
        await self._allow(Counted(limits.STEP_FROM_ADDRESS, came_from))
        hashes = self._hashes_of_step(challenge)
        async with self._database.work() as work:
            found = await store.try_step(work, ("challenge", "enrolment"), hashes, STEP_TRIES, at)
        # The try is counted whatever comes of it: what follows is a transaction of its own.
        if found is None:
            raise WrongSignIn
        kind, staff = found
        await self._allow(Counted(limits.FACTOR_OF_ACCOUNT, str(staff)))
        async with self._database.work() as work:
            secret = await store.secret_of(work, staff)
            codes: tuple[str, ...] = ()
            if kind == "enrolment":
                codes = await self._confirm(work, staff, secret, code, at)
                factors: Factors = "password-totp"
            else:
                factors = await self._prove(work, staff, secret, code, at)
            await store.end_step(work, hashes, at)
            try:
                tokens = await self._keeping.begin_staff(work, staff, factors)
            except NoSignIn:
                raise WrongSignIn from None
        return Entered(tokens=tokens, recovery_codes=codes)

    async def prove(self, staff: StaffId, code: str, came_from: str) -> None:
        """Take a code of somebody who is signed in as a fresh proof; WrongSignIn otherwise."""
        await self._allow(
            Counted(limits.STEP_FROM_ADDRESS, came_from),
            Counted(limits.FACTOR_OF_ACCOUNT, str(staff)),
        )
        async with self._database.work() as work:
            secret = await store.secret_of(work, staff)
            await self._prove(work, staff, secret, code, self._clock.now())

    async def _prove(
        self, work: Work, staff: StaffId, secret: Secret, code: str, at: datetime
    ) -> Factors:
        if secret.totp_sealed is None:
            raise WrongSignIn
        step = second_factor.step_of(self._opened(staff, secret.totp_sealed), code, at)
        if step is not None and await store.use_totp(work, staff, step):
            return "password-totp"
        written = second_factor.read_recovery(code)
        if written is None:
            raise WrongSignIn
        if not await store.use_recovery(work, staff, second_factor.kept(staff, written), at):
            raise WrongSignIn
        return "password-recovery"

    async def _confirm(
        self, work: Work, staff: StaffId, secret: Secret, code: str, at: datetime
    ) -> tuple[str, ...]:
        sealed = secret.next_totp_sealed
        step = (
            None if sealed is None else second_factor.step_of(self._opened(staff, sealed), code, at)
        )
        if step is None:
            raise WrongSignIn
        count = second_factor.RECOVERY_CODES * second_factor.RECOVERY_BYTES
        codes = tuple(second_factor.recovery_codes(random_bytes(count)))
        hashes = [second_factor.kept(staff, one) for one in codes]
        if not await store.confirm_secret(work, staff, step, hashes, at):
            raise WrongSignIn
        return codes

    def _opened(self, staff: StaffId, sealed: bytes) -> bytes:
        return bytes.fromhex(self._master.open_global(store.TOTP_PLACE, staff, sealed))

    async def _step(
        self, work: Work, kind: StepKind, staff: StaffId, at: datetime, lasts: timedelta
    ) -> tuple[str, datetime]:
        text, until = opaque(random_bytes(TOKEN_BYTES)), at + lasts
        name = "invitation" if kind == "invitation" else "step"
        hashed = self._master.credential_hashes(name, text)[0]
        await store.add_step(work, kind, hashed, staff, at, until)
        return text, until

    def _hashes_of_step(self, presented: str) -> list[bytes]:
        return self._master.credential_hashes("step", presented)

    async def _allow(self, *counted: Counted) -> None:
        async with self._database.work() as work:
            await store.allow(work, self._master, counted, self._clock.now())
