"""Who wrote an inbound text and about whom. (p).

A phone is never a person's identity. The person last asked has first claim on a reply; where two
could be meant and nobody was asked, nothing attaches: a human sorts it out. This room refuses to
guess from the words.
"""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from engage.conversation.states import Asking
from engage.turns.context import ConversationSeen, ThreadSeen, TurnContext


class Attributed(Struct, frozen=True):
    """One person, the thread about one patient, and the conversation last asked, if any."""

    author: Literal["patient", "caregiver"]
    author_id: UUID
    thread: ThreadSeen
    conversation: ConversationSeen | None = None


class Unplaced(Struct, frozen=True):
    """Nobody on record uses this phone, or several people do and none of them was asked."""

    reason: Literal["unknown-sender", "ambiguous-sender"]


def attribute(context: TurnContext) -> Attributed | Unplaced:
    """Say who wrote a text that just came in on the context's line."""
    asked = last_asked(context)
    if asked is not None:
        thread = context.thread_of(asked.patient_id)
        # A phone that changed hands answers nothing: what its owner says is a stranger's.
        if thread is not None and thread.uses_phone:
            return Attributed("patient", thread.patient_id, thread, asked)
    patients = [t for t in context.threads if t.uses_phone and t.active]
    if len(patients) == 1 and not context.caregivers:
        return Attributed("patient", patients[0].patient_id, patients[0])
    if not patients and len(context.caregivers) == 1:
        caregiver = context.caregivers[0]
        about = [t for t in context.threads if t.patient_id in caregiver.of and t.active]
        if len(about) == 1:
            return Attributed("caregiver", caregiver.id, about[0])
    if patients or context.caregivers:
        return Unplaced("ambiguous-sender")
    inactive = [t for t in context.threads if t.uses_phone]
    if len(inactive) == 1:
        return Attributed("patient", inactive[0].patient_id, inactive[0])
    return Unplaced("unknown-sender")


def last_asked(context: TurnContext) -> ConversationSeen | None:
    """Return the open conversation whose question was put last on this line."""
    asking = [
        (conversation.state.asked_at, conversation.id.bytes, conversation)
        for conversation in context.conversations
        if isinstance(conversation.state, Asking)
    ]
    return max(asking)[2] if asking else None
