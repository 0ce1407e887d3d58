"""What would move if somebody were away: the same routing, asked beforehand. (p).

Item by item, the gravest first, each to whom routing would name at that moment, and whoever gets
one holds one more when the next is asked about. This room refuses to count on tomorrow: work that
comes or is closed until then is not in it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from engage.conversation.severity import Severity
from engage.ids import StaffId
from engage.queue.routing import CoverSeen, Roster, owner_for, stranded, with_elsewhere


class Left(Struct, frozen=True, kw_only=True):
    """Open work of somebody who will be away, and who answers for its patient."""

    severity: Severity
    due_at: datetime
    manager: StaffId | None = None
    team: tuple[StaffId, ...] = ()
    language: str | None = None


class Goes(Struct, frozen=True):
    """How much would go to one person, and how much of it is a crisis."""

    staff_id: StaffId
    items: int
    crises: int


class Leaving(Struct, frozen=True):
    """What would become of somebody's work: where it goes, and how much of it stays."""

    goes: tuple[Goes, ...]
    stays: int


def if_away(left: Sequence[Left], leave: CoverSeen, roster: Roster) -> Leaving:
    """Return where open work would go at the moment a leave begins; the roster knows it not yet."""
    at = leave.from_at
    then = msgspec.structs.replace(roster, covers=(*roster.covers, leave))
    given: dict[StaffId, list[Severity]] = {}
    stays = 0
    for one in left:
        if not stranded(leave.absent_id, one.severity, one.due_at, then, at, leaving=True):
            stays += 1
            continue
        loads = {person: len(theirs) for person, theirs in given.items()}
        owner = owner_for(
            one.severity,
            at=at,
            due=at,
            manager=one.manager,
            team=one.team,
            roster=msgspec.structs.replace(then, staff=with_elsewhere(then.staff, loads)),
            language=one.language,
        )
        given.setdefault(owner.staff_id, []).append(one.severity)
    goes = tuple(
        Goes(person, len(theirs), theirs.count("crisis")) for person, theirs in given.items()
    )
    return Leaving(goes, stays)
