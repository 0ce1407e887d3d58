"""Pages of open work: the most severe first, then the soonest due; and how much of it there is.

A page is read per practice over a covering index that begins with the practice, and merged; what is
open is small, and what is closed is never touched. Only what is asked for stands in the statement,
so that each view keeps its index. The text that each row is about is then looked up by index, for
the whole page at once, and its first words are opened here. Nothing is counted beyond what a person
takes in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias, assert_never, get_args

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    UUID,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Table,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import distinct_on

from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    assignment,
    care_team_member,
    flag,
    message,
    patient,
    practice,
    queue_item,
    staff,
)
from engage.ids import PatientId, PracticeId, QueueItemId, StaffId
from engage.people.access import Visible
from engage.queue.presence.store import Here, at_items
from engage.queue.store import COLUMNS, NAMES, FlagSeen, ItemSeen, seen

_UUIDS = ARRAY(UUID())
View: TypeAlias = Literal[
    "mine",
    "team",
    "crises",
    "unclaimed",
    "snoozed",
    "waiting-on-patient",
    "silent",
    "done-today",
    "all",
]

MOST_COUNTED = 100
"""A count stops here: beyond it the number tells a person nothing, and costs."""
LONGEST_EXCERPT = 80


class Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ends: the order of the list, in one place."""

    urgency: int
    due_at: datetime
    id: QueueItemId


class Excerpt(Struct, frozen=True, kw_only=True):
    """How the text begins that a piece of work is about."""

    words: str
    at: datetime
    prompt: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return "Excerpt(…)"


class Line(Struct, frozen=True):
    """A row of the board: a piece of work, the first words it is about, who has it open."""

    item: ItemSeen
    excerpt: Excerpt | None
    here: tuple[Here, ...] = ()


class Wanted(Struct, frozen=True, kw_only=True):
    """Which part of the queue."""

    view: View
    reader: StaffId
    owner: StaffId | None = None
    severity: Severity | None = None
    patient: PatientId | None = None
    subject: str | None = None


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


def _open_in(view: View) -> list[ColumnElement[bool]]:
    """Say what belongs to a view; what rests stands in its own, and in that of everything open.

    Words that a partial index is made for stand in the statement as they are: of a parameter the
    planner can't know that it is the index's own.
    """
    still_open: ColumnElement[bool] = queue_item.c.closed_at.is_(None)
    awake: ColumnElement[bool] = queue_item.c.snoozed_at.is_(None)
    match view:
        case "mine":
            return [still_open, awake, queue_item.c.owner_id == bindparam("reader")]
        case "team":
            return [still_open, awake, _mine_to_care_for()]
        case "crises":
            return [still_open, queue_item.c.urgency == URGENCY["crisis"]]
        case "unclaimed":
            return [still_open, awake, queue_item.c.status == "ready"]
        case "snoozed":
            return [queue_item.c.snoozed_at.is_not(None)]
        case "waiting-on-patient":
            return [
                still_open,
                awake,
                queue_item.c.first_touch_at.is_not(None),
                queue_item.c.waiting_since.is_(None),
            ]
        case "silent":
            return [still_open, awake, queue_item.c.subject == literal_column("'silence'")]
        case "done-today":
            return [
                queue_item.c.status == literal_column("'completed'"),
                queue_item.c.closed_at >= _TODAY.c.since,
            ]
        case "all":
            return [still_open]
        case _:
            assert_never(view)


_NOW = bindparam("now", type_=DateTime(timezone=True))
_TODAY = (
    select(
        practice.c.id.label("id"),
        func.timezone(
            practice.c.time_zone, func.date_trunc("day", func.timezone(practice.c.time_zone, _NOW))
        ).label("since"),
    )
    .where(practice.c.id == any_(bindparam("practices", type_=_UUIDS)))
    .cte("today")
    # Apart, so that the wall sees a plain moment: it lets no function near an index that may tell.
    .prefix_with("MATERIALIZED")
)
"""When the day began in each practice, by its own clock."""
_ASKED = (
    func.unnest(bindparam("practices", type_=_UUIDS))
    .table_valued("id", name="asked")
    .render_derived()
)


def _practices_of(view: View) -> FromClause:
    """Return the practices that are asked, with what a view must know of each."""
    return _TODAY if view == "done-today" else _ASKED


_GIVEN: Mapping[str, ColumnElement[Any]] = {
    "owner": queue_item.c.owner_id,
    "urgency": queue_item.c.urgency,
    "patient": queue_item.c.patient_id,
    "subject": queue_item.c.subject,
}
"""What a list may be narrowed to, by the name of its value."""


@lru_cache(maxsize=64)
def _page(*, view: View, given: frozenset[str], after: bool) -> Query:
    """Compile the page of a view once; only what is asked for stands in the statement."""
    asked = _practices_of(view)
    wanted = [queue_item.c.practice_id == asked.c.id, *_open_in(view)]
    wanted += [column == bindparam(name) for name, column in _GIVEN.items() if name in given]
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
    work: Work,
    visible: Visible,
    wanted: Wanted,
    after: Position | None,
    most: int,
    now: datetime,
    keys: Mapping[PracticeId, PracticeKeys],
) -> list[Line]:
    """Return open items, the most severe and then the soonest due first, each with its words."""
    values: dict[str, Any] = {"practices": list(visible.practices), "most": most}
    if wanted.view in ("mine", "team"):
        values["reader"] = wanted.reader
    if wanted.view in ("team", "done-today"):
        values["now"] = now
    given = {
        name: value
        for name, value in (
            ("owner", wanted.owner),
            ("urgency", None if wanted.severity is None else URGENCY[wanted.severity]),
            ("patient", wanted.patient),
            ("subject", wanted.subject),
        )
        if value is not None
    }
    values |= given
    if after is not None:
        values |= {
            "after_urgency": after.urgency,
            "after_due": after.due_at,
            "after_id": after.id,
        }
    query = _page(view=wanted.view, given=frozenset(given), after=after is not None)
    items = [seen(row) for row in await work.rows(query, **values)]
    words = await work.rows(_WORDS, practices=values["practices"], items=[one.id for one in items])
    said = {row["item_id"]: _excerpt(row, keys[row["practice_id"]]) for row in words}
    here = await at_items(work, visible, [one.id for one in items], now)
    return [Line(one, said.get(one.id), here.get(one.id, ())) for one in items]


# A statement of its own: joined to the page it would be planned anew each time, over every month of
# texts, and that costs more than the page.
_WORDS = Query(
    select(
        flag.c.practice_id,
        flag.c.item_id,
        flag.c.at,
        flag.c.message_id,
        message.c.body_sealed,
        message.c.prompt,
    )
    .ext(distinct_on(flag.c.item_id))
    .join(
        message,
        (message.c.practice_id == flag.c.practice_id) & (message.c.id == flag.c.message_id),
    )
    .where(
        flag.c.practice_id == any_(bindparam("practices", type_=_UUIDS)),
        flag.c.item_id == any_(bindparam("items", type_=_UUIDS)),
        flag.c.withdrawn_at.is_(None),
    )
    .order_by(flag.c.item_id, case(URGENCY, value=flag.c.severity), flag.c.id.desc())
)


def _counted(view: View) -> ColumnElement[int]:
    counted = select(queue_item.c.id).where(*_open_in(view)).limit(MOST_COUNTED)
    if view == "done-today":
        # For each practice apart: joined at large, all that was ever closed would be read.
        each = counted.where(queue_item.c.practice_id == _TODAY.c.id).lateral("each")
        counted = select(each.c.id).select_from(_TODAY.join(each, true())).limit(MOST_COUNTED)
    else:
        counted = counted.where(
            queue_item.c.practice_id == any_(bindparam("practices", type_=_UUIDS))
        )
    some = counted.subquery()
    return select(func.count()).select_from(some).scalar_subquery().label(view)


VIEWS: tuple[View, ...] = get_args(View)
_COUNTS = Query(select(*(_counted(view) for view in VIEWS)))


async def counts(
    work: Work, visible: Visible, reader: StaffId, now: datetime
) -> Mapping[View, int]:
    """Return how much is open in each view; MOST_COUNTED means that many or more."""
    row = await work.maybe(_COUNTS, practices=list(visible.practices), reader=reader, now=now)
    return {view: 0 if row is None else row[view] for view in VIEWS}


def _excerpt(row: Row, keys: PracticeKeys) -> Excerpt:
    body = keys.open_text("message.body", row["message_id"], row["body_sealed"])
    return Excerpt(words=beginning(body), at=row["at"], prompt=row["prompt"])


def excerpt_of(flags: Sequence[FlagSeen]) -> Excerpt | None:
    """Return the words of the most severe reason, and of those the newest: as a page has them."""
    said = [one for one in flags if one.words is not None]
    first = min(said, key=lambda one: (URGENCY[one.severity], -one.id.int), default=None)
    if first is None or first.words is None:
        return None
    return Excerpt(words=beginning(first.words), at=first.at, prompt=first.prompt)


def beginning(text: str) -> str:
    """Return the first words of a text, on one line; what is left out is marked."""
    line = " ".join(text.split())
    if len(line) <= LONGEST_EXCERPT:
        return line
    room = line[: LONGEST_EXCERPT - 1]
    # A text without spaces is cut where the room ends.
    words = room.rpartition(" ")[0] if " " in room[LONGEST_EXCERPT // 2 :] else room
    return f"{words.rstrip()}…"


def position(item: ItemSeen) -> Position:
    """Return an item's place in the list."""
    return Position(URGENCY[item.severity], item.due_at, item.id)
