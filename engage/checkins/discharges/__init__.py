"""What a discharge sets going, and what a discharge taken back stops; and the call that is logged.

All of it in the caller's transaction: the stay, the check-ins after it, the call within two
business days. Whether it came by HL7, by the API or in a file makes no difference, and hearing it
twice changes nothing. This room refuses to text, to follow up what is older than a month, and to
let the call be closed by anything but a person's own try.
"""

from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage import audit, feed
from engage.audit import SYSTEM, By
from engage.checkins import plan as plans
from engage.checkins import store as plan_rows
from engage.checkins.cadence import Cadence, NeverDue
from engage.checkins.call import REASON, CallFirst, call_by, ending_of
from engage.checkins.discharges import store
from engage.checkins.discharges.store import Logged, Source, Status
from engage.checkins.rescreens import store as rescreens
from engage.checkins.visit import (
    Began,
    Moved,
    Movement,
    Turned,
    Withdrawn,
    follows,
    joined,
    told,
    turned,
)
from engage.clock import random_bytes
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import (
    RANDOM_BYTES,
    CheckInPlanId,
    PatientId,
    PracticeId,
    QueueItemId,
    derived,
    uuid7,
)
from engage.people.practice import Practice
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import Calendar
from engage.queue.item import Outcome as Ending
from engage.queue.item import Withdrawal

SCRIPT = "post-discharge"
ITEM = "/item_id"
"""The field of a request that an error may point at."""
CADENCE = "FREQ=DAILY;INTERVAL=3;COUNT=5;BYHOUR=10;BYMINUTE=0"
"""Every third day of the first two weeks: most that goes wrong goes wrong then, and a phone may get
three texts a week."""

Result: TypeAlias = Literal["applied", "unchanged", "unknown-person", "of-another"]


class Heard(Struct, frozen=True, kw_only=True):
    """What became of a message about a stay, and how the stay stands now."""

    result: Result
    id: UUID | None = None
    patient_id: PatientId | None = None
    status: Status = "planned"
    discharged_at: datetime | None = None
    admitted_at: datetime | None = None
    version: int = 0


async def hear(
    work: Work,
    practice: PracticeId,
    movement: Movement,
    *,
    source: Source,
    cause: UUID,
    at: datetime,
    by: By = SYSTEM,
    patient: PatientId | None = None,
) -> Heard:
    """Join what was said to the stay it is about, and do what follows from the change.

    `cause` is the id of what said it. The person is found by the practice's own id, or is
    `patient`.
    """
    said = movement.stay
    person = (
        await store.person(work, practice, said.person)
        if patient is None
        else await store.known(work, practice, patient)
    )
    if person is None:
        return Heard(result="unknown-person")
    kept = await store.stay(work, practice, person.id, said, derived(at, cause, "stay"), source)
    if kept is None:
        raise NotFound
    if kept.patient_id != person.id:
        before_merging = await store.known(work, practice, kept.patient_id)
        if before_merging is None or before_merging.id != person.id:
            return Heard(result="of-another", id=kept.id)
    before, after = kept.visit, joined(kept.visit, told(movement))
    change = turned(before, after)
    if after != before:
        await store.save(work, practice, kept.id, after, source=source, control_id=said.control_id)
        await _say(work, practice, kept.id, person.id, f"stay.{store.status_of(after)}", at, by)
    if change is not None:
        follow = _Follow(work, practice, person, kept, cause, at)
        await follow.up(change)
    return Heard(
        result="unchanged" if after == before else "applied",
        id=kept.id,
        patient_id=person.id,
        status=store.status_of(after),
        discharged_at=after.home_since,
        admitted_at=None if after.admitted_at is None else after.admitted_at.value,
        version=kept.version + (after != before),
    )


async def log(work: Work, practice: PracticeId, attempt: Logged, at: datetime) -> Ending | None:
    """Write down a call or a visit; return how it ends the work it was made for, if it does."""
    about = None
    if attempt.item_id is not None:
        about = await store.item(work, practice, attempt.item_id)
        if about is None or about[1] != attempt.patient_id:
            raise NotFound(ITEM)
    await store.log(work, practice, attempt)
    await feed.add(work, practice, at, "patient", attempt.patient_id, attempt.patient_id)
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=attempt.staff_id,
        action="contact.log",
        subject="contact_attempt",
        subject_id=attempt.id,
        patient_id=attempt.patient_id,
    )
    if attempt.item_id is None or about is None or about[0] != REASON or not about[2]:
        return None
    return ending_of(await store.attempts(work, practice, attempt.item_id))


async def refuse_unlogged(work: Work, practice: PracticeId, item: QueueItemId) -> None:
    """Refuse to close a call after a discharge that nobody has made."""
    about = await store.item(work, practice, item)
    if about is None or about[0] != REASON:
        return
    if ending_of(await store.attempts(work, practice, item)) is None:
        raise CallFirst


class _Follow:
    """What follows from a change of one stay."""

    def __init__(
        self,
        work: Work,
        practice: PracticeId,
        person: store.Person,
        stay: store.StayKept,
        cause: UUID,
        at: datetime,
    ) -> None:
        self._work = work
        self._practice = practice
        self._person = person
        self._stay = stay
        self._cause = cause
        self._at = at

    async def up(self, change: Turned) -> None:
        match change:
            case Began(discharged_at) | Moved(discharged_at):
                if not self._person.in_care or not follows(discharged_at, self._at):
                    return
                practice = await get_practice(self._work, self._practice)
                await self._call(call_by(discharged_at, _calendar(practice)))
                if isinstance(change, Began):
                    await self._ask(practice, discharged_at)
                    await rescreens.after_discharge(
                        self._work, self._practice, self._person.id, discharged_at, self._at
                    )
            case Withdrawn(reason):
                await self._call_off(reason)
                was = self._stay.visit.home_since
                if was is not None:
                    await self._stop_asking(was)
            case _:
                assert_never(change)

    async def _call(self, due: datetime) -> None:
        work, stay = self._work, self._stay
        if stay.begun_by is not None:
            await opening.move(work, self._practice, stay.begun_by, due, self._at)
            return
        reason = opening.Reason(
            patient_id=self._person.id,
            source_id=self._cause,
            reason=REASON,
            rule="discharge/two-business-days",
            severity="routine",
            due_at=due,
        )
        await opening.give(work, self._practice, reason, self._at)
        await store.begun(work, self._practice, stay.id, self._cause)

    async def _call_off(self, why: Withdrawal) -> None:
        if self._stay.begun_by is not None:
            await opening.withdraw(self._work, self._practice, self._stay.begun_by, why, self._at)
            await store.begun(self._work, self._practice, self._stay.id, None)

    async def _ask(self, practice: Practice, discharged_at: datetime) -> None:
        work, at = self._work, self._at
        if not await store.asks(work, practice.id):
            return
        clock = await plan_rows.clock_of(work, practice.id, self._person.id)
        if clock is None:
            return
        # One set of questions at a time: those about an earlier stay are over.
        await self._stop_asking(None)
        starts_on = _day_after(discharged_at, clock.zone)
        try:
            schedule = plans.begin(Cadence(CADENCE, starts_on, clock.zone), at)
        except NeverDue:
            return
        await plan_rows.add_plan(
            work,
            plan_rows.Plan(
                practice_id=practice.id,
                id=CheckInPlanId(uuid7(at, random_bytes(RANDOM_BYTES))),
                patient_id=self._person.id,
                script=SCRIPT,
                cadence=CADENCE,
                anchor="discharge",
                starts_on=starts_on,
                catch_up="skip",
                thresholds={},
                answerer_id=None,
                status=schedule.status,
                paused_until=None,
                next_at=schedule.next_at,
                created_by=practice.responsible_id,
                created_at=at,
            ),
        )

    async def _stop_asking(self, discharged_at: datetime | None) -> None:
        """End the check-ins that a discharge began: of one stay, or of all."""
        work = self._work
        for plan in await plan_rows.plans_of(work, self._practice, self._person.id):
            if plan.anchor != "discharge" or plan.script != SCRIPT or plan.status == "ended":
                continue
            clock = await plan_rows.clock_of(work, self._practice, self._person.id)
            zone = "UTC" if clock is None else clock.zone
            if discharged_at is not None and plan.starts_on != _day_after(discharged_at, zone):
                continue
            locked = await plan_rows.plan_of(work, self._practice, plan.id, lock=True)
            if locked is not None and locked.status != "ended":
                await plan_rows.move(work, locked, plans.end(locked.schedule(zone)), self._at)


async def _say(
    work: Work,
    practice: PracticeId,
    stay: UUID,
    patient: PatientId,
    action: str,
    at: datetime,
    by: By,
) -> None:
    await feed.add(work, practice, at, "patient", patient, patient)
    await audit.record(
        work,
        practice,
        at,
        actor=by.actor,
        actor_id=by.actor_id,
        action=action,
        subject="discharge",
        subject_id=stay,
        patient_id=patient,
    )


def _calendar(practice: Practice) -> Calendar:
    return Calendar(practice.time_zone, practice.business_hours, practice.holidays)


def _day_after(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
