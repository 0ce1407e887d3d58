"""Minutes that somebody of the practice worked for a person: written down, never changed.

They are what a person says of their own work, with a call, a visit, or work that they close. This
room refuses to derive them from clocks, and to count what a machine did.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select

from engage import audit
from engage.db.session import Query, Work
from engage.db.tables import queue_item, time_spent
from engage.ids import PatientId, PracticeId, QueueItemId, StaffId

MOST = 240
"""Minutes in one entry: half a day; what took longer is two entries."""

Activity: TypeAlias = Literal["phone", "video", "visit", "work"]


class TimeSpent(Struct, frozen=True, kw_only=True):
    """How long somebody worked, for whom, and on what."""

    id: UUID
    patient_id: PatientId | None
    item_id: QueueItemId | None
    staff_id: StaffId
    at: datetime
    activity: Activity
    minutes: int


_HERE = bindparam("practice", type_=Uuid())
_ADD = Query(
    insert(time_spent).values(
        practice_id=_HERE,
        **{f"{name}": bindparam(f"its_{name}") for name in TimeSpent.__struct_fields__},
    )
)
_WHOSE = Query(
    select(queue_item.c.patient_id).where(
        queue_item.c.practice_id == _HERE, queue_item.c.id == bindparam("item", type_=Uuid())
    )
)
_OF = Query(
    select(time_spent.c.id, time_spent.c.minutes).where(
        time_spent.c.practice_id == _HERE,
        time_spent.c.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
    )
)


async def spend(work: Work, practice: PracticeId, new: TimeSpent, now: datetime) -> None:
    """Write down how long it took, and that it was written down."""
    await work.run(
        _ADD,
        practice=practice,
        **{f"its_{name}": value for name, value in msgspec.structs.asdict(new).items()},
    )
    await audit.record(
        work,
        practice,
        now,
        actor="staff",
        actor_id=new.staff_id,
        action="minutes.log",
        subject="patient" if new.item_id is None else "queue_item",
        subject_id=new.item_id or new.patient_id,
        patient_id=new.patient_id,
    )


async def spend_on(
    work: Work, practice: PracticeId, item: QueueItemId, entry: UUID, by: StaffId, at: datetime,
    minutes: int,
) -> None:  # fmt: skip
    """Write down how long a piece of work took, beyond its calls."""
    row = await work.maybe(_WHOSE, practice=practice, item=item)
    new = TimeSpent(
        id=entry,
        patient_id=None if row is None else row["patient_id"],
        item_id=item,
        staff_id=by,
        at=at,
        activity="work",
        minutes=minutes,
    )
    await spend(work, practice, new, at)


async def of_entries(
    work: Work, practice: PracticeId, ids: list[UUID]
) -> dict[UUID, int]:  # fmt: skip
    """Return the minutes that were logged under some ids: a call's are logged under its own."""
    rows = await work.rows(_OF, practice=practice, ids=ids)
    return {row["id"]: row["minutes"] for row in rows}
