"""In which of the caller's practices a record stands, and whose it is, by its key alone."""

from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Column,
    Table,
    and_,
    any_,
    bindparam,
    exists,
    false,
    null,
    or_,
    select,
)
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
    restriction,
    ride,
    schedule,
    screening,
    slot,
    thread,
    waiting,
)
from engage.ids import PatientId, PracticeId, ThreadId
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


class Place(Struct, frozen=True):
    """Where a record stands, and whose it is."""

    practice_id: PracticeId
    #: None: about no patient, or nobody knows yet whose.
    patient_id: PatientId | None
    #: Whether any record of the practice is restricted, so that one has to ask.
    some_restricted: bool
    #: Open work that can't wait.
    grave: bool


_GRAVE = and_(
    queue_item.c.closed_at.is_(None),
    or_(queue_item.c.severity == "crisis", queue_item.c.severity == "possible"),
)
_THROUGH: dict[Table, tuple[Table, Column[UUID]]] = {
    message: (thread, message.c.thread_id),
    candidate: (queue_item, candidate.c.item_id),
}
"""Whose a record is that does not say so itself."""


def _by_key(table: Table) -> Query:
    person, source = null().label("patient_id"), table
    if table is patient:
        person = patient.c.id.label("patient_id")
    elif "patient_id" in table.c:
        person = table.c.patient_id
    elif table in _THROUGH:
        other, own = _THROUGH[table]
        person = other.c.patient_id
        source = table.outerjoin(
            other, and_(other.c.practice_id == table.c.practice_id, other.c.id == own)
        )
    return Query(
        select(
            table.c.practice_id,
            person,
            exists()
            .where(
                restriction.c.practice_id == table.c.practice_id,
                restriction.c.lifted_at.is_(None),
            )
            .label("some_restricted"),
            (_GRAVE if table is queue_item else false()).label("grave"),
        )
        .select_from(source)
        .where(
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


async def place_of(work: Work, visible: Visible, kind: Kind, record: UUID) -> Place | None:
    """Return where a record stands, if it does in one of these practices."""
    row = await work.maybe(_BY_KEY[kind], practices=list(visible.practices), record=record)
    if row is None:
        return None
    person = row["patient_id"]
    return Place(
        practice_id=PracticeId(row["practice_id"]),
        patient_id=None if person is None else PatientId(person),
        some_restricted=row["some_restricted"],
        grave=row["grave"],
    )


async def practice_of(work: Work, visible: Visible, kind: Kind, record: UUID) -> PracticeId | None:
    """Return the practice of a record, if it stands in one of these."""
    found = await place_of(work, visible, kind, record)
    return None if found is None else found.practice_id
