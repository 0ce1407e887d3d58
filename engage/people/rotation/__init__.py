"""Brings what older secret keys wrapped, sealed and hashed under the first one.

These depend on ENGAGE_SECRET_KEYS: the wrapped keys of each practice, the sealed addresses and
phones of staff, browsers that take pushes, the keyed hashes by which an address or a browser is
found, and what the authenticators of staff share with us. No other row is touched: what
a practice's own key sealed stays as it is. Each practice is one transaction, so this may be stopped
at any moment and run again, and finds done what is done.

A token's hash can't be made anew, because nobody has the token: it runs out. A callback address at
the carrier can't be either. So an older key is let go only after the longest of both; a family that
signed in under it by then signs in again. This room
refuses to call a key needless while anything it met, or could not reach, may need it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from engage import audit
from engage.clock import Clock
from engage.db.sealing import CannotOpen, MasterKeys
from engage.db.session import Database, Work
from engage.ids import PracticeId, StaffId
from engage.people.pagers.browser import Browser
from engage.people.pagers.store import BROWSER_PLACE, HASH, PHONE_PLACE
from engage.people.rotation import store
from engage.people.signing.store import TOTP_PLACE
from engage.people.staffing import store as staffing

LONGEST_USE = timedelta(hours=36)
"""After this nothing presents what an older key made: tokens last an hour, and the carrier reports
on a text for some hours after its own deadline of four."""

ACTION = "practice.rotate_keys"


class Rotated(Struct, frozen=True, kw_only=True):
    """What was done, and what still needs an older key."""

    #: How many keys stand behind the first one.
    older: int
    practices: int = 0
    wrapped: int = 0
    sealed: int = 0
    #: Values that none of the keys opens.
    closed: int = 0
    #: Addresses under which an older and the first key know two different persons.
    doubled: int = 0
    #: Persons with an address who belong to no practice that could be found.
    unreached: int = 0
    #: Until when tokens and callback addresses may need an older key; None: nothing does.
    until: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether all that can be brought under the first key is."""
        return not (self.closed or self.doubled or self.unreached)

    def sentences(self) -> list[str]:
        """Say what was done, and which keys are still needed."""
        done = (
            f"{self.practices} practices: {self.wrapped} practice keys wrapped anew, "
            f"{self.sealed} of people (addresses, authenticators, pagers) sealed and hashed anew."
        )
        faults = (
            (self.closed, "values are opened by none of the keys: the list lacks one."),
            (self.doubled, "addresses stand for two persons, one under each key."),
            (self.unreached, "persons with an address belong to no practice; not reached."),
        )
        said = [done, *(f"{count} {sentence}" for count, sentence in faults if count)]
        if not self.complete:
            return [*said, "Keep every key in ENGAGE_SECRET_KEYS."]
        if not self.older:
            return [*said, "There is one secret key, and it opens everything stored."]
        behind = "key 2" if self.older == 1 else f"keys 2 to {self.older + 1}"
        behind += " in ENGAGE_SECRET_KEYS"
        if self.until is None:
            return [*said, f"No longer needed: {behind}.", _BACKUPS]
        needed = (
            f"No longer needed from {self.until:%Y-%m-%d %H:%M} UTC on: {behind}. "
            "Until then tokens and callback addresses that it made may come."
        )
        return [*said, needed, _BACKUPS]


_BACKUPS = (
    "Backups made before now still need what you take out: keep it where their keys are kept."
)


async def rotate(owner: Database, master: MasterKeys, clock: Clock) -> Rotated:
    """Go through every practice. `owner` is the owner's database: others may not list them."""
    at = clock.now()
    async with owner.work() as work:
        practices = set(await staffing.all_practices(work))
        addressed = await store.persons_with_address(work)
        for person in addressed:
            # A second way to every practice: no door, but somebody who works there.
            practices |= await store.practices_of(work, person)
    done = Rotated(older=master.older, practices=len(practices))
    reached = set[StaffId]()
    last: datetime | None = None
    for practice in sorted(practices):
        one, persons, moment = await _one(owner, master, practice, at)
        done = _added(done, one)
        reached |= persons
        last = max(filter(None, (last, moment)), default=None)
    done = _added(done, await owner.again(lambda work: _pagers(work, master), [], None))
    until = None if last is None or not master.older else last + LONGEST_USE
    return _added(
        done,
        Rotated(
            older=0,
            unreached=len(set(addressed) - reached),
            until=until if until is not None and until > at else None,
        ),
    )


async def _one(
    owner: Database, master: MasterKeys, practice: PracticeId, at: datetime
) -> tuple[Rotated, set[StaffId], datetime | None]:
    """Do one practice; return what was done, who was met, and when last something was changed."""

    async def act(work: Work) -> tuple[Rotated, set[StaffId], datetime | None]:
        staff = await store.lock_staff(work, practice)
        wrapped = await _keys(work, master, practice)
        sealed = await _addresses(work, master, staff)
        done = _added(_added(wrapped, sealed), await _authenticators(work, master, staff))
        if done.wrapped or done.sealed:
            await audit.record(
                work,
                practice,
                at,
                actor="system",
                action=ACTION,
                subject="practice",
                subject_id=practice,
            )
        last = await store.last_done(work, practice, ACTION, at - LONGEST_USE)
        return done, {person.id for person in staff}, last

    return await owner.again(act, [practice], practice)


async def _keys(work: Work, master: MasterKeys, practice: PracticeId) -> Rotated:
    wrapped = closed = 0
    for key_id, stored in await store.lock_keys(work, practice):
        try:
            anew = master.rewrap(practice, key_id, stored)
        except CannotOpen:
            closed += 1
            continue
        if anew is not None:
            await store.put_key(work, practice, key_id, anew)
            wrapped += 1
    return Rotated(older=0, wrapped=wrapped, closed=closed)


async def _addresses(work: Work, master: MasterKeys, staff: Sequence[store.Addressed]) -> Rotated:
    sealed = closed = doubled = 0
    for person in staff:
        try:
            plain = master.open_global(store.PLACE, person.id, person.sealed)
            anew = master.reseal_global(store.PLACE, person.id, person.sealed)
        except CannotOpen:
            closed += 1
            continue
        hashed = master.credential_hashes("email", plain)[0]
        if anew is None and hashed == person.hashed:
            continue
        if await store.somebody_else(work, person.id, hashed):
            doubled += 1
            continue
        await store.put_address(work, person, hashed, anew or person.sealed)
        sealed += 1
    return Rotated(older=0, sealed=sealed, closed=closed, doubled=doubled)


async def _pagers(work: Work, master: MasterKeys) -> Rotated:
    """Seal phones of staff and browsers anew: they stand in no practice."""
    sealed = closed = 0
    for person, blob in await store.lock_phones(work):
        try:
            anew = master.reseal_global(PHONE_PLACE, person, blob)
        except CannotOpen:
            closed += 1
            continue
        if anew is not None:
            await store.put_phone(work, person, anew)
            sealed += 1
    for browser, blob in await store.lock_browsers(work):
        try:
            plain = master.open_global(BROWSER_PLACE, browser, blob)
            anew = master.reseal_global(BROWSER_PLACE, browser, blob)
        except CannotOpen:
            closed += 1
            continue
        if anew is not None:
            endpoint = msgspec.json.decode(plain, type=Browser).endpoint
            hashed = master.credential_hashes(HASH, endpoint)[0]
            await store.put_browser(work, browser, anew, hashed)
            sealed += 1
    return Rotated(older=0, sealed=sealed, closed=closed)


async def _authenticators(
    work: Work, master: MasterKeys, staff: Sequence[store.Addressed]
) -> Rotated:
    sealed = closed = 0
    for person in staff:
        kept = await store.lock_secret(work, person.id)
        if kept is None:
            continue
        try:
            anew = [
                None if one is None else master.reseal_global(TOTP_PLACE, person.id, one)
                for one in kept
            ]
        except CannotOpen:
            closed += 1
            continue
        if any(one is not None for one in anew):
            now, following = (new or old for new, old in zip(anew, kept, strict=True))
            await store.put_secret(work, person.id, now, following)
            sealed += 1
    return Rotated(older=0, sealed=sealed, closed=closed)


def _added(one: Rotated, other: Rotated) -> Rotated:
    return Rotated(
        older=one.older,
        practices=one.practices,
        wrapped=one.wrapped + other.wrapped,
        sealed=one.sealed + other.sealed,
        closed=one.closed + other.closed,
        doubled=one.doubled + other.doubled,
        unreached=one.unreached + other.unreached,
        until=other.until,
    )
