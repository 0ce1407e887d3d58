"""What failed texts teach us of a phone, and what proves that it works. (p).

A number that is dead or a landline stays so until staff say otherwise: numbers are given to new
people, and a sign of life is not a sign of who lives. Doubt is weaker: three separate days of it,
with nothing heard in between, and one text that arrives or comes in ends it. This room refuses to
know a carrier's code: carrier_codes.toml says what each means for the number.
"""

from datetime import datetime
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct

from engage.messaging.carrier_codes import OnNumber
from engage.messaging.pacing import day_of

Trouble: TypeAlias = Literal["dead", "landline", "doubtful"]

SUSPECT_AFTER = 3
"""On so many separate days it must have failed before a phone is held to be doubtful."""


class Known(Struct, frozen=True, kw_only=True):
    """What is known against a phone."""

    trouble: Trouble | None = None
    since: datetime | None = None
    #: The code that said so.
    code: int | None = None
    #: Its failures that settle nothing, one a day at most, oldest first.
    doubts: tuple[datetime, ...] = ()


def learn(known: Known, number: OnNumber, code: int | None, at: datetime) -> Known:
    """Return what is known after a text failed; what was known before is not found out again."""
    match number:
        case "dead" | "invalid":
            return _found(known, "dead", code, at)
        case "landline":
            return _found(known, "landline", code, at)
        case "doubtful" | "unreachable":
            if known.trouble is not None or any(day_of(one) == day_of(at) for one in known.doubts):
                return known
            doubts = (*known.doubts, at)
            if len(doubts) < SUSPECT_AFTER:
                return Known(doubts=doubts)
            return Known(trouble="doubtful", since=at, code=code, doubts=doubts)
        case "none" | "opted-out" | "suspected-opt-out":
            return known  # consent's, not the phone's
        case _:
            assert_never(number)


def heard(known: Known, at: datetime) -> Known:
    """Return what is known after a text arrived there, or came from there, at a moment."""
    if not known.doubts or known.trouble in ("dead", "landline"):
        return known
    younger = tuple(one for one in known.doubts if one > at)
    return known if younger == known.doubts else Known(doubts=younger)


def _found(known: Known, trouble: Trouble, code: int | None, at: datetime) -> Known:
    if known.trouble in ("dead", "landline"):
        return known
    return Known(trouble=trouble, since=at, code=code, doubts=known.doubts)
