"""What stands outside the wall about signing in, reached by exact key through functions only.

Whoever is counted or looked for comes in as keyed hashes; rows never leave. This room refuses to
decide: it takes what it is told, and says what was there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct

from engage.db.sealing import MasterKeys, PracticeKeys
from engage.db.session import Work
from engage.ids import PhoneId, PracticeId, StaffId
from engage.people.fields import Personal
from engage.people.phone import PhoneNumber
from engage.people.signing.access_token import Claims
from engage.people.signing.limits import Limit, TooManyTries
from engage.people.signing.principal import Kind, Person, Principal

StepKind: TypeAlias = Literal["invitation", "enrolment", "challenge"]
Factors: TypeAlias = Literal[
    "password-totp",
    "password-recovery",
    "password-passkey",
    "passkey",
    "organisation",
    "sms-code",
    "sms-link",
]
Outcome: TypeAlias = Literal["refreshed", "raced", "reused"]

TOTP_PLACE = "staff_secret.totp"
NUMBER_PLACE = "sign_in_code.number"
ROUND_PLACE = "organisation_round.told"
_SIGNED_IN: msgspec.json.Decoder[Principal] = msgspec.json.Decoder(Principal)


class Counted(Personal, frozen=True):
    """A limit, and who is counted by it."""

    limit: Limit
    who: str


class Secret(Personal, frozen=True, kw_only=True):
    """What a member of staff proves themselves by; None where there is nothing yet."""

    password_hash: str | None
    totp_sealed: bytes | None
    totp_step: int
    next_totp_sealed: bytes | None


NO_SECRET = Secret(password_hash=None, totp_sealed=None, totp_step=0, next_totp_sealed=None)


class SignIn(Struct, frozen=True, kw_only=True):
    """One sign-in that holds."""

    id: UUID
    factors: Factors
    began_at: datetime
    used_at: datetime
    until_at: datetime


class Refreshed(Struct, frozen=True, kw_only=True):
    """What became of a refresh token, and whose it is."""

    outcome: Outcome
    claims: Claims
    kind: Kind
    #: None for staff, who are of no single one.
    practice_id: PracticeId | None


class Beginning(Struct, frozen=True, kw_only=True):
    """A sign-in to begin."""

    id: UUID
    kind: Kind
    person_id: UUID
    practice_id: PracticeId | None = None
    phone_id: PhoneId | None = None
    factors: Factors
    idle_seconds: int
    until_at: datetime


async def allow(work: Work, master: MasterKeys, counted: Sequence[Counted], at: datetime) -> None:
    """Take one try by each limit, or none and TooManyTries."""
    full: int = await work.call(
        "sign_in_allow",
        [one.limit.kind for one in counted],
        [master.credential_hashes(one.limit.kind, one.who)[0] for one in counted],
        [one.limit.seconds for one in counted],
        [one.limit.most for one in counted],
        at,
    )
    if full:
        raise TooManyTries(counted[full - 1].limit.seconds)


async def add_step(
    work: Work, kind: StepKind, hashed: bytes, staff: StaffId, at: datetime, until: datetime
) -> None:
    """Keep what somebody on their way in presents next."""
    await work.call("sign_in_step_add", kind, hashed, staff, at, until)


async def try_step(
    work: Work, kinds: Sequence[StepKind], hashes: Sequence[bytes], most: int, at: datetime
) -> tuple[StepKind, StaffId] | None:
    """Return whose step this is, counting the try; None if it is over, or none of ours."""
    rows = await work.table("sign_in_step_try", list(kinds), list(hashes), most, at)
    return None if not rows else (rows[0]["kind"], StaffId(rows[0]["staff_id"]))


async def end_step(work: Work, hashes: Sequence[bytes], at: datetime) -> None:
    """Let a step be over."""
    await work.call("sign_in_step_end", list(hashes), at)


async def secret_of(work: Work, staff: StaffId) -> Secret:
    """Return what somebody proves themselves by."""
    rows = await work.table("staff_secret_of", staff)
    if not rows:
        return NO_SECRET
    row = rows[0]
    return Secret(
        password_hash=None if row["password_hash"] is None else row["password_hash"].decode(),
        totp_sealed=row["totp_sealed"],
        totp_step=row["totp_step"],
        next_totp_sealed=row["next_totp_sealed"],
    )


async def offer_secret(work: Work, staff: StaffId, password_hash: str, totp: bytes) -> None:
    """Keep a new password and authenticator beside the present ones, until they are confirmed."""
    await work.call("staff_secret_offer", staff, password_hash.encode(), totp)


async def confirm_secret(
    work: Work, staff: StaffId, step: int, codes: Sequence[bytes], at: datetime
) -> bool:
    """Let the new ones count; whoever was in by the old ones is out."""
    return bool(await work.call("staff_secret_confirm", staff, step, list(codes), at))


async def use_totp(work: Work, staff: StaffId, step: int) -> bool:
    """Say whether a code's time step was not used before; now it is."""
    return bool(await work.call("staff_totp_use", staff, step))


async def use_recovery(work: Work, staff: StaffId, hashed: bytes, at: datetime) -> bool:
    """Say whether this was a recovery code that nobody had used; now it is used."""
    return bool(await work.call("recovery_code_use", staff, hashed, at))


async def begin(work: Work, new: Beginning, refresh: bytes, at: datetime) -> None:
    """Begin a sign-in with its first refresh token."""
    await work.call(
        "sign_in_begin",
        new.id,
        new.kind,
        new.person_id,
        new.practice_id,
        new.phone_id,
        new.factors,
        refresh,
        new.idle_seconds,
        at,
        new.until_at,
    )


async def refresh(
    work: Work, hashes: Sequence[bytes], following: bytes, grace: int, at: datetime
) -> Refreshed | None:
    """Exchange a refresh token for the next; None if it is none of ours, or its sign-in is over."""
    rows = await work.table("sign_in_refresh", list(hashes), following, grace, at)
    if not rows:
        return None
    row = rows[0]
    return Refreshed(
        outcome=row["outcome"],
        claims=Claims(row["person_id"], row["id"]),
        kind=row["kind"],
        practice_id=row["practice_id"],
    )


async def signed_in(work: Work, claims: Claims, at: datetime) -> Principal | None:
    """Return who holds a sign-in, as things stand now; None if it does not hold."""
    found = await work.call("signed_in", claims.sign_in, claims.person, at)
    return None if found is None else _SIGNED_IN.decode(found)


async def sign_ins_of(work: Work, person: UUID, at: datetime) -> tuple[SignIn, ...]:
    """Return the sign-ins of somebody that hold, the one used last first."""
    rows = await work.table("sign_in_list", person, at)
    return tuple(
        SignIn(
            id=row["id"],
            factors=row["factors"],
            began_at=row["began_at"],
            used_at=row["used_at"],
            until_at=row["until_at"],
        )
        for row in rows
    )


async def end(
    work: Work, claims: Claims, why: Literal["signed-out", "revoked"], at: datetime
) -> bool:
    """End a sign-in with all that was made from it; say whether there was one."""
    return bool(await work.call("sign_in_end", claims.sign_in, claims.person, why, at))


async def add_page_key(work: Work, hashed: bytes, claims: Claims, at: datetime) -> bool:
    """Give a page a key to a sign-in that holds; say whether it does."""
    return bool(await work.call("page_key_add", hashed, claims.sign_in, claims.person, at))


async def open_page_key(
    work: Work, hashes: Sequence[bytes], at: datetime, *, deed: bool
) -> Claims | None:
    """Return whose page it is, if its sign-in holds; `deed`: it does not rest at this moment."""
    rows = await work.table("page_key_open", list(hashes), deed, at)
    return None if not rows else Claims(rows[0]["person_id"], rows[0]["sign_in_id"])


async def proved(work: Work, claims: Claims) -> datetime | None:
    """Return when the holder of a sign-in last proved who they are."""
    return await work.call("sign_in_proved", claims.sign_in, claims.person)


async def prove(work: Work, claims: Claims, at: datetime) -> bool:
    """Write down that the holder of a sign-in proves who they are; say whether it holds."""
    return bool(await work.call("sign_in_prove", claims.sign_in, claims.person, at))


async def token_made(work: Work, hashes: Sequence[bytes]) -> datetime | None:
    """Return when a token of `engage token` was made."""
    return await work.call("credential_made", "token", list(hashes))


async def narrow(work: Work, claims: Claims, roles: Sequence[str]) -> None:
    """Let a sign-in that has just begun have no other roles than these."""
    await work.call("sign_in_narrow", claims.sign_in, claims.person, list(roles))


async def put_round(
    work: Work, row: UUID, state: bytes, device: bytes, told: bytes, at: datetime, until: datetime
) -> None:
    """Keep what one round to the organisation and back needs."""
    await work.call("organisation_round_put", row, state, device, told, at, until)


async def take_round(
    work: Work, states: Sequence[bytes], devices: Sequence[bytes], at: datetime
) -> tuple[UUID, bytes] | None:
    """Use a round up, on the device that began it; None if it holds not."""
    rows = await work.table("organisation_round_take", list(states), list(devices), at)
    return None if not rows else (rows[0]["id"], rows[0]["told_sealed"])


async def put_code(
    work: Work,
    code: UUID,
    phone: bytes,
    device: bytes,
    hashed: bytes,
    at: datetime,
    until: datetime,
    link: tuple[bytes, bytes] | None = None,
) -> None:
    """Keep a code; the one before of this phone opens no more.

    `link` is a link's hash with the phone's number, sealed: a link does not say whose it is.
    """
    linked, number = link or (None, None)
    await work.call(
        "sign_in_code_put", code, phone, "sign-in", device, hashed, linked, number, at, until
    )


async def take_link(
    work: Work, links: Sequence[bytes], devices: Sequence[bytes], most: int, at: datetime
) -> tuple[UUID, bytes] | None:
    """Use a link up, with its code; return its id and the phone, sealed. None if it holds not."""
    rows = await work.table("sign_in_link_take", list(links), list(devices), most, at)
    return None if not rows else (rows[0]["id"], rows[0]["number_sealed"])


async def try_code(
    work: Work,
    phones: Sequence[bytes],
    devices: Sequence[bytes],
    codes: Sequence[bytes],
    most: int,
    at: datetime,
) -> bool:
    """Say whether this is the live code of a phone, from the device that asked; it is used then."""
    return bool(
        await work.call(
            "sign_in_code_try", list(phones), "sign-in", list(devices), list(codes), most, at
        )
    )


async def every_practice(work: Work) -> tuple[PracticeId, ...]:
    """Return the practices that have a number: ids only."""
    rows = await work.table("door_practices")
    return tuple(PracticeId(row[0]) for row in rows)


async def people_on(
    work: Work, phone: PhoneNumber, keys: Mapping[PracticeId, PracticeKeys], at: datetime
) -> tuple[Person, ...]:
    """Return who uses a phone now in these practices; for a transaction in their scope."""
    rows = await work.table(
        "phone_people", list(keys), [one.phone_hash(phone.e164) for one in keys.values()], at
    )
    return tuple(
        Person(
            practice_id=PracticeId(row["practice_id"]),
            phone_id=PhoneId(row["phone_id"]),
            kind=row["kind"],
            id=row["person_id"],
            given_name=row["given_name"],
            language=row["language"],
            closed=row["closed"],
            held=row["held"],
        )
        for row in rows
    )
