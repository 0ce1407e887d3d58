"""The lists that somebody keeps at hand, as they wrote them; they name no patient."""

from datetime import datetime

from msgspec import Raw
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from engage.db.session import Query, Work
from engage.db.tables import saved_view
from engage.ids import PracticeId, StaffId
from engage.people.access import Visible

_put = insert(saved_view).values(
    practice_id=bindparam("practice"),
    staff_id=bindparam("who"),
    views=bindparam("lists"),
    changed_at=bindparam("moment"),
)
_PUT = Query(
    _put.on_conflict_do_update(
        index_elements=["practice_id", "staff_id"],
        set_={name: _put.excluded[name] for name in ("views", "changed_at")},
    )
)
_OF = Query(
    select(saved_view.c.views)
    .where(
        saved_view.c.practice_id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        saved_view.c.staff_id == bindparam("who"),
    )
    .order_by(saved_view.c.changed_at.desc())
    .limit(1)
)


async def put(work: Work, practice: PracticeId, who: StaffId, views: bytes, at: datetime) -> None:
    """Keep somebody's lists, in place of those they had."""
    await work.run(_PUT, practice=practice, who=who, lists=views.decode(), moment=at)


async def of(work: Work, visible: Visible, who: StaffId) -> Raw | None:
    """Return the lists that somebody kept last, as they are kept."""
    row = await work.maybe(_OF, practices=list(visible.practices), who=who)
    return None if row is None else Raw(row["views"])
