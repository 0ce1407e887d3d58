"""Flags become work: each joins the open item of its subject, or opens one with an owner. (p).

One open item per episode, however many flags; severity and due time only tighten. This room refuses
an item without an owner.
"""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from engage.conversation.severity import Severity, rank
from engage.ids import FlagId, QueueItemId, StaffId, derived
from engage.queue.clocks import due_at
from engage.queue.flag import Flag
from engage.queue.routing import owner_for
from engage.turns.context import ThreadSeen, Turn, TurnContext
from engage.turns.decision import FlagRaised, ItemOpened, ItemRaised


class Triage:
    """The flags of one turn and the work they open or join."""

    def __init__(self, context: TurnContext, turn: Turn) -> None:
        """Begin with nothing flagged."""
        self.context = context
        self.turn = turn
        self.opened: dict[tuple[UUID, str], ItemOpened] = {}
        self.raised: dict[QueueItemId, ItemRaised] = {}
        self.flags: list[FlagRaised] = []

    def flag(self, flag: Flag, thread: ThreadSeen | None) -> None:
        """Raise a flag on the open item of its subject, or open one with an owner."""
        line = self.context.line
        about: UUID | None = thread.patient_id if thread else (line.id if line else None)
        if about is None:
            return
        due = due_at(flag.severity, self.turn.at, self.context.practice.calendar)
        text = self.turn.text
        fix = self.turn.corrected
        # Who wrote a text that was first taken for another's has waited since then.
        waiting = fix.text_at if fix else self.turn.at if text is not None else None
        item_id = self._join(flag, about, due, waiting, thread)
        self.flags.append(
            FlagRaised(
                id=FlagId(derived(self.turn.at, self.turn.cause, f"flag/{flag.rule}")),
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
            before = self.raised.get(seen.id) or seen
            self.raised[seen.id] = ItemRaised(
                id=seen.id,
                patient_id=thread.patient_id if thread else None,
                severity=_higher(before.severity, flag.severity),
                due_at=min(before.due_at, due),
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
