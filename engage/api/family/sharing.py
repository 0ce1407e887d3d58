"""Sharing, by the patient: who may what, changed by a tap, ended at once; and who saw what."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.api.auth.guard import Relative
from engage.api.auth.marks import family, fresh_if
from engage.api.auth.proof import is_proved
from engage.api.family.common import answered, keys_of
from engage.api.family.values import Told
from engage.api.grants import Ends, Sensitives, Verbs
from engage.api.once import Made, in_turn, made
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.refusals import FreshProofNeeded
from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import CaregiverId, GrantId, PatientId, PracticeId
from engage.people.circle.store import caregivers_of, names_of
from engage.people.inviting import store as inviting
from engage.people.sharing import store
from engage.people.sharing.circles import growing
from engage.people.sharing.grant import (
    CATEGORIES,
    SENSITIVE,
    VERBS,
    Category,
    Held,
    How,
    Sensitive,
    Verb,
    is_more,
    left_of,
    read_verbs,
)
from engage.people.sharing.store import EndsBefore, Grant, NotTheirFamily
from engage.people.signing.principal import CaregiverIn

_UNTIL = "/may/until_at"


class MayIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is allowed of one category."""

    category: Category
    verbs: Verbs = ("see",)
    sensitive: Sensitives = ()
    until_at: Ends = None


Mays = Annotated[tuple[MayIn, ...], Meta(max_length=len(CATEGORIES))]


class SharingIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly what one caregiver may from now on; nothing for an empty list."""

    may: Mays


class SharedOut(Struct, frozen=True, kw_only=True):
    """What one caregiver may, of one category."""

    id: GrantId
    category: Category
    verbs: tuple[Verb, ...]
    sensitive: tuple[Sensitive, ...]
    how: Annotated[How, Meta(description="page: you did it yourself.")]
    granted_at: datetime
    until_at: datetime | None


class SharedWithOut(Told, frozen=True, kw_only=True):
    """One caregiver, and what they may."""

    caregiver_id: CaregiverId
    given_name: str
    relationship: str
    grants: tuple[SharedOut, ...]


class SharingOut(Struct, frozen=True):
    """With whom I share what."""

    items: tuple[SharedWithOut, ...]
    next: None = None


class SeenOut(Told, frozen=True, kw_only=True):
    """That a caregiver looked at something of mine."""

    at: datetime
    given_name: str | None
    what: Annotated[str, Meta(examples=["today", "visits", "messages"])]


class SeenList(Struct, frozen=True):
    """A page of it, newest first."""

    items: tuple[SeenOut, ...]
    next: str | None


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: UUID


@get(
    "/family/{patient_id:uuid}/sharing",
    opt=family(own=True),
    operation_id="getSharing",
    summary="With whom I share what",
)
async def get_sharing(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[SharingOut]:
    """Return my caregivers and what holds now."""
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice]) as work:
        items = await _sharing(work, keys, PatientId(patient_id), at)
    return answered(request, SharingOut(items))


@put(
    "/family/{patient_id:uuid}/sharing/{caregiver_id:uuid}",
    opt=fresh_if(family(own=True), "more than is shared"),
    operation_id="putSharing",
    summary="Say exactly what a caregiver may",
)
async def put_sharing(
    patient_id: FromPath[UUID],
    caregiver_id: FromPath[UUID],
    data: JSONBody[SharingIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[SharedWithOut]:
    """Let it hold from this moment: at their next request, and on what they have open.

    Less is never asked about: who takes something back does not look for a code first. What is
    said again as `getSharing` shows it stays as it is, whoever wrote it down: what a birthday took
    away does not come back with it.
    """
    keys, at = await keys_of(parts, relative), parts.clock.now()
    proved = await is_proved(parts, relative.token)
    person, whom = PatientId(patient_id), CaregiverId(caregiver_id)

    async def act(work: Work) -> Made:
        await parts.turns.before_turn(work, keys.practice, person)
        known = await store.of_patient(work, keys.practice, person)
        before = [one for one in known if one.caregiver_id == whom and one.holds(at)]
        grown, narrows = await growing(work, keys, person)
        left = [left_of(one.held, grown, at, narrows) for one in before]
        wanted = {one.category: one for one in data.may}
        if not proved and any(_is_more(one, left, at) for one in wanted.values()):
            raise FreshProofNeeded
        for one, counts in zip(before, left, strict=True):
            new = wanted.get(one.category)
            if new is not None and _held(new, counts.granted_at) == replace(counts, how="page"):
                wanted.pop(one.category)
                continue
            await _ended(work, parts, relative, one)
        for new in wanted.values():
            await grant_by_page(work, parts.clock, relative, whom, new)
        if before:
            await parts.turns.grant_ended(work, keys.practice, person, whom)
        if not data.may:
            await inviting.end_about(work, keys.practice, [person], at, whom)
        if before or wanted:
            await feed.add(work, keys.practice, at, "patient", person, person)
        # As it is now: what has just begun did not hold when the request came.
        for item in await _sharing(work, keys, person, parts.clock.now()):
            if item.caregiver_id == whom:
                return Made(item)
        raise NotFound

    return made(await in_turn(parts, act, keys.practice), SharedWithOut)


@delete(
    "/family/{patient_id:uuid}/sharing",
    opt=family(own=True),
    operation_id="stopSharing",
    summary="Stop sharing with everybody",
    status_code=HTTPStatus.NO_CONTENT,
)
async def stop_sharing(
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> None:
    """End everything that I allowed anybody, as the text STOP SHARING does."""
    person, practice = PatientId(patient_id), relative.me.practice_id

    async def act(work: Work) -> None:
        await parts.turns.before_turn(work, practice, person)
        await parts.turns.sharing_ended(work, practice, person, relative.by)

    await in_turn(parts, act, practice)


@get(
    "/me/seen",
    opt=family(),
    operation_id="listSeen",
    summary="Which caregiver looked at what of me",
)
async def list_seen(
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> SeenList:
    """Return what the audit says; of a caregiver there is nothing."""
    before, practice = position_of(cursor, _Before), relative.me.practice_id
    if isinstance(relative.me, CaregiverIn):
        return SeenList((), None)
    async with parts.database.work([practice]) as work:
        found = await audit.seen_by_family(
            work, practice, PatientId(relative.me.id), before and before.id, limit + 1
        )
        rows, last = cut(found, limit)
        who = [CaregiverId(one.actor_id) for one in rows if one.actor_id is not None]
        names = await names_of(work, practice, who)
    return SeenList(
        items=tuple(
            SeenOut(
                at=one.at,
                given_name=None if one.actor_id is None else names.get(CaregiverId(one.actor_id)),
                what=one.action.removeprefix("family."),
            )
            for one in rows
        ),
        next=None if last is None else cursor_of(_Before(last.id)),
    )


async def grant_by_page(
    work: Work, clock: Clock, relative: Relative, whom: CaregiverId, may: MayIn
) -> None:
    """Write down what a patient allows by their own hand."""
    at, practice = clock.now(), relative.me.practice_id
    if may.until_at is not None and may.until_at <= at:
        raise EndsBefore(_UNTIL)
    new = Grant(
        practice_id=practice,
        id=GrantId(fresh_id(clock)),
        patient_id=PatientId(relative.me.id),
        caregiver_id=whom,
        category=may.category,
        how="page",
        granted_at=at,
        until_at=may.until_at,
        verbs=read_verbs(may.verbs),
        sensitive=tuple(dict.fromkeys(may.sensitive)),
    )
    try:
        await store.add(work, new)
    except NotTheirFamily:
        # Whom the path names is none of theirs.
        raise NotFound from None
    await _recorded(work, relative, practice, new, "grant.add", at)


async def _ended(work: Work, parts: Parts, relative: Relative, one: Grant) -> None:
    at, practice = parts.clock.now(), one.practice_id
    for ended in await store.end(work, practice, one, at):
        await audit.record(
            work,
            practice,
            at,
            actor=relative.by.actor,
            actor_id=relative.by.actor_id,
            action="grant.end",
            subject="caregiver_grant",
            subject_id=ended,
            patient_id=one.patient_id,
        )


def _held(wanted: MayIn, at: datetime) -> Held:
    return Held(
        category=wanted.category,
        verbs=frozenset(read_verbs(wanted.verbs)),
        sensitive=frozenset(wanted.sensitive),
        how="page",
        granted_at=at,
        until_at=wanted.until_at,
    )


def _is_more(wanted: MayIn, left: Sequence[Held], at: datetime) -> bool:
    """Say whether something is allowed that nothing of what counts now allows for as long."""
    return all(is_more(_held(wanted, at), one) for one in left)


async def _sharing(
    work: Work, keys: PracticeKeys, person: PatientId, at: datetime
) -> tuple[SharedWithOut, ...]:
    grown, narrows = await growing(work, keys, person)
    grants = [
        (one, left_of(one.held, grown, at, narrows))
        for one in await store.of_patient(work, keys.practice, person)
        if one.holds(at)
    ]
    return tuple(
        SharedWithOut(
            caregiver_id=one.id,
            given_name=one.given_name,
            relationship=one.relationship,
            grants=tuple(
                SharedOut(
                    id=held.id,
                    category=held.category,
                    verbs=tuple(verb for verb in VERBS if verb in left.verbs),
                    sensitive=tuple(kind for kind in SENSITIVE if kind in left.sensitive),
                    how=held.how,
                    granted_at=held.granted_at,
                    until_at=held.until_at,
                )
                for held, left in sorted(grants, key=lambda known: _place(known[0]))
                if held.caregiver_id == one.id and left.verbs
            ),
        )
        for one in await caregivers_of(work, keys, person, at)
    )


def _place(one: Grant) -> tuple[int, GrantId]:
    return CATEGORIES.index(one.category), one.id


async def _recorded(
    work: Work, relative: Relative, practice: PracticeId, one: Grant, action: str, at: datetime
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor=relative.by.actor,
        actor_id=relative.by.actor_id,
        action=action,
        subject="caregiver_grant",
        subject_id=one.id,
        patient_id=one.patient_id,
    )
