"""The one door: whatever happens to a person is taken here. Load, decide, save.

A text is recorded before anything can go wrong with it; the turn runs in savepoints of the same
transaction; if it fails the text stays, unhandled, and is due again. Work is announced after the
commit, never before. This room refuses to be clever: the decision is decide.py's.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Protocol
from uuid import UUID

import structlog
from msgspec import Struct

from engage.clock import Clock, fresh_id
from engage.conversation.answers import Answer
from engage.conversation.events import (
    AnswerEntered,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TextReceived,
    TimerFired,
)
from engage.db.sealing import PracticeKeys
from engage.db.session import AWAY, UNDONE, Database, DatabaseAway, Work
from engage.db.session import TRIES as UNDONE_TRIES
from engage.db.vault import Vault
from engage.errors import NotFound
from engage.ids import (
    LineId,
    MessageId,
    PatientId,
    PhoneId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
    ThreadId,
    TimerId,
    derived,
)
from engage.messaging.doors import Door
from engage.messaging.webhook_form import InboundText
from engage.turns import store
from engage.turns.context import ScreeningAsked, StaffText, TextCame, Turn
from engage.turns.decide import decide
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.outcome import outcome_event, parked
from engage.turns.refusals import NoPhone, NoSuchAnswer, NoSuchInstrument, ScreeningOver
from engage.turns.store import TurnFailed

TRIES = 5
"""After so many failed turns a human has the text."""

RETRY_AFTER = timedelta(seconds=5)
INSTRUMENT, CHANNEL = "/instrument", "/channel"
"""The fields of the request that an error may point at."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Bell(Protocol):
    """Tells the workers that there is work; may be lost, never waits, never raises."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


class Received(Struct, frozen=True):
    """What became of a text at the door."""

    duplicate: bool
    handled: bool


class Turns:
    """Takes turns; one per process."""

    def __init__(
        self, *, database: Database, vault: Vault, clock: Clock, library: Library, bell: Bell
    ) -> None:
        """Take what a turn needs; nothing is read from the surroundings."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._library = library
        self._bell = bell

    # Inbound texts

    async def text_in(self, door: Door, text: InboundText, *, turn: bool = True) -> Received:
        """Record a text and take its turn, in one transaction; DatabaseAway if it is not stored.

        `turn` False records only: a worker takes the turn (fallback door, reconciler).
        """
        message = MessageId(fresh_id(self._clock))
        received: Received | None = None
        for _ in range(UNDONE_TRIES):
            try:
                received = await self._text_in(door, text, message, turn=turn)
                break
            except UNDONE:
                continue
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - the text must survive any fault of a turn
                log.warning("turn failed", message=str(message), code=type(error).__name__)
                break
        if received is None:
            # Undone again and again, or broken beyond its savepoint: keep the text, a worker takes
            # the turn.
            received = await self._text_in(door, text, message, turn=False)
        if not received.duplicate:
            self._bell.ring("outbox" if received.handled else "inbox")
        return received

    async def _text_in(
        self, door: Door, text: InboundText, message: MessageId, *, turn: bool
    ) -> Received:
        at, keys, practice = self._clock.now(), door.keys, door.practice_id
        phone = PhoneId(derived(at, message, "phone"))
        async with self._database.work() as work:
            recorded = await store.record(
                work,
                practice,
                door.number_id,
                text.account_sid,
                text.sid,
                message,
                phone,
                keys.phone_hash(text.sender),
                keys.seal_text("phone.number", phone, text.sender),
                keys.seal_text("message.body", message, text.body),
                text.num_media,
                text.opt_out_type,
                at,
                turn,
            )
            if recorded.duplicate:
                return Received(duplicate=True, handled=True)
            if not turn:
                return Received(duplicate=False, handled=False)
            happened = Turn(
                cause=message,
                event=TextReceived(at, text.body),
                text=TextCame(message, text.opt_out_type, text.num_media),
            )
            try:
                decision = decide(store.context_of(recorded), happened, self._library)
                await store.save(work, decision, keys)
                return Received(duplicate=False, handled=True)
            except TurnFailed as failed:
                log.warning("turn failed", message=str(message), code=failed.state)
            except (*AWAY, *UNDONE):
                raise
            except Exception as error:  # noqa: BLE001 - the text must survive any fault of a turn
                log.warning("turn failed", message=str(message), code=type(error).__name__)
            await work.call("due_set", "inbox", message, practice, at + RETRY_AFTER)
            return Received(duplicate=False, handled=False)

    async def retry_text(self, practice: PracticeId, message: MessageId, tries: int) -> None:
        """Take the turn of a recorded text again; after `TRIES` a human has it.

        The try was counted in the claim's own transaction, so a text that kills the process is
        parked all the same.
        """
        keys = await self._vault.keys(practice)
        given_up = tries > TRIES

        async def act(work: Work) -> None:
            await store.count_try(work, practice, message, tries)
            text = await store.inbound(work, practice, message, None if given_up else keys)
            if text is None or text.handled:
                await work.call("due_done", "inbox", message)
                return
            now = self._clock.now()
            happened = Turn(
                cause=message,
                event=TextReceived(text.at, text.body),
                text=TextCame(message, _opt_out(text.opt_out_type), text.media_count),
                done=(("inbox", message),),
            )
            if given_up:
                context = await store.open_for_a_human(work, practice, text.line_id, now)
                decision = parked(context, happened, self._library, message)
            else:
                context = await store.open_turn(work, practice, text.line_id, None, now)
                decision = decide(context, happened, self._library)
            await store.save(work, decision, keys)

        await self._database.again(act, [practice], practice)
        self._bell.ring("outbox")

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

        await self._database.again(act, [practice], practice)
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
            event = None if sent is None else outcome_event(sent, at)
            if sent is None or event is None:
                await work.call("due_done", "outcome", message)
                return
            happened = Turn(
                cause=message,
                event=event,
                conversation_id=sent.conversation_id,
                patient_id=sent.patient_id,
                done=(("outcome", message),),
            )
            await store.save(work, decide(context, happened, self._library), keys)

        await self._database.again(act, [practice], practice)
        self._bell.ring("outbox")

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
            line = await store.line_to(work, practice, patient, at)
            if line is None:
                raise NoPhone(CHANNEL)
        keys = await self._vault.keys(practice, work)
        context = await store.open_turn(work, practice, line, patient, at)
        thread = context.thread_of(patient)
        if thread is None:
            raise NotFound
        happened = Turn(
            cause=screening,
            event=Started(at),
            patient_id=patient,
            staff_id=by,
            screening=ScreeningAsked(screening, patient, instrument, channel, thread.language),
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
        for place, (item, given) in enumerate(answers.items()):
            found = await store.screening_asked(work, practice, screening)
            if found is None:
                raise NotFound
            asked, status = found
            if status != "in-progress":
                raise ScreeningOver
            script, pointer = self._library.scripts.get(asked.instrument), f"/answers/{place}"
            if script is None or not script.offers(item, given):
                raise NoSuchAnswer(pointer)
            happened = Turn(
                cause=derived(self._clock.now(), cause, item),
                event=AnswerEntered(self._clock.now(), item, given),
                patient_id=asked.patient_id,
                staff_id=by,
                screening=asked,
            )
            await self._take(work, keys, line, happened)

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
        by: StaffId,
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
        by: StaffId,
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
        decision = decide(context, happened, self._library)
        await store.save(work, decision, keys)
        return decision


def _opt_out(word: str | None) -> Literal["STOP", "START", "HELP"] | None:
    return word if word in ("STOP", "START", "HELP") else None
