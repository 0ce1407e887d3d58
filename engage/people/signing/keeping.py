"""Sign-ins: begun, kept by rotating tokens, looked at with each request, ended.

An access token lasts five minutes; a refresh token is opaque, kept as a hash, and good once. A used
one that comes again within ten seconds was two requests of one client, and the later is refused; a
used one that comes later is somebody's copy, and the whole sign-in ends. This room refuses to keep
a token that it could give out again. docs/decisions/0022 has the reasons.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, assert_never
from uuid import UUID

import structlog

from engage import audit
from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.errors import EngageError
from engage.ids import PatientId, PhoneId, PracticeId, StaffId
from engage.people.access import Caller
from engage.people.fields import Personal
from engage.people.signing import store
from engage.people.signing.access_token import LIFE, Claims, Signer
from engage.people.signing.principal import FamilyKind, Kind, Person, Principal, kind_of
from engage.people.signing.store import Beginning, Factors, Refreshed, SignIn
from engage.people.staffing import store as staffing

TOKEN_BYTES: Final = 32
GRACE_SECONDS: Final = 10
LASTS: Final[dict[Kind, tuple[timedelta, timedelta]]] = {
    # Without use, and in all. Staff sign in once a working day.
    "staff": (timedelta(hours=1), timedelta(hours=12)),
    "caregiver": (timedelta(days=30), timedelta(days=90)),
    "patient": (timedelta(days=30), timedelta(days=90)),
}

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NoSignIn(EngageError):  # noqa: N818 - reads as a sentence: raise NoSignIn
    """This sign-in is over; sign in again."""


class AlreadyRefreshed(EngageError):  # noqa: N818
    """Another request has refreshed this sign-in a moment ago; use what it was given."""


class Tokens(Personal, frozen=True, kw_only=True):
    """What a sign-in is used with from now on."""

    access: str
    refresh: str
    sign_in: UUID
    seconds: int = int(LIFE.total_seconds())


def opaque(randomness: bytes) -> str:
    """Return random bytes as people and programs can carry them."""
    return base64.urlsafe_b64encode(randomness).rstrip(b"=").decode("ascii")


@lru_cache(maxsize=8)
def _signer(seeds: tuple[bytes, ...], issuer: str) -> Signer:
    return Signer(seeds, issuer)


class Keeping:
    """Begins, keeps and ends sign-ins."""

    def __init__(self, database: Database, master: MasterKeys, clock: Clock, issuer: str) -> None:
        """Take the database, the keys of the deployment, the time, and who we are."""
        self._database = database
        self._master = master
        self._clock = clock
        self._signer = _signer(master.token_seeds, issuer)

    async def begin_staff(
        self, work: Work, staff: StaffId, factors: Factors, roles: Sequence[str] | None = None
    ) -> Tokens:
        """Begin a sign-in of a member of staff; with `roles`, no other ones of theirs count."""
        return await self._begin(work, "staff", staff, factors, None, roles)

    async def begin_family(
        self, work: Work, person: Person, factors: Factors = "sms-code"
    ) -> Tokens:
        """Begin a sign-in of a caregiver or a patient on their phone."""
        where = (person.practice_id, person.phone_id)
        return await self._begin(work, person.kind, person.id, factors, where)

    async def begin_by_passkey(
        self, work: Work, kind: FamilyKind, person: UUID, practice: PracticeId, phone: PhoneId
    ) -> Tokens:
        """Begin a sign-in of a caregiver or a patient by a passkey of theirs."""
        return await self._begin(work, kind, person, "passkey", (practice, phone))

    async def refresh(self, presented: str) -> Tokens:
        """Exchange a refresh token for new tokens; NoSignIn or AlreadyRefreshed otherwise."""
        at = self._clock.now()
        text, hashed = self._new_token()
        old = self._master.credential_hashes("refresh", presented)
        async with self._database.work() as work:
            found = await store.refresh(work, old, hashed, GRACE_SECONDS, at)
            if found is None:
                raise NoSignIn
            match found.outcome:
                case "raced":
                    raise AlreadyRefreshed
                case "reused":
                    # Committed, unlike the others: the sign-in has ended with this.
                    await self._tell(work, found, at)
                case "refreshed":
                    if await store.signed_in(work, found.claims, at) is None:
                        raise NoSignIn
                case _:
                    assert_never(found.outcome)
        if found.outcome == "reused":
            raise NoSignIn
        return self._tokens(found.claims, text, at)

    def read(self, token: str) -> Claims | None:
        """Return what an access token of ours says, if it holds now; nothing else is asked."""
        return self._signer.read(token, self._clock.now())

    async def who(self, token: str) -> Principal | None:
        """Return who presents an access token, as things stand now; None for any other token."""
        claims = self.read(token)
        if claims is None:
            return None
        async with self._database.apart() as work:
            return await store.signed_in(work, claims, self._clock.now())

    async def sign_ins(self, person: UUID) -> tuple[SignIn, ...]:
        """Return the sign-ins of somebody that hold."""
        async with self._database.work() as work:
            return await store.sign_ins_of(work, person, self._clock.now())

    async def revoke(self, person: UUID, sign_in: UUID) -> bool:
        """End one of a person's sign-ins; say whether there was one."""
        async with self._database.work() as work:
            return await store.end(work, Claims(person, sign_in), "revoked", self._clock.now())

    async def prove(self, claims: Claims) -> None:
        """Write down that somebody has just proved who they are; NoSignIn if it is over."""
        async with self._database.work() as work:
            if not await store.prove(work, claims, self._clock.now()):
                raise NoSignIn

    async def sign_out(self, claims: Claims) -> None:
        """End the sign-in of a token: none that was made from it opens again."""
        async with self._database.work() as work:
            await store.end(work, claims, "signed-out", self._clock.now())

    async def _begin(
        self,
        work: Work,
        kind: Kind,
        person: UUID,
        factors: Factors,
        where: tuple[PracticeId, PhoneId] | None,
        roles: Sequence[str] | None = None,
    ) -> Tokens:
        at = self._clock.now()
        idle, in_all = LASTS[kind]
        text, hashed = self._new_token()
        new = Beginning(
            id=fresh_id(self._clock),
            kind=kind,
            person_id=person,
            practice_id=None if where is None else where[0],
            phone_id=None if where is None else where[1],
            factors=factors,
            idle_seconds=int(idle.total_seconds()),
            until_at=at + in_all,
        )
        await store.begin(work, new, hashed, at)
        claims = Claims(person, new.id)
        if roles is not None:
            await store.narrow(work, claims, roles)
        holder = await store.signed_in(work, claims, at)
        if holder is None or (isinstance(holder, Caller) and not holder.practices):
            raise NoSignIn
        await record(work, holder, "sign_in.begin", at)
        return self._tokens(claims, text, at)

    def _tokens(self, claims: Claims, refresh: str, at: datetime) -> Tokens:
        access = self._signer.sign(claims, fresh_id(self._clock), at)
        return Tokens(access=access, refresh=refresh, sign_in=claims.sign_in)

    def _new_token(self) -> tuple[str, bytes]:
        text = opaque(random_bytes(TOKEN_BYTES))
        return text, self._master.credential_hashes("refresh", text)[0]

    async def _tell(self, work: Work, reused: Refreshed, at: datetime) -> None:
        _log.warning("refresh token used twice", kind=reused.kind)
        person = reused.claims.person
        practices = {reused.practice_id} - {None}
        if reused.kind == "staff":
            held = await staffing.memberships_of(work, StaffId(person), at)
            practices = {one.practice_id for one in held}
        for practice in sorted(one for one in practices if one is not None):
            await _record_in(work, practice, reused.kind, person, "sign_in.reused", at)


async def record(work: Work, holder: Principal, action: str, at: datetime) -> None:
    """Add an audit entry about somebody's sign-in in each practice it reaches."""
    if isinstance(holder, Caller):
        for practice in holder.practices:
            await _record_in(work, practice, "staff", holder.staff_id, action, at)
        return
    await _record_in(work, holder.practice_id, kind_of(holder), holder.id, action, at)


async def _record_in(
    work: Work, practice: PracticeId, kind: Kind, person: UUID, action: str, at: datetime
) -> None:
    await work.enter([practice], practice)
    await audit.record(
        work,
        practice,
        at,
        actor=kind,
        actor_id=person,
        action=action,
        subject=kind,
        subject_id=person,
        patient_id=PatientId(person) if kind == "patient" else None,
    )
