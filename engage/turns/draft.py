"""A decision in the making: collects effects and turns each into rows with derived ids. (p).

The order of a decision: crisis, consent, keywords, engine, flags, routing; decide.py calls in that
order. Here is how one effect becomes rows. This room refuses to choose between effects.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from engage.conversation.answers import Answer
from engage.conversation.effects import (
    Effect,
    Finish,
    HandOff,
    OptIn,
    OptOut,
    RaiseFlag,
    RecordAnswer,
    SendText,
    SetTimer,
    WithdrawText,
)
from engage.conversation.states import Done, State
from engage.ids import (
    ConsentEventId,
    ConversationId,
    MessageId,
    PatientId,
    ScreeningId,
    TimerId,
    derived,
)
from engage.people.consent import Actor, How, Purpose, Scope, Wording
from engage.people.consent import Kind as ConsentKind
from engage.queue.flag import Flag
from engage.turns.checks import is_check
from engage.turns.clarify import is_clarifying
from engage.turns.context import ConversationSeen, ThreadSeen, Turn, TurnContext
from engage.turns.decision import (
    ConsentSaved,
    ConversationSaved,
    Decision,
    InboundRead,
    Kind,
    LanguageChosen,
    ScreeningSaved,
    TextOut,
    TimerSet,
    Withdrawn,
)
from engage.turns.filled import values_for
from engage.turns.invite import Invites
from engage.turns.library import Library
from engage.turns.meeting import is_meeting
from engage.turns.meetings import Meetings
from engage.turns.on_page import worded
from engage.turns.screenings import Screenings
from engage.turns.triage import Triage


class Draft:
    """Grows while a turn is decided; `decision` is the value."""

    def __init__(self, context: TurnContext, turn: Turn, library: Library) -> None:
        """Begin with nothing said."""
        self.context = context
        self.turn = turn
        self.library = library
        self.inbound: InboundRead | None = None
        self._opted_out: bool | None = None
        self._consents: list[ConsentSaved] = []
        self._conversations: dict[ConversationId, ConversationSaved] = {}
        self._texts: list[TextOut] = []
        self._withdrawn: list[Withdrawn] = []
        self.triage = Triage(context, turn)
        self.screenings = Screenings(context, turn, library, self.triage.flag, self.say)
        self.meetings = Meetings(context, turn)
        self._timers: list[TimerSet] = []
        self._answered: list[UUID] = []
        self._handed_off: list[str] = []
        self.languages: list[LanguageChosen] = []
        self.unlinked, self.unshared = list[UUID](), list[PatientId]()
        self.invites = Invites(turn)
        self.verified = False

    @property
    def at(self) -> datetime:
        """When the turn happens."""
        return self.turn.at

    def decision(self) -> Decision:
        """Return the finished value."""
        line = self.context.line
        return Decision(
            practice_id=self.context.practice.id,
            line_id=line.id if line else None,
            at=self.at,
            inbound=self.inbound,
            opted_out=self._opted_out,
            consents=tuple(self._consents),
            screenings=tuple(self.screenings.saved.values()),
            conversations=tuple(self._conversations.values()),
            answers=tuple(self.screenings.answers),
            texts=tuple(self._texts),
            withdrawn=tuple(self._withdrawn),
            items=tuple(self.triage.opened.values()),
            raised=tuple(self.triage.raised.values()),
            flags=tuple(self.triage.flags),
            pages=self.triage.pages,
            unpaged=self.triage.unpaged,
            timers=tuple(self._timers),
            answered=tuple(self._answered),
            handed_off=tuple(self._handed_off),
            languages=tuple(self.languages),
            unlinked=tuple(self.unlinked),
            unshared=tuple(self.unshared),
            invites=tuple(self.invites.all),
            verified=self.verified,
            risks=tuple(self.screenings.risks),
            helped=tuple(self.screenings.helped),
            came=tuple(self.screenings.came),
            visits=tuple(self.meetings.acts),
            talks=tuple(self.meetings.begun.values()),
            wants=tuple(self.meetings.wants),
            done=self.turn.done,
        )

    # Consent

    @property
    def opted_out(self) -> bool:
        """Whether the line is closed as this turn leaves it."""
        line = self.context.line
        return (line is not None and line.opted_out) if self._opted_out is None else self._opted_out

    def consent(self, effect: OptOut | OptIn, how: How, *, reason: str | None = None) -> None:
        """Close or open the line, and write it into the ledger."""
        self._opted_out = isinstance(effect, OptOut)
        self.record("opted-out" if self._opted_out else "opted-in", how, None, reason=reason)

    def record(
        self,
        kind: ConsentKind,
        how: How,
        thread: ThreadSeen | None,
        *,
        purpose: Purpose | None = None,
        scope: Scope = "all",
        wording: Wording | None = None,
        reason: str | None = None,
    ) -> None:
        """Write into the ledger: of the line or, with a thread, of its person."""
        text, patient = self.turn.text, thread.patient_id if thread else None
        # An answer is the person's, whatever staff had asked for; a question is ours.
        actor: Actor = "person" if text else "staff" if self.turn.staff_id else "system"
        own = derived(self.at, self.turn.cause, f"consent/{kind}/{how}/{patient}")
        asked = kind == "asked" and self.turn.staff_id is not None
        self._consents.append(
            ConsentSaved(
                # What staff record, or ask, is one entry, with the id that they gave it.
                ConsentEventId(self.turn.cause if self.turn.record or asked else own),
                kind,
                how,
                message_id=text.message_id if text else None,
                staff_id=self.turn.staff_id,
                actor=actor,
                patient_id=patient,
                purpose=purpose,
                scope=scope,
                wording=wording,
                reason=reason,
            )
        )

    # A conversation's effects

    def conversation(
        self,
        seen: ConversationSeen,
        state: State,
        effects: tuple[Effect, ...],
        thread: ThreadSeen,
        *,
        begins: bool = False,
    ) -> None:
        """Save where a conversation stands and carry out what it wants."""
        if state != seen.state:
            self.stand(seen, state)
        for effect in effects:
            self._carry_out(seen, effect, thread, state, begins=begins)

    def states(self) -> dict[ConversationId, tuple[ConversationSeen, State]]:
        """Return the line's conversations as they stand so far in this turn."""
        standing = {seen.id: (seen, seen.state) for seen in self.context.conversations}
        for saved in self._conversations.values():
            known = standing.get(saved.id)
            seen = ConversationSeen(
                id=saved.id,
                thread_id=saved.thread_id,
                patient_id=saved.patient_id,
                script=saved.script,
                language=saved.language,
                state=saved.state,
                # Its place in the line, which news of it does not change.
                started_at=known[0].started_at if known else self.at,
                screening_id=saved.screening_id,
            )
            standing[saved.id] = (seen, saved.state)
        return standing

    def stand(self, seen: ConversationSeen, state: State) -> None:
        """Save where a conversation stands, a new one too."""
        self._conversations[seen.id] = ConversationSaved(
            id=seen.id,
            thread_id=seen.thread_id,
            patient_id=seen.patient_id,
            script=seen.script,
            language=seen.language,
            state=state,
            open=not isinstance(state, Done),
            screening_id=seen.screening_id,
        )

    def _carry_out(
        self,
        seen: ConversationSeen,
        effect: Effect,
        thread: ThreadSeen,
        state: State,
        *,
        begins: bool,
    ) -> None:
        match effect:
            case SendText():
                self._say(seen, effect, thread, begins=begins)
            case WithdrawText(key):
                self.withdraw(seen.id, key)
            case RecordAnswer(prompt, answer):
                if seen.screening_id is not None:
                    self.answer(
                        seen.screening_id, seen.script, prompt, answer, thread, dict(state.answers)
                    )
                self.screenings.told(seen, prompt, answer, thread, self.inbound)
                self.meetings.told(seen, answer, thread)
                for flag in self.invites.told(seen, answer):
                    self.flag(flag, thread)
            case RaiseFlag(reason, severity, rule, quote):
                self.flag(Flag(reason=reason, severity=severity, rule=rule, quote=quote), thread)
            case SetTimer(name, step, after_hours):
                self._timers.append(
                    TimerSet(
                        TimerId(derived(self.at, seen.id, f"timer/{name}/{step}")),
                        seen.id,
                        name,
                        step,
                        self.at + timedelta(hours=after_hours),
                    )
                )
            case HandOff(reason):
                self._handed_off.append(reason)
            case Finish(outcome):
                if seen.screening_id is not None:
                    known = dict(state.answers) if isinstance(state, Done) else {}
                    self.end_screening(
                        seen.screening_id, seen.script, known, completed=outcome == "completed"
                    )
            case OptOut(how):
                self.consent(effect, how)
            case OptIn():
                self.consent(effect, "script")
            case _:
                assert_never(effect)

    def withdraw(self, cause: UUID, key: str) -> None:
        """Don't send a text that has not left, or that this turn itself wrote."""
        kept = [one for one in self._texts if (one.cause_id, one.key) != (cause, key)]
        gone = Withdrawn(cause, key)
        if len(kept) == len(self._texts) and gone not in self._withdrawn:
            self._withdrawn.append(gone)
        self._texts = kept

    def _say(
        self, seen: ConversationSeen, effect: SendText, thread: ThreadSeen, *, begins: bool
    ) -> None:
        frame, _, prompt = effect.text.rpartition(" ")
        # What follows from the person's own words answers them, at any hour. A conversation that
        # begins because another one just ended is asked for by nobody there.
        answers = self.turn.text is not None and self.turn.corrected is None and not begins
        planned = "nudge" if frame == "nudge" else self.library.kind_of(seen.script)
        kind: Kind = "reply" if answers else planned
        if is_check(seen.script) and not answers:
            kind = "right-person"
        if is_clarifying(seen.script):
            kind = "safety"
        if is_meeting(seen.script) and not answers:
            kind = self.meetings.kind_of(seen)
        self._texts.append(
            TextOut(
                id=MessageId(derived(self.at, seen.id, f"text/{effect.key}")),
                thread_id=seen.thread_id,
                conversation_id=seen.id,
                cause_id=seen.id,
                key=effect.key,
                body=worded(self.library, self.turn, seen, effect, self._values(seen, thread)),
                kind=kind,
                text_id=effect.text,
                prompt=prompt if self.library.scripts[seen.script].prompt(prompt) else None,
                not_after=self.meetings.not_after(seen),
            )
        )

    def _values(self, seen: ConversationSeen | None, thread: ThreadSeen | None) -> dict[str, str]:
        known = values_for(self.context, self.library, seen, thread)
        return {**known, **self.invites.values(seen), **self.meetings.values(seen)}

    def say(
        self,
        key: str,
        text_id: str,
        language: str | None,
        *,
        kind: Kind,
        thread: ThreadSeen | None,
        cause: UUID | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Send one catalogue text that belongs to no conversation; without a language, in all."""
        cause, values = cause or self.turn.cause, {**self._values(None, thread), **(more or {})}
        spoken = (language,) if language else self.library.catalogue[text_id].text
        self._texts.append(
            TextOut(
                id=MessageId(derived(self.at, cause, f"text/{key}")),
                thread_id=thread.id if thread else None,
                conversation_id=None,
                cause_id=cause,
                key=key,
                body="\n".join(self.library.words(text_id, one, values) for one in spoken),
                kind=kind,
                text_id=text_id,
            )
        )

    def staff_text(self, thread: ThreadSeen) -> None:
        """Send what a person of the practice wrote; their patient is no longer waiting."""
        text = self.turn.staff_text
        if text is None:
            return
        self._texts.append(
            TextOut(
                id=text.message_id,
                thread_id=text.thread_id,
                conversation_id=None,
                cause_id=text.message_id,
                key="staff",
                body=text.body,
                kind="staff",
                author="staff",
                author_id=text.staff_id,
            )
        )
        self._answered.append(thread.patient_id)

    # Screenings

    def answer(
        self,
        screening: ScreeningId,
        instrument: str,
        item: str,
        answer: Answer,
        thread: ThreadSeen,
        known: Mapping[str, Answer],
    ) -> None:
        """Record an answer, and flag it at once if it is a risk."""
        self.screenings.answer(screening, instrument, item, answer, thread, self.inbound, known)

    def begin_screening(self, saved: ScreeningSaved) -> None:
        """Save a screening that did not exist before."""
        self.screenings.begin(saved)

    def end_screening(
        self, screening: ScreeningId, instrument: str, known: dict[str, Answer], *, completed: bool
    ) -> None:
        """Close a screening with the verdict that its answers allow."""
        self.screenings.end(screening, instrument, known, completed=completed)

    # Flags and work

    def flag(self, flag: Flag, thread: ThreadSeen | None) -> None:
        """Raise a flag on the open item of its subject, or open one with an owner."""
        self.triage.flag(flag, thread)
