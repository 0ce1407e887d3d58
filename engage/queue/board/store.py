"""Pages of open work: the most severe first, then the soonest due.

A page is read per practice over a covering index that begins with the practice, and merged; what is
open is small, and what is closed is never touched. Only what is asked for stands in the statement,
so that each view keeps its index.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias, assert_never

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    UUID,
    ColumnElement,
    DateTime,
    Integer,
    Table,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    tuple_,
)

from engage.conversation.severity import Severity
from engage.db.session import Query, Work
from engage.db.tables import assignment, care_team_member, patient, queue_item, staff
from engage.ids import QueueItemId, StaffId
from engage.people.access import Visible
from engage.queue.store import COLUMNS, NAMES, ItemSeen, seen

_UUIDS = ARRAY(UUID())
View: TypeAlias = Literal["mine", "team", "crises", "unclaimed", "all"]


class Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ends: the order of the list, in one place."""

    urgency: int
    due_at: datetime
    id: QueueItemId


class Wanted(Struct, frozen=True, kw_only=True):
    """Which part of the queue."""

    view: View
    reader: StaffId
    owner: StaffId | None = None
    severity: Severity | None = None


URGENCY: dict[Severity, int] = {"crisis": 0, "possible": 1, "urgent": 2, "routine": 3}
"""The order of the list, as the generated column of the table has it."""


def _now(table: Table) -> ColumnElement[bool]:
    return (table.c.from_at <= bindparam("now")) & or_(
        table.c.until_at.is_(None), table.c.until_at > bindparam("now")
    )


def _mine_to_care_for() -> ColumnElement[bool]:
    """Say whether the reader answers for the item's patient now, or is on the team."""
    return or_(
        queue_item.c.owner_id == bindparam("reader"),
        *(
            exists().where(
                table.c.practice_id == queue_item.c.practice_id,
                table.c.patient_id == queue_item.c.patient_id,
                table.c.staff_id == bindparam("reader"),
                _now(table),
            )
            for table in (assignment, care_team_member)
        ),
    )


@lru_cache(maxsize=64)
def _page(*, view: View, owner: bool, severity: bool, after: bool) -> Query:
    """Compile the page of a view once; only what is asked for stands in the statement."""
    asked = (
        func.unnest(bindparam("practices", type_=_UUIDS))
        .table_valued("id", name="asked")
        .render_derived()
    )
    wanted: list[ColumnElement[bool]] = [
        queue_item.c.practice_id == asked.c.id,
        queue_item.c.closed_at.is_(None),
    ]
    match view:
        case "mine":
            wanted.append(queue_item.c.owner_id == bindparam("reader"))
        case "team":
            wanted.append(_mine_to_care_for())
        case "crises":
            wanted.append(queue_item.c.urgency == URGENCY["crisis"])
        case "unclaimed":
            wanted.append(queue_item.c.status == "ready")
        case "all":
            pass
        case _:
            assert_never(view)
    if owner:
        wanted.append(queue_item.c.owner_id == bindparam("owner"))
    if severity:
        wanted.append(queue_item.c.urgency == bindparam("urgency"))
    if after:
        place = tuple_(
            bindparam("after_urgency", type_=Integer()),
            bindparam("after_due", type_=DateTime(timezone=True)),
            bindparam("after_id", type_=UUID()),
        )
        order = tuple_(queue_item.c.urgency, queue_item.c.due_at, queue_item.c.id)
        wanted.append(order > place)
    found = (
        select(*COLUMNS)
        .where(*wanted)
        .order_by(queue_item.c.urgency, queue_item.c.due_at, queue_item.c.id)
        .limit(bindparam("most"))
        .lateral("found")
    )
    return Query(
        select(found, *NAMES)
        .select_from(asked.join(found, true()))
        .outerjoin(
            patient,
            (patient.c.practice_id == found.c.practice_id) & (patient.c.id == found.c.patient_id),
        )
        .outerjoin(staff, staff.c.id == found.c.owner_id)
        .order_by(found.c.urgency, found.c.due_at, found.c.id)
        .limit(bindparam("most"))
    )


async def page(
    work: Work, visible: Visible, wanted: Wanted, after: Position | None, most: int, now: datetime
) -> list[ItemSeen]:
    """Return open items, the most severe and then the soonest due first."""
    values: dict[str, Any] = {"practices": list(visible.practices), "most": most}
    if wanted.view in ("mine", "team"):
        values["reader"] = wanted.reader
    if wanted.view == "team":
        values["now"] = now
    if wanted.owner is not None:
        values["owner"] = wanted.owner
    if wanted.severity is not None:
        values["urgency"] = URGENCY[wanted.severity]
    if after is not None:
        values |= {
            "after_urgency": after.urgency,
            "after_due": after.due_at,
            "after_id": after.id,
        }
    query = _page(
        view=wanted.view,
        owner=wanted.owner is not None,
        severity=wanted.severity is not None,
        after=after is not None,
    )
    return [seen(row) for row in await work.rows(query, **values)]


def position(item: ItemSeen) -> Position:
    """Return an item's place in the list."""
    return Position(URGENCY[item.severity], item.due_at, item.id)
