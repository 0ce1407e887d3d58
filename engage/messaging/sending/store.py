"""The rows of sending: a number's pace, what a day has cost, the state of a practice's account.

The pace of a number is locked from the reading to the writing, after line and text. This module
refuses to decide: pacing.py does.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Date, Integer, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engage.db.session import Query, Row, Work
from engage.db.tables import number_pace, sending, sending_day
from engage.ids import MessageId, NumberId, PracticeId
from engage.messaging.carrier_codes import OnAccount
from engage.messaging.pacing import (
    PRACTICE_PER_DAY,
    URGENCIES,
    Bucket,
    Held,
    Rate,
    Spent,
    Urgency,
)

USUAL_DAYS = timedelta(days=14)

_PRACTICE = bindparam("practice", type_=Uuid())
_NUMBER = bindparam("number", type_=Uuid())
_DAY = bindparam("day", type_=Date())

_totals = (
    select(func.sum(sending_day.c.segments).label("total"))
    .where(
        sending_day.c.practice_id == _PRACTICE,
        sending_day.c.day >= bindparam("since", type_=Date()),
        sending_day.c.day < _DAY,
    )
    .group_by(sending_day.c.day)
    .subquery()
)
_STANDING = Query(
    select(
        number_pace,
        func.outbox_rank(bindparam("text", type_=Uuid())).label("rank"),
        sending.c.effect,
        sending.c.until_at,
        sending.c.segments_per_day,
        sending.c.alarmed_on,
        sending.c.capped_on,
        select(func.coalesce(func.sum(sending_day.c.segments), 0))
        .where(sending_day.c.practice_id == _PRACTICE, sending_day.c.day == _DAY)
        .scalar_subquery()
        .label("by_practice"),
        select(func.coalesce(func.sum(sending_day.c.segments), 0))
        .where(
            sending_day.c.practice_id == _PRACTICE,
            sending_day.c.number_id == _NUMBER,
            sending_day.c.day == _DAY,
        )
        .scalar_subquery()
        .label("by_number"),
        select(func.avg(_totals.c.total)).scalar_subquery().label("usual"),
    )
    .select_from(number_pace.outerjoin(sending, sending.c.practice_id == number_pace.c.practice_id))
    .where(number_pace.c.practice_id == _PRACTICE, number_pace.c.number_id == _NUMBER)
    .with_for_update(of=number_pace)
)
_NEW_PACE = Query(
    upsert(number_pace)
    .values(
        practice_id=_PRACTICE,
        number_id=_NUMBER,
        per_second=bindparam("per_second"),
        burst=bindparam("burst"),
        per_day=bindparam("per_day"),
        credit=bindparam("credit"),
        credited_at=bindparam("moment"),
    )
    .on_conflict_do_nothing()
)
_SET_RATE = Query(
    update(number_pace)
    .where(number_pace.c.practice_id == _PRACTICE, number_pace.c.number_id == _NUMBER)
    .values(
        per_second=bindparam("rate_per_second"),
        burst=bindparam("rate_burst"),
        per_day=bindparam("rate_per_day"),
    )
)
_RATE = Query(
    select(number_pace).where(
        number_pace.c.practice_id == _PRACTICE, number_pace.c.number_id == _NUMBER
    )
)
_CREDIT = Query(
    update(number_pace)
    .where(number_pace.c.practice_id == _PRACTICE, number_pace.c.number_id == _NUMBER)
    .values(credit=bindparam("left"), credited_at=bindparam("moment"))
)
_spend = upsert(sending_day).values(
    practice_id=_PRACTICE, number_id=_NUMBER, day=_DAY, segments=bindparam("spent", type_=Integer())
)
_SPEND = Query(
    _spend.on_conflict_do_update(
        index_elements=[sending_day.c.practice_id, sending_day.c.number_id, sending_day.c.day],
        set_={"segments": sending_day.c.segments + _spend.excluded.segments},
    )
)
_FOUND = Query(upsert(sending).values(practice_id=_PRACTICE).on_conflict_do_nothing())
_OF = Query(select(sending).where(sending.c.practice_id == _PRACTICE))
_LOCK = Query(select(sending).where(sending.c.practice_id == _PRACTICE).with_for_update())
_EFFECT = Query(
    update(sending)
    .where(sending.c.practice_id == _PRACTICE)
    .values(
        effect=bindparam("what", type_=Text()),
        error_code=bindparam("code", type_=Integer()),
        since=bindparam("from_at"),
        until_at=bindparam("ends_at"),
        slowed=bindparam("times", type_=Integer()),
    )
)
_CAPPED = Query(
    update(sending)
    .where(sending.c.practice_id == _PRACTICE, sending.c.capped_on.is_distinct_from(_DAY))
    .values(capped_on=_DAY)
)
_ALARMED = Query(
    update(sending)
    .where(sending.c.practice_id == _PRACTICE, sending.c.alarmed_on.is_distinct_from(_DAY))
    .values(alarmed_on=_DAY)
)
_LIMITS = Query(
    update(sending)
    .where(sending.c.practice_id == _PRACTICE)
    .values(
        segments_per_day=bindparam("cap", type_=Integer()),
        redact_after_days=bindparam("redact", type_=Integer()),
    )
)
_RECONCILED = Query(
    update(sending)
    .where(sending.c.practice_id == _PRACTICE)
    .values(reconciled_to=bindparam("moment"))
)
_SWEPT = Query(
    update(sending).where(sending.c.practice_id == _PRACTICE).values(swept_to=bindparam("moment"))
)
_REDACTED = Query(
    update(sending)
    .where(sending.c.practice_id == _PRACTICE)
    .values(redacted_to=bindparam("reached", type_=Uuid()))
)


class Standing(Struct, frozen=True):
    """All that `pacing.weigh` asks for."""

    urgency: Urgency
    rate: Rate
    bucket: Bucket
    spent: Spent
    held: Held


class Sending(Struct, frozen=True, kw_only=True):
    """A practice's sending as it stands."""

    effect: OnAccount
    error_code: int | None
    since: datetime | None
    until: datetime | None
    slowed: int
    segments_per_day: int | None
    capped_on: date | None
    alarmed_on: date | None
    redact_after_days: int | None
    redacted_to: UUID | None
    reconciled_to: datetime | None
    swept_to: datetime | None

    @property
    def held(self) -> Held:
        """The part that keeps texts back."""
        return Held(self.effect, self.until)


async def standing(
    work: Work,
    practice: PracticeId,
    number: NumberId,
    text: MessageId,
    rate: Rate,
    day: date,
    at: datetime,
) -> Standing:
    """Lock a number's pace and read what bears on a text; a new number begins with `rate`."""
    asked = {
        "practice": practice,
        "number": number,
        "text": text,
        "day": day,
        "since": day - USUAL_DAYS,
    }
    row = await work.maybe(_STANDING, **asked)
    if row is None:
        await set_rate(work, practice, number, rate, at)
        (row,) = await work.rows(_STANDING, **asked)
    rank: int | None = row["rank"]
    usual = row["usual"]
    return Standing(
        urgency="routine" if rank is None else URGENCIES[rank],
        rate=Rate(row["per_second"], row["burst"], row["per_day"]),
        bucket=Bucket(row["credit"], row["credited_at"]),
        spent=Spent(
            by_number=row["by_number"],
            by_practice=row["by_practice"],
            usual=None if usual is None else float(usual),
            practice_cap=row["segments_per_day"] or PRACTICE_PER_DAY,
        ),
        held=Held(row["effect"] or "none", row["until_at"]),
    )


async def set_rate(
    work: Work, practice: PracticeId, number: NumberId, rate: Rate, at: datetime
) -> None:
    """Write how fast a number may text."""
    new = await work.run(
        _NEW_PACE,
        practice=practice,
        number=number,
        per_second=rate.per_second,
        burst=rate.burst,
        per_day=rate.per_day,
        credit=float(rate.burst),
        moment=at,
    )
    if not new:
        await work.run(
            _SET_RATE,
            practice=practice,
            number=number,
            rate_per_second=rate.per_second,
            rate_burst=rate.burst,
            rate_per_day=rate.per_day,
        )


async def rate_of(work: Work, practice: PracticeId, number: NumberId) -> Rate | None:
    """Return how fast a number may text, if anything ever left from it."""
    row = await work.maybe(_RATE, practice=practice, number=number)
    return None if row is None else Rate(row["per_second"], row["burst"], row["per_day"])


async def spend(
    work: Work,
    practice: PracticeId,
    number: NumberId,
    segments: int,
    credit: float,
    day: date,
    at: datetime,
) -> None:
    """Write what a text costs."""
    await work.run(_CREDIT, practice=practice, number=number, left=credit, moment=at)
    await work.run(_SPEND, practice=practice, number=number, day=day, spent=segments)


async def found(work: Work, practice: PracticeId) -> Sending:
    """Return a practice's row, made and locked."""
    await work.run(_FOUND, practice=practice)
    (row,) = await work.rows(_LOCK, practice=practice)
    return _seen(row)


async def of(work: Work, practice: PracticeId) -> Sending | None:
    """Return a practice's row as it stands; None if nothing ever happened to its account."""
    row = await work.maybe(_OF, practice=practice)
    return None if row is None else _seen(row)


async def set_effect(
    work: Work,
    practice: PracticeId,
    effect: OnAccount,
    code: int | None,
    since: datetime | None,
    until: datetime | None,
    slowed: int,
) -> None:
    """Write what is wrong with the account, or that nothing is."""
    await work.run(
        _EFFECT,
        practice=practice,
        what=effect,
        code=code,
        from_at=since,
        ends_at=until,
        times=slowed,
    )


async def first_capped(work: Work, practice: PracticeId, day: date) -> bool:
    """Note that a cap was reached; False if it was noted before on that day."""
    await work.run(_FOUND, practice=practice)
    return await work.run(_CAPPED, practice=practice, day=day) > 0


async def first_unusual(work: Work, practice: PracticeId, day: date) -> bool:
    """Note that a day is unusual; False if it was noted before."""
    await work.run(_FOUND, practice=practice)
    return await work.run(_ALARMED, practice=practice, day=day) > 0


async def set_limits(
    work: Work, practice: PracticeId, segments_per_day: int | None, redact_after_days: int | None
) -> None:
    """Write a practice's cap, and after how many days the carrier forgets words."""
    await work.run(_LIMITS, practice=practice, cap=segments_per_day, redact=redact_after_days)


async def set_mark(
    work: Work,
    practice: PracticeId,
    *,
    reconciled_to: datetime | None = None,
    swept_to: datetime | None = None,
    redacted_to: UUID | None = None,
) -> None:
    """Write how far the reconciler has come."""
    if reconciled_to is not None:
        await work.run(_RECONCILED, practice=practice, moment=reconciled_to)
    if swept_to is not None:
        await work.run(_SWEPT, practice=practice, moment=swept_to)
    if redacted_to is not None:
        await work.run(_REDACTED, practice=practice, reached=redacted_to)


async def close_lanes(
    work: Work, lanes: Sequence[UUID], practice: PracticeId, until: datetime, *, routine_only: bool
) -> None:
    """Close lanes until a moment: those of numbers, or by the practice's own id all of them."""
    opens, eases = (None, until) if routine_only else (until, None)
    for lane in lanes:
        await work.call("lane_close", lane, practice, opens, eases)


def _seen(row: Row) -> Sending:
    return Sending(
        effect=row["effect"],
        error_code=row["error_code"],
        since=row["since"],
        until=row["until_at"],
        slowed=row["slowed"],
        segments_per_day=row["segments_per_day"],
        capped_on=row["capped_on"],
        alarmed_on=row["alarmed_on"],
        redact_after_days=row["redact_after_days"],
        redacted_to=row["redacted_to"],
        reconciled_to=row["reconciled_to"],
        swept_to=row["swept_to"],
    )
