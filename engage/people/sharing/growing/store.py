"""From which birthday on a minor's caregivers see less here: a practice's own rule.

Without one it is the earliest birthday that may be chosen: an error then hides, and shows nothing.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Boolean, DateTime, SmallInteger, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from engage.db.session import Query, Work
from engage.db.tables import family_rule
from engage.ids import PracticeId, StaffId
from engage.people.sharing.grant import NARROWS_AT


class FamilyRule(Struct, frozen=True):
    """A practice's rule, and which version of it."""

    narrows_at: int = NARROWS_AT
    #: A patient's own text may invite somebody of theirs.
    invites_by_text: bool = True
    version: int = 0


_PRACTICE = bindparam("practice", type_=Uuid())
_RULE = Query(
    select(family_rule.c.narrows_at, family_rule.c.invites_by_text, family_rule.c.version).where(
        family_rule.c.practice_id == _PRACTICE
    )
)
_new = insert(family_rule).values(
    practice_id=_PRACTICE,
    narrows_at=bindparam("narrows_at", type_=SmallInteger()),
    invites_by_text=bindparam("invites", type_=Boolean()),
    changed_at=bindparam("at", type_=DateTime(timezone=True)),
    changed_by=bindparam("staff", type_=Uuid()),
    version=1,
)
_PUT = Query(
    _new.on_conflict_do_update(
        index_elements=[family_rule.c.practice_id],
        set_={
            "narrows_at": _new.excluded.narrows_at,
            "invites_by_text": _new.excluded.invites_by_text,
            "changed_at": _new.excluded.changed_at,
            "changed_by": _new.excluded.changed_by,
            "version": family_rule.c.version + 1,
        },
    )
)


async def rule_of(work: Work, practice: PracticeId) -> FamilyRule:
    """Return a practice's rule; version 0: nobody has said anything yet."""
    row = await work.maybe(_RULE, practice=practice)
    if row is None:
        return FamilyRule()
    return FamilyRule(row["narrows_at"], row["invites_by_text"], row["version"])


async def put_rule(
    work: Work, practice: PracticeId, rule: FamilyRule, staff: StaffId, at: datetime
) -> None:
    """Write the rule as its next version; it counts at the next request of a family."""
    await work.run(
        _PUT,
        practice=practice,
        narrows_at=rule.narrows_at,
        invites=rule.invites_by_text,
        staff=staff,
        at=at,
    )
