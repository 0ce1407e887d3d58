"""What a text says of days and hours, word by word, before anybody asks which ones are meant. (p).

A grammar of English and Spanish, both at once: patterns that stand one after another, the longest
one first, until nothing is left. Which day "friday" is stands in dates. This room refuses a text
with one word that it does not know, and one that says twice what is there once.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from engage.appointments.date_words import AROUND, NUMBERS, WORDS

LONGEST: Final = 160
"""A text with more characters says more than a day."""

Half: TypeAlias = Literal["am", "pm"]


class NotRead(Exception):  # noqa: N818 - dates catches it, nobody else sees it
    """What was said is no day, or could be two."""


class Clock(Struct, frozen=True):
    """An hour as it was said."""

    hour: int
    minute: int
    half: Half | None


class Week(Struct, frozen=True):
    """A day of the week, and which one of that name."""

    weekday: int
    which: Literal["", "this", "next"]


class Heard(Struct):
    """What has been understood so far; nothing may be said twice."""

    #: Days that follow from today, or that were named in full.
    days: list[date]
    weeks: list[Week]
    #: Days of a month that nobody named.
    numbers: list[int]
    #: A number that is an hour or a day, by what else is said.
    bare: list[Clock]
    exact: list[Clock]
    ranges: list[tuple[Clock | None, Clock | None]]
    parts: list[str]
    relative: bool = False
    next_week: bool = False


class Said(Struct, frozen=True):
    """On which day it is read, and in which language its writer is texted."""

    today: date
    language: str


# The grammar: a pattern, and what is understood by it

_NUM = rf"(?:\d{{1,2}}|{'|'.join(NUMBERS)})"
_HALVES: Final[Mapping[str, Half]] = {
    "am": "am", "in the morning": "am", "de la manana": "am",
    "pm": "pm", "in the afternoon": "pm", "in the evening": "pm", "at night": "pm",
    "de la tarde": "pm", "de la noche": "pm",
}  # fmt: skip
_IN_SPANISH: Final = {"manana": "morning", "tarde": "afternoon", "noche": "evening"}
_YEAR = r"(?: (?:de |del )?(?P<year>20\d\d))?"
_NTH = r"(?: ?(?:st|nd|rd|th|ro|ero))?"


def _clock(name: str) -> str:
    return (
        rf"(?P<{name}_hour>{_NUM})(?::(?P<{name}_minute>[0-5]\d))?"
        rf"(?P<{name}_more> y media| y cuarto)?"
        rf"(?: (?:oclock|en punto|sharp))?(?: (?P<{name}_half>{'|'.join(_HALVES)}))?"
    )


def _clock_of(found: re.Match[str], name: str) -> Clock:
    said, minute, more = (found[f"{name}_{part}"] for part in ("hour", "minute", "more"))
    if minute and more:
        raise NotRead
    minutes = int(minute) if minute else {" y media": 30, " y cuarto": 15}.get(more or "", 0)
    half = found[f"{name}_half"]
    return Clock(_number(said), minutes, _HALVES[half] if half else None)


def _number(said: str) -> int:
    return NUMBERS[said] if said in NUMBERS else int(said)


def _at(heard: Heard, found: re.Match[str], _: Said) -> None:
    heard.exact.append(_clock_of(found, "one"))


def _half_past(heard: Heard, found: re.Match[str], _: Said) -> None:
    half = found["half"]
    clock = Clock(_number(found["hour"]), 30, _HALVES[half] if half else None)
    heard.exact.append(clock)


def _noon(heard: Heard, _: re.Match[str], __: Said) -> None:
    heard.exact.append(Clock(12, 0, "pm"))


def _lone(heard: Heard, found: re.Match[str], _: Said) -> None:
    clock = _clock_of(found, "one")
    is_clear = found["one_minute"] or found["one_more"] or clock.half or "oclock" in found[0]
    (heard.exact if is_clear else heard.bare).append(clock)


def _after(heard: Heard, found: re.Match[str], _: Said) -> None:
    heard.ranges.append((_clock_of(found, "one"), None))


def _before(heard: Heard, found: re.Match[str], _: Said) -> None:
    heard.ranges.append((None, _clock_of(found, "one")))


def _between(heard: Heard, found: re.Match[str], _: Said) -> None:
    heard.ranges.append((_clock_of(found, "one"), _clock_of(found, "two")))


def _part(heard: Heard, found: re.Match[str], said: Said) -> None:
    word = found["part"]
    heard.parts.append(_IN_SPANISH.get(word, word))
    if found["this"]:
        _relative(heard, said.today)


def _tonight(heard: Heard, _: re.Match[str], said: Said) -> None:
    heard.parts.append("evening")
    _relative(heard, said.today)


def _relative(heard: Heard, day: date) -> None:
    heard.days.append(day)
    heard.relative = True


def _days_on(count: int) -> "_Reader":
    def read(heard: Heard, _: re.Match[str], said: Said) -> None:
        _relative(heard, said.today + timedelta(days=count))

    return read


def _in_some(heard: Heard, found: re.Match[str], said: Said) -> None:
    count = 1 if found["count"] == "a" else _number(found["count"])
    each = 7 if found["unit"] == "week" else 1
    heard.days.append(said.today + timedelta(days=count * each))


def _weekday(heard: Heard, found: re.Match[str], _: Said) -> None:
    which = "this" if found["this"] else "next" if found["next"] or found["then"] else ""
    heard.weeks.append(Week(int(found["weekday"]), which))


def _next_week(heard: Heard, _: re.Match[str], __: Said) -> None:
    if heard.next_week:
        raise NotRead
    heard.next_week = True


def _month_day(heard: Heard, found: re.Match[str], said: Said) -> None:
    heard.days.append(_dated(said.today, int(found["month"]), int(found["day"]), found["year"]))


def _march(heard: Heard, found: re.Match[str], said: Said) -> None:
    # "mar 3" is March 3, or Tuesday the 3rd; "3 de mar" is no Tuesday.
    if found["before"] is None and said.language != "en":
        raise NotRead
    day = int(found["before"] or found["after"])
    heard.days.append(_dated(said.today, 3, day, None))


def _slashed(heard: Heard, found: re.Match[str], said: Said) -> None:
    one, two, year = int(found["one"]), int(found["two"]), found["year"]
    # Here the month comes first; whoever writes Spanish may put it second.
    if said.language != "en" and one != two and max(one, two) <= len(_MONTHS):
        raise NotRead
    month, day = (two, one) if one > len(_MONTHS) else (one, two)
    if year and len(year) == len("26"):
        year = f"20{year}"
    heard.days.append(_dated(said.today, month, day, year))


def _dated(today: date, month: int, day: int, year: str | None) -> date:
    if year:
        return date(int(year), month, day)
    is_over = (month, day) < (today.month, today.day)
    return date(today.year + is_over, month, day)


def _of_month(heard: Heard, found: re.Match[str], _: Said) -> None:
    heard.numbers.append(int(found["day"]))


def _nothing(_: Heard, __: re.Match[str], ___: Said) -> None:
    return


_Reader: TypeAlias = Callable[[Heard, re.Match[str], Said], None]
_MONTHS: Final = range(1, 13)
_PART = r"(?P<part>morning|afternoon|evening|manana|tarde|noche)"
_WEEKDAY = (
    r"(?:el )?(?P<this>(?:this|este)(?: coming)? )?(?P<next>(?:next|proximo) )?"
    r"W(?P<weekday>\d)(?P<then> proximo| que viene)?"
)
_GRAMMAR: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = tuple(
    (re.compile(rf"(?:{pattern})(?: |$)"), reader)
    for pattern, reader in (
        (rf"(?:at|a las?|las|alas) {_clock('one')}", _at),
        (rf"(?:at )?half past (?P<hour>{_NUM})(?: (?P<half>{'|'.join(_HALVES)}))?", _half_past),
        (r"(?:at |al? |el )?noon", _noon),
        (_clock("one"), _lone),
        (rf"(?:after|despues de|a partir de|desde)(?: las?)? {_clock('one')}", _after),
        (rf"(?:before|antes de)(?: las?)? {_clock('one')}", _before),
        (rf"(?:between|entre)(?: las?)? {_clock('one')} (?:and|y)(?: las?)? {_clock('two')}",
         _between),
        (rf"(?:from|de) {_clock('one')} (?:to|a) {_clock('two')}", _between),
        (rf"(?P<this>)(?:in the |por la |en la )?{_PART}(?<!manana)", _part),
        (r"(?P<this>)(?:por|en) la (?P<part>manana)", _part),
        (rf"(?P<this>this|esta) {_PART}", _part),
        ("tonight", _tonight),
        ("today", _days_on(0)),
        ("(?:tomorrow|manana)", _days_on(1)),
        ("(?:(?:the )?day after tomorrow|pasado manana|pasadomanana)", _days_on(2)),
        (rf"(?:in|en|dentro de) (?P<count>{_NUM}|a) (?P<unit>week|day)", _in_some),
        (_WEEKDAY, _weekday),
        (r"(?:de )?(?:next week|la (?:proximo week|week proximo|week que viene))", _next_week),
        (rf"M(?P<month>\d+) (?:the )?(?P<day>\d{{1,2}}){_NTH}{_YEAR}", _month_day),
        (rf"(?:el |the )?(?P<day>\d{{1,2}}){_NTH} (?:de |of )?M(?P<month>\d+){_YEAR}", _month_day),
        (r"(?:el |the )?(?:mar (?P<after>\d{1,2})|(?P<before>\d{1,2}) (?:de |of )?mar)", _march),
        (r"(?P<one>\d{1,2})/(?P<two>\d{1,2})(?:/(?P<year>20\d\d|\d\d))?", _slashed),
        (r"(?:the )?(?P<day>\d{1,2}) ?(?:st|nd|rd|th)", _of_month),
        (r"(?:el )?day (?P<day>\d{1,2})", _of_month),
        ("|".join(sorted(AROUND, key=len, reverse=True)), _nothing),
    )
)  # fmt: skip

_NOT_SPELLED = re.compile(r"[^a-z0-9:/ ]")
_MARKS = str.maketrans(dict.fromkeys(',.;!?¿¡()"\n\r\t', " ") | dict.fromkeys("'\u2019`", ""))


def understood(words: str, said: Said) -> Heard:
    """Return what the words of a text say, all of them; NotRead if one is not understood."""
    heard = Heard([], [], [], [], [], [], [])
    place = 0
    while place < len(words):
        found = [(one, read) for grammar, read in _GRAMMAR if (one := grammar.match(words, place))]
        if not found:
            raise NotRead
        # The longest reading of what comes next; of two alike the one that stands first.
        longest, read = max(found, key=lambda each: each[0].end())
        read(heard, longest, said)
        place = longest.end()
    return heard


def normal(text: str) -> str | None:
    """Return a text in the words of the grammar; None for signs that it does not know."""
    if not text.strip() or len(text) > LONGEST:
        return None
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    plain = re.sub(r"\b([ap])\. ?m\b\.?", r"\1m", plain)
    plain = plain.translate(_MARKS).replace("@", " at ")
    plain = re.sub(r"(\d)(am|pm|st|nd|rd|th|ro|ero)\b", r"\1 \2", plain)
    plain = re.sub(r"(\d)([ap])\b", r"\1 \2m", plain)
    if _NOT_SPELLED.search(plain):
        return None
    spelled = (WORDS.get(word, word) for word in plain.split())
    return " ".join("1" if word in {"primero", "first"} else word for word in spelled)
