"""What begins with a first question: a screening, or an occurrence of a plan. (p).

Whatever begins is saved as waiting; it gets the floor when the phone is free. An occurrence takes
the place of an older one of its plan that never came to be asked, so nothing ever comes in a burst.
This room refuses to choose a moment: the plan did.
"""

from collections.abc import Callable
from typing import Literal

from engage.conversation.events import Cancelled, Event
from engage.conversation.states import NotStarted
from engage.ids import ConversationId, derived
from engage.queue.flag import NEED, Flag
from engage.turns.coming import Whether, script_id
from engage.turns.context import (
    CheckInDue,
    ConversationSeen,
    ScreeningAsked,
    ThreadSeen,
    TurnContext,
)
from engage.turns.decision import ScreeningSaved
from engage.turns.draft import Draft

Advance = Callable[[Draft, ConversationSeen, Event], None]


def started(draft: Draft, advance: Advance) -> None:
    """Begin what a turn begins, if it is either."""
    if draft.turn.check_in is not None:
        occur(draft, draft.turn.check_in, advance)
    elif draft.turn.screening is not None:
        begin(draft, draft.turn.screening)


def occur(draft: Draft, due: CheckInDue, advance: Advance) -> None:
    """Begin an occurrence of a plan; one that no phone can be asked by becomes work."""
    for seen in draft.context.conversations:
        if seen.screening_id in due.instead_of and isinstance(seen.state, NotStarted):
            advance(draft, seen, Cancelled(draft.at))
    if draft.turn.screening is not None:
        begin(draft, draft.turn.screening)
    patient = draft.turn.patient_id
    thread = draft.context.thread_of(patient) if patient is not None else None
    if due.unreachable and thread is not None and thread.active:
        draft.flag(Flag(reason="not-asked", severity="routine", rule="plan/no-phone"), thread)


def ask_whether(draft: Draft, whether: Whether) -> None:
    """Begin the question whether something came; whom no text reaches, a person asks."""
    patient = draft.turn.patient_id
    thread = draft.context.thread_of(patient) if patient is not None else None
    if thread is None or not thread.active:
        return
    if whether.by_hand or thread.id is None or why_not(draft.context, thread) is not None:
        joins = f"{NEED}{whether.domain}"
        draft.flag(
            Flag(reason="loop-open", severity="routine", rule="came/by-hand", joins=joins), thread
        )
        return
    seen = ConversationSeen(
        id=ConversationId(derived(draft.at, draft.turn.cause, "came")),
        thread_id=thread.id,
        patient_id=thread.patient_id,
        script=script_id(whether.domain, again=whether.again),
        language=thread.language,
        state=NotStarted(),
        started_at=draft.at,
    )
    draft.stand(seen, seen.state)


def why_not(context: TurnContext, thread: ThreadSeen) -> Literal["not-in-care", "opted-out"] | None:
    """Say why a plan asks nothing on a line now: what its person decided since it was made."""
    if not thread.active:
        return "not-in-care"
    if context.line is not None and context.line.opted_out:
        return "opted-out"
    return None


def begin(draft: Draft, asked: ScreeningAsked) -> None:
    """Begin a screening: with its first question if it is by text, else with the record alone."""
    draft.begin_screening(
        ScreeningSaved(
            id=asked.id,
            patient_id=asked.patient_id,
            instrument=asked.instrument,
            instrument_version=draft.library.version_of(asked.instrument),
            channel=asked.channel,
            language=asked.language,
            status="in-progress",
            requested_by=draft.turn.staff_id,
        )
    )
    thread = draft.context.thread_of(asked.patient_id)
    if asked.channel != "sms" or thread is None or thread.id is None:
        return
    seen = ConversationSeen(
        id=ConversationId(derived(draft.at, draft.turn.cause, "conversation")),
        thread_id=thread.id,
        patient_id=asked.patient_id,
        script=asked.script or asked.instrument,
        language=asked.language,
        state=NotStarted(),
        started_at=draft.at,
        screening_id=asked.id,
    )
    # Saved as waiting; `next_in_line` gives it the floor unless another question is live.
    draft.stand(seen, seen.state)
