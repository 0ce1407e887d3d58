"""The answers that count, and those that the same question had again, read for measures.

This room refuses to read what was written around an answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Interval,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from engage.conversation.answers import answer_of
from engage.db.session import Query, Work
from engage.db.tables import answer, answer_undone, need, need_event, screening
from engage.ids import PracticeId
from engage.measures.answered import Found, Given

_PRACTICE = bindparam("practice", type_=Uuid())
_later = answer.alias("later")
_again = screening.alias("again")


def _stands(of: Any) -> Any:  # noqa: ANN401 - a table or its alias
    """Return whether an answer is still taken for this person's."""
    return ~exists().where(
        answer_undone.c.practice_id == of.c.practice_id, answer_undone.c.answer_id == of.c.id
    )


_GIVEN = Query(
    select(answer.c.screening_id, answer.c.item, answer.c.kind, answer.c.option, answer.c.at)
    .ext(distinct_on(answer.c.screening_id, answer.c.item))
    .where(
        answer.c.practice_id == _PRACTICE,
        answer.c.screening_id == any_(bindparam("screenings", type_=ARRAY(Uuid()))),
        _stands(answer),
    )
    .order_by(answer.c.screening_id, answer.c.item, answer.c.id.desc())
)
_risks = (
    select(
        need.c.id,
        need.c.patient_id,
        screening.c.instrument,
        answer.c.item,
        func.min(answer.c.at).label("found_at"),
    )
    .select_from(
        need.join(
            need_event,
            and_(need_event.c.practice_id == need.c.practice_id, need_event.c.need_id == need.c.id),
        )
        .join(
            answer,
            and_(
                answer.c.practice_id == need_event.c.practice_id,
                answer.c.id == need_event.c.answer_id,
            ),
        )
        .join(
            screening,
            and_(
                screening.c.practice_id == answer.c.practice_id,
                screening.c.id == answer.c.screening_id,
            ),
        )
    )
    .where(
        need.c.practice_id == _PRACTICE,
        need.c.id >= bindparam("first_id", type_=Uuid()),
        need.c.id < bindparam("last_id", type_=Uuid()),
        need.c.opened_at >= bindparam("began", type_=DateTime(timezone=True)),
        need.c.opened_at < bindparam("ended", type_=DateTime(timezone=True)),
        need_event.c.act == "find",
        _stands(answer),
    )
    .group_by(need.c.id, need.c.patient_id, screening.c.instrument, answer.c.item)
    .cte("risks")
)
_answers_again = _again.join(
    _later,
    and_(_later.c.practice_id == _again.c.practice_id, _later.c.screening_id == _again.c.id),
)
_FOUND = Query(
    select(_risks, _later.c.at, _later.c.kind, _later.c.option).select_from(
        _risks.outerjoin(
            _answers_again,
            and_(
                _again.c.practice_id == _PRACTICE,
                _again.c.patient_id == _risks.c.patient_id,
                _again.c.instrument == _risks.c.instrument,
                _later.c.item == _risks.c.item,
                _later.c.at >= _risks.c.found_at + bindparam("soonest", type_=Interval()),
                _later.c.at <= _risks.c.found_at + bindparam("latest", type_=Interval()),
                _stands(_later),
            ),
        )
    )
)


async def given(work: Work, practice: PracticeId, screenings: Sequence[UUID]) -> tuple[Given, ...]:
    """Return the answer that counts for each item of some screenings."""
    rows = await work.rows(_GIVEN, practice=practice, screenings=list(screenings))
    return tuple(
        Given(
            screening=row["screening_id"],
            item=row["item"],
            answer=answer_of(row["kind"], row["option"]),
            at=row["at"],
        )
        for row in rows
    )


async def found(
    work: Work, cohort: Mapping[str, UUID | datetime], soonest: timedelta, latest: timedelta
) -> tuple[Found, ...]:
    """Return the risks that answers were, each with every answer that it had in the window."""
    rows = await work.rows(_FOUND, **cohort, soonest=soonest, latest=latest)
    return tuple(
        Found(
            need=row["id"],
            person=row["patient_id"],
            instrument=row["instrument"],
            item=row["item"],
            found_at=row["found_at"],
            again_at=row["at"],
            again=None if row["kind"] is None else answer_of(row["kind"], row["option"]),
        )
        for row in rows
    )
