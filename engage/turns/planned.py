"""The half of the door through which plans come: an occurrence is due, or staff change a plan.

One transaction per plan. What is asked goes through the same decision as everything else, on the
line of the person or of the caregiver who answers for them; the schedule moves on in the same
transaction. This room refuses to make up for what was missed, to ask whoever can't be texted, and
to ask a caregiver whom the person does not let answer, or to take their answer.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from engage import audit
from engage.checkins import store as plans
from engage.checkins.beginning import may_answer
from engage.checkins.plan import Schedule, end, pause, resume, skip, tick
from engage.checkins.script import PROXY, is_proxy
from engage.checkins.store import Clock, Occurrence, Plan, WhyNot
from engage.conversation.events import Cancelled, Started
from engage.conversation.states import NotStarted
from engage.crash import crash_point
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, NotFound
from engage.ids import (
    CaregiverId,
    CheckInId,
    CheckInPlanId,
    LineId,
    PatientId,
    PracticeId,
    ScreeningId,
    derived,
)
from engage.messaging.copies import ANSWERING
from engage.people.merging.store import survivor
from engage.people.sharing import circles
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import Calendar, due_at
from engage.queue.opening import Reason
from engage.turns import page_links, store
from engage.turns.checkins import why_not
from engage.turns.context import CheckInDue, Language, ScreeningAsked, Turn, TurnContext
from engage.turns.decide import decide
from engage.turns.visiting import Visiting

Wanted: TypeAlias = Literal["active", "paused", "ended"]


class PlanChange(Struct, frozen=True, kw_only=True):
    """What staff want of a plan."""

    status: Wanted | None = None
    #: The end of a pause; None: until somebody resumes it.
    until: datetime | None = None
    skip_next: bool = False


class _Way(Struct, frozen=True):
    """On which line a plan asks, and in which language."""

    line: LineId | None
    language: Language | None = None


class Planned(Visiting):
    """Lets plans ask, and changes them."""

    async def check_in_due(self, practice: PracticeId, plan_id: CheckInPlanId) -> None:
        """Ask what is due of a plan, write down what was missed, and have it wake for the next."""
        keys = await self._vault.keys(practice)

        async def act(work: Work) -> None:
            at = self._clock.now()
            found = await plans.plan_of(work, practice, plan_id)
            if found is None:
                await plans.put_to_rest(work, plan_id)
                return
            # Lines come first, then patients: whoever changes a plan locks in this order too.
            way = await self._way(work, found, at)
            context = await store.open_turn(work, practice, way.line, found.patient_id, at)
            plan = await plans.plan_of(work, practice, plan_id, lock=True)
            clock = await plans.clock_of(work, practice, found.patient_id)
            if plan is None or clock is None:
                raise NotFound
            await self._tick(work, keys, plan, clock, way, context, at)
            crash_point("checkin.saved")

        await self._database.again(act, [practice], practice)
        crash_point("checkin.done")
        self._bell.ring("outbox")

    async def change_plan(
        self,
        work: Work,
        practice: PracticeId,
        plan_id: CheckInPlanId,
        change: PlanChange,
        version: int | None = None,
    ) -> None:
        """Pause, resume, end or skip; what waits to be asked is called off if nobody wants it."""
        at = self._clock.now()
        found = await plans.plan_of(work, practice, plan_id)
        clock = None if found is None else await plans.clock_of(work, practice, found.patient_id)
        if found is None or clock is None:
            raise NotFound
        if change.status in {"paused", "ended"}:
            await self._call_off(work, found, at, whole=change.status == "ended")
        plan = await plans.plan_of(work, practice, plan_id, lock=True)
        if plan is None:
            raise NotFound
        if version is not None and plan.version != version:
            raise Conflict
        schedule = plan.schedule(clock.zone)
        if change.skip_next:
            gone, schedule = skip(schedule)
            await self._write(work, plan, gone, "skipped", "by-staff", at)
        schedule = _changed(schedule, change, at)
        await plans.move(work, plan, schedule, at)

    async def _tick(
        self,
        work: Work,
        keys: PracticeKeys,
        plan: Plan,
        clock: Clock,
        way: _Way,
        context: TurnContext,
        at: datetime,
    ) -> None:
        step = tick(plan.schedule(clock.zone), at)
        for gone in step.missed:
            await self._write(work, plan, gone, "missed", "too-late", at)
        if step.asked is not None and not await self._may_ask_them(work, keys, plan, at):
            await self._write(work, plan, step.asked, "missed", "not-allowed", at)
            await self._silence(work, plan, step.schedule, at)
            return
        if step.asked is not None:
            await self._ask(work, keys, plan, step.asked, way, context, at)
        await plans.move(work, plan, step.schedule, at)

    async def _ask(
        self,
        work: Work,
        keys: PracticeKeys,
        plan: Plan,
        occurrence: datetime,
        way: _Way,
        context: TurnContext,
        at: datetime,
    ) -> None:
        practice, thread = plan.practice_id, context.thread_of(plan.patient_id)
        not_now: WhyNot | None = "no-phone" if thread is None else why_not(context, thread)
        if not_now is None and way.line is None:
            not_now = "no-phone"
        unanswered = await plans.unanswered(work, practice, plan.id)
        waiting = {
            seen.screening_id: unanswered[seen.screening_id]
            for seen in context.conversations
            if seen.screening_id is not None
            and seen.screening_id in unanswered
            and isinstance(seen.state, NotStarted)
        }
        own = _check_in_id(plan, occurrence)
        screening = ScreeningId(derived(at, own, "screening"))
        asked = None
        if not_now is None and thread is not None:
            asked = ScreeningAsked(
                screening,
                plan.patient_id,
                plan.script,
                "sms",
                way.language or thread.language,
                script=plan.script if plan.answerer_id is None else plan.script + PROXY,
            )
        happened = Turn(
            cause=own,
            event=Started(at),
            patient_id=plan.patient_id,
            screening=asked,
            check_in=CheckInDue(instead_of=tuple(waiting), unreachable=not_now == "no-phone"),
            link=None
            if asked is None
            else await page_links.offered(
                work, self._vault, self._public_url, practice, screening, at
            ),
        )
        await store.save(work, decide(context, happened, self._library), keys)
        for older in waiting.values():
            await plans.not_asked(work, practice, older, "next-one-came")
        status = "asked" if asked is not None else "missed"
        await self._write(work, plan, occurrence, status, not_now, at, screening if asked else None)
        await audit.record(
            work,
            practice,
            at,
            actor="system",
            actor_id=None,
            action=f"check-in.{status}",
            subject="check-in",
            subject_id=own,
            patient_id=plan.patient_id,
        )

    # Who answers for somebody is allowed to

    async def grant_ended(
        self, work: Work, practice: PracticeId, patient: PatientId, caregiver: CaregiverId
    ) -> None:
        """Take back what was to be read, and ask nobody who may not answer any more."""
        await super().grant_ended(work, practice, patient, caregiver)
        await self.answering_ended(work, practice, await survivor(work, practice, patient))

    async def answering_ended(self, work: Work, practice: PracticeId, patient: PatientId) -> None:
        """Let each plan rest whose caregiver may not answer any more: a person decides.

        Nobody asks the patient instead by itself: that is another plan, with other words.
        """
        at, keys = self._clock.now(), await self._vault.keys(practice, work)
        for found in await plans.plans_of(work, practice, patient):
            if found.status != "active" or await self._may_ask_them(work, keys, found, at):
                continue
            plan = await plans.plan_of(work, practice, found.id, lock=True)
            clock = await plans.clock_of(work, practice, patient)
            if plan is not None and clock is not None:
                await self._silence(work, plan, plan.schedule(clock.zone), at)

    async def still_asked(
        self, work: Work, keys: PracticeKeys, context: TurnContext, at: datetime
    ) -> TurnContext:
        """Return a line's context without the questions that nobody on it may answer any more."""
        asked = {one.patient_id for one in context.conversations if is_proxy(one.script)}
        on_line, ended = {one.id for one in context.caregivers}, False
        for person in sorted(asked):
            whose = await survivor(work, keys.practice, person)
            told = await circles.told(work, keys, whose, ANSWERING.category, at, ANSWERING.verb)
            if on_line.isdisjoint(told):
                await self.answering_ended(work, keys.practice, person)
                ended = True
        if not ended or context.line is None:
            return context
        return await store.open_turn(work, keys.practice, context.line.id, None, at)

    async def _may_ask_them(self, work: Work, keys: PracticeKeys, plan: Plan, at: datetime) -> bool:
        who = plan.answerer_id
        return who is None or await may_answer(work, keys, plan.patient_id, who, at)

    async def _silence(self, work: Work, plan: Plan, schedule: Schedule, at: datetime) -> None:
        """Pause a plan, call off what it asks now, and give somebody the work."""
        await self._call_off(work, plan, at, whole=True)
        if schedule.status != "ended":
            schedule = pause(schedule, None)
        await plans.move(work, plan, schedule, at)
        here = await get_practice(work, plan.practice_id)
        calendar = Calendar(here.time_zone, here.business_hours, here.holidays)
        given = Reason(
            patient_id=await survivor(work, plan.practice_id, plan.patient_id),
            source_id=derived(at, plan.id, "not-allowed"),
            reason="answerer-not-allowed",
            rule="plan/answerer-not-allowed",
            severity="routine",
            due_at=due_at("routine", at, calendar),
        )
        await opening.give(work, plan.practice_id, given, at)

    async def _call_off(self, work: Work, plan: Plan, at: datetime, *, whole: bool) -> None:
        """End what of a plan waits for its turn; with the whole plan also what is being asked."""
        practice = plan.practice_id
        unanswered = await plans.unanswered(work, practice, plan.id)
        # Where it was asked: who answers may have another phone by now, or none that may be used.
        lines = {await store.line_of_screening(work, practice, one) for one in unanswered}
        keys = await self._vault.keys(practice, work)
        for line in sorted(filter(None, lines)):
            await self._call_off_on(work, keys, plan, line, unanswered, at, whole=whole)

    async def _call_off_on(
        self,
        work: Work,
        keys: PracticeKeys,
        plan: Plan,
        line: LineId,
        unanswered: Mapping[ScreeningId, CheckInId],
        at: datetime,
        *,
        whole: bool,
    ) -> None:
        context = await store.open_turn(work, plan.practice_id, line, plan.patient_id, at)
        for seen in context.conversations:
            waits = isinstance(seen.state, NotStarted)
            if seen.screening_id is None or seen.screening_id not in unanswered:
                continue
            if not (whole or waits):
                continue
            happened = Turn(
                cause=derived(at, seen.screening_id, "called-off"),
                event=Cancelled(at),
                conversation_id=seen.id,
                patient_id=plan.patient_id,
            )
            await self._take_turn(work, keys, line, happened)
            if waits:
                check_in = unanswered[seen.screening_id]
                await plans.not_asked(work, plan.practice_id, check_in, "called-off")

    async def _take_turn(
        self, work: Work, keys: PracticeKeys, line: LineId, happened: Turn
    ) -> None:
        context = await store.open_turn(work, keys.practice, line, happened.patient_id, happened.at)
        await store.save(work, decide(context, happened, self._library), keys)

    async def _way(self, work: Work, plan: Plan, at: datetime) -> _Way:
        practice, person = plan.practice_id, plan.patient_id
        if plan.answerer_id is None:
            return _Way(await store.line_to(work, practice, person, at))
        found = await plans.line_to_caregiver(work, practice, plan.answerer_id, person, at)
        return _Way(None) if found is None else _Way(*found)

    async def _write(
        self,
        work: Work,
        plan: Plan,
        occurrence: datetime,
        status: plans.OccurrenceStatus,
        why: WhyNot | None,
        at: datetime,
        screening: ScreeningId | None = None,
    ) -> None:
        one = Occurrence(
            id=_check_in_id(plan, occurrence),
            plan_id=plan.id,
            patient_id=plan.patient_id,
            occurrence=occurrence,
            kind="planned" if plan.answerer_id is None else "proxy",
            status=status,
            why=why,
            screening_id=screening,
            at=at,
        )
        await plans.add_occurrence(work, plan.practice_id, one)


def _check_in_id(plan: Plan, occurrence: datetime) -> CheckInId:
    """Return the id of an occurrence: of its own moment, so that a list is in that order."""
    return CheckInId(derived(occurrence, plan.id, "check-in"))


def _changed(schedule: Schedule, change: PlanChange, at: datetime) -> Schedule:
    match change.status:
        case "active":
            return resume(schedule, at)
        case "paused":
            return pause(schedule, change.until)
        case "ended":
            return end(schedule)
        case None:
            return schedule
