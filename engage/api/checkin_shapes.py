"""Check-in plans and occurrences as the API says them.

What a rule said stands beside the answer it spoke of. This room refuses to read or write anything.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from engage.api.ids import Own
from engage.api.screenings import AnswerValue, shown
from engage.checkins.answered.store import AnswerKept, Said
from engage.checkins.plan import CatchUp, PlanStatus
from engage.checkins.store import (
    Anchor,
    Occurrence,
    OccurrenceKind,
    OccurrenceStatus,
    Plan,
    WhyNot,
)
from engage.conversation.severity import Severity
from engage.ids import (
    CaregiverId,
    CheckInId,
    CheckInPlanId,
    MessageId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
)


class NewPlanIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to ask of a patient again and again."""

    script: Annotated[str, Meta(min_length=1, max_length=80, examples=["post-discharge"])]
    cadence: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=300,
            description="One RRULE (RFC 5545) in the patient's own wall-clock time; without BYHOUR "
            "at ten in the morning.",
            examples=["FREQ=DAILY;BYHOUR=10;COUNT=15"],
        ),
    ]
    anchor: Annotated[Anchor, Meta(description="What the days are counted from.")] = "enrolment"
    start: Annotated[
        date | None,
        Meta(description="The local day of the anchor; null: today, or the last discharge."),
    ] = None
    thresholds: Annotated[
        Mapping[Annotated[str, Meta(max_length=80)], float],
        Meta(
            max_length=50,
            description="The patient's own, by name; they come before the script's.",
            examples=[{"weight.high": 185}],
        ),
    ] = {}
    answerer: Annotated[
        CaregiverId | None,
        Meta(description="The caregiver who answers on their own phone; null: the patient."),
    ] = None
    catch_up: Annotated[
        CatchUp,
        Meta(description="skip: what is a day late is not asked; ask-latest: the latest one is."),
    ] = "skip"
    id: Own[CheckInPlanId | None] = None


class PlanChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a plan; what is left out stays."""

    status: Annotated[
        Literal["active", "paused", "ended"] | None,
        Meta(description="What a pause passed over is not made up for. An end is for good."),
    ] = None
    until: (
        Annotated[
            datetime,
            Meta(tz=True, description="The end of a pause; without it, until somebody resumes it."),
        ]
        | None
    ) = None
    skip_next: Annotated[bool, Meta(description="Leave out the next occurrence.")] = False


class PlanOut(Struct, frozen=True, kw_only=True):
    """What is asked of a patient again and again."""

    practice_id: PracticeId
    id: CheckInPlanId
    patient_id: PatientId
    script: str
    cadence: str
    anchor: Anchor
    start: date
    time_zone: Annotated[str, Meta(description="By whose wall clock it asks.")]
    catch_up: CatchUp
    thresholds: Mapping[str, float]
    answerer: CaregiverId | None
    status: PlanStatus
    until: datetime | None
    next_at: datetime | None
    created_by: Annotated[StaffId | None, Meta(description="Null: a discharge began it.")]
    created_at: datetime
    ended_at: datetime | None
    version: Annotated[int, Meta(ge=1)]


class CheckInFlagOut(Struct, frozen=True, kw_only=True):
    """What a rule said of an answer, and the work that it became."""

    level: Literal["red", "amber"]
    severity: Severity
    rule: str
    item_id: QueueItemId


class CheckInAnswerOut(Struct, frozen=True, kw_only=True):
    """The answer that counts for a question, and who gave it."""

    question: str
    answer: AnswerValue
    reporter: Literal["patient", "caregiver", "staff"]
    message_id: MessageId | None
    at: datetime
    flags: tuple[CheckInFlagOut, ...]


class CheckInOut(Struct, frozen=True, kw_only=True):
    """One occurrence of a plan."""

    id: CheckInId
    plan_id: CheckInPlanId
    occurrence: datetime
    kind: OccurrenceKind
    status: OccurrenceStatus
    why: Annotated[WhyNot | None, Meta(description="Why it was not asked.")]
    screening_id: ScreeningId | None
    answers: tuple[CheckInAnswerOut, ...]


class CheckInList(Struct, frozen=True, kw_only=True):
    """A patient's plans, and a page of their occurrences, newest first."""

    plans: tuple[PlanOut, ...]
    items: tuple[CheckInOut, ...]
    next: str | None


def plan_out(plan: Plan, zone: str) -> PlanOut:
    """Return a plan as the API says it."""
    return PlanOut(
        practice_id=plan.practice_id,
        id=plan.id,
        patient_id=plan.patient_id,
        script=plan.script,
        cadence=plan.cadence,
        anchor=plan.anchor,
        start=plan.starts_on,
        time_zone=zone,
        catch_up=plan.catch_up,
        thresholds=plan.thresholds,
        answerer=plan.answerer_id,
        status=plan.status,
        until=plan.paused_until,
        next_at=plan.next_at,
        created_by=plan.created_by,
        created_at=plan.created_at,
        ended_at=plan.ended_at,
        version=plan.version,
    )


def check_in_out(
    one: Occurrence, answers: tuple[AnswerKept, ...], said: tuple[Said, ...]
) -> CheckInOut:
    """Return an occurrence with its answers, and what rules said of each."""
    mine = (given for given in answers if given.screening_id == one.screening_id)
    return CheckInOut(
        id=one.id,
        plan_id=one.plan_id,
        occurrence=one.occurrence,
        kind=one.kind,
        status=one.status,
        why=one.why,
        screening_id=one.screening_id,
        answers=tuple(
            CheckInAnswerOut(
                question=given.item,
                answer=shown(given.answer),
                reporter=given.reporter,
                message_id=given.message_id,
                at=given.at,
                flags=tuple(_flag(flag) for flag in said if _about(flag, given)),
            )
            for given in mine
        ),
    )


def _about(flag: Said, given: AnswerKept) -> bool:
    """Say whether a rule spoke of this answer: "checkin/post-discharge/checkin.problem/yes"."""
    return flag.at == given.at and f"/{given.item}/" in flag.rule


def _flag(said: Said) -> CheckInFlagOut:
    return CheckInFlagOut(
        level="red" if said.reason.endswith("red") else "amber",
        severity=said.severity,
        rule=said.rule,
        item_id=said.item_id,
    )
