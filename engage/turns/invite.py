"""The one question before somebody is invited by a patient's text, as a script. (p).

It says who would see what, in plain words and without a word of health, and only a yes counts. The
number and the name stand in the person's own text and nowhere else. This room refuses behaviour,
but for what ends such a conversation.
"""

from collections.abc import Mapping

from msgspec import Struct

from engage.conversation.answers import Answer, Chosen
from engage.conversation.effects import SendText
from engage.conversation.events import Cancelled, Event, ItemClosed, StaffWrote, TimerFired
from engage.conversation.script import Option, Prompt, Script
from engage.conversation.states import Done, Step
from engage.ids import ConversationId, MessageId, PatientId
from engage.people.sharing.grant import Category, Verb
from engage.queue.flag import Flag
from engage.turns.context import ConversationSeen, Turn

SHARED: tuple[Category, Verb] = ("visits", "see")
"""All that a text can share: the least that is of use, and what the question names."""

CONFIRM, REASON = "invite.confirm", "wants-to-invite"
YES, NO = "yes", "no"
INVITE = "invite"
_OPTIONS = (
    Option(YES, 1, ("invite them", "invite her", "invite him", "invitar"), "yes"),
    Option(NO, 2, ("dont invite them", "no invitar"), "no"),
)


class InviteAsked(Struct, frozen=True):
    """Somebody is asked whether a person of theirs is to be invited, as their text wished."""

    conversation_id: ConversationId
    patient_id: PatientId
    message_id: MessageId


class InviteSaid(Struct, frozen=True):
    """They said yes, in this text."""

    conversation_id: ConversationId
    patient_id: PatientId
    message_id: MessageId


def is_invite(script: str) -> bool:
    """Say whether a conversation asks whether somebody is to be invited."""
    return script == INVITE


SCRIPTS: Mapping[str, Script] = {
    INVITE: Script(INVITE, "1", (Prompt(CONFIRM, _OPTIONS),), lead=None, closing="invite.not")
}
"""By id."""

FAMILY: Mapping[str, str] = {"en": "family", "es": "familia"}
"""Who would be invited, where their own word is not at hand."""


class Invites:
    """What one turn says of invitations."""

    def __init__(self, turn: Turn) -> None:
        """Begin with nothing said."""
        self.turn = turn
        self.all: list[InviteAsked | InviteSaid] = []

    def told(self, seen: ConversationSeen, answer: Answer) -> tuple[Flag, ...]:
        """Take a yes; where it may not be by text any more, return what a person sees to."""
        if not is_invite(seen.script) or answer != Chosen(YES):
            return ()
        wish, text = self.turn.inviting, self.turn.text
        if wish is not None and wish.refusal is None and text is not None:
            self.all.append(InviteSaid(seen.id, seen.patient_id, text.message_id))
            return ()
        why = "not-by-text" if wish is None or wish.refusal is None else wish.refusal
        return (Flag(reason=REASON, severity="routine", rule=f"invite/{why}"),)

    def values(self, seen: ConversationSeen | None) -> dict[str, str]:
        """Return who would be invited, as the person calls them."""
        wish, language = self.turn.inviting, seen.language if seen is not None else "en"
        return {"relation": FAMILY[language] if wish is None else wish.relation}


def as_lived(script: str, event: Event) -> Event:
    """Return an event as such a conversation lives it: nobody is reminded to share anything."""
    if is_invite(script) and isinstance(event, StaffWrote | ItemClosed | TimerFired):
        return Cancelled(event.at)
    return event


def as_told(script: str, step: Step, *, refused: bool) -> Step:
    """Return a step with the closing words that fit the answer, and what became of it."""
    if not is_invite(script) or not isinstance(step.state, Done):
        return step
    said = dict(step.state.answers).get(CONFIRM)
    closing = "invite.not"
    if said == Chosen(YES):
        closing = "invite.team" if refused else "invite.sent"
    return Step(
        step.state,
        tuple(
            SendText(one.key, closing) if isinstance(one, SendText) else one for one in step.effects
        ),
    )
