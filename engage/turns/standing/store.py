"""The rows of open work about rides, with why they are there. It refuses to decide."""

from msgspec import Struct
from sqlalchemy import Uuid, bindparam, select, update

from engage.db.session import Query, Work
from engage.db.tables import flag, queue_item
from engage.ids import AppointmentId, PatientId, PracticeId, QueueItemId
from engage.turns.visits import NO_RIDE, Ground, Stands


class OpenItem(Struct, frozen=True):
    """Open work as it stands."""

    id: QueueItemId
    stands: Stands


_HERE = queue_item.c.practice_id == bindparam("practice", type_=Uuid())
_OPEN = Query(
    select(
        queue_item.c.id,
        queue_item.c.severity,
        queue_item.c.due_at,
        queue_item.c.appointment_id,
    )
    .where(
        _HERE,
        queue_item.c.about_id == bindparam("about", type_=Uuid()),
        queue_item.c.subject == bindparam("what"),
        queue_item.c.closed_at.is_(None),
    )
    .with_for_update()
)
_VISIT = Query(
    select(queue_item.c.appointment_id).where(_HERE, queue_item.c.id == bindparam("item"))
)
_GROUNDS = Query(
    select(flag.c.severity, flag.c.at, flag.c.reason)
    .where(
        flag.c.practice_id == bindparam("practice", type_=Uuid()),
        flag.c.item_id == bindparam("item", type_=Uuid()),
        flag.c.withdrawn_at.is_(None),
    )
    .order_by(flag.c.id)
)
_CHANGE = Query(
    update(queue_item)
    .where(_HERE, queue_item.c.id == bindparam("item"))
    .values(
        severity=bindparam("how"),
        due_at=bindparam("due"),
        appointment_id=bindparam("visit"),
        version=queue_item.c.version + 1,
    )
)


async def open_item(
    work: Work, practice: PracticeId, about: PatientId, subject: str
) -> OpenItem | None:
    """Lock and return the open work of a subject about a person."""
    row = await work.maybe(_OPEN, practice=practice, about=about, what=subject)
    if row is None:
        return None
    return OpenItem(
        QueueItemId(row["id"]), Stands(row["severity"], row["due_at"], row["appointment_id"])
    )


async def visit_of(work: Work, practice: PracticeId, item: QueueItemId) -> AppointmentId | None:
    """Return the visit that a piece of work names."""
    row = await work.maybe(_VISIT, practice=practice, item=item)
    return None if row is None else row["appointment_id"]


async def grounds(work: Work, practice: PracticeId, item: QueueItemId) -> tuple[Ground, ...]:
    """Return why a piece of work is there, but for what no longer holds."""
    rows = await work.rows(_GROUNDS, practice=practice, item=item)
    return tuple(Ground(row["severity"], row["at"], row["reason"] in NO_RIDE) for row in rows)


async def change(work: Work, practice: PracticeId, item: QueueItemId, now: Stands) -> None:
    """Write how a piece of work stands."""
    await work.run(
        _CHANGE,
        practice=practice,
        item=item,
        how=now.severity,
        due=now.due_at,
        visit=now.appointment_id,
    )
