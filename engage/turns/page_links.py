"""The address of a screening's one-time page: made, and kept as a hash only.

Whoever holds it may answer, so it is shown once, to whoever asked for it, or stands in the text to
the person. This room refuses an instrument that may not be asked in writing at all.
"""

import base64
from datetime import datetime, timedelta

from engage.clock import random_bytes
from engage.db.session import Work
from engage.db.vault import Vault
from engage.ids import PracticeId, ScreeningId
from engage.people.wishes.store import wishes_of
from engage.turns.context import PageLink

KIND = "screening"
"""The kind of credential that a link is."""

DAYS = 14
"""So long a page may be used: as long as a late answer by text counts."""

_BYTES = 32


async def make(
    work: Work, vault: Vault, practice: PracticeId, screening: ScreeningId, at: datetime
) -> tuple[str, datetime]:
    """Return the secret part of a fresh address, and until when it may be used."""
    token = base64.urlsafe_b64encode(random_bytes(_BYTES)).rstrip(b"=").decode()
    until = at + timedelta(days=DAYS)
    hashed = vault.master.credential_hashes(KIND, token)[0]
    await work.call("link_add", KIND, hashed, practice, screening, at, until)
    return token, until


async def revoke(work: Work, practice: PracticeId, screening: ScreeningId, at: datetime) -> None:
    """Close every page of a screening."""
    await work.call("link_revoke", KIND, practice, screening, at)


async def offered(
    work: Work,
    vault: Vault,
    public_url: str,
    practice: PracticeId,
    screening: ScreeningId,
    at: datetime,
) -> PageLink | None:
    """Return the page that the first text of a screening names, if the practice wants it so."""
    if not public_url or not (await wishes_of(work, practice)).links_in_texts:
        return None
    token, _ = await make(work, vault, practice, screening, at)
    return PageLink(address_of(public_url, token))


def address_of(public_url: str, token: str) -> str:
    """Return the address of a page; it says nothing about anybody."""
    return f"{public_url}/answer/{token}"
