"""Who is told of work that can't wait, and for how long each: a practice's own rules."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.once import Made, in_turn, made
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.refusals import FieldError, Unprocessable
from engage.db.session import Work
from engage.ids import PracticeId, StaffId
from engage.people.administration import note
from engage.people.administration.store import lock_practice
from engage.queue.escalation import Audience, Policy, Step
from engage.queue.rota import store
from engage.queue.rules import Rules, Severity, faults

MOST_STEPS = 20
Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]


class StepIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told, and how long they have before the next."""

    who: Audience
    minutes: Minutes


class PolicyIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The steps in their order, again and again; whoever takes it on has it for the lease."""

    lease_minutes: Minutes
    steps: Annotated[tuple[StepIn, ...], Meta(min_length=1, max_length=MOST_STEPS)]


class EscalationIn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A practice's rules. Paging that is under way keeps the rules it began with."""

    crisis: PolicyIn
    possible: PolicyIn


class EscalationOut(Struct, frozen=True, kw_only=True):
    """A practice's rules, and whom its rota names at this moment."""

    practice_id: PracticeId
    crisis: PolicyIn
    possible: PolicyIn
    on_call: tuple[StaffId, ...]
    version: Annotated[int, Meta(ge=0, description="0: as shipped; nobody has said anything yet.")]


@get(
    "/practices/{practice_id:uuid}/escalation",
    opt=needs("administration.read"),
    operation_id="getEscalation",
    summary="Who is told of work that can't wait",
)
async def get_escalation(
    practice_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> Response[EscalationOut]:
    """Return the rules by which new paging begins."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        out = await _out(work, parts, practice, await store.rules_of(work, practice))
    return made(Made(out, version=out.version), EscalationOut)


@put(
    "/practices/{practice_id:uuid}/escalation",
    opt=needs("practice.write"),
    operation_id="putEscalation",
    summary="Say who is told of work that can't wait",
)
async def put_escalation(
    practice_id: FromPath[UUID],
    data: JSONBody[EscalationIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[EscalationOut]:
    """Write rules as the next version; what could reach nobody is refused, by its place."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()
    wanted = Rules(
        crisis=_policy("crisis", data.crisis), possible=_policy("possible", data.possible)
    )
    if found := faults(wanted):
        raise Unprocessable(*(FieldError(one.pointer, one.code, one.detail) for one in found))

    async def act(work: Work) -> Made:
        await lock_practice(work, practice)
        before = await store.rules_of(work, practice)
        require(if_match, before.version)
        after = Rules(crisis=wanted.crisis, possible=wanted.possible, version=before.version + 1)
        await store.put_rules(work, practice, after, visit.staff_id, at)
        await note(
            work,
            practice,
            visit.staff_id,
            at,
            "escalation",
            practice,
            before,
            after,
            action="escalation.change",
        )
        return Made(await _out(work, parts, practice, after), version=after.version)

    return made(await in_turn(parts, act, practice), EscalationOut)


def _policy(severity: Severity, said: PolicyIn) -> Policy:
    steps = tuple(Step(one.who, one.minutes) for one in said.steps)
    return Policy(severity=severity, steps=steps, lease_minutes=said.lease_minutes)


def _told(policy: Policy) -> PolicyIn:
    steps = tuple(StepIn(who=one.who, minutes=one.minutes) for one in policy.steps)
    return PolicyIn(lease_minutes=policy.lease_minutes, steps=steps)


async def _out(work: Work, parts: Parts, practice: PracticeId, rules: Rules) -> EscalationOut:
    return EscalationOut(
        practice_id=practice,
        crisis=_told(rules.crisis),
        possible=_told(rules.possible),
        on_call=await store.on_call_at(work, practice, parts.clock.now()),
        version=rules.version,
    )
