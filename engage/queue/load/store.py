"""The SQL of the supervisor's numbers: open work by owner, and what is late with who was told.

Each is one statement over the index of open work; what is closed is never touched. Whether work
that was answered, and is waited for again, is late depends on the calendar: those few are judged
in queue/due.py. This room refuses to measure people: it counts what is open now, and no speed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from engage.conversation.severity import Severity
from engage.db.session import Query, Row, Work
from engage.db.tables import page, paging, patient, queue_item, staff
from engage.ids import PracticeId, QueueItemId, StaffId
from engage.queue.board.store import URGENCY, Position
from engage.queue.clocks import Calendar
from engage.queue.due import Told, is_late
from engage.queue.store import COLUMNS, NAMES, ItemSeen, seen

_HERE = bindparam("practice", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_past = and_(queue_item.c.due_at < _NOW, queue_item.c.snoozed_at.is_(None))
_unanswered = queue_item.c.first_touch_at.is_(None)
_again = and_(queue_item.c.first_touch_at.is_not(None), queue_item.c.waiting_since.is_not(None))


class Again(Struct, frozen=True, kw_only=True):
    """Work past its time that was answered, and is waited for again."""

    severity: Severity
    due_at: datetime
    opened_at: datetime
    touched_at: datetime
    waiting_since: datetime


class Held(Struct, frozen=True, kw_only=True):
    """How much open work one person has in a practice."""

    open: Mapping[Severity, int]
    late: int
    snoozed: int
    #: Since when the person who waits longest waits.
    waiting_since: datetime | None


class Late(Struct, frozen=True):
    """Work that somebody waits for longer than they should."""

    item: ItemSeen
    touched_at: datetime | None


class Hop(Struct, frozen=True, kw_only=True):
    """Somebody was told, at a step of the climb."""

    step: int
    at: datetime
    why: str
    staff_id: StaffId
    given_name: str
    family_name: str


class Climb(Struct, frozen=True, kw_only=True):
    """How far work has climbed, and what goes on or stopped it."""

    hops: tuple[Hop, ...]
    next_at: datetime | None
    acknowledged_by: StaffId | None
    lease_until: datetime | None


_LOAD = Query(
    select(
        queue_item.c.owner_id,
        *(
            func.count().filter(queue_item.c.urgency == rank).label(name)
            for name, rank in URGENCY.items()
        ),
        func.count().filter(queue_item.c.snoozed_at.is_not(None)).label("snoozed"),
        func.count().filter(and_(_past, _unanswered)).label("late"),
        func.min(queue_item.c.waiting_since).label("waiting_since"),
        func.jsonb_agg(
            func.jsonb_build_object(
                *("severity", queue_item.c.severity, "due_at", queue_item.c.due_at),
                *("opened_at", queue_item.c.opened_at),
                *("touched_at", queue_item.c.first_touch_at),
                *("waiting_since", queue_item.c.waiting_since),
            )
        )
        .filter(and_(_past, _again))
        .label("again"),
    )
    .where(queue_item.c.practice_id == _HERE, queue_item.c.closed_at.is_(None))
    .group_by(queue_item.c.owner_id)
)
_order = (queue_item.c.urgency, queue_item.c.due_at, queue_item.c.id)
_late = (
    select(*COLUMNS, *NAMES, queue_item.c.first_touch_at)
    .select_from(queue_item)
    .outerjoin(
        patient,
        (patient.c.practice_id == queue_item.c.practice_id)
        & (patient.c.id == queue_item.c.patient_id),
    )
    .outerjoin(staff, staff.c.id == queue_item.c.owner_id)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.closed_at.is_(None),
        _past,
        or_(_unanswered, _again),
    )
    .order_by(*_order)
    .limit(bindparam("most"))
)
_LATE = Query(_late)
_LATE_AFTER = Query(
    _late.where(
        tuple_(*_order)
        > tuple_(
            bindparam("after_urgency", type_=Integer()),
            bindparam("after_due", type_=DateTime(timezone=True)),
            bindparam("after_id", type_=Uuid()),
        )
    )
)
_ITEMS = any_(bindparam("items", type_=ARRAY(Uuid())))
_CLIMBS = Query(
    select(
        paging.c.item_id,
        paging.c.next_at,
        paging.c.acknowledged_by,
        paging.c.lease_until,
        page.c.step,
        page.c.at,
        page.c.why,
        page.c.staff_id,
        staff.c.given_name,
        staff.c.family_name,
    )
    .outerjoin(
        page,
        (page.c.practice_id == paging.c.practice_id)
        & (page.c.item_id == paging.c.item_id)
        # Each person once for each step, whatever ways they are told by.
        & (page.c.channel == "console"),
    )
    .outerjoin(staff, staff.c.id == page.c.staff_id)
    .where(paging.c.practice_id == _HERE, paging.c.item_id == _ITEMS)
    .order_by(paging.c.item_id, page.c.step, page.c.id)
)


async def load(
    work: Work, practice: PracticeId, calendar: Calendar, now: datetime
) -> Mapping[StaffId, Held]:
    """Return how much open work each owner has."""
    found: dict[StaffId, Held] = {}
    for row in await work.rows(_LOAD, practice=practice, now=now):
        again = [] if row["again"] is None else msgspec.json.decode(row["again"], type=list[Again])
        found[StaffId(row["owner_id"])] = Held(
            open={name: row[name] for name in URGENCY},
            late=row["late"] + sum(_is_late(one, calendar, now) for one in again),
            snoozed=row["snoozed"],
            waiting_since=row["waiting_since"],
        )
    return found


async def late(
    work: Work,
    practice: PracticeId,
    calendar: Calendar,
    now: datetime,
    after: Position | None,
    most: int,
) -> tuple[list[Late], Position | None]:
    """Return a page of work that is late, the gravest first, and where the next one begins."""
    values = {"practice": practice, "now": now, "most": most + 1}
    if after is None:
        rows = await work.rows(_LATE, **values)
    else:
        rows = await work.rows(
            _LATE_AFTER,
            **values,
            after_urgency=after.urgency,
            after_due=after.due_at,
            after_id=after.id,
        )
    shown = rows[:most]
    last = shown[-1] if len(rows) > most else None
    place = None if last is None else Position(last["urgency"], last["due_at"], last["id"])
    return [one for one in map(_late_of, shown) if _still(one, calendar, now)], place


async def climbs(
    work: Work, practice: PracticeId, items: Sequence[QueueItemId]
) -> Mapping[QueueItemId, Climb]:
    """Return how far some work has climbed, step by step; what nobody is told of is left out."""
    found: dict[QueueItemId, list[Row]] = {}
    for row in await work.rows(_CLIMBS, practice=practice, items=list(items)):
        found.setdefault(QueueItemId(row["item_id"]), []).append(row)
    return {
        item: Climb(
            hops=tuple(_hop(row) for row in rows if row["staff_id"] is not None),
            next_at=rows[0]["next_at"],
            acknowledged_by=rows[0]["acknowledged_by"],
            lease_until=rows[0]["lease_until"],
        )
        for item, rows in found.items()
    }


def _hop(row: Row) -> Hop:
    return Hop(
        step=row["step"],
        at=row["at"],
        why=row["why"],
        staff_id=StaffId(row["staff_id"]),
        given_name=row["given_name"] or "",
        family_name=row["family_name"] or "",
    )


def _late_of(row: Row) -> Late:
    return Late(seen(row), row["first_touch_at"])


def _still(one: Late, calendar: Calendar, now: datetime) -> bool:
    told = Told(
        due_at=one.item.due_at,
        opened_at=one.item.opened_at,
        touched_at=one.touched_at,
        waiting_since=one.item.waiting_since,
    )
    return is_late(told, one.item.severity, calendar, now)


def _is_late(one: Again, calendar: Calendar, now: datetime) -> bool:
    told = Told(
        due_at=one.due_at,
        opened_at=one.opened_at,
        touched_at=one.touched_at,
        waiting_since=one.waiting_since,
    )
    return is_late(told, one.severity, calendar, now)
