"""The one door: whatever happens to a person is taken here. Load, decide, save.

Inbound texts come through its other half, receive.py. Work is announced after the commit, never
before. This room refuses to be clever: the decision is decide.py's.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog

from engage.conversation.answers import Answer
from engage.conversation.events import (
    AnswerEntered,
    DeliveryFailed,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TimerFired,
)
from engage.crash import crash_point
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import (
    LineId,
    MessageId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
    ThreadId,
    TimerId,
    derived,
)
from engage.messaging import sending
from engage.messaging.phones import store as phones
from engage.needs.screening import NotByText
from engage.queue import paging
from engage.turns import notices, page_links, store
from engage.turns.context import ScreeningAsked, StaffText, Turn
from engage.turns.decide import decide
from engage.turns.decision import Decision
from engage.turns.explaining import Explained, explain
from engage.turns.limits import with_limits
from engage.turns.locks import store as locks
from engage.turns.notices import store as notices_store
from engage.turns.on_the_page import OnThePage
from engage.turns.outcome import outcome_event
from engage.turns.receive import Bell, Received
from engage.turns.refusals import (
    CHANNEL,
    INSTRUMENT,
    ConflictingAnswers,
    NoPhone,
    NoSuchAnswer,
    NoSuchInstrument,
    ScreeningOver,
    refuse_screening,
    refuse_unread,
)

TRIES = 5
"""After so many failed turns a human has the text."""

RETRY_AFTER = timedelta(seconds=5)
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Turns(OnThePage):
    """Takes turns; one per process."""

    # What a worker finds due

    async def timer_fired(self, practice: PracticeId, timer: TimerId) -> None:
        """Let a timer fire; one that is used up does nothing."""
        keys = await self._vault.keys(practice)

        async def act(work: Work) -> None:
            due = await store.timer_due(work, practice, timer)
            if due is None:
                await work.call("due_done", "timer", timer)
                return
            happened = Turn(
                cause=timer,
                event=TimerFired(self._clock.now(), due.name, due.step),
                conversation_id=due.conversation_id,
                done=(("timer", timer),),
            )
            await self._take(work, keys, due.line_id, happened)
            crash_point("timer.saved")

        await self._database.again(act, [practice], practice)
        crash_point("timer.done")
        self._bell.ring("outbox")

    async def outcome_came(self, practice: PracticeId, message: MessageId) -> None:
        """Feed what became of one of our texts back into its conversation."""
        keys = await self._vault.keys(practice)

        async def act(work: Work) -> None:
            known = await store.sent(work, practice, message)
            if known is None:
                await work.call("due_done", "outcome", message)
                return
            at = self._clock.now()
            context = await store.open_turn(work, practice, known.line_id, known.patient_id, at)
            # Read again under the line's lock: a report that came meanwhile is news, not lost.
            sent = await store.sent(work, practice, message)
            if sent is not None:
                check = await self.check_before(work, practice, context, sent, at)
                if check is not None:
                    await store.save(work, decide(context, check, self._library), keys)
                    return
            if sent is not None and sent.status_reason == "not-shared" and sent.patient_id:
                # What it asked is called off with its plan, and that is somebody's work.
                await self.answering_ended(work, practice, sent.patient_id)
            event = None if sent is None else outcome_event(sent, at)
            if sent is None or event is None:
                await work.call("due_done", "outcome", message)
                return
            failed = isinstance(event, DeliveryFailed)
            news = await phones.untold(work, practice, sent.line_id) if failed else None
            happened = Turn(
                cause=message,
                event=event,
                conversation_id=sent.conversation_id,
                patient_id=sent.patient_id,
                trouble=None if news is None else news[1],
                know_by=sent.not_after if sent.must_know else None,
                done=(("outcome", message),),
            )
            await store.save(work, decide(context, happened, self._library), keys)
            if news is not None:
                await phones.told(work, practice, news[0], at)
            if failed and sent.by_staff and sent.patient_id is not None:
                # Who is in danger has no answer: whoever is on call hears of them again.
                await paging.unanswered(work, practice, sent.patient_id, sent.at, at)
            crash_point("outcome.saved")

        await self._database.again(act, [practice], practice)
        crash_point("outcome.done")
        self._bell.ring("page")
        self._bell.ring("outbox")

    async def account_told(self, practice: PracticeId) -> None:
        """Tell whoever is responsible what is wrong with the practice's texting, once."""
        keys = await self._vault.keys(practice)

        async def act(work: Work) -> None:
            at = self._clock.now()
            context = await store.open_turn(work, practice, None, None, at)
            heard = await sending.news(work, practice, at)
            sources = [notices.source_of(practice, one) for one in heard]
            told = await notices_store.told(work, practice, sources)
            fresh = [one for one, source in zip(heard, sources, strict=True) if source not in told]
            if not fresh:
                await work.call("due_done", "account", practice)
                return
            item = await notices_store.open_item(work, practice, notices.subject_of(fresh[0]))
            await store.save(work, notices.tell(context, fresh, item, at), keys)
            crash_point("account.saved")

        await self._database.again(act, [practice], practice)
        crash_point("account.done")

    # What a person of the practice does, inside the caller's transaction

    async def start_screening(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        instrument: str,
        channel: Literal["sms", "staff"],
        screening: ScreeningId,
        by: StaffId,
    ) -> None:
        """Begin a screening; by text its first question is on its way when this commits."""
        if instrument not in self._library.instruments:
            raise NoSuchInstrument(INSTRUMENT)
        at, line = self._clock.now(), None
        if channel == "sms":
            if instrument not in self._library.scripts:
                raise NotByText(CHANNEL)
            line = await store.line_to(work, practice, patient, at)
            if line is None:
                raise NoPhone(CHANNEL)
        keys = await self._vault.keys(practice, work)
        context = await store.open_turn(work, practice, line, patient, at)
        thread = context.thread_of(patient)
        if thread is None:
            raise NotFound
        if channel == "sms":
            refuse_screening(context, thread, self._library.scripts[instrument])
            calendar = context.practice.calendar
            refuse_unread(calendar, self._library.instruments[instrument], at)
        happened = Turn(
            cause=screening,
            event=Started(at),
            patient_id=patient,
            staff_id=by,
            screening=ScreeningAsked(screening, patient, instrument, channel, thread.language),
            link=None
            if channel != "sms"
            else await page_links.offered(
                work, self._vault, self._public_url, practice, screening, at
            ),
        )
        await store.save(work, decide(context, happened, self._library), keys)

    async def staff_writes(
        self,
        work: Work,
        practice: PracticeId,
        thread: ThreadId,
        by: StaffId,
        body: str,
        message: MessageId,
    ) -> None:
        """Send a person's own words into a thread; automation pauses for this patient."""
        found = await store.line_of_thread(work, practice, thread)
        if found is None:
            raise NotFound
        line, patient = found
        happened = Turn(
            cause=message,
            event=StaffWrote(self._clock.now()),
            patient_id=patient,
            staff_id=by,
            staff_text=StaffText(message, thread, by, body),
        )
        await self._take(work, await self._vault.keys(practice, work), line, happened)

    async def enter_answers(
        self,
        work: Work,
        practice: PracticeId,
        screening: ScreeningId,
        answers: Mapping[str, Answer],
        by: StaffId,
        cause: UUID,
    ) -> None:
        """Take answers that staff typed in, one event each; all or none."""
        keys = await self._vault.keys(practice, work)
        line = await store.line_of_screening(work, practice, screening)
        for item, given in answers.items():
            found = await store.screening_asked(work, practice, screening)
            if found is None:
                raise NotFound
            asked, status = found
            if status != "in-progress":
                raise ScreeningOver
            prompt = self._library.prompt_of(asked.instrument, item)
            pointer = "/answers/" + item.replace("~", "~0").replace("/", "~1")
            if prompt is None:
                raise NoSuchAnswer(pointer)
            of_options = f"{pointer}/options"
            if prompt.contradicts(given):
                raise ConflictingAnswers(of_options)
            if not prompt.offers(given):
                raise NoSuchAnswer(pointer)
            happened = Turn(
                cause=derived(self._clock.now(), cause, item),
                event=AnswerEntered(self._clock.now(), item, prompt.as_offered(given)),
                patient_id=asked.patient_id,
                staff_id=by,
                screening=asked,
            )
            await self._take(work, keys, line, happened)

    async def explain(
        self,
        work: Work,
        keys: PracticeKeys,
        text: MessageId,
        *,
        prompt: str | None,
        by_caregiver: bool,
    ) -> Explained | None:
        """Read a text again, for whoever asks why; None if there is no such text."""
        came = await store.inbound(work, keys.practice, text, keys)
        if came is None:
            return None
        before = await store.parts_before(work, keys.practice, came, keys)
        return explain(came.body, before, self._library, prompt=prompt, by_caregiver=by_caregiver)

    def missing(self, asked: str, known: Mapping[str, Answer]) -> tuple[str, ...]:
        """Return the questions of a screening that have no answer; missing is never no."""
        return self._library.missing(asked, known)

    async def spoken_with(self, work: Work, practice: PracticeId, patient: PatientId) -> None:
        """Let a patient wait no longer: a person of the practice has just spoken with them."""
        keys = await self._vault.keys(practice, work)
        answered = Decision(
            practice_id=practice, line_id=None, at=self._clock.now(), answered=(patient,)
        )
        await store.save(work, answered, keys)

    async def before_turn(self, work: Work, practice: PracticeId, patient: PatientId) -> None:
        """Lock all that turns about a patient may touch, before an item of theirs is changed."""
        await locks.lock_around(work, practice, patient)

    async def before_close(self, work: Work, practice: PracticeId, item: QueueItemId) -> None:
        """Lock what closing an item will touch: lines and patients come before items."""
        patient = await store.patient_of_item(work, practice, item)
        if patient is not None:
            await self.before_turn(work, practice, patient)

    async def close_item(
        self, work: Work, practice: PracticeId, item: QueueItemId, by: StaffId
    ) -> None:
        """Let automation go on: a person has finished with a patient's item."""
        patient = await store.patient_of_item(work, practice, item)
        if patient is None:
            return
        await self._for_patient(
            work, practice, patient, ItemClosed(self._clock.now()), cause=item, by=by
        )

    async def before_change(self, work: Work, practice: PracticeId, patient: PatientId) -> None:
        """Lock a patient's lines before their record is changed: lines come first."""
        await store.lock_lines_of(work, practice, patient)

    async def person_changed(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        *,
        active: bool,
        language: str | None,
        by: StaffId | None,
    ) -> None:
        """Tell the conversations of a changed record: who left or died hears nothing more."""
        event = PersonChanged(self._clock.now(), active, language)
        await self._for_patient(work, practice, patient, event, cause=patient, by=by)

    async def _for_patient(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        event: Event,
        *,
        cause: UUID,
        by: StaffId | None,
    ) -> None:
        keys = await self._vault.keys(practice, work)
        for line in await store.lines_of_patient(work, practice, patient):
            happened = Turn(
                cause=derived(event.at, cause, f"line/{line}"),
                event=event,
                patient_id=patient,
                staff_id=by,
            )
            await self._take(work, keys, line, happened)

    async def _take(
        self, work: Work, keys: PracticeKeys, line: LineId | None, happened: Turn
    ) -> Decision:
        context = await store.open_turn(work, keys.practice, line, happened.patient_id, happened.at)
        if happened.screening is not None:
            context = await with_limits(work, context, happened.screening)
        decision = decide(context, happened, self._library)
        await store.save(work, decision, keys)
        return decision


__all__ = ["Bell", "Received", "Turns"]
