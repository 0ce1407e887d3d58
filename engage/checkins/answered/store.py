"""The answers to check-ins as they are read, what rules said of them, and by which thresholds.

They are written by turns alone, as the answers to any screening. This room refuses to judge.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from engage.checkins.script import Limits
from engage.conversation.answers import Answer, answer_of
from engage.conversation.severity import Severity
from engage.db.session import Query, Work
from engage.db.tables import answer, answer_undone, check_in, check_in_plan, flag
from engage.ids import MessageId, PatientId, PracticeId, QueueItemId, ScreeningId

RULES = "checkin/"
"""How the rule of a check-in's flag begins."""


class AnswerKept(Struct, frozen=True, kw_only=True):
    """The answer that counts for a question of an occurrence, and who gave it."""

    screening_id: ScreeningId
    item: str
    answer: Answer
    reporter: Literal["patient", "caregiver", "staff"]
    message_id: MessageId | None
    at: datetime


class Said(Struct, frozen=True, kw_only=True):
    """What a rule said of an answer, and the work that it became."""

    item_id: QueueItemId
    rule: str
    reason: str
    severity: Severity
    at: datetime


_HERE = bindparam("practice", type_=Uuid())
_ANSWERS = Query(
    select(answer)
    .ext(distinct_on(answer.c.screening_id, answer.c.item))
    .where(
        answer.c.practice_id == _HERE,
        answer.c.screening_id == any_(bindparam("screenings", type_=ARRAY(Uuid()))),
        ~exists().where(
            answer_undone.c.practice_id == answer.c.practice_id,
            answer_undone.c.answer_id == answer.c.id,
        ),
    )
    .order_by(answer.c.screening_id, answer.c.item, answer.c.id.desc())
)
_SAID = Query(
    select(flag.c.item_id, flag.c.rule, flag.c.reason, flag.c.severity, flag.c.at)
    .where(
        flag.c.practice_id == _HERE,
        flag.c.patient_id == bindparam("person"),
        flag.c.rule.like(f"{RULES}%"),
        flag.c.at == any_(bindparam("moments", type_=ARRAY(flag.c.at.type))),
        flag.c.withdrawn_at.is_(None),
    )
    .order_by(flag.c.at, flag.c.rule)
)
_LIMITS = Query(
    select(check_in.c.screening_id, check_in_plan.c.thresholds)
    .join(
        check_in_plan,
        and_(
            check_in_plan.c.practice_id == check_in.c.practice_id,
            check_in_plan.c.id == check_in.c.plan_id,
        ),
    )
    .where(
        check_in.c.practice_id == _HERE,
        check_in.c.screening_id == any_(bindparam("screenings", type_=ARRAY(Uuid()))),
    )
)
_THRESHOLDS = msgspec.json.Decoder(dict[str, float])


async def answers_of(
    work: Work, practice_id: PracticeId, screenings: Sequence[ScreeningId]
) -> tuple[AnswerKept, ...]:
    """Return the answers that count of some occurrences."""
    rows = await work.rows(_ANSWERS, practice=practice_id, screenings=list(screenings))
    return tuple(
        AnswerKept(
            screening_id=row["screening_id"],
            item=row["item"],
            answer=answer_of(row["kind"], row["option"]),
            reporter=row["reporter"],
            message_id=row["message_id"],
            at=row["at"],
        )
        for row in rows
    )


async def said_of(
    work: Work, practice_id: PracticeId, person: PatientId, moments: Sequence[datetime]
) -> tuple[Said, ...]:
    """Return what rules said of answers that were given at some moments."""
    rows = await work.rows(_SAID, practice=practice_id, person=person, moments=list(moments))
    return tuple(Said(**{name: row[name] for name in Said.__struct_fields__}) for row in rows)


async def limits_of(
    work: Work, practice_id: PracticeId, screenings: Sequence[ScreeningId]
) -> dict[ScreeningId, Limits]:
    """Return the person's own thresholds, by the screening that asks for numbers."""
    rows = await work.rows(_LIMITS, practice=practice_id, screenings=list(screenings))
    return {ScreeningId(r["screening_id"]): _THRESHOLDS.decode(r["thresholds"]) for r in rows}
