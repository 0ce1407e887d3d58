"""The list of a local day for whoever drives: as pages of JSON, and whole, as a table to print.

Names, numbers and addresses leave the practice with it, so every person on it is recorded as looked
at. This room refuses a day of no calendar.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh, needs
from engage.api.pages import MOST, USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.refusals import FieldError, InvalidRequest, Source
from engage.api.restricted.doorway import shut
from engage.api.ride_values import ListedRideOut, as_csv, listed_out, unsaid
from engage.appointments.ride import Kind
from engage.appointments.rides import store
from engage.appointments.rides.store import OnTheList
from engage.db.session import Work
from engage.ids import PatientId, PracticeId, RideId

_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_FILES: dict[Kind, str] = {"ride": "rides", "food-box": "food-boxes"}
_OUT_OF_RANGE = "Must be a day between 2000 and 2200."

Day = Annotated[date, QueryParameter(description="A local day: 2026-12-03.")]


class RideDayList(Struct, frozen=True):
    """A page of the rides and boxes of a local day, in the order they were asked for."""

    items: tuple[ListedRideOut, ...]
    next: str | None


class _After(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: RideId


@get(
    "/rides",
    opt=needs("visit.read"),
    operation_id="listRidesOfDay",
    summary="The rides and boxes of a local day, for whoever drives",
)
async def list_day(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    day: Day,
    practice_id: Annotated[UUID | None, QueryParameter(required=False)] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> RideDayList:
    """Return a page of the list of a day; whom it names is recorded as looked at."""
    after = position_of(cursor, _After)
    rows = await _day(parts, visit, practice_id, day, after and after.id, limit + 1)
    shown, last = cut(rows, limit)
    return RideDayList(
        items=tuple(listed_out(one) for one in shown),
        next=None if last is None else cursor_of(_After(last.kept.ride.id)),
    )


@get(
    "/rides.csv",
    opt=fresh(needs("visit.read")),
    operation_id="printRidesOfDay",
    summary="The whole list of a local day as a table, to print or to send",
    media_type="text/csv",
)
async def print_day(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    day: Day,
    practice_id: Annotated[UUID | None, QueryParameter(required=False)] = None,
    kind: Annotated[
        Kind, QueryParameter(description="Whose list: who drives need not read who gets food.")
    ] = "ride",
) -> Response[bytes]:
    """Return everything of a kind that is not called off on a day, by when it begins."""
    rows: list[OnTheList] = []
    after: RideId | None = None
    while True:
        page = await _day(parts, visit, practice_id, day, after, MOST)
        rows += page
        if len(page) < MOST:
            break
        after = page[-1].kept.ride.id
    wanted = [
        one
        for one in rows
        if one.kept.ride.kind == kind and one.kept.ride.status not in {"failed", "cancelled"}
    ]
    wanted.sort(key=_begins)
    return Response(
        content=as_csv(wanted),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{_FILES[kind]}-{day.isoformat()}.csv"'
        },
    )


def in_range(day: date, source: Source) -> date:
    """Return a day that calendars and clocks know what to do with."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidRequest(FieldError("/day", "out-of-range", _OUT_OF_RANGE, source))
    return day


def _begins(one: OnTheList) -> tuple[bool, float, str]:
    begins = one.kept.ride.pickup_at or one.visit_at
    return begins is None, begins.timestamp() if begins else 0.0, str(one.kept.ride.id)


async def _day(
    parts: Parts,
    visit: Visit,
    given: UUID | None,
    day: date,
    after: RideId | None,
    most: int,
) -> list[OnTheList]:
    practice = chosen_practice(visit, None if given is None else PracticeId(given))
    in_range(day, "query")
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        rows = await store.of_day(work, keys, day, after, most)
        people = {one.kept.ride.patient_id for one in rows}
        closed = await shut(work, visit, people, [practice])
        await looked_at(work, parts, visit, practice, sorted(people - closed))
    return [unsaid(one) if one.kept.ride.patient_id in closed else one for one in rows]


async def looked_at(
    work: Work, parts: Parts, visit: Visit, practice: PracticeId, people: list[PatientId]
) -> None:
    """Record whose rides somebody has looked at."""
    await audit.record_patients(
        work,
        practice,
        parts.clock.now(),
        by=audit.By.staff(visit.staff_id),
        action="patient.rides",
        patients=people,
    )
