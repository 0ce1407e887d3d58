"""Who wrote this? How a text stands and why, and the correction of it; old texts of a new patient.

A correction undoes what the text did as one person's and does what it would have done as the
other's, in one transaction. Asking for what is so already changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias, get_args
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from engage import audit
from engage.api.attributions import store
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.restricted.doorway import Restricted, require_open, shut
from engage.api.wordings import question_of
from engage.clock import fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId, PatientId, StaffId
from engage.messaging.attributed import Sure, Why
from engage.turns.correcting import Ordered, Whose

Author: TypeAlias = Literal["patient", "caregiver", "unknown"]


class CandidateOut(Struct, frozen=True, kw_only=True):
    """Somebody on record who could have written it, and about whom."""

    author: Author
    author_id: UUID
    name: str
    patient_id: PatientId
    patient_name: str
    restricted: Restricted = False


class UndoneEffectOut(Struct, frozen=True):
    """What became of one effect that the text had."""

    kind: Annotated[str, Meta(description="answer, flag or item")]
    id: UUID
    fate: Annotated[str, Meta(description="undone, withdrawn, cancelled; kept: somebody is at it")]


class CorrectionOut(Struct, frozen=True, kw_only=True):
    """One correction: from whom, to whom, by whom, and what it undid."""

    id: UUID
    at: datetime
    staff_id: StaffId
    from_author: Author
    from_patient_id: PatientId | None
    to_author: Author
    to_patient_id: PatientId | None
    undone: tuple[UndoneEffectOut, ...]
    reason: str | None


class AttributionOut(Struct, frozen=True, kw_only=True):
    """Whose a text is, about whom, what it answers, how sure we are and why."""

    message_id: MessageId
    author: Author
    author_id: UUID | None
    patient_id: PatientId | None
    #: The key of the question that it answers, and its wording.
    prompt: str | None
    question: str | None
    #: null for a text from before this was kept.
    sure: Sure | None
    why: Why | None
    why_words: str | None
    candidates: tuple[CandidateOut, ...]
    corrections: Annotated[tuple[CorrectionOut, ...], Meta(description="Newest first.")]


class AttributionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose it really is. Without a patient it is nobody's that we know."""

    author: Author
    patient_id: PatientId | None
    author_id: Annotated[
        UUID | None, Meta(description="The caregiver; may be left out if there is only one.")
    ] = None
    prompt: (
        Annotated[
            str,
            Meta(
                max_length=80,
                description="The question it answers; left out: the one that stood when it came.",
            ),
        ]
        | None
    ) = None
    reason: Annotated[str, Meta(min_length=1, max_length=400)] | None = None
    seen: Annotated[
        UUID | UnsetType | None,
        Meta(description="The newest correction you saw, or null: refused if there is a newer."),
    ] = UNSET


class ClaimIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


class ClaimOut(Struct, frozen=True):
    """How many texts are the patient's now."""

    claimed: Annotated[int, Meta(ge=0)]
    more: Annotated[bool, Meta(description="There are more texts: claim again.")]


@get(
    "/messages/{message_id:uuid}/attribution",
    opt=needs("thread.read"),
    operation_id="getAttribution",
    summary="Whose a text is, how sure we are and why; who else could have written it",
)
async def get_attribution(
    message_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> AttributionOut:
    """Return how a text stands; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "message", message_id)
    keys, message = await parts.vault.keys(practice), MessageId(message_id)
    async with parts.database.work([practice], practice) as work:
        out = await _shown(work, keys, parts, visit, message)
        await audit.record(
            work,
            practice,
            parts.clock.now(),
            actor="staff",
            actor_id=visit.staff_id,
            action="message.attribution",
            subject="message",
            subject_id=message,
            patient_id=out.patient_id,
        )
    return out


@post(
    "/messages/{message_id:uuid}/attribution",
    opt=needs("thread.write"),
    operation_id="correctAttribution",
    summary="Say whose a text really is",
    status_code=HTTPStatus.OK,
)
async def post_attribution(
    request: Request[Any, Any, State],
    message_id: FromPath[UUID],
    data: JSONBody[AttributionIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[AttributionOut]:
    """Undo what the text did as one person's, and read it as the other's."""
    practice = await find(parts.database, visit, "message", message_id)
    keys, message = await parts.vault.keys(practice), MessageId(message_id)
    if data.patient_id is not None:
        await require_open(parts.database, visit, practice, data.patient_id)
    order = Ordered(
        id=fresh_id(parts.clock),
        message=message,
        to=Whose(
            author=data.author,
            author_id=data.author_id,
            patient_id=data.patient_id,
            prompt=data.prompt,
        ),
        by=visit.staff_id,
        reason=data.reason,
        seen=None if data.seen is UNSET else data.seen,
        check_seen=data.seen is not UNSET,
    )

    async def act(work: Work) -> Made:
        await parts.turns.correct_text(work, practice, order)
        return Made(await _shown(work, keys, parts, visit, message))

    answer = await once(request, parts, practice, AttributionOut, act)
    parts.bell.ring("outbox")
    return answer


@post(
    "/patients/{patient_id:uuid}/claims",
    opt=needs("thread.write"),
    operation_id="claimTexts",
    summary="Attach to a patient the texts of their phone that nobody was found for",
    status_code=HTTPStatus.OK,
)
async def post_claim_texts(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[ClaimIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ClaimOut]:
    """Claim what came from a number before it stood on the patient's record."""
    del data
    practice = await find(parts.database, visit, "patient", patient_id)
    claim = fresh_id(parts.clock)

    async def act(work: Work) -> Made:
        patient = PatientId(patient_id)
        count, more = await parts.turns.claim_texts(work, practice, patient, visit.staff_id, claim)
        return Made(ClaimOut(count, more))

    answer = await once(request, parts, practice, ClaimOut, act)
    parts.bell.ring("outbox")
    return answer


_AUTHORS: Mapping[str, Author] = {one: one for one in get_args(Author)}
_SURE: Mapping[str, Sure] = {one: one for one in get_args(Sure)}
_WHY: Mapping[str, Why] = {one: one for one in get_args(Why)}


def _author(kept: str) -> Author:
    return _AUTHORS.get(kept, "unknown")


async def _shown(
    work: Work, keys: PracticeKeys, parts: Parts, visit: Visit, message: MessageId
) -> AttributionOut:
    stands = await store.stands(work, keys, message)
    if stands is None:
        raise NotFound
    people = await store.candidates(work, keys, stands.line_id, parts.clock.now())
    closed = await shut(work, visit, {one.patient_id for one in people}, [keys.practice])
    corrections = await store.history(work, keys, message)
    why = parts.catalogue.get(f"attribution.{stands.why}")
    return AttributionOut(
        message_id=message,
        author=_author(stands.author),
        author_id=stands.author_id,
        patient_id=stands.patient_id,
        prompt=stands.prompt,
        question=question_of(parts.instruments, stands.prompt),
        sure=_SURE.get(stands.sure or ""),
        why=_WHY.get(stands.why or ""),
        why_words=None if why is None else why.text["en"],
        candidates=tuple(
            CandidateOut(
                author=_author(one.author),
                author_id=one.author_id,
                name="" if one.patient_id in closed else one.name,
                patient_id=one.patient_id,
                patient_name="" if one.patient_id in closed else one.patient_name,
                restricted=one.patient_id in closed,
            )
            for one in people
        ),
        corrections=tuple(
            CorrectionOut(
                id=one.id,
                at=one.at,
                staff_id=one.staff_id,
                from_author=_author(one.from_author),
                from_patient_id=one.from_patient_id,
                to_author=_author(one.to_author),
                to_patient_id=one.to_patient_id,
                undone=tuple(UndoneEffectOut(two.kind, two.id, two.fate) for two in one.undone),
                reason=one.reason,
            )
            for one in corrections
        ),
    )
