"""What a conversation wants done: imperatives. (p).

`events.py` is the other half of the index. This room refuses to do anything: effects are values
that one transaction saves.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from engage.conversation.answers import Answer
from engage.conversation.severity import Severity

Outcome: TypeAlias = Literal["completed", "handed-off", "opted-out", "expired", "cancelled"]


class SendText(Struct, frozen=True, tag="send-text"):
    """Send one text to the person of this conversation."""

    #: Unique within the conversation: the same key is never sent twice.
    key: str
    #: A text id of the catalogue, "hvs.worried" or "nudge hvs.worried"; never a sentence.
    text: str
    #: The text id that stands before it in the same message ("opening" on the very first).
    lead: str | None = None


class WithdrawText(Struct, frozen=True, tag="withdraw-text"):
    """Don't send the text of this key, if the carrier does not have it yet."""

    key: str


class RecordAnswer(Struct, frozen=True, tag="record-answer"):
    """Keep this answer; a later record of the same prompt replaces it."""

    prompt: str
    answer: Answer


class RaiseFlag(Struct, frozen=True, tag="raise-flag"):
    """A human must look."""

    reason: str
    severity: Severity
    #: Which rule says so: with its source it makes the flag unique.
    rule: str
    #: Whether the words the person just wrote belong to the flag.
    quote: bool = False


class SetTimer(Struct, frozen=True, tag="set-timer"):
    """Wake this conversation after some hours."""

    name: str
    step: int
    after_hours: int


class OptOut(Struct, frozen=True, tag="opt-out"):
    """Close the line to our texts."""

    #: How the wish was made.
    how: Literal["keyword", "free-form", "staff"]


class OptIn(Struct, frozen=True, tag="opt-in"):
    """Open the line again, to no more than before."""


class HandOff(Struct, frozen=True, tag="hand-off"):
    """From here a human has the conversation."""

    reason: str


class Finish(Struct, frozen=True, tag="finish"):
    """The conversation is over; said once, whatever the outcome."""

    outcome: Outcome


Effect: TypeAlias = (
    SendText
    | WithdrawText
    | RecordAnswer
    | RaiseFlag
    | SetTimer
    | OptOut
    | OptIn
    | HandOff
    | Finish
)
