"""The decision: one function from what was loaded and what happened to all that must be saved. (p).

What a text means is decided in inbound.py; here are the events that are no text. This room refuses
an event without a consequence: an empty decision still uses up its cause.
"""

from typing import assert_never

from engage.conversation.answers import Answer
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
from engage.conversation.states import Asking
from engage.queue.flag import Flag
from engage.turns import checkins, choosing, consents, on_page
from engage.turns.advancing import advance_one, in_crisis, next_in_line
from engage.turns.attribution import attribute, in_time
from engage.turns.context import ConversationSeen, Turn, TurnContext
from engage.turns.correction import correct
from engage.turns.decision import Decision
from engage.turns.draft import Draft
from engage.turns.helping import ask_for_help
from engage.turns.inbound import read_text
from engage.turns.late import stop_overtaken
from engage.turns.library import Library
from engage.turns.written import read_written


def decide(context: TurnContext, turn: Turn, library: Library) -> Decision:
    """Return everything that follows from one event."""
    draft = Draft(context, turn, library)
    match turn.event:
        case TextReceived():
            _came_in(draft, turn.event)
        case AnswersTakenBack():
            if turn.text is not None:
                correct(draft, turn.event, turn.text, advance_one, read_text)
        case Started():
            _started(draft)
        case StaffWrote():
            _staff_wrote(draft)
        case AnswerEntered() if turn.conversation_id is not None:
            _one_conversation(draft, turn.event)
        case AnswerEntered():
            _entered(draft, turn.event)
        case ConsentChanged() if turn.record is not None:
            consents.recorded(draft, advance_one)
        case ConsentChanged() | Cancelled() | TextAccepted() | TextSkipped() | TimerFired():
            _one_conversation(draft, turn.event)
        case DeliveryFailed():
            _failed(draft, turn.event)
        case ItemClosed() | PersonChanged():
            _every_conversation(draft, turn.event)
        case _:
            assert_never(turn.event)
    consents.tell_of_phone(draft)
    choosing.follow(draft)
    ask_for_help(draft)
    next_in_line(draft)
    return draft.decision()


def _started(draft: Draft) -> None:
    turn = draft.turn
    if turn.whether is not None:
        checkins.ask_whether(draft, turn.whether)
    elif turn.meet is not None:
        choosing.meet(draft, turn.meet)
    elif turn.check is not None:
        consents.begin_check(draft, turn.check, advance_one)
    else:
        checkins.started(draft, advance_one)


def _came_in(draft: Draft, event: TextReceived) -> None:
    came = draft.turn.text
    if came is None:
        return
    if came.written is not None:
        read_written(draft, event, came, came.written)
        return
    who = in_time(attribute(draft.context), draft.at)
    if not stop_overtaken(draft, event, came, who):
        read_text(draft, event, came, who)


def _staff_wrote(draft: Draft) -> None:
    text = draft.turn.staff_text
    thread = next((t for t in draft.context.threads if text and t.id == text.thread_id), None)
    if thread is None:
        return
    for seen in draft.context.conversations:
        if seen.patient_id == thread.patient_id:
            advance_one(draft, seen, draft.turn.event)
    draft.staff_text(thread)


def _entered(draft: Draft, event: AnswerEntered) -> None:
    """Take an answer that staff typed in, through the live conversation if there is one."""
    asked = draft.turn.screening
    if asked is None:
        return
    thread = draft.context.thread_of(asked.patient_id)
    if draft.turn.page is not None and draft.turn.page.late:
        rule = f"checkin/{asked.instrument}/late"
        draft.flag(Flag(reason="check-in-red", severity="possible", rule=rule), thread)
        return
    seen = next((c for c in draft.context.conversations if c.screening_id == asked.id), None)
    if seen is not None:
        advance_one(draft, seen, event)
    elif thread is not None:
        known: dict[str, Answer] = {**asked.known, event.prompt: event.answer}
        draft.answer(asked.id, asked.instrument, event.prompt, event.answer, thread, known)
        script = draft.library.scripts.get(asked.instrument)
        if draft.turn.page and on_page.stops(script, event.prompt, event.answer):
            draft.end_screening(asked.id, asked.instrument, known, completed=False)
        elif draft.library.asks_all(asked.instrument, known):
            draft.end_screening(asked.id, asked.instrument, known, completed=True)


def _failed(draft: Draft, event: DeliveryFailed) -> None:
    """Hand off the conversation of a text that did not arrive, or tell the care manager."""
    seen = _target(draft)
    if seen is not None and isinstance(seen.state, Asking):
        advance_one(draft, seen, event)
        return
    thread = next((t for t in draft.context.threads if t.patient_id == draft.turn.patient_id), None)
    know_by = draft.turn.know_by
    if know_by is not None:
        # They wait for a driver, or for nobody: somebody calls them before that.
        flag = Flag(
            reason="not-told", severity="urgent", rule=f"delivery/{event.reason}", due_by=know_by
        )
    else:
        flag = Flag(reason="undeliverable", severity="routine", rule=f"delivery/{event.reason}")
    draft.flag(flag, thread)


def _one_conversation(draft: Draft, event: Event) -> None:
    seen = _target(draft)
    if seen is not None:
        advance_one(draft, seen, event)


def _every_conversation(draft: Draft, event: Event) -> None:
    patient = draft.turn.patient_id
    if isinstance(event, ItemClosed) and in_crisis(draft, patient):
        return  # another of their items was closed; the crisis still holds automation's tongue
    for seen in draft.context.conversations:
        if seen.patient_id == patient:
            advance_one(draft, seen, event)


def _target(draft: Draft) -> ConversationSeen | None:
    wanted = draft.turn.conversation_id
    return next((c for c in draft.context.conversations if c.id == wanted), None)
