"""What a person allowed a caregiver to be told. Nothing is told without it; it ends by a click."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh, needs
from engage.api.etags import IfMatch, require
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import CaregiverId, GrantId, PatientId, PracticeId, StaffId
from engage.people.sharing import store
from engage.people.sharing.grant import (
    BY_THEMSELVES,
    Category,
    How,
    Sensitive,
    TheirOwnHand,
    Verb,
    is_more,
    read_verbs,
)
from engage.people.sharing.store import EndsBefore, Grant, GrantOver

_ID, _UNTIL = "/id", "/until_at"


LONGEST_EVIDENCE = 500

Verbs = Annotated[
    tuple[Verb, ...],
    Meta(
        min_length=1,
        max_length=3,
        description="answer: check-ins, and whether they come. act: claim, hand over, write.",
    ),
]
Sensitives = Annotated[
    tuple[Sensitive, ...],
    Meta(
        max_length=5,
        description="What of it is sensitive and was allowed by name; nothing else ever is.",
    ),
]
Ends = Annotated[
    Annotated[datetime, Meta(tz=True)] | None, Meta(description="Until when; null: until revoked.")
]


class NewGrantIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person allowed, as you heard or read it."""

    caregiver_id: CaregiverId
    category: Annotated[
        Category, Meta(description="visits: also by text, when they are picked up, and when not.")
    ]
    how: Annotated[Literal["verbal", "written"], Meta(description="How you know.")]
    verbs: Verbs = ("see",)
    sensitive: Sensitives = ()
    until_at: Ends = None
    evidence: Annotated[
        str, Meta(max_length=LONGEST_EVIDENCE, description="Where and how they said it.")
    ] = ""
    id: Own[GrantId | None] = None


class GrantChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person now allows instead, of the same category."""

    verbs: Verbs | UnsetType = UNSET
    sensitive: Sensitives | UnsetType = UNSET
    until_at: Ends | UnsetType = UNSET


class GrantOut(Struct, frozen=True, kw_only=True):
    """What one caregiver may be told of one person."""

    practice_id: PracticeId
    id: GrantId
    patient_id: PatientId
    caregiver_id: CaregiverId
    category: Category
    verbs: tuple[Verb, ...]
    sensitive: tuple[Sensitive, ...]
    how: Annotated[How, Meta(description="page: they did it themselves, signed in.")]
    granted_at: datetime
    heard_by: StaffId | None
    until_at: Annotated[
        datetime | None, Meta(description="From when on it does not hold; null: until revoked.")
    ]
    version: Annotated[int, Meta(ge=1)]


class GrantList(Struct, frozen=True):
    """What a person allowed, those that are over included."""

    items: tuple[GrantOut, ...]


@get(
    "/patients/{patient_id:uuid}/grants",
    opt=needs("consent.read"),
    operation_id="listGrants",
    summary="What a patient allowed caregivers to be told",
)
async def list_grants(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> GrantList:
    """Return every grant; that they were looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    async with parts.database.work([practice], practice) as work:
        found = await store.of_patient(work, practice, PatientId(patient_id))
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.grants",
            patients=[PatientId(patient_id)],
        )
    return GrantList(tuple(grant_out(one) for one in found))


@post(
    "/patients/{patient_id:uuid}/grants",
    opt=fresh(needs("consent.write")),
    operation_id="recordGrant",
    summary="Record that a patient allowed a caregiver to be told",
    status_code=HTTPStatus.CREATED,
)
async def post_grant(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewGrantIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[GrantOut]:
    """Write it down with who heard it; only a caregiver of the patient can be named."""
    practice = await find(parts.database, visit, "patient", patient_id)
    mine, at = GrantId(chosen(data.id, parts.clock)), parts.clock.now()
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> Made:
        if await store.one_of(work, practice, mine) is not None:
            raise IdTaken(_ID)
        new = Grant(
            practice_id=practice,
            id=mine,
            patient_id=PatientId(patient_id),
            caregiver_id=data.caregiver_id,
            category=data.category,
            how=data.how,
            granted_at=at,
            heard_by=visit.staff_id,
            verbs=read_verbs(data.verbs),
            sensitive=tuple(dict.fromkeys(data.sensitive)),
            until_at=_ends(data.until_at, at),
            evidence_sealed=(
                keys.seal_text(store.EVIDENCE, mine, data.evidence) if data.evidence else None
            ),
        )
        await store.add(work, new)
        await feed.add(work, practice, at, "patient", new.patient_id, new.patient_id)
        await _record(work, parts, visit, new, "grant.add")
        return Made(grant_out(new), HTTPStatus.CREATED, version=new.version)

    return await once(request, parts, practice, GrantOut, act)


@post(
    "/grants/{grant_id:uuid}/end",
    opt=needs("consent.write"),
    operation_id="endGrant",
    summary="Record that a patient no longer allows it",
    status_code=HTTPStatus.OK,
)
async def post_end(
    request: Request[Any, Any, State],
    grant_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[GrantOut]:
    """End a grant; ended once more it stays as it was."""
    practice = await find(parts.database, visit, "caregiver_grant", grant_id)
    mine = GrantId(grant_id)

    async def act(work: Work) -> Made:
        after = await _end(work, parts, visit, practice, mine)
        return Made(grant_out(after), version=after.version)

    return await once(request, parts, practice, GrantOut, act)


@get(
    "/grants/{grant_id:uuid}",
    opt=needs("consent.read"),
    operation_id="getGrant",
    summary="Read what a patient allowed a caregiver",
)
async def get_grant(
    grant_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[GrantOut]:
    """Return a grant; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "caregiver_grant", grant_id)

    async def act(work: Work) -> Made:
        known = await store.one_of(work, practice, GrantId(grant_id))
        if known is None:
            raise NotFound
        await _record(work, parts, visit, known, "grant.read")
        return Made(grant_out(known), version=known.version)

    return made(await in_turn(parts, act, practice), GrantOut)


@patch(
    "/grants/{grant_id:uuid}",
    opt=fresh(needs("consent.write")),
    operation_id="changeGrant",
    summary="Record that a patient allows more, less, or for another time",
)
async def patch_grant(
    grant_id: FromPath[UUID],
    data: JSONBody[GrantChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[GrantOut]:
    """Change a grant that holds; it counts from the caregiver's next request on.

    What a person allowed by their own hand can be made less; more stands in a grant beside it.
    """
    practice = await find(parts.database, visit, "caregiver_grant", grant_id)
    mine, at = GrantId(grant_id), parts.clock.now()

    async def act(work: Work) -> Made:
        seen = await store.one_of(work, practice, mine)
        if seen is None:
            raise NotFound
        # Lines and patients come before grants and texts.
        await parts.turns.before_turn(work, practice, seen.patient_id)
        known = await store.one_of(work, practice, mine, lock=True)
        if known is None:
            raise NotFound
        require(if_match, known.version)
        if not known.holds(at):
            raise GrantOver
        after = replace(
            known,
            verbs=known.verbs if data.verbs is UNSET else read_verbs(data.verbs),
            sensitive=known.sensitive
            if data.sensitive is UNSET
            else tuple(dict.fromkeys(data.sensitive)),
            until_at=known.until_at if data.until_at is UNSET else _ends(data.until_at, at),
        )
        if known.how in BY_THEMSELVES and is_more(after.held, known.held):
            # Of what they did themselves nothing is theirs that somebody else adds.
            raise TheirOwnHand
        await store.change(work, after, at)
        await feed.add(work, practice, at, "patient", known.patient_id, known.patient_id)
        await _record(work, parts, visit, known, "grant.change")
        if not set(known.verbs) <= set(after.verbs):
            await parts.turns.grant_ended(work, practice, known.patient_id, known.caregiver_id)
        return Made(grant_out(replace(after, version=known.version + 1)), version=known.version + 1)

    return made(await in_turn(parts, act, practice), GrantOut)


@delete(
    "/grants/{grant_id:uuid}",
    opt=needs("consent.write"),
    operation_id="deleteGrant",
    summary="Record that a patient no longer allows it",
    status_code=HTTPStatus.NO_CONTENT,
)
async def delete_grant(
    grant_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> None:
    """End a grant, as `endGrant` does; the row stays, and says until when."""
    practice = await find(parts.database, visit, "caregiver_grant", grant_id)

    async def act(work: Work) -> None:
        await _end(work, parts, visit, practice, GrantId(grant_id))

    await in_turn(parts, act, practice)


async def _end(
    work: Work, parts: Parts, visit: Visit, practice: PracticeId, mine: GrantId
) -> Grant:
    seen, at = await store.one_of(work, practice, mine), parts.clock.now()
    if seen is None:
        raise NotFound
    # Lines and patients come before grants and texts.
    await parts.turns.before_turn(work, practice, seen.patient_id)
    known = await store.one_of(work, practice, mine, lock=True)
    if known is None:
        raise NotFound
    if known.holds(at):
        for ended in await store.end(work, practice, known, at):
            await _record(work, parts, visit, replace(known, id=ended), "grant.end")
        await feed.add(work, practice, at, "patient", known.patient_id, known.patient_id)
        await parts.turns.grant_ended(work, practice, known.patient_id, known.caregiver_id)
    after = await store.one_of(work, practice, mine)
    if after is None:
        raise NotFound
    return after


def _ends(until_at: datetime | None, at: datetime) -> datetime | None:
    if until_at is not None and until_at <= at:
        raise EndsBefore(_UNTIL)
    return until_at


def grant_out(one: Grant) -> GrantOut:
    """Return a grant as it is told."""
    return GrantOut(**{name: getattr(one, name) for name in GrantOut.__struct_fields__})


async def _record(work: Work, parts: Parts, visit: Visit, one: Grant, action: str) -> None:
    await audit.record(
        work,
        one.practice_id,
        parts.clock.now(),
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="caregiver_grant",
        subject_id=one.id,
        patient_id=one.patient_id,
    )
