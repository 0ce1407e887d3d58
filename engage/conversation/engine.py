"""The law of a conversation: one event in, one step out. (p).

Rule 1: every transition is in this file, and every pair of state and event is written once,
ignoring included. `advance` is pure and total: the same arguments give the same step, and no event
raises; only a state of another script does.

How it goes. A step is one question put, re-asks included; text keys and timers carry its number, so
a timer set for a question that was answered since finds another step and does nothing. The no-reply
clock starts when the carrier took the text, not when it was queued. Unanswered is never no:
whatever ends a conversation, the answers given so far stay and the others stay missing.

What it refuses: words (a text is an id here), risk (needs judges answers), STOP and crisis (turns
judges them before a text comes this far), and due times.
"""

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from engage.conversation.answers import Answer, OutOfBounds, Unclear, Understood
from engage.conversation.effects import (
    Effect,
    Finish,
    HandOff,
    Outcome,
    RaiseFlag,
    RecordAnswer,
    SendText,
    SetTimer,
    WithdrawText,
)
from engage.conversation.events import (
    AnswerEntered,
    AnswersTakenBack,
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
from engage.conversation.replies import read_answer, read_which_one
from engage.conversation.script import Prompt, Script
from engage.conversation.states import Answers, Asking, Done, NotStarted, State, Step
from engage.errors import EngageError

__all__ = ["Answers", "Asking", "Done", "NotStarted", "State", "Step", "advance", "live_key"]

NUDGE, SILENCE, EXPIRE = "nudge", "silence", "expire"
"""The timers a conversation sets."""

TRIES = 2
"""How many unclear replies bring a human."""


class WrongScript(EngageError):  # noqa: N818 - reads as a sentence: raise WrongScript
    """This conversation belongs to another version of its script."""


def advance(state: State, event: Event, script: Script, language: str) -> Step:
    """Return where one event leads and what it wants done.

    `language` is the person's: replies in the other language count too, but a word that means
    different things in both is read in this one.
    """
    match state:
        case NotStarted():
            return _not_started(state, event, script)
        case Asking():
            return _asking(state, event, script, language)
        case Done():
            # Over is over. A late text is routed to a human before it comes here; callbacks and
            # timers of a finished conversation arrive out of order and mean nothing any more.
            return Step(state)
        case _:
            assert_never(state)


def live_key(state: Asking) -> str:
    """Return the key of the question that waits for an answer."""
    kind = "which-one" if state.which else "reask" if state.tries else "ask"
    return f"{kind}/{state.step}"


def _not_started(state: NotStarted, event: Event, script: Script) -> Step:
    match event:
        case Started():
            # A conversation all of whose answers staff entered beforehand has nothing to ask.
            return _next(state.answers, 0, event.at, script, introduced=False)
        case AnswerEntered():
            if not script.offers(event.prompt, event.answer):
                return Step(state)  # not a question or an option of this script
            answer = _prompt(script, event.prompt).as_offered(event.answer)
            answers = _with(state.answers, event.prompt, answer)
            record = RecordAnswer(event.prompt, answer)
            if script.first_without(dict(answers)) is None:
                return _finish(answers, "completed", record)
            return Step(NotStarted(answers), (record,))
        case ConsentChanged() | PersonChanged() | Cancelled():
            # A new language needs nothing: the first question will be put in it.
            outcome = _ended_by(event)
            return Step(state) if outcome is None else _finish(state.answers, outcome)
        case TextReceived() | StaffWrote() | ItemClosed() | AnswersTakenBack():
            return Step(state)  # nothing was asked yet, so none of it is about us
        case TextAccepted() | DeliveryFailed() | TextSkipped() | TimerFired():
            return Step(state)  # we have sent and set nothing yet
        case _:
            assert_never(event)


def _asking(state: Asking, event: Event, script: Script, language: str) -> Step:
    match event:
        case Started():
            return Step(state)  # started once; a repeated start is a repeated delivery
        case TextReceived():
            return _text(state, event, script, language)
        case TextAccepted():
            return _accepted(state, event, script)
        case TimerFired():
            return _timer(state, event, script)
        case StaffWrote():
            # Questions still waiting to be sent would talk across the human.
            return Step(replace(state, paused=True), _withdrawals(state))
        case AnswerEntered():
            return _entered(state, event, script)
        case DeliveryFailed():
            return _failed(state, event)
        case TextSkipped():
            return _skipped(state, event, script)
        case ItemClosed():
            # Not paused: the item was about something else.
            return _ask_again(state, event.at, script) if state.paused else Step(state)
        case AnswersTakenBack():
            return _taken_back(state, event, script)
        case ConsentChanged() | PersonChanged() | Cancelled():
            return _changed(state, event, script)
        case _:
            assert_never(event)


def _ended_by(event: ConsentChanged | PersonChanged | Cancelled) -> Outcome | None:
    match event:
        case ConsentChanged():
            return "opted-out" if event.opted_out else None
        case PersonChanged():
            return None if event.active else "cancelled"
        case Cancelled():
            return "cancelled"
        case _:
            assert_never(event)


def _changed(
    state: Asking, event: ConsentChanged | PersonChanged | Cancelled, script: Script
) -> Step:
    outcome = _ended_by(event)
    if outcome is not None:
        # Nothing is said, after a STOP least of all: the carrier itself confirms that.
        return _finish(state.answers, outcome, *_withdrawals(state))
    if isinstance(event, PersonChanged) and event.language is not None and not state.paused:
        return _ask_again(state, event.at, script)  # the same question, in the new language
    # The line was opened again, or something else about the person changed; and whatever a pause
    # delays is asked in the new language on resuming.
    return Step(state)


def _text(state: Asking, event: TextReceived, script: Script, language: str) -> Step:
    if state.paused:
        flag = RaiseFlag("reply-to-staff", "routine", "engine.reply-to-staff", quote=True)
        return Step(state, (flag,))
    # Who answers has seen the question, even if the carrier's word for it is still on its way.
    state = replace(state, introduced=True)
    prompt = _prompt(script, state.prompt)
    if state.which:
        return _which_one(state, event, script, language)
    reading = read_answer(event.text, prompt, language)
    match reading:
        case Unclear():
            return _unclear(state, event)
        case OutOfBounds():
            # A slip of the finger, or a body in danger: a human sees it now, and we ask once more.
            flag = RaiseFlag("out-of-bounds", "urgent", "engine.out-of-bounds", quote=True)
            step = _unclear(state, event)
            return Step(step.state, (flag, *step.effects))
        case Understood(answer, rest):
            answers = _with(state.answers, state.prompt, answer)
            effects = (
                *_withdrawals(state),
                RecordAnswer(state.prompt, answer),
                *((_said_more(),) if rest else ()),
            )
            if any(option.stops for option in prompt.chosen(answer)):
                return _finish(answers, "handed-off", *effects, HandOff("sign-of-danger"))
            if prompt.is_combined(answer):
                asking = _fresh(replace(state, answers=answers), event.at, which=True)
                question = SendText(live_key(asking), f"which-one {state.prompt}")
                return Step(asking, (*effects, question))
            return _next(answers, state.step, event.at, script, *effects)
        case _:
            assert_never(reading)


def _which_one(state: Asking, event: TextReceived, script: Script, language: str) -> Step:
    reading = read_which_one(event.text, language)
    match reading:
        case Unclear() | OutOfBounds():
            # The combined answer stands as it is, and nobody is asked a third time; but words that
            # nobody could read go to a human.
            flag = RaiseFlag("unclear-answer", "routine", "engine.which-one", quote=True)
            effects = (*_withdrawals(state), flag)
            return _next(state.answers, state.step, event.at, script, *effects)
        case Understood(answer, rest):
            effects = (
                *_withdrawals(state),
                RecordAnswer(state.prompt, answer),
                *((_said_more(),) if rest else ()),
            )
            answers = _with(state.answers, state.prompt, answer)
            return _next(answers, state.step, event.at, script, *effects)
        case _:
            assert_never(reading)


def _unclear(state: Asking, event: TextReceived) -> Step:
    tries = state.tries + 1
    if tries < TRIES:
        asking = _fresh(state, event.at, tries=tries)
        question = SendText(live_key(asking), f"reask {state.prompt}")
        return Step(asking, (*_withdrawals(state), question))
    flag = RaiseFlag("unclear-answer", "routine", "engine.unclear-answer", quote=True)
    return _finish(state.answers, "handed-off", *_withdrawals(state), flag, HandOff(flag.reason))


def _accepted(state: Asking, event: TextAccepted, script: Script) -> Step:
    if event.key == live_key(state) and state.accepted_at is None:
        asking = replace(state, accepted_at=event.at, introduced=True)
        timer = SetTimer(NUDGE, state.step, script.nudge_after_hours)
    elif event.key == f"nudge/{state.step}" and state.nudge_accepted_at is None:
        asking = replace(state, nudge_accepted_at=event.at)
        timer = SetTimer(SILENCE, state.step, script.silence_after_hours)
    else:
        return Step(state)  # an earlier question, or the same news twice
    # While a human talks there is no clock; resuming asks anew and starts one.
    return Step(asking, () if state.paused else (timer,))


def _timer(state: Asking, event: TimerFired, script: Script) -> Step:
    if event.step != state.step:
        return Step(state)  # the person has answered since
    if event.name == EXPIRE and state.silent:
        # Also while paused: two weeks on, no question comes back out of the blue.
        return _finish(state.answers, "expired")
    if state.paused:
        return Step(state)  # a human is talking
    if event.name == NUDGE and state.which:
        # "Don't know or won't say" is an answer; we do not press for which of the two.
        return _next(state.answers, state.step, event.at, script)
    if event.name == NUDGE and not state.nudged:
        nudge = SendText(f"nudge/{state.step}", f"nudge {state.prompt}")
        return Step(replace(state, nudged=True), (nudge,))
    if event.name == SILENCE and not state.silent:
        flag = RaiseFlag("no-reply", "routine", "engine.silence")
        timer = SetTimer(EXPIRE, state.step, script.grace_days * 24)
        return Step(replace(state, silent=True), (flag, timer))
    return Step(state)  # the same timer twice, or one this version does not know


def _entered(state: Asking, event: AnswerEntered, script: Script) -> Step:
    resolves = state.which and event.prompt == state.prompt
    if not script.offers(event.prompt, event.answer) or (
        event.prompt in dict(state.answers) and not resolves
    ):
        return Step(state)  # not ours, or answered: a correction is another event, with its undo
    answer = _prompt(script, event.prompt).as_offered(event.answer)
    answers = _with(state.answers, event.prompt, answer)
    record = RecordAnswer(event.prompt, answer)
    if event.prompt != state.prompt:
        return Step(replace(state, answers=answers), (record,))
    effects = (*_withdrawals(state), record)
    following = script.first_without(dict(answers))
    if following is None:
        # No thanks by text: whoever entered the last answer is already speaking with the person.
        return _finish(answers, "completed", *effects)
    if state.paused:
        waiting = replace(state, prompt=following.key, which=False, tries=0, answers=answers)
        return Step(waiting, effects)
    return _next(answers, state.step, event.at, script, *effects, introduced=state.introduced)


def _failed(state: Asking, event: DeliveryFailed) -> Step:
    if event.key not in {live_key(state), f"nudge/{state.step}"}:
        return Step(state)  # an earlier text: it was answered, so it arrived or did not matter
    flag = RaiseFlag("undeliverable", "routine", "engine.undeliverable")
    others = (text for text in _withdrawals(state) if text.key != event.key)
    return _finish(state.answers, "handed-off", *others, flag, HandOff(flag.reason))


def _skipped(state: Asking, event: TextSkipped, script: Script) -> Step:
    if event.key == f"nudge/{state.step}":
        if state.paused or state.nudge_accepted_at is not None:
            return Step(state)
        # Nobody was nudged, and still: silence becomes work.
        timer = SetTimer(SILENCE, state.step, script.silence_after_hours)
        return Step(replace(state, nudge_accepted_at=event.at), (timer,))
    if event.key != live_key(state) or state.paused:
        return Step(state)  # an earlier text; or a human talks, and resuming asks anew
    flag = RaiseFlag("not-asked", "routine", "engine.not-asked")
    others = (text for text in _withdrawals(state) if text.key != event.key)
    return _finish(state.answers, "handed-off", *others, flag, HandOff(flag.reason))


def _taken_back(state: Asking, event: AnswersTakenBack, script: Script) -> Step:
    """Forget answers that were another's and ask again from the first that is missing now."""
    answers = tuple(known for known in state.answers if known[0] not in event.prompts)
    missing = script.first_without(dict(answers)) or _prompt(script, state.prompt)
    before = replace(state, prompt=missing.key, which=False, tries=0, answers=answers)
    return (
        Step(before, _withdrawals(state)) if state.paused else _ask_again(before, event.at, script)
    )


def _ask_again(state: Asking, at: datetime, script: Script) -> Step:
    """Put the live question once more, as a new step."""
    asking = _fresh(replace(state, tries=0), at, which=state.which)
    text = f"which-one {state.prompt}" if state.which else state.prompt
    lead = None if state.introduced else script.lead
    return Step(asking, (*_withdrawals(state), SendText(live_key(asking), text, lead)))


def _next(
    answers: Answers,
    step: int,
    at: datetime,
    script: Script,
    *effects: Effect,
    introduced: bool = True,
) -> Step:
    """Put the first question that has no answer, or end with thanks."""
    prompt = script.first_without(dict(answers))
    if prompt is None:
        closing = (SendText("thanks", script.closing),) if step else ()
        return _finish(answers, "completed", *effects, *closing)
    asking = Asking(step + 1, prompt.key, at, introduced=introduced, answers=answers)
    lead = None if introduced else script.lead
    return Step(asking, (*effects, SendText(live_key(asking), prompt.key, lead)))


def _fresh(state: Asking, at: datetime, *, tries: int = 0, which: bool = False) -> Asking:
    """Return the state with a new step of the same prompt: its own clock, nothing nudged yet."""
    return Asking(
        state.step + 1,
        state.prompt,
        at,
        tries=tries,
        which=which,
        introduced=state.introduced,
        answers=state.answers,
    )


def _finish(answers: Answers, outcome: Outcome, *effects: Effect) -> Step:
    return Step(Done(outcome, answers), (*effects, Finish(outcome)))


def _withdrawals(state: Asking) -> tuple[WithdrawText, ...]:
    """Return the texts of the live step that the carrier, as far as we know, does not have yet."""
    question = (live_key(state),) if state.accepted_at is None else ()
    waiting = state.nudged and state.nudge_accepted_at is None
    nudge = (f"nudge/{state.step}",) if waiting else ()
    return tuple(WithdrawText(key) for key in (*question, *nudge))


def _said_more() -> RaiseFlag:
    return RaiseFlag("said-more", "routine", "engine.said-more", quote=True)


def _prompt(script: Script, key: str) -> Prompt:
    prompt = script.prompt(key)
    if prompt is None:
        raise WrongScript
    return prompt


def _with(answers: Answers, prompt: str, answer: Answer) -> Answers:
    return tuple({**dict(answers), prompt: answer}.items())
