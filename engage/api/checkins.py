"""Check-in plans: begin one, change one, and read what was asked and answered.

A change that calls off what waits to be asked does so in the same transaction as the change.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.checkin_shapes import (
    CheckInList,
    NewPlanIn,
    PlanChangeIn,
    PlanOut,
    check_in_out,
    plan_out,
)
from engage.api.etags import IfMatch, require
from engage.api.ids import chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.checkins import store
from engage.checkins.answered import store as answered
from engage.checkins.beginning import NewPlan, begin_plan
from engage.checkins.script import load_all
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import (
    CheckInPlanId,
    PatientId,
    PracticeId,
)
from engage.people.patient import Patient
from engage.people.store import get_patient
from engage.turns.planned import PlanChange
from engage.turns.refusals import NotInCare

ID = "/id"
_LAST = UUID(int=(1 << 128) - 1)


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: UUID


@post(
    "/patients/{patient_id:uuid}/check-in-plans",
    opt=needs("screening.write"),
    operation_id="beginCheckInPlan",
    summary="Ask a patient the same questions again and again",
    status_code=HTTPStatus.CREATED,
)
async def post_plan(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewPlanIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PlanOut]:
    """Begin a plan; what can't be kept is refused, naming the field."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys = await parts.vault.keys(practice)
    plan_id = CheckInPlanId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        at, person = parts.clock.now(), PatientId(patient_id)
        # Lines come before patients and plans: the line of a caregiver may be made here.
        await parts.turns.before_change(work, practice, person)
        _require_care(await get_patient(work, keys, person))
        if await store.plan_of(work, practice, plan_id) is not None:
            raise IdTaken(ID)
        new = NewPlan(
            id=plan_id,
            practice_id=practice,
            patient_id=person,
            script=data.script,
            cadence=data.cadence,
            anchor=data.anchor,
            starts_on=data.start,
            catch_up=data.catch_up,
            thresholds=data.thresholds,
            answerer_id=data.answerer,
        )
        await begin_plan(work, keys, load_all(), new, at, visit.staff_id)
        out = await _load(work, practice, plan_id)
        await _record(work, visit, out, "check-in-plan.begin", at)
        location = f"/v1/check-in-plans/{plan_id}"
        return Made(out, HTTPStatus.CREATED, location, out.version)

    answer = await once(request, parts, practice, PlanOut, act)
    parts.bell.ring("checkin")
    return answer


@patch(
    "/check-in-plans/{plan_id:uuid}",
    opt=needs("screening.write"),
    operation_id="changeCheckInPlan",
    summary="Pause, resume, end a plan, or skip its next occurrence",
)
async def patch_plan(
    plan_id: FromPath[UUID],
    data: JSONBody[PlanChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[PlanOut]:
    """Change a plan; a question that waits and is no longer wanted is called off with it."""
    practice = await find(parts.database, visit, "check_in_plan", plan_id)
    plan = CheckInPlanId(plan_id)
    if data.until is not None and data.status != "paused":
        sentence = "Only a pause has an end: send it with the status paused."
        raise Unprocessable(FieldError("/until", "not-a-pause", sentence))
    if data.until is not None and data.until <= parts.clock.now():
        raise Unprocessable(FieldError("/until", "out-of-range", "The end of a pause lies ahead."))
    change = PlanChange(status=data.status, until=data.until, skip_next=data.skip_next)

    async def act(work: Work) -> Made:
        at, before = parts.clock.now(), await _load(work, practice, plan)
        require(if_match, before.version)
        if data.status is not None or data.skip_next:
            version = None if if_match is None else before.version
            await parts.turns.change_plan(work, practice, plan, change, version)
        out = await _load(work, practice, plan)
        await _record(work, visit, out, "check-in-plan.change", at)
        return Made(out, version=out.version)

    answer = made(await in_turn(parts, act, practice), PlanOut)
    parts.bell.ring("outbox")
    return answer


@get(
    "/patients/{patient_id:uuid}/check-ins",
    opt=needs("screening.read"),
    operation_id="listCheckIns",
    summary="A patient's check-in plans, what was asked, and what they answered",
)
async def list_check_ins(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> CheckInList:
    """Return the plans and a page of occurrences; that they were looked at is recorded."""
    before, person = position_of(cursor, _Before), PatientId(patient_id)
    practice = await find(parts.database, visit, "patient", patient_id)
    async with parts.database.work([practice], practice) as work:
        clock = await store.clock_of(work, practice, person)
        if clock is None:
            raise NotFound
        plans = await store.plans_of(work, practice, person)
        rows = await store.occurrences_of(
            work, practice, person, before.id if before else _LAST, limit + 1
        )
        page, last = cut(rows, limit)
        screenings = [one.screening_id for one in page if one.screening_id is not None]
        answers = await answered.answers_of(work, practice, screenings)
        said = await answered.said_of(work, practice, person, [one.at for one in answers])
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.check-ins",
            patients=[person],
        )
    return CheckInList(
        plans=tuple(plan_out(plan, clock.zone) for plan in plans),
        items=tuple(check_in_out(one, answers, said) for one in page),
        next=None if last is None else cursor_of(_Before(last.id)),
    )


def _require_care(patient: Patient) -> None:
    if patient.status != "active":
        raise NotInCare


async def _load(work: Work, practice: PracticeId, plan_id: CheckInPlanId) -> PlanOut:
    plan = await store.plan_of(work, practice, plan_id)
    clock = None if plan is None else await store.clock_of(work, practice, plan.patient_id)
    if plan is None or clock is None:
        raise NotFound
    return plan_out(plan, clock.zone)


async def _record(work: Work, visit: Visit, out: PlanOut, action: str, at: datetime) -> None:
    await feed.add(work, out.practice_id, at, "patient", out.patient_id, out.patient_id)
    await audit.record(
        work,
        out.practice_id,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="check-in-plan",
        subject_id=out.id,
        patient_id=out.patient_id,
    )
