"""How much open work people hold in the other practices they serve: a number, and nothing else.

A practice sees over its wall nothing but this: the scope is widened for two reads of the people who
are asked about, each to the practices in which they work now, and set back. This room refuses to
return whose work it is, or where.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select

from engage.db.session import Query, Work
from engage.db.tables import membership, queue_item
from engage.ids import PracticeId, StaffId

_LOCALLY = True  # set_config's third argument: only in this transaction
_NOW = bindparam("now", type_=membership.c.from_at.type)
_SCOPE = Query(
    select(
        func.current_setting("engage.practices").label("practices"),
        func.current_setting("engage.practice", _LOCALLY).label("practice"),
        func.current_setting("engage.staff", _LOCALLY).label("staff"),
    )
)
_SERVED = Query(
    select(membership.c.practice_id)
    .where(
        membership.c.staff_id == bindparam("person", type_=Uuid()),
        membership.c.practice_id != bindparam("here", type_=Uuid()),
        membership.c.from_at <= _NOW,
        or_(membership.c.until_at.is_(None), membership.c.until_at > _NOW),
    )
    .distinct()
)
_HELD = Query(
    select(func.count()).where(
        queue_item.c.practice_id == any_(bindparam("served", type_=ARRAY(Uuid()))),
        queue_item.c.owner_id == bindparam("person", type_=Uuid()),
        queue_item.c.closed_at.is_(None),
    )
)


async def held_elsewhere(
    work: Work, here: PracticeId, people: Sequence[StaffId], now: datetime
) -> Mapping[StaffId, int]:
    """Return how much open work each of these has in other practices; none is left out."""
    if not people:
        return {}
    scope = await work.maybe(_SCOPE)
    assert scope is not None  # noqa: S101 - a query of settings has one row
    found: dict[StaffId, int] = {}
    for person in people:
        await work.call("set_config", "engage.staff", str(person), _LOCALLY)
        rows = await work.rows(_SERVED, person=person, here=here, now=now)
        if not rows:
            continue
        served = [row["practice_id"] for row in rows]
        # Nothing can be written there: the scope of writing is closed meanwhile.
        await work.enter(served, None)
        held = await work.maybe(_HELD, served=served, person=person)
        found[person] = 0 if held is None else held[0]
        await work.call("set_config", "engage.practices", scope["practices"], _LOCALLY)
        await work.call("set_config", "engage.practice", scope["practice"] or "", _LOCALLY)
    await work.call("set_config", "engage.staff", scope["staff"] or "", _LOCALLY)
    return found
