"""A check-in in the app: the question that stands, and an answer to it, marked with who gave it.

It is the conversation that texts would be: the same event, on the same line, so an answer here and
one by text can't both count. What is sensitive is not put to a caregiver, and looks finished.
"""

from datetime import datetime
from http import HTTPStatus
from itertools import takewhile
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.family.common import answered, keys_of, looked, seen_by
from engage.api.family.values import HELP, HelpOut, Told
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.screenings import AnswerValue, meant
from engage.conversation.script import Prompt
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.family.record import of_kind
from engage.ids import CaregiverId, ScreeningId
from engage.people.sharing.grant import Scope
from engage.people.signing.principal import CaregiverIn
from engage.turns.context import OnPage
from engage.turns.on_the_page import PageSeen


class FamilyOptionOut(Struct, frozen=True):
    """One answer that can be chosen."""

    key: str
    label: str
    stops: Annotated[
        bool, Meta(description="A sign of danger: show 911 and 988 at once, and ask no more.")
    ]


class AfterOut(Struct, frozen=True):
    """On which answer it depends whether a question is asked."""

    prompt: str
    options: tuple[str, ...]


class FamilyQuestionOut(Told, frozen=True, kw_only=True):
    """One question."""

    key: str
    text: str
    kind: Literal["one", "several", "number"]
    options: tuple[FamilyOptionOut, ...]
    parts: Annotated[int, Meta(description="How many numbers are asked for.")]
    limits: Annotated[
        tuple[tuple[float, float], ...],
        Meta(description="Of each number the least and the most that can be true."),
    ]
    only_after: Annotated[
        AfterOut | None, Meta(description="Asked only if that was answered so; null: in any case.")
    ]


class FamilyCheckInOut(Told, frozen=True, kw_only=True):
    """A check-in that waits."""

    id: UUID
    asked_at: datetime
    language: Literal["en", "es"]
    left: Annotated[int, Meta(ge=1, description="Questions still open, this one included.")]
    question: FamilyQuestionOut
    ahead: Annotated[
        tuple[FamilyQuestionOut, ...],
        Meta(
            description="What may be asked next, in its order, so that it can be answered without a"
            " network: send each answer with a key of its own, one after the other."
        ),
    ]


class CheckInNowOut(Struct, frozen=True):
    """The check-in that waits now, if one does."""

    check_in: FamilyCheckInOut | None


class FamilyAnswerIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to the question that was shown."""

    prompt: Annotated[str, Meta(min_length=1, max_length=80)]
    answer: AnswerValue


class AnsweredOut(Struct, frozen=True, kw_only=True):
    """What became of an answer, and what is asked now."""

    status: Annotated[
        Literal["asking", "finished", "over", "later", "danger"],
        Meta(description="danger: show 911 and 988; a person has been told."),
    ]
    check_in: FamilyCheckInOut | None
    stale: Annotated[bool, Meta(description="It was answered meanwhile; nothing was changed.")]
    refused: Annotated[bool, Meta(description="This can't be the answer to that question.")]
    help: HelpOut | None


@get(
    "/family/{patient_id:uuid}/check-in",
    opt=family("check-ins", "answer"),
    operation_id="getFamilyCheckIn",
    summary="The question of a check-in that waits",
)
async def get_check_in(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[CheckInNowOut]:
    """Return the question that stands; looking changes nothing, and is recorded."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        found = None
        for one, asked_at in await _waiting(work, keys, relative, at):
            seen = await parts.turns.page_of(work, keys.practice, one, _by(relative))
            found = _out(parts, relative.person.scope, one, asked_at, seen)
            if found is not None:
                break
        await looked(work, keys, relative, at, "check-in")
    return answered(request, CheckInNowOut(found))


@post(
    "/family/{patient_id:uuid}/check-ins/{check_in_id:uuid}/answers",
    opt=family("check-ins", "answer"),
    operation_id="answerFamilyCheckIn",
    summary="Answer the question of a check-in",
    status_code=HTTPStatus.OK,
)
async def post_answer(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    check_in_id: FromPath[UUID],
    data: JSONBody[FamilyAnswerIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[AnsweredOut]:
    """Take the answer of who is signed in: a caregiver's is never the person's own."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    one, scope, by = ScreeningId(check_in_id), relative.person.scope, _by(relative)

    async def act(work: Work) -> Made:
        asked = dict(await _waiting(work, keys, relative, at, over=True))
        if one not in asked:
            raise NotFound
        before = await parts.turns.page_of(work, keys.practice, one, by)
        danger = before is not None and parts.turns.is_danger(
            before.instrument, data.prompt, meant(data.answer)
        )
        now = None if before is None or before.prompt is None else before.prompt.key
        if not _is_shown(parts, scope, before) and (not danger or now == data.prompt):
            return Made(_answered(parts, scope, one, asked[one], before))
        seen = await parts.turns.page_answered(
            work, keys.practice, one, data.prompt, meant(data.answer), by
        )
        return Made(_answered(parts, scope, one, asked[one], seen))

    answer = await once(request, parts, keys.practice, AnsweredOut, act)
    parts.bell.ring("outbox")
    parts.bell.ring("page")
    return answer


def _by(relative: Relative) -> OnPage:
    me = relative.me
    return OnPage(CaregiverId(me.id) if isinstance(me, CaregiverIn) else None)


async def _waiting(
    work: Work, keys: PracticeKeys, relative: Relative, at: datetime, *, over: bool = False
) -> list[tuple[ScreeningId, datetime]]:
    seen = await seen_by(work, keys, relative, at, "check-in", "check-ins")
    return [
        (ScreeningId(one["id"]), one["asked_at"])
        for one in of_kind(seen, "check-in")
        if over or one["status"] == "waiting"
    ]


def _is_shown(parts: Parts, scope: Scope, seen: PageSeen | None) -> bool:
    """Say whether the question that stands may be put here: a caregiver is asked nothing else."""
    return seen is not None and seen.prompt is not None and _is_put(parts, scope, seen.prompt)


def _is_put(parts: Parts, scope: Scope, prompt: Prompt) -> bool:
    if parts.turns.question_of(prompt.key) is None:
        # Whether they want help is asked of the person.
        return False
    return scope.own or not prompt.sensitive


def _out(
    parts: Parts, scope: Scope, one: ScreeningId, asked_at: datetime, seen: PageSeen | None
) -> FamilyCheckInOut | None:
    if seen is None or seen.prompt is None or not _is_shown(parts, scope, seen):
        return None
    return FamilyCheckInOut(
        id=one,
        asked_at=asked_at,
        language=seen.language,
        left=max(1, seen.left),
        question=_question(parts, seen.prompt, seen.language),
        ahead=tuple(
            _question(parts, one, seen.language)
            for one in takewhile(lambda one: _is_put(parts, scope, one), seen.ahead)
        ),
    )


def _answered(
    parts: Parts, scope: Scope, one: ScreeningId, asked_at: datetime, seen: PageSeen | None
) -> AnsweredOut:
    out = _out(parts, scope, one, asked_at, seen)
    if seen is None:
        raise NotFound
    status = seen.status
    if status == "asking" and out is None:
        status = "finished"
    return AnsweredOut(
        status=status,
        check_in=out,
        stale=seen.stale and out is not None,
        refused=seen.refused,
        help=HELP if status in {"danger", "later"} else None,
    )


def _question(parts: Parts, prompt: Prompt, language: str) -> FamilyQuestionOut:
    worded = parts.turns.question_of(prompt.key)
    if worded is None:
        raise NotFound
    labels = {one.number: one.text for one in worded.choices}
    return FamilyQuestionOut(
        key=prompt.key,
        text=worded.text.get(language) or worded.text["en"],
        kind="number" if prompt.measure else "several" if prompt.several else "one",
        options=tuple(
            FamilyOptionOut(
                option.key,
                labels[option.number].get(language) or labels[option.number]["en"],
                option.stops,
            )
            for option in prompt.options
            if option.meaning != "combined-unsure"
        ),
        parts=len(prompt.measure.parts) if prompt.measure else 0,
        limits=tuple((one.least, one.most) for one in prompt.measure.parts)
        if prompt.measure
        else (),
        only_after=None if prompt.only_after is None else AfterOut(*prompt.only_after),
    )
