"""Needs: what a person's answers say, what they want help with, and what becomes of it.

A list tells each need's history, its referrals, what may be done with it and what comes next. What
staff say in a person's name stands with their reason. This room refuses codes that nobody accepted.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.quoted.store import Quoted, names_of, words_of
from engage.api.referral_values import ReferralOut, followed, referral_out
from engage.api.wordings import question_of
from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import AnswerId, MessageId, NeedId, PatientId, PracticeId, ReferralId
from engage.needs import codes, moving
from engage.needs.episodes import store
from engage.needs.episodes.store import NeedSeen, TakenSeen
from engage.needs.need import Act, Setter, Status, acts, next_step
from engage.needs.referring import store as referrals
from engage.people.consent import ReasonNeeded

LONGEST_REASON = 500
MOST_CODES = 20
_OTHERWISE: frozenset[Act] = frozenset({"find", "begin"})
"""An answer finds, a referral begins."""
_REASON = "/reason"
_CODES = "/codes"


class CodeOut(Struct, frozen=True):
    """A code with its words."""

    system: Annotated[str, Meta(description="gravity, snomed or icd10")]
    code: str
    display: str


class TakenOut(Struct, frozen=True, kw_only=True):
    """One step in a need's history. It is never changed."""

    id: UUID
    at: datetime
    act: Annotated[str, Meta(description="find, want, decline, begin, complete, confirm…")]
    status: Annotated[str, Meta(description="Where the need stood after it.")]
    by: Setter
    by_id: UUID | None
    by_name: Annotated[str | None, Meta(description="Of a colleague.")]
    rule: Annotated[str | None, Meta(description="Which rule says so, with its version.")]
    rule_version: str | None
    answer_id: AnswerId | None
    message_id: MessageId | None
    words: Annotated[str | None, Meta(description="What was written, exactly.")]
    prompt: Annotated[str | None, Meta(description="The key of the question it answers.")]
    question: str | None
    referral_id: ReferralId | None
    reason: str | None
    withdrawn: Annotated[bool, Meta(description="The answer was somebody else's.")]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"TakenOut(act={self.act!r}, …)"


class NeedOut(Struct, frozen=True, kw_only=True):
    """A risk, or the need that it became."""

    practice_id: PracticeId
    id: NeedId
    patient_id: PatientId
    domain: Annotated[str, Meta(examples=["food-insecurity"])]
    title: str
    episode: Annotated[int, Meta(ge=1)]
    status: Status
    severity: Severity
    first: Annotated[bool, Meta(description="What the person wants help with first.")]
    opened_at: datetime
    changed_at: datetime
    next_step: Annotated[str, Meta(description="What to do next, in words.")]
    acts: Annotated[tuple[Act, ...], Meta(description="What you may record now.")]
    codes: Annotated[tuple[CodeOut, ...], Meta(description="Those that somebody accepted.")]
    suggested: Annotated[
        tuple[CodeOut, ...], Meta(description="Those that fit; nothing sets one by itself.")
    ]
    history: tuple[TakenOut, ...]
    referrals: tuple[ReferralOut, ...]
    version: Annotated[int, Meta(ge=1)]


class NeedList(Struct, frozen=True):
    """A person's needs and risks, in the order in which they came up."""

    items: tuple[NeedOut, ...]


class ChosenCode(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the suggested codes."""

    system: Annotated[str, Meta(max_length=20)]
    code: Annotated[str, Meta(max_length=60)]


class NeedStatusIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is recorded of a need."""

    act: Annotated[
        Literal["want", "decline", "fall-through", "complete", "confirm", "reopen", "accept-codes"],
        Meta(description="accept-codes keeps exactly the given codes; the others need a reason."),
    ]
    reason: (
        Annotated[
            str,
            Meta(
                max_length=LONGEST_REASON,
                description="What they said, and where. Kept sealed, with your name.",
                examples=["Said on the phone that a box a week would do"],
            ),
        ]
        | None
    ) = None
    codes: Annotated[tuple[ChosenCode, ...], Meta(max_length=MOST_CODES)] = ()


@get(
    "/patients/{patient_id:uuid}/needs",
    opt=needs("need.read"),
    operation_id="listNeeds",
    summary="What a patient needs, and what becomes of it",
)
async def list_needs(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> NeedList:
    """Return needs and risks with their histories; that they were looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, person = await parts.vault.keys(practice), PatientId(patient_id)
    async with parts.database.work([practice], practice) as work:
        seen = await store.of_patient(work, practice, person)
        items = await _outward(work, parts, keys, person, seen)
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="need.list",
            patients=[person],
        )
    return NeedList(items)


@post(
    "/needs/{need_id:uuid}/status",
    opt=needs("need.write"),
    operation_id="changeNeed",
    summary="Record what a patient says of a need, or accept its codes",
    status_code=HTTPStatus.OK,
)
async def post_status(
    request: Request[Any, Any, State],
    need_id: FromPath[UUID],
    data: JSONBody[NeedStatusIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[NeedOut]:
    """Move a need on; the table of what leads where refuses what is out of order."""
    practice = await find(parts.database, visit, "need", need_id)
    keys, mine = await parts.vault.keys(practice), NeedId(need_id)
    if data.act != "accept-codes" and not (data.reason or "").strip():
        raise ReasonNeeded(_REASON)
    if data.act != "accept-codes" and data.codes:
        raise codes.NotSuggested(_CODES)

    async def act(work: Work) -> Made:
        seen = await store.one(work, practice, mine)
        if seen is None:
            raise NotFound
        await parts.turns.before_change(work, practice, seen.need.patient_id)
        at, wanted = parts.clock.now(), expects(if_match)
        if data.act == "accept-codes":
            chosen = [(one.system, one.code) for one in data.codes]
            await moving.accept_codes(work, practice, mine, chosen, visit.staff_id, at, wanted)
        else:
            await moving.move_need(
                work, keys, mine, data.act, visit.staff_id, at, wanted, data.reason
            )
            if data.act == "reopen":
                await parts.turns.referral_news(
                    work,
                    practice,
                    seen.need.patient_id,
                    seen.need.domain,
                    "need-reopened",
                    mine,
                    visit.staff_id,
                )
        after = await store.one(work, practice, mine)
        if after is None:
            raise NotFound
        (out,) = await _outward(work, parts, keys, seen.need.patient_id, (after,))
        return Made(out, HTTPStatus.OK, version=out.version)

    return await once(request, parts, practice, NeedOut, act)


async def _outward(
    work: Work, parts: Parts, keys: PracticeKeys, person: PatientId, seen: tuple[NeedSeen, ...]
) -> tuple[NeedOut, ...]:
    history = await store.history(work, keys, [one.need.id for one in seen])
    sent = await referrals.of_patient(work, keys, person)
    steps = await referrals.steps(work, keys, [one.referral.id for one in sent])
    grounds = [one.taken.evidence for one in history if not one.withdrawn]
    said = await words_of(
        work, keys, person, [one.message_id for one in grounds if one and one.message_id]
    )
    names = await names_of(
        work,
        [
            *(one.taken.by_id for one in history),
            *(one.by_id for one in steps),
            *(one.referral.consent and one.referral.consent.by for one in sent),
        ],
    )
    later = await followed(work, keys.practice, [one.referral.id for one in sent])
    table = codes.load()
    return tuple(
        NeedOut(
            practice_id=one.need.practice_id,
            id=one.need.id,
            patient_id=one.need.patient_id,
            domain=one.need.domain,
            title=table.title(one.need.domain),
            episode=one.need.episode,
            status=one.need.status,
            severity=one.need.severity,
            first=one.need.first,
            opened_at=one.need.opened_at,
            changed_at=one.need.changed_at,
            next_step=next_step(one.need.status),
            acts=tuple(act for act in acts(one.need.status, "staff") if act not in _OTHERWISE),
            codes=tuple(CodeOut(c.system, c.code, c.display) for c in one.codes),
            suggested=tuple(
                CodeOut(c.system, c.code, c.display)
                for c in table.suggestions(one.need.domain)
                if c not in one.codes
            ),
            history=tuple(
                _taken(t, said, names, parts) for t in history if t.taken.need_id == one.need.id
            ),
            referrals=tuple(
                referral_out(r, [s for s in steps if s.referral_id == r.referral.id], names, later)
                for r in sent
                if r.referral.need_id == one.need.id
            ),
            version=one.need.version,
        )
        for one in seen
    )


def _taken(
    seen: TakenSeen, said: Mapping[MessageId, Quoted], names: Mapping[UUID, str], parts: Parts
) -> TakenOut:
    one, ground = seen.taken, seen.taken.evidence
    quoted = None
    if ground is not None and ground.message_id is not None and not seen.withdrawn:
        quoted = said.get(ground.message_id)
    return TakenOut(
        id=one.id,
        at=one.at,
        act=one.act,
        status=one.status,
        by=one.by,
        by_id=one.by_id,
        by_name=None if one.by_id is None else names.get(one.by_id),
        rule=ground and ground.rule,
        rule_version=ground and ground.rule_version,
        answer_id=ground and ground.answer_id,
        message_id=ground and ground.message_id,
        words=quoted and quoted.words,
        prompt=quoted and quoted.prompt,
        question=None if quoted is None else question_of(parts.instruments, quoted.prompt),
        referral_id=one.referral_id,
        reason=one.reason,
        withdrawn=seen.withdrawn,
    )
