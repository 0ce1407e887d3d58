"""Screenings: start one by text or with a person, read it, type answers in.

The turn that starts one, or takes an answer, runs in the same transaction as the stored answer of
the request, so a repeated POST asks nobody twice.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias, assert_never
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.ids import Own, chosen
from engage.api.once import Made, made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.clock import fresh_id
from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    Measured,
    NotAsked,
    as_one,
)
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId, PatientId, PracticeId, ScreeningId, StaffId
from engage.needs.scoring import Verdict
from engage.needs.store import (
    AnswerSeen,
    Channel,
    Reporter,
    ScreeningSeen,
    ScreeningStatus,
    answers_of,
    screening_seen,
)
from engage.people.access import only

MOST_ANSWERS = 50
ID = "/id"


class ChosenAnswer(Struct, frozen=True, tag="chosen", forbid_unknown_fields=True):
    """The person chose one of the offered options."""

    option: Annotated[str, Meta(min_length=1, max_length=80, examples=["often"])]


class ChosenSeveralAnswer(Struct, frozen=True, tag="chosen-several", forbid_unknown_fields=True):
    """The person chose two or more of the offered options, of a question that takes several."""

    options: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...],
        Meta(min_length=2, max_length=20, examples=[["pests", "mold"]]),
    ]


class MeasuredAnswer(Struct, frozen=True, tag="measured", forbid_unknown_fields=True):
    """The person gave a number, or two that belong together."""

    numbers: Annotated[
        tuple[Annotated[float, Meta(ge=0, le=99999)], ...],
        Meta(min_length=1, max_length=2, examples=[[182.4], [150, 92]]),
    ]


class DeclinedAnswer(Struct, frozen=True, tag="declined", forbid_unknown_fields=True):
    """The person was asked and would rather not say."""


class DidNotKnowAnswer(Struct, frozen=True, tag="did-not-know", forbid_unknown_fields=True):
    """The person was asked and does not know."""


class NotAskedAnswer(Struct, frozen=True, tag="not-asked", forbid_unknown_fields=True):
    """The question was never put."""


AnswerValue: TypeAlias = (
    ChosenAnswer
    | ChosenSeveralAnswer
    | MeasuredAnswer
    | DeclinedAnswer
    | DidNotKnowAnswer
    | NotAskedAnswer
)
"""What a person said: unanswered is not no, and each way of not saying has its own name."""


class NewScreeningIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which instrument to ask, and how."""

    instrument: Annotated[str, Meta(min_length=1, max_length=80, examples=["hunger-vital-sign"])]
    channel: Channel
    id: Own[ScreeningId | None] = None


class AnswersIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers by the key of their question."""

    answers: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=80)], AnswerValue],
        Meta(
            min_length=1,
            max_length=MOST_ANSWERS,
            examples=[{"hvs.worried": {"type": "chosen", "option": "often"}}],
        ),
    ]


class AnswerOut(Struct, frozen=True, kw_only=True):
    """The answer that counts for a question: the newest."""

    question: str
    answer: AnswerValue
    reporter: Reporter
    loinc: str | None
    message_id: MessageId | None
    at: datetime


class ScreeningOut(Struct, frozen=True, kw_only=True):
    """One administration of an instrument to one person."""

    practice_id: PracticeId
    id: ScreeningId
    patient_id: PatientId
    instrument: str
    instrument_version: str
    channel: Channel
    language: Literal["en", "es"]
    status: ScreeningStatus
    #: None until something can be said.
    verdict: Verdict | None
    #: Answered, declined and not known, each by its name.
    answers: tuple[AnswerOut, ...]
    #: The questions that have no answer at all: missing is never no.
    missing: tuple[str, ...]
    requested_by: StaffId | None
    started_at: datetime
    ended_at: datetime | None
    version: Annotated[int, Meta(ge=1)]


@post(
    "/patients/{patient_id:uuid}/screenings",
    opt=needs("screening.write"),
    operation_id="startScreening",
    summary="Ask a patient an instrument",
    status_code=HTTPStatus.CREATED,
)
async def post_screening(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewScreeningIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ScreeningOut]:
    """Start a screening: a text asks its first question, or it waits for what staff types in."""
    practice = await find(parts.database, visit, "patient", patient_id)
    screening = ScreeningId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await screening_seen(work, only(practice), screening) is not None:
            raise IdTaken(ID)
        await parts.turns.start_screening(
            work,
            practice,
            PatientId(patient_id),
            data.instrument,
            data.channel,
            screening,
            visit.staff_id,
        )
        out = await _load(work, parts, practice, screening)
        location = f"/v1/screenings/{screening}"
        await _record(work, visit, out, "screening.start", parts.clock.now())
        return Made(out, HTTPStatus.CREATED, location, out.version)

    answer = await once(request, parts, practice, ScreeningOut, act)
    parts.bell.ring("outbox")
    return answer


@get(
    "/screenings/{screening_id:uuid}",
    opt=needs("screening.read"),
    operation_id="getScreening",
    summary="Read a screening and its answers",
)
async def get_screening(
    screening_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ScreeningOut]:
    """Return a screening with the answers that count; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "screening", screening_id)
    async with parts.database.work([practice], practice) as work:
        out = await _load(work, parts, practice, ScreeningId(screening_id))
        await _record(work, visit, out, "screening.read", parts.clock.now())
    return made(Made(out, version=out.version), ScreeningOut)


@post(
    "/screenings/{screening_id:uuid}/answers",
    opt=needs("screening.write"),
    operation_id="enterAnswers",
    summary="Type in answers that a patient gave",
    status_code=HTTPStatus.OK,
)
async def post_answers(
    request: Request[Any, Any, State],
    screening_id: FromPath[UUID],
    data: JSONBody[AnswersIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ScreeningOut]:
    """Take answers, all or none; each is triaged at once, as one that came by text is."""
    practice = await find(parts.database, visit, "screening", screening_id)
    screening, cause = ScreeningId(screening_id), fresh_id(parts.clock)
    given = {question: meant(value) for question, value in data.answers.items()}

    async def act(work: Work) -> Made:
        await parts.turns.enter_answers(work, practice, screening, given, visit.staff_id, cause)
        out = await _load(work, parts, practice, screening)
        await _record(work, visit, out, "screening.answers", parts.clock.now())
        return Made(out, version=out.version)

    answer = await once(request, parts, practice, ScreeningOut, act)
    parts.bell.ring("outbox")
    return answer


async def _load(
    work: Work, parts: Parts, practice: PracticeId, screening: ScreeningId
) -> ScreeningOut:
    found = await screening_seen(work, only(practice), screening)
    if found is None:
        raise NotFound
    answers = await answers_of(work, practice, screening)
    known = {one.item: one.answer for one in answers}
    return _outward(found, answers, parts.turns.missing(found.instrument, known))


async def _record(work: Work, visit: Visit, out: ScreeningOut, action: str, at: datetime) -> None:
    await audit.record(
        work,
        out.practice_id,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="screening",
        subject_id=out.id,
        patient_id=out.patient_id,
    )


def _outward(
    found: ScreeningSeen, answers: tuple[AnswerSeen, ...], missing: tuple[str, ...]
) -> ScreeningOut:
    return ScreeningOut(
        practice_id=found.practice_id,
        id=found.id,
        patient_id=found.patient_id,
        instrument=found.instrument,
        instrument_version=found.instrument_version,
        channel=found.channel,
        language=found.language,
        status=found.status,
        verdict=found.verdict,
        answers=tuple(
            AnswerOut(
                question=one.item,
                answer=shown(one.answer),
                reporter=one.reporter,
                loinc=one.loinc,
                message_id=one.message_id,
                at=one.at,
            )
            for one in answers
        ),
        missing=missing,
        requested_by=found.requested_by,
        started_at=found.started_at,
        ended_at=found.ended_at,
        version=found.version,
    )


def meant(value: AnswerValue) -> Answer:
    """Return the answer that a client's value is."""
    match value:
        case ChosenAnswer(option):
            return Chosen(option)
        case ChosenSeveralAnswer(options):
            return as_one(options)  # one that is named twice is one
        case MeasuredAnswer(numbers):
            return Measured(tuple(round(number, 3) for number in numbers))
        case DeclinedAnswer():
            return Declined()
        case DidNotKnowAnswer():
            return DidNotKnow()
        case NotAskedAnswer():
            return NotAsked()
        case _:
            assert_never(value)


def shown(answer: Answer) -> AnswerValue:
    """Return an answer as the API says it."""
    match answer:
        case Chosen(option):
            return ChosenAnswer(option)
        case ChosenSeveral(options):
            return ChosenSeveralAnswer(options)
        case Measured(numbers):
            return MeasuredAnswer(numbers)
        case Declined():
            return DeclinedAnswer()
        case DidNotKnow():
            return DidNotKnowAnswer()
        case NotAsked():
            return NotAskedAnswer()
        case _:
            assert_never(answer)
