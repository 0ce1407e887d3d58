"""What happened to a conversation: facts, in the past tense. (p).

`effects.py` is the other half of the index. This room refuses naive moments: every event says when,
with a zone.
"""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from engage.conversation.answers import Answer


class Happening(Struct, frozen=True):
    """What all events share: the aware moment at which the fact became one."""

    at: datetime

    def __post_init__(self) -> None:
        """Refuse a moment without a zone."""
        if self.at.tzinfo is None:
            message = "an event's moment needs a zone"
            raise ValueError(message)


class Started(Happening, frozen=True, tag="started"):
    """The conversation's turn has come on this phone."""


class TextReceived(Happening, frozen=True, tag="text-received"):
    """The person wrote."""

    text: str

    def __repr__(self) -> str:
        """Hide the person's words."""
        return f"TextReceived(at={self.at.isoformat()}, text=…)"


class TextAccepted(Happening, frozen=True, tag="text-accepted"):
    """The carrier took our text: only now does the no-reply clock start."""

    key: str


class TimerFired(Happening, frozen=True, tag="timer-fired"):
    """A timer that this conversation set has run out."""

    name: str
    #: The step it was set for; it does nothing if the person has answered since.
    step: int


class StaffWrote(Happening, frozen=True, tag="staff-wrote"):
    """A human writes into the thread (or works on a crisis in it): automation holds its tongue."""


class AnswerEntered(Happening, frozen=True, tag="answer-entered"):
    """Staff, or the person on a web page, answered a prompt outside the texts."""

    prompt: str
    answer: Answer


class DeliveryFailed(Happening, frozen=True, tag="delivery-failed"):
    """One of our texts did not and will not arrive."""

    key: str
    reason: str


class TextSkipped(Happening, frozen=True, tag="text-skipped"):
    """We did not send one of our texts: there was no hour and no room for it in time."""

    key: str
    reason: str


class ItemClosed(Happening, frozen=True, tag="item-closed"):
    """The human is done: automation may go on."""


class ConsentChanged(Happening, frozen=True, tag="consent-changed"):
    """The line was closed to our texts, or opened again."""

    opted_out: bool


class PersonChanged(Happening, frozen=True, tag="person-changed"):
    """The person's record changed: whether they are still with us, or their language."""

    active: bool
    #: The new language; None if it stayed.
    language: str | None = None


class Cancelled(Happening, frozen=True, tag="cancelled"):
    """Staff or a plan called the conversation off."""


class AnswersTakenBack(Happening, frozen=True, tag="answers-taken-back"):
    """A text that this conversation had read was somebody else's, says a human."""

    #: The prompts that it had answered; empty if it was only unclear.
    prompts: tuple[str, ...] = ()


Event: TypeAlias = (
    Started
    | TextReceived
    | TextAccepted
    | TimerFired
    | StaffWrote
    | AnswerEntered
    | DeliveryFailed
    | TextSkipped
    | ItemClosed
    | ConsentChanged
    | PersonChanged
    | AnswersTakenBack
    | Cancelled
)
