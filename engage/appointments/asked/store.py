"""Rules of practices, wishes of people, notes of what was asked. This room refuses to decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, literal, or_, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from engage.appointments.asked.values import Notice, ReminderRule, Talk
from engage.appointments.slot import Wish
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    appointment,
    patient,
    reminder_rule,
    visit_notice,
    visit_talk,
    visit_wish,
)
from engage.ids import AppointmentId, ConversationId, PatientId, PracticeId, StaffId

_UUID = Uuid()
_PRACTICE = bindparam("practice", type_=_UUID)
_PERSON = bindparam("person", type_=_UUID)
_RULE = Query(select(reminder_rule).where(reminder_rule.c.practice_id == _PRACTICE))
_new_rule = insert(reminder_rule).values(
    {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in reminder_rule.c}
)
_PUT_RULE = Query(
    _new_rule.on_conflict_do_update(
        index_elements=["practice_id"],
        set_={
            **{
                name: _new_rule.excluded[name]
                for name in ("hours_before", "prepare_hours", "offer_to", "set_by", "set_at")
            },
            "version": reminder_rule.c.version + 1,
        },
    )
)
# A record that was merged into another one is the same person's; the kept one's own word is first.
_WISH = Query(
    select(visit_wish)
    .join(
        patient,
        (patient.c.practice_id == visit_wish.c.practice_id)
        & (patient.c.id == visit_wish.c.patient_id),
    )
    .where(
        visit_wish.c.practice_id == _PRACTICE,
        or_(patient.c.id == _PERSON, patient.c.merged_into == _PERSON),
    )
    .order_by((patient.c.id == _PERSON).desc(), visit_wish.c.set_at.desc())
    .limit(1)
)
_new_wish = insert(visit_wish).values(
    {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in visit_wish.c}
)
_PUT_WISH = Query(
    _new_wish.on_conflict_do_update(
        index_elements=["practice_id", "patient_id"],
        set_={
            **{
                name: _new_wish.excluded[name]
                for name in (*Wish.__struct_fields__, "set_by", "set_at")
            },
            "version": visit_wish.c.version + 1,
        },
    )
)
_ADD_TALK = Query(
    plain_insert(visit_talk).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in visit_talk.c}
    )
)
_TALKS = Query(
    select(visit_talk)
    .where(
        visit_talk.c.practice_id == _PRACTICE,
        visit_talk.c.conversation_id == any_(bindparam("some", type_=ARRAY(_UUID))),
    )
    .order_by(visit_talk.c.conversation_id)
)
_ADD_NOTICE = Query(
    plain_insert(visit_notice).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in visit_notice.c}
    )
)
_NOTICES = Query(
    select(visit_notice)
    .where(
        visit_notice.c.practice_id == _PRACTICE,
        visit_notice.c.appointment_id == bindparam("visit", type_=_UUID),
    )
    .order_by(visit_notice.c.id)
)

_NOW = bindparam("now", type_=DateTime(timezone=True))
_LOOK_AGAIN = Query(
    select(
        func.due_set(literal("reminder"), appointment.c.id, appointment.c.practice_id, _NOW)
    ).where(
        appointment.c.practice_id == _PRACTICE,
        appointment.c.status == "booked",
        appointment.c.start_at > _NOW,
    )
)


async def rule_of(work: Work, practice: PracticeId) -> ReminderRule:
    """Return when a practice reminds; the usual, where it has not said."""
    row = await work.maybe(_RULE, practice=practice)
    if row is None:
        return ReminderRule()
    return ReminderRule(
        hours_before=tuple(row["hours_before"]),
        prepare_hours=row["prepare_hours"],
        offer_to=row["offer_to"],
        version=row["version"],
    )


async def put_rule(
    work: Work, practice: PracticeId, rule: ReminderRule, by: StaffId, at: datetime
) -> None:
    """Write when a practice reminds, from now on."""
    await work.run(
        _PUT_RULE,
        its_practice_id=practice,
        its_hours_before=list(rule.hours_before),
        its_prepare_hours=rule.prepare_hours,
        its_offer_to=rule.offer_to,
        its_set_by=by,
        its_set_at=at,
        its_version=1,
    )


async def wish_of(work: Work, practice: PracticeId, person: PatientId) -> Wish:
    """Return which times suit a person."""
    return (await wish_and_version(work, practice, person))[0]


async def wish_and_version(work: Work, practice: PracticeId, person: PatientId) -> tuple[Wish, int]:
    """Return which times suit a person, and its version; 0 where nobody has said."""
    row = await work.maybe(_WISH, practice=practice, person=person)
    if row is None:
        return Wish(), 0
    own = row["patient_id"] == person
    wish = Wish(**{name: row[name] for name in Wish.__struct_fields__})
    return wish, row["version"] if own else 0


async def put_wish(
    work: Work, practice: PracticeId, person: PatientId, wish: Wish, by: StaffId, at: datetime
) -> None:
    """Write which times suit a person."""
    columns: dict[str, Any] = {f"its_{name}": getattr(wish, name) for name in _WISH_NAMES}
    await work.run(
        _PUT_WISH,
        its_practice_id=practice,
        its_patient_id=person,
        its_set_by=by,
        its_set_at=at,
        its_version=1,
        **columns,
    )


async def add_talk(work: Work, talk: Talk) -> None:
    """Note what a conversation is about."""
    await work.run(_ADD_TALK, **_columns(talk))


async def talk_of(work: Work, practice: PracticeId, one: ConversationId) -> Talk | None:
    """Return what a conversation is about, if it is about visits."""
    return next(iter(await talks_of(work, practice, [one])), None)


async def talks_of(
    work: Work, practice: PracticeId, some: Sequence[ConversationId]
) -> tuple[Talk, ...]:
    """Return what conversations are about, those that are about visits."""
    if not some:
        return ()
    return tuple(map(_talk, await work.rows(_TALKS, practice=practice, some=list(some))))


async def add_notice(work: Work, notice: Notice) -> None:
    """Note what was asked or told about a visit."""
    columns = _columns(notice)
    columns["its_start_at"] = columns.pop("its_starts_at")
    await work.run(_ADD_NOTICE, **columns)


async def notices_of_visit(
    work: Work, practice: PracticeId, visit: AppointmentId
) -> tuple[Notice, ...]:
    """Return what was asked and told about a visit, the oldest first."""
    return tuple(map(_notice, await work.rows(_NOTICES, practice=practice, visit=visit)))


_WISH_NAMES = Wish.__struct_fields__


def _columns(one: Talk | Notice) -> dict[str, Any]:
    return {f"its_{name}": getattr(one, name) for name in one.__struct_fields__}


def _talk(row: Row) -> Talk:
    return Talk(
        practice_id=PracticeId(row["practice_id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        patient_id=PatientId(row["patient_id"]),
        kind=row["kind"],
        appointment_ids=tuple(row["appointment_ids"]),
        slot_ids=tuple(row["slot_ids"]),
        proposed_at=row["proposed_at"],
        at=row["at"],
    )


def _notice(row: Row) -> Notice:
    return Notice(
        practice_id=PracticeId(row["practice_id"]),
        id=row["id"],
        appointment_id=AppointmentId(row["appointment_id"]),
        patient_id=PatientId(row["patient_id"]),
        step=row["step"],
        starts_at=row["start_at"],
        status=row["status"],
        why=row["why"],
        conversation_id=row["conversation_id"],
        at=row["at"],
    )


async def look_again(work: Work, practice: PracticeId, at: datetime) -> None:
    """Have every visit to come be looked at once: when it is reminded of has changed."""
    await work.rows(_LOOK_AGAIN, practice=practice, now=at)
