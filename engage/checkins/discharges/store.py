"""The rows of stays, and of attempts to reach somebody. It refuses to decide."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Uuid, and_, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.checkins.call import REASON, Attempt, Channel, Direction, Outcome
from engage.checkins.visit import Stay, Visit
from engage.db.session import Query, Row, Work
from engage.db.tables import contact_attempt, discharge, flag, patient, practice, queue_item
from engage.ids import PatientId, PracticeId, QueueItemId, StaffId

Source: TypeAlias = Literal["api", "csv", "hl7"]
Status: TypeAlias = Literal["planned", "discharged", "cancelled"]


class StayKept(Struct, frozen=True, kw_only=True):
    """A stay as it stands, and everything that was said of it."""

    id: UUID
    patient_id: PatientId
    visit: Visit
    #: What began the call about it, if one was begun and not taken back.
    begun_by: UUID | None
    version: int


class CallFollowing(Struct, frozen=True):
    """The call that a discharge asks for, as the work stands."""

    item_id: QueueItemId
    due_at: datetime
    closed_at: datetime | None
    outcome: str | None


class StaySeen(Struct, frozen=True, kw_only=True):
    """A stay as staff see it."""

    id: UUID
    patient_id: PatientId
    external_id: str
    facility: str
    status: Status
    discharged_at: datetime | None
    admitted_at: datetime | None
    version: int
    call: CallFollowing | None


class Person(Struct, frozen=True):
    """Whom the practice knows by an id of its own."""

    id: PatientId
    in_care: bool


class Logged(Struct, frozen=True, kw_only=True):
    """An attempt to reach somebody, or a call that came."""

    id: UUID
    patient_id: PatientId
    item_id: QueueItemId | None
    staff_id: StaffId
    at: datetime
    channel: Channel
    direction: Direction
    outcome: Outcome
    note_sealed: bytes | None


_HERE = bindparam("practice", type_=Uuid())
_survivor = patient.alias("survivor")

_PERSON = Query(
    select(patient.c.id, patient.c.merged_into).where(
        patient.c.practice_id == _HERE, patient.c.external_id == bindparam("external_id")
    )
)
_LOCK_PERSON = Query(
    select(patient.c.id, patient.c.status, patient.c.merged_into)
    .where(patient.c.practice_id == _HERE, patient.c.id == bindparam("patient"))
    .with_for_update(key_share=True)
)
_NEW = Query(
    insert_or(discharge)
    .values(
        practice_id=_HERE,
        id=bindparam("stay"),
        patient_id=bindparam("patient"),
        external_id=bindparam("number"),
        facility=bindparam("where"),
        status="planned",
        source=bindparam("by_source"),
        version=0,
        said="{}",
    )
    .on_conflict_do_nothing()
)
_STAY = Query(
    select(
        discharge.c.id,
        discharge.c.patient_id,
        discharge.c.said,
        discharge.c.begun_by,
        discharge.c.version,
    )
    .where(
        discharge.c.practice_id == _HERE,
        discharge.c.facility == bindparam("where"),
        discharge.c.external_id == bindparam("number"),
    )
    .with_for_update()
)
_SAVE = Query(
    update(discharge)
    .where(discharge.c.practice_id == _HERE, discharge.c.id == bindparam("stay"))
    .values(
        discharged_at=bindparam("home_since"),
        admitted_at=bindparam("since"),
        status=bindparam("stands"),
        source=bindparam("by_source"),
        message_control_id=bindparam("control"),
        said=bindparam("all_said"),
        version=discharge.c.version + 1,
    )
)
_BEGUN = Query(
    update(discharge)
    .where(discharge.c.practice_id == _HERE, discharge.c.id == bindparam("stay"))
    .values(begun_by=bindparam("source"))
)
_ASKS = Query(select(practice.c.asks_after_discharge).where(practice.c.id == bindparam("practice")))
_LOG = Query(
    insert(contact_attempt).values(
        practice_id=_HERE, **{name: bindparam(name) for name in Logged.__struct_fields__}
    )
)
_LOGGED = Query(
    select(contact_attempt.c.id).where(
        contact_attempt.c.practice_id == _HERE, contact_attempt.c.id == bindparam("attempt")
    )
)
_ATTEMPTS = Query(
    select(contact_attempt.c.at, contact_attempt.c.outcome)
    .where(contact_attempt.c.practice_id == _HERE, contact_attempt.c.item_id == bindparam("item"))
    .order_by(contact_attempt.c.id)
)
_ITEM = Query(
    select(queue_item.c.subject, queue_item.c.patient_id, queue_item.c.closed_at).where(
        queue_item.c.practice_id == _HERE, queue_item.c.id == bindparam("item")
    )
)
MOST_READ = 50
"""So many of the newest stays, and of the newest attempts, are read."""
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == _HERE,
    or_(patient.c.id == bindparam("patient"), patient.c.merged_into == bindparam("patient")),
)
_STAYS_OF = Query(
    select(
        *(discharge.c[name] for name in StaySeen.__struct_fields__ if name != "call"),
        queue_item.c.id.label("item_id"),
        queue_item.c.due_at,
        queue_item.c.closed_at,
        queue_item.c.outcome,
    )
    .outerjoin(
        flag,
        and_(
            flag.c.practice_id == discharge.c.practice_id,
            flag.c.source_id == discharge.c.begun_by,
            flag.c.reason == REASON,
        ),
    )
    .outerjoin(
        queue_item,
        and_(
            queue_item.c.practice_id == flag.c.practice_id,
            queue_item.c.id == flag.c.item_id,
        ),
    )
    .where(discharge.c.practice_id == _HERE, discharge.c.patient_id.in_(_RECORDS))
    .order_by(discharge.c.id.desc())
    .limit(MOST_READ)
)
_ATTEMPTS_OF = Query(
    select(contact_attempt)
    .where(contact_attempt.c.practice_id == _HERE, contact_attempt.c.patient_id.in_(_RECORDS))
    .order_by(contact_attempt.c.at.desc(), contact_attempt.c.id.desc())
    .limit(MOST_READ)
)
_SAID = msgspec.json.Decoder(Visit)


async def person(work: Work, practice_id: PracticeId, external_id: str) -> Person | None:
    """Lock and return whom the practice means by an id: the record that is kept, if two are one."""
    row = await work.maybe(_PERSON, practice=practice_id, external_id=external_id)
    if row is None:
        return None
    return await known(work, practice_id, PatientId(row["merged_into"] or row["id"]))


async def known(work: Work, practice_id: PracticeId, patient_id: PatientId) -> Person | None:
    """Lock and return a patient by our own id."""
    row = await work.maybe(_LOCK_PERSON, practice=practice_id, patient=patient_id)
    if row is None:
        return None
    if row["merged_into"] is not None:
        # Merged since we looked.
        return await known(work, practice_id, PatientId(row["merged_into"]))
    return Person(PatientId(row["id"]), row["status"] == "active")


async def stay(
    work: Work,
    practice_id: PracticeId,
    patient_id: PatientId,
    said: Stay,
    new_id: UUID,
    source: Source,
) -> StayKept | None:
    """Lock and return a stay, made if it is new."""
    await work.run(
        _NEW,
        practice=practice_id,
        stay=new_id,
        patient=patient_id,
        number=said.number,
        where=said.facility,
        by_source=source,
    )
    row = await work.maybe(_STAY, practice=practice_id, where=said.facility, number=said.number)
    return None if row is None else _kept(row)


async def save(
    work: Work,
    practice_id: PracticeId,
    stay_id: UUID,
    visit: Visit,
    *,
    source: Source,
    control_id: str,
) -> None:
    """Write a stay as it stands now."""
    await work.run(
        _SAVE,
        practice=practice_id,
        stay=stay_id,
        home_since=visit.home_since,
        since=None if visit.admitted_at is None else visit.admitted_at.value,
        stands=status_of(visit),
        by_source=source,
        control=control_id,
        all_said=msgspec.json.encode(visit).decode(),
    )


async def begun(work: Work, practice_id: PracticeId, stay_id: UUID, source: UUID | None) -> None:
    """Write what began the call about a stay; None once it is taken back."""
    await work.run(_BEGUN, practice=practice_id, stay=stay_id, source=source)


def status_of(visit: Visit) -> Status:
    """Return how a stay stands, as the table has it: planned is still in hospital."""
    if visit.standing is None or visit.standing.value == "admitted":
        return "planned"
    return visit.standing.value


async def asks(work: Work, practice_id: PracticeId) -> bool:
    """Say whether the practice wants check-ins to begin after a discharge."""
    row = await work.maybe(_ASKS, practice=practice_id)
    return row is not None and bool(row["asks_after_discharge"])


async def log(work: Work, practice_id: PracticeId, one: Logged) -> None:
    """Write down an attempt."""
    await work.run(_LOG, practice=practice_id, **msgspec.structs.asdict(one))


async def is_logged(work: Work, practice_id: PracticeId, attempt: UUID) -> bool:
    """Say whether there is an attempt with this id already."""
    return await work.maybe(_LOGGED, practice=practice_id, attempt=attempt) is not None


async def attempts(work: Work, practice_id: PracticeId, item: QueueItemId) -> tuple[Attempt, ...]:
    """Return every attempt that was made for a piece of work."""
    rows = await work.rows(_ATTEMPTS, practice=practice_id, item=item)
    return tuple(Attempt(row["at"], row["outcome"]) for row in rows)


async def item(
    work: Work, practice_id: PracticeId, item_id: QueueItemId
) -> tuple[str, PatientId | None, bool] | None:
    """Return what a piece of work is about, whom, and whether it is open."""
    row = await work.maybe(_ITEM, practice=practice_id, item=item_id)
    if row is None:
        return None
    return row["subject"], row["patient_id"], row["closed_at"] is None


async def stays_of(
    work: Work, practice_id: PracticeId, patient_id: PatientId
) -> tuple[StaySeen, ...]:
    """Return a person's newest stays, each with the call that it asks for."""
    rows = await work.rows(_STAYS_OF, practice=practice_id, patient=patient_id)
    return tuple(
        StaySeen(
            **{name: row[name] for name in StaySeen.__struct_fields__ if name != "call"},
            call=None
            if row["item_id"] is None
            else CallFollowing(
                QueueItemId(row["item_id"]), row["due_at"], row["closed_at"], row["outcome"]
            ),
        )
        for row in rows
    )


async def attempts_of(
    work: Work, practice_id: PracticeId, patient_id: PatientId
) -> tuple[Logged, ...]:
    """Return the newest attempts to reach a person, newest first; the notes stay sealed."""
    rows = await work.rows(_ATTEMPTS_OF, practice=practice_id, patient=patient_id)
    return tuple(Logged(**{name: row[name] for name in Logged.__struct_fields__}) for row in rows)


def _kept(row: Row) -> StayKept:
    return StayKept(
        id=row["id"],
        patient_id=PatientId(row["patient_id"]),
        visit=_SAID.decode(row["said"]),
        begun_by=row["begun_by"],
        version=row["version"],
    )
