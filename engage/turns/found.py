"""What the store found: a recorded text, a due timer, one of our texts. (p).

This room refuses rows: these are values.
"""

from datetime import datetime

import msgspec

from engage.ids import ConversationId, LineId, MessageId, PatientId, ThreadId, TimerId


class Sealed(msgspec.Struct, frozen=True):
    """The sealed words of a text."""

    id: MessageId
    body: bytes


class Recorded(msgspec.Struct, frozen=True):
    """What the recording call returned."""

    duplicate: bool
    line_id: LineId | None = None
    failed: str | None = None
    #: An older text of the line is still unread: this one waits for it.
    behind: bool = False
    #: The texts of the line just before this one, oldest first.
    burst: tuple[Sealed, ...] = ()
    #: Read by `context_of`, later: a context that can't be read must not undo the recording.
    context: msgspec.Raw = msgspec.Raw()


class Inbound(msgspec.Struct, frozen=True):
    """An inbound text as it was recorded."""

    id: MessageId
    line_id: LineId
    body: str
    opt_out_type: str | None
    media_count: int
    at: datetime
    handled: bool

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Inbound(id={self.id}, body=…)"


class TimerDue(msgspec.Struct, frozen=True):
    """A timer and the line of its conversation."""

    id: TimerId
    conversation_id: ConversationId
    name: str
    step: int
    line_id: LineId


class Sent(msgspec.Struct, frozen=True):
    """One of our texts, as its outcome finds it."""

    id: MessageId
    line_id: LineId
    thread_id: ThreadId | None
    conversation_id: ConversationId | None
    patient_id: PatientId | None
    key: str | None
    status: str
    #: Why it was withheld at the last moment, if it was.
    status_reason: str | None
    by_staff: bool
    #: When it was written, which is when it answered.
    at: datetime
    #: From then on what it says is no longer so, if there is such a moment.
    not_after: datetime | None = None
    #: It says what the person must know by then: if they don't, somebody tells them.
    must_know: bool = False
