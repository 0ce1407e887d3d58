"""Phones of staff and browsers of people, sealed, outside the wall, by exact key.

An address leaves this room only to be called, and to whoever it belongs to only its last digits.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct

from engage.db.sealing import MasterKeys
from engage.db.session import Work
from engage.ids import PracticeId, StaffId
from engage.people.pagers.browser import Browser
from engage.people.phone import PhoneNumber
from engage.people.signing.principal import Kind

Way: TypeAlias = Literal["sms", "push"]
Why: TypeAlias = Literal["removed", "gone"]

PHONE_PLACE = "staff_phone.number"
BROWSER_PLACE = "push_subscription.browser"
HASH = "push"
MOST_BROWSERS = 10
"""Of one person; the oldest ends when one more comes."""


class Subscription(Struct, frozen=True, kw_only=True):
    """A browser as it is listed, and as it is called."""

    id: UUID
    service: str
    made_at: datetime
    browser: Browser
    #: Of a family: with this sign-in it ends.
    sign_in: UUID | None = None


async def put_phone(
    work: Work, master: MasterKeys, person: StaffId, number: PhoneNumber | None, at: datetime
) -> None:
    """Keep the phone somebody is paged on, or none."""
    sealed = None if number is None else master.seal_global(PHONE_PLACE, person, number.e164)
    await work.call("staff_phone_put", person, sealed, at)


async def phone_of(work: Work, master: MasterKeys, person: StaffId) -> PhoneNumber | None:
    """Return the phone somebody is paged on."""
    sealed = await work.call("staff_phone_of", person)
    return None if sealed is None else PhoneNumber(master.open_global(PHONE_PLACE, person, sealed))


async def put_browser(  # noqa: PLR0913 - whose it is takes four
    work: Work,
    master: MasterKeys,
    browser: Browser,
    *,
    kind: Kind,
    person: UUID,
    practice: PracticeId | None,
    sign_in: UUID | None = None,
    service: str,
    at: datetime,
) -> None:
    """Keep a browser; what was known of it before, and whose it was, is over."""
    sealed = master.seal_global(BROWSER_PLACE, browser.id, msgspec.json.encode(browser).decode())
    hashes = master.credential_hashes(HASH, browser.endpoint)
    await work.call(
        "push_put",
        browser.id,
        kind,
        person,
        practice,
        sign_in,
        hashes,
        service,
        sealed,
        at,
        MOST_BROWSERS,
    )


async def browsers_of(
    work: Work, master: MasterKeys, kind: Kind, person: UUID, at: datetime | None = None
) -> list[Subscription]:
    """Return the browsers of somebody, oldest first; of a family those signed in at a moment."""
    return [
        Subscription(
            id=row["id"],
            service=row["service"],
            made_at=row["made_at"],
            sign_in=row["sign_in_id"],
            browser=msgspec.json.decode(
                master.open_global(BROWSER_PLACE, row["id"], row["browser_sealed"]), type=Browser
            ),
        )
        for row in await work.table("push_list", kind, person, at)
    ]


async def end_browser(
    work: Work, kind: Kind, person: UUID, browser: UUID, why: Why, at: datetime
) -> bool:
    """Push to a browser no more; False if it is none of theirs."""
    ended: bool = await work.call("push_end", kind, person, browser, why, at)
    return ended


async def ways_of(work: Work, people: Sequence[StaffId]) -> Mapping[StaffId, set[Way]]:
    """Return by which ways each can be told, beside console and e-mail."""
    found: defaultdict[StaffId, set[Way]] = defaultdict(set)
    for row in await work.table("staff_pagers", list(people)):
        found[StaffId(row["staff_id"])].add(row["way"])
    return found
