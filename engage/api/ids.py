"""Ids that a client chose: UUIDs of version 7, made about now.

The moment inside an id decides where a row is kept and where a list shows it, so an id from another
year is refused. An offline client has a month to bring in what it made.
"""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

from msgspec import Meta

from engage.api.refusals import WrongId
from engage.clock import Clock, fresh_id
from engage.ids import is_uuid7

AHEAD = timedelta(minutes=5)
BEHIND = timedelta(days=31)

T = TypeVar("T")

Own: TypeAlias = Annotated[
    T, Meta(description="A UUID of version 7 that you made; left out, the server makes one.")
]


def chosen(
    given: UUID | None, clock: Clock, field: str = "/id", behind: timedelta = BEHIND
) -> UUID:
    """Return the client's id, or a new one; WrongId if it is not a UUIDv7 of about now."""
    if given is None:
        return fresh_id(clock)
    if not is_uuid7(given) or not _about(given, clock.now(), behind):
        raise WrongId(field)
    return given


def _about(given: UUID, now: datetime, behind: timedelta) -> bool:
    # In milliseconds: an id can hold a moment that no calendar has.
    made = given.int >> 80
    return _milliseconds(now - behind) <= made <= _milliseconds(now + AHEAD)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
