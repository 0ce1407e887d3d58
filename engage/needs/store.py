"""Screenings and answers as they are read. They are written by turns alone, in one place.

An answer is never overwritten: the newest of an item counts, the older ones stay. Rows never leave
this file.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, UUID, Text, any_, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from engage.conversation.answers import Answer, answer_of
from engage.db.session import Query, Row, Work
from engage.db.tables import answer, answer_undone, screening
from engage.ids import MessageId, PatientId, PracticeId, ScreeningId, StaffId
from engage.needs.scoring import Verdict
from engage.people.access import Visible

Channel: TypeAlias = Literal["sms", "staff"]
ScreeningStatus: TypeAlias = Literal["in-progress", "completed", "stopped"]
Reporter: TypeAlias = Literal["patient", "caregiver", "staff"]


class ScreeningSeen(Struct, frozen=True, kw_only=True):
    """One administration of an instrument to one person."""

    practice_id: PracticeId
    id: ScreeningId
    patient_id: PatientId
    instrument: str
    instrument_version: str
    channel: Channel
    language: Literal["en", "es"]
    status: ScreeningStatus
    verdict: Verdict | None
    requested_by: StaffId | None
    started_at: datetime
    ended_at: datetime | None
    version: int


class AnswerSeen(Struct, frozen=True, kw_only=True):
    """The answer that counts for an item, who gave it, and in which text."""

    item: str
    answer: Answer
    reporter: Reporter
    loinc: str | None
    message_id: MessageId | None
    at: datetime


_VERDICT: msgspec.json.Decoder[Verdict] = msgspec.json.Decoder(Verdict)

_ONE = Query(
    select(screening).where(
        screening.c.practice_id == any_(bindparam("practices", type_=ARRAY(UUID()))),
        screening.c.id == bindparam("screening"),
    )
)
_OF_PATIENT = Query(
    select(screening)
    .where(
        screening.c.practice_id == bindparam("practice"),
        screening.c.patient_id == bindparam("patient"),
        # Check-ins are rows of the same table, and have a list of their own.
        screening.c.instrument == any_(bindparam("instruments", type_=ARRAY(Text()))),
        or_(
            bindparam("after", type_=UUID()).is_(None),
            screening.c.id < bindparam("after", type_=UUID()),
        ),
    )
    .order_by(screening.c.id.desc())
    .limit(bindparam("most"))
)
_NEWEST_ANSWERS = Query(
    select(answer)
    .ext(distinct_on(answer.c.item))
    .where(
        answer.c.practice_id == bindparam("practice"),
        answer.c.screening_id == bindparam("screening"),
        # An answer that turned out to be somebody else's counts no more; it stays where it is.
        ~exists().where(
            answer_undone.c.practice_id == answer.c.practice_id,
            answer_undone.c.answer_id == answer.c.id,
        ),
    )
    .order_by(answer.c.item, answer.c.id.desc())
)


async def screening_seen(
    work: Work, visible: Visible, screening_id: ScreeningId
) -> ScreeningSeen | None:
    """Return a screening, if it is in one of these practices."""
    row = await work.maybe(_ONE, practices=list(visible.practices), screening=screening_id)
    return None if row is None else _seen(row)


async def screenings_of(
    work: Work,
    practice: PracticeId,
    patient: PatientId,
    instruments: Collection[str],
    after: ScreeningId | None,
    most: int,
) -> tuple[ScreeningSeen, ...]:
    """Return a page of a person's screenings with some instruments, newest first."""
    rows = await work.rows(
        _OF_PATIENT,
        practice=practice,
        patient=patient,
        instruments=list(instruments),
        after=after,
        most=most,
    )
    return tuple(_seen(row) for row in rows)


def _seen(row: Row) -> ScreeningSeen:
    return ScreeningSeen(
        practice_id=row["practice_id"],
        id=row["id"],
        patient_id=row["patient_id"],
        instrument=row["instrument"],
        instrument_version=row["instrument_version"],
        channel=row["channel"],
        language=row["language"],
        status=row["status"],
        verdict=None if row["verdict"] is None else _VERDICT.decode(row["verdict"]),
        requested_by=row["requested_by"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        version=row["version"],
    )


async def answers_of(
    work: Work, practice: PracticeId, screening_id: ScreeningId
) -> tuple[AnswerSeen, ...]:
    """Return the answer that counts for each item that has one."""
    rows = await work.rows(_NEWEST_ANSWERS, practice=practice, screening=screening_id)
    return tuple(
        AnswerSeen(
            item=row["item"],
            answer=answer_of(row["kind"], row["option"]),
            reporter=row["reporter"],
            loinc=row["loinc"],
            message_id=row["message_id"],
            at=row["at"],
        )
        for row in rows
    )
