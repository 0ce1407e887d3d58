"""A clinic's list of visits as a CSV file: judged whole, rehearsed if asked, taken or refused.

What is wrong with it is said by line and column, never by what stands there.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.appointment_requests import Moment
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.refusals import FieldError, Unprocessable
from engage.db.session import Work
from engage.ids import PracticeId
from engage.people.csv_import import BadRows
from engage.turns.day_lists import Taken, take_day_list

LONGEST_CSV = 60_000
MOST_SHOWN = 100
"""So many bad rows are named at once."""


class DayListIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list of visits, and what to do with it."""

    csv: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_CSV,
            description="With a header: patient_external_id, visit_id, starts_at; and ends_at or "
            "minutes, place, status, what.",
        ),
    ]
    as_of: Annotated[
        Moment | None,
        Meta(description="When the list was made: what is known from later stays. Left out: now."),
    ] = None
    dry_run: Annotated[
        bool, Meta(description="True: say what it would do, and do nothing of it.")
    ] = False
    practice_id: UUID | None = None

    def __repr__(self) -> str:
        """Hide the list."""
        return "DayListIn(…)"


class DayListOut(Struct, frozen=True, kw_only=True):
    """What a list did, or would do; every row counts once."""

    dry_run: bool
    added: Annotated[int, Meta(ge=0)]
    changed: Annotated[int, Meta(ge=0)]
    unchanged: Annotated[int, Meta(ge=0, description="Known already, or older than what is known.")]


class _Rehearsed(Exception):  # noqa: N818 - takes a transaction back, and carries what it did
    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken


@post(
    "/imports/day-list",
    opt=needs("visit.write"),
    operation_id="importDayList",
    summary="Import a clinic's list of visits from CSV",
    status_code=HTTPStatus.OK,
)
async def post_day_list(
    request: Request[Any, Any, State],
    data: JSONBody[DayListIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[DayListOut]:
    """Take all rows or none; a visit is known by its id, so the same list twice is one."""
    given = None if data.practice_id is None else PracticeId(data.practice_id)
    practice = chosen_practice(visit, given)

    async def take(work: Work) -> Taken:
        return await take_day_list(
            work,
            parts.turns,
            parts.vault,
            parts.clock,
            practice=practice,
            text=data.csv,
            as_of=data.as_of,
            by=visit.staff_id,
        )

    async def rehearse(work: Work) -> Taken:
        raise _Rehearsed(await take(work))

    async def act(work: Work) -> Made:
        taken = await take(work)
        await audit.record(
            work,
            practice,
            parts.clock.now(),
            actor="staff",
            actor_id=visit.staff_id,
            action="day-list.import",
            subject="practice",
            subject_id=practice,
        )
        return Made(_out(taken, dry_run=False))

    try:
        if data.dry_run:
            await in_turn(parts, rehearse, practice)
        answer = await once(request, parts, practice, DayListOut, act)
    except _Rehearsed as rehearsed:
        return made(Made(_out(rehearsed.taken, dry_run=True)), DayListOut)
    except BadRows as bad:
        raise _refused(bad) from None
    parts.bell.ring("outbox")
    return answer


def _out(taken: Taken, *, dry_run: bool) -> DayListOut:
    return DayListOut(
        dry_run=dry_run, added=taken.added, changed=taken.changed, unchanged=taken.unchanged
    )


def _refused(bad: BadRows) -> Unprocessable:
    return Unprocessable(
        *(
            FieldError("/csv", "bad-row", f"Line {row.line}: {row.reason}.")
            for row in bad.rows[:MOST_SHOWN]
        )
    )
