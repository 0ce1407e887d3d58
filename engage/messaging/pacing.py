"""May this text leave now, as far as speed, money and the account with the carrier go. (p).

Segments are counted, not texts. A number has a bucket that fills with time and a cap per day; a
practice has a cap per day; an account may be slowed down, paused or stopped. Routine texts give way
before those that somebody waits for, and a safety text asks nobody. This module refuses to know a
text's words, and to send later what may not be sent at all.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.messaging.carrier_codes import OnAccount

Urgency: TypeAlias = Literal["safety", "answer", "routine"]
URGENCIES: tuple[Urgency, ...] = ("safety", "answer", "routine")
"""By the rank in which texts are claimed."""

CARRIERS_DAY = ZoneInfo("America/Los_Angeles")
"""The carriers' daily caps begin anew at midnight there."""
ROUTINE_SHARE = 0.8
"""What of a day's cap routine texts may use up: the rest is for those that somebody waits for."""
UNUSUAL = 3
"""So many times the usual of a day is worth a look."""
LEAST_UNUSUAL = 50
"""Below so many segments nothing is unusual."""
PRACTICE_PER_DAY = 10_000
"""What a practice may send a day if nothing else is agreed."""
SLOWEST_SECONDS = 60


class Rate(Struct, frozen=True):
    """How fast a number may text, in segments."""

    per_second: float = 1.0
    burst: int = 10
    per_day: int = 2000


class Bucket(Struct, frozen=True):
    """What is left of a number's allowance; it may be overdrawn by one text."""

    credit: float
    at: datetime


class Spent(Struct, frozen=True):
    """What has left today, and what usually does."""

    by_number: int = 0
    by_practice: int = 0
    #: Of the days before on which anything was sent; None for a practice that has just begun.
    usual: float | None = None
    practice_cap: int = PRACTICE_PER_DAY


class Held(Struct, frozen=True):
    """What is wrong with the account; a stop has no end of its own."""

    effect: OnAccount = "none"
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether it still keeps texts back."""
        return self.effect != "none" and (self.until is None or at < self.until)


class Go(Struct, frozen=True, tag="go"):
    """It may leave. `opens_at` is when the next one may, if that is not now."""

    credit: float
    opens_at: datetime | None
    unusual: bool


class Wait(Struct, frozen=True, tag="wait"):
    """Not now: until when, and whether that goes for routine texts only."""

    until: datetime
    routine_only: bool
    why: Literal["pace", "number-cap", "practice-cap", "account"]


def day_of(at: datetime) -> date:
    """Return the day of the carriers' calendar."""
    return at.astimezone(CARRIERS_DAY).date()


def next_day(at: datetime) -> datetime:
    """Return when the next day of the carriers' calendar begins."""
    midnight = datetime.combine(day_of(at) + timedelta(days=1), time.min, CARRIERS_DAY)
    return midnight.astimezone(UTC)


def weigh(
    urgency: Urgency,
    segments: int,
    rate: Rate,
    bucket: Bucket,
    spent: Spent,
    held: Held,
    at: datetime,
) -> Go | Wait:
    """Say whether a text may leave now; if not, until when it waits."""
    elapsed = max(0.0, (at - bucket.at).total_seconds())
    credit = min(float(rate.burst), bucket.credit + elapsed * rate.per_second)
    if urgency != "safety":
        if held.holds(at):
            return Wait(held.until or next_day(at), routine_only=False, why="account")
        routine = urgency == "routine"
        share = ROUTINE_SHARE if routine else 1.0
        if spent.by_practice + segments > spent.practice_cap * share:
            return Wait(next_day(at), routine_only=routine, why="practice-cap")
        if spent.by_number + segments > rate.per_day * share:
            return Wait(next_day(at), routine_only=routine, why="number-cap")
        if credit < 1:
            return Wait(_full_enough(credit, rate, at), routine_only=False, why="pace")
    left = credit - segments
    opens_at = None if left >= 1 else _full_enough(left, rate, at)
    return Go(left, opens_at, unusual=_is_unusual(spent, segments))


def slower(slowed: int, asked_seconds: int) -> int:
    """Return how long an account breathes when it is told to slow down once more."""
    return max(asked_seconds, min(2**slowed, SLOWEST_SECONDS))


def _full_enough(credit: float, rate: Rate, at: datetime) -> datetime:
    return at + timedelta(seconds=(1 - credit) / rate.per_second)


def _is_unusual(spent: Spent, segments: int) -> bool:
    if spent.usual is None:
        return False
    return spent.by_practice + segments > max(LEAST_UNUSUAL, UNUSUAL * spent.usual)
