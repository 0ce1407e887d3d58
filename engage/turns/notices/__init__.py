"""What a person of the practice must know about its texting becomes work, once. (p).

Stopped, paused, at its cap, or far above the usual: one open item about the practice itself, for
whoever is responsible for it. This room refuses to look anything up.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from engage.conversation.severity import Severity, highest
from engage.ids import FlagId, QueueItemId, derived
from engage.queue.clocks import due_at
from engage.queue.flag import Flag
from engage.queue.routing import Owner, owner_for
from engage.turns.context import ItemSeen, TurnContext
from engage.turns.decision import Decision, FlagRaised, ItemOpened, ItemRaised

_SEVERITY: dict[str, Severity] = {
    "texting-stopped": "urgent",
    "texting-cap-reached": "urgent",
    "texting-unusual": "urgent",
    "texting-paused": "routine",
}


class Notice(Protocol):
    """One thing to know."""

    @property
    def reason(self) -> str:
        """What it is."""
        ...

    @property
    def since(self) -> datetime:
        """When it began."""
        ...

    @property
    def code(self) -> int | None:
        """The carrier's code, if it gave one."""
        ...


def source_of(practice: UUID, notice: Notice) -> UUID:
    """Return what makes a notice the same one, however often it is heard of."""
    return derived(notice.since, practice, notice.reason)


def subject_of(notice: Notice) -> str:
    """Return the work that a notice belongs to."""
    return Flag(reason=notice.reason, severity="routine", rule="").subject


def tell(
    context: TurnContext, notices: Sequence[Notice], item: ItemSeen | None, at: datetime
) -> Decision:
    """Open one item for all that is new, or join the one that is open."""
    practice = context.practice
    severity = highest(_severity(notice) for notice in notices)
    due = due_at(severity, at, practice.calendar)
    opened: tuple[ItemOpened, ...] = ()
    raised: tuple[ItemRaised, ...] = ()
    if item is None:
        owner = _owner(context, severity, at, due)
        item_id = QueueItemId(derived(at, practice.id, f"item/{subject_of(notices[0])}"))
        opened = (
            ItemOpened(
                id=item_id,
                about_id=practice.id,
                patient_id=None,
                thread_id=None,
                subject=subject_of(notices[0]),
                severity=severity,
                owner_id=owner.staff_id,
                owner_why=owner.why,
                due_at=due,
            ),
        )
    else:
        item_id = item.id
        raised = (
            ItemRaised(
                id=item_id,
                patient_id=None,
                severity=highest((item.severity, severity)),
                due_at=min(item.due_at, due),
            ),
        )
    flags = tuple(
        FlagRaised(
            id=FlagId(derived(at, source_of(practice.id, notice), "flag")),
            item_id=item_id,
            patient_id=None,
            reason=notice.reason,
            severity=_severity(notice),
            rule="account" if notice.code is None else f"account/{notice.code}",
            source_id=source_of(practice.id, notice),
        )
        for notice in notices
    )
    return Decision(
        practice_id=practice.id,
        line_id=None,
        at=at,
        items=opened,
        raised=raised,
        flags=flags,
        done=(("account", practice.id),),
    )


def _severity(notice: Notice) -> Severity:
    return _SEVERITY.get(notice.reason, "urgent")


def _owner(context: TurnContext, severity: Severity, at: datetime, due: datetime) -> Owner:
    responsible = context.practice.responsible_id
    here = any(person.id == responsible for person in context.staff)
    away = any(c.absent_id == responsible and c.from_at <= at < c.until_at for c in context.covers)
    if here and not away:
        return Owner(responsible, "responsible for the practice")
    return owner_for(severity, at=at, due=due, manager=None, team=(), roster=context.roster)
