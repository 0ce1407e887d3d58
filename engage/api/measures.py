"""What became of what was begun in a period: reach, answers, first touch, closed loops.

For who directs the work of others. It names nobody, hides small groups, and changes nothing; that
it was looked at is recorded.
"""

import asyncio
from datetime import date, datetime, timedelta
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.parts import Parts
from engage.api.refusals import FieldError, InvalidRequest
from engage.ids import PracticeId
from engage.measures.cells import By, Hidden
from engage.measures.evidence import SPENDING, Measured, Name, measured, period
from engage.measures.store import evidence
from engage.measures.waits import Summary
from engage.people.staffing.store import get_practice
from engage.queue.clocks import Calendar

LONGEST_PERIOD = 92
"""Days: a quarter, and a bound on what is read."""
_YEARS = range(2000, 2101)
_TOO_LONG = FieldError(
    "/to", "wrong-period", "Must be from that day on, and at most 92 days in all.", "query"
)
_NO_SUCH_YEAR = FieldError("/from", "wrong-period", "Must be in this century.", "query")


class MeasureOut(Struct, frozen=True, kw_only=True):
    """One measure of everybody or of one group. All figures are null where it is hidden."""

    measure: Name
    of: Annotated[
        str | None,
        Meta(description="What it is about: a domain, an instrument, a ride or a food-box."),
    ] = None
    version: Annotated[str | None, Meta(description="Of the instrument.")] = None
    group: Annotated[str | None, Meta(description="Null: everybody.")]
    hidden: Annotated[Hidden | None, Meta(description="Why no figure is shown.")] = None
    people: int | None = None
    began: Annotated[int | None, Meta(description="How many waits began; nothing is left out.")] = (
        None
    )
    happened: int | None = None
    still_open: Annotated[int | None, Meta(description="Watched without an end so far.")] = None
    ended_otherwise: Annotated[int | None, Meta(description="Declined, rejected, cancelled.")] = (
        None
    )
    share: Annotated[float | None, Meta(description="happened of began, so far.")] = None
    median_seconds: Annotated[
        int | None, Meta(description="After which half had; null: not yet, or never.")
    ] = None
    p90_seconds: int | None = None
    total_seconds: Annotated[
        int | None, Meta(description="All minutes of staff; null: not a measure of minutes.")
    ] = None
    share_within: Annotated[
        float | None,
        Meta(description="In the measure's own window, the open ones judged by the others."),
    ] = None


class PracticeMeasures(Struct, frozen=True, kw_only=True):
    """The measures of one practice."""

    practice_id: PracticeId
    watched_until: datetime
    measures: tuple[MeasureOut, ...]


class MeasuresOut(
    Struct, frozen=True, kw_only=True, rename={"first_day": "from", "last_day": "to"}
):
    """The measures of a period, practice by practice; practices are never added up."""

    first_day: date
    last_day: date
    by: By
    practices: tuple[PracticeMeasures, ...]


@get(
    "/measures",
    opt=needs("queue.direct"),
    operation_id="getMeasures",
    summary="What became of what was begun in a period",
)
async def get_measures(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    first_day: Annotated[
        date, QueryParameter(name="from", description="The first day, by the practice's calendar.")
    ],
    last_day: Annotated[
        date, QueryParameter(name="to", description="The last day; at most 92 days in all.")
    ],
    by: Annotated[By, QueryParameter(description="Into which groups.")] = "none",
) -> MeasuresOut:
    """Return every measure of the cohort that began between two days, both included."""
    if first_day.year not in _YEARS or last_day.year not in _YEARS:
        raise InvalidRequest(_NO_SUCH_YEAR)
    if not timedelta() <= last_day - first_day < timedelta(days=LONGEST_PERIOD):
        raise InvalidRequest(_TOO_LONG)
    return MeasuresOut(
        first_day=first_day,
        last_day=last_day,
        by=by,
        practices=tuple(
            [
                await _practice(parts, visit, practice, first_day, last_day, by)
                for practice in visit.practices
            ]
        ),
    )


async def _practice(
    parts: Parts, visit: Visit, practice: PracticeId, first_day: date, last_day: date, by: By
) -> PracticeMeasures:
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    async with parts.database.work([practice], practice) as work:
        its = await get_practice(work, practice)
        when = period(first_day, last_day, its.time_zone, at)
        found = await evidence(work, keys, when, parts.instruments)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="measures.read",
            subject="practice",
            subject_id=practice,
        )
    calendar = Calendar(its.time_zone, its.business_hours, its.holidays)
    # A quarter of a large practice is seconds of arithmetic, and others are waiting.
    all_of_it = await asyncio.to_thread(measured, found, when, by, calendar)
    return PracticeMeasures(
        practice_id=practice,
        watched_until=when.watched_until,
        measures=tuple(_out(one) for one in all_of_it),
    )


def _out(one: Measured) -> MeasureOut:
    figures, (of, version) = one.figures, one.about or (None, None)
    if not isinstance(figures, Summary):
        return MeasureOut(
            measure=one.measure, of=of, version=version, group=one.group, hidden=figures
        )
    return MeasureOut(
        measure=one.measure,
        of=of,
        version=version,
        group=one.group,
        people=figures.people,
        began=figures.waits,
        happened=figures.happened,
        still_open=figures.still_open,
        ended_otherwise=figures.otherwise,
        share=figures.share,
        median_seconds=_seconds(figures.median),
        p90_seconds=_seconds(figures.p90),
        total_seconds=_seconds(figures.total) if one.measure in SPENDING else None,
        share_within=figures.within,
    )


def _seconds(lasted: timedelta | None) -> int | None:
    return None if lasted is None else int(lasted.total_seconds())
