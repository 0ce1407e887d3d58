"""Times as HL7 writes them: YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-HHMM]. (p).

Without an offset a time is the practice's own. A time that stops early is the first moment it could
mean: nobody is late because a clerk left out the hour. This room refuses what is no calendar time.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from engage.hl7v2.message import Unreadable

_TIME = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})"
    r"(?:(?P<hour>[0-9]{2})(?:(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,6}))?"
    r")?)?)?)?)?(?P<offset>[+-][0-9]{4})?"
)
_EARLIEST_YEAR = 1900


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a moment in UTC; None for no text, Unreadable for one that is no time."""
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None or int(found["year"]) < _EARLIEST_YEAR:
        raise Unreadable
    try:
        local = datetime(
            int(found["year"]),
            int(found["month"] or 1),
            int(found["day"] or 1),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            # A leap second is the last one of its minute.
            min(int(found["second"] or 0), 59),
            int((found["part"] or "").ljust(6, "0")),
            tzinfo=_offset(found["offset"]) or zone,
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable from None


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    away = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-away if text[0] == "-" else away)
