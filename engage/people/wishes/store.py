"""How a practice wants some of what happens by itself: pages in texts, and its patience.

This room refuses anything that weakens a wall or a consent: those are no wishes.
"""

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from engage.db.session import Query, Work
from engage.db.tables import practice
from engage.errors import NotFound
from engage.ids import PracticeId


class Wishes(Struct, frozen=True, kw_only=True):
    """What a practice has chosen."""

    #: The first text of a screening names its one-time page.
    links_in_texts: bool = False
    #: Business days after which an organization that has not moved hears of it.
    chase_after_days: int = 3


_HERE = practice.c.id == bindparam("practice")
_READ = Query(select(practice.c.links_in_texts, practice.c.chase_after_days).where(_HERE))
_WRITE = Query(
    update(practice)
    .where(_HERE)
    .values(links_in_texts=bindparam("links"), chase_after_days=bindparam("days"))
)


async def wishes_of(work: Work, practice_id: PracticeId) -> Wishes:
    """Return what a practice has chosen; NotFound if there is none in scope."""
    row = await work.maybe(_READ, practice=practice_id)
    if row is None:
        raise NotFound
    return Wishes(links_in_texts=row["links_in_texts"], chase_after_days=row["chase_after_days"])


async def wish(work: Work, practice_id: PracticeId, wanted: Wishes) -> None:
    """Write what a practice chooses from now on."""
    await work.run(
        _WRITE,
        practice=practice_id,
        links=wanted.links_in_texts,
        days=wanted.chase_after_days,
    )
