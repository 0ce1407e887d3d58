"""The call after a discharge: by when, and what counts as one. (p).

Two business days after the day of discharge (Medicare's transitional care management): the
practice's own, and never later than Monday to Friday without the federal holidays make it. Only a
person's call or visit counts; a text that we sent is none. It is done once somebody was reached, or
after two tries. This room refuses to take anything else for a call.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.errors import EngageError
from engage.queue.clocks import Calendar
from engage.queue.item import Outcome as Ending

Channel: TypeAlias = Literal["phone", "video", "visit"]
Direction: TypeAlias = Literal["out", "in"]
Outcome: TypeAlias = Literal[
    "reached-patient", "reached-caregiver", "left-message", "no-answer", "wrong-number"
]

TRIES = 2
"""So many separate tries are enough, though one goes on trying."""

REASON = "discharge-call"
"""The reason, and the subject, of the work."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_WHOLE_DAY = ((time(0), time(23, 59)),)


class CallFirst(EngageError):  # noqa: N818 - reads as a sentence
    """Log the call first: this is closed by reaching somebody or by two tries of a person."""


class Attempt(Struct, frozen=True):
    """Somebody of the practice tried, at a moment."""

    at: datetime
    outcome: Outcome


def call_by(discharged_at: datetime, calendar: Calendar) -> datetime:
    """Return by when somebody must have tried to call, in UTC."""
    zone = ZoneInfo(calendar.zone)
    day = discharged_at.astimezone(zone).date() + timedelta(days=1)
    # From the next morning on, whatever the hour of the discharge: a Saturday counts from Sunday.
    after = datetime.combine(day, time(), zone)
    federal = Calendar(calendar.zone, dict.fromkeys(_WEEKDAYS, _WHOLE_DAY), "US")
    return min(calendar.closing_after(after, 1), federal.closing_after(after, 1))


def ending_of(attempts: Sequence[Attempt]) -> Ending | None:
    """Return how the attempts end the work; None while they do not."""
    outcomes = {one.outcome for one in attempts}
    if "reached-patient" in outcomes:
        return "reached-patient"
    if "reached-caregiver" in outcomes:
        return "reached-caregiver"
    return "could-not-reach" if len({one.at for one in attempts}) >= TRIES else None


def is_answer(outcome: Outcome) -> bool:
    """Say whether somebody was spoken to: whom nobody reached is still waiting."""
    return outcome in ("reached-patient", "reached-caregiver")
