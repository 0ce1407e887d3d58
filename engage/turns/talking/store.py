"""Which conversations about visits are open, and which work names which visit. It refuses words."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import array

from engage.db.session import Query, Work
from engage.db.tables import conversation, flag, queue_item, thread, visit_talk
from engage.ids import (
    AppointmentId,
    ConversationId,
    LineId,
    PatientId,
    PracticeId,
    QueueItemId,
)


class OpenTalk(Struct, frozen=True):
    """An open conversation about a visit, and the line it is on."""

    conversation_id: ConversationId
    line_id: LineId
    kind: str


class Asked(Struct, frozen=True):
    """A reason of open work about a visit, and whether somebody has it in hand."""

    item: QueueItemId
    source: UUID
    in_hand: bool


_PRACTICE = bindparam("practice", type_=Uuid())
_VISIT = array([bindparam("visit", type_=Uuid())])
_OPEN_ABOUT = Query(
    select(visit_talk.c.conversation_id, thread.c.line_id, visit_talk.c.kind)
    .join(
        conversation,
        (conversation.c.practice_id == visit_talk.c.practice_id)
        & (conversation.c.id == visit_talk.c.conversation_id),
    )
    .join(
        thread,
        (thread.c.practice_id == conversation.c.practice_id)
        & (thread.c.id == conversation.c.thread_id),
    )
    .where(
        visit_talk.c.practice_id == _PRACTICE,
        visit_talk.c.patient_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
        visit_talk.c.appointment_ids.contains(_VISIT),
        conversation.c.open,
    )
    .order_by(visit_talk.c.conversation_id)
)
_ASKED_HOW = Query(
    select(visit_talk.c.appointment_ids).where(
        visit_talk.c.practice_id == _PRACTICE,
        visit_talk.c.patient_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
        visit_talk.c.kind == "ride",
    )
)
_NAME = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.id == bindparam("item", type_=Uuid()),
        queue_item.c.appointment_id.is_(None),
    )
    .values(appointment_id=bindparam("visit", type_=Uuid()))
)

_ASKED_FOR = Query(
    select(
        queue_item.c.id,
        flag.c.source_id,
        (queue_item.c.claimed_at.is_not(None)).label("in_hand"),
    )
    .join(
        flag,
        (flag.c.practice_id == queue_item.c.practice_id)
        & (flag.c.item_id == queue_item.c.id)
        & flag.c.withdrawn_at.is_(None),
    )
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.patient_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
        queue_item.c.subject == bindparam("what"),
        queue_item.c.closed_at.is_(None),
        queue_item.c.appointment_id == bindparam("visit", type_=Uuid()),
    )
    .order_by(queue_item.c.id, flag.c.id)
)


async def open_about(
    work: Work, practice: PracticeId, people: list[PatientId], visit: AppointmentId
) -> tuple[OpenTalk, ...]:
    """Return the open conversations with a person, by all their records, that are about a visit."""
    rows = await work.rows(_OPEN_ABOUT, practice=practice, people=people, visit=visit)
    return tuple(OpenTalk(row["conversation_id"], row["line_id"], row["kind"]) for row in rows)


async def asked_how(
    work: Work, practice: PracticeId, people: list[PatientId]
) -> frozenset[AppointmentId]:
    """Return the visits of which people were asked whether they know how they get there."""
    rows = await work.rows(_ASKED_HOW, practice=practice, people=people)
    return frozenset(AppointmentId(one) for row in rows for one in row["appointment_ids"])


async def name_visit(
    work: Work, practice: PracticeId, item: QueueItemId, visit: AppointmentId
) -> None:
    """Have a piece of work name a visit, if it names none yet."""
    await work.run(_NAME, practice=practice, item=item, visit=visit)


async def asked_for(
    work: Work, practice: PracticeId, people: list[PatientId], what: str, visit: AppointmentId
) -> tuple[Asked, ...]:
    """Return why there is open work of a kind about a visit of a person, by all their records."""
    rows = await work.rows(_ASKED_FOR, practice=practice, people=people, what=what, visit=visit)
    return tuple(Asked(QueueItemId(row["id"]), row["source_id"], row["in_hand"]) for row in rows)
