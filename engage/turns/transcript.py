"""Plays a transcript against the pure core, line by line, and says where they differ. (p).

Words come in, time passes, and every effect must be listed: one that is not listed fails, one that
is listed and did not happen fails. Effects of one event may stand in any order, texts may not. The
grammar is conversation/transcript_format.py. This room refuses to touch anything but values.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.conversation.events import (
    DeliveryFailed,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TextAccepted,
    TextReceived,
    TimerFired,
)
from engage.conversation.states import State
from engage.conversation.transcript_format import (
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
from engage.ids import ConversationId, ScreeningId
from engage.turns.context import Language, Part, ScreeningAsked, StaffText, TextCame, Turn
from engage.turns.decision import Decision, TextOut
from engage.turns.expected import in_full, same_text, shown_like
from engage.turns.happenings import CONSENT_VERBS, consent_turn, consent_word, named
from engage.turns.library import Library
from engage.turns.scene import moment, set_scene, shown, state_words, word
from engage.turns.world import Person, World

_STRANGER = "unknown"


class Difference(Struct, frozen=True):
    """Where a transcript and the core part ways."""

    line: int
    expected: str
    happened: str

    def __str__(self) -> str:
        """Three lines, like a diff."""
        return f"line {self.line}\n- {self.expected}\n+ {self.happened}"


class Played(Struct, frozen=True):
    """How a transcript went: its lines as they happened, and the differences."""

    lines: tuple[str, ...]
    differences: tuple[Difference, ...]


class _Effect(Struct, frozen=True):
    shown: str
    text: TextOut | None = None


def play(transcript: Transcript, library: Library) -> Played:
    """Play a transcript from its first line to its last."""
    return _Player(transcript, library).play()


class _Player:
    def __init__(self, transcript: Transcript, library: Library) -> None:
        self._transcript = transcript
        self._library = library
        self._at = moment(transcript)
        self._world = World(self._at, str(self._at.tzinfo), library)
        self._pending: list[_Effect] = []
        self._lines: list[str] = []
        self._differences: list[Difference] = []
        self._last: tuple[int, Turn] | None = None
        self._settled: dict[ConversationId, State] = {}
        self._line_no = 0
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
            self._line_no = line.line
            match line:
                case Outgoing() | Effected():
                    self._expect(line)
                case Incoming():
                    self._nothing_left()
                    self._say(line)
                case Passed():
                    self._nothing_left()
                    self._joining = self._parts if line.unit == "s" else []
                    self._pass(line.duration)
                    self._lines.append(f"... {line.amount}{line.unit}")
                case Befell():
                    self._befall(line)
                case Stands():
                    self._nothing_left()
                    self._stands(line)
                case _:
                    assert_never(line)
        self._nothing_left()
        return Played(tuple(self._lines), tuple(self._differences))

    # The scene

    def _start_screenings(self) -> None:
        for line in self._transcript.lines:
            if isinstance(line, Directive) and line.name == "screen":
                instrument, _, of = line.value.partition(",")
                name = of.strip().removeprefix("of ").removeprefix("for ").strip()
                self._screen(line.line, instrument.strip(), self._patient(name))

    def _screen(self, line: int, instrument: str, person: Person) -> None:
        if instrument not in self._library.scripts or person.patient is None:
            raise TranscriptInvalid(line, "no such instrument")
        thread = self._world.contexts[person.line].thread_of(person.patient)
        screening = ScreeningId(self._world.fresh())
        language: Language = thread.language if thread else "en"
        self._take(
            person.line,
            Turn(
                cause=screening,
                event=Started(self._at),
                patient_id=person.patient,
                screening=ScreeningAsked(screening, person.patient, instrument, "sms", language),
            ),
        )

    def _patient(self, name: str = "") -> Person:
        people = self._world.people
        if name in people:
            return people[name]
        return next(person for person in people.values() if person.patient is not None)

    # What happens

    def _say(self, line: Incoming) -> None:
        self._lines.append(f"> {line.who}: {line.words}")
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
            return next(p.line for p in people.values() if p.caregiver is not None)
        if who == "patient":
            return self._patient().line
        if who == _STRANGER or not people:
            return self._world.line()
        raise TranscriptInvalid(self._line_no, f"nobody is called {who}")

    def _pass(self, duration: timedelta) -> None:
        until = self._at + duration
        while True:
            due = sorted(
                (t for t in self._world.timers if t.fires_at <= until), key=lambda t: t.fires_at
            )
            if not due:
                break
            timer = due[0]
            self._world.timers.remove(timer)
            self._at = max(self._at, timer.fires_at)
            place = next(
                place
                for place, context in enumerate(self._world.contexts)
                if any(c.id == timer.conversation_id for c in context.conversations)
                or place == len(self._world.contexts) - 1
            )
            event = TimerFired(self._at, timer.name, timer.step)
            self._take(
                place, Turn(cause=timer.id, event=event, conversation_id=timer.conversation_id)
            )
        self._at = until

    def _befall(self, line: Befell) -> None:
        match line.verb:
            case "duplicate":
                # The door knows the carrier's id: a duplicate has no effect and takes no turn.
                self._nothing_left()
            case "undelivered" | "failed" | "refused" | "unknown":
                self._outcome(line)
            case "closed":
                self._nothing_left()
                self._world.close_items(self._patient(line.rest).patient)
                self._of_patient(line.rest, ItemClosed(self._at))
            case "died" | "left":
                self._nothing_left()
                self._changed(line.rest, active=False)
            case verb if verb in CONSENT_VERBS:
                self._nothing_left()
                person, staff = self._patient(named(line)), self._world.practice.responsible_id
                turn = consent_turn(line, self._world.fresh(), self._at, person.patient, staff)
                self._take(person.line, turn)
            case "language":
                self._nothing_left()
                self._changed("", active=True, language=line.rest)
            case _:
                raise TranscriptInvalid(line.line, f"nothing called {line.verb} can happen")
        self._lines.append(f"! {line.verb} {line.rest}".rstrip())

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
        self._nothing_left()
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
            self._settled[saved.id] = saved.state
        self._pending += self._effects(decision)
        for item in self._world.rose(before, decision):
            self._pending.append(_Effect(self._queue(item.owner_id, item.due_at)))
        for text in decision.texts:
            if text.conversation_id is not None:
                event = TextAccepted(turn.at, text.key)
                accepted = Turn(
                    cause=self._world.fresh(), event=event, conversation_id=text.conversation_id
                )
                self._take(place, accepted)

    def _effects(self, decision: Decision) -> Iterator[_Effect]:
        for consent in decision.consents:
            yield _Effect(consent_word(consent))
        for gone in decision.unlinked:
            yield _Effect(f"* unlinked {self._world.name_of(gone)}")
        for given in decision.answers:
            yield _Effect(f"* answer  {given.item} = {word(given.answer)}")
        for flag in decision.flags:
            yield _Effect(f"* flag    {flag.reason} {flag.severity}")
        for item in decision.items:
            yield _Effect(self._queue(item.owner_id, item.due_at))
        for _ in decision.handed_off:
            yield _Effect("* hand-off")
        for text in decision.texts:
            if text.author == "system":
                yield _Effect(f"< system: {text.text_id}", text)

    def _queue(self, owner: object, due: datetime) -> str:
        name = next(n for n, s in self._world.staff.items() if s.id == owner)
        local = due.astimezone(ZoneInfo(self._world.practice.time_zone))
        return f"* queue   {name}, due {local:%Y-%m-%d %H:%M}"

    # What was expected

    def _expect(self, line: Outgoing | Effected) -> None:
        wanted = shown(line)
        for place, effect in enumerate(self._pending):
            text = effect.text
            if isinstance(line, Outgoing) and text is not None:
                # Texts come in order: only the next one may match.
                if same_text(line, text, self._library, self._about(text)):
                    self._lines.append(wanted)
                    self._pending.pop(place)
                    return
                break
            if (
                isinstance(line, Effected)
                and text is None
                and effect.shown.split() == wanted.split()
            ):
                self._lines.append(wanted)
                self._pending.pop(place)
                return
        self._differences.append(Difference(line.line, in_full(line), self._instead_of(line)))

    def _instead_of(self, line: Outgoing | Effected) -> str:
        """Return what happened where a line was expected: of its kind, if anything of it did."""
        for effect in self._pending:
            if isinstance(line, Outgoing) and effect.text is not None:
                return shown_like(line, effect.text, self._library, self._about(effect.text))
            if isinstance(line, Effected) and effect.shown.split()[:2] == ["*", line.verb]:
                return effect.shown
        return next((effect.shown for effect in self._pending), "nothing")

    def _about(self, text: TextOut) -> str:
        threads = (t for context in self._world.contexts for t in context.threads)
        return next((t.given_name for t in threads if t.id == text.thread_id), "")

    def _nothing_left(self) -> None:
        for effect in self._pending:
            self._differences.append(Difference(self._line_no, "nothing", effect.shown))
            self._lines.append(effect.shown)
        self._pending.clear()

    def _stands(self, line: Stands) -> None:
        wanted = f"{line.state} {line.prompt}".strip()
        states = [state_words(state) for state in self._settled.values()] or ["idle"]
        if any(wanted in (state, state.partition(" ")[0]) for state in states):
            self._lines.append(f"= {wanted}")
        elif wanted == "opted-out" and any(
            c.line and c.line.opted_out for c in self._world.contexts
        ):
            self._lines.append("= opted-out")
        else:
            self._differences.append(Difference(line.line, f"= {wanted}", f"= {states[-1]}"))
            self._lines.append(f"= {states[-1]}")
