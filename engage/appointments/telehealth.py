"""A visit by video: what is an address of one, and when its door is open. (p).

The door opens half an hour before the visit and closes with it. This room refuses an address that
is not https, or that carries a name and a password.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from engage.appointments.appointment import Appointment, Status
from engage.appointments.refusals import NotAVideoAddress

OPENS: Final = timedelta(minutes=30)
"""So long before it begins somebody may come in."""

LONGEST: Final = 500

Door: TypeAlias = Literal["early", "open", "over"]

_TAKES_PLACE: Final[frozenset[Status]] = frozenset({"pending", "booked", "arrived", "checked-in"})
_URL = "/url"


def read_address(given: str) -> str:
    """Return an address that a browser can be sent to."""
    text = given.strip()
    if not 1 <= len(text) <= LONGEST or not text.isascii() or not text.isprintable():
        raise NotAVideoAddress(_URL)
    if any(one in text for one in ' "<>\\^`{|}'):
        raise NotAVideoAddress(_URL)
    try:
        parts = urlsplit(text)
        is_plain = parts.username is None and parts.password is None and (parts.port or 1) > 0
    except ValueError:
        raise NotAVideoAddress(_URL) from None
    if parts.scheme != "https" or not parts.hostname or not is_plain:
        raise NotAVideoAddress(_URL)
    return text


def door(visit: Appointment, at: datetime) -> Door:
    """Say whether somebody may come in now; what does not take place is over."""
    if visit.status not in _TAKES_PLACE or visit.time is None or at >= visit.time.ends_at:
        return "over"
    return "open" if at >= visit.time.starts_at - OPENS else "early"
