"""What the clock of a piece of work depends on: its flags, its parts, and when it was reopened."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, literal_column, or_, select, union_all

from engage.conversation.severity import Severity
from engage.db.session import Query, Work
from engage.db.tables import flag, item_merger, item_note, queue_item
from engage.ids import PatientId, PracticeId, QueueItemId
from engage.queue.due import Ground, Told


class Held(Struct, frozen=True):
    """Open work that nobody else can change now."""

    id: QueueItemId
    severity: Severity
    patient_id: PatientId | None


_HERE = bindparam("practice", type_=Uuid())
_ITEMS = any_(bindparam("items", type_=ARRAY(Uuid())))

_ONE = Query(
    select(
        queue_item.c.id,
        queue_item.c.severity,
        queue_item.c.due_at,
        queue_item.c.opened_at,
        queue_item.c.first_touch_at,
        queue_item.c.waiting_since,
        select(func.max(item_note.c.at))
        .where(
            item_note.c.practice_id == _HERE,
            item_note.c.item_id == queue_item.c.id,
            item_note.c.kind == literal_column("'reopened'"),
        )
        .scalar_subquery()
        .label("reopened_at"),
    ).where(queue_item.c.practice_id == _HERE, queue_item.c.id == _ITEMS)
)
_part = queue_item.alias("part")
_GROUNDS = Query(
    union_all(
        select(flag.c.item_id.label("item_id"), flag.c.severity, flag.c.at).where(
            flag.c.practice_id == _HERE, flag.c.item_id == _ITEMS
        ),
        # What was joined to it counts as if it had come here.
        select(item_merger.c.into_id, flag.c.severity, flag.c.at)
        .join(
            flag,
            (flag.c.practice_id == item_merger.c.practice_id)
            & (flag.c.item_id == item_merger.c.item_id),
        )
        .where(
            item_merger.c.practice_id == _HERE,
            item_merger.c.into_id == _ITEMS,
            item_merger.c.undone_at.is_(None),
        ),
        select(item_merger.c.into_id, _part.c.severity, _part.c.opened_at)
        .join(
            _part,
            (_part.c.practice_id == item_merger.c.practice_id)
            & (_part.c.id == item_merger.c.item_id),
        )
        .where(
            item_merger.c.practice_id == _HERE,
            item_merger.c.into_id == _ITEMS,
            item_merger.c.undone_at.is_(None),
        ),
    )
)
_OPEN = Query(
    select(queue_item.c.id, queue_item.c.severity, queue_item.c.patient_id)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.closed_at.is_(None),
        or_(
            queue_item.c.severity == literal_column("'urgent'"),
            queue_item.c.severity == literal_column("'routine'"),
        ),
    )
    # Nothing but items is locked, and in their order.
    .order_by(queue_item.c.id)
    .with_for_update()
)


async def told_of(
    work: Work, practice: PracticeId, items: Sequence[QueueItemId]
) -> Mapping[QueueItemId, Told]:
    """Return what is known of some work that its clock depends on; of a visit it knows nothing."""
    if not items:
        return {}
    grounds: dict[QueueItemId, list[Ground]] = {}
    for row in await work.rows(_GROUNDS, practice=practice, items=list(items)):
        grounds.setdefault(row["item_id"], []).append(Ground(row["severity"], row["at"]))
    found: dict[QueueItemId, Told] = {}
    for row in await work.rows(_ONE, practice=practice, items=list(items)):
        item, again = QueueItemId(row["id"]), row["reopened_at"]
        own = grounds.get(item, [])
        if again is not None:
            # What was done with sets no clock any more.
            own = [one for one in own if one.at > again] + [Ground(row["severity"], again)]
        found[item] = Told(
            due_at=row["due_at"],
            opened_at=row["opened_at"],
            grounds=tuple(own),
            touched_at=row["first_touch_at"],
            waiting_since=row["waiting_since"],
        )
    return found


async def lock_open(work: Work, practice: PracticeId) -> tuple[Held, ...]:
    """Lock and return open work whose due time hours may explain."""
    return tuple(
        Held(QueueItemId(row["id"]), row["severity"], row["patient_id"])
        for row in await work.rows(_OPEN, practice=practice)
    )
