"""Replies that a practice keeps ready: read by everybody, written by who directs the work.

Asked for a patient, each comes in their language with the variables filled and the texts counted; a
reply that nobody has written in it comes in none. Filling sends nothing.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.parts import Parts
from engage.api.practices import chosen_practice, find
from engage.api.refusals import IdTaken
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId
from engage.people.access import only
from engage.people.fields import LANGUAGES, Language
from engage.people.staffing.store import get_practice
from engage.people.store import get_patient
from engage.queue.canned import LONGEST_TITLE, Bodies, Filled, Values, fill, read_bodies
from engage.queue.canned_replies import store
from engage.queue.canned_replies.store import CannedReply

ID = "/id"
Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE)]


class FilledOut(Struct, frozen=True, kw_only=True):
    """The words as they would stand in the box, and how many texts the carrier counts."""

    language: Language
    body: str
    segments: Annotated[int, Meta(ge=1)]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"FilledOut(segments={self.segments}, …)"


class CannedReplyOut(Struct, frozen=True, kw_only=True):
    """A reply in its languages."""

    practice_id: PracticeId
    id: UUID
    title: str
    bodies: Bodies
    #: In each of its languages, with a name of usual length; for a patient, in theirs alone.
    filled: tuple[FilledOut, ...]
    retired: bool
    version: Annotated[int, Meta(ge=1)]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"CannedReplyOut(id={self.id}, …)"


class CannedReplyList(Struct, frozen=True):
    """The replies that are offered, by their titles; there is one page of them."""

    items: tuple[CannedReplyOut, ...]
    next: None = None


class CannedReplyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply to keep ready. {given_name}, {care_manager}, {practice}, {phone} are filled."""

    title: Title
    bodies: Bodies
    practice_id: PracticeId | None = None
    id: Own[UUID | None] = None


class CannedReplyChangeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given changes; `retired` takes it out of the list or puts it back."""

    title: Title | None = None
    bodies: Bodies | None = None
    retired: bool | None = None


@get(
    "/canned-replies",
    opt=needs("thread.write"),
    operation_id="listCannedReplies",
    summary="The replies that are kept ready, filled for a patient if one is named",
)
async def list_replies(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    patient: Annotated[UUID | None, QueryParameter(required=False)] = None,
) -> CannedReplyList:
    """Return the replies of the caller's practices; of a patient's own, if one is named."""
    if patient is None:
        async with parts.database.work(visit.practices) as work:
            found = await store.offered(work, visit.visible)
            usual = {one: await _values(work, visit, one) for one in visit.practices}
        return CannedReplyList(tuple(_out(one, usual[one.practice_id]) for one in found))
    practice = await find(parts.database, visit, "patient", patient)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        person = await get_patient(work, keys, PatientId(patient))
        values = msgspec.structs.replace(
            await _values(work, visit, practice), given_name=person.given_name
        )
        offered = await store.offered(work, only(practice))
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="canned-reply.fill",
            patients=[person.id],
        )
    found = [one for one in offered if person.language in one.bodies]
    return CannedReplyList(tuple(_out(one, values, person.language) for one in found))


@post(
    "/canned-replies",
    opt=needs("queue.direct"),
    operation_id="addCannedReply",
    summary="Keep a reply ready",
    status_code=HTTPStatus.CREATED,
)
async def post_reply(
    request: Request[Any, Any, State],
    data: JSONBody[CannedReplyIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CannedReplyOut]:
    """Write it; a variable that nobody fills is refused now and not when it is sent."""
    practice = chosen_practice(visit, data.practice_id)
    new = CannedReply(
        practice_id=practice,
        id=chosen(data.id, parts.clock),
        title=data.title,
        bodies=read_bodies(data.bodies),
        changed_by=visit.staff_id,
        changed_at=parts.clock.now(),
    )

    async def act(work: Work) -> Made:
        if await store.lock(work, practice, new.id) is not None:
            raise IdTaken(ID)
        await store.add(work, new)
        await _noted(work, new, "canned-reply.create")
        out = _out(new, await _values(work, visit, practice))
        return Made(out, HTTPStatus.CREATED, version=new.version)

    return await once(request, parts, practice, CannedReplyOut, act)


@patch(
    "/canned-replies/{reply_id:uuid}",
    opt=needs("queue.direct"),
    operation_id="changeCannedReply",
    summary="Change a reply that is kept ready, or retire it",
)
async def patch_reply(
    reply_id: FromPath[UUID],
    data: JSONBody[CannedReplyChangeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[CannedReplyOut]:
    """Change what is given; a retired reply is kept and no longer offered."""
    practice, at = await find(parts.database, visit, "canned_reply", reply_id), parts.clock.now()

    async def act(work: Work) -> Made:
        before = await store.lock(work, practice, reply_id)
        if before is None:
            raise NotFound
        require(if_match, before.version)
        retired_at = before.retired_at
        if data.retired is not None:
            retired_at = (before.retired_at or at) if data.retired else None
        after = msgspec.structs.replace(
            before,
            title=before.title if data.title is None else data.title,
            bodies=before.bodies if data.bodies is None else read_bodies(data.bodies),
            retired_at=retired_at,
            changed_by=visit.staff_id,
            changed_at=at,
            version=before.version + 1,
        )
        await store.save(work, after)
        await _noted(work, after, "canned-reply.change")
        out = _out(after, await _values(work, visit, practice))
        return Made(out, version=after.version)

    return made(await in_turn(parts, act, practice), CannedReplyOut)


async def _values(work: Work, visit: Visit, practice: PracticeId) -> Values:
    its = await get_practice(work, practice)
    return Values(
        care_manager=visit.caller.given_name, practice=its.texting_name, phone=its.support_phone
    )


async def _noted(work: Work, one: CannedReply, action: str) -> None:
    await audit.record(
        work,
        one.practice_id,
        one.changed_at,
        actor="staff",
        actor_id=one.changed_by,
        action=action,
        subject="canned_reply",
        subject_id=one.id,
    )


def _out(one: CannedReply, values: Values, language: Language | None = None) -> CannedReplyOut:
    spoken: Mapping[Language, Filled] = {
        each: fill(one.bodies[each], values)
        for each in LANGUAGES
        if each in one.bodies and language in (None, each)
    }
    return CannedReplyOut(
        practice_id=one.practice_id,
        id=one.id,
        title=one.title,
        bodies=one.bodies,
        filled=tuple(
            FilledOut(language=each, body=filled.body, segments=filled.segments)
            for each, filled in spoken.items()
        ),
        retired=one.retired_at is not None,
        version=one.version,
    )
