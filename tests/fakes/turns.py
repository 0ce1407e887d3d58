"""Turns that remember what they were asked to take, and fail where they are told to."""

import asyncio
from uuid import UUID

from engage.db.session import Database
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


class TurnFailedHere(Exception):  # noqa: N818 - reads as a sentence
    """The fake was told to fail."""


class FakeTurns:
    """Takes every turn: it says that the row is done, as the real ones do."""

    def __init__(self, database: Database) -> None:
        """Take the database in which rows are said to be done."""
        self._database = database
        self.taken: list[tuple[str, UUID]] = []
        self.tries: list[int] = []
        self.bad: set[UUID] = set()
        self.news = asyncio.Event()

    async def retry_text(self, practice: PracticeId, message: MessageId, tries: int) -> None:
        """Take the turn of a text."""
        self.tries.append(tries)
        await self._take("inbox", message)

    async def timer_fired(self, practice: PracticeId, timer: TimerId) -> None:
        """Let a timer fire."""
        await self._take("timer", timer)

    async def outcome_came(self, practice: PracticeId, message: MessageId) -> None:
        """Take an outcome."""
        await self._take("outcome", message)

    async def check_in_due(self, practice: PracticeId, plan_id: CheckInPlanId) -> None:
        """Let a plan ask."""
        await self._take("checkin", plan_id)

    async def rescreen_due(self, practice: PracticeId, rescreen_id: UUID) -> None:
        """Ask again."""
        await self._take("rescreen", rescreen_id)

    async def referral_due(self, practice: PracticeId, referral_id: ReferralId) -> None:
        """Remind."""
        await self._take("referral", referral_id)

    async def closing_due(self, practice: PracticeId, closing_id: UUID) -> None:
        """Ask whether it came."""
        await self._take("closing", closing_id)

    async def visit_near(self, practice: PracticeId, visit: AppointmentId) -> None:
        """Look again."""
        await self._take("visit-near", visit)

    async def reminder_due(self, practice: PracticeId, visit_id: AppointmentId) -> None:
        """Remind."""
        await self._take("reminder", visit_id)

    async def slot_due(self, practice: PracticeId, slot_id: SlotId) -> None:
        """Offer."""
        await self._take("slot", slot_id)

    async def account_told(self, practice: PracticeId) -> None:
        """Tell a person of the practice."""
        await self._take("account", practice)

    async def until(self, count: int, seconds: float) -> None:
        """Wait until so many were taken."""
        async with asyncio.timeout(seconds):
            while len(self.taken) < count:
                self.news.clear()
                await self.news.wait()

    async def _take(self, kind: str, row: UUID) -> None:
        if row in self.bad:
            raise TurnFailedHere
        async with self._database.work() as work:
            await work.call("due_done", kind, row)
        self.taken.append((kind, row))
        self.news.set()


class FakeOutbox(FakeTurns):
    """An outbox of the same kind."""

    async def send(self, practice: PracticeId, message_id: MessageId, tries: int) -> None:
        """Send a text."""
        self.tries.append(tries)
        await self._take("outbox", message_id)

    async def resolve(self, practice: PracticeId, message_id: MessageId, tries: int) -> None:
        """Look for a text."""
        await self._take("unknown", message_id)

    async def reconcile(self, practice: PracticeId) -> None:
        """Go a round."""
        await self._take("reconcile", practice)


class FakePager(FakeTurns):
    """A pager of the same kind."""

    async def hop(self, practice: PracticeId, item: QueueItemId) -> None:
        """Take a step."""
        await self._take("page", item)

    async def notify(self, practice: PracticeId, page_id: PageId) -> None:
        """Send a page."""
        await self._take("notify", page_id)


class FakeHospital(FakeTurns):
    """The hospitals' door, of the same kind."""

    async def retry(self, practice: PracticeId, message_id: UUID, tries: int) -> None:
        """Apply a message again."""
        await self._take("hl7", message_id)


class FakeLetters(FakeTurns):
    """Letters to organizations, of the same kind."""

    async def send(self, practice: PracticeId, letter_id: UUID) -> None:
        """Send a letter."""
        await self._take("letter", letter_id)


class FakeNotices(FakeTurns):
    """Who tells families, of the same kind."""

    async def tell(self, practice: PracticeId, person: UUID, tries: int) -> None:
        """Tell somebody."""
        await self._take("news", person)
