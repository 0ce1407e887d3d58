"""Secret addresses around visits: a person's calendar, and the door of a visit by video.

Each is 256 random bits, shown once and kept as a hash only. A calendar's holds until it is revoked;
that of a visit as long as there is a visit. This room refuses to say whose it is to whoever does
not hold it.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.clock import random_bytes
from engage.db.session import Work
from engage.db.vault import Vault
from engage.ids import PatientId, PracticeId
from engage.people.merging.store import merged_into

Kind: TypeAlias = Literal["calendar", "visit-link"]
"""The kind of credential."""

LONGEST_TOKEN: Final = 64
_BYTES: Final = 32
_LASTS: Final[dict[Kind, timedelta]] = {
    # A phone asks for years; it ends when it is revoked.
    "calendar": timedelta(days=3660),
    # No visit is booked further ahead; the page itself looks at the visit's time.
    "visit-link": timedelta(days=400),
}


class Linked(Struct, frozen=True):
    """What an address leads to: the id of a person, or of a visit."""

    practice_id: PracticeId
    subject_id: UUID
    usable: bool


async def make(
    work: Work, vault: Vault, kind: Kind, practice: PracticeId, subject: UUID, at: datetime
) -> str:
    """Return the secret part of a fresh address; those that there are still hold."""
    token = base64.urlsafe_b64encode(random_bytes(_BYTES)).rstrip(b"=").decode()
    hashed = vault.master.credential_hashes(kind, token)[0]
    await work.call("link_add", kind, hashed, practice, subject, at, at + _LASTS[kind])
    return token


async def revoke(work: Work, kind: Kind, practice: PracticeId, subject: UUID, at: datetime) -> None:
    """Close every address of this kind that leads there."""
    await work.call("link_revoke", kind, practice, subject, at)


async def close_calendars(
    work: Work, practice: PracticeId, person: PatientId, at: datetime
) -> None:
    """Close every address of a person's calendar, those of records merged into theirs, too."""
    for one in (person, *(old.patient_id for old in await merged_into(work, practice, person))):
        await revoke(work, "calendar", practice, one, at)


async def follow(work: Work, kind: Kind, hashes: Sequence[bytes], at: datetime) -> Linked | None:
    """Return what an address leads to, closed or not; None if there never was one."""
    found = next(iter(await work.table("link_open", kind, list(hashes), at)), None)
    if found is None:
        return None
    return Linked(PracticeId(found["practice_id"]), found["subject_id"], found["usable"])


def calendar_address(public_url: str, token: str) -> str:
    """Return the address of a calendar, as a phone subscribes to it."""
    return f"{public_url}/v1/calendars/{token}.ics"


def video_address(public_url: str, token: str) -> str:
    """Return the address of the door of a visit by video; it says nothing about anybody."""
    return f"{public_url}/v/{token}"
