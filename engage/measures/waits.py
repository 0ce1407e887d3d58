"""Waits: from a beginning to what was waited for; how many ended, and how long it took. (p).

A wait that is still open is not dropped: it is watched until a moment and counted up to there, as
Kaplan and Meier do. One that ended in another way (declined, rejected) keeps its place among those
who wait for as long as it would have been watched: to drop it when it ended would make the others
look better than they are. This room refuses to know what is waited for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

End: TypeAlias = Literal["happened", "open", "otherwise"]

_ROUNDING = 1e-9
"""A share that floating point leaves this short of a half is a half."""


class Wait(Struct, frozen=True, kw_only=True):
    """One person's wait, as far as it was watched."""

    person: UUID
    #: How long until what was waited for, or for how long it is watched without it.
    lasted: timedelta
    end: End


class Summary(Struct, frozen=True, kw_only=True):
    """What many waits amount to."""

    waits: int
    people: int
    happened: int
    still_open: int
    otherwise: int
    #: Of all that began, how many came to what was waited for so far; None if none began.
    share: float | None
    #: After how long half, and nine in ten, of all that began have; None: not yet, or never.
    median: timedelta | None
    p90: timedelta | None
    #: The share after the horizon, the open ones judged by the others; None: nobody was watched
    #: for so long.
    within: float | None
    #: All that they lasted, so far.
    total: timedelta


def wait(
    person: UUID,
    began: datetime,
    watched_until: datetime,
    happened: datetime | None = None,
    otherwise: datetime | None = None,
) -> Wait:
    """Return a wait; what happened after the watch is not known yet. The first way to end counts.

    What stands before its beginning (a clock that was set back) happened at once.
    """
    watched = max(watched_until - began, timedelta())
    first = happened is not None and (otherwise is None or happened <= otherwise)
    if happened is not None and first and happened <= watched_until:
        return Wait(person=person, lasted=max(happened - began, timedelta()), end="happened")
    ended = otherwise is not None and otherwise <= watched_until
    return Wait(person=person, lasted=watched, end="otherwise" if ended else "open")


def summary(
    waits: Iterable[Wait], horizon: timedelta | None = None, *, timed: bool = True
) -> Summary:
    """Count the waits, and say how long they take, unless that means nothing."""
    known = tuple(waits)
    ends = Counter(one.end for one in known)
    curve = come_true(known) if timed else ()
    longest = max((one.lasted for one in known), default=timedelta())
    return Summary(
        waits=len(known),
        people=len({one.person for one in known}),
        happened=ends["happened"],
        still_open=ends["open"],
        otherwise=ends["otherwise"],
        share=ends["happened"] / len(known) if known else None,
        median=_reaches(curve, 0.5),
        p90=_reaches(curve, 0.9),
        within=_at(curve, horizon) if known and horizon and longest >= horizon else None,
        total=sum((one.lasted for one in known), timedelta()),
    )


def come_true(waits: Iterable[Wait]) -> tuple[tuple[timedelta, float], ...]:
    """Return how large a share has come to what it waited for, at each moment at which one did.

    The product-limit estimate: at each moment, of those still watched, so many did. Who is last
    seen at that very moment was still watched.
    """
    known = tuple(waits)
    happened = Counter(one.lasted for one in known if one.end == "happened")
    leaves = sorted(one.lasted for one in known)
    curve: list[tuple[timedelta, float]] = []
    waiting, left = 1.0, 0
    for moment, many in sorted(happened.items()):
        while leaves[left] < moment:
            left += 1
        waiting *= 1 - many / (len(leaves) - left)
        curve.append((moment, 1 - waiting))
    return tuple(curve)


def _reaches(curve: Sequence[tuple[timedelta, float]], share: float) -> timedelta | None:
    return next((moment for moment, so_far in curve if so_far >= share - _ROUNDING), None)


def _at(curve: Sequence[tuple[timedelta, float]], horizon: timedelta) -> float:
    return max((so_far for moment, so_far in curve if moment <= horizon), default=0.0)
