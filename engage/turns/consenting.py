"""The half of the door through which staff enrol people and record what they said about texts.

A check that nobody asked for (ninety days without a word) comes through here too, when the outbox
has held a text for it. The decision is consents.py's. This room refuses to record without a reason.
"""

from datetime import datetime
from uuid import UUID

from engage.conversation.events import ConsentChanged, Started
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.consent import ASK_AGAIN_AFTER, refuse_record
from engage.people.consents import store as consents
from engage.turns import store
from engage.turns.checks import ENROLMENT, STILL_YOU
from engage.turns.consents import held_by
from engage.turns.context import ConsentTold, Turn, TurnContext
from engage.turns.correcting import Correcting
from engage.turns.decide import decide
from engage.turns.found import Sent
from engage.turns.refusals import NoPhone, NotInCare, PhoneBusy, PhoneOptedOut

LINE_KINDS = frozenset({"opted-out", "opted-in", "right-person", "wrong-person", "works-again"})
"""What is recorded of a phone, and needs one."""


class Consenting(Correcting):
    """Enrols, records, and asks who is there."""

    async def enrol(
        self, work: Work, practice: PracticeId, patient: PatientId, cause: UUID, by: StaffId
    ) -> None:
        """Ask a patient's phone whether it is theirs; what follows a yes confirms the opt-in."""
        at = self._clock.now()
        line = await store.line_to(work, practice, patient, at)
        if line is None:
            raise NoPhone
        context = await store.open_turn(work, practice, line, patient, at)
        thread = context.thread_of(patient)
        if thread is None:
            raise NotFound
        if not thread.active:
            raise NotInCare
        if context.line is not None and context.line.opted_out:
            raise PhoneOptedOut
        if any(held_by(seen, ENROLMENT) for seen in context.conversations):
            raise PhoneBusy
        happened = Turn(
            cause=cause, event=Started(at), patient_id=patient, staff_id=by, check=ENROLMENT
        )
        keys = await self._vault.keys(practice, work)
        await store.save(work, decide(context, happened, self._library), keys)

    async def record_consent(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        told: ConsentTold,
        cause: UUID,
        by: StaffId,
    ) -> None:
        """Write down what a person told staff, with the reason, and do what follows from it."""
        at = self._clock.now()
        line = await store.line_to(work, practice, patient, at)
        if line is None and told.kind in LINE_KINDS:
            raise NoPhone
        context = await store.open_turn(work, practice, line, patient, at)
        if context.thread_of(patient) is None:
            raise NotFound
        is_open = None if context.line is None else not context.line.opted_out
        refuse_record(told.kind, told.purpose, told.reason, line_open=is_open)
        happened = Turn(
            cause=cause,
            event=ConsentChanged(at, opted_out=told.kind == "opted-out"),
            patient_id=patient,
            staff_id=by,
            record=told,
        )
        keys = await self._vault.keys(practice, work)
        await store.save(work, decide(context, happened, self._library), keys)

    async def check_before(
        self,
        work: Work,
        practice: PracticeId,
        context: TurnContext,
        sent: Sent,
        at: datetime,
    ) -> Turn | None:
        """Return the turn that asks who is there, because a text waits for it; None if not now."""
        if sent.status != "queued" or sent.status_reason != "not-verified":
            return None
        line = context.line
        if line is None or await consents.asked_since(
            work, practice, line.id, at - ASK_AGAIN_AFTER
        ):
            return None
        return Turn(
            cause=sent.id,
            event=Started(at),
            patient_id=sent.patient_id,
            check=STILL_YOU,
            done=(("outcome", sent.id),),
        )
