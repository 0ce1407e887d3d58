"""My conversation with the team: what I wrote and what they wrote to me, and nobody else's words.

What I write is read as a text is, danger included, and becomes somebody's work; the id that the
client made is the message's own, so what is sent again is there once.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.family.common import answered, keys_of, looked, team
from engage.api.family.values import HELP, FamilyMessageOut, HelpOut, TeamOut, told
from engage.api.ids import chosen
from engage.api.once import Made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.api.threads import LONGEST_BODY
from engage.api.whereabouts.store import practice_of
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.family import facts, store
from engage.family.talk import Said
from engage.ids import MessageId
from engage.messaging.segments import tidy
from engage.people.access import only
from engage.people.sharing.shown import shown
from engage.people.signing.principal import CaregiverIn
from engage.turns.context import Written

_ID, _BODY = "/id", "/body"


class FamilyMessages(Struct, frozen=True, kw_only=True):
    """A page of it, newest first."""

    items: tuple[FamilyMessageOut, ...]
    next: str | None
    team: TeamOut
    help: HelpOut


class FamilyMessageIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What I write."""

    id: Annotated[MessageId, Meta(description="A UUID of version 7 that you made.")]
    body: Annotated[str, Meta(min_length=1, max_length=LONGEST_BODY)]

    def __repr__(self) -> str:
        """Hide the words."""
        return "FamilyMessageIn(…)"


class WrittenOut(Struct, frozen=True, kw_only=True):
    """What I wrote, and who reads it when."""

    message: FamilyMessageOut
    urgent: Annotated[
        bool, Meta(description="It may be an emergency: say 911 and 988 first. A person is told.")
    ]
    team: TeamOut
    help: HelpOut


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: MessageId


@get(
    "/family/{patient_id:uuid}/messages",
    opt=family("messages"),
    operation_id="listFamilyMessages",
    summary="My messages with the team",
)
async def list_messages(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Response[FamilyMessages]:
    """Return a page; that I looked is recorded."""
    del patient_id
    before = position_of(cursor, _Before)
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        rows = await store.messages(
            work,
            keys,
            relative.person.patient.id,
            relative.me.id,
            own=relative.person.scope.own,
            before=None if before is None else before.id,
            most=limit + 1,
        )
        await looked(work, keys, relative, at, "messages")
        office = await team(work, keys, at)
    page, last = cut(rows, limit)
    items = tuple(made for one in page if (made := _outward(relative, one)) is not None)
    return answered(
        request,
        FamilyMessages(
            items=items,
            next=None if last is None else cursor_of(_Before(MessageId(last.id))),
            team=office,
            help=HELP,
        ),
    )


@post(
    "/family/{patient_id:uuid}/messages",
    opt=family("messages", "act"),
    operation_id="writeToTeam",
    summary="Write to the team",
    status_code=HTTPStatus.CREATED,
)
async def post_message(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[FamilyMessageIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[WrittenOut]:
    """Take it, once: whoever answers for the person has it when this returns."""
    del patient_id
    keys, me, person = await keys_of(parts, relative), relative.me, relative.person.patient.id
    mine = MessageId(chosen(data.id, parts.clock))
    if not tidy(data.body).strip():
        raise Unprocessable(FieldError(_BODY, "blank", "A message needs words."))
    author = "caregiver" if isinstance(me, CaregiverIn) else "patient"

    async def act(work: Work) -> Made:
        urgent = False
        if await practice_of(work, only(keys.practice), "message", mine) is None:
            urgent = await parts.turns.family_writes(
                work, keys.practice, Written(author, me.id, person), tidy(data.body), mine
            )
        made = await _one(work, keys, relative, mine)
        if made is None or made.body != tidy(data.body):
            raise IdTaken(_ID)
        office = await team(work, keys, parts.clock.now())
        return Made(
            WrittenOut(message=made, urgent=urgent, team=office, help=HELP), HTTPStatus.CREATED
        )

    answer = await once(request, parts, keys.practice, WrittenOut, act)
    parts.bell.ring("outbox")
    parts.bell.ring("page")
    return answer


async def _one(
    work: Work, keys: PracticeKeys, relative: Relative, mine: MessageId
) -> FamilyMessageOut | None:
    above = UUID(int=mine.int + 1)
    found = await store.messages(
        work,
        keys,
        relative.person.patient.id,
        relative.me.id,
        own=relative.person.scope.own,
        before=above,
        most=1,
    )
    return next((_outward(relative, one) for one in found if one.id == mine and one.mine), None)


def _outward(relative: Relative, one: Said) -> FamilyMessageOut | None:
    fields = shown(relative.person.scope, facts.message(one, relative.person.patient.id))
    return None if fields is None else told(FamilyMessageOut, fields)
