"""What was recorded of one practice's period, read for `measures/evidence.py`; nothing is written.

Texts are read by the months of their ids, the rest by ids that carry their moment. This room
refuses to read a body, a name or a number.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    answer,
    consent_event,
    contact_attempt,
    conversation,
    line,
    message,
    patient,
    queue_item,
    screening,
    thread,
)
from engage.errors import EngageError
from engage.ids import floor_of
from engage.measures.answered import Administered, asked_again, judged, screened
from engage.measures.cells import Person
from engage.measures.events import Asked, Evidence, Texted, Worked
from engage.measures.evidence import AGAIN, Period
from engage.measures.loops import store as loops
from engage.measures.questions import store as questions
from engage.measures.spending import months
from engage.measures.visits import store as visits
from engage.needs.instrument import Instrument
from engage.needs.scoring import Verdict

_IDS_BEFORE, _IDS_AFTER = timedelta(days=32), timedelta(days=1)
"""An id that a client chose was made in the month before its row, or a little ahead of it."""

_VERDICT: msgspec.json.Decoder[Verdict] = msgspec.json.Decoder(Verdict)

_PRACTICE = bindparam("practice", type_=Uuid())
_FROM = bindparam("began", type_=DateTime(timezone=True))
_TO = bindparam("ended", type_=DateTime(timezone=True))
_FIRST_ID, _LAST_ID = bindparam("first_id", type_=Uuid()), bindparam("last_id", type_=Uuid())


def _words(*words: str) -> ColumnElement[Any]:
    return any_(literal(list(words), ARRAY(Text)))


_LEFT = and_(
    message.c.direction == "out",
    message.c.status == _words("accepted", "sent", "delivered", "undelivered", "failed", "unknown"),
)
"""The carrier took it, or may have."""

_exchange = (
    select(
        conversation.c.screening_id,
        func.min(func.coalesce(message.c.sending_at, message.c.at)).filter(_LEFT).label("left_at"),
        func.min(message.c.status_at)
        .filter(_LEFT, message.c.status == "delivered")
        .label("delivered_at"),
        func.min(message.c.at)
        .filter(message.c.direction == "in", message.c.author == _words("patient", "caregiver"))
        .label("replied_at"),
    )
    .join(
        conversation,
        and_(
            conversation.c.practice_id == message.c.practice_id,
            conversation.c.id == message.c.conversation_id,
        ),
    )
    .where(
        message.c.practice_id == _PRACTICE,
        message.c.id >= bindparam("first_text", type_=Uuid()),
        message.c.id < bindparam("last_text", type_=Uuid()),
        conversation.c.screening_id.is_not(None),
    )
    .group_by(conversation.c.screening_id)
    .cte("exchange")
)
_on_page = (
    select(func.min(answer.c.at))
    .where(
        answer.c.practice_id == screening.c.practice_id,
        answer.c.screening_id == screening.c.id,
        answer.c.message_id.is_(None),
        answer.c.reporter == _words("patient", "caregiver"),
    )
    .correlate(screening)
    .scalar_subquery()
)
"""A tap on the page that a text names is a reply to that text."""

_ASKED = Query(
    select(
        screening.c.id,
        screening.c.patient_id,
        screening.c.channel,
        screening.c.instrument,
        screening.c.instrument_version,
        screening.c.started_at,
        screening.c.ended_at,
        screening.c.verdict,
        _exchange.c.left_at,
        _exchange.c.delivered_at,
        # The earlier of the two; a null is passed over.
        func.least(_exchange.c.replied_at, _on_page).label("replied_at"),
    )
    .select_from(screening.outerjoin(_exchange, _exchange.c.screening_id == screening.c.id))
    .where(
        screening.c.practice_id == _PRACTICE,
        screening.c.id >= _FIRST_ID,
        screening.c.id < _LAST_ID,
        screening.c.started_at >= _FROM,
        screening.c.started_at < _TO,
    )
)
_stops = (
    select(thread.c.patient_id, func.min(consent_event.c.at).label("at"))
    .select_from(
        consent_event.join(
            line,
            and_(
                line.c.practice_id == consent_event.c.practice_id,
                line.c.id == consent_event.c.line_id,
            ),
        ).join(
            thread,
            and_(thread.c.practice_id == line.c.practice_id, thread.c.line_id == line.c.id),
        )
    )
    .where(
        consent_event.c.practice_id == _PRACTICE,
        consent_event.c.id >= _FIRST_ID,
        consent_event.c.kind == "opted-out",
        consent_event.c.at >= _FROM,
        consent_event.c.at < _TO,
    )
    .group_by(thread.c.patient_id)
    .cte("stops")
)
_sent = (
    select(
        thread.c.patient_id,
        func.min(func.coalesce(message.c.sending_at, message.c.at)).label("first_at"),
    )
    .join(
        thread,
        and_(thread.c.practice_id == message.c.practice_id, thread.c.id == message.c.thread_id),
    )
    .where(
        message.c.practice_id == _PRACTICE,
        message.c.id >= bindparam("first_text", type_=Uuid()),
        message.c.id < bindparam("last_text", type_=Uuid()),
        _LEFT,
    )
    .group_by(thread.c.patient_id)
    .cte("sent")
)
_TEXTED = Query(
    select(_sent.c.patient_id, _sent.c.first_at, _stops.c.at.label("opted_out_at")).select_from(
        _sent.outerjoin(_stops, _stops.c.patient_id == _sent.c.patient_id)
    )
)
_attempted = (
    select(func.min(contact_attempt.c.at))
    .where(
        contact_attempt.c.practice_id == queue_item.c.practice_id,
        contact_attempt.c.item_id == queue_item.c.id,
    )
    .correlate(queue_item)
    .scalar_subquery()
)
_WORKED = Query(
    select(
        queue_item.c.patient_id,
        queue_item.c.opened_at,
        # The earlier of the two; a null is passed over.
        func.least(queue_item.c.first_touch_at, _attempted).label("touched_at"),
        queue_item.c.closed_at,
        queue_item.c.status,
    ).where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.id >= _FIRST_ID,
        queue_item.c.id < _LAST_ID,
        queue_item.c.opened_at >= _FROM,
        queue_item.c.opened_at < _TO,
        queue_item.c.patient_id.is_not(None),
        or_(
            queue_item.c.subject.startswith("need:"),
            queue_item.c.subject == _words("check-in", "crisis"),
        ),
    )
)


_PEOPLE = Query(
    select(patient.c.id, patient.c.language, patient.c.birth_date_sealed).where(
        patient.c.practice_id == _PRACTICE,
        patient.c.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
    )
)


async def evidence(
    work: Work, keys: PracticeKeys, when: Period, instruments: Mapping[str, Instrument]
) -> Evidence:
    """Return what was recorded of a period, and who it is about."""
    cohort = {
        "practice": keys.practice,
        "began": when.began,
        "ended": when.ended,
        "first_id": floor_of(when.began - _IDS_BEFORE),
        "last_id": floor_of(when.ended + _IDS_AFTER),
    }
    first_text, until = floor_of(when.began), max(when.watched_until, when.began)
    administered = await work.rows(
        _ASKED, **cohort, first_text=first_text, last_text=floor_of(until + _IDS_AFTER)
    )
    without_last = {name: value for name, value in cohort.items() if name != "last_id"}
    texted = await work.rows(
        _TEXTED, **without_last, first_text=first_text, last_text=floor_of(when.ended)
    )
    worked = await work.rows(_WORKED, **cohort)
    of_instruments = [
        _administered(row) for row in administered if row["instrument"] in instruments
    ]
    given = await questions.given(work, keys.practice, [one.id for one in of_instruments])
    found = await questions.found(work, cohort, *AGAIN)
    needed, referred = await loops.needed(work, cohort), await loops.referred(work, cohort)
    spent = await loops.spent(work, cohort, when.watched_until)
    visited, driven = await visits.visited(work, cohort), await visits.driven(work, cohort, when)
    logged = await visits.logged(work, cohort)
    asked = [row for row in administered if row["channel"] == "sms"]
    everybody = {row["patient_id"] for rows in (administered, texted, worked) for row in rows}
    for events in (found, needed, referred, spent, visited, driven, logged):
        everybody |= {one.person for one in events}
    return Evidence(
        asked=tuple(
            Asked(
                person=row["patient_id"],
                left_at=row["left_at"],
                delivered_at=row["delivered_at"],
                replied_at=row["replied_at"],
            )
            for row in asked
        ),
        texted=tuple(
            Texted(
                person=row["patient_id"],
                first_at=row["first_at"],
                opted_out_at=row["opted_out_at"],
            )
            for row in texted
        ),
        worked=tuple(
            Worked(
                person=row["patient_id"],
                opened_at=row["opened_at"],
                touched_at=row["touched_at"],
                withdrawn_at=row["closed_at"] if row["status"] == "cancelled" else None,
            )
            for row in worked
        ),
        needed=needed,
        referred=referred,
        screened=tuple(screened(of_instruments, given, instruments)),
        judged=tuple(judged(of_instruments, instruments)),
        asked_again=tuple(asked_again(found, instruments)),
        visited=visited,
        driven=driven,
        months=tuple(months(logged, when)),
        loops=spent,
        people=await _people(work, keys, everybody),
    )


def _administered(row: Row) -> Administered:
    return Administered(
        id=row["id"],
        person=row["patient_id"],
        instrument=row["instrument"],
        version=row["instrument_version"],
        began_at=row["started_at"],
        # What was to be asked by text and never left was offered to nobody.
        offered_at=row["left_at"] if row["channel"] == "sms" else row["started_at"],
        ended_at=row["ended_at"],
        verdict=None if row["verdict"] is None else _VERDICT.decode(row["verdict"]),
    )


async def _people(work: Work, keys: PracticeKeys, ids: Iterable[UUID]) -> tuple[Person, ...]:
    rows = await work.rows(_PEOPLE, practice=keys.practice, ids=list(ids))
    return tuple(
        Person(id=row["id"], language=row["language"], born=_born(row, keys)) for row in rows
    )


def _born(row: Row, keys: PracticeKeys) -> date | None:
    """Open a birth date; one that can't be read is unknown, and takes nobody else with it."""
    sealed = row["birth_date_sealed"]
    if sealed is None:
        return None
    try:
        return date.fromisoformat(keys.open_text("patient.birth_date", row["id"], sealed))
    except (EngageError, ValueError):
        return None
