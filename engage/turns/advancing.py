"""Let a conversation of the line live through an event, and the next one begin. (p).

One live prompt per phone: who waits is asked when the floor is free, and nobody is asked anything
new in a crisis. This room refuses to say what an event means; the engine does.
"""

from uuid import UUID

from engage.conversation.engine import EXPIRE, NUDGE, advance
from engage.conversation.events import Event, PersonChanged, StaffWrote, Started, TimerFired
from engage.conversation.severity import Severity, rank
from engage.conversation.states import Asking, NotStarted
from engage.ids import PatientId
from engage.turns import coming, invite, needing, on_page
from engage.turns.clarify import as_lived
from engage.turns.context import ConversationSeen
from engage.turns.draft import Draft
from engage.turns.privacy import kept_private

DANGER = "crisis"
"""The subject of work about a danger, certain or possible."""


def advance_one(draft: Draft, seen: ConversationSeen, event: Event) -> None:
    """Take one conversation through one event."""
    script = draft.library.scripts[seen.script]
    if isinstance(event, TimerFired) and event.name == NUDGE and in_crisis(draft, seen.patient_id):
        event = StaffWrote(draft.at)  # paused on their other phones too, until a human is done
    event = needing.as_lived(seen.script, as_lived(seen.script, event))
    event = invite.as_lived(seen.script, event)
    event = draft.meetings.as_lived(seen, event)
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
    step = needing.as_told(seen.script, advance(seen.state, event, script, seen.language))
    step = draft.meetings.as_told(seen, coming.as_told(seen.script, step))
    wish = draft.turn.inviting
    step = invite.as_told(seen.script, step, refused=wish is None or wish.refusal is not None)
    step = kept_private(draft.context, draft.turn, seen, step, script)
    if on_page.is_shown(draft.turn, seen):
        step = on_page.as_shown(step, event, script, seen.language)
    # Whether they want help with what they just said is asked as an answer to it, and another time
    # for a visit too.
    follows = needing.is_helping(seen.script) or seen.id in draft.meetings.begun
    follows = follows or invite.is_invite(seen.script)
    begins = isinstance(event, Started) and not follows
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
    for seen in sorted(waiting, key=lambda one: (one.started_at, one.id.bytes)):
        advance_one(draft, seen, Started(draft.at))
        if isinstance(draft.states()[seen.id][1], Asking):
            return  # else it may not be asked here, and the floor is still free


def open_danger(draft: Draft, patient: PatientId | None) -> Severity | None:
    """Return the severity of the open danger about a person, or about everybody on their phone.

    As this turn leaves it: nothing begins beside the safe words.
    """
    line = draft.context.line
    about: set[UUID] = {one for one in (patient, line.id if line else None) if one is not None}
    found: list[Severity] = [
        item.severity
        for item in draft.context.items
        if item.subject == DANGER and item.about_id in about
    ]
    found += draft.triage.severities(DANGER, about)
    return max(found, key=rank, default=None)


def in_crisis(draft: Draft, patient: PatientId | None) -> bool:
    """Say whether a crisis is open: then automation holds its tongue."""
    return open_danger(draft, patient) == "crisis"
