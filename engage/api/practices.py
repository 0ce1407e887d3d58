"""Which of the caller's practices a request is about.

A record is looked for in the practices where the caller may do what the route does; one that is not
there is not found, whether it exists elsewhere or not. Whatever names a record passes here, so here
is where a restricted one is closed to whoever is not theirs.
"""

from uuid import UUID

from engage.api.auth.guard import Visit
from engage.api.refusals import PracticeNeeded
from engage.api.restricted.doorway import let_in
from engage.api.whereabouts import store
from engage.db.session import Database
from engage.errors import NotFound
from engage.ids import PracticeId

_FIELD = "/practice_id"


async def find(
    database: Database, visit: Visit, kind: store.Kind, record: UUID, *, taking: bool = False
) -> PracticeId:
    """Return the practice a record belongs to; NotFound if none may be seen.

    RestrictedRecord if it is a patient's whose records are closed to the caller. `taking`: work
    that can't wait is taken by whoever takes it.
    """
    refused = None
    async with database.work(visit.practices) as work:
        found = await store.place_of(work, visit.visible, kind, record)
        if found is None:
            raise NotFound
        if found.some_restricted and found.patient_id is not None:
            refused = await let_in(
                work, visit, found.practice_id, found.patient_id, taking=taking and found.grave
            )
    # Only now: what was written down of the asking is committed.
    if refused is not None:
        raise refused
    return found.practice_id


async def find_at_the_door(database: Database, visit: Visit, patient: UUID) -> PracticeId:
    """Return the practice of a patient, for what is asked in front of a closed record."""
    async with database.work(visit.practices) as work:
        found = await store.place_of(work, visit.visible, "patient", patient)
    if found is None:
        raise NotFound
    return found.practice_id


def chosen_practice(visit: Visit, given: PracticeId | None) -> PracticeId:
    """Return the practice a new record is for: the one named, or the only one there is."""
    if given is not None:
        if given not in visit.practices:
            raise NotFound
        return given
    if len(visit.practices) != 1:
        raise PracticeNeeded(_FIELD)
    return visit.practices[0]
