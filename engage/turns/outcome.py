"""What the fate of a text means for its conversation; and the text nobody could read. (p).

This room refuses to look anything up.
"""

from datetime import datetime
from typing import Protocol

from engage.conversation.events import DeliveryFailed, Event, TextAccepted, TextSkipped
from engage.ids import ConversationId, MessageId
from engage.queue.flag import Flag
from engage.turns.context import Turn, TurnContext
from engage.turns.decision import Decision, InboundRead
from engage.turns.draft import Draft
from engage.turns.library import Library

_EXPECTED = ("opted-out", "patient-inactive", "declined", "not-shared", None)
"""Why a text of ours may be withheld without anybody having to know."""

_NOBODY = ("patient-inactive", "not-shared", None)
"""There is nobody to tell, or it is not so any more: even what must be known ends there."""

_NO_ROOM = ("quiet-hours", "over-budget", "human-talking", "not-verified")
"""Why a planned text stayed behind: a line on the person's page, and nobody's work."""


class Fate(Protocol):
    """What is known of one of our texts."""

    @property
    def key(self) -> str | None:
        """Its key within its conversation."""
        ...

    @property
    def status(self) -> str:
        """Its state in the delivery machine."""
        ...

    @property
    def status_reason(self) -> str | None:
        """Why it was withheld at the last moment, if it was."""
        ...

    @property
    def conversation_id(self) -> ConversationId | None:
        """The conversation that waits for it."""
        ...

    @property
    def by_staff(self) -> bool:
        """Whether a person wrote it."""
        ...

    @property
    def must_know(self) -> bool:
        """Whether somebody has to tell the person if it does not."""
        ...


def outcome_event(sent: Fate, at: datetime) -> Event | None:
    """Return the event a text's state is for its conversation, or None if it is none."""
    key = sent.key or ""
    match sent.status:
        case "accepted" | "sent" | "delivered":
            return TextAccepted(at, key)
        case "expired" | "withdrawn" if sent.must_know and sent.status_reason not in _NOBODY:
            return DeliveryFailed(at, key, sent.status_reason or sent.status)
        case "expired" if not sent.by_staff and (
            sent.conversation_id is not None or sent.status_reason in _NO_ROOM
        ):
            return TextSkipped(at, key, sent.status_reason or sent.status)
        case "refused" | "failed" | "undelivered" | "expired" | "unknown":
            return DeliveryFailed(at, key, sent.status)
        case "withdrawn" if (
            sent.status_reason == "declined"
            and sent.conversation_id is not None
            and not sent.by_staff
        ):
            # Asked all the same, beside a wish that was older: a question left so holds the phone
            # for ever. What a wish ended has ended by now, and takes no notice.
            return TextSkipped(at, key, "declined")
        case "withdrawn" if sent.by_staff or sent.status_reason not in _EXPECTED:
            # Withheld at the last moment: whoever wrote it, or asked, must hear of it.
            return DeliveryFailed(at, key, sent.status_reason or sent.status)
        case _:
            return None


def parked(context: TurnContext, turn: Turn, library: Library, message: MessageId) -> Decision:
    """Give a text whose turn fails again and again to a human, unread by any machine."""
    draft = Draft(context, turn, library)
    draft.inbound = InboundRead(message, "unknown")
    draft.flag(
        Flag(reason="not-handled", severity="possible", rule="inbox/not-handled", quote=True), None
    )
    return draft.decision()
