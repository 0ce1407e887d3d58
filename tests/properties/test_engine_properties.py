"""What is true of every conversation, whatever happens in whatever order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    NotAsked,
    Understood,
)
from engage.conversation.effects import (
    Finish,
    HandOff,
    RaiseFlag,
    RecordAnswer,
    SendText,
    SetTimer,
    WithdrawText,
)
from engage.conversation.engine import Asking, Done, NotStarted, State, Step, advance, live_key
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
from engage.conversation.replies import read_answer
from engage.conversation.script import Script
from engage.messaging.texts import compose, load
from engage.needs.instrument import load_all
from engage.needs.screening import questions_of, script_of

INSTRUMENTS = tuple(one for one in load_all().values() if one.sms_policy == "ok")
START = datetime(2031, 3, 4, 16, 0, tzinfo=UTC)
REPLIES = (
    "1",
    "2",
    "1 3",
    "none",
    "3",
    "4",
    "often",
    "yes",
    "no",
    "skip",
    "idk",
    "banana",
    "2 and I fell",
    "",
)
# "live" and 0 stand for the question and the step that are live when the event comes.
KEYS = ("live", "live", "live", "nudge/live", "nudge/live", "ask/1", "reask/2", "nudge/1", "thanks")
PROMPTS = (*(item.key for one in INSTRUMENTS for item in one.items), "unknown")

moments = st.integers(0, 10_000).map(lambda minutes: START + timedelta(minutes=minutes))
answers: st.SearchStrategy[Answer] = st.one_of(
    st.sampled_from(["often", "never", "unsure", "yes", "no", "odd"]).map(Chosen),
    st.sampled_from([ChosenSeveral(("pests", "mold")), ChosenSeveral(("mold", "none"))]),
    st.sampled_from([Declined(), DidNotKnow(), NotAsked()]),
)
clockwork: st.SearchStrategy[Event] = st.one_of(
    st.builds(TextAccepted, moments, st.sampled_from(KEYS)),
    st.builds(
        TimerFired,
        moments,
        st.sampled_from(["nudge", "nudge", "silence", "expire", "odd"]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Started, moments),
    st.builds(TextReceived, moments, st.one_of(st.sampled_from(REPLIES), st.text(max_size=20))),
    st.builds(StaffWrote, moments),
    st.builds(AnswerEntered, moments, st.sampled_from(PROMPTS), answers),
    st.builds(DeliveryFailed, moments, st.sampled_from(KEYS), st.just("30003")),
    st.builds(TextSkipped, moments, st.sampled_from(KEYS), st.just("over-budget")),
    st.builds(ItemClosed, moments),
    st.builds(PersonChanged, moments, st.just(value=True), st.sampled_from([None, "en", "es"])),
)
endings: st.SearchStrategy[Event] = st.one_of(
    st.builds(ConsentChanged, moments, st.booleans()),
    st.builds(PersonChanged, moments, st.booleans(), st.none()),
    st.builds(Cancelled, moments),
)
# Mostly what keeps a conversation going, so that long ones are explored too.
histories = st.lists(st.one_of(clockwork, events, events, clockwork, endings), max_size=25).map(
    lambda some: [Started(START), *some]
)
scripts = st.sampled_from([script_of(one) for one in INSTRUMENTS])


def meant(event: Event, state: State) -> Event:
    """Return an event with what "live" stands for."""
    if not isinstance(state, Asking):
        return event
    match event:
        case TextAccepted(key=key) | DeliveryFailed(key=key) | TextSkipped(key=key) if key.endswith(
            "live"
        ):
            live = live_key(state) if key == "live" else f"nudge/{state.step}"
            return replace(event, key=live)
        case TimerFired(step=0):
            return replace(event, step=state.step)
        case _:
            return event


def play(history: Sequence[Event], script: Script) -> list[Step]:
    """Return every step of a history."""
    steps: list[Step] = []
    state: State = NotStarted()
    for event in history:
        steps.append(advance(state, meant(event, state), script, "en"))
        state = steps[-1].state
    return steps


def effects_of(steps: Sequence[Step]) -> list[object]:
    """Return all effects in order."""
    return [effect for step in steps for effect in step.effects]


@given(histories, scripts)
def test_silent_after_done(history: list[Event], script: Script) -> None:
    """Once a conversation is done it says, records and wakes nothing, and stays as it ended."""
    for before, after in pairwise(play(history, script)):
        if isinstance(before.state, Done):
            assert after == Step(before.state)


@given(histories, scripts)
def test_finish_is_said_once_and_exactly_at_the_end(history: list[Event], script: Script) -> None:
    """A conversation is finished when and only when it says so, once, as its last effect."""
    steps = play(history, script)
    finishes = [one for one in effects_of(steps) if isinstance(one, Finish)]

    assert len(finishes) == isinstance(steps[-1].state, Done)
    for step in steps:
        if any(isinstance(one, Finish) for one in step.effects):
            assert isinstance(step.state, Done)
            assert step.effects[-1] == Finish(step.state.outcome)


@given(histories, scripts)
def test_nothing_is_said_after_an_opt_out(history: list[Event], script: Script) -> None:
    """From the moment the line is closed no text is sent."""
    steps = play(history, script)
    closed = [
        place
        for place, event in enumerate(history)
        if isinstance(event, ConsentChanged) and event.opted_out
    ]

    if closed:
        assert not [one for one in effects_of(steps[closed[0] :]) if isinstance(one, SendText)]


@given(histories, scripts)
def test_no_key_is_sent_twice(history: list[Event], script: Script) -> None:
    """Each text of a conversation has a key of its own."""
    keys = [one.key for one in effects_of(play(history, script)) if isinstance(one, SendText)]

    assert len(keys) == len(set(keys))


@given(histories, scripts)
def test_no_timer_is_set_twice(history: list[Event], script: Script) -> None:
    """A timer is known by its name and step."""
    timers = [
        (one.name, one.step)
        for one in effects_of(play(history, script))
        if isinstance(one, SetTimer)
    ]

    assert len(timers) == len(set(timers))


@given(histories, scripts)
def test_only_texts_that_were_sent_are_withdrawn(history: list[Event], script: Script) -> None:
    """A withdrawal names a text of ours."""
    sent: set[str] = set()
    for effect in effects_of(play(history, script)):
        if isinstance(effect, WithdrawText):
            assert effect.key in sent
        if isinstance(effect, SendText):
            sent.add(effect.key)


@given(histories, scripts)
def test_the_state_survives_json(history: list[Event], script: Script) -> None:
    """No step depends on anything that does not survive being stored."""
    state: State = NotStarted()
    for event, expected in zip(history, play(history, script), strict=True):
        stored = msgspec.json.decode(msgspec.json.encode(state), type=State)
        step = advance(stored, meant(event, stored), script, "en")

        assert step == expected
        state = step.state


@given(histories, scripts)
def test_the_same_history_gives_the_same_steps(history: list[Event], script: Script) -> None:
    """A replay is the original."""
    assert play(history, script) == play(history, script)


@given(st.lists(st.one_of(events, clockwork, endings), max_size=5))
def test_events_survive_json(some: list[Event]) -> None:
    """An event read back from the log is the event."""
    assert msgspec.json.decode(msgspec.json.encode(some), type=list[Event]) == some


@given(histories, scripts)
def test_an_answer_is_recorded_once(history: list[Event], script: Script) -> None:
    """Only "which of the two" replaces a recorded answer, and that of a combined option."""
    recorded: dict[str, Answer] = {}
    for effect in effects_of(play(history, script)):
        if isinstance(effect, RecordAnswer):
            earlier = recorded.get(effect.prompt)
            prompt = script.prompt(effect.prompt)

            assert prompt is not None
            assert earlier is None or prompt.is_combined(earlier)
            recorded[effect.prompt] = effect.answer


@given(histories, scripts)
def test_no_answer_is_lost(history: list[Event], script: Script) -> None:
    """However a conversation ends, its state holds exactly the answers that were recorded."""
    recorded: dict[str, Answer] = {}
    for step in play(history, script):
        recorded |= {
            one.prompt: one.answer for one in step.effects if isinstance(one, RecordAnswer)
        }

        assert dict(step.state.answers) == recorded


@given(histories, scripts)
def test_completed_means_answered(history: list[Event], script: Script) -> None:
    """A completed conversation has an answer to every prompt."""
    state = play(history, script)[-1].state

    if isinstance(state, Done) and state.outcome == "completed":
        assert {key for key, _ in state.answers} == {prompt.key for prompt in script.prompts}


@given(histories, scripts)
def test_nothing_automatic_is_said_while_a_human_talks(
    history: list[Event], script: Script
) -> None:
    """A pause is silent until the human is done."""
    steps = play(history, script)
    for before, after in pairwise(steps):
        if (
            isinstance(before.state, Asking)
            and before.state.paused
            and isinstance(after.state, Asking)
            and after.state.paused
        ):
            assert not [one for one in after.effects if isinstance(one, SendText)]


@given(histories, scripts)
def test_a_text_never_vanishes(history: list[Event], script: Script) -> None:
    """Every text into a live conversation is an answer, a question asked again, or a flag."""
    state: State = NotStarted()
    for event in history:
        step = advance(state, meant(event, state), script, "en")
        if isinstance(state, Asking) and isinstance(event, TextReceived):
            assert [
                one for one in step.effects if isinstance(one, RecordAnswer | RaiseFlag | SendText)
            ]
        state = step.state


@given(histories, scripts)
def test_a_hand_off_is_always_a_flag_too(history: list[Event], script: Script) -> None:
    """Nobody is handed to a human without work that has an owner."""
    for step in play(history, script):
        if any(isinstance(one, HandOff) for one in step.effects):
            assert any(isinstance(one, RaiseFlag) for one in step.effects)


@given(histories, scripts)
def test_the_first_text_that_arrives_says_who_we_are(history: list[Event], script: Script) -> None:
    """Until one of our questions is known to have arrived, each carries the opening."""
    seen = False
    for event, step in zip(history, play(history, script), strict=True):
        for effect in step.effects:
            if isinstance(effect, SendText) and effect.key.startswith("ask/"):
                assert seen or effect.lead == "opening" or isinstance(event, TextReceived)
        seen = seen or (isinstance(step.state, Asking) and step.state.introduced)


@given(histories, scripts)
def test_every_text_can_be_composed(history: list[Event], script: Script) -> None:
    """Whatever the engine wants sent, the catalogue has words for, in both languages."""
    questions = {
        key: question for one in INSTRUMENTS for key, question in questions_of(one).items()
    }
    values = {"practice": "P", "count": "2", "care_manager": "D", "phone": "1"}
    for effect in effects_of(play(history, script)):
        if isinstance(effect, SendText):
            for language in ("en", "es"):
                assert compose(load(), questions, effect.text, language, values, effect.lead)


@given(histories, scripts)
def test_the_live_question_is_the_last_one_sent(history: list[Event], script: Script) -> None:
    """Outside a pause, what waits for an answer is the last question that was sent."""
    last = ""
    for step in play(history, script):
        for effect in step.effects:
            if isinstance(effect, SendText) and not effect.key.startswith(("nudge", "thanks")):
                last = effect.key
        if isinstance(step.state, Asking) and not step.state.paused:
            assert live_key(step.state) == last


@given(st.text(), st.sampled_from(["en", "es", "ht"]), scripts)
def test_any_text_can_be_read(text: str, language: str, script: Script) -> None:
    """Reading never fails, and what it hands on stands in the text."""
    for prompt in script.prompts:
        reading = read_answer(text, prompt, language)

        if isinstance(reading, Understood) and text.isascii():
            assert reading.rest in text


@given(scripts, st.data())
def test_every_word_of_an_option_means_it(script: Script, data: st.DataObject) -> None:
    """Each word an instrument lists for an option is read as that option, in any language."""
    prompt = data.draw(st.sampled_from(script.prompts))
    option = data.draw(st.sampled_from(prompt.options))
    word = data.draw(st.sampled_from([str(option.number), *option.words]))
    dressed = data.draw(st.sampled_from([str, str.upper, str.title, lambda w: f" {w}! "]))(word)

    assert read_answer(dressed, prompt, "en") == Understood(Chosen(option.key))
