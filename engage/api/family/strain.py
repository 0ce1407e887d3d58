"""How I am myself, as a caregiver: three questions, my own answers, and a way to help.

They are kept because I send them, for me alone: neither the person nor anybody around them nor the
team reads them. The team hears of it if I say so, in my words, as a text of mine: so danger in them
is found as in any text. Words that are for nobody are refused: a field that nobody reads is a trap.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.family.common import answered, keys_of, team
from engage.api.family.values import HELP, HelpOut, TeamOut, Told
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, once
from engage.api.parts import Parts
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.clock import fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.family.strain import (
    LONGEST_WORDS,
    StrainCheck,
    could_use_help,
    read_answers,
    script,
    store,
)
from engage.ids import CaregiverId, MessageId, PatientId
from engage.messaging.segments import tidy
from engage.people.fields import Language
from engage.people.signing.principal import CaregiverIn
from engage.turns.context import Written

MOST: Final = 100
Speaks = Annotated[
    Language | None,
    QueryParameter(description="In which language it is asked; the one on record if none is said."),
]
_ID, _ANSWERS, _WORDS, _WHOM = "/id", "/answers", "/words", "/patient_id"


class StrainOptionOut(Struct, frozen=True):
    """One answer that can be chosen."""

    key: str
    label: str


class StrainQuestionOut(Struct, frozen=True):
    """One question, in my language."""

    key: str
    text: str
    options: tuple[StrainOptionOut, ...]


class StrainFormOut(Struct, frozen=True, kw_only=True):
    """What is asked."""

    version: str
    review: Annotated[str, Meta(description="What it is worth: it is no validated instrument.")]
    language: Language
    questions: tuple[StrainQuestionOut, ...]


class StrainOut(Told, frozen=True, kw_only=True):
    """What I said of myself at one moment."""

    id: UUID
    at: datetime
    version: str
    answers: Annotated[dict[str, str], Meta(description="The option by question.")]
    told: Annotated[bool, Meta(description="I let the team know.")]


class StrainList(Struct, frozen=True, kw_only=True):
    """What is asked, and what I said, newest first, at most 100."""

    check: StrainFormOut
    items: tuple[StrainOut, ...]
    team: TeamOut
    help: HelpOut
    next: None = None


class StrainIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How I am."""

    id: Own[UUID | None] = None
    answers: Annotated[
        dict[str, str],
        Meta(description="The option by question; any of them.", min_length=1, max_length=10),
    ]
    tell_the_team: Annotated[
        bool, Meta(description="I wish the team to hear of it, in my words. Nothing is told else.")
    ] = False
    words: Annotated[
        Annotated[str, Meta(min_length=1, max_length=LONGEST_WORDS)] | None,
        Meta(description="What I tell the team; with `tell_the_team` alone."),
    ] = None
    patient_id: Annotated[
        PatientId | None, Meta(description="Whose team; with `tell_the_team` alone.")
    ] = None

    def __repr__(self) -> str:
        """Hide what was said."""
        return "StrainIn(…)"


class StrainSaidOut(Struct, frozen=True, kw_only=True):
    """What is kept, and where help is."""

    item: StrainOut
    could_use_help: Annotated[
        bool, Meta(description="I said so: offer to tell the team, and its phone.")
    ]
    urgent: Annotated[
        bool, Meta(description="It may be an emergency: say 911 and 988 first. A person is told.")
    ]
    team: TeamOut
    help: HelpOut


@get(
    "/family/me/strain",
    opt=family(),
    operation_id="listStrain",
    summary="How I am myself: what is asked, and what I said before",
)
async def list_strain(
    request: Request[Any, Any, State],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    language: Speaks = None,
) -> Response[StrainList]:
    """Return the questions and my own answers; a patient has their check-ins instead."""
    mine, keys, at = _mine(relative), await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice]) as work:
        found = await store.of_caregiver(work, keys, mine, MOST)
        office = await team(work, keys, at)
    items = tuple(map(_out, found))
    form = _form(language or relative.me.language)
    return answered(request, StrainList(check=form, items=items, team=office, help=HELP))


@post(
    "/family/me/strain",
    opt=family(),
    operation_id="sayStrain",
    summary="Say how I am, for myself, or for the team too",
    status_code=HTTPStatus.CREATED,
)
async def post_strain(
    request: Request[Any, Any, State],
    data: JSONBody[StrainIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[StrainSaidOut]:
    """Keep it for me; told to the team, it is somebody's work when this returns."""
    mine, keys, at = _mine(relative), await keys_of(parts, relative), parts.clock.now()
    one, answers = chosen(data.id, parts.clock), read_answers(data.answers)
    if answers is None:
        raise Unprocessable(FieldError(_ANSWERS, "not-asked", "This is not asked."))
    telling = _telling(data, relative)
    new = StrainCheck(
        practice_id=keys.practice,
        id=one,
        caregiver_id=mine,
        at=at,
        script_version=script().version,
        answers=answers,
        told=telling is not None,
    )

    async def act(work: Work) -> Made:
        if telling is not None:
            # A turn takes its locks first: nothing is written before it.
            await parts.turns.before_turn(work, keys.practice, telling[0])
        urgent, known = False, await _known(work, keys, mine, one)
        if known is None:
            await store.add(work, keys, new)
            await _recorded(work, relative, new)
            if telling is not None:
                whose, words = telling
                by, message = Written("caregiver", mine, whose), MessageId(fresh_id(parts.clock))
                urgent = await parts.turns.family_writes(work, keys.practice, by, words, message)
        elif (known.answers, known.told) != (new.answers, new.told):
            raise IdTaken(_ID)
        said = StrainSaidOut(
            item=_out(known or new),
            could_use_help=could_use_help(answers),
            urgent=urgent,
            team=await team(work, keys, at),
            help=HELP,
        )
        return Made(said, HTTPStatus.CREATED)

    answer = await once(request, parts, keys.practice, StrainSaidOut, act)
    if telling is not None:
        parts.bell.ring("outbox")
        parts.bell.ring("page")
    return answer


@delete(
    "/family/me/strain",
    opt=family(),
    operation_id="forgetStrain",
    summary="Forget how I said I was; what the team was told stays told",
    status_code=HTTPStatus.NO_CONTENT,
)
async def forget_strain(relative: NamedDependency[Relative], parts: NamedDependency[Parts]) -> None:
    """Take back what was kept: it was there because I wished it."""
    mine, keys = _mine(relative), await keys_of(parts, relative)

    async def act(work: Work) -> None:
        await store.forget(work, keys, mine)

    await in_turn(parts, act, keys.practice)


def _mine(relative: Relative) -> CaregiverId:
    if not isinstance(relative.me, CaregiverIn):
        raise NotFound
    return CaregiverId(relative.me.id)


def _telling(data: StrainIn, relative: Relative) -> tuple[PatientId, str] | None:
    """Return whose team is told what; None: nobody is told anything."""
    if not data.tell_the_team:
        if data.words is not None:
            detail = "Nobody would read this: words are for the team."
            raise Unprocessable(FieldError(_WORDS, "for-nobody", detail))
        return None
    words = tidy(data.words or "").strip()
    if not words:
        raise Unprocessable(FieldError(_WORDS, "blank", "What shall the team hear?"))
    if data.patient_id is None or data.patient_id not in relative.circle:
        raise Unprocessable(FieldError(_WHOM, "not-found", "There is nobody here whom you know."))
    return data.patient_id, words


async def _known(
    work: Work, keys: PracticeKeys, mine: CaregiverId, one: UUID
) -> StrainCheck | None:
    kept = await store.of_caregiver(work, keys, mine, MOST)
    return next((before for before in kept if before.id == one), None)


async def _recorded(work: Work, relative: Relative, new: StrainCheck) -> None:
    await audit.record(
        work,
        new.practice_id,
        new.at,
        actor=relative.by.actor,
        actor_id=relative.by.actor_id,
        action="strain.say",
        subject="strain_check",
        subject_id=new.id,
    )


def _form(language: Language) -> StrainFormOut:
    asked = script()
    return StrainFormOut(
        version=asked.version,
        review=asked.review,
        language=language,
        questions=tuple(
            StrainQuestionOut(
                item.key,
                item.text[language],
                tuple(StrainOptionOut(one.key, one.text[language]) for one in item.options),
            )
            for item in asked.items
        ),
    )


def _out(one: StrainCheck) -> StrainOut:
    return StrainOut(
        id=one.id, at=one.at, version=one.script_version, answers=dict(one.answers), told=one.told
    )
