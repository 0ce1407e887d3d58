"""The half of the door through which visits and rides have consequences outside their room.

A ride that fails, or that nobody has confirmed, is somebody's work; the work about rides knows the
visit that it must be done before; the need goes with what was arranged for it; the person, and a
caregiver whom they allowed to be told, hear of it by text. One transaction with the change itself;
the caller has locked the person (`before_turn`). This room refuses to move a visit or a ride.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec.structs import replace

from engage import audit, feed
from engage.appointments import links
from engage.appointments import store as visits
from engage.appointments.asked.store import rule_of
from engage.appointments.local import day_bounds
from engage.appointments.provider import ByPhone, Manual, Provider
from engage.appointments.ride import HOLDS, OF_VISIT, OVER, Ride, Status
from engage.appointments.rides import store as rides
from engage.appointments.riding import RideChanged
from engage.appointments.words import VisitChanged
from engage.audit import By
from engage.checkins import store as plans
from engage.conversation.events import PersonChanged, TextReceived
from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import (
    CaregiverId,
    LineId,
    MessageId,
    PatientId,
    PracticeId,
    StaffId,
    derived,
)
from engage.messaging.threads import store as threads
from engage.needs import closings
from engage.needs.episodes import store as episodes
from engage.needs.need import MACHINE, Act, Evidence, Setter, Taken, newest, step, take
from engage.needs.referring import store as referrals
from engage.people.inviting import store as inviting
from engage.people.merging.store import merged_into, survivor
from engage.people.sharing import circles
from engage.people.sharing import store as sharing
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import AT_ONCE, Calendar, due_at
from engage.queue.flag import NEED
from engage.queue.opening import Reason
from engage.turns import standing, store
from engage.turns.afterwards import Afterwards
from engage.turns.context import TextCame, Turn, Written
from engage.turns.decide import decide
from engage.turns.draft import Draft
from engage.turns.informing import copies_of
from engage.turns.outcome import parked
from engage.turns.refusals import NoPhone
from engage.turns.telling import News, Reader, news_of, older_texts, tell
from engage.turns.visits import TRANSPORT, before_visit

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

DOMAINS = {"ride": TRANSPORT, "food-box": "food-insecurity"}
_FAR = timedelta(days=31)
"""No visit is reminded of earlier."""
_RECENT = 50
"""Of so many rides a text may still be waiting."""
_ACTS: dict[Status, Act] = {
    "arranged": "begin",
    "completed": "complete",
    "failed": "fall-through",
    "cancelled": "fall-through",
}


class Visiting(Afterwards):
    """Does what follows from a visit or a ride."""

    #: Who sees to rides; a member of staff and a telephone, until there is another.
    _provider: Provider = Manual()

    async def visit_changed(
        self, work: Work, practice: PracticeId, change: VisitChanged, by: StaffId | None = None
    ) -> None:
        """Do what follows from a visit that was booked, moved or concluded."""
        at = self._clock.now()
        for ride in change.rides:
            await self._follow(work, practice, ride, by, at)
        await standing.expect(work, change.after, at)
        person = await survivor(work, practice, change.after.patient_id)
        await standing.hold(work, practice, person, at)
        keys = await self._vault.keys(practice, work)
        await self._talk_of(work, keys, change, person, at)

    async def ride_changed(
        self, work: Work, practice: PracticeId, change: RideChanged, by: StaffId | None = None
    ) -> None:
        """Do what follows from a ride that was asked for or moved on."""
        at = self._clock.now()
        await self._follow(work, practice, change, by, at)
        person = await survivor(work, practice, change.ride.patient_id)
        await standing.hold(work, practice, person, at)

    async def sharing_ended(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        by: By,
        caregiver: CaregiverId | None = None,
    ) -> None:
        """Let one caregiver, or everybody, see and hear nothing more of a person.

        With everybody the addresses of their calendar end, too: who was handed one is not known.
        """
        at = self._clock.now()
        old = await merged_into(work, practice, patient)
        records = (patient, *(one.patient_id for one in old))
        await inviting.end_about(work, practice, records, at, caregiver)
        if caregiver is None:
            await links.close_calendars(work, practice, patient, at)
        ended = await sharing.end_all(work, practice, patient, at, caregiver)
        for grant, _ in ended:
            await audit.record(
                work,
                practice,
                at,
                actor=by.actor,
                actor_id=by.actor_id,
                action="grant.end",
                subject="caregiver_grant",
                subject_id=grant,
                patient_id=patient,
            )
        if ended:
            await feed.add(work, practice, at, "patient", patient, patient)
        for silent in dict.fromkeys(who for _, who in ended):
            await self.grant_ended(work, practice, patient, silent)

    async def family_writes(
        self, work: Work, practice: PracticeId, by: Written, body: str, message: MessageId
    ) -> bool:
        """Take what somebody wrote in the app, on the line of their own phone; is it urgent."""
        at, keys = self._clock.now(), await self._vault.keys(practice, work)
        line = await store.line_to(work, practice, by.patient_id, at)
        if by.author == "caregiver":
            who = CaregiverId(by.author_id)
            found = await plans.line_to_caregiver(work, practice, who, by.patient_id, at)
            line = None if found is None else found[0]
        if line is None:
            raise NoPhone
        await threads.write_in(work, keys, line, message, body, at)
        context = await store.open_turn(work, practice, line, by.patient_id, at)
        context = await self.still_asked(work, keys, context, at)
        happened = Turn(
            cause=message,
            event=TextReceived(at, body),
            patient_id=by.patient_id,
            text=TextCame(message, written=by),
        )
        try:
            decision = decide(context, happened, self._library)
        except Exception as error:  # noqa: BLE001 - what was written must survive any fault
            log.warning("turn failed", message=str(message), code=type(error).__name__)
            decision = parked(context, happened, self._library, message)
        await store.save(work, decision, keys)
        return bool(decision.pages)

    async def grant_ended(
        self, work: Work, practice: PracticeId, patient: PatientId, caregiver: CaregiverId
    ) -> None:
        """Take back what was to be read and was not, by who may not be told of it any more.

        Besides the caregiver: whoever else reads a phone that is not safe for the person.
        """
        at = self._clock.now()
        keys = await self._vault.keys(practice, work)
        person = await survivor(work, practice, patient)
        silent = {caregiver} | {who for _, who in await sharing.unsafe(work, practice, [person])}
        of_rides = silent.difference(await circles.told(work, keys, person, "rides", at))
        of_visits = silent.difference(await circles.told(work, keys, person, "visits", at))
        known = await rides.of_patient(work, keys, person, None, _RECENT)
        ahead = await visits.ahead(work, practice, person, at, at + _FAR)
        hours = (await rule_of(work, practice)).hours_before
        unsaid = tuple(
            one
            for who in sorted(of_rides)
            for kept in known
            for one in older_texts(kept.ride, Reader(who))
        ) + tuple(
            one
            for who in sorted(of_visits)
            for visit in ahead
            for one in copies_of(visit, hours, Reader(who))
        )
        if not unsaid:
            return
        context = await store.open_turn(work, practice, None, person, at)
        happened = Turn(
            cause=derived(at, caregiver, "grant-ended"),
            event=PersonChanged(at, active=True),
            patient_id=person,
        )
        decision = Draft(context, happened, self._library).decision()
        await store.save(work, replace(decision, withdrawn=unsaid), keys)

    async def _follow(
        self,
        work: Work,
        practice: PracticeId,
        change: RideChanged,
        by: StaffId | None,
        at: datetime,
    ) -> None:
        keys = await self._vault.keys(practice, work)
        # Of a record that was merged, what follows is the kept one's.
        person = await survivor(work, practice, change.ride.patient_id)
        before, ride = change.before, replace(change.ride, patient_id=person)
        await _make_work(work, practice, self._provider, before, ride, at)
        await _move_need(work, keys, before, ride, by, at)
        if ride.status == "completed":
            domain = DOMAINS[ride.kind]
            await closings.ask_after(
                work, practice, ride.patient_id, domain, ride.kind, ride.id, at
            )
        elif before is not None and before.status == "completed":
            await closings.call_off(work, practice, ride.id, at)
        news = news_of(before, ride)
        if news is not None:
            await self._tell(work, keys, ride, news, by, at)

    async def _tell(
        self,
        work: Work,
        keys: PracticeKeys,
        ride: Ride,
        news: News,
        by: StaffId | None,
        at: datetime,
    ) -> None:
        practice, person = keys.practice, ride.patient_id
        ways: dict[LineId, Reader] = {}
        own = await store.line_to(work, practice, person, at)
        if own is not None:
            ways[own] = Reader()
        for caregiver in await circles.told(work, keys, person, "rides", at):
            found = await plans.line_to_caregiver(work, practice, caregiver, person, at)
            if found is not None:
                # On one phone it is read once.
                ways.setdefault(found[0], Reader(caregiver, found[1]))
        for line, reader in ways.items():
            context = await store.open_turn(work, practice, line, person, at)
            happened = Turn(
                cause=derived(at, ride.id, f"told/{ride.version}/{reader.label}"),
                # Nothing about the person has changed: no conversation of theirs is told.
                event=PersonChanged(at, active=True),
                patient_id=person,
                staff_id=by,
            )
            decision = tell(context, happened, self._library, ride, news, reader)
            if decision is not None:
                await store.save(work, decision, keys)


async def _make_work(
    work: Work,
    practice: PracticeId,
    provider: Provider,
    before: Ride | None,
    ride: Ride,
    at: datetime,
) -> None:
    """Give a person what nobody has confirmed or what has failed; take back what is arranged."""
    reason: str | None = None
    if ride.status == "requested" and isinstance(provider.asked(ride), ByPhone):
        reason = "ride-asked-for"
    elif ride.status == "failed":
        reason = "visit-moved" if ride.reason == "visit-moved" else "ride-failed"
    elif ride.reason == "visit-cancelled" and before is not None and before.status in HOLDS:
        # Who drives does not know yet.
        reason = "ride-to-call-off"
    if reason is not None:
        here = await get_practice(work, practice)
        calendar = Calendar(here.time_zone, here.business_hours, here.holidays)
        due = due_at("routine", at, calendar)
        if ride.kind == "food-box" and ride.status == "requested":
            # A ride is due before its visit; a box, before the day on which it is wanted.
            begins, _ = day_bounds(ride.day, ride.zone)
            due = min(due, before_visit(begins, calendar, at)) if begins > at else at + AT_ONCE
        severity: Severity = "routine"
        held = before is not None and before.status in HOLDS and ride.reason in OF_VISIT
        if held and ride.pickup_at is not None and at < ride.pickup_at <= due:
            # Who drives would be at the door before anybody has told them.
            severity, due = "urgent", due_at("urgent", at, calendar)
        given = Reason(
            patient_id=ride.patient_id,
            source_id=ride.id if before is None else derived(at, ride.id, reason),
            reason=reason,
            rule=f"{ride.kind}/{ride.reason or ride.status}",
            severity=severity,
            due_at=due,
            joins=f"{NEED}{DOMAINS[ride.kind]}",
        )
        await opening.give(work, practice, given, at)
    if before is not None and before.status == "requested":
        why = "arranged" if ride.status == "arranged" else "not-needed-any-more"
        await opening.withdraw(work, practice, ride.id, why, at)


async def _move_need(
    work: Work,
    keys: PracticeKeys,
    before: Ride | None,
    ride: Ride,
    by: StaffId | None,
    at: datetime,
) -> None:
    """Let the need go with what was arranged for it; what the person has said of it stands."""
    act = _ACTS.get(ride.status)
    if before is not None and before.status == "completed":
        # It did not come after all.
        act = "reopen"
    if ride.need_id is None or act is None:
        return
    if act == "fall-through" and await _another_way(work, keys, ride):
        return
    seen = await episodes.one(work, keys.practice, ride.need_id, lock=True)
    setter: Setter = "staff" if by is not None else "organization"
    if seen is None or (seen.need.status, act) not in MACHINE:
        return
    if step(seen.need.status, act, setter) == seen.need.status:
        return
    after = take(seen.need, act, setter, at)
    await episodes.save(work, after)
    taken = Taken(
        id=derived(at, ride.id, f"need/{ride.version}"),
        need_id=after.id,
        patient_id=after.patient_id,
        act=act,
        status=after.status,
        at=at,
        by=setter,
        by_id=by,
        evidence=Evidence(rule=f"{ride.kind}/{ride.status}", rule_version="1"),
    )
    await episodes.add(work, keys.practice, taken)
    await feed.add(work, keys.practice, at, "need", after.id, after.patient_id)
    await audit.record(
        work,
        keys.practice,
        at,
        actor="system" if by is None else "staff",
        actor_id=by,
        action=f"need.{act}",
        subject="need",
        subject_id=after.id,
        patient_id=after.patient_id,
    )


async def _another_way(work: Work, keys: PracticeKeys, ride: Ride) -> bool:
    """Say whether something else is under way for the need of a ride that came to nothing."""
    if any(one not in OVER for one in await rides.others_of_need(work, ride)):
        return True
    sent = await referrals.of_patient(work, keys, ride.patient_id)
    return any(one.referral.need_id == ride.need_id and not one.referral.over for one in sent)


async def need_for(
    work: Work, practice: PracticeId, patient: PatientId, domain: str
) -> UUID | None:
    """Return the open need that something arranged is for; None if the person wants no help."""
    known = await episodes.episodes(work, practice, patient, (domain,))
    last = newest(known)
    if last is None or last.over or last.status == "risk":
        return None
    return last.id
