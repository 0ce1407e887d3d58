"""What a change of a visit means for the talk about it: questions end, or one is asked.

A visit that was moved, called off or answered elsewhere is not asked about any more. One that was
missed is somebody's work, and the person is asked what kept them, once; if they had come after all,
the work is taken back. In the transaction of the change. This room refuses to change a visit.
"""

from datetime import datetime, timedelta
from uuid import UUID

from engage.appointments import slotting
from engage.appointments.appointment import Appointment
from engage.appointments.asked import store as asked
from engage.appointments.asked.values import Notice
from engage.appointments.reminders import MISSED
from engage.appointments.slot import Slot
from engage.appointments.words import VisitChanged
from engage.conversation.events import Cancelled, Started
from engage.conversation.states import Asking
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import PatientId, derived
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import Calendar, due_at
from engage.queue.opening import Reason
from engage.turns import choosing, store, talking
from engage.turns.checkins import why_not
from engage.turns.context import Turn
from engage.turns.decide import decide
from engage.turns.referring import Referring
from engage.turns.talking import settling
from engage.turns.talking import store as talks
from engage.turns.talks import Meet, Openings, starts

ASKED_WITHIN = timedelta(days=7)
"""So long after a missed visit somebody is still asked what kept them [our own rule]."""


class Afterwards(Referring):
    """Ends and begins what is said of a visit that has changed."""

    async def _talk_of(
        self,
        work: Work,
        keys: PracticeKeys,
        change: VisitChanged,
        person: PatientId,
        at: datetime,
    ) -> None:
        before, after = change.before, change.after
        if before is None or _stands(before) == _stands(after):
            return
        said_only = before.status == after.status and before.time == after.time
        await self._end(work, keys, after, person, at, said_only=said_only)
        if said_only and after.answer in {"declined", "tentative"}:
            await self._wants_another(work, keys, after, person, at)
        elif before.time != after.time and after.answered_by in {"patient", "caregiver"}:
            await settling.settle(work, keys.practice, person, after, at)
        missed = after.status == "noshow"
        if missed and before.status != "noshow":
            await self._was_missed(work, keys, after, person, at)
        elif before.status == "noshow" and not missed:
            why = "not-needed-any-more"
            await opening.withdraw(work, keys.practice, _source(before), why, at)

    async def _end(
        self,
        work: Work,
        keys: PracticeKeys,
        visit: Appointment,
        person: PatientId,
        at: datetime,
        *,
        said_only: bool,
    ) -> None:
        """End the questions about a visit: they were about another time, or are answered.

        Whether they come says nothing of a sooner time that they were offered.
        """
        records = sorted({person, visit.patient_id})
        for talk in await talks.open_about(work, keys.practice, records, visit.id):
            if said_only and talk.kind == "offer":
                continue
            context = await store.open_turn(work, keys.practice, talk.line_id, person, at)
            happened = Turn(
                cause=derived(at, talk.conversation_id, "visit-changed"),
                event=Cancelled(at),
                conversation_id=talk.conversation_id,
                patient_id=person,
            )
            await store.save(work, decide(context, happened, self._library), keys)

    async def _wants_another(
        self, work: Work, keys: PracticeKeys, visit: Appointment, person: PatientId, at: datetime
    ) -> None:
        """Show free times to who said elsewhere that they can't come, as a text of theirs would.

        Where none is free, no text reaches them, or another question is open, a person does.
        """
        practice = keys.practice
        line = await store.line_to(work, practice, person, at)
        context = await store.open_turn(work, practice, line, person, at)
        thread = context.thread_of(person)
        shown: tuple[Slot, ...] = ()
        if line is not None and thread is not None and why_not(context, thread) is None:
            shown = await talking.openings(work, keys, Openings(visit.id), at)
        if not shown:
            await settling.ask_a_person(
                work, practice, person, visit, "visit-change", "visit/change/no-times", at
            )
            return
        happened = Turn(
            cause=derived(at, visit.id, f"wants-another/{visit.version}"),
            event=Started(at),
            patient_id=person,
            meet=Meet(kind="change", zone=visit.zone, visits=(visit,), slots=shown),
        )
        decision = decide(context, happened, self._library)
        await store.save(work, decision, keys)
        await slotting.hold_for(work, practice, tuple(one.id for one in shown), person, at)
        if not any(isinstance(one.state, Asking) for one in decision.conversations):
            await settling.ask_a_person(
                work, practice, person, visit, "visit-change", "visit/change/waits", at
            )

    async def _was_missed(
        self, work: Work, keys: PracticeKeys, visit: Appointment, person: PatientId, at: datetime
    ) -> None:
        practice = keys.practice
        here = await get_practice(work, practice)
        calendar = Calendar(here.time_zone, here.business_hours, here.holidays)
        item = await opening.give(
            work,
            practice,
            Reason(
                patient_id=person,
                source_id=_source(visit),
                reason=choosing.MISSED,
                rule="visit/missed",
                severity="routine",
                due_at=due_at("routine", at, calendar),
            ),
            at,
        )
        await talks.name_visit(work, practice, item, visit.id)
        if visit.reason is not None or at - starts(visit) > ASKED_WITHIN:
            return
        line = await store.line_to(work, practice, person, at)
        context = await store.open_turn(work, practice, line, person, at)
        thread = context.thread_of(person)
        if line is None or thread is None or why_not(context, thread) is not None:
            return
        happened = Turn(
            cause=derived(at, visit.id, f"missed/{visit.version}"),
            event=Started(at),
            patient_id=person,
            meet=Meet(kind="missed", zone=visit.zone, visits=(visit,)),
        )
        decision = decide(context, happened, self._library)
        await store.save(work, decision, keys)
        begun = next((one.conversation_id for one in decision.talks), None)
        await asked.add_notice(
            work,
            Notice(
                practice_id=practice,
                id=derived(at, visit.id, f"notice/{MISSED}/{visit.version}"),
                appointment_id=visit.id,
                patient_id=visit.patient_id,
                step=MISSED,
                starts_at=starts(visit),
                status="asked",
                conversation_id=begun,
                at=at,
            ),
        )


def _stands(visit: Appointment) -> tuple[object, ...]:
    return visit.status, visit.time, visit.answer


def _source(visit: Appointment) -> UUID:
    return derived(starts(visit), visit.id, "missed")
