"""Who does what: errands, drives and shared goals, taken and handed over among the circle."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit, feed
from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.etags import IfMatch, require
from engage.api.family.common import answered, keys_of, seen_by
from engage.api.family.values import TaskOut, Told, all_told, told
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.refusals import IdTaken
from engage.appointments import store as visits
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.family import facts, store
from engage.family.errand import LONGEST_TITLE, Act, Errand, category_of, read_title, step
from engage.family.errand import Kind as ErrandKind
from engage.family.record import acting, known_by, of_kind
from engage.ids import AppointmentId
from engage.people.merging.store import survivor
from engage.people.sharing.circles import Member, members
from engage.people.sharing.grant import CATEGORIES
from engage.people.sharing.shown import shown


class NewTaskIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to do, a drive, or a goal."""

    kind: Annotated[
        ErrandKind, Meta(description="to-do: of visits. ride: of rides. goal: of needs.")
    ]
    title: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_TITLE, examples=["Drive to the clinic"])
    ]
    visit_id: AppointmentId | None = None
    due_on: date | None = None
    id: Own[UUID | None] = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"NewTaskIn(kind={self.kind!r}, …)"


class HandOverTaskIn(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom."""

    to: Annotated[UUID, Meta(description="One of the members of the circle.")]


class TaskList(Struct, frozen=True):
    """What there is to do, the newest first."""

    items: tuple[TaskOut, ...]
    next: None = None


class MemberOut(Told, frozen=True, kw_only=True, rename={"own": "self"}):
    """Somebody of the circle."""

    id: UUID
    given_name: str
    relationship: str | None
    me: bool
    own: Annotated[bool, Meta(description="The person whom it is about.")]


class MemberList(Struct, frozen=True):
    """Who can be asked to take something that I may act on."""

    items: tuple[MemberOut, ...]
    next: None = None


@get(
    "/family/{patient_id:uuid}/tasks",
    opt=family(),
    operation_id="listTasks",
    summary="Who does what",
)
async def list_tasks(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[TaskList]:
    """Return the errands of what I may see; that I looked is recorded."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(work, keys, relative, at, "tasks", "visits", "rides", "needs")
    return answered(request, TaskList(all_told(TaskOut, of_kind(seen, "task"))))


@get(
    "/family/{patient_id:uuid}/members",
    opt=family(verb="act"),
    operation_id="listMembers",
    summary="Who can be asked to take something",
)
async def list_members(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[MemberList]:
    """Return those who may act on something that I may act on, too."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice]) as work:
        found = await members(work, keys, relative.person.patient, at)
    return answered(
        request,
        MemberList(
            tuple(
                MemberOut(
                    id=one.id,
                    given_name=one.given_name,
                    relationship=one.relationship,
                    me=one.id == relative.me.id,
                    own=one.scope.own,
                )
                for one in found
                if _acts_with(relative, one)
            )
        ),
    )


@post(
    "/family/{patient_id:uuid}/tasks",
    opt=family(verb="act"),
    operation_id="addTask",
    summary="Write down something to do",
    status_code=HTTPStatus.CREATED,
)
async def post_task(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewTaskIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[TaskOut]:
    """Add it for the circle; nobody is told by text."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    mine, person = chosen(data.id, parts.clock), relative.person.patient.id
    if not relative.person.scope.may(category_of(data.kind), "act"):
        raise NotFound

    async def act(work: Work) -> Made:
        if await store.lock_errand(work, keys, mine) is not None:
            raise IdTaken("/id")  # noqa: EM101 - a pointer, not a sentence
        if data.visit_id is not None:
            visit = await visits.one(work, keys, data.visit_id)
            theirs = visit is not None and relative.person.scope.may("visits")
            if (
                visit is None
                or not theirs
                or await survivor(work, keys.practice, visit.visit.patient_id) != person
            ):
                raise NotFound
        new = Errand(
            practice_id=keys.practice,
            id=mine,
            patient_id=person,
            kind=data.kind,
            title=read_title(data.title),
            appointment_id=data.visit_id,
            due_on=data.due_on,
            made_by=relative.me.id,
            made_at=at,
            changed_at=at,
        )
        await store.add_errand(work, keys, new)
        return await _made(work, parts, keys, relative, new, "task.add", HTTPStatus.CREATED)

    return await once(request, parts, keys.practice, TaskOut, act)


async def _step(
    request: Request[Any, Any, State],
    task_id: UUID,
    relative: Relative,
    parts: Parts,
    what: Act,
    if_match: str | None,
    to: UUID | None = None,
) -> Response[TaskOut]:
    keys, at, scope = await keys_of(parts, relative), parts.clock.now(), relative.person.scope

    async def act(work: Work) -> Made:
        known = await store.lock_errand(work, keys, task_id)
        if known is None or known.patient_id != relative.person.patient.id:
            raise NotFound
        if not scope.may(category_of(known.kind), "act"):
            raise NotFound
        require(if_match, known.version)
        circle = await members(work, keys, relative.person.patient, at)
        here = acting(circle, category_of(known.kind))
        after = step(known, what, relative.me.id, at, to=to, here=here)
        await store.save_errand(work, after)
        return await _made(work, parts, keys, relative, after, f"task.{what}", HTTPStatus.OK)

    return await once(request, parts, keys.practice, TaskOut, act)


@post(
    "/family/{patient_id:uuid}/tasks/{task_id:uuid}/claim",
    opt=family(verb="act"),
    operation_id="claimTask",
    summary="I do it",
    status_code=HTTPStatus.OK,
)
async def post_claim(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    task_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[TaskOut]:
    """Take what is free, or was offered to me; 409 if somebody else has it."""
    del patient_id
    return await _step(request, task_id, relative, parts, "claim", if_match)


@post(
    "/family/{patient_id:uuid}/tasks/{task_id:uuid}/decline",
    opt=family(verb="act"),
    operation_id="declineTask",
    summary="I do not do it",
    status_code=HTTPStatus.OK,
)
async def post_decline(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    task_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[TaskOut]:
    """Give back what I have, or say no to what was offered to me: it is free again."""
    del patient_id
    return await _step(request, task_id, relative, parts, "decline", if_match)


@post(
    "/family/{patient_id:uuid}/tasks/{task_id:uuid}/hand-over",
    opt=family(verb="act"),
    operation_id="handOverTask",
    summary="Offer it to somebody",
    status_code=HTTPStatus.OK,
)
async def post_hand_over(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    task_id: FromPath[UUID],
    data: JSONBody[HandOverTaskIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[TaskOut]:
    """Let go of it and offer it; until they take it, it is nobody's."""
    del patient_id
    return await _step(request, task_id, relative, parts, "hand-over", if_match, data.to)


@post(
    "/family/{patient_id:uuid}/tasks/{task_id:uuid}/done",
    opt=family(verb="act"),
    operation_id="finishTask",
    summary="It is done",
    status_code=HTTPStatus.OK,
)
async def post_done(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    task_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[TaskOut]:
    """Say that it is done, by me."""
    del patient_id
    return await _step(request, task_id, relative, parts, "done", if_match)


@post(
    "/family/{patient_id:uuid}/tasks/{task_id:uuid}/reopen",
    opt=family(verb="act"),
    operation_id="reopenTask",
    summary="It is not done after all",
    status_code=HTTPStatus.OK,
)
async def post_reopen(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    task_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[TaskOut]:
    """Open it again; it is nobody's."""
    del patient_id
    return await _step(request, task_id, relative, parts, "reopen", if_match)


async def _made(
    work: Work,
    parts: Parts,
    keys: PracticeKeys,
    relative: Relative,
    after: Errand,
    action: str,
    status: HTTPStatus,
) -> Made:
    at, person = parts.clock.now(), relative.person
    await feed.add(work, keys.practice, at, "patient", after.patient_id, after.patient_id)
    await audit.record(
        work,
        keys.practice,
        at,
        actor=relative.by.actor,
        actor_id=relative.by.actor_id,
        action=action,
        subject="errand",
        subject_id=after.id,
        patient_id=after.patient_id,
    )
    circle = await members(work, keys, person.patient, at)
    known = known_by(circle, relative.me.id)
    here = acting(circle, category_of(after.kind))
    fields = shown(person.scope, facts.errand(after, known, here))
    if fields is None:
        raise NotFound
    return Made(told(TaskOut, fields), status, version=after.version)


def _acts_with(relative: Relative, one: Member) -> bool:
    """Say whether somebody may act on something that the caller may act on: else who are they."""
    mine = relative.person.scope
    return any(mine.may(known, "act") and one.scope.may(known, "act") for known in CATEGORIES)
