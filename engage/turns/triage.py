"""Flags become work: each joins the open item of its subject, or opens one with an owner. (p).

One open item per episode, however many flags; severity only rises, and the due time only tightens
until a person has answered. What is a crisis pages who is on call at once, what may be one when its
clock runs out. This room refuses an item without an owner.
"""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from engage.conversation.severity import Severity, rank
from engage.ids import FlagId, QueueItemId, StaffId, derived
from engage.queue.clocks import due_at
from engage.queue.flag import THANKS, Flag
from engage.queue.routing import owner_for
from engage.turns.context import ThreadSeen, Turn, TurnContext
from engage.turns.decision import FlagRaised, ItemOpened, ItemRaised, PageSet


class Triage:
    """The flags of one turn and the work they open or join."""

    def __init__(self, context: TurnContext, turn: Turn) -> None:
        """Begin with nothing flagged."""
        self.context = context
        self.turn = turn
        self.opened: dict[tuple[UUID, str], ItemOpened] = {}
        self.raised: dict[QueueItemId, ItemRaised] = {}
        self.flags: list[FlagRaised] = []
        self._pages: dict[QueueItemId, datetime] = {}
        self._unpaged: dict[QueueItemId, None] = {}

    @property
    def pages(self) -> tuple[PageSet, ...]:
        """Return who-must-be-told as it stands so far, in the order in which it came up."""
        return tuple(PageSet(item, at) for item, at in self._pages.items())

    @property
    def unpaged(self) -> tuple[QueueItemId, ...]:
        """Return the items whose page is called off."""
        return tuple(self._unpaged)

    def page(self, item_id: QueueItemId, at: datetime) -> None:
        """Page who is on call about an item at a moment, or sooner if that was said already."""
        self._pages[item_id] = min(at, self._pages.get(item_id, at))
        self._unpaged.pop(item_id, None)

    def unpage(self, item_id: QueueItemId) -> None:
        """Call off an item's page, if it has not gone out; the item stays."""
        self._pages.pop(item_id, None)
        self._unpaged[item_id] = None

    def page_about(self, subject: str, thread: ThreadSeen | None, at: datetime) -> None:
        """Page who is on call about the open item of a subject, at a moment or sooner."""
        item = self.item_of(subject, thread)
        if item is not None:
            self.page(item, at)

    def unpage_about(self, subject: str, thread: ThreadSeen | None) -> None:
        """Call off the page about the open item of a subject, if it has not gone out."""
        item = self.item_of(subject, thread)
        if item is not None:
            self.unpage(item)

    def item_of(self, subject: str, thread: ThreadSeen | None) -> QueueItemId | None:
        """Return the open or just opened item of a subject about somebody, or about the line."""
        about = self._about(thread)
        opened = None if about is None else self.opened.get((about, subject))
        if opened is not None:
            return opened.id
        return next(
            (i.id for i in self.context.items if i.about_id == about and i.subject == subject), None
        )

    def severities(self, subject: str, about: set[UUID]) -> list[Severity]:
        """Return how grave the work of a subject is that this turn opens or raises."""
        raised: list[Severity] = [
            self.raised[item.id].severity
            for item in self.context.items
            if item.id in self.raised and item.subject == subject and item.about_id in about
        ]
        opened: list[Severity] = [
            item.severity
            for (whom, what), item in self.opened.items()
            if what == subject and whom in about
        ]
        return raised + opened

    def _about(self, thread: ThreadSeen | None) -> UUID | None:
        line = self.context.line
        return thread.patient_id if thread else (line.id if line else None)

    def flag(self, flag: Flag, thread: ThreadSeen | None) -> None:
        """Raise a flag on the open item of its subject, or open one with an owner."""
        about = self._about(thread)
        if about is None:
            return
        due = due_at(flag.severity, self.turn.at, self.context.practice.calendar)
        if flag.due_by is not None and flag.due_by > self.turn.at:
            due = min(due, flag.due_by)
        text = self.turn.text
        fix = self.turn.corrected
        # Who wrote a text that was first taken for another's has waited since then.
        spoke = text is not None or self.turn.page is not None
        waiting = fix.text_at if fix else self.turn.at if spoke else None
        item_id = self._join(flag, about, due, waiting, thread)
        self._page_for(flag.severity, item_id, due)
        same = [one for one in self.flags if one.rule == flag.rule]
        if any(one.item_id == item_id for one in same):
            return  # of two questions that may not be asked here, say: once is enough
        label = f"flag/{flag.rule}/{item_id}" if same else f"flag/{flag.rule}"
        self.flags.append(
            FlagRaised(
                id=FlagId(derived(self.turn.at, self.turn.cause, label)),
                item_id=item_id,
                patient_id=thread.patient_id if thread else None,
                reason=flag.reason,
                severity=flag.severity,
                rule=flag.rule,
                source_id=self.turn.cause,
                message_id=text.message_id
                if text and (flag.quote or flag.kind == "need")
                else None,
            )
        )

    def _page_for(self, severity: Severity, item_id: QueueItemId, due: datetime) -> None:
        match severity:
            case "crisis":
                self.page(item_id, self.turn.at)
            case "possible":
                # Its own fifteen minutes: a page that was called off may stand no longer.
                self.page(item_id, due)
            case "urgent" | "routine":
                pass  # waits for its owner; nobody is woken
            case _:
                assert_never(severity)

    def _join(
        self,
        flag: Flag,
        about: UUID,
        due: datetime,
        waiting: datetime | None,
        thread: ThreadSeen | None,
    ) -> QueueItemId:
        subject = flag.subject
        opened = self.opened.get((about, subject))
        if opened is not None:
            self.opened[about, subject] = replace(
                opened,
                severity=_higher(opened.severity, flag.severity),
                due_at=min(opened.due_at, due),
            )
            return opened.id
        seen = next(
            (i for i in self.context.items if i.about_id == about and i.subject == subject), None
        )
        if seen is not None:
            if flag.rule == THANKS:
                waiting = None
            before = self.raised.get(seen.id)
            # The clock of what was answered was kept: who writes again starts another.
            again = before is None and seen.answered and waiting is not None
            held = before or seen
            severity = _higher(held.severity, flag.severity)
            until = (
                due_at(severity, self.turn.at, self.context.practice.calendar)
                if again
                else held.due_at
            )
            self.raised[seen.id] = ItemRaised(
                id=seen.id,
                patient_id=thread.patient_id if thread else None,
                severity=severity,
                due_at=min(until, due),
                waiting_since=waiting,
            )
            return seen.id
        owner = owner_for(
            flag.severity,
            at=self.turn.at,
            due=due,
            manager=thread.manager_id if thread else self._common_manager(),
            team=thread.team if thread else (),
            roster=self.context.roster,
            language=thread.language if thread else None,
        )
        # One text may open work of one subject about everybody on the phone.
        same = any(one == subject for _, one in self.opened)
        label = f"item/{subject}/{about}" if same else f"item/{subject}"
        item = ItemOpened(
            id=QueueItemId(derived(self.turn.at, self.turn.cause, label)),
            about_id=about,
            patient_id=thread.patient_id if thread else None,
            thread_id=thread.id if thread else None,
            subject=subject,
            severity=flag.severity,
            owner_id=owner.staff_id,
            owner_why=owner.why,
            due_at=due,
            waiting_since=waiting,
        )
        self.opened[about, subject] = item
        return item.id

    def _common_manager(self) -> StaffId | None:
        """Return the care manager of everybody on the line, if it is one person."""
        managers = {t.manager_id for t in self.context.threads if t.active}
        return managers.pop() if len(managers) == 1 else None


def _higher(one: Severity, other: Severity) -> Severity:
    return one if rank(one) >= rank(other) else other
