"""Somebody asks by text that a person of theirs is invited: asked back once, then done. (p).

Nothing is shared by default, and nothing without a yes to a question that says what it would be.
What is not sure, or may not be here, is a person's work: the text back says so, and never why. This
room refuses to take a text from a phone that others use for one person's word.
"""

from engage.conversation.events import TextReceived
from engage.conversation.states import Asking, NotStarted
from engage.ids import ConversationId, derived
from engage.queue.flag import Flag
from engage.turns.attribution import Attributed, is_shared
from engage.turns.context import ConversationSeen, ThreadSeen
from engage.turns.draft import Draft
from engage.turns.invite import INVITE, REASON, InviteAsked

_TEAM = "invite.team"


def asks_to_invite(draft: Draft, event: TextReceived, who: Attributed) -> bool:
    """Ask back whether somebody is to be invited, or have a person see to it; False: no such text.

    One live question for a phone: beside another one, a person reads it.
    """
    wish, text, thread = draft.turn.inviting, draft.turn.text, who.thread
    if wish is None or wish.asked or text is None or who.author != "patient":
        return False
    if draft.turn.corrected is not None or draft.opted_out or thread.id is None:
        return False
    refusal = wish.refusal
    if is_shared(draft.context, thread.patient_id):
        refusal = "shared-phone"
    elif _is_asked_something(draft):
        refusal = "another-question"
    if refusal is not None:
        by_hand(draft, thread, refusal)
        draft.say(_TEAM, _TEAM, thread.language, kind="reply", thread=thread)
        return True
    seen = ConversationSeen(
        id=ConversationId(derived(event.at, draft.turn.cause, "invite")),
        thread_id=thread.id,
        patient_id=thread.patient_id,
        script=INVITE,
        language=thread.language,
        state=NotStarted(),
        started_at=draft.at,
    )
    draft.stand(seen, seen.state)
    draft.invites.all.append(InviteAsked(seen.id, thread.patient_id, text.message_id))
    return True


def by_hand(draft: Draft, thread: ThreadSeen, why: str) -> None:
    """Have a person see to somebody's wish to share."""
    draft.flag(Flag(reason=REASON, severity="routine", rule=f"invite/{why}", quote=True), thread)


def _is_asked_something(draft: Draft) -> bool:
    return any(
        isinstance(state, Asking) and (state.paused or not state.silent)
        for _, state in draft.states().values()
    )
