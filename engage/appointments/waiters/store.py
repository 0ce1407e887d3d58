"""The waiting list and its offers. Lock order: line, patients, entry, visit, slot, offer, item.

Whom a time could be for is found by its schedule; records that became one wait as one. This room
refuses to decide.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from engage.appointments.slot import Wish
from engage.appointments.waiting import PACE, Candidate, Offer, Waiting
from engage.db.session import Query, Row, Work
from engage.db.tables import appointment, patient, schedule, slot_offer, visit_wish, waiting
from engage.ids import (
    AppointmentId,
    ConversationId,
    OfferId,
    PatientId,
    PracticeId,
    ScheduleId,
    SlotId,
    WaitingId,
)

_UUID, _MOMENT = Uuid(), DateTime(timezone=True)
_PRACTICE = bindparam("practice", type_=_UUID)
_HERE = waiting.c.practice_id == _PRACTICE
_OFFER_HERE = slot_offer.c.practice_id == _PRACTICE
_PERSON = bindparam("person", type_=_UUID)
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == waiting.c.practice_id,
    or_(patient.c.id == _PERSON, patient.c.merged_into == _PERSON),
)
_ADD = Query(
    plain_insert(waiting).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in waiting.c}
    )
)
_SAVE = Query(
    update(waiting)
    .where(_HERE, waiting.c.id == bindparam("one"))
    .values(
        {
            name: bindparam(f"its_{name}", type_=waiting.c[name].type)
            for name in ("status", "changed_at", "version")
        }
    )
)
_ONE = Query(select(waiting).where(_HERE, waiting.c.id == bindparam("one")))
_LOCKED = Query(select(waiting).where(_HERE, waiting.c.id == bindparam("one")).with_for_update())
_WAITS = Query(
    select(waiting.c.id)
    .where(
        _HERE,
        waiting.c.patient_id.in_(_RECORDS),
        waiting.c.schedule_id == bindparam("schedule", type_=_UUID),
        waiting.c.status == "waiting",
    )
    .limit(1)
)
_PAGE = Query(
    select(waiting)
    .where(
        waiting.c.practice_id == any_(bindparam("practices", type_=ARRAY(_UUID))),
        waiting.c.status == "waiting",
        or_(
            bindparam("schedule", type_=_UUID).is_(None),
            waiting.c.schedule_id == bindparam("schedule", type_=_UUID),
        ),
        or_(_PERSON.is_(None), waiting.c.patient_id.in_(_RECORDS)),
        waiting.c.id > bindparam("after", type_=_UUID),
    )
    .order_by(waiting.c.id)
    .limit(bindparam("most"))
)
# Times of one schedule that become free at once are offered one after the other, or one person
# would hear of several.
_ONE_AT_A_TIME = Query(
    select(schedule.c.id)
    .where(schedule.c.practice_id == _PRACTICE, schedule.c.id == bindparam("schedule"))
    .with_for_update(key_share=True)
)
_CANDIDATES = Query(
    select(
        waiting,
        func.coalesce(patient.c.merged_into, patient.c.id).label("person"),
        *(visit_wish.c[name] for name in Wish.__struct_fields__),
        appointment.c.status.label("visit_status"),
        appointment.c.start_at.label("visit_at"),
    )
    .join(
        patient,
        and_(patient.c.practice_id == waiting.c.practice_id, patient.c.id == waiting.c.patient_id),
    )
    .outerjoin(
        visit_wish,
        and_(
            visit_wish.c.practice_id == waiting.c.practice_id,
            visit_wish.c.patient_id == func.coalesce(patient.c.merged_into, patient.c.id),
        ),
    )
    .outerjoin(
        appointment,
        and_(
            appointment.c.practice_id == waiting.c.practice_id,
            appointment.c.id == waiting.c.appointment_id,
        ),
    )
    .where(
        _HERE,
        waiting.c.schedule_id == bindparam("schedule", type_=_UUID),
        waiting.c.status == "waiting",
        waiting.c.from_day <= bindparam("day", type_=waiting.c.from_day.type),
        waiting.c.until_day >= bindparam("day", type_=waiting.c.from_day.type),
        # Whoever lost it to somebody who has given it back since may be asked again.
        ~exists().where(
            slot_offer.c.practice_id == waiting.c.practice_id,
            slot_offer.c.waiting_id == waiting.c.id,
            slot_offer.c.slot_id == bindparam("slot", type_=_UUID),
            slot_offer.c.status != "lost",
        ),
    )
    .order_by(waiting.c.since, waiting.c.id)
)
_BUSY = Query(
    select(func.coalesce(patient.c.merged_into, patient.c.id).label("person"))
    .join(
        slot_offer,
        and_(
            slot_offer.c.practice_id == patient.c.practice_id,
            slot_offer.c.patient_id == patient.c.id,
        ),
    )
    .join(
        waiting,
        and_(
            waiting.c.practice_id == slot_offer.c.practice_id,
            waiting.c.id == slot_offer.c.waiting_id,
        ),
    )
    .where(
        _HERE,
        waiting.c.schedule_id == bindparam("schedule", type_=_UUID),
        waiting.c.status == "waiting",
        slot_offer.c.status == "offered",
        slot_offer.c.at > bindparam("since", type_=_MOMENT),
    )
)
_offered = insert(slot_offer).values(
    {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in slot_offer.c}
)
_OFFER = Query(
    _offered.on_conflict_do_update(
        index_elements=["practice_id", "slot_id", "waiting_id"],
        set_={
            name: _offered.excluded[name]
            for name in ("status", "conversation_id", "at", "answered_at", "patient_id")
        },
    ).returning(slot_offer.c.id)
)
_OFFERS = Query(
    select(slot_offer)
    .where(_OFFER_HERE, slot_offer.c.slot_id == bindparam("slot", type_=_UUID))
    .order_by(slot_offer.c.at, slot_offer.c.id)
)
_ONE_OFFER = Query(select(slot_offer).where(_OFFER_HERE, slot_offer.c.id == bindparam("one")))
_OF_CONVERSATION = Query(
    select(slot_offer)
    .where(_OFFER_HERE, slot_offer.c.conversation_id == bindparam("talk", type_=_UUID))
    .order_by(slot_offer.c.id.desc())
    .limit(1)
)
_SAVE_OFFER = Query(
    update(slot_offer)
    .where(_OFFER_HERE, slot_offer.c.id == bindparam("one"))
    .values(
        status=bindparam("its_status"),
        answered_at=bindparam("its_answered_at", type_=_MOMENT),
    )
)
_TELL = Query(
    update(slot_offer)
    .where(
        _OFFER_HERE,
        slot_offer.c.id == bindparam("one"),
        slot_offer.c.conversation_id.is_(None),
        slot_offer.c.status == "offered",
    )
    .values(conversation_id=bindparam("talk", type_=_UUID))
)
_LAPSE = Query(
    update(slot_offer)
    .where(
        _OFFER_HERE,
        slot_offer.c.slot_id == bindparam("slot", type_=_UUID),
        slot_offer.c.status == "offered",
    )
    .values(status="lapsed", answered_at=bindparam("at", type_=_MOMENT))
)
# Nobody was told of these; of those that were told, the answer decides.
_UNTELL = Query(
    update(slot_offer)
    .where(
        _OFFER_HERE,
        slot_offer.c.slot_id == bindparam("slot", type_=_UUID),
        slot_offer.c.status == "offered",
        slot_offer.c.conversation_id.is_(None),
    )
    .values(status="lost", answered_at=bindparam("at", type_=_MOMENT))
)


async def add(work: Work, new: Waiting) -> None:
    """Put somebody on the list."""
    columns = {f"its_{name}": getattr(new, name) for name in Waiting.__struct_fields__}
    await work.run(_ADD, **columns)


async def save(work: Work, after: Waiting) -> None:
    """Write how an entry stands."""
    await work.run(
        _SAVE,
        practice=after.practice_id,
        one=after.id,
        its_status=after.status,
        its_changed_at=after.changed_at,
        its_version=after.version,
    )


async def one_of(
    work: Work, practice: PracticeId, one: WaitingId, *, lock: bool = False
) -> Waiting | None:
    """Return an entry of the list."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=practice, one=one)
    return None if row is None else _waiting(row)


async def waits(work: Work, practice: PracticeId, person: PatientId, where: ScheduleId) -> bool:
    """Say whether a person waits there already, under any record of theirs."""
    return await work.maybe(_WAITS, practice=practice, person=person, schedule=where) is not None


async def page(
    work: Work,
    practices: Sequence[PracticeId],
    *,
    person: PatientId | None,
    where: ScheduleId | None,
    after: WaitingId | None,
    most: int,
) -> tuple[Waiting, ...]:
    """Return a page of who waits, in the order in which they were added."""
    rows = await work.rows(
        _PAGE,
        practices=list(practices),
        person=person,
        schedule=where,
        after=after or UUID(int=0),
        most=most,
    )
    return tuple(map(_waiting, rows))


async def one_at_a_time(work: Work, practice: PracticeId, where: ScheduleId) -> None:
    """Let other times of a schedule wait until these offers are written."""
    await work.rows(_ONE_AT_A_TIME, practice=practice, schedule=where)


async def candidates(
    work: Work, practice: PracticeId, where: ScheduleId, what: SlotId, day: date
) -> tuple[Candidate, ...]:
    """Return who waits for a day there and was not offered this time yet."""
    rows = await work.rows(_CANDIDATES, practice=practice, schedule=where, slot=what, day=day)
    return tuple(
        Candidate(
            entry=_waiting(row),
            person=PatientId(row["person"]),
            wish=Wish(**{name: bool(row[name]) for name in Wish.__struct_fields__}),
            visit_status=row["visit_status"],
            visit_at=row["visit_at"],
        )
        for row in rows
    )


async def busy(
    work: Work, practice: PracticeId, where: ScheduleId, at: datetime, pace: timedelta = PACE
) -> frozenset[PatientId]:
    """Return who is thinking about another time."""
    rows = await work.rows(_BUSY, practice=practice, schedule=where, since=at - pace)
    return frozenset(PatientId(row["person"]) for row in rows)


async def offer(work: Work, new: Offer) -> OfferId:
    """Write an offer, or make one again that was lost; return its id."""
    columns: dict[str, Any] = {
        f"its_{name}": getattr(new, name) for name in Offer.__struct_fields__
    }
    row = await work.maybe(_OFFER, **columns)
    return new.id if row is None else OfferId(row["id"])


async def offers_of(work: Work, practice: PracticeId, what: SlotId) -> tuple[Offer, ...]:
    """Return all offers of a time, the oldest first."""
    return tuple(map(_offer, await work.rows(_OFFERS, practice=practice, slot=what)))


async def offer_of(work: Work, practice: PracticeId, one: OfferId) -> Offer | None:
    """Return an offer."""
    row = await work.maybe(_ONE_OFFER, practice=practice, one=one)
    return None if row is None else _offer(row)


async def offer_of_conversation(
    work: Work, practice: PracticeId, talk: ConversationId
) -> Offer | None:
    """Return the offer that a conversation is about."""
    row = await work.maybe(_OF_CONVERSATION, practice=practice, talk=talk)
    return None if row is None else _offer(row)


async def save_offer(work: Work, after: Offer) -> None:
    """Write what became of an offer."""
    await work.run(
        _SAVE_OFFER,
        practice=after.practice_id,
        one=after.id,
        its_status=after.status,
        its_answered_at=after.answered_at,
    )


async def tell(work: Work, practice: PracticeId, one: OfferId, talk: ConversationId) -> bool:
    """Note in which conversation an offer was made; False if it was made or is over already."""
    return bool(await work.run(_TELL, practice=practice, one=one, talk=talk))


async def lapse(work: Work, practice: PracticeId, what: SlotId, at: datetime) -> None:
    """Let offers of a time that nobody can have any more end."""
    await work.run(_LAPSE, practice=practice, slot=what, at=at)


async def untell(work: Work, practice: PracticeId, what: SlotId, at: datetime) -> None:
    """Let offers end of which nobody was told before somebody else had the time."""
    await work.run(_UNTELL, practice=practice, slot=what, at=at)


def _waiting(row: Row) -> Waiting:
    return Waiting(
        practice_id=PracticeId(row["practice_id"]),
        id=WaitingId(row["id"]),
        patient_id=PatientId(row["patient_id"]),
        appointment_id=None
        if row["appointment_id"] is None
        else AppointmentId(row["appointment_id"]),
        schedule_id=ScheduleId(row["schedule_id"]),
        from_day=row["from_day"],
        until_day=row["until_day"],
        status=row["status"],
        since=row["since"],
        changed_at=row["changed_at"],
        version=row["version"],
    )


def _offer(row: Row) -> Offer:
    return Offer(
        practice_id=PracticeId(row["practice_id"]),
        id=OfferId(row["id"]),
        slot_id=SlotId(row["slot_id"]),
        waiting_id=WaitingId(row["waiting_id"]),
        patient_id=PatientId(row["patient_id"]),
        conversation_id=row["conversation_id"],
        status=row["status"],
        at=row["at"],
        answered_at=row["answered_at"],
    )
