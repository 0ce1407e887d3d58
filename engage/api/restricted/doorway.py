"""To whom a restricted record is closed: asked here for whatever names a record or lists it.

`let_in` stands in `find`, which every route passes that names a record; `shut` is what a list asks
with the patients of its page. Both write down who asked before anything is read. They refuse to
look at a role.
"""

from collections.abc import Collection, Sequence
from typing import Annotated, TypeAlias

from msgspec import Meta

from engage.api.auth.guard import Visit
from engage.db.session import Database, Work
from engage.ids import PatientId, PracticeId
from engage.people.restricting import store
from engage.people.restriction import Entry, RestrictedRecord, Standing, way_in

Restricted: TypeAlias = Annotated[
    bool, Meta(description="Closed to you: names and words are left out. A reason opens it.")
]
"""The mark of a row whose person is left out."""


async def entry(
    work: Work, visit: Visit, practice: PracticeId, patient: PatientId
) -> tuple[Standing, Entry | None] | None:
    """Return how the caller stands to a record and comes to it; None if it is not restricted."""
    found = await store.standing(work, [practice], [patient], visit.staff_id, visit.at)
    return None if not found else (found[0], way_in(found[0], visit.at))


async def let_in(
    work: Work, visit: Visit, practice: PracticeId, patient: PatientId, *, taking: bool = False
) -> RestrictedRecord | None:
    """Write down that the caller asks for a record; return the refusal if it is closed to them.

    It is returned, not raised, so that what was written down stays. `taking`: the caller takes work
    that can't wait, which is open to everybody who works.
    """
    known = await entry(work, visit, practice, patient)
    if known is None:
        return None
    standing, how = known
    if how is None:
        how = "claim" if taking else "refused"
    await work.enter(visit.practices, practice)
    await store.record_read(work, standing, visit.staff_id, visit.at, visit.operation, how)
    return RestrictedRecord(patient) if how == "refused" else None


async def require_open(
    database: Database, visit: Visit, practice: PracticeId, patient: PatientId
) -> None:
    """Raise RestrictedRecord if a record that a body names is closed to the caller."""
    async with database.work(visit.practices) as work:
        refused = await let_in(work, visit, practice, patient)
    if refused is not None:
        raise refused


async def shut(
    work: Work,
    visit: Visit,
    patients: Collection[PatientId | None],
    within: Sequence[PracticeId] | None = None,
) -> frozenset[PatientId]:
    """Return which patients of a page are closed to the caller: their names are left out.

    That the others of them that are restricted are read is written down. `within`: the practices
    that the transaction reads, if not all of the caller's.
    """
    practices = visit.practices if within is None else within
    named = {one for one in patients if one is not None}
    found = await store.standing(work, practices, named, visit.staff_id, visit.at)
    closed: set[PatientId] = set()
    for one in found:
        how = way_in(one, visit.at)
        if how is None:
            closed.add(one.patient_id)
            continue
        await work.enter(practices, one.practice_id)
        await store.record_read(work, one, visit.staff_id, visit.at, visit.operation, how)
    return frozenset(closed)
