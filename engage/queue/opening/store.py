"""The rows of work that no text opened. It refuses to decide."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Uuid, and_, bindparam, exists, insert, select, update

from engage.conversation.severity import Severity
from engage.db.session import Query, Work
from engage.db.tables import flag, patient, queue_item
from engage.ids import FlagId, PatientId, PracticeId, QueueItemId
from engage.queue.flag import Flag, Subject
from engage.queue.item import Withdrawal
from engage.queue.routing import Owner


class OpenItem(Struct, frozen=True):
    """Open work that a reason may join."""

    id: QueueItemId
    severity: Severity
    due_at: datetime


class Reason(Struct, frozen=True, kw_only=True):
    """Why a person must act: about whom, because of what, by when."""

    #: The patient; None for work about the practice itself.
    patient_id: PatientId | None
    #: What caused it. The same cause has its effect once, until it is withdrawn.
    source_id: UUID
    reason: str
    rule: str
    severity: Severity
    due_at: datetime
    #: The work it belongs to, where the reason does not say.
    joins: Subject | None = None

    @property
    def subject(self) -> str:
        """The piece of work it belongs to."""
        return Flag(
            reason=self.reason, severity=self.severity, rule=self.rule, joins=self.joins
        ).subject


class ItemOf(Struct, frozen=True, kw_only=True):
    """Work in which a cause stands, and whether other reasons stand there too."""

    id: QueueItemId
    subject: str
    patient_id: PatientId | None
    severity: Severity
    due_at: datetime
    closed_at: datetime | None
    others: bool


_PRACTICE = bindparam("practice", type_=Uuid())
_live = (flag.c.practice_id == queue_item.c.practice_id) & flag.c.withdrawn_at.is_(None)
_other = flag.alias("other")

_LOCK_PATIENT = Query(
    select(patient.c.id)
    .where(patient.c.practice_id == _PRACTICE, patient.c.id == bindparam("patient"))
    .with_for_update(key_share=True)
)
_OPEN = Query(
    select(queue_item.c.id, queue_item.c.severity, queue_item.c.due_at)
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.about_id == bindparam("about", type_=Uuid()),
        queue_item.c.subject == bindparam("what"),
        queue_item.c.closed_at.is_(None),
    )
    .with_for_update()
)
# Merged work points at what it is part of, and that perhaps at another.
_whole = (
    select(queue_item.c.merged_into.label("id"))
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.patient_id == bindparam("about", type_=Uuid()),
        queue_item.c.subject == bindparam("what"),
        queue_item.c.merged_into.is_not(None),
    )
    .cte("whole", recursive=True)
)
_part = queue_item.alias("part")
_wholes = _whole.union(
    select(_part.c.merged_into).where(
        _part.c.practice_id == _PRACTICE,
        _part.c.id == _whole.c.id,
        _part.c.merged_into.is_not(None),
    )
)
_OPEN_WHOLE = Query(
    select(queue_item.c.id, queue_item.c.severity, queue_item.c.due_at)
    .where(
        queue_item.c.practice_id == _PRACTICE,
        queue_item.c.id.in_(select(_wholes.c.id)),
        queue_item.c.closed_at.is_(None),
    )
    .order_by(queue_item.c.id)
    .limit(1)
    .with_for_update()
)
_INSERT = Query(
    insert(queue_item).values(
        practice_id=_PRACTICE,
        id=bindparam("item"),
        about_id=bindparam("about"),
        patient_id=bindparam("patient"),
        subject=bindparam("what"),
        severity=bindparam("how"),
        status="ready",
        owner_id=bindparam("owner"),
        owner_why=bindparam("why"),
        due_at=bindparam("due"),
        opened_at=bindparam("now"),
        version=1,
    )
)
_INSERT_FLAG = Query(
    insert(flag).values(
        practice_id=_PRACTICE,
        id=bindparam("flag"),
        item_id=bindparam("item"),
        patient_id=bindparam("patient"),
        reason=bindparam("why"),
        severity=bindparam("how"),
        rule=bindparam("by_rule"),
        source_id=bindparam("source"),
        at=bindparam("now"),
    )
)
_RAISE = Query(
    update(queue_item)
    .where(queue_item.c.practice_id == _PRACTICE, queue_item.c.id == bindparam("item"))
    .values(severity=bindparam("how"), due_at=bindparam("due"), version=queue_item.c.version + 1)
)
_ITEMS_OF = Query(
    select(
        queue_item.c.id,
        queue_item.c.subject,
        queue_item.c.patient_id,
        queue_item.c.severity,
        queue_item.c.due_at,
        queue_item.c.closed_at,
        exists(
            select(_other.c.id).where(
                _other.c.practice_id == queue_item.c.practice_id,
                _other.c.item_id == queue_item.c.id,
                _other.c.withdrawn_at.is_(None),
                _other.c.source_id != bindparam("source"),
            )
        ).label("others"),
    )
    .where(
        queue_item.c.practice_id == _PRACTICE,
        exists(
            select(flag.c.id).where(
                _live,
                flag.c.practice_id == _PRACTICE,
                flag.c.source_id == bindparam("source"),
                flag.c.item_id == queue_item.c.id,
            )
        ),
    )
    .order_by(queue_item.c.id)
    .with_for_update(of=queue_item)
)
_WITHDRAW = Query(
    update(flag)
    .where(
        flag.c.practice_id == _PRACTICE,
        flag.c.item_id == bindparam("item"),
        flag.c.source_id == bindparam("source"),
        flag.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=bindparam("now"), withdrawn_by=bindparam("source"))
)
_CANCEL = Query(
    update(queue_item)
    .where(
        and_(
            queue_item.c.practice_id == _PRACTICE,
            queue_item.c.id == bindparam("item"),
            queue_item.c.closed_at.is_(None),
        )
    )
    .values(
        status="cancelled",
        closed_at=bindparam("now"),
        outcome=bindparam("why"),
        waiting_since=None,
        version=queue_item.c.version + 1,
    )
)


async def lock_patient(work: Work, practice: PracticeId, patient_id: PatientId) -> None:
    """Lock a patient: items come after them in the house's lock order."""
    await work.maybe(_LOCK_PATIENT, practice=practice, patient=patient_id)


async def open_item(work: Work, practice: PracticeId, about: UUID, subject: str) -> OpenItem | None:
    """Lock and return the open work of a subject, if there is any."""
    row = await work.maybe(_OPEN, practice=practice, about=about, what=subject)
    if row is None:
        return None
    return OpenItem(QueueItemId(row["id"]), row["severity"], row["due_at"])


async def open_whole(
    work: Work, practice: PracticeId, about: UUID, subject: str
) -> OpenItem | None:
    """Lock and return the open work of which merged work of a subject is a part, or None."""
    row = await work.maybe(_OPEN_WHOLE, practice=practice, about=about, what=subject)
    if row is None:
        return None
    return OpenItem(QueueItemId(row["id"]), row["severity"], row["due_at"])


async def insert_item(
    work: Work,
    practice: PracticeId,
    item: QueueItemId,
    reason: Reason,
    owner: Owner,
    at: datetime,
) -> None:
    """Write new work with its owner."""
    await work.run(
        _INSERT,
        practice=practice,
        item=item,
        about=reason.patient_id or practice,
        patient=reason.patient_id,
        what=reason.subject,
        how=reason.severity,
        owner=owner.staff_id,
        why=owner.why,
        due=reason.due_at,
        now=at,
    )


async def insert_flag(
    work: Work,
    practice: PracticeId,
    flag_id: FlagId,
    item: QueueItemId,
    reason: Reason,
    at: datetime,
) -> None:
    """Write why work is there."""
    await work.run(
        _INSERT_FLAG,
        practice=practice,
        flag=flag_id,
        item=item,
        patient=reason.patient_id,
        why=reason.reason,
        how=reason.severity,
        by_rule=reason.rule,
        source=reason.source_id,
        now=at,
    )


async def change(
    work: Work, practice: PracticeId, item: QueueItemId, severity: Severity, due_at: datetime
) -> None:
    """Write how severe work is and when it is due."""
    await work.run(_RAISE, practice=practice, item=item, how=severity, due=due_at)


async def items_of(work: Work, practice: PracticeId, source: UUID) -> tuple[ItemOf, ...]:
    """Lock and return the work in which a cause stands that has not been withdrawn."""
    rows = await work.rows(_ITEMS_OF, practice=practice, source=source)
    return tuple(
        ItemOf(
            id=QueueItemId(row["id"]),
            subject=row["subject"],
            patient_id=None if row["patient_id"] is None else PatientId(row["patient_id"]),
            severity=row["severity"],
            due_at=row["due_at"],
            closed_at=row["closed_at"],
            others=row["others"],
        )
        for row in rows
    )


async def withdraw_flags(
    work: Work, practice: PracticeId, item: QueueItemId, source: UUID, at: datetime
) -> None:
    """Write that a cause no longer holds."""
    await work.run(_WITHDRAW, practice=practice, item=item, source=source, now=at)


async def cancel(
    work: Work, practice: PracticeId, item: QueueItemId, why: Withdrawal, at: datetime
) -> None:
    """Close work that nothing keeps open, and say why."""
    await work.run(_CANCEL, practice=practice, item=item, why=why, now=at)
