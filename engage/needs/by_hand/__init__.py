"""Organizations that a practice writes down itself: the church pantry that no directory lists.

Each is a directory of its own (its source is "by-hand:" and an id), so that adding, changing and
retiring are the import's own steps, and no file that is imported touches it. This room refuses to
change one that an import keeps.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec

from engage.clock import Clock, fresh_id
from engage.db.session import Work
from engage.ids import PracticeId
from engage.needs.by_hand import store
from engage.needs.listing.store import write
from engage.needs.own_directory import Kept, OrganizationSaid, directory_of


async def add(
    work: Work, practice: PracticeId, said: OrganizationSaid, clock: Clock, today: date
) -> Kept:
    """Write an organization down."""
    source = f"{store.BY_HAND}{fresh_id(clock)}"
    return await _write(work, practice, source, said, clock, today, {}, 1)


async def change(
    work: Work,
    practice: PracticeId,
    before: Kept,
    said: OrganizationSaid,
    clock: Clock,
    today: date,
) -> Kept:
    """Say anew what is true of an organization; what is not said of it any more is withdrawn."""
    source, names = await store.names_of(work, practice, before.id)
    after = await _write(work, practice, source, said, clock, today, names, before.version + 1)
    await store.count(work, practice, before.id, after.version)
    return after


async def _write(
    work: Work,
    practice: PracticeId,
    source: str,
    said: OrganizationSaid,
    clock: Clock,
    today: date,
    names: Mapping[UUID, str],
    version: int,
) -> Kept:
    at = clock.now()
    # A service that is new, or another organization's, gets a name of its own.
    keys = [names.get(one.id) if one.id else None for one in said.services]
    every = [key or str(fresh_id(clock)) for key in keys]
    await write(work, practice, source, directory_of(said, every, today), at)
    kept = await store.kept(work, practice, source=source)
    return msgspec.structs.replace(kept[0], version=version)
