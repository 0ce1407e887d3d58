"""Plays a transcript against the pure core, line by line, and says where they differ. (p).

Words come in, time passes, and every effect must be listed: one that is not listed fails, one that
is listed and did not happen fails. Effects of one event may stand in any order, texts may not. The
grammar is conversation/transcript_format.py. This room refuses to touch anything but values.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import assert_never

from engage.conversation.events import (
    DeliveryFailed,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    TextAccepted,
    TextReceived,
    TimerFired,
)
from engage.conversation.transcript_format import (
    LAST_YEAR,
    Befell,
    Blank,
    Directive,
    Effected,
    Incoming,
    Outgoing,
    Passed,
    Stands,
    Transcript,
    TranscriptInvalid,
)
from engage.errors import EngageError
from engage.ids import ConversationId
from engage.turns.compared import Compared, Effect, Played
from engage.turns.context import Part, StaffText, TextCame, Turn
from engage.turns.decision import Decision, TimerSet
from engage.turns.happenings import (
    ASKED_VERBS,
    CONSENT_VERBS,
    asked_turn,
    consent_turn,
    consent_word,
    named,
)
from engage.turns.invite import InviteSaid
from engage.turns.library import Library
from engage.turns.occurring import PLAN_VERBS, Happened, Plans
from engage.turns.scene import moment, screening_of, set_scene, word
from engage.turns.visit_world import VISIT_VERBS
from engage.turns.world import NobodyThere, Person, World

_STRANGER = "unknown"


def play(transcript: Transcript, library: Library) -> Played:
    """Play a transcript from its first line to its last."""
    player = _Player(transcript, library)
    try:
        return player.play()
    except TranscriptInvalid:
        raise
    except EngageError as error:
        raise TranscriptInvalid(player.line_no, error.sentence) from error


def _fires_at(timer: TimerSet) -> datetime:
    return timer.fires_at


class _Player:
    def __init__(self, transcript: Transcript, library: Library) -> None:
        self._transcript = transcript
        self._library = library
        self._at = moment(transcript)
        self._world = World(self._at, str(self._at.tzinfo), library)
        self._plans = Plans(self._world)
        self._compared = Compared(self._world, library)
        self._last: tuple[int, Turn] | None = None
        self.line_no = 1
        self._parts: list[tuple[int, Part]] = []
        self._joining: list[tuple[int, Part]] = []

    def play(self) -> Played:
        set_scene(self._world, self._transcript)
        begun = False
        for line in self._transcript.lines:
            if isinstance(line, Directive | Blank):
                continue
            if not begun:
                begun = True
                self._start_screenings()
            self.line_no = line.line
            match line:
                case Outgoing() | Effected():
                    self._compared.expect(line)
                case Incoming():
                    self._compared.nothing_left(self.line_no)
                    self._say(line)
                case Passed():
                    self._compared.nothing_left(self.line_no)
                    self._joining = self._parts if line.unit == "s" else []
                    self._pass(line.duration)
                    self._compared.lines.append(f"... {line.amount}{line.unit}")
                case Befell():
                    self._befall(line)
                case Stands():
                    self._compared.nothing_left(self.line_no)
                    self._compared.stands(line)
                case _:
                    assert_never(line)
        self._compared.nothing_left(self.line_no)
        return self._compared.played()

    # The scene

    def _start_screenings(self) -> None:
        for line in self._transcript.lines:
            if isinstance(line, Directive):
                self.line_no = line.line
            if isinstance(line, Directive) and line.name == "screen":
                self._take(*screening_of(self._world, line, self._at))
            elif isinstance(line, Directive) and line.name == "plan":
                self._plans.add(line, self._at)
        self._follow(self._plans.due(self._at))

    def _patient(self, name: str = "") -> Person:
        return self._world.patient(name)

    # What happens

    def _say(self, line: Incoming) -> None:
        self._compared.lines.append(f"> {line.who}: {line.words}")
        staff = next((n for n in self._world.staff if n.lower() == line.who), None)
        if staff is not None:
            self._staff_says(staff, line.words)
            return
        place = self._place_of(line.who)
        message = self._world.message_id()
        turn = Turn(
            cause=message,
            event=TextReceived(self._at, line.words),
            text=TextCame(
                message,
                media_count=1 if line.words == "" else 0,
                before=tuple(part for where, part in self._joining if where == place),
            ),
        )
        self._last = (place, turn)
        # Only a text that seconds part from the next one, as the transcript says, may be its part.
        self._parts = [*self._joining, (place, Part(self._at, line.words))]
        self._joining = []
        self._take(place, turn)

    def _staff_says(self, staff: str, words: str) -> None:
        person = self._patient()
        context = self._world.contexts[person.line]
        thread = context.thread_of(person.patient) if person.patient else None
        if thread is None or thread.id is None:
            return
        message = self._world.message_id()
        sender = self._world.staff[staff].id
        turn = Turn(
            cause=message,
            event=StaffWrote(self._at),
            patient_id=person.patient,
            staff_id=sender,
            staff_text=StaffText(message, thread.id, sender, words),
        )
        self._take(person.line, turn)

    def _place_of(self, who: str) -> int:
        people = self._world.people
        named = next((p for name, p in people.items() if name.lower() == who), None)
        if named is not None:
            return named.line
        if who == "caregiver":
            found = next((p for p in people.values() if p.caregiver is not None), None)
            if found is None:
                raise NobodyThere
            return found.line
        if who == "patient":
            return self._patient().line
        if who == _STRANGER or not people:
            return self._world.line()
        raise TranscriptInvalid(self.line_no, f"nobody is called {who}")

    def _pass(self, duration: timedelta) -> None:
        until = self._at + duration
        if until.year > LAST_YEAR:
            raise TranscriptInvalid(self.line_no, f"a transcript ends before {LAST_YEAR + 1}")
        while True:
            timer = min(self._world.timers, key=_fires_at, default=None)
            planned = self._plans.next_at()
            if planned and planned <= until and (not timer or planned < timer.fires_at):
                self._at = max(self._at, planned)
                self._follow(self._plans.due(self._at))
                continue
            if timer is None or timer.fires_at > until:
                break
            self._world.timers.remove(timer)
            self._at = max(self._at, timer.fires_at)
            place = self._world.place_of(timer.conversation_id)
            event = TimerFired(self._at, timer.name, timer.step)
            self._take(
                place, Turn(cause=timer.id, event=event, conversation_id=timer.conversation_id)
            )
        self._at = until

    def _follow(self, happened: Iterable[Happened]) -> None:
        """Note what became of a plan's occurrences, and take their turns."""
        for one in happened:
            if isinstance(one, str):
                self._compared.pending.append(Effect(one))
            else:
                self._take(*one)

    def _befall(self, line: Befell) -> None:
        match line.verb:
            case "duplicate":
                # The door knows the carrier's id: a duplicate has no effect and takes no turn.
                self._compared.nothing_left(self.line_no)
            case "undelivered" | "failed" | "refused" | "unknown":
                self._outcome(line)
            case "closed":
                self._compared.nothing_left(self.line_no)
                self._world.close_items(self._patient(line.rest).patient)
                self._of_patient(line.rest, ItemClosed(self._at))
            case "died" | "left":
                self._compared.nothing_left(self.line_no)
                self._changed(line.rest, active=False)
            case verb if verb in CONSENT_VERBS:
                self._compared.nothing_left(self.line_no)
                person, staff = self._patient(named(line)), self._world.practice.responsible_id
                turn = consent_turn(line, self._world.fresh(), self._at, person.patient, staff)
                self._take(person.line, turn)
            case verb if verb in ASKED_VERBS:
                self._compared.nothing_left(self.line_no)
                person = self._patient()
                if person.patient is None:
                    raise NobodyThere
                seen = self._world.contexts[person.line]
                turn = asked_turn(line, self._world.fresh(), self._at, person.patient, seen)
                self._take(person.line, turn)
            case verb if verb in VISIT_VERBS:
                self._compared.nothing_left(self.line_no)
                self._visit(line)
            case verb if verb in PLAN_VERBS:
                self._compared.nothing_left(self.line_no)
                self._follow(self._plans.change(line, self._at))
            case "language":
                self._compared.nothing_left(self.line_no)
                self._changed("", active=True, language=line.rest)
            case _:
                raise TranscriptInvalid(line.line, f"nothing called {line.verb} can happen")
        self._compared.lines.append(f"! {line.verb} {line.rest}".rstrip())

    def _visit(self, line: Befell) -> None:
        """Take the turn of what befell a visit of the first person, or of who is named."""
        person = self._patient(named(line))
        if person.patient is None:
            raise NobodyThere
        own = ConversationId(self._world.fresh())
        turn = self._world.visits.turn(line, own, self._at, person.patient)
        if turn is not None:
            self._take(person.line, turn)

    def _changed(self, name: str, *, active: bool, language: str | None = None) -> None:
        self._world.change_person(
            self._patient(name).patient,
            active=active,
            language=None if language is None else "es" if language == "es" else "en",
        )
        self._of_patient(name, PersonChanged(self._at, active, language))

    def _of_patient(self, name: str, event: Event) -> None:
        person = self._patient(name)
        turn = Turn(cause=self._world.fresh(), event=event, patient_id=person.patient)
        self._take(person.line, turn)

    def _outcome(self, line: Befell) -> None:
        """Tell the conversation that the last text, or the one named, did not arrive."""
        self._compared.nothing_left(self.line_no)
        text = next(
            (t for t in reversed(self._world.texts) if not line.rest or t.text_id == line.rest),
            None,
        )
        if text is None:
            raise TranscriptInvalid(line.line, "no such text was sent")
        # A text to somebody we don't know went out on the line of the last text that came in.
        place, person = self._last[0] if self._last else 0, None
        for number, context in enumerate(self._world.contexts):
            for thread in context.threads:
                if thread.id == text.thread_id:
                    place, person = number, thread.patient_id
        self._take(
            place,
            Turn(
                cause=self._world.fresh(),
                event=DeliveryFailed(self._at, text.key, line.verb),
                conversation_id=text.conversation_id,
                patient_id=person,
            ),
        )

    def _take(self, place: int, turn: Turn) -> None:
        """Take a turn, note its effects, and let the carrier take its texts."""
        before = self._world.contexts[place]
        decision = self._world.take(place, turn)
        for saved in decision.conversations:
            self._compared.settled[saved.id] = saved.state
        self._compared.pending += self._effects(decision)
        for item in self._world.rose(before, decision):
            self._compared.pending.append(Effect(self._queue(item.owner_id, item.due_at)))
        for text in decision.texts:
            if text.conversation_id is not None:
                event = TextAccepted(turn.at, text.key)
                accepted = Turn(
                    cause=self._world.fresh(), event=event, conversation_id=text.conversation_id
                )
                self._take(place, accepted)

    def _effects(self, decision: Decision) -> Iterator[Effect]:
        for consent in decision.consents:
            yield Effect(consent_word(consent))
        for gone in decision.unlinked:
            yield Effect(f"* unlinked {self._world.name_of(gone)}")
        yield from self._shared(decision)
        for given in decision.answers:
            yield Effect(f"* answer  {given.item} = {word(given.answer)}")
        for flag in decision.flags:
            yield Effect(f"* flag    {flag.reason} {flag.severity}")
        for item in decision.items:
            yield Effect(self._queue(item.owner_id, item.due_at))
        for told in self._world.visits.told():
            yield Effect(told)
        for page in decision.pages:
            yield Effect(f"* page    {self._world.local(page.at):%H:%M}")
        for _ in decision.unpaged:
            yield Effect("* page    off")
        for _ in decision.handed_off:
            yield Effect("* hand-off")
        for text in decision.texts:
            if text.author == "system":
                yield Effect(f"< system: {text.text_id}", text)

    def _shared(self, decision: Decision) -> Iterator[Effect]:
        for silent in decision.unshared:
            yield Effect(f"* unshared {self._world.name_of(silent)}")
        for one in decision.invites:
            if isinstance(one, InviteSaid):
                yield Effect(f"* invited by {self._world.name_of(one.patient_id)}")

    def _queue(self, owner: object, due: datetime) -> str:
        name = next(n for n, s in self._world.staff.items() if s.id == owner)
        return f"* queue   {name}, due {self._world.local(due):%Y-%m-%d %H:%M}"
