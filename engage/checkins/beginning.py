"""Begins a plan for a person: everything that could not be kept is refused before it is written.

Staff begin one by hand, and a discharge may. This room refuses a plan for somebody who is not in
care, a caregiver whom the person does not let answer, thresholds that the script does not have, and
a schedule that never comes or comes too often.
"""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from engage.checkins import store
from engage.checkins.cadence import START, read_cadence, today_in
from engage.checkins.plan import CatchUp, begin, refuse_thresholds
from engage.checkins.script import CheckInScript, Limits
from engage.checkins.store import Anchor, Plan
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import EngageError, NotFound
from engage.ids import CaregiverId, CheckInPlanId, PatientId, PracticeId, StaffId
from engage.messaging.copies import ANSWERING
from engage.people.merging.store import survivor
from engage.people.sharing import circles

SCRIPT, THRESHOLDS, ANSWERER = "/script", "/thresholds", "/answerer"
"""The fields of a request that an error may point at."""


class NoSuchScript(EngageError):  # noqa: N818 - reads as a sentence
    """There is no check-in script of this name."""


class StartNeeded(EngageError):  # noqa: N818
    """No discharge of this patient is known: say from which day the plan counts."""


class NotTheirHelper(EngageError):  # noqa: N818
    """This caregiver does not help this patient now, or has no phone."""


class NotAllowedToAnswer(EngageError):  # noqa: N818
    """The patient has not allowed this caregiver to answer check-ins for them."""


class NewPlan(Struct, frozen=True, kw_only=True):
    """What somebody wants asked again and again."""

    id: CheckInPlanId
    practice_id: PracticeId
    patient_id: PatientId
    script: str
    cadence: str
    anchor: Anchor = "enrolment"
    #: The local day from which it counts; None: today, or the day of the last discharge.
    starts_on: date | None = None
    catch_up: CatchUp = "skip"
    thresholds: Limits = {}
    answerer_id: CaregiverId | None = None


async def begin_plan(
    work: Work,
    keys: PracticeKeys,
    scripts: Mapping[str, CheckInScript],
    new: NewPlan,
    at: datetime,
    by: StaffId | None,
) -> Plan:
    """Write a plan that can be kept, and have it wake for its first occurrence."""
    script = scripts.get(new.script)
    if script is None:
        raise NoSuchScript(SCRIPT)
    refuse_thresholds(script, new.thresholds, THRESHOLDS)
    clock = await store.clock_of(work, new.practice_id, new.patient_id)
    if clock is None:
        raise NotFound
    if new.answerer_id is not None:
        line = await store.line_to_caregiver(
            work, new.practice_id, new.answerer_id, new.patient_id, at
        )
        if line is None:
            raise NotTheirHelper(ANSWERER)
        if not await may_answer(work, keys, new.patient_id, new.answerer_id, at):
            raise NotAllowedToAnswer(ANSWERER)
    starts_on = new.starts_on or await _start_of(work, new, clock.zone, at)
    cadence = read_cadence(new.cadence, starts_on, clock.zone, now=at, most_a_day=clock.texts_a_day)
    schedule = begin(cadence, at, new.catch_up)
    plan = Plan(
        practice_id=new.practice_id,
        id=new.id,
        patient_id=new.patient_id,
        script=script.id,
        cadence=cadence.rule,
        anchor=new.anchor,
        starts_on=starts_on,
        catch_up=new.catch_up,
        thresholds=new.thresholds,
        answerer_id=new.answerer_id,
        status=schedule.status,
        paused_until=None,
        next_at=schedule.next_at,
        created_by=by,
        created_at=at,
    )
    await store.add_plan(work, plan)
    return plan


async def may_answer(
    work: Work, keys: PracticeKeys, patient: PatientId, who: CaregiverId, at: datetime
) -> bool:
    """Say whether a person lets a caregiver answer for them now."""
    whose = await survivor(work, keys.practice, patient)
    allowed = await circles.told(work, keys, whose, ANSWERING.category, at, ANSWERING.verb)
    return who in allowed


async def _start_of(work: Work, new: NewPlan, zone: str, at: datetime) -> date:
    if new.anchor == "enrolment":
        return today_in(zone, at)
    discharged = await store.discharged_at(work, new.practice_id, new.patient_id)
    if discharged is None:
        raise StartNeeded(START)
    return today_in(zone, discharged)
