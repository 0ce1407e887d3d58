"""A practice: its names, hours, holidays, languages, numbers and account with the carrier. (p).

Read and checked once, when a practice is created or changed: the clocks of the queue trust the
hours, the texts trust the name. This room refuses hours that never open, holidays nobody knows and
a texting name that does not fit into the first segment of a text.
"""

from collections.abc import Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Any, Self, TypeAlias

import holidays
from msgspec import Struct, field

from engage.errors import EngageError
from engage.ids import NumberId, PracticeId, StaffId
from engage.people.fields import Language, Personal, read_language, read_time_zone
from engage.people.phone import NotAPhoneNumber, PhoneNumber

BusinessHours: TypeAlias = Mapping[str, tuple[tuple[time, time], ...]]
"""Local opening and closing times by weekday, "mon" to "sun"."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_NAME = 120
LONGEST_TEXTING_NAME = 30
_HOURS = "/business_hours"
_HOLIDAYS = "/holidays"


class NotAPracticeName(EngageError):  # noqa: N818 - reads as a sentence
    """A practice's name has 1 to 120 printable characters, its name in texts 1 to 30."""


class NotBusinessHours(EngageError):  # noqa: N818
    """Business hours open on at least one day, each span ends after it begins, and none overlap."""


class UnknownHolidays(EngageError):  # noqa: N818
    """Holidays are named by country and state, like US-AZ."""


class NumberTaken(EngageError):  # noqa: N818
    """This number already belongs to a practice on this carrier account."""


class UnknownPractice(EngageError):  # noqa: N818
    """No practice has this id or name."""


class AmbiguousPractice(EngageError):  # noqa: N818
    """More than one practice has this name; use the id."""


class PracticeFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said about a practice: by a command, a form or the demo's file. Not yet checked."""

    name: str
    texting_name: str
    support_phone: str
    time_zone: str
    business_hours: Mapping[str, Sequence[Sequence[str]]] = field(
        default_factory=lambda: dict.fromkeys(WEEKDAYS[:5], (("09:00", "17:00"),))
    )
    holidays: str = ""
    languages: tuple[str, ...] = ("en", "es")


class Practice(Struct, frozen=True, kw_only=True):
    """A practice as kept."""

    id: PracticeId
    name: str
    #: How texts name the practice.
    texting_name: str
    #: In E.164; public, and so not hidden.
    support_phone: str
    time_zone: str
    business_hours: BusinessHours
    holidays: str
    languages: tuple[Language, ...]
    #: Always an active member: the last one the queue can turn to.
    responsible_id: StaffId

    @classmethod
    def read(cls, practice: PracticeId, responsible: StaffId, said: PracticeFields) -> Self:
        """Read every field; the first that does not fit is raised with its name."""
        spoken: list[Language] = [read_language(one, "/languages") for one in said.languages]
        return cls(
            id=practice,
            name=_read_name(said.name, LONGEST_NAME, "/name"),
            texting_name=_read_name(said.texting_name, LONGEST_TEXTING_NAME, "/texting_name"),
            support_phone=_read_phone(said.support_phone, "/support_phone"),
            time_zone=read_time_zone(said.time_zone),
            business_hours=read_business_hours(said.business_hours),
            holidays=read_holidays(said.holidays),
            languages=tuple(dict.fromkeys(spoken)) or ("en",),
            responsible_id=responsible,
        )


class PracticeNumber(Struct, frozen=True):
    """A number the practice texts from, in E.164: public, and so not hidden."""

    id: NumberId
    number: str


class CarrierLogin(Personal, frozen=True, tag="account", kw_only=True):
    """The practice's account with its carrier, as it is sealed.

    The same shape as messaging's Account, which lies above this room and opens it.
    """

    account_sid: str
    auth_tokens: tuple[str, ...]
    api_key: str
    api_secret: str
    messaging_service_sid: str | None = None

    @classmethod
    def by_token(cls, account_sid: str, auth_token: str, service_sid: str | None = None) -> Self:
        """Sign in with the account's own token, when there is no API key."""
        return cls(
            account_sid=account_sid,
            auth_tokens=(auth_token,),
            api_key=account_sid,
            api_secret=auth_token,
            messaging_service_sid=service_sid,
        )

    @classmethod
    def simulated(cls, randomness: bytes) -> Self:
        """Make up an account for the simulator from 32 random bytes."""
        return cls.by_token(f"AC{randomness[:16].hex()}", randomness[16:32].hex())


def read_business_hours(raw: Mapping[str, Sequence[Sequence[str]]]) -> BusinessHours:
    """Read {"mon": [["09:00", "17:00"]], …}; a day that is absent is closed."""
    hours: dict[str, tuple[tuple[time, time], ...]] = {}
    for day, spans in raw.items():
        read = sorted(_read_span(span) for span in spans)
        overlap = any(first[1] > second[0] for first, second in pairwise(read))
        if day not in WEEKDAYS or overlap:
            raise NotBusinessHours(_HOURS)
        if read:
            hours[day] = tuple(read)
    if not hours:
        raise NotBusinessHours(_HOURS)
    return {day: hours[day] for day in WEEKDAYS if day in hours}


def read_holidays(raw: str) -> str:
    """Read the code of a public holiday calendar; empty for none."""
    code = raw.strip()
    if not code:
        return ""
    country, _, state = code.partition("-")
    try:
        known: Any = holidays.country_holidays(country, subdiv=state or None)
    except (NotImplementedError, AttributeError):
        known = None
    if known is None:
        raise UnknownHolidays(_HOLIDAYS)
    return code


def _read_span(span: Sequence[str]) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(edge) for edge in span)
    except ValueError:
        raise NotBusinessHours(_HOURS) from None
    if opens >= closes or opens.tzinfo or closes.tzinfo:
        raise NotBusinessHours(_HOURS)
    return opens, closes


def _read_name(raw: str, longest: int, field: str) -> str:
    name = " ".join(raw.split())
    if not 1 <= len(name) <= longest or not name.isprintable():
        raise NotAPracticeName(field)
    return name


def _read_phone(raw: str, field: str) -> str:
    try:
        return PhoneNumber.parse(raw).e164
    except NotAPhoneNumber:
        raise NotAPhoneNumber(field) from None
