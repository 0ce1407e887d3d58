"""What the loops ask of the rooms whose work they bring: one method for each kind of what is due.

This room refuses behaviour.
"""

from typing import Protocol
from uuid import UUID

from engage.ids import (
    AppointmentId,
    CheckInPlanId,
    MessageId,
    PageId,
    PracticeId,
    QueueItemId,
    ReferralId,
    SlotId,
    TimerId,
)


class Turns(Protocol):
    """What the loops ask of turns."""

    async def retry_text(self, practice: PracticeId, message: MessageId, tries: int) -> None:
        """Take the turn of a text that was recorded and not handled."""
        ...

    async def timer_fired(self, practice: PracticeId, timer: TimerId) -> None:
        """Let a timer fire."""
        ...

    async def outcome_came(self, practice: PracticeId, message: MessageId) -> None:
        """Tell a conversation what became of its text."""
        ...

    async def check_in_due(self, practice: PracticeId, plan_id: CheckInPlanId) -> None:
        """Ask what is due of a check-in plan."""
        ...

    async def rescreen_due(self, practice: PracticeId, rescreen_id: UUID) -> None:
        """Ask a person an instrument again."""
        ...

    async def referral_due(self, practice: PracticeId, referral_id: ReferralId) -> None:
        """Do what is due about a referral that has not moved."""
        ...

    async def closing_due(self, practice: PracticeId, closing_id: UUID) -> None:
        """Ask a person whether what was arranged came."""
        ...

    async def visit_near(self, practice: PracticeId, visit: AppointmentId) -> None:
        """Look at the work about rides again: a visit is a week away now."""
        ...

    async def reminder_due(self, practice: PracticeId, visit_id: AppointmentId) -> None:
        """Remind a person of a visit."""
        ...

    async def slot_due(self, practice: PracticeId, slot_id: SlotId) -> None:
        """Offer a free time to who waits for one."""
        ...

    async def account_told(self, practice: PracticeId) -> None:
        """Tell a person what became of the practice's account with its carrier."""
        ...


class Outbox(Protocol):
    """What the loops ask of the outbox."""

    async def send(self, practice: PracticeId, message_id: MessageId, tries: int) -> None:
        """Send a claimed text."""
        ...

    async def resolve(self, practice: PracticeId, message_id: MessageId, tries: int) -> None:
        """Look for a text that may have left."""
        ...


class Reconciler(Protocol):
    """What the loops ask of the reconciler."""

    async def reconcile(self, practice: PracticeId) -> None:
        """Compare a practice's texts with the carrier's list."""
        ...


class Pager(Protocol):
    """What the loops ask of paging."""

    async def hop(self, practice: PracticeId, item: QueueItemId) -> None:
        """Take an item's next step: tell who is next."""
        ...

    async def notify(self, practice: PracticeId, page_id: PageId) -> None:
        """Send a page out of the console."""
        ...


class Letters(Protocol):
    """What the loops ask of the letters to organizations."""

    async def send(self, practice: PracticeId, letter_id: UUID) -> None:
        """Send a letter that is due."""
        ...


class Notices(Protocol):
    """What the loops ask of who tells families."""

    async def tell(self, practice: PracticeId, person: UUID, tries: int) -> None:
        """Tell somebody what is new to them."""
        ...


class Hospital(Protocol):
    """What the loops ask of the hospitals' door."""

    async def retry(self, practice: PracticeId, message_id: UUID, tries: int) -> None:
        """Apply a recorded message again."""
        ...
