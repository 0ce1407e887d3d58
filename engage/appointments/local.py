"""Days and times of day as people say them, by the clock of a place. (p).

A time in a text is the place's local time (behaviour 44). How a language says a day is grammar and
stands here; sentences are the catalogue's. This room refuses a naive moment.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
        *("septiembre", "octubre", "noviembre", "diciembre"),
    ),
}
_HALF = {"en": ("AM", "PM"), "es": ("a.m.", "p.m.")}
_AT = {"en": "at", "es": "a las"}
_AND = {"en": "and", "es": "y"}
_NOON = 12


def day_of(moment: datetime, zone: str) -> date:
    """Return the local day of a moment."""
    return _local(moment, zone).date()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return when a local day begins and when the next one does: 23 to 25 hours later."""
    clock = ZoneInfo(zone)
    return (
        datetime.combine(day, time(), clock),
        datetime.combine(day + timedelta(days=1), time(), clock),
    )


def say_day(day: date, language: str) -> str:
    """Return "Thursday, Dec 3" or "jueves 3 de diciembre"."""
    spoken = language if language in _DAYS else "en"
    name, month = _DAYS[spoken][day.weekday()], _MONTHS[spoken][day.month - 1]
    return f"{name} {day.day} de {month}" if spoken == "es" else f"{name}, {month} {day.day}"


def say_time(moment: datetime, zone: str, language: str) -> str:
    """Return "9:15 AM" or "9:15 a.m."."""
    spoken = language if language in _HALF else "en"
    local = _local(moment, zone)
    half = _HALF[spoken][local.hour >= _NOON]
    return f"{local.hour % _NOON or _NOON}:{local.minute:02d} {half}"


def say_when(moments: Sequence[datetime], zone: str, language: str) -> str:
    """Return "Thursday, Dec 3 at 9:15 AM and 2:30 PM": moments of one day, in order."""
    spoken = language if language in _AT else "en"
    times = [say_time(one, zone, spoken) for one in moments]
    *most, last = times
    listed = f" {_AND[spoken]} ".join((", ".join(most), last)) if most else last
    return f"{say_day(day_of(moments[0], zone), spoken)} {_AT[spoken]} {listed}"


def _local(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        message = "a moment needs a zone"
        raise ValueError(message)
    return moment.astimezone(ZoneInfo(zone))
