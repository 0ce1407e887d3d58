"""Who wrote an inbound text and about whom; how sure we are, and why. (p).

A phone is never a person's identity. The person last asked has first claim on a reply; where two
could be meant and nobody was asked, nothing attaches: a human sorts it out. This room refuses to
guess from the words, and to attach anything without a reason that a person can read.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage.checkins.script import is_proxy
from engage.conversation.engine import live_key
from engage.conversation.states import Asking
from engage.ids import PatientId
from engage.messaging.attributed import Sure, Why
from engage.turns.clarify import is_clarifying
from engage.turns.context import ConversationSeen, ThreadSeen, TurnContext


class Attributed(Struct, frozen=True):
    """One person, the thread about one patient, and the conversation last asked, if any."""

    author: Literal["patient", "caregiver"]
    author_id: UUID
    thread: ThreadSeen
    conversation: ConversationSeen | None = None
    sure: Sure = "certain"
    why: Why = "only-user-of-phone"


class Unplaced(Struct, frozen=True):
    """Nobody on record uses this phone, or several people do and none of them was asked."""

    reason: Literal["unknown-sender", "ambiguous-sender"]

    @property
    def why(self) -> Why:
        """The same, as texts keep it."""
        return "unknown-number" if self.reason == "unknown-sender" else "several-could-be-meant"


def attribute(context: TurnContext) -> Attributed | Unplaced:
    """Say who wrote a text that just came in on the context's line."""
    asked = last_asked(context)
    if asked is not None:
        thread = context.thread_of(asked.patient_id)
        if thread is not None and is_proxy(asked.script):
            helps = [one for one in context.caregivers if asked.patient_id in one.of]
            if len(helps) == 1:
                return Attributed(
                    "caregiver", helps[0].id, thread, asked, sure="likely", why="last-asked"
                )
        # A phone that changed hands answers nothing: what its owner says is a stranger's.
        if thread is not None and thread.uses_phone:
            return _answering(context, thread, asked)
    patients = [t for t in context.threads if t.uses_phone and t.active]
    if len(patients) == 1 and not context.caregivers:
        return Attributed("patient", patients[0].patient_id, patients[0])
    if not patients and len(context.caregivers) == 1:
        caregiver = context.caregivers[0]
        about = [t for t in context.threads if t.patient_id in caregiver.of and t.active]
        if len(about) == 1:
            # Whether help is needed was asked of whoever holds the phone; the rest of the patient.
            theirs = asked if asked is not None and is_clarifying(asked.script) else None
            return Attributed(
                "caregiver", caregiver.id, about[0], theirs, sure="likely", why="caregiver-of-one"
            )
    if patients or context.caregivers:
        return Unplaced("ambiguous-sender")
    inactive = [t for t in context.threads if t.uses_phone]
    if len(inactive) == 1:
        gone = inactive[0]
        return Attributed(
            "patient", gone.patient_id, gone, sure="doubtful", why="no-longer-in-care"
        )
    return Unplaced("unknown-sender")


def _answering(context: TurnContext, thread: ThreadSeen, asked: ConversationSeen) -> Attributed:
    """Attribute a text to who was asked last: surer if it is their own phone, and in time."""
    own = not is_shared(context, thread.patient_id)
    late = isinstance(asked.state, Asking) and asked.state.silent
    sure: Sure = "likely" if own is late else "certain" if own else "doubtful"
    why: Why = "late-answer" if late else "only-user-of-phone" if own else "last-asked"
    return Attributed("patient", thread.patient_id, thread, asked, sure, why)


def in_time(who: Attributed | Unplaced, at: datetime) -> Attributed | Unplaced:
    """Let a text that was found late answer nothing that was asked after it came: a human reads."""
    state = who.conversation.state if isinstance(who, Attributed) and who.conversation else None
    if not isinstance(who, Attributed) or not isinstance(state, Asking) or state.asked_at <= at:
        return who
    return replace(who, conversation=None)


def is_shared(context: TurnContext, patient: PatientId) -> bool:
    """Say whether somebody else on record reads this phone, or it is not the patient's at all."""
    thread = context.thread_of(patient)
    if thread is None or not thread.uses_phone or context.caregivers:
        return True
    return any(t.uses_phone and t.active and t.patient_id != patient for t in context.threads)


def last_asked(context: TurnContext) -> ConversationSeen | None:
    """Return the open conversation whose question was put last on this line.

    A question that is held back was put to nobody yet: one that has left comes before it.
    """
    asking = [
        (
            live_key(conversation.state) not in conversation.queued,
            conversation.state.asked_at,
            conversation.id.bytes,
            conversation,
        )
        for conversation in context.conversations
        if isinstance(conversation.state, Asking)
    ]
    return max(asking)[3] if asking else None
