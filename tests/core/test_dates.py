"""A day in somebody's own words is read right, or not at all."""

from datetime import UTC, date, datetime, time

import pytest

from engage.appointments.dates import Day, Hours, Moment, fits, read_when, span_of

ZONE = "America/Phoenix"
#: Tuesday, 10:00 in Phoenix.
NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)


def read(text: str, language: str = "en", now: datetime = NOW) -> str | None:
    """Return what was read, as short as it can be written."""
    match read_when(text, language, now, ZONE):
        case None:
            return None
        case Moment(at):
            return f"{at:%m-%d %H:%M}"
        case Day(day):
            return f"{day:%m-%d}"
        case Hours(day, since, until):
            some = [f"{one:%H}" if one else "" for one in (since, until)]
            return f"{day:%m-%d} {'-'.join(some)}"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        # The traps of general date parsers.
        ("next tuesday at 3", "en", "12-01 15:00"),
        ("friday after 2", "en", "11-27 14-"),
        ("pasado mañana", "es", "11-26"),
        ("pasado mañana 2:30", "es", "11-26 14:30"),
        ("can we do friday at 10?", "en", "11-27 10:00"),
        # Hours
        ("thurs 3pm", "en", "11-26 15:00"),
        ("Thurs. at 3 p.m.", "en", "11-26 15:00"),
        ("tmrw 9a", "en", "11-25 09:00"),
        ("tomorrow 9am", "en", "11-25 09:00"),
        ("tomorrow 3", "en", "11-25 15:00"),
        ("tommorow @ 11", "en", "11-25 11:00"),
        ("tomorrow at noon", "en", "11-25 12:00"),
        ("tomorrow at half past 10", "en", "11-25 10:30"),
        ("friday 15:30", "en", "11-27 15:30"),
        ("friday at three", "en", "11-27 15:00"),
        ("friday at 7", "en", "11-27 07:00"),
        ("friday evening at 7", "en", "11-27 19:00"),
        ("friday 4 in the afternoon", "en", "11-27 16:00"),
        ("el martes a las 3", "es", None),
        ("el martes a las 9", "es", "12-01 09:00"),
        ("el miércoles a las 3", "es", "11-25 15:00"),
        ("mier a las 3 de la tarde", "es", "11-25 15:00"),
        ("juebes a la una", "es", "11-26 13:00"),
        ("el viernes a las diez y media por favor", "es", "11-27 10:30"),
        ("3 de diciembre a las 10 y media", "es", "12-03 10:30"),
        ("3 de diciembre a las 10 y cuarto", "es", "12-03 10:15"),
        ("manana a las 9 de la mañana", "es", "11-25 09:00"),
        ("mañana por la mañana a las 9", "es", "11-25 09:00"),
        ("sab al mediodia", "es", "11-28 12:00"),
        # Some hours of a day
        ("tomorrow morning", "en", "11-25 -12"),
        ("mañana por la mañana", "es", "11-25 -12"),
        ("mañana en la tarde", "es", "11-25 12-18"),
        ("tonight", "en", "11-24 17-"),
        ("this afternoon", "en", "11-24 12-18"),
        ("esta tarde", "es", "11-24 12-18"),
        ("friday before 10", "en", "11-27 -10"),
        ("friday between 2 and 4", "en", "11-27 14-16"),
        ("friday between 11 and 1pm", "en", "11-27 11-13"),
        ("friday from 8 to 10 pm", "en", "11-27 20-22"),
        ("el viernes entre las 2 y las 4", "es", "11-27 14-16"),
        ("viernes después de las 2", "es", "11-27 14-"),
        ("viernes de 9 a 11", "es", "11-27 09-11"),
        ("the 4th in the morning", "en", "12-04 -12"),
        # Days
        ("today", "en", "11-24"),
        ("hoy", "es", "11-24"),
        ("friday", "en", "11-27"),
        ("how about this friday?", "en", "11-27"),
        ("el próximo lunes", "es", "11-30"),
        ("el lunes que viene", "es", "11-30"),
        ("next monday", "en", "11-30"),
        ("friday next week", "en", "12-04"),
        ("el viernes de la próxima semana", "es", "12-04"),
        ("in 2 weeks", "en", "12-08"),
        ("en dos semanas", "es", "12-08"),
        ("dentro de 3 dias", "es", "11-27"),
        ("dec 3", "en", "12-03"),
        ("December 3rd, 2026", "en", "12-03"),
        ("3 dec", "en", "12-03"),
        ("12/3", "en", "12-03"),
        ("12/3/26", "en", "12-03"),
        ("12/15", "es", "12-15"),
        ("15/12", "es", "12-15"),
        ("3 de diciembre de 2026", "es", "12-03"),
        ("el 3 de dic", "es", "12-03"),
        ("1 de enero", "es", "01-01"),
        ("primero de enero", "es", "01-01"),
        ("mar 3", "en", "03-03"),
        ("3 de mar", "es", "03-03"),
        ("viernes 4 de diciembre a las 9", "es", "12-04 09:00"),
        ("viernes 4 a las 9", "es", "12-04 09:00"),
        ("friday the 4th at 9", "en", "12-04 09:00"),
        ("tomorrow, wednesday", "en", "11-25"),
    ],
)
def test_what_is_clear_is_read(text: str, language: str, expected: str | None) -> None:
    """Days, hours and ranges in both languages, with the typos of thumbs."""
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        # Two days for two people
        ("next friday", "en"),
        ("el próximo viernes", "es"),
        ("tuesday", "en"),
        ("sunday next week", "en"),
        ("mar a las 3", "es"),
        ("mar 3", "es"),
        ("12/3", "es"),
        ("friday 4", "en"),
        ("viernes 4 en la tarde", "es"),
        ("the 3rd", "en"),
        ("3", "en"),
        ("at 3", "en"),
        ("next week", "en"),
        ("tomorrow 12am", "en"),
        # Past, or hardly meant
        ("nov 20", "en"),
        ("today at 9", "en"),
        ("this morning at 9", "en"),
        ("12/3/25", "en"),
        # No such day or hour
        ("feb 30", "en"),
        ("31 de noviembre", "es"),
        ("friday at 25", "en"),
        ("friday at 13pm", "en"),
        ("friday the 5th", "en"),
        ("friday morning at 3pm", "en"),
        ("friday between 4 and 2", "en"),
        # More than a day
        ("we", "en"),
        ("friday or monday", "en"),
        ("friday at 3 or 4", "en"),
        ("friday monday", "en"),
        ("not friday", "en"),
        ("el viernes no", "es"),
        ("i work friday at 3", "en"),
        ("may i come", "en"),
        ("my visit friday", "en"),
        ("move it from friday to monday", "en"),
        ("friday 2-4", "en"),
        ("1 thursday", "en"),
        ("2 weeks ago", "en"),
        ("friday 👍", "en"),
        ("", "en"),
        ("friday " * 30, "en"),
        ("9999999 friday", "en"),
    ],
)
def test_what_could_be_two_things_is_not_read(text: str, language: str) -> None:
    """A guess costs somebody a visit; a person reads it instead."""
    assert read(text, language) is None


def test_next_friday_is_read_where_it_is_one_day_for_everybody() -> None:
    """Said on Thursday, "next tuesday" is the coming one; said on Monday, "next friday" is two."""
    thursday = datetime(2026, 11, 26, 17, tzinfo=UTC)
    assert read("next tuesday at 3", now=thursday) == "12-01 15:00"
    assert read("next thursday", now=thursday) == "12-03"
    assert read("next friday", now=thursday) is None
    sunday = datetime(2026, 11, 22, 17, tzinfo=UTC)
    assert read("next tuesday", now=sunday) is None
    assert read("this tuesday", now=sunday) == "11-24"
    assert read("next week tuesday", now=sunday) is None


def test_hours_that_the_clock_skips_or_repeats_are_not_read() -> None:
    """02:30 on the night in March is no hour, 01:30 on the night in November is two."""
    spring = datetime(2027, 3, 13, 18, tzinfo=UTC)
    autumn = datetime(2026, 10, 31, 18, tzinfo=UTC)
    assert read_when("tomorrow 2:30am", "en", spring, "America/Denver") is None
    assert read_when("tomorrow 1:30am", "en", autumn, "America/Denver") is None
    at = read_when("tomorrow 3:30am", "en", spring, "America/Denver")
    assert isinstance(at, Moment)
    assert at.at.astimezone(UTC) == datetime(2027, 3, 14, 9, 30, tzinfo=UTC)


def test_a_free_time_fits_what_was_said() -> None:
    """By the clock of the place, whatever zone the moment is written in."""
    friday_two = datetime(2026, 11, 27, 21, tzinfo=UTC)
    after_two = Hours(date(2026, 11, 27), time(14), None)
    assert fits(after_two, friday_two, ZONE)
    assert not fits(after_two, datetime(2026, 11, 27, 20, 59, tzinfo=UTC), ZONE)
    assert not fits(after_two, datetime(2026, 11, 28, 7, tzinfo=UTC), ZONE)
    assert fits(Day(date(2026, 11, 27)), friday_two, ZONE)
    assert fits(Moment(friday_two), friday_two, ZONE)
    assert not fits(Moment(friday_two), datetime(2026, 11, 27, 21, 15, tzinfo=UTC), ZONE)
    first, last = span_of(Day(date(2026, 11, 1)), "America/Denver")
    assert (last.astimezone(UTC) - first.astimezone(UTC)).total_seconds() == 25 * 3600
