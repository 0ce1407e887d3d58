"""A plan's life: what of it is due, and how it is paused, resumed, skipped and ended. (p).

Nothing is ever made up for in a burst: of several occurrences that passed, the latest one at the
most is asked, and the others are written down as missed. This room refuses to say how a question is
put; that is the conversation's.
"""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from engage.checkins.cadence import Cadence, NeverDue, next_due, occurrences
from engage.checkins.script import CheckInScript, Limits, is_reachable
from engage.errors import EngageError

CatchUp: TypeAlias = Literal["skip", "ask-latest"]
PlanStatus: TypeAlias = Literal["active", "paused", "ended"]

SHELF_LIFE = timedelta(hours=24)
"""How late an occurrence may be and still be asked, unless the plan says otherwise."""

MOST_MISSED = 100
"""So many missed occurrences are written down after a very long silence; the newest."""


class PlanEnded(EngageError):  # noqa: N818 - reads as a sentence
    """This plan has ended; begin another."""


class NothingToSkip(EngageError):  # noqa: N818
    """This plan has no next occurrence that could be skipped."""


class NoSuchThreshold(EngageError):  # noqa: N818
    """The script asks for no such number, or nobody could reach this one."""


class ThresholdNeeded(EngageError):  # noqa: N818
    """This script needs a threshold of the person's own, set by a clinician."""


class Schedule(Struct, frozen=True):
    """What decides when a plan asks next."""

    cadence: Cadence
    catch_up: CatchUp = "skip"
    status: PlanStatus = "active"
    paused_until: datetime | None = None
    next_at: datetime | None = None

    @property
    def wakes_at(self) -> datetime | None:
        """When something is to be done about it: an occurrence, or the end of a pause."""
        match self.status:
            case "active":
                return self.next_at
            case "paused":
                return self.paused_until
            case "ended":
                return None


class Tick(Struct, frozen=True):
    """What is due of a plan now."""

    #: Passed and not asked, oldest first.
    missed: tuple[datetime, ...]
    asked: datetime | None
    #: The plan as it stands after it.
    schedule: Schedule


def begin(cadence: Cadence, now: datetime, catch_up: CatchUp = "skip") -> Schedule:
    """Return a plan that has just been made: nothing before now is asked."""
    first = next_due(cadence, now)
    if first is None:
        raise NeverDue
    return Schedule(cadence, catch_up, next_at=first)


def tick(plan: Schedule, now: datetime) -> Tick:
    """Return what of a plan is due now, and the plan after it; one that ran out has ended."""
    if plan.status == "paused" and plan.paused_until is not None and plan.paused_until <= now:
        return Tick((), None, resume(plan, now))
    first = plan.next_at
    if plan.status != "active" or first is None or first > now:
        return Tick((), None, plan)
    passed, coming = [first], None
    for at in occurrences(plan.cadence):
        if at > now:
            coming = at
            break
        if at > first:
            passed.append(at)
    after = replace(plan, next_at=coming) if coming is not None else end(plan)
    late = now - passed[-1] > SHELF_LIFE and plan.catch_up == "skip"
    asked = None if late else passed.pop()
    return Tick(tuple(passed[-MOST_MISSED:]), asked, after)


def pause(plan: Schedule, until: datetime | None) -> Schedule:
    """Return a plan that asks nothing until a moment, or until somebody resumes it."""
    if plan.status == "ended":
        raise PlanEnded
    return replace(plan, status="paused", paused_until=until)


def resume(plan: Schedule, now: datetime) -> Schedule:
    """Return a plan that asks again from now on; what a pause passed over stays unasked.

    What was skipped before the pause stays skipped: a next one that still lies ahead is the next.
    """
    if plan.status == "ended":
        raise PlanEnded
    ahead = plan.next_at is not None and plan.next_at > now
    coming = plan.next_at if ahead else next_due(plan.cadence, now)
    if coming is None:
        return end(plan)
    if plan.status == "active":
        return plan
    return replace(plan, status="active", paused_until=None, next_at=coming)


def skip(plan: Schedule) -> tuple[datetime, Schedule]:
    """Return the next occurrence, which will not be asked, and the plan without it."""
    coming = plan.next_at
    if plan.status == "ended":
        raise PlanEnded
    if plan.status == "paused" or coming is None:
        raise NothingToSkip
    following = next_due(plan.cadence, coming)
    if following is None:
        return coming, end(plan)
    return coming, replace(plan, next_at=following)


def end(plan: Schedule) -> Schedule:
    """Return a plan that asks nothing any more."""
    return replace(plan, status="ended", paused_until=None, next_at=None)


def refuse_thresholds(script: CheckInScript, limits: Limits, pointer: str) -> None:
    """Refuse thresholds that the script does not have, that can't be true, or that are missing."""
    known = script.thresholds
    for name, limit in limits.items():
        where = f"{pointer}/{name}"
        if name not in known or not is_reachable(*known[name], limit):
            raise NoSuchThreshold(where)
    for name, (_, one) in known.items():
        where = f"{pointer}/{name}"
        if one.required and name not in limits:
            raise ThresholdNeeded(where)
