"""Whatever is read from a text as a day lies ahead, and says so again in the words of our texts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engage.appointments.date_grammar import LONGEST
from engage.appointments.dates import Day, Moment, read_when, span_of
from engage.appointments.local import day_of, say_day, say_time

ZONES = st.sampled_from(["America/Phoenix", "America/Denver", "America/New_York", "Asia/Kolkata"])
LANGUAGES = st.sampled_from(["en", "es"])
NOWS = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
WORDS = """
next this tuesday fri el proximo martes viernes que viene mañana pasado hoy today tomorrow tonight
at a las 3 10 12 3:30 pm am noon y media de la tarde por after before between and despues dec
diciembre 12/3 in en 2 dos weeks semanas week the 4th morning please
"""
PIECES = st.sampled_from(WORDS.split())


@given(st.lists(PIECES, min_size=1, max_size=6).map(" ".join), LANGUAGES, NOWS, ZONES)
def test_what_is_read_lies_ahead(text: str, language: str, now: datetime, zone: str) -> None:
    """Never a past moment, never more than a year away, and the end after the beginning."""
    when = read_when(text, language, now, zone)
    if when is None:
        return
    first, last = (one.timestamp() for one in span_of(when, zone))
    assert max(first, now.timestamp()) < last <= (now + timedelta(days=366)).timestamp()
    if isinstance(when, Moment):
        assert first > now.timestamp()


@given(st.text(max_size=LONGEST + 5), LANGUAGES, NOWS)
def test_no_text_is_too_strange(text: str, language: str, now: datetime) -> None:
    """Any characters at all are read or not read; nothing is raised."""
    read_when(text, language, now, "America/Phoenix")


@given(st.integers(1, 299 * 24 * 12), LANGUAGES, NOWS, ZONES)
def test_our_own_words_are_read_back(steps: int, language: str, now: datetime, zone: str) -> None:
    """The day and the time of day that our texts say are the same when somebody types them."""
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=5 * steps)
    local = start.astimezone(ZoneInfo(zone))
    day = day_of(start, zone)
    if start <= now:
        return
    said_day = say_day(day, language)
    assert read_when(said_day, language, now, zone) == Day(day)
    when = read_when(f"{said_day} {say_time(start, zone, language)}", language, now, zone)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    if twice or local.hour == 0:
        # There twice, or midnight, which is noon to some.
        assert when is None
    else:
        assert isinstance(when, Moment)
        assert when.at.timestamp() == start.timestamp()
