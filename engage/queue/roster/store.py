"""Whom routing may choose from: the people of a practice, who covers, and a patient's circle."""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Table, and_, bindparam, case, func, or_, select

from engage.db.session import Query, Row, Work
from engage.db.tables import (
    assignment,
    care_team_member,
    cover,
    duty,
    membership,
    patient,
    practice,
    queue_item,
    staff,
)
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId, StaffId
from engage.queue.elsewhere.store import held_elsewhere
from engage.queue.routing import (
    CoverSeen,
    Duty,
    Roster,
    Shifts,
    StaffSeen,
    asked_elsewhere,
    with_elsewhere,
)

_HELD = (
    select(func.count())
    .where(
        queue_item.c.practice_id == bindparam("in_practice"),
        queue_item.c.owner_id == staff.c.id,
        queue_item.c.closed_at.is_(None),
    )
    .correlate(staff)
    .scalar_subquery()
)
_ROSTER = Query(
    select(
        staff.c.id,
        staff.c.given_name,
        func.array_agg(membership.c.role).label("roles"),
        duty.c.staff_id.label("on_duty"),
        duty.c.hours,
        duty.c.capacity,
        duty.c.languages,
        case((duty.c.capacity.is_not(None), _HELD), else_=0).label("held"),
    )
    .select_from(membership)
    .join(staff, staff.c.id == membership.c.staff_id)
    .outerjoin(
        duty,
        and_(
            duty.c.practice_id == membership.c.practice_id,
            duty.c.staff_id == membership.c.staff_id,
        ),
    )
    .where(
        membership.c.practice_id == bindparam("in_practice"),
        staff.c.active,
        membership.c.from_at <= bindparam("now"),
        or_(membership.c.until_at.is_(None), membership.c.until_at > bindparam("now")),
    )
    .group_by(staff.c.id, duty.c.practice_id, duty.c.staff_id)
    .order_by(staff.c.id)
)
_COVERS = Query(
    select(cover.c.absent_id, cover.c.cover_id, cover.c.from_at, cover.c.until_at)
    .where(cover.c.practice_id == bindparam("in_practice"), cover.c.until_at > bindparam("now"))
    .order_by(cover.c.from_at, cover.c.id)
)
_RESPONSIBLE = Query(
    select(practice.c.responsible_id, practice.c.time_zone).where(
        practice.c.id == bindparam("in_practice")
    )
)
_LANGUAGE = Query(
    select(patient.c.language).where(
        patient.c.practice_id == bindparam("in_practice"), patient.c.id == bindparam("patient")
    )
)


def _now(table: Table) -> ColumnElement[bool]:
    return (table.c.from_at <= bindparam("now")) & or_(
        table.c.until_at.is_(None), table.c.until_at > bindparam("now")
    )


_MANAGER = Query(
    select(assignment.c.staff_id)
    .where(
        assignment.c.practice_id == bindparam("in_practice"),
        assignment.c.patient_id == bindparam("patient"),
        _now(assignment),
    )
    .order_by(assignment.c.from_at.desc())
    .limit(1)
)
_TEAM = Query(
    select(care_team_member.c.staff_id)
    .where(
        care_team_member.c.practice_id == bindparam("in_practice"),
        care_team_member.c.patient_id == bindparam("patient"),
        _now(care_team_member),
    )
    .order_by(care_team_member.c.from_at, care_team_member.c.staff_id)
)


async def roster(work: Work, practice_id: PracticeId, now: datetime) -> Roster:
    """Return whom routing may choose from at this moment."""
    people = await work.rows(_ROSTER, in_practice=practice_id, now=now)
    covers = await work.rows(_COVERS, in_practice=practice_id, now=now)
    responsible = await work.maybe(_RESPONSIBLE, in_practice=practice_id)
    if responsible is None:
        raise NotFound
    staff_seen = tuple(
        StaffSeen(row["id"], row["given_name"], tuple(sorted(row["roles"])), _duty(row))
        for row in people
    )
    elsewhere = await held_elsewhere(work, practice_id, asked_elsewhere(staff_seen), now)
    return Roster(
        staff=with_elsewhere(staff_seen, elsewhere),
        covers=tuple(
            CoverSeen(row["absent_id"], row["cover_id"], row["from_at"], row["until_at"])
            for row in covers
        ),
        responsible_id=responsible["responsible_id"],
        zone=responsible["time_zone"],
    )


def _duty(row: Row) -> Duty | None:
    if row["on_duty"] is None:
        return None
    hours = row["hours"]
    return Duty(
        hours=None if hours is None else msgspec.json.decode(hours, type=Shifts),
        capacity=row["capacity"],
        languages=tuple(row["languages"]),
        held=row["held"],
    )


async def language_of(work: Work, practice_id: PracticeId, patient_id: PatientId) -> str | None:
    """Return the language that a patient speaks."""
    row = await work.maybe(_LANGUAGE, in_practice=practice_id, patient=patient_id)
    return None if row is None else row["language"]


async def circle(
    work: Work, practice_id: PracticeId, patient_id: PatientId, now: datetime
) -> tuple[StaffId | None, tuple[StaffId, ...]]:
    """Return a patient's care manager and care team of this moment."""
    manager = await work.maybe(_MANAGER, in_practice=practice_id, patient=patient_id, now=now)
    team = await work.rows(_TEAM, in_practice=practice_id, patient=patient_id, now=now)
    return (
        None if manager is None else StaffId(manager["staff_id"]),
        tuple(StaffId(row["staff_id"]) for row in team),
    )
