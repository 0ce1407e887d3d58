"""Let a conversation of the line live through an event, and the next one begin. (p).

One live prompt per phone: who waits is asked when the floor is free, and nobody is asked anything
new in a crisis. This room refuses to say what an event means; the engine does.
"""

from engage.conversation.engine import EXPIRE, advance
from engage.conversation.events import Event, PersonChanged, Started, TimerFired
from engage.conversation.states import Asking, NotStarted
from engage.ids import PatientId
from engage.turns.context import ConversationSeen
from engage.turns.draft import Draft
from engage.turns.privacy import kept_private


def advance_one(draft: Draft, seen: ConversationSeen, event: Event) -> None:
    """Take one conversation through one event."""
    script = draft.library.scripts[seen.script]
    thread = draft.context.thread_of(seen.patient_id)
    if thread is None:
        return
    if isinstance(event, PersonChanged) and event.language is not None:
        seen = ConversationSeen(
            id=seen.id,
            thread_id=seen.thread_id,
            patient_id=seen.patient_id,
            script=seen.script,
            language="es" if event.language == "es" else "en",
            state=seen.state,
            started_at=seen.started_at,
            screening_id=seen.screening_id,
        )
        # Also if nothing is asked now: what waits or is paused will be asked in it.
        draft.stand(seen, seen.state)
    step = advance(seen.state, event, script, seen.language)
    step = kept_private(draft.context, draft.turn, seen, step, script)
    begins = isinstance(event, Started)
    draft.conversation(seen, step.state, step.effects, thread, begins=begins)


def next_in_line(draft: Draft) -> None:
    """One live prompt per phone: when no question is open, the next conversation begins.

    A question that nobody answered in time has lost the floor: late answers to it count as long as
    nothing newer is asked, so it ends when something newer is. A question that a human paused has
    not: they are talking. And nobody is asked anything new in a crisis.
    """
    line = draft.context.line
    standing = draft.states().values()
    live = any(isinstance(s, Asking) and (s.paused or not s.silent) for _, s in standing)
    if live or line is None or draft.opted_out:
        return
    waiting = [
        seen
        for seen, state in standing
        if isinstance(state, NotStarted) and not in_crisis(draft, seen.patient_id)
    ]
    if not waiting:
        return
    for seen, state in standing:
        if isinstance(state, Asking):
            advance_one(draft, seen, TimerFired(draft.at, EXPIRE, state.step))
    first = min(waiting, key=lambda seen: (seen.started_at, seen.id.bytes))
    advance_one(draft, first, Started(draft.at))


def in_crisis(draft: Draft, patient: PatientId | None) -> bool:
    """Say whether a person's crisis is open: then automation holds its tongue."""
    return any(i.about_id == patient and i.severity == "crisis" for i in draft.context.items)
