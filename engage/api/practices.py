"""Which of the caller's practices a request is about.

A record is looked for in the practices where the caller may do what the route does; one that is not
there is not found, whether it exists elsewhere or not.
"""

from uuid import UUID

from engage.api.auth.guard import Visit
from engage.api.refusals import PracticeNeeded
from engage.api.whereabouts import store
from engage.db.session import Database, Work
from engage.errors import NotFound
from engage.ids import PracticeId

_FIELD = "/practice_id"


async def practice_of(work: Work, visit: Visit, kind: store.Kind, record: UUID) -> PracticeId:
    """Return the practice a record belongs to, in a transaction; NotFound if none may be seen."""
    found = await store.practice_of(work, visit.visible, kind, record)
    if found is None:
        raise NotFound
    return found


async def find(database: Database, visit: Visit, kind: store.Kind, record: UUID) -> PracticeId:
    """Return the practice a record belongs to; NotFound if none may be seen."""
    async with database.work(visit.practices) as work:
        return await practice_of(work, visit, kind, record)


def chosen_practice(visit: Visit, given: PracticeId | None) -> PracticeId:
    """Return the practice a new record is for: the one named, or the only one there is."""
    if given is not None:
        if given not in visit.practices:
            raise NotFound
        return given
    if len(visit.practices) != 1:
        raise PracticeNeeded(_FIELD)
    return visit.practices[0]
