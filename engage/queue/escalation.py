"""Who is told next of work that can't wait: owner, cover, supervisors, everyone, again. (p).

The rules are data (escalation.toml) and travel with each item as a copy, so that changing them
changes no page that is under way. On call is who works here, is not away and has a shift at that
moment; of a step of which nobody has one, whoever is not away. It goes on until somebody takes the
item on; whoever does has it for a while only, and then it climbs again. This room refuses silence:
a step without anybody is passed over at once, and when everybody is away everybody is told.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import resources
from typing import Annotated, Any, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Meta, Struct

from engage.conversation.severity import Severity
from engage.ids import StaffId
from engage.queue.routing import Roster, covering, present, works_between

Audience: TypeAlias = Literal["owner", "cover", "on-call", "supervisors", "everyone"]
OWNS = "owns the item"
_Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told, and how long they have before others are."""

    who: Audience
    minutes: _Minutes


class Policy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rules for one item. They decode from the row that carries them."""

    severity: Literal["crisis", "possible"]
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=20)]
    lease_minutes: _Minutes


class Paging(Struct, frozen=True, kw_only=True):
    """Where an item stands: how many steps were taken, when the next is due, and for whom."""

    owner_id: StaffId
    next_at: datetime
    step: int = 0
    #: The assigned care manager and the care team.
    circle: tuple[StaffId, ...] = ()
    #: Whom the practice's rota names at this moment.
    on_call: tuple[StaffId, ...] = ()
    #: Until when somebody who took it on has it.
    lease_until: datetime | None = None
    #: Whoever owns it now has heard of it; who has it from a colleague may not have.
    owner_told: bool = True
    #: A person has answered since paging began.
    answered: bool = False
    closed: bool = False


class Hop(Struct, frozen=True, tag="hop"):
    """Tell these people now. `step` counts from the first step, through every round."""

    staff_ids: tuple[StaffId, ...]
    why: str
    step: int
    next_at: datetime
    #: Of them, who is told because they own it by now, and not by the step.
    late_owner: StaffId | None = None

    def why_of(self, person: StaffId) -> str:
        """Return why this one of them is told."""
        return OWNS if person == self.late_owner else self.why


class Wait(Struct, frozen=True, tag="wait"):
    """It is not time: somebody has it, or the step before has not run out."""

    until: datetime


class End(Struct, frozen=True, tag="end"):
    """Nobody needs to be told any more."""

    why: Literal["closed", "answered"]


Verdict: TypeAlias = Hop | Wait | End


def policies(raw: Mapping[str, Any]) -> dict[str, Policy]:
    """Read the rules of each severity."""
    return {
        name: msgspec.convert({"severity": name, **rules}, Policy) for name, rules in raw.items()
    }


POLICIES: dict[str, Policy] = policies(
    tomllib.loads(resources.files("engage.queue").joinpath("escalation.toml").read_text("utf-8"))
)
"""The rules that are shipped."""


def policy_for(severity: Severity) -> Policy:
    """Return the rules for an item that somebody is to be told of."""
    return POLICIES["crisis" if severity == "crisis" else "possible"]


def lease_of(policy: Policy, at: datetime) -> datetime:
    """Return until when somebody has an item who takes it on now."""
    return at + timedelta(minutes=policy.lease_minutes)


def judge(paging: Paging, policy: Policy, roster: Roster, at: datetime) -> Verdict:
    """Say what is to be done about an item at a moment."""
    if paging.closed:
        return End("closed")
    if paging.answered:
        return End("answered")
    due = max(paging.next_at, paging.lease_until or paging.next_at)
    return Wait(due) if at < due else next_hop(paging, policy, roster, at)


def next_hop(paging: Paging, policy: Policy, roster: Roster, at: datetime) -> Hop:
    """Return whom to tell now: the next step that has anybody, in this round or the next.

    With them whoever owns it by now, if owners are told and this one was not.
    """
    hop, owner = _climb(paging, policy, roster, at), paging.owner_id
    passed = {step.who for step in policy.steps[: paging.step]}
    if paging.owner_told or "owner" not in passed or owner in hop.staff_ids:
        return hop
    if not present(owner, roster, at):
        return hop
    return msgspec.structs.replace(hop, staff_ids=(owner, *hop.staff_ids), late_owner=owner)


def _climb(paging: Paging, policy: Policy, roster: Roster, at: datetime) -> Hop:
    count = len(policy.steps)
    for number in range(paging.step, paging.step + count):
        step = policy.steps[number % count]
        some = tuple(_audience(step.who, paging, roster, at))
        # Who is on call by the rota is asked for no shift: that is what the rota is for.
        by_rota = step.who == "on-call"
        here = _here(some, roster, at) if by_rota else on_call(some, roster, at)
        if here:
            return _hop(here, _why(step.who, number // count), number, policy, at)
    # Whoever is here beats nobody, and whoever can be reached beats that.
    members = tuple(member.id for member in roster.staff) or (roster.responsible_id,)
    here = on_call(members, roster, at)
    return _hop(here or members, "whoever the rules name is away", paging.step, policy, at)


def on_call(some: Sequence[StaffId], roster: Roster, at: datetime) -> tuple[StaffId, ...]:
    """Return who of some is told at a moment: who has a shift, else who is not away, else nobody.

    A shift asks whom to wake first. It never leaves a page to nobody.
    """
    here = _here(some, roster, at)
    working = {one.id for one in roster.staff if works_between(one, roster.zone, at, at)}
    return tuple(one for one in here if one in working) or here


def _here(some: Sequence[StaffId], roster: Roster, at: datetime) -> tuple[StaffId, ...]:
    return tuple(one for one in some if present(one, roster, at))


def _hop(who: tuple[StaffId, ...], why: str, number: int, policy: Policy, at: datetime) -> Hop:
    minutes = policy.steps[number % len(policy.steps)].minutes
    return Hop(tuple(dict.fromkeys(who)), why, number, at + timedelta(minutes=minutes))


def _audience(who: Audience, paging: Paging, roster: Roster, at: datetime) -> Iterator[StaffId]:
    match who:
        case "owner":
            yield paging.owner_id
        case "cover":
            yield from covering(paging.owner_id, roster, at)
            yield from (one for one in paging.circle if one != paging.owner_id)
        case "on-call":
            yield from paging.on_call
        case "supervisors":
            yield from _in_role("supervisor", roster, at) or _in_role("practice_admin", roster, at)
        case "everyone":
            yield from (member.id for member in roster.staff)
        case _:
            assert_never(who)


def _in_role(role: str, roster: Roster, at: datetime) -> list[StaffId]:
    return [
        member.id
        for member in roster.staff
        if role in member.roles and present(member.id, roster, at)
    ]


def _why(who: Audience, rounds: int) -> str:
    words: dict[Audience, str] = {
        "owner": OWNS,
        "cover": "covers for the owner, or cares for the patient",
        "on-call": "is on call",
        "supervisors": "directs the practice's work",
        "everyone": "works in the practice",
    }
    return words[who] if rounds == 0 else f"{words[who]}; nobody took it on in round {rounds}"
