"""What stands around a piece of work of a patient: other open work, needs, texts on either side.

A few rows of each, by index, for one patient. Rows never leave this file.
"""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, literal_column, select

from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import message, need, queue_item, thread
from engage.ids import MessageId, NeedId, PatientId, PracticeId, QueueItemId
from engage.needs.need import OVER, Status

MOST = 50
BACK = timedelta(days=62)
"""No text waits longer than that, on either side."""

_HERE = bindparam("practice", type_=Uuid())
_PATIENT = bindparam("patient", type_=Uuid())


class OpenNeed(Struct, frozen=True, kw_only=True):
    """A need that is not over."""

    id: NeedId
    domain: str
    status: Status
    severity: Severity


class Text(Struct, frozen=True, kw_only=True):
    """A text that nobody has answered, or that has not left."""

    id: MessageId
    direction: Literal["in", "out"]
    at: datetime
    body: str

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Text(id={self.id}, …)"


class OpenWork(Struct, frozen=True):
    """Open work of the same patient."""

    id: QueueItemId
    waiting_since: datetime | None


_NEEDS = Query(
    select(need.c.id, need.c.domain, need.c.status, need.c.severity)
    .where(
        need.c.practice_id == _HERE,
        need.c.patient_id == _PATIENT,
        ~(need.c.status == any_(bindparam("over", type_=ARRAY(need.c.status.type)))),
    )
    .order_by(need.c.id)
    .limit(MOST)
)
_WORK = Query(
    select(queue_item.c.id, queue_item.c.waiting_since)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.patient_id == _PATIENT,
        queue_item.c.closed_at.is_(None),
    )
    .order_by(queue_item.c.id.desc())
    .limit(MOST)
)
_THREADS = select(thread.c.id).where(thread.c.practice_id == _HERE, thread.c.patient_id == _PATIENT)
_TEXTS = (
    select(message.c.id, message.c.direction, message.c.at, message.c.body_sealed)
    .where(
        message.c.practice_id == _HERE,
        message.c.thread_id == any_(func.array(_THREADS.scalar_subquery())),
        message.c.id >= func.month_floor(bindparam("since"), type_=Uuid()),
    )
    .order_by(message.c.id.desc())
    .limit(MOST)
)
_UNANSWERED = Query(
    _TEXTS.where(
        message.c.direction == literal_column("'in'"), message.c.at >= bindparam("waiting")
    )
)
_SCHEDULED = Query(
    _TEXTS.where(
        message.c.direction == literal_column("'out'"),
        message.c.status == literal_column("'queued'"),
    )
)


async def needs(work: Work, practice: PracticeId, patient: PatientId) -> tuple[OpenNeed, ...]:
    """Return a patient's needs that are not over."""
    rows = await work.rows(_NEEDS, practice=practice, patient=patient, over=sorted(OVER))
    return tuple(
        OpenNeed(
            id=NeedId(row["id"]),
            domain=row["domain"],
            status=row["status"],
            severity=row["severity"],
        )
        for row in rows
    )


async def open_work(work: Work, practice: PracticeId, patient: PatientId) -> tuple[OpenWork, ...]:
    """Return a patient's open work, the newest first."""
    rows = await work.rows(_WORK, practice=practice, patient=patient)
    return tuple(OpenWork(QueueItemId(row["id"]), row["waiting_since"]) for row in rows)


async def unanswered(
    work: Work, keys: PracticeKeys, patient: PatientId, waiting: datetime, now: datetime
) -> tuple[Text, ...]:
    """Return what a patient has written since they wait for an answer, the newest first."""
    rows = await work.rows(
        _UNANSWERED, practice=keys.practice, patient=patient, since=now - BACK, waiting=waiting
    )
    return tuple(_text(keys, row["id"], row["at"], row["body_sealed"], "in") for row in rows)


async def scheduled(
    work: Work, keys: PracticeKeys, patient: PatientId, now: datetime
) -> tuple[Text, ...]:
    """Return the texts to a patient that have not left, the newest first."""
    rows = await work.rows(_SCHEDULED, practice=keys.practice, patient=patient, since=now - BACK)
    return tuple(_text(keys, row["id"], row["at"], row["body_sealed"], "out") for row in rows)


def _text(
    keys: PracticeKeys, one: MessageId, at: datetime, sealed: bytes, way: Literal["in", "out"]
) -> Text:
    return Text(id=one, direction=way, at=at, body=keys.open_text("message.body", one, sealed))
