"""What became of risks and referrals, and the minutes that went into a need, read for measures.

A risk all of whose grounds turned out to be somebody else's never was this person's: it is in no
cohort, as it is on no page. This room refuses to read what was asked for or answered in words.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)

from engage.db.session import Query, Work
from engage.db.tables import (
    need,
    need_event,
    queue_item,
    referral,
    referral_event,
    ride,
    time_spent,
)
from engage.measures.events import Needed, Referred, Spent
from engage.needs.episodes.store import grounded
from engage.needs.need import OVER

_PRACTICE = bindparam("practice", type_=Uuid())


def _words(*words: str) -> ColumnElement[Any]:
    return any_(literal(list(words), ARRAY(Text)))


def _cohort(table: Any, moment: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table and its column
    """Return whether a row began in the period."""
    return and_(
        table.c.practice_id == _PRACTICE,
        table.c.id >= bindparam("first_id", type_=Uuid()),
        table.c.id < bindparam("last_id", type_=Uuid()),
        moment >= bindparam("began", type_=DateTime(timezone=True)),
        moment < bindparam("ended", type_=DateTime(timezone=True)),
    )


def _when(act: str) -> ColumnElement[Any]:
    return func.min(need_event.c.at).filter(need_event.c.act == act)


_theirs = or_(need.c.status != "risk", grounded.correlate(need))
_for_it = and_(referral.c.practice_id == need.c.practice_id, referral.c.need_id == need.c.id)
_asked = select(func.min(referral.c.requested_at)).where(_for_it).correlate(need)
_taken_on = (
    select(func.min(referral_event.c.at))
    .join(
        referral,
        and_(
            referral.c.practice_id == referral_event.c.practice_id,
            referral.c.id == referral_event.c.referral_id,
        ),
    )
    .where(_for_it, referral_event.c.status == _words("accepted", "in-progress", "completed"))
    .correlate(need)
)
_of_rides = and_(ride.c.practice_id == need.c.practice_id, ride.c.need_id == need.c.id)
_ride_asked = select(func.min(ride.c.requested_at)).where(_of_rides).correlate(need)
_ride_arranged = select(func.min(ride.c.arranged_at)).where(_of_rides).correlate(need)
_NEEDED = Query(
    select(
        need.c.patient_id,
        need.c.opened_at,
        _when("want").label("wanted_at"),
        _when("decline").label("declined_at"),
        _when("confirm").label("confirmed_at"),
        # The earlier of the two; a null is passed over.
        func.least(_asked.scalar_subquery(), _ride_asked.scalar_subquery()).label("arranged_at"),
        func.least(_taken_on.scalar_subquery(), _ride_arranged.scalar_subquery()).label(
            "taken_on_at"
        ),
    )
    .join(
        need_event,
        and_(need_event.c.practice_id == need.c.practice_id, need_event.c.need_id == need.c.id),
    )
    .where(_cohort(need, need.c.opened_at), _theirs)
    .group_by(need.c.practice_id, need.c.id)
)
_came_to_nothing = referral_event.c.status == _words("rejected", "failed", "cancelled")


def _set_at(*statuses: str) -> ColumnElement[Any]:
    return func.min(referral_event.c.at).filter(referral_event.c.status == _words(*statuses))


_REFERRED = Query(
    select(
        referral.c.patient_id,
        referral.c.requested_at,
        _set_at("accepted", "in-progress").label("accepted_at"),
        _set_at("completed").label("completed_at"),
        func.min(referral_event.c.at)
        .filter(_came_to_nothing, referral_event.c.reason.is_not(None))
        .label("unresolved_at"),
        func.min(referral_event.c.at)
        .filter(_came_to_nothing, referral_event.c.reason.is_(None))
        .label("dropped_at"),
    )
    .join(
        referral_event,
        and_(
            referral_event.c.practice_id == referral.c.practice_id,
            referral_event.c.referral_id == referral.c.id,
        ),
    )
    .where(_cohort(referral, referral.c.requested_at))
    .group_by(referral.c.practice_id, referral.c.id)
)
_next = need.alias("next")
_UNTIL = bindparam("until", type_=DateTime(timezone=True))
# The work on a need is the work of its subject, from its beginning to that of the next episode.
_SPENT = Query(
    select(
        need.c.patient_id,
        func.sum(time_spent.c.minutes).label("minutes"),
        and_(need.c.status == _words(*sorted(OVER)), need.c.changed_at <= _UNTIL).label("over"),
    )
    .select_from(
        need.join(
            queue_item,
            and_(
                queue_item.c.practice_id == need.c.practice_id,
                queue_item.c.patient_id == need.c.patient_id,
                queue_item.c.subject == "need:" + need.c.domain,
            ),
        ).join(
            time_spent,
            and_(
                time_spent.c.practice_id == queue_item.c.practice_id,
                time_spent.c.item_id == queue_item.c.id,
                time_spent.c.at >= need.c.opened_at,
                time_spent.c.at <= _UNTIL,
            ),
        )
    )
    .where(
        _cohort(need, need.c.opened_at),
        _theirs,
        ~exists().where(
            _next.c.practice_id == need.c.practice_id,
            _next.c.patient_id == need.c.patient_id,
            _next.c.domain == need.c.domain,
            _next.c.episode > need.c.episode,
            _next.c.opened_at <= time_spent.c.at,
        ),
    )
    .group_by(need.c.practice_id, need.c.id)
)


async def needed(work: Work, cohort: Mapping[str, UUID | datetime]) -> tuple[Needed, ...]:
    """Return the risks that were found, and what became of each."""
    return tuple(
        Needed(
            person=row["patient_id"],
            found_at=row["opened_at"],
            wanted_at=row["wanted_at"],
            declined_at=row["declined_at"],
            confirmed_at=row["confirmed_at"],
            arranged_at=row["arranged_at"],
            taken_on_at=row["taken_on_at"],
        )
        for row in await work.rows(_NEEDED, **cohort)
    )


async def referred(work: Work, cohort: Mapping[str, UUID | datetime]) -> tuple[Referred, ...]:
    """Return the referrals that were requested, and what became of each."""
    return tuple(
        Referred(
            person=row["patient_id"],
            requested_at=row["requested_at"],
            accepted_at=row["accepted_at"],
            completed_at=row["completed_at"],
            unresolved_at=row["unresolved_at"],
            dropped_at=row["dropped_at"],
        )
        for row in await work.rows(_REFERRED, **cohort)
    )


async def spent(
    work: Work, cohort: Mapping[str, UUID | datetime], until: datetime
) -> tuple[Spent, ...]:
    """Return the minutes that went into each need for which somebody logged any."""
    return tuple(
        Spent(person=row["patient_id"], minutes=row["minutes"], over=row["over"])
        for row in await work.rows(_SPENT, **cohort, until=until)
    )
