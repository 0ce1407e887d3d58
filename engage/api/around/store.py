"""The SQL of what stands around: texts behind flags, what left by itself, earlier work, who helps.

A few rows of each, by index, for one item or one patient; a record that was merged into a patient's
is the same person's. Rows never leave this file, and nothing is decided here.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy import ARRAY, Text, Uuid, and_, any_, bindparam, func, or_, select

from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import message, need, organization, patient, queue_item, referral
from engage.ids import MessageId, OrganizationId, PatientId, PracticeId, QueueItemId, ReferralId
from engage.messaging.attributed import Sure, Why
from engage.needs.referral import OVER, Status
from engage.queue.item import Ending

FEW = 5
MOST_SAID = 10
MOST_REFERRALS = 20
_BEFORE = timedelta(minutes=1)
"""What was said by itself leaves in the turn that opened the work; clocks differ a little."""

Author = Literal["patient", "caregiver", "unknown"]


class Came(Struct, frozen=True, kw_only=True):
    """A text that a flag is about: what had been asked, who wrote it, and how sure that is."""

    id: MessageId
    author: Author
    prompt: str | None
    sure: Sure | None
    why: Why | None


class Left(Struct, frozen=True, kw_only=True):
    """A text that left by itself because of a danger, and what became of it."""

    id: MessageId
    at: datetime
    body: str
    #: `safety`: what to do now. `question`: whether help is needed now.
    what: Literal["safety", "question"]
    state: str
    state_reason: str | None
    state_at: datetime | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Left(id={self.id}, …)"


class Earlier(Struct, frozen=True, kw_only=True):
    """A piece of work that is over."""

    id: QueueItemId
    subject: str
    severity: Severity
    closed_at: datetime
    outcome: Ending | None


class Helps(Struct, frozen=True, kw_only=True):
    """An organization that a need was put to and that has not finished."""

    referral_id: ReferralId
    organization_id: OrganizationId
    name: str
    domain: str
    status: Status
    since: datetime


_HERE = bindparam("practice", type_=Uuid())
_PATIENT = bindparam("about", type_=Uuid())
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == _HERE,
    or_(patient.c.id == _PATIENT, patient.c.merged_into == _PATIENT),
)
_CAME = Query(
    select(message.c.id, message.c.author, message.c.prompt, message.c.sure, message.c.why).where(
        message.c.practice_id == _HERE,
        message.c.id == any_(bindparam("texts", type_=ARRAY(Uuid()))),
        message.c.direction == "in",
    )
)
_LEFT = Query(
    select(
        message.c.id,
        message.c.at,
        message.c.body_sealed,
        message.c.kind,
        message.c.status,
        message.c.status_reason,
        message.c.status_at,
    )
    .join(
        queue_item,
        and_(
            queue_item.c.practice_id == message.c.practice_id,
            queue_item.c.line_id == message.c.line_id,
            queue_item.c.thread_id.is_not_distinct_from(message.c.thread_id),
        ),
    )
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.id == bindparam("item"),
        message.c.id >= func.month_floor(bindparam("since"), type_=Uuid()),
        message.c.at >= bindparam("since"),
        or_(queue_item.c.closed_at.is_(None), message.c.at <= queue_item.c.closed_at),
        message.c.direction == "out",
        message.c.author == "system",
        or_(
            message.c.kind == "safety",
            message.c.prompt == any_(bindparam("questions", type_=ARRAY(Text()))),
        ),
    )
    .order_by(message.c.id.desc())
    .limit(MOST_SAID)
)
_EARLIER = Query(
    select(
        queue_item.c.id,
        queue_item.c.subject,
        queue_item.c.severity,
        queue_item.c.closed_at,
        queue_item.c.outcome,
    )
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.patient_id.in_(_RECORDS),
        queue_item.c.closed_at.is_not(None),
        queue_item.c.merged_into.is_(None),
    )
    .order_by(queue_item.c.id.desc())
    .limit(FEW)
)
_HELPS = Query(
    select(
        referral.c.id,
        referral.c.organization_id,
        organization.c.name,
        need.c.domain,
        referral.c.status,
        referral.c.requested_at,
    )
    .join(
        organization,
        and_(
            organization.c.practice_id == referral.c.practice_id,
            organization.c.id == referral.c.organization_id,
        ),
    )
    .join(
        need,
        and_(need.c.practice_id == referral.c.practice_id, need.c.id == referral.c.need_id),
    )
    .where(
        referral.c.practice_id == _HERE,
        referral.c.patient_id.in_(_RECORDS),
        ~(referral.c.status == any_(bindparam("over", type_=ARRAY(Text())))),
    )
    .order_by(referral.c.id.desc())
    .limit(MOST_REFERRALS)
)


async def came(
    work: Work, practice: PracticeId, texts: Collection[MessageId]
) -> Mapping[MessageId, Came]:
    """Return who wrote some texts, and what they may have been an answer to."""
    if not texts:
        return {}
    rows = await work.rows(_CAME, practice=practice, texts=list(texts))
    return {
        row["id"]: Came(
            id=row["id"],
            author=row["author"],
            prompt=row["prompt"],
            sure=row["sure"],
            why=row["why"],
        )
        for row in rows
    }


async def left(
    work: Work,
    keys: PracticeKeys,
    item: QueueItemId,
    opened_at: datetime,
    questions: Sequence[str],
) -> tuple[Left, ...]:
    """Return what left by itself since an item was opened, the newest first."""
    rows = await work.rows(
        _LEFT,
        practice=keys.practice,
        item=item,
        since=opened_at - _BEFORE,
        questions=list(questions),
    )
    return tuple(
        Left(
            id=row["id"],
            at=row["at"],
            body=keys.open_text("message.body", row["id"], row["body_sealed"]),
            what="safety" if row["kind"] == "safety" else "question",
            state=row["status"],
            state_reason=row["status_reason"],
            state_at=row["status_at"],
        )
        for row in rows
    )


async def earlier(work: Work, practice: PracticeId, about: PatientId) -> tuple[Earlier, ...]:
    """Return the newest work about a patient that is over."""
    rows = await work.rows(_EARLIER, practice=practice, about=about)
    return tuple(
        Earlier(
            id=row["id"],
            subject=row["subject"],
            severity=row["severity"],
            closed_at=row["closed_at"],
            outcome=row["outcome"],
        )
        for row in rows
    )


async def helps(work: Work, practice: PracticeId, about: PatientId) -> tuple[Helps, ...]:
    """Return the organizations that still help a patient, the newest referral first."""
    rows = await work.rows(_HELPS, practice=practice, about=about, over=sorted(OVER))
    return tuple(
        Helps(
            referral_id=row["id"],
            organization_id=row["organization_id"],
            name=row["name"],
            domain=row["domain"],
            status=row["status"],
            since=row["requested_at"],
        )
        for row in rows
    )
