"""Random plays: a household phone, a caregiver's, a patient's own and a stranger's, for some days.

Everything that may happen to a practice happens here in any order: texts of all kinds, lost and
late carriers, timers, staff who write, close and type in answers, people who move and die.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, get_args

from hypothesis import strategies as st

from engage.conversation.answers import Answer, Chosen, Declined, DidNotKnow
from engage.conversation.events import (
    AnswerEntered,
    Cancelled,
    ConsentChanged,
    DeliveryFailed,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TextAccepted,
    TextReceived,
    TimerFired,
)
from engage.errors import EngageError
from engage.ids import ScreeningId
from engage.people.consent import PURPOSES, Purpose, Recorded, refuse_record
from engage.turns.checks import CHECKS
from engage.turns.context import (
    ConsentTold,
    Language,
    ScreeningAsked,
    StaffText,
    TextCame,
    ThreadSeen,
    Turn,
    TurnContext,
)
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.world import World

LIBRARY = Library.shipped()
START = datetime(2031, 3, 7, 16, 0, tzinfo=UTC)
HOME, ELENAS, ANAS, NOBODYS = range(4)
PATIENTS = ("Rosa", "Luis", "Ana")
SAID = (
    *("1", "2", "3", "4", "often", "never", "si", "no", "skip", "idk", "banana", "1 and I fell"),
    *("STOP", "Stop.", "ALTO", "please stop texting me", "START", "iniciar", "HELP", "ayuda"),
    *("i want to die", "he hit me", "no chest pain", "STOP i want to die", "me duele el pecho"),
    *("wrong number", "no soy Rosa", "no more food questions", "CANCEL", "yes", "Auto-reply: away"),
    *("hello?", "", " "),
)


class Taken(NamedTuple):
    """One turn of a play: what was loaded, what happened, what was saved, what is left."""

    line: int
    before: TurnContext
    turn: Turn
    saved: Decision
    after: TurnContext


class Play:
    """A world in which events happen, and the turns they led to."""

    def __init__(self) -> None:
        """Begin on a Friday morning in Chicago, two nights before the clocks change."""
        self.at = START
        self.world = world = World(START, "America/Chicago", LIBRARY)
        self.taken: list[Taken] = []
        self.screenings: list[ScreeningAsked] = []
        self.gone: set[str] = set()
        #: Whether the carrier says nothing of itself about the texts it takes.
        self.slow = False
        dana, marcus = (world.person_of_staff(name) for name in ("Dana", "Marcus"))
        home, elenas, anas, _ = (world.line() for _ in range(4))
        world.add_patient("Rosa", "en", dana, home)
        world.add_patient("Luis", "es", marcus, home)
        world.add_caregiver("Elena", "Rosa", elenas)
        world.add_patient("Ana", "es", dana, anas)

    def take(self, line: int, turn: Turn) -> None:
        """Take a turn and remember it."""
        before = self.world.contexts[line]
        saved = self.world.take(line, turn)
        self.taken.append(Taken(line, before, turn, saved, self.world.contexts[line]))
        for text in saved.texts:
            if not self.slow and text.conversation_id is not None:
                accepted = Turn(
                    cause=self.world.fresh(),
                    event=TextAccepted(self.at, text.key),
                    conversation_id=text.conversation_id,
                )
                self.take(line, accepted)

    def text(self, line: int, words: str, pictures: int) -> None:
        """Let somebody write on a phone."""
        message = self.world.message_id()
        came = TextCame(message, media_count=pictures)
        self.take(line, Turn(cause=message, event=TextReceived(self.at, words), text=came))

    def screen(self, name: str, instrument: str, *, by_text: bool) -> None:
        """Let staff begin a screening with somebody who is still here."""
        person = self.world.people[name]
        if name in self.gone or person.patient is None:
            return
        thread = self.world.contexts[person.line].thread_of(person.patient)
        language: Language = thread.language if thread else "en"
        screening = ScreeningId(self.world.fresh())
        asked = ScreeningAsked(
            screening, person.patient, instrument, "sms" if by_text else "staff", language
        )
        self.screenings.append(asked)
        self.take(
            person.line,
            Turn(
                cause=screening,
                event=Started(self.at),
                patient_id=person.patient,
                screening=asked,
            ),
        )

    def carrier(self, which: int, *, took: bool) -> None:
        """Let the carrier take one of our texts, or lose it, in any order and more than once."""
        if not self.world.texts:
            return
        text = self.world.texts[-1 - which % len(self.world.texts)]
        place, patient = 0, None
        for number, context in enumerate(self.world.contexts):
            for thread in context.threads:
                if thread.id == text.thread_id:
                    place, patient = number, thread.patient_id
        event = (
            TextAccepted(self.at, text.key) if took else DeliveryFailed(self.at, text.key, "failed")
        )
        self.take(
            place,
            Turn(
                cause=self.world.fresh(),
                event=event,
                conversation_id=text.conversation_id,
                patient_id=patient,
            ),
        )

    def wait(self, hours: int) -> None:
        """Let time pass and timers fire."""
        until = self.at + timedelta(hours=hours)
        while due := sorted(
            (t for t in self.world.timers if t.fires_at <= until), key=lambda t: t.fires_at
        ):
            timer = due[0]
            self.world.timers.remove(timer)
            self.at = max(self.at, timer.fires_at)
            for number, context in enumerate(self.world.contexts):
                if any(c.id == timer.conversation_id for c in context.conversations):
                    event = TimerFired(self.at, timer.name, timer.step)
                    self.take(
                        number,
                        Turn(cause=timer.id, event=event, conversation_id=timer.conversation_id),
                    )
        self.at = until

    def staff_writes(self, name: str) -> None:
        """Let a care manager write to a patient."""
        for number, thread in self._threads(name):
            message, dana = self.world.message_id(), self.world.staff["Dana"].id
            if thread.id is not None and thread.uses_phone:
                self.take(
                    number,
                    Turn(
                        cause=message,
                        event=StaffWrote(self.at),
                        patient_id=thread.patient_id,
                        staff_id=dana,
                        staff_text=StaffText(message, thread.id, dana, "Hello, Dana here."),
                    ),
                )

    def close(self, name: str, which: int) -> None:
        """Let a care manager close one of a patient's items, if there is one."""
        patient = self.world.people[name].patient
        mine = [
            item
            for item in self.world.contexts[self.world.people[name].line].items
            if item.about_id == patient
        ]
        if mine:
            self.world.close_items(patient, mine[which % len(mine)].subject)
            for number, _ in self._threads(name):
                event = ItemClosed(self.at)
                self.take(number, Turn(cause=self.world.fresh(), event=event, patient_id=patient))

    def change(self, name: str, *, active: bool, language: Language | None) -> None:
        """Let a record change: a new language, a death, a return."""
        patient = self.world.people[name].patient
        self.world.change_person(patient, active=active, language=language)
        self.gone = self.gone - {name} if active else self.gone | {name}
        for number, _ in self._threads(name):
            event = PersonChanged(self.at, active, language)
            self.take(number, Turn(cause=self.world.fresh(), event=event, patient_id=patient))

    def enter(self, which: int, item: int, answer: Answer) -> None:
        """Let staff type in an answer that the instrument offers."""
        if not self.screenings:
            return
        asked = self.screenings[which % len(self.screenings)]
        items = LIBRARY.instruments[asked.instrument].items
        prompt = items[item % len(items)].key
        if not LIBRARY.scripts[asked.instrument].offers(prompt, answer):
            return
        place = next(n for n, c in enumerate(self.world.contexts) if c.thread_of(asked.patient_id))
        self.take(
            place,
            Turn(
                cause=self.world.fresh(),
                event=AnswerEntered(self.at, prompt, answer),
                patient_id=asked.patient_id,
                staff_id=self.world.staff["Dana"].id,
                screening=asked,
            ),
        )

    def ask_who(self, name: str, script: str) -> None:
        """Ask a patient's own phone whether it is theirs."""
        person = self.world.people[name]
        self.take(
            person.line,
            Turn(
                cause=self.world.fresh(),
                event=Started(self.at),
                patient_id=person.patient,
                check=script,
            ),
        )

    def record(self, name: str, kind: Recorded, purpose: Purpose | None) -> None:
        """Let staff record what a patient said about texts, if they may."""
        person = self.world.people[name]
        line = self.world.contexts[person.line].line
        try:
            is_open = None if line is None else not line.opted_out
            refuse_record(kind, purpose, "said so", line_open=is_open)
        except EngageError:
            return
        self.take(
            person.line,
            Turn(
                cause=self.world.fresh(),
                event=ConsentChanged(self.at, opted_out=kind == "opted-out"),
                patient_id=person.patient,
                staff_id=self.world.staff["Dana"].id,
                record=ConsentTold(kind=kind, purpose=purpose, reason="said so"),
            ),
        )

    def cancel(self, which: int) -> None:
        """Let staff call off an open conversation."""
        open_ones = [(n, c) for n, x in enumerate(self.world.contexts) for c in x.conversations]
        if open_ones:
            place, seen = open_ones[which % len(open_ones)]
            self.take(
                place,
                Turn(
                    cause=self.world.fresh(),
                    event=Cancelled(self.at),
                    conversation_id=seen.id,
                    patient_id=seen.patient_id,
                ),
            )

    def _threads(self, name: str) -> Iterator[tuple[int, ThreadSeen]]:
        patient = self.world.people[name].patient
        for number, context in enumerate(self.world.contexts):
            for thread in context.threads:
                if thread.patient_id == patient:
                    yield number, thread


Act = Callable[[Play], None]

small = st.integers(0, 5)
names = st.sampled_from(PATIENTS)
words = st.one_of(st.sampled_from(SAID), st.sampled_from(SAID), st.text(max_size=12))
answers: st.SearchStrategy[Answer] = st.one_of(
    st.sampled_from(["often", "never", "unsure", "yes", "no"]).map(Chosen),
    st.sampled_from([Declined(), DidNotKnow()]),
)
lines = st.sampled_from([HOME, HOME, HOME, ELENAS, ANAS, NOBODYS])
instruments = st.sampled_from(sorted(LIBRARY.instruments.keys() & LIBRARY.scripts.keys()))

texts: st.SearchStrategy[Act] = st.builds(
    lambda line, said, pictures: lambda play: play.text(line, said, pictures),
    lines,
    words,
    st.sampled_from([0, 0, 0, 0, 1]),
)
screenings: st.SearchStrategy[Act] = st.builds(
    lambda name, tool, by_text: lambda play: play.screen(name, tool, by_text=by_text),
    names,
    instruments,
    st.sampled_from([True, True, True, False]),
)
carriers: st.SearchStrategy[Act] = st.builds(
    lambda which, took: lambda play: play.carrier(which, took=took),
    small,
    st.sampled_from([True, True, True, False]),
)


def slower(play: Play) -> None:
    """Let the carrier be slow from now on, or quick again."""
    play.slow = not play.slow


waits: st.SearchStrategy[Act] = st.builds(
    lambda hours: lambda play: play.wait(hours), st.sampled_from([1, 24, 48, 48, 15 * 24])
)
others: st.SearchStrategy[Act] = st.one_of(
    st.just(slower),
    st.builds(lambda name: lambda play: play.staff_writes(name), names),
    st.builds(
        lambda name, script: lambda play: play.ask_who(name, script),
        names,
        st.sampled_from(sorted(CHECKS)),
    ),
    st.builds(
        lambda name, kind, purpose: lambda play: play.record(name, kind, purpose),
        names,
        st.sampled_from(get_args(Recorded)),
        st.sampled_from([None, *PURPOSES]),
    ),
    st.builds(lambda name, which: lambda play: play.close(name, which), names, small),
    st.builds(
        lambda name, active, language: (
            lambda play: play.change(name, active=active, language=language)
        ),
        names,
        st.sampled_from([True, True, False]),
        st.sampled_from([None, "en", "es"]),
    ),
    st.builds(
        lambda which, item, answer: lambda play: play.enter(which, item, answer),
        small,
        small,
        answers,
    ),
    st.builds(lambda which: lambda play: play.cancel(which), small),
)


def played(acts: list[Act]) -> Play:
    """Return the play of some acts."""
    play = Play()
    play.screen("Rosa", "hunger-vital-sign", by_text=True)
    for act in acts:
        act(play)
    return play


replies: st.SearchStrategy[Act] = st.builds(
    lambda said: lambda play: play.text(HOME, said, 0), st.sampled_from(["1", "2", "3", "banana"])
)
# Mostly what keeps a household phone busy, so that long plays are seen too.
OFTEN = (texts, replies, replies, screenings, waits, waits)
acts = st.sampled_from([*OFTEN, *OFTEN, carriers, others, others]).flatmap(lambda kind: kind)
plays = st.lists(acts, min_size=12, max_size=30).map(played)
"""Plays that begin with a question for Rosa."""
