"""Flags: a rule's verdict that a human must look, and which piece of work it belongs to. (p).

A flag joins the open item of its subject: needs, not texts, are the queue (behaviour 24). This room
refuses to decide who looks; that is routing.py.
"""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.conversation.severity import Severity

Subject: TypeAlias = str
"""What an item is about: "need:food-insecurity", "texts", "crisis"… One open item per subject."""

_SUBJECTS: dict[str, Subject] = {
    # Words that somebody should read: one item, however many texts.
    "said-more": "texts",
    "unclear-answer": "texts",
    "out-of-bounds": "texts",
    "reply-to-staff": "texts",
    "outside-conversation": "texts",
    "picture": "texts",
    "caregiver-wrote": "texts",
    "early-text": "texts",
    "automatic-reply": "texts",
    "own-number": "texts",
    "not-handled": "texts",
    "answers-taken-back": "texts",
    "consent-corrected": "texts",
    "number-not-linked": "texts",
    "stop-stays": "texts",
    # They get no more texts, and care goes on: somebody offers a call.
    "opted-out": "offer-call",
    "opted-out-in-words": "offer-call",
    "opted-out-or-visit": "offer-call",
    # A red or an amber answer of a check-in: one episode, however many answers.
    "check-in-red": "check-in",
    "check-in-amber": "check-in",
    # Reachability.
    "wrong-number": "wrong-number",
    "no-reply": "silence",
    "undeliverable": "delivery",
    "phone-dead": "delivery",
    "phone-landline": "delivery",
    "phone-doubtful": "delivery",
    "not-asked": "delivery",
    "sensitive-not-asked": "delivery",
    # The practice's own texting.
    "texting-stopped": "texting",
    "texting-paused": "texting",
    "texting-cap-reached": "texting",
    "texting-unusual": "texting",
    # People we can't place.
    "unknown-sender": "sender",
    "ambiguous-sender": "sender",
    "asked-for-help": "help",
    "red-flag": "crisis",
    "clarify-unclear": "crisis",
}

NEED = "need:"
THANKS = "inbox/thanks"
"""The rule of a text that only thanks: it wakes no open work that rests, and starts no clock."""


class Flag(Struct, frozen=True, kw_only=True):
    """One verdict. `rule` with the event that caused it makes it unique."""

    reason: str
    severity: Severity
    rule: str
    #: Whether the words just written belong to it.
    quote: bool = False
    kind: Literal["event", "need"] = "event"
    #: The work it belongs to, where the reason does not say.
    joins: Subject | None = None
    #: The work is due then at the latest, if that is still to come.
    due_by: datetime | None = None

    @property
    def subject(self) -> Subject:
        """The piece of work it belongs to; an unlisted reason is work of its own."""
        if self.joins is not None:
            return self.joins
        if self.kind == "need":
            return NEED + self.reason
        return _SUBJECTS.get(self.reason, self.reason)
