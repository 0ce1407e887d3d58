"""Ask whether help is wanted, after a screening that found risks. (p).

Once, and only whoever answered: on their own phone, while nobody of the practice is talking, not in
a crisis, not after STOP, and not about what they declined lately or what is worked on already. This
room refuses to ask anybody else; the queue item has a person do it.
"""

from engage.conversation.engine import EXPIRE
from engage.conversation.events import Started, TimerFired
from engage.conversation.states import Asking, NotStarted
from engage.ids import ConversationId, derived
from engage.turns.advancing import advance_one, in_crisis
from engage.turns.context import ConversationSeen
from engage.turns.draft import Draft
from engage.turns.needing import domains_of, script_id


def ask_for_help(draft: Draft) -> None:
    """Line up the question about every screening that this turn completed by text."""
    if draft.turn.text is None or draft.turn.corrected is not None or draft.opted_out:
        return
    for saved, known in draft.completed:
        thread = draft.context.thread_of(saved.patient_id)
        tool = draft.library.instruments.get(saved.instrument)
        if tool is None or saved.channel != "sms" or thread is None or thread.id is None:
            continue
        if not (thread.active and thread.uses_phone) or in_crisis(draft, saved.patient_id):
            continue
        domains = tuple(
            one
            for one in domains_of(tool, known)
            if (saved.patient_id, one) not in draft.context.quiet
        )
        script = draft.library.scripts.get(script_id(domains)) if domains else None
        if script is None or _talking(draft):
            continue
        asked = next((c for c in draft.context.conversations if c.screening_id == saved.id), None)
        begun = ConversationSeen(
            id=ConversationId(derived(draft.at, saved.id, "help")),
            thread_id=thread.id,
            patient_id=saved.patient_id,
            script=script.id,
            language=asked.language if asked else thread.language,
            state=NotStarted(),
            started_at=draft.at,
        )
        _begin(draft, begun)


def _begin(draft: Draft, begun: ConversationSeen) -> None:
    """Put the question before whoever waits: it is about what was just said."""
    draft.stand(begun, begun.state)
    others = [(seen, state) for seen, state in draft.states().values() if seen.id != begun.id]
    asking = [(seen, state) for seen, state in others if isinstance(state, Asking)]
    if any(not state.silent for _, state in asking):
        return  # it waits its turn
    for seen, state in asking:
        advance_one(draft, seen, TimerFired(draft.at, EXPIRE, state.step))
    advance_one(draft, begun, Started(draft.at))


def _talking(draft: Draft) -> bool:
    return any(isinstance(s, Asking) and s.paused for _, s in draft.states().values())
