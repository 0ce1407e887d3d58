"""What the store hands out about texts: values that are read, never rows.

Pure (p). Whatever holds a number or a word of a person prints as its bare name. This module refuses
to decide anything.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.ids import LineId, MessageId, NumberId, PatientId, PhoneId, PracticeId, ThreadId
from engage.messaging.attributed import Sure, Why
from engage.messaging.copies import Right
from engage.messaging.delivery import State
from engage.messaging.hidden import Hidden
from engage.messaging.kinds import TextKind
from engage.messaging.may_text import Delay, Facts
from engage.messaging.phone_state import Known
from engage.people.phone import PhoneNumber

Author: TypeAlias = Literal["patient", "caregiver", "unknown", "staff", "system"]


class Outgoing(Hidden, frozen=True, kw_only=True):
    """A text of ours with all that sending it depends on, locked until the transaction ends."""

    practice_id: PracticeId
    id: MessageId
    line_id: LineId
    number_id: NumberId
    phone_id: PhoneId
    #: What is known against the phone.
    phone: Known
    patient_id: PatientId | None
    from_number: str
    #: None for a sender that is no number we could text (a short code).
    to: PhoneNumber | None
    body: str
    kind: TextKind
    state: State
    carrier_sid: str | None
    at: datetime
    sending_at: datetime | None
    facts: Facts
    #: It was sent once more already, because its class allows that once.
    resent: bool = False
    #: The carrier's id of a first attempt that did not arrive.
    failed_sid: str | None = None
    #: From then on what it says is no longer so.
    not_after: datetime | None = None
    #: What it must be allowed to tell, if it is for a caregiver.
    right: Right | None = None


class Message(Hidden, frozen=True, kw_only=True):
    """A text in a thread, as staff read it."""

    id: MessageId
    direction: Literal["in", "out"]
    author: Author
    author_id: UUID | None
    body: str
    kind: TextKind
    prompt: str | None
    #: The delivery state of a text of ours; "received" for one that came in.
    state: str
    state_reason: str | None
    error_code: int | None
    media_count: int
    #: How sure we are who wrote a text that came in, and why (turns/attribution.py).
    sure: Sure | None
    why: Why | None
    at: datetime
    state_at: datetime | None


class HeldBack(Struct, frozen=True, kw_only=True):
    """A text of ours that waits until a moment or, without one, was dropped; never its words."""

    id: MessageId
    kind: TextKind
    reason: Delay | Literal["stale"]
    at: datetime
    until: datetime | None


class Thread(Struct, frozen=True):
    """All texts about one person on one line."""

    id: ThreadId
    patient_id: PatientId
    line_id: LineId
    #: What allows or forbids a text into it.
    facts: Facts


class SimulatedText(Hidden, frozen=True, kw_only=True):
    """A text that the simulated carrier took."""

    sid: str
    #: Our own signed id of the text, as it rides in its reports.
    own_id: str | None
    from_number: str
    body: str
    at: datetime
