"""The small facts about a person, each read once at the door and trusted inside. (p).

One reader per field: it returns the value or raises the one error that says what does not fit. An
error names the field, never what stood in it. This room refuses to guess: a date in another order,
a time zone by its city or a language by its name is not what we asked for.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Any, Literal, Self, TypeAlias
from zoneinfo import available_timezones

from msgspec import Struct

from engage.errors import EngageError

Language: TypeAlias = Literal["en", "es"]

LANGUAGES: tuple[Language, ...] = ("en", "es")
# fmt: off
US_STATES = frozenset((
    "AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU", "HI", "IA",
    "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP", "MS", "MT",
    "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR", "RI", "SC",
    "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
))
# fmt: on
LONGEST_NAME = 80
LONGEST_EXTERNAL_ID = 80
LONGEST_EMAIL = 254
OLDEST_YEARS = 130

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\].]+(\.[^@\s<>\"(),:;\\\[\].]+)+")
# Names of the database that are no place: a machine's own setting, or a marker for "not set".
_NO_PLACE = frozenset({"Factory", "localtime", "posixrules"})


class NotAName(EngageError):  # noqa: N818 - reads as a sentence: raise NotAName
    """A name has 1 to 80 printable characters."""


class NotAnExternalId(EngageError):  # noqa: N818
    """A patient's id in the practice's own system has 1 to 80 printable characters."""


class NotABirthDate(EngageError):  # noqa: N818
    """A birth date looks like 1950-12-31 and lies neither in the future nor 130 years back."""


class NotATimeZone(EngageError):  # noqa: N818
    """A time zone is named as in the IANA database, like America/Phoenix."""


class NotAState(EngageError):  # noqa: N818
    """A state is its two letters, like AZ."""


class NotALanguage(EngageError):  # noqa: N818
    """The language is en or es."""


class NotAnEmail(EngageError):  # noqa: N818
    """This is not an e-mail address."""


class Personal(Struct, frozen=True):
    """A value about a person: whichever way it is printed, it shows its kind and nothing else."""

    def __repr__(self) -> str:
        """Hide the fields."""
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Hide the fields from rich, which reads those of a Struct otherwise."""
        return []


class EmailAddress(Personal, frozen=True):
    """An address in the form by which it is found: trimmed and in small letters."""

    text: str

    @classmethod
    def parse(cls, raw: str, field: str = "/email") -> Self:
        """Read what somebody typed."""
        text = raw.strip().casefold()
        if len(text) > LONGEST_EMAIL or not text.isprintable() or not _EMAIL.fullmatch(text):
            raise NotAnEmail(field)
        return cls(text)


def read_name(raw: str, field: str) -> str:
    """Read a given or family name: composed accents, single spaces."""
    name = unicodedata.normalize("NFC", " ".join(raw.split()))
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise NotAName(field)
    return name


def read_external_id(raw: str, field: str = "/external_id") -> str:
    """Read the id by which the practice's own system knows a patient; case matters."""
    text = raw.strip()
    if not 1 <= len(text) <= LONGEST_EXTERNAL_ID or not text.isprintable():
        raise NotAnExternalId(field)
    return text


def read_birth_date(raw: str, today: date, field: str = "/birth_date") -> date:
    """Read a date of birth; `today` is the practice's."""
    text = raw.strip()
    if _DATE.fullmatch(text) is None:
        raise NotABirthDate(field)
    try:
        born = date.fromisoformat(text)
    except ValueError:
        raise NotABirthDate(field) from None
    if born > today or today.year - born.year > OLDEST_YEARS:
        raise NotABirthDate(field)
    return born


def read_time_zone(raw: str, field: str = "/time_zone") -> str:
    """Read an IANA name; it is spelled exactly."""
    name = raw.strip()
    if name not in _zones():
        raise NotATimeZone(field)
    return name


def read_us_state(raw: str, field: str = "/us_state") -> str:
    """Read the two letters of a state, the district or a territory, in any case."""
    code = raw.strip().upper()
    if code not in US_STATES:
        raise NotAState(field)
    return code


def read_language(raw: str, field: str = "/language") -> Language:
    """Read a language code in any case."""
    text = raw.strip().casefold()
    for language in LANGUAGES:
        if text == language:
            return language
    raise NotALanguage(field)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACE
