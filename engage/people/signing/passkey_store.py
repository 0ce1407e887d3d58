"""What stands outside the wall about passkeys, reached by exact key through functions only.

This room refuses to decide: it takes what it is told, and says what was there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.db.session import Work
from engage.ids import PhoneId, PracticeId
from engage.people.fields import Personal
from engage.people.signing.passkeys import Kept
from engage.people.signing.principal import FamilyKind, Kind

Purpose: TypeAlias = Literal["sign-in", "register", "step-up"]


class Owner(Struct, frozen=True):
    """Whose a passkey is; the practice is None for staff, who are of no single one."""

    kind: Kind
    person: UUID
    practice: PracticeId | None


class Listed(Struct, frozen=True, kw_only=True):
    """One of a person's passkeys."""

    id: UUID
    credential_id: str
    synced: bool
    made_at: datetime
    used_at: datetime | None


class Found(Personal, frozen=True, kw_only=True):
    """A passkey as it was found by the device's own name for it."""

    id: UUID
    owner: Owner
    public_key: str
    sign_count: int


async def put_challenge(
    work: Work, hashed: bytes, purpose: Purpose, bound: bytes, at: datetime, until: datetime
) -> None:
    """Keep what a device must sign next."""
    await work.call("passkey_challenge_put", hashed, purpose, bound, at, until)


async def take_challenge(
    work: Work, hashes: Sequence[bytes], purpose: Purpose, bounds: Sequence[bytes], at: datetime
) -> bool:
    """Use a challenge up; say whether it held, for this and from here."""
    return bool(await work.call("passkey_challenge_take", list(hashes), purpose, list(bounds), at))


async def add(work: Work, key: UUID, owner: Owner, kept: Kept, most: int, at: datetime) -> bool:
    """Keep a passkey; False if it is known already, or there are too many."""
    return bool(
        await work.call(
            "passkey_add",
            key,
            owner.kind,
            owner.person,
            owner.practice,
            kept.credential_id,
            kept.public_key,
            kept.sign_count,
            kept.synced,
            most,
            at,
        )
    )


async def listed(work: Work, kind: Kind, person: UUID) -> tuple[Listed, ...]:
    """Return somebody's passkeys, the oldest first."""
    rows = await work.table("passkey_list", kind, person)
    return tuple(
        Listed(
            id=row["id"],
            credential_id=row["credential_id"],
            synced=row["synced"],
            made_at=row["made_at"],
            used_at=row["used_at"],
        )
        for row in rows
    )


async def find(work: Work, credential_id: str) -> Found | None:
    """Return the passkey that a device calls so, locked; None if it is none of ours."""
    rows = await work.table("passkey_find", credential_id)
    if not rows:
        return None
    row = rows[0]
    practice = None if row["practice_id"] is None else PracticeId(row["practice_id"])
    return Found(
        id=row["id"],
        owner=Owner(row["kind"], row["person_id"], practice),
        public_key=row["public_key"],
        sign_count=row["sign_count"],
    )


async def used(work: Work, key: UUID, count: int, at: datetime) -> None:
    """Write down that a passkey was used, and the device's count."""
    await work.call("passkey_used", key, count, at)


async def end(work: Work, kind: Kind, person: UUID, key: UUID, at: datetime) -> bool:
    """End one of somebody's passkeys; say whether there was one."""
    return bool(await work.call("passkey_end", kind, person, key, at))


async def phone_of(
    work: Work, practice: PracticeId, kind: FamilyKind, person: UUID
) -> PhoneId | None:
    """Return the phone that somebody is known by now; for a transaction in the practice's scope."""
    found = await work.call("family_phone", practice, kind, person)
    return None if found is None else PhoneId(found)
