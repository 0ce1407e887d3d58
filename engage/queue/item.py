"""The life of a QueueItem: ready, in-progress, completed, cancelled (FHIR Task words). (p).

Every step is a function from the item as it is to the item as it will be, or a refusal that says
why. This room refuses to close without an outcome.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from engage.conversation.severity import Severity
from engage.errors import EngageError
from engage.ids import QueueItemId, StaffId

Status: TypeAlias = Literal["ready", "in-progress", "completed", "cancelled"]
Outcome: TypeAlias = Literal[
    "reached-patient",
    "reached-caregiver",
    "could-not-reach",
    "referred",
    "answered-by-text",
    "called-911",
    "no-action-needed",
    "wrong-person",
]
"""What became of it; a crisis needs one of `CRISIS_OUTCOMES`."""

Withdrawal: TypeAlias = Literal[
    "discharge-cancelled",
    "admission-cancelled",
    "admitted-again",
    "arranged",
    "not-needed-any-more",
]
"""Why work is no longer needed: the hospital took it back; what was asked for is arranged, or is
not wanted any more."""

Ending: TypeAlias = Outcome | Literal["text-was-anothers", "merged"] | Withdrawal
"""How an item ended; the last ones are not a person's to choose: what opened it no longer holds.
`merged`: it is done as part of another piece of work, and comes back if they are taken apart."""

OUTCOME = "/outcome"
"""The field of the request that an error may point at."""

CRISIS_OUTCOMES: tuple[Outcome, ...] = (
    "called-911",
    "reached-patient",
    "reached-caregiver",
    "could-not-reach",
)


class AlreadyClaimed(EngageError):  # noqa: N818 - reads as a sentence
    """Another care manager is already working on this item."""

    def __init__(self, holder: StaffId, since: datetime | None) -> None:
        """Name who holds it and since when."""
        super().__init__()
        self.holder = holder
        self.since = since


class AlreadyClosed(EngageError):  # noqa: N818
    """This item is closed."""


class NotYours(EngageError):  # noqa: N818
    """Claim the item before you do this."""


class NeedsCrisisOutcome(EngageError):  # noqa: N818
    """A crisis can only be closed with what became of the person."""


class Item(Struct, frozen=True, kw_only=True):
    """What a step depends on."""

    id: QueueItemId
    severity: Severity
    status: Status
    owner_id: StaffId
    claimed_at: datetime | None = None
    first_touch_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: StaffId | None = None
    outcome: Ending | None = None
    #: Since when it rests; None while it is awake.
    snoozed_at: datetime | None = None
    #: Until when it rests or last rested: offered again.
    snoozed_until: datetime | None = None
    snoozed_for_reply: bool = False
    #: The work that it is done with.
    merged_into: QueueItemId | None = None
    version: int = 1


def claim(item: Item, by: StaffId, at: datetime) -> Item:
    """Take an open item; claiming one's own again changes nothing."""
    refuse_closed(item)
    if item.status == "in-progress":
        if item.owner_id == by:
            return item
        raise AlreadyClaimed(item.owner_id, item.claimed_at)
    return msgspec.structs.replace(
        item,
        status="in-progress",
        owner_id=by,
        claimed_at=at,
        snoozed_at=None,
        version=item.version + 1,
    )


def release(item: Item, by: StaffId, to: StaffId) -> Item:
    """Give a claimed item back; it goes to the owner that routing names, never to nobody."""
    refuse_closed(item)
    if item.status != "in-progress" or item.owner_id != by:
        raise NotYours
    return msgspec.structs.replace(
        item,
        status="ready",
        owner_id=to,
        claimed_at=None,
        snoozed_at=None,
        version=item.version + 1,
    )


def complete(item: Item, by: StaffId, outcome: Outcome, at: datetime) -> Item:
    """Close an item with its outcome; one that a colleague is working on is theirs to close."""
    refuse_closed(item)
    if item.status == "in-progress" and item.owner_id != by:
        raise AlreadyClaimed(item.owner_id, item.claimed_at)
    if item.severity == "crisis" and outcome not in CRISIS_OUTCOMES:
        raise NeedsCrisisOutcome(OUTCOME)
    return msgspec.structs.replace(
        item,
        status="completed",
        owner_id=by,
        first_touch_at=item.first_touch_at or at,
        closed_at=at,
        closed_by=by,
        outcome=outcome,
        snoozed_at=None,
        version=item.version + 1,
    )


def refuse_closed(item: Item) -> None:
    """Refuse what can only be done with open work."""
    if item.closed_at is not None:
        raise AlreadyClosed
