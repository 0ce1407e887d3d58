"""Who may do what: pure policy over roles and practices. (p).

`may` answers one question about one practice; `visible_to` is what every list query asks for, so a
list of practices that nobody checked can't be passed. Roles add up: a supervisor may do what a care
manager may, a practice admin what a supervisor may. This room refuses everything it does not list,
and it is not the only wall: row-level security stands behind it.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from engage.ids import PracticeId, StaffId
from engage.people.staff import Role

Action: TypeAlias = Literal[
    "patient.read",
    "patient.write",
    "patient.merge",
    "patient.restrict",
    "screening.read",
    "screening.write",
    "need.read",
    "need.write",
    "visit.read",
    "visit.write",
    "thread.read",
    "thread.write",
    "consent.read",
    "consent.write",
    "queue.read",
    "queue.work",
    "queue.direct",
    "staff.read",
    "staff.write",
    "cover.write",
    "audit.read",
    "practice.read",
    "practice.write",
    "administration.read",
]
"""`queue.work` is one's own part in the work, `queue.direct` deciding about the work of others,
`administration.read` looking at what administrators set."""

_CARE_MANAGER: frozenset[Action] = frozenset(
    {
        "patient.read",
        "patient.write",
        "screening.read",
        "screening.write",
        "need.read",
        "need.write",
        "visit.read",
        "visit.write",
        "thread.read",
        "thread.write",
        "consent.read",
        "consent.write",
        "queue.read",
        "queue.work",
        "staff.read",
        "practice.read",
    }
)
_DIRECTING: frozenset[Action] = frozenset(
    {
        "queue.direct",
        "cover.write",
        "audit.read",
        "patient.merge",
        "patient.restrict",
        "administration.read",
    }
)
_RUNNING: frozenset[Action] = frozenset({"staff.write", "practice.write"})

ALLOWED: dict[Role, frozenset[Action]] = {
    "care_manager": _CARE_MANAGER,
    "supervisor": _CARE_MANAGER | _DIRECTING,
    "practice_admin": _CARE_MANAGER | _DIRECTING | _RUNNING,
}
"""The whole policy."""


class Held(Struct, frozen=True):
    """One role that somebody holds in one practice now."""

    practice_id: PracticeId
    role: Role


class Caller(Struct, frozen=True, tag="staff", rename={"staff_id": "id"}):
    """Who is asking. It decodes from what the database's `authenticate` returns."""

    staff_id: StaffId
    memberships: tuple[Held, ...]
    given_name: str = ""
    family_name: str = ""

    @property
    def practices(self) -> tuple[PracticeId, ...]:
        """The practices the caller works in, each once, in a fixed order."""
        return tuple(sorted({held.practice_id for held in self.memberships}))

    def roles(self, practice: PracticeId) -> tuple[Role, ...]:
        """Return the roles the caller holds in a practice."""
        return tuple(held.role for held in self.memberships if held.practice_id == practice)


class Visible(Struct, frozen=True):
    """The practices a list may show; only `visible_to` and `only` make one."""

    practices: tuple[PracticeId, ...]


def may(caller: Caller, action: Action, practice: PracticeId) -> bool:
    """Say whether one of the caller's roles in the practice allows the action."""
    return any(action in ALLOWED[role] for role in caller.roles(practice))


def visible_to(caller: Caller, action: Action = "patient.read") -> Visible:
    """Return the practices in which the caller may do this: nobody's list shows more."""
    return Visible(tuple(p for p in caller.practices if may(caller, action, p)))


def only(practice: PracticeId) -> Visible:
    """Return the one practice that a command or a loop works for; no caller is involved."""
    return Visible((practice,))
