"""In which of the caller's practices a record stands, by its key alone."""

from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ARRAY, Table, any_, bindparam, select
from sqlalchemy import Uuid as UuidType

from engage.db.session import Query, Work
from engage.db.tables import (
    appointment,
    candidate,
    canned_reply,
    caregiver_grant,
    check_in_plan,
    cover,
    line,
    message,
    need,
    patient,
    place,
    queue_item,
    referral,
    ride,
    schedule,
    screening,
    slot,
    thread,
    waiting,
)
from engage.ids import PracticeId, ThreadId
from engage.people.access import Visible

Kind: TypeAlias = Literal[
    "appointment",
    "candidate",
    "canned_reply",
    "caregiver_grant",
    "check_in_plan",
    "cover",
    "message",
    "need",
    "patient",
    "place",
    "queue_item",
    "referral",
    "ride",
    "schedule",
    "screening",
    "slot",
    "thread",
    "waiting",
]


def _by_key(table: Table) -> Query:
    return Query(
        select(table.c.practice_id).where(
            table.c.practice_id == any_(bindparam("practices", type_=ARRAY(UuidType()))),
            table.c.id == bindparam("record"),
        )
    )


_BY_KEY: dict[Kind, Query] = {
    "appointment": _by_key(appointment),
    "caregiver_grant": _by_key(caregiver_grant),
    "place": _by_key(place),
    "ride": _by_key(ride),
    "schedule": _by_key(schedule),
    "slot": _by_key(slot),
    "waiting": _by_key(waiting),
    "candidate": _by_key(candidate),
    "canned_reply": _by_key(canned_reply),
    "cover": _by_key(cover),
    "check_in_plan": _by_key(check_in_plan),
    "message": _by_key(message),
    "need": _by_key(need),
    "patient": _by_key(patient),
    "queue_item": _by_key(queue_item),
    "referral": _by_key(referral),
    "screening": _by_key(screening),
    "thread": _by_key(thread),
}


_LOCK_LINE_OF_THREAD = Query(
    select(line.c.id)
    .where(
        line.c.practice_id == bindparam("practice"),
        line.c.id
        == select(thread.c.line_id)
        .where(thread.c.practice_id == bindparam("practice"), thread.c.id == bindparam("thread"))
        .scalar_subquery(),
    )
    .with_for_update()
)


async def lock_thread(work: Work, practice: PracticeId, thread_id: ThreadId) -> None:
    """Lock the line of a thread: from now on nothing is added to it until the transaction ends."""
    await work.maybe(_LOCK_LINE_OF_THREAD, practice=practice, thread=thread_id)


async def practice_of(work: Work, visible: Visible, kind: Kind, record: UUID) -> PracticeId | None:
    """Return the practice of a record, if it stands in one of these."""
    row = await work.maybe(_BY_KEY[kind], practices=list(visible.practices), record=record)
    return None if row is None else PracticeId(row["practice_id"])
