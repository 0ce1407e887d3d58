"""The transition table of a conversation: (state, event) to (state, effects)."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from engage.conversation.answers import Answer, Chosen, Declined, DidNotKnow
from engage.conversation.effects import (
    Effect,
    Finish,
    HandOff,
    RaiseFlag,
    RecordAnswer,
    SendText,
    SetTimer,
    WithdrawText,
)
from engage.conversation.engine import (
    Asking,
    Done,
    NotStarted,
    State,
    Step,
    WrongScript,
    advance,
    live_key,
)
from engage.conversation.events import (
    AnswerEntered,
    Cancelled,
    ConsentChanged,
    DeliveryFailed,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TextAccepted,
    TextReceived,
    TextSkipped,
    TimerFired,
)
from engage.needs.instrument import load_all
from engage.needs.screening import script_of

SCRIPT = script_of(load_all()["hunger-vital-sign"])
AT = datetime(2031, 3, 4, 16, 0, tzinfo=UTC)
FIRST, SECOND = "hvs.worried", "hvs.ran-out"
OFTEN, NEVER, UNSURE = Chosen("often"), Chosen("never"), Chosen("unsure")

QUEUED = Asking(1, FIRST, AT)
LIVE = Asking(1, FIRST, AT, accepted_at=AT, introduced=True)
NUDGED = replace(LIVE, nudged=True)
NUDGE_TAKEN = replace(NUDGED, nudge_accepted_at=AT)
SILENT = replace(NUDGE_TAKEN, silent=True)
PAUSED = replace(LIVE, paused=True)
REASKED = replace(LIVE, step=2, tries=1)
WHICH = replace(LIVE, step=2, which=True, answers=((FIRST, UNSURE),))
LAST = replace(LIVE, step=2, prompt=SECOND, answers=((FIRST, NEVER),))
FRESH = Asking(2, FIRST, AT, introduced=True)
FIRST_DONE = Asking(2, SECOND, AT, introduced=True, answers=((FIRST, OFTEN),))


def text(words: str) -> TextReceived:
    """Return the event of a person's text."""
    return TextReceived(AT, words)


def flag(reason: str, rule: str, *, quote: bool = False) -> RaiseFlag:
    """Return a routine flag of the engine."""
    return RaiseFlag(reason, "routine", f"engine.{rule}", quote)


def ended(outcome: str, *effects: Effect, answers: tuple[tuple[str, Answer], ...] = ()) -> Step:
    """Return the step that ends a conversation."""
    done = msgspec.convert({"type": "done", "outcome": outcome}, Done)
    return Step(replace(done, answers=answers), (*effects, Finish(done.outcome)))


HAND_OFF_UNDELIVERABLE = (flag("undeliverable", "undeliverable"), HandOff("undeliverable"))

TABLE: dict[str, tuple[State, Event, Step]] = {
    "starting asks the first prompt with the opening": (
        NotStarted(),
        Started(AT),
        Step(QUEUED, (SendText("ask/1", FIRST, "opening"),)),
    ),
    "an answer entered beforehand is not asked again": (
        NotStarted(((FIRST, NEVER),)),
        Started(AT),
        Step(
            Asking(1, SECOND, AT, answers=((FIRST, NEVER),)),
            (SendText("ask/1", SECOND, "opening"),),
        ),
    ),
    "answers entered beforehand are kept": (
        NotStarted(),
        AnswerEntered(AT, FIRST, NEVER),
        Step(NotStarted(((FIRST, NEVER),)), (RecordAnswer(FIRST, NEVER),)),
    ),
    "all answers entered beforehand finish it": (
        NotStarted(((FIRST, NEVER),)),
        AnswerEntered(AT, SECOND, NEVER),
        ended("completed", RecordAnswer(SECOND, NEVER), answers=((FIRST, NEVER), (SECOND, NEVER))),
    ),
    "an opt-out before the start ends it": (
        NotStarted(),
        ConsentChanged(AT, opted_out=True),
        ended("opted-out"),
    ),
    "a person who left is not started": (
        NotStarted(),
        PersonChanged(AT, active=False),
        ended("cancelled"),
    ),
    "a cancelled plan is not started": (NotStarted(), Cancelled(AT), ended("cancelled")),
    "an answer is recorded and the next question asked": (
        LIVE,
        text("1"),
        Step(FIRST_DONE, (RecordAnswer(FIRST, OFTEN), SendText("ask/2", SECOND))),
    ),
    "an answer plus more is also shown to a human": (
        LIVE,
        text("1 and I fell again"),
        Step(
            FIRST_DONE,
            (
                RecordAnswer(FIRST, OFTEN),
                flag("said-more", "said-more", quote=True),
                SendText("ask/2", SECOND),
            ),
        ),
    ),
    "the last answer is thanked for": (
        LAST,
        text("never"),
        ended(
            "completed",
            RecordAnswer(SECOND, NEVER),
            SendText("thanks", "thanks"),
            answers=((FIRST, NEVER), (SECOND, NEVER)),
        ),
    ),
    "a declined question is passed over": (
        LIVE,
        text("skip"),
        Step(
            replace(FIRST_DONE, answers=((FIRST, Declined()),)),
            (RecordAnswer(FIRST, Declined()), SendText("ask/2", SECOND)),
        ),
    ),
    "the combined option is asked which of the two": (
        LIVE,
        text("4"),
        Step(
            replace(FRESH, which=True, answers=((FIRST, UNSURE),)),
            (RecordAnswer(FIRST, UNSURE), SendText("which-one/2", f"which-one {FIRST}")),
        ),
    ),
    "which of the two replaces the combined answer": (
        WHICH,
        text("2"),
        Step(
            Asking(3, SECOND, AT, introduced=True, answers=((FIRST, Declined()),)),
            (RecordAnswer(FIRST, Declined()), SendText("ask/3", SECOND)),
        ),
    ),
    "unclear which of the two keeps the combined answer, and a human reads the words": (
        WHICH,
        text("often"),
        Step(
            Asking(3, SECOND, AT, introduced=True, answers=((FIRST, UNSURE),)),
            (flag("unclear-answer", "which-one", quote=True), SendText("ask/3", SECOND)),
        ),
    ),
    "no reply to which of the two goes on without pressing": (
        WHICH,
        TimerFired(AT, "nudge", 2),
        Step(
            Asking(3, SECOND, AT, introduced=True, answers=((FIRST, UNSURE),)),
            (SendText("ask/3", SECOND),),
        ),
    ),
    "an unclear answer is asked again in other words": (
        LIVE,
        text("banana"),
        Step(replace(FRESH, tries=1), (SendText("reask/2", f"reask {FIRST}"),)),
    ),
    "a second unclear answer is handed to a human": (
        REASKED,
        text("potato"),
        ended(
            "handed-off",
            flag("unclear-answer", "unclear-answer", quote=True),
            HandOff("unclear-answer"),
        ),
    ),
    "the no-reply clock starts when the carrier took the question": (
        QUEUED,
        TextAccepted(AT, "ask/1"),
        Step(LIVE, (SetTimer("nudge", 1, 24),)),
    ),
    "the silence clock starts when the carrier took the nudge": (
        NUDGED,
        TextAccepted(AT, "nudge/1"),
        Step(NUDGE_TAKEN, (SetTimer("silence", 1, 24),)),
    ),
    "while a human talks no clock starts": (
        replace(QUEUED, paused=True),
        TextAccepted(AT, "ask/1"),
        Step(PAUSED),
    ),
    "one nudge": (
        LIVE,
        TimerFired(AT, "nudge", 1),
        Step(NUDGED, (SendText("nudge/1", f"nudge {FIRST}"),)),
    ),
    "silence becomes work, once": (
        NUDGE_TAKEN,
        TimerFired(AT, "silence", 1),
        Step(SILENT, (flag("no-reply", "silence"), SetTimer("expire", 1, 14 * 24))),
    ),
    "a late answer counts": (
        SILENT,
        text("1"),
        Step(FIRST_DONE, (RecordAnswer(FIRST, OFTEN), SendText("ask/2", SECOND))),
    ),
    "an expired conversation keeps its partial answers": (
        replace(LAST, silent=True),
        TimerFired(AT, "expire", 2),
        ended("expired", answers=((FIRST, NEVER),)),
    ),
    "a conversation expires although a human paused it": (
        replace(SILENT, paused=True),
        TimerFired(AT, "expire", 1),
        ended("expired"),
    ),
    "an answer before the nudge left withdraws it": (
        NUDGED,
        text("1"),
        Step(
            FIRST_DONE,
            (WithdrawText("nudge/1"), RecordAnswer(FIRST, OFTEN), SendText("ask/2", SECOND)),
        ),
    ),
    "a human writing pauses it": (LIVE, StaffWrote(AT), Step(PAUSED)),
    "a question that waits would talk across the human": (
        QUEUED,
        StaffWrote(AT),
        Step(replace(QUEUED, paused=True), (WithdrawText("ask/1"),)),
    ),
    "a reply to a human is for the human": (
        PAUSED,
        text("1"),
        Step(PAUSED, (flag("reply-to-staff", "reply-to-staff", quote=True),)),
    ),
    "when the human is done the question is put again": (
        replace(PAUSED, step=4, tries=1, nudged=True, silent=True, nudge_accepted_at=AT),
        ItemClosed(AT),
        Step(replace(FRESH, step=5), (SendText("ask/5", FIRST),)),
    ),
    "the opening is repeated if nobody ever received it": (
        replace(QUEUED, paused=True),
        ItemClosed(AT),
        Step(
            replace(FRESH, introduced=False),
            (WithdrawText("ask/1"), SendText("ask/2", FIRST, "opening")),
        ),
    ),
    "which of the two is put again too": (
        replace(WHICH, paused=True),
        ItemClosed(AT),
        Step(
            replace(FRESH, step=3, which=True, answers=((FIRST, UNSURE),)),
            (SendText("which-one/3", f"which-one {FIRST}"),),
        ),
    ),
    "an answer entered for the live question goes on": (
        QUEUED,
        AnswerEntered(AT, FIRST, OFTEN),
        Step(
            replace(FIRST_DONE, introduced=False),
            (
                WithdrawText("ask/1"),
                RecordAnswer(FIRST, OFTEN),
                SendText("ask/2", SECOND, "opening"),
            ),
        ),
    ),
    "an answer entered for a later question is kept": (
        LIVE,
        AnswerEntered(AT, SECOND, NEVER),
        Step(replace(LIVE, answers=((SECOND, NEVER),)), (RecordAnswer(SECOND, NEVER),)),
    ),
    "the last answer entered finishes it without a text": (
        LAST,
        AnswerEntered(AT, SECOND, NEVER),
        ended("completed", RecordAnswer(SECOND, NEVER), answers=((FIRST, NEVER), (SECOND, NEVER))),
    ),
    "an answer entered while a human talks asks nothing yet": (
        PAUSED,
        AnswerEntered(AT, FIRST, NEVER),
        Step(
            replace(PAUSED, prompt=SECOND, answers=((FIRST, NEVER),)),
            (RecordAnswer(FIRST, NEVER),),
        ),
    ),
    "an answer entered settles which of the two": (
        WHICH,
        AnswerEntered(AT, FIRST, DidNotKnow()),
        Step(
            Asking(3, SECOND, AT, introduced=True, answers=((FIRST, DidNotKnow()),)),
            (RecordAnswer(FIRST, DidNotKnow()), SendText("ask/3", SECOND)),
        ),
    ),
    "a question that cannot arrive is handed to a human": (
        LIVE,
        DeliveryFailed(AT, "ask/1", "30005"),
        ended("handed-off", *HAND_OFF_UNDELIVERABLE),
    ),
    "a nudge that cannot arrive is handed to a human": (
        NUDGED,
        DeliveryFailed(AT, "nudge/1", "30003"),
        ended("handed-off", *HAND_OFF_UNDELIVERABLE),
    ),
    "behaviour 15: a nudge for which there was no room still starts the clock of silence": (
        NUDGED,
        TextSkipped(AT, "nudge/1", "over-budget"),
        Step(
            replace(NUDGED, nudge_accepted_at=AT),
            (SetTimer("silence", 1, SCRIPT.silence_after_hours),),
        ),
    ),
    "behaviour 15: a question for which there was no room is handed to a human": (
        QUEUED,
        TextSkipped(AT, "ask/1", "over-budget"),
        ended(
            "handed-off",
            RaiseFlag("not-asked", "routine", "engine.not-asked"),
            HandOff("not-asked"),
        ),
    ),
    "a failed question takes its waiting nudge along": (
        NUDGED,
        DeliveryFailed(AT, "ask/1", "30003"),
        ended("handed-off", WithdrawText("nudge/1"), *HAND_OFF_UNDELIVERABLE),
    ),
    "STOP ends it and nothing is said": (
        QUEUED,
        ConsentChanged(AT, opted_out=True),
        ended("opted-out", WithdrawText("ask/1")),
    ),
    "a person who left is asked nothing more": (
        NUDGED,
        PersonChanged(AT, active=False),
        ended("cancelled", WithdrawText("nudge/1")),
    ),
    "a new language asks the question again and keeps the answers": (
        LAST,
        PersonChanged(AT, active=True, language="es"),
        Step(
            replace(FRESH, step=3, prompt=SECOND, answers=((FIRST, NEVER),)),
            (SendText("ask/3", SECOND),),
        ),
    ),
    "calling it off ends it": (LIVE, Cancelled(AT), ended("cancelled")),
}

IGNORED: dict[str, tuple[State, Event]] = {
    "a text before the start": (NotStarted(), text("1")),
    "staff writing before the start": (NotStarted(), StaffWrote(AT)),
    "an item closed before the start": (NotStarted(), ItemClosed(AT)),
    "news of a text before the start": (NotStarted(), TextAccepted(AT, "ask/1")),
    "a failure before the start": (NotStarted(), DeliveryFailed(AT, "ask/1", "")),
    "a timer before the start": (NotStarted(), TimerFired(AT, "nudge", 1)),
    "a line opened before the start": (NotStarted(), ConsentChanged(AT, opted_out=False)),
    "a language before the start": (NotStarted(), PersonChanged(AT, active=True, language="es")),
    "a foreign answer before the start": (NotStarted(), AnswerEntered(AT, "x", NEVER)),
    "a second start": (LIVE, Started(AT)),
    "the same acceptance twice": (LIVE, TextAccepted(AT, "ask/1")),
    "the same nudge accepted twice": (NUDGE_TAKEN, TextAccepted(AT, "nudge/1")),
    "an earlier question accepted late": (LAST, TextAccepted(AT, "ask/1")),
    "the thanks accepted": (LAST, TextAccepted(AT, "thanks")),
    "a timer of an answered step": (LAST, TimerFired(AT, "nudge", 1)),
    "a nudge while a human talks": (PAUSED, TimerFired(AT, "nudge", 1)),
    "silence while a human talks": (PAUSED, TimerFired(AT, "silence", 1)),
    "a second nudge": (NUDGED, TimerFired(AT, "nudge", 1)),
    "a second silence": (SILENT, TimerFired(AT, "silence", 1)),
    "an expiry without silence": (LIVE, TimerFired(AT, "expire", 1)),
    "an unknown timer": (LIVE, TimerFired(AT, "moon", 1)),
    "an item about something else closed": (LIVE, ItemClosed(AT)),
    "a foreign answer": (LIVE, AnswerEntered(AT, "phq2.1", NEVER)),
    "an option not offered": (LIVE, AnswerEntered(AT, FIRST, Chosen("yes"))),
    "an answered prompt answered again": (LAST, AnswerEntered(AT, FIRST, OFTEN)),
    "an earlier text was skipped": (LAST, TextSkipped(AT, "ask/1", "stale")),
    "a question skipped while a human talks": (PAUSED, TextSkipped(AT, "ask/1", "human-talking")),
    "a skipped text before the start": (NotStarted(), TextSkipped(AT, "ask/1", "stale")),
    "an earlier text failed late": (LAST, DeliveryFailed(AT, "ask/1", "30003")),
    "a line opened": (LIVE, ConsentChanged(AT, opted_out=False)),
    "a person changed without a language": (LIVE, PersonChanged(AT, active=True)),
    "a language while a human talks": (PAUSED, PersonChanged(AT, active=True, language="es")),
}

EVENTS: tuple[Event, ...] = (
    Started(AT),
    text("1"),
    TextAccepted(AT, "ask/1"),
    TimerFired(AT, "nudge", 1),
    StaffWrote(AT),
    AnswerEntered(AT, FIRST, NEVER),
    DeliveryFailed(AT, "ask/1", ""),
    ItemClosed(AT),
    ConsentChanged(AT, opted_out=True),
    PersonChanged(AT, active=False),
    Cancelled(AT),
)


@pytest.mark.parametrize("name", TABLE)
def test_a_transition(name: str) -> None:
    """Each pair of state and event leads where the table says."""
    state, event, expected = TABLE[name]

    assert advance(state, event, SCRIPT, "en") == expected


@pytest.mark.parametrize("name", IGNORED)
def test_an_ignored_event(name: str) -> None:
    """An event that means nothing in a state leaves the state alone and says nothing."""
    state, event = IGNORED[name]

    assert advance(state, event, SCRIPT, "en") == Step(state)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_done_is_done(event: Event) -> None:
    """No event wakes a finished conversation."""
    state = Done("completed", ((FIRST, NEVER),))

    assert advance(state, event, SCRIPT, "en") == Step(state)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_needs_a_zone(event: Event) -> None:
    """A naive moment is refused when an event is made."""
    with pytest.raises(ValueError, match="zone"):
        replace(event, at=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("state", "key"), [(LIVE, "ask/1"), (REASKED, "reask/2"), (WHICH, "which-one/2")]
)
def test_the_live_key_names_the_question(state: Asking, key: str) -> None:
    """The live question is found by the kind of its text and its step."""
    assert live_key(state) == key


def test_a_state_of_another_script_is_refused() -> None:
    """A reply is never read against a prompt of another script."""
    with pytest.raises(WrongScript):
        advance(replace(LIVE, prompt="phq2.1"), text("1"), SCRIPT, "en")


def test_words_of_a_person_are_not_printed() -> None:
    """An event in a log or a failed assertion shows no words of the person."""
    assert "1 and I fell" not in repr(text("1 and I fell"))
