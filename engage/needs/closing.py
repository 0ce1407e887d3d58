"""Whether what was arranged came: when it is asked, and what an answer means for the need. (p).

A service that was given is not a need that is met: the person says so (behaviour 26). They are
asked some days later, and once more if it had not come yet; after that a person of the practice
asks. This room refuses to take silence for a yes.
"""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage.ids import ConversationId, MessageId, PatientId, PracticeId
from engage.needs.need import Act
from engage.needs.need import Status as NeedStatus

Source: TypeAlias = Literal["referral", "ride", "food-box"]
"""What was arranged."""

Status: TypeAlias = Literal["waiting", "asked", "came", "not-came", "by-hand", "called-off"]
Said: TypeAlias = Literal["came", "not-came", "not-yet", "unsaid"]
"""What the person said; unsaid is that they don't know or would rather not say."""

ASK_AGAIN = timedelta(days=3)
"""So long after "not yet" they are asked a second time, and the last."""

MOST = 2
"""So often a person is asked about one thing."""


class Closing(Struct, frozen=True, kw_only=True):
    """One thing that was arranged, and whether it came."""

    practice_id: PracticeId
    id: UUID
    patient_id: PatientId
    domain: str
    source: Source
    source_id: UUID
    status: Status = "waiting"
    ask_at: datetime
    #: How often it was asked.
    asked: int = 0
    conversation_id: ConversationId | None = None
    answered_at: datetime | None = None
    answered_by: Literal["patient", "caregiver"] | None = None
    message_id: MessageId | None = None
    changed_at: datetime

    @property
    def again(self) -> bool:
        """Whether the next time is the second."""
        return self.asked >= 1


def asked_by(one: Closing, conversation: ConversationId, at: datetime) -> Closing:
    """Return it after the person was asked."""
    return replace(
        one, status="asked", asked=one.asked + 1, conversation_id=conversation, changed_at=at
    )


def answered(
    one: Closing,
    said: Said,
    by: Literal["patient", "caregiver"],
    message: MessageId | None,
    at: datetime,
) -> Closing:
    """Return it after an answer; what is settled stays as it is."""
    if one.status != "asked":
        return one
    heard = replace(one, answered_at=at, answered_by=by, message_id=message, changed_at=at)
    match said:
        case "came" | "not-came":
            return replace(heard, status=said)
        case "not-yet" if one.asked < MOST:
            return replace(heard, status="waiting", ask_at=at + ASK_AGAIN)
        case "not-yet" | "unsaid":
            return replace(heard, status="by-hand")


def over(one: Closing, status: Literal["by-hand", "called-off"], at: datetime) -> Closing:
    """Return it when nobody is asked by text any more."""
    return replace(one, status=status, changed_at=at)


def acts_of(said: Said, stands: NeedStatus) -> tuple[Act, ...]:
    """Return the steps of the need that an answer is, from where it stands; none if it moved on."""
    match said, stands:
        case "came", "completed":
            return ("confirm",)
        case "came", "in-progress" | "reopened":
            # Nobody told us that it was done: they did.
            return ("complete", "confirm")
        case "not-came", "completed":
            return ("reopen",)
        case "not-came", "in-progress":
            return ("fall-through",)
        case _:
            return ()


def still_to_ask(stands: NeedStatus | None, source: Source) -> bool:
    """Say whether there is still something to ask: not if somebody has settled it by hand.

    A ride or a box may be arranged for somebody of whose need nothing is recorded.
    """
    if source != "referral":
        return stands != "confirmed"
    return stands in {"completed", "in-progress"}
