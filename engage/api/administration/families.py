"""From which birthday on a minor's caregivers see less: a practice's own rule."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import fresh, needs
from engage.api.etags import IfMatch, require
from engage.api.once import Made, in_turn, made
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.db.session import Work
from engage.ids import PracticeId
from engage.people.administration import note
from engage.people.administration.store import lock_practice
from engage.people.sharing.growing.store import FamilyRule, put_rule, rule_of


class FamilyRuleIn(Struct, frozen=True, forbid_unknown_fields=True):
    """From which birthday on caregivers see visits and rides alone, of what others granted."""

    narrows_at: Annotated[int, Meta(ge=12, le=18, examples=[12])]
    invites_by_text: Annotated[
        bool, Meta(description="A text of a patient's may invite somebody of theirs.")
    ] = True


class FamilyRuleOut(Struct, frozen=True, kw_only=True):
    """A practice's rule; on the eighteenth birthday what others granted is over in any case."""

    practice_id: PracticeId
    narrows_at: int
    invites_by_text: bool
    version: Annotated[int, Meta(ge=0, description="0: as shipped; nobody has said anything yet.")]


@get(
    "/practices/{practice_id:uuid}/family-rule",
    opt=needs("administration.read"),
    operation_id="getFamilyRule",
    summary="From which birthday on a minor's caregivers see less",
)
async def get_family_rule(
    practice_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> Response[FamilyRuleOut]:
    """Return the rule by which every request of a family is answered."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        rule = await rule_of(work, practice)
    return made(Made(_out(practice, rule), version=rule.version), FamilyRuleOut)


@put(
    "/practices/{practice_id:uuid}/family-rule",
    opt=fresh(needs("practice.write")),
    operation_id="putFamilyRule",
    summary="Say from which birthday on a minor's caregivers see less",
)
async def put_family_rule(
    practice_id: FromPath[UUID],
    data: JSONBody[FamilyRuleIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[FamilyRuleOut]:
    """Write the rule as its next version; it counts at the next request of a family."""
    practice, at = chosen_practice(visit, PracticeId(practice_id)), parts.clock.now()

    async def act(work: Work) -> Made:
        await lock_practice(work, practice)
        before = await rule_of(work, practice)
        require(if_match, before.version)
        said = FamilyRule(data.narrows_at, data.invites_by_text)
        await put_rule(work, practice, said, visit.staff_id, at)
        after = await rule_of(work, practice)
        was, now = (
            {"narrows_at": one.narrows_at, "invites_by_text": one.invites_by_text}
            for one in (before, after)
        )
        staff, action = visit.staff_id, "family-rule.change"
        await note(work, practice, staff, at, "practice", practice, was, now, action=action)
        return Made(_out(practice, after), version=after.version)

    return made(await in_turn(parts, act, practice), FamilyRuleOut)


def _out(practice: PracticeId, rule: FamilyRule) -> FamilyRuleOut:
    return FamilyRuleOut(
        practice_id=practice,
        narrows_at=rule.narrows_at,
        invites_by_text=rule.invites_by_text,
        version=rule.version,
    )
