"""Named places at which a process may be told to die, so that a test can ask what is left then.

They stand around every effect: before and after each commit, each request to the carrier, each file
that must last. Nothing is armed in production, and a place that is not armed costs one comparison.
`ENGAGE_CRASH_AT=point#k` arms one: the process kills itself with SIGKILL at the k-th pass. This
room refuses to run anything on the way out: a crash has no last words.
"""

import os
import signal
from typing import Final, Literal, TypeAlias, get_args

from engage.errors import WrongSetting

SETTING: Final = "ENGAGE_CRASH_AT"

Point: TypeAlias = Literal[
    # every unit of work, whoever opened it
    "commit.before",
    "commit.after",
    # a text comes in
    "text-in.recorded",
    "text-in.saved",
    "text-in.stored",
    "text-in.rung",
    "retry.saved",
    "retry.done",
    # what else a worker finds due
    "timer.saved",
    "timer.done",
    "outcome.saved",
    "outcome.done",
    "account.saved",
    "account.done",
    "checkin.saved",
    "checkin.done",
    "asking.saved",
    "asking.done",
    "claim.leased",
    "claim.taken",
    "claim.held",
    "claim.put-off",
    "row.done",
    "row.rested",
    # a text goes out
    "send.begun",
    "send.sending",
    "send.answered",
    "send.settled",
    "send.done",
    "resolve.asked",
    "resolve.settled",
    "resolve.done",
    "report.saved",
    "report.done",
    # somebody is told
    "page.stepped",
    "page.done",
    "notify.begun",
    "notify.told",
    "notify.settled",
    "notify.done",
    # the spool
    "spool.written",
    "spool.renamed",
    "spool.kept",
    "drain.recorded",
    "drain.removed",
    # the reconciler
    "reconcile.listed",
    "reconcile.fetched",
    "reconcile.marked",
    "reconcile.asked",
    "reconcile.blanked",
]
POINTS: tuple[Point, ...] = get_args(Point)
"""Every place there is; tests/storm goes through all of them."""
_BY_NAME: dict[str, Point] = {point: point for point in POINTS}


class _Armed:
    def __init__(self, point: Point, nth: int) -> None:
        self._point = point
        self._left = nth

    def passing(self, point: Point) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Counted:
    """Counts the passes of every place: for a test that wants to know where there is to die."""

    def __init__(self) -> None:
        """Begin with none."""
        self.passes: dict[Point, int] = {}

    def passing(self, point: Point) -> None:
        """Count one."""
        self.passes[point] = self.passes.get(point, 0) + 1


def crash_point(point: Point) -> None:
    """Pass a place; die there if this process was told to."""
    if _armed is not None:
        _armed.passing(point)


def arm(asked: str) -> None:
    """Arm `point#k`; an empty text disarms."""
    global _armed  # noqa: PLW0603 - one switch for a process
    _armed = _read(asked)


def count() -> Counted:
    """Count passes from now on."""
    global _armed  # noqa: PLW0603 - as above
    _armed = counted = Counted()
    return counted


def _read(asked: str) -> _Armed | None:
    if not asked:
        return None
    name, _, nth = asked.partition("#")
    point = _BY_NAME.get(name)
    if point is None or not nth.isdecimal() or int(nth) < 1:
        sentence = f"{SETTING} must be point#k with a point of engage/crash.py and k from 1."
        raise WrongSetting(sentence)
    return _Armed(point, int(nth))


_armed: _Armed | Counted | None = None
