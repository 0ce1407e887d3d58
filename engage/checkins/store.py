"""Check-in plans and their occurrences in the database, and when each plan is due.

A plan stands in `due` for as long as something is to be done about it: its next occurrence, or the
end of a pause. What an occurrence asked is a screening; its answers are read by answered/store.py.
This room refuses to text.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Uuid, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.checkins.cadence import Cadence
from engage.checkins.plan import CatchUp, PlanStatus, Schedule
from engage.checkins.script import Limits
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    caregiver,
    caregiver_of,
    check_in,
    check_in_plan,
    discharge,
    patient,
    phone_use,
    practice,
    practice_number,
    screening,
    unsafe_contact,
)
from engage.ids import (
    CaregiverId,
    CheckInId,
    CheckInPlanId,
    LineId,
    PatientId,
    PracticeId,
    ScreeningId,
    StaffId,
)

KIND = "checkin"
"""The kind of a plan's row in `due`."""

Anchor: TypeAlias = Literal["enrolment", "discharge"]
OccurrenceKind: TypeAlias = Literal["planned", "proxy"]
OccurrenceStatus: TypeAlias = Literal["asked", "missed", "skipped"]
WhyNot: TypeAlias = Literal[
    "too-late",
    "not-in-care",
    "opted-out",
    "no-phone",
    "next-one-came",
    "called-off",
    "by-staff",
    "not-allowed",
]


class Plan(Struct, frozen=True, kw_only=True):
    """What is asked of a person again and again."""

    practice_id: PracticeId
    id: CheckInPlanId
    patient_id: PatientId
    script: str
    cadence: str
    anchor: Anchor
    starts_on: date
    catch_up: CatchUp
    thresholds: Limits
    answerer_id: CaregiverId | None
    status: PlanStatus
    paused_until: datetime | None
    next_at: datetime | None
    created_by: StaffId | None
    created_at: datetime
    ended_at: datetime | None = None
    version: int = 1

    def schedule(self, zone: str) -> Schedule:
        """Return what decides when it asks next, by the clock of a zone."""
        return Schedule(
            Cadence(self.cadence, self.starts_on, zone),
            self.catch_up,
            self.status,
            self.paused_until,
            self.next_at,
        )


class Occurrence(Struct, frozen=True, kw_only=True):
    """One time at which a plan asked, or did not."""

    id: CheckInId
    plan_id: CheckInPlanId
    patient_id: PatientId
    occurrence: datetime
    kind: OccurrenceKind
    status: OccurrenceStatus
    why: WhyNot | None = None
    screening_id: ScreeningId | None = None
    at: datetime


class Clock(Struct, frozen=True):
    """By which zone a person's plans run, and how many texts a day their phone may get."""

    zone: str
    texts_a_day: int


_HERE = bindparam("practice", type_=Uuid())
_PLAN = bindparam("plan", type_=Uuid())
_ADD = Query(insert(check_in_plan).values({c.name: bindparam(c.name) for c in check_in_plan.c}))
_THIS_PLAN = (check_in_plan.c.practice_id == _HERE, check_in_plan.c.id == _PLAN)
_ONE = Query(select(check_in_plan).where(*_THIS_PLAN))
_LOCKED = Query(select(check_in_plan).where(*_THIS_PLAN).with_for_update(key_share=True))
_MOVE = Query(
    update(check_in_plan)
    .where(*_THIS_PLAN)
    .values(
        status=bindparam("to_status"),
        paused_until=bindparam("to_paused_until"),
        next_at=bindparam("to_next_at"),
        ended_at=bindparam("to_ended_at"),
        version=check_in_plan.c.version + 1,
    )
)
_PLANS = Query(
    select(check_in_plan)
    .where(check_in_plan.c.practice_id == _HERE, check_in_plan.c.patient_id == bindparam("person"))
    .order_by(check_in_plan.c.id.desc())
)
_CLOCK = Query(
    select(
        func.coalesce(patient.c.time_zone, practice.c.time_zone).label("zone"),
        practice.c.texts_a_day,
    )
    .join(practice, practice.c.id == patient.c.practice_id)
    .where(patient.c.practice_id == _HERE, patient.c.id == bindparam("person"))
)
_ADD_OCCURRENCE = Query(
    insert_or(check_in)
    .values({c.name: bindparam(c.name) for c in check_in.c})
    .on_conflict_do_nothing()
)
_UNANSWERED = Query(
    select(check_in.c.id, check_in.c.screening_id)
    .join(
        screening,
        and_(
            screening.c.practice_id == check_in.c.practice_id,
            screening.c.id == check_in.c.screening_id,
        ),
    )
    .where(
        check_in.c.practice_id == _HERE,
        check_in.c.plan_id == _PLAN,
        check_in.c.status == "asked",
        screening.c.status == "in-progress",
    )
    .order_by(check_in.c.occurrence)
)
_NOT_ASKED = Query(
    update(check_in)
    .where(check_in.c.practice_id == _HERE, check_in.c.id == bindparam("one"))
    .values(status="missed", why=bindparam("because"))
)
_OCCURRENCES = Query(
    select(check_in)
    .where(
        check_in.c.practice_id == _HERE,
        check_in.c.patient_id == bindparam("person"),
        check_in.c.id < bindparam("before"),
    )
    .order_by(check_in.c.id.desc())
    .limit(bindparam("most"))
)
_DISCHARGED = Query(
    select(discharge.c.discharged_at)
    .where(
        discharge.c.practice_id == _HERE,
        discharge.c.patient_id == bindparam("person"),
        discharge.c.status == "discharged",
    )
    .order_by(discharge.c.discharged_at.desc())
    .limit(1)
)
_unsafe_use = phone_use.alias("unsafe_use")
_CAREGIVERS_PHONE = Query(
    select(phone_use.c.phone_id, practice_number.c.id.label("number_id"), caregiver.c.language)
    .join(
        caregiver_of,
        and_(
            caregiver_of.c.practice_id == phone_use.c.practice_id,
            caregiver_of.c.caregiver_id == phone_use.c.caregiver_id,
        ),
    )
    .join(
        caregiver,
        and_(
            caregiver.c.practice_id == phone_use.c.practice_id,
            caregiver.c.id == phone_use.c.caregiver_id,
        ),
    )
    .join(practice_number, practice_number.c.practice_id == phone_use.c.practice_id)
    .where(
        phone_use.c.practice_id == _HERE,
        phone_use.c.caregiver_id == bindparam("caregiver"),
        phone_use.c.until_at.is_(None),
        caregiver_of.c.patient_id == bindparam("person"),
        caregiver_of.c.from_at <= bindparam("at", type_=caregiver_of.c.from_at.type),
        or_(
            caregiver_of.c.until_at.is_(None),
            caregiver_of.c.until_at > bindparam("at", type_=caregiver_of.c.from_at.type),
        ),
        # A phone that is not safe for the person hears nothing about them, whoever else reads it.
        ~exists().where(
            unsafe_contact.c.practice_id == caregiver_of.c.practice_id,
            unsafe_contact.c.patient_id == caregiver_of.c.patient_id,
            unsafe_contact.c.until_at.is_(None),
            _unsafe_use.c.practice_id == unsafe_contact.c.practice_id,
            _unsafe_use.c.caregiver_id == unsafe_contact.c.caregiver_id,
            _unsafe_use.c.phone_id == phone_use.c.phone_id,
            _unsafe_use.c.until_at.is_(None),
        ),
    )
    .order_by(phone_use.c.from_at.desc(), practice_number.c.created_at, practice_number.c.id)
    .limit(1)
)
_THRESHOLDS = msgspec.json.Decoder(dict[str, float])


async def add_plan(work: Work, plan: Plan) -> None:
    """Add a plan and have it wake for its first occurrence."""
    columns = msgspec.structs.asdict(plan)
    columns["thresholds"] = msgspec.json.encode(plan.thresholds).decode()
    await work.run(_ADD, **columns)
    await _wake(work, plan.practice_id, plan.id, plan.next_at)


async def plan_of(
    work: Work, practice_id: PracticeId, plan: CheckInPlanId, *, lock: bool = False
) -> Plan | None:
    """Return a plan; locked, nobody else moves it until the transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=practice_id, plan=plan)
    return None if row is None else _plan(row)


async def plans_of(work: Work, practice_id: PracticeId, person: PatientId) -> tuple[Plan, ...]:
    """Return a person's plans, the newest first."""
    rows = await work.rows(_PLANS, practice=practice_id, person=person)
    return tuple(_plan(row) for row in rows)


async def move(work: Work, plan: Plan, to: Schedule, at: datetime) -> None:
    """Save where a plan stands now, and have it wake when there is something to do."""
    await work.run(
        _MOVE,
        practice=plan.practice_id,
        plan=plan.id,
        to_status=to.status,
        to_paused_until=to.paused_until,
        to_next_at=to.next_at,
        to_ended_at=at if to.status == "ended" else None,
    )
    await _wake(work, plan.practice_id, plan.id, to.wakes_at)


async def put_to_rest(work: Work, plan: CheckInPlanId) -> None:
    """Let a plan that is not there any more, or that waits for nothing, be due no longer."""
    await work.call("due_done", KIND, plan)


async def clock_of(work: Work, practice_id: PracticeId, person: PatientId) -> Clock | None:
    """Return by which clock a person's plans run; None if there is no such person."""
    row = await work.maybe(_CLOCK, practice=practice_id, person=person)
    if row is None:
        return None
    return Clock(row["zone"], row["texts_a_day"])


async def add_occurrence(work: Work, practice_id: PracticeId, one: Occurrence) -> None:
    """Write down an occurrence; one that is known stays as it is."""
    await work.run(_ADD_OCCURRENCE, practice_id=practice_id, **msgspec.structs.asdict(one))


async def unanswered(
    work: Work, practice_id: PracticeId, plan: CheckInPlanId
) -> Mapping[ScreeningId, CheckInId]:
    """Return the occurrences of a plan whose questions are still open, by their screening."""
    rows = await work.rows(_UNANSWERED, practice=practice_id, plan=plan)
    return {ScreeningId(row["screening_id"]): CheckInId(row["id"]) for row in rows}


async def not_asked(work: Work, practice_id: PracticeId, one: CheckInId, why: WhyNot) -> None:
    """Write down that an occurrence never came to be asked, and why."""
    await work.run(_NOT_ASKED, practice=practice_id, one=one, because=why)


async def occurrences_of(
    work: Work, practice_id: PracticeId, person: PatientId, before: UUID, most: int
) -> list[Occurrence]:
    """Return a person's occurrences before one of them, the newest first."""
    rows = await work.rows(
        _OCCURRENCES, practice=practice_id, person=person, before=before, most=most
    )
    return [
        Occurrence(**{name: row[name] for name in Occurrence.__struct_fields__}) for row in rows
    ]


async def discharged_at(work: Work, practice_id: PracticeId, person: PatientId) -> datetime | None:
    """Return when a person last left hospital, if we were told."""
    row = await work.maybe(_DISCHARGED, practice=practice_id, person=person)
    return None if row is None else row["discharged_at"]


async def line_to_caregiver(
    work: Work, practice_id: PracticeId, caregiver_id: CaregiverId, person: PatientId, at: datetime
) -> tuple[LineId, Literal["en", "es"]] | None:
    """Return the line to who helps a person, made if new, and their language; None if not now."""
    row = await work.maybe(
        _CAREGIVERS_PHONE, practice=practice_id, caregiver=caregiver_id, person=person, at=at
    )
    if row is None:
        return None
    line = await work.call("line_for", practice_id, row["number_id"], row["phone_id"], at)
    return LineId(line), row["language"]


async def _wake(
    work: Work, practice_id: PracticeId, plan: CheckInPlanId, at: datetime | None
) -> None:
    # Taken out and put in again: its tries were those of the occurrence before.
    await work.call("due_done", KIND, plan)
    if at is not None:
        await work.call("due_set", KIND, plan, practice_id, at)


def _plan(row: Row) -> Plan:
    columns: dict[str, Any] = {name: row[name] for name in Plan.__struct_fields__}
    columns["thresholds"] = _THRESHOLDS.decode(row["thresholds"])
    return Plan(**columns)
