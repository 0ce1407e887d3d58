"""A practice: its names, hours, holidays, languages, numbers and account with the carrier. (p).

Read and checked once, when a practice is created or changed: the clocks of the queue trust the
hours, the texts trust the name. This room refuses hours that never open and a texting name
that does not fit into the first segment of a text.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Self, TypeAlias

from msgspec import Struct, field

from engage.errors import EngageError
from engage.ids import NumberId, PracticeId, StaffId
from engage.people.closures import read_calendar
from engage.people.fields import Language, Personal, read_language, read_time_zone
from engage.people.phone import NotAPhoneNumber, PhoneNumber

BusinessHours: TypeAlias = Mapping[str, tuple[tuple[time, time], ...]]
"""Local opening and closing times by weekday, "mon" to "sun"."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_NAME = 120
LONGEST_TEXTING_NAME = 30
USUAL_TEXTING_HOURS = "09:00-20:00"
SHOW_TEXTING_HOURS = "all-day"
"""For a practice that exists for show: the simulated carrier honours it, a real one refuses it."""
MOST_TOKENS = 2
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_SECRET = re.compile(r"[!-~]{1,200}")
_HOURS = "/business_hours"
_TEXTING_HOURS = "/texting_hours"
_FEDERAL = time(8), time(21)
_API_KEY = "/api_key"


class NotAPracticeName(EngageError):  # noqa: N818 - reads as a sentence
    """A practice's name has 1 to 120 printable characters, its name in texts 1 to 30."""


class NotBusinessHours(EngageError):  # noqa: N818
    """Business hours open on at least one day, each span ends after it begins, and none overlap."""


class NumberTaken(EngageError):  # noqa: N818
    """This number already belongs to a practice on this carrier account."""


class UnknownPractice(EngageError):  # noqa: N818
    """No practice has this id or name."""


class AmbiguousPractice(EngageError):  # noqa: N818
    """More than one practice has this name; use the id."""


class NoCarrierAccount(EngageError):  # noqa: N818
    """No account with the carrier is stored for this practice."""


class NotACarrierId(EngageError):  # noqa: N818
    """A carrier's id is two letters and 32 hexadecimal digits: SK for a key, MG for a service."""


class NotACarrierSecret(EngageError):  # noqa: N818
    """A secret is one line of at most 200 visible characters."""


class KeyWithoutSecret(EngageError):  # noqa: N818
    """An API key and its secret are changed together."""


class NotTextingHours(EngageError):  # noqa: N818
    """Hours for texts look like 09:00-20:00 and lie between 08:00 and 21:00."""


class NotATextLimit(EngageError):  # noqa: N818
    """A phone gets at least one text a day, and at least as many a week."""


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
    texting_hours: str = USUAL_TEXTING_HOURS
    texts_a_day: int = 1
    texts_a_week: int = 3


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
    #: Local hours for texts; the law of where a person lives makes them shorter, never longer.
    texting_hours: str = USUAL_TEXTING_HOURS
    #: Texts nobody asked for, per phone.
    texts_a_day: int = 1
    texts_a_week: int = 3
    version: int = 1

    @classmethod
    def read(cls, practice: PracticeId, responsible: StaffId, said: PracticeFields) -> Self:
        """Read every field; the first that does not fit is raised with its name."""
        spoken: list[Language] = [read_language(one, "/languages") for one in said.languages]
        return cls(
            id=practice,
            name=read_practice_name(said.name, LONGEST_NAME, "/name"),
            texting_name=read_practice_name(
                said.texting_name, LONGEST_TEXTING_NAME, "/texting_name"
            ),
            support_phone=_read_phone(said.support_phone, "/support_phone"),
            time_zone=read_time_zone(said.time_zone),
            business_hours=read_business_hours(said.business_hours),
            holidays=read_calendar(said.holidays),
            languages=tuple(dict.fromkeys(spoken)) or ("en",),
            responsible_id=responsible,
            texting_hours=read_texting_hours(said.texting_hours),
            texts_a_day=read_limit(said.texts_a_day, 1, "/texts_a_day"),
            texts_a_week=read_limit(said.texts_a_week, said.texts_a_day, "/texts_a_week"),
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


class CarrierChange(Personal, frozen=True, kw_only=True):
    """What is to change of an account with the carrier; what is None stays."""

    auth_token: str | None = None
    #: Accept the newest auth token only.
    drop_old_token: bool = False
    api_key: str | None = None
    api_secret: str | None = None
    messaging_service_sid: str | None = None

    def applied(self, login: CarrierLogin) -> CarrierLogin:
        """Return the account after the change; the first field that does not fit is raised."""
        if (self.api_key is None) != (self.api_secret is None):
            raise KeyWithoutSecret(_API_KEY)
        tokens = login.auth_tokens
        if self.auth_token is not None:
            token = _read_secret(self.auth_token, "/auth_token")
            # The carrier has two at a time: signatures of either hold until the old one is dropped.
            tokens = tuple(dict.fromkeys((token, *tokens)))[:MOST_TOKENS]
        if self.drop_old_token:
            tokens = tokens[:1]
        key, secret = login.api_key, login.api_secret
        if self.api_key is not None and self.api_secret is not None:
            key = _read_sid(self.api_key, "SK", _API_KEY)
            secret = _read_secret(self.api_secret, "/api_secret")
        elif login.api_key == login.account_sid:
            secret = tokens[0]
        service = login.messaging_service_sid
        if self.messaging_service_sid is not None:
            service = _read_sid(self.messaging_service_sid, "MG", "/messaging_service_sid")
        return CarrierLogin(
            account_sid=login.account_sid,
            auth_tokens=tokens,
            api_key=key,
            api_secret=secret,
            messaging_service_sid=service,
        )


def read_business_hours(raw: Mapping[str, Sequence[Sequence[str]]]) -> BusinessHours:
    """Read {"mon": [["09:00", "17:00"]], …}; a day that is absent is closed."""
    hours: dict[str, tuple[tuple[time, time], ...]] = {}
    for day, spans in raw.items():
        if day not in WEEKDAYS:
            raise NotBusinessHours(_HOURS)
        where = f"{_HOURS}/{day}"
        read = sorted(_read_span(span, where) for span in spans)
        if any(first[1] > second[0] for first, second in pairwise(read)):
            raise NotBusinessHours(where)
        if read:
            hours[day] = tuple(read)
    if not hours:
        raise NotBusinessHours(_HOURS)
    return {day: hours[day] for day in WEEKDAYS if day in hours}


def read_texting_hours(raw: str) -> str:
    """Read "09:00-20:00"; nothing outside of what federal law allows for sales."""
    if raw == SHOW_TEXTING_HOURS:
        return raw
    try:
        opens, closes = (time.fromisoformat(edge) for edge in raw.split("-"))
    except ValueError:
        raise NotTextingHours(_TEXTING_HOURS) from None
    if not _FEDERAL[0] <= opens < closes <= _FEDERAL[1]:
        raise NotTextingHours(_TEXTING_HOURS)
    return f"{opens:%H:%M}-{closes:%H:%M}"


def read_limit(said: int, least: int, field: str) -> int:
    """Read a limit of texts."""
    if said < least:
        raise NotATextLimit(field)
    return said


def read_practice_name(raw: str, longest: int, field: str) -> str:
    """Read a name: single spaces, nothing that can't be seen."""
    name = " ".join(raw.split())
    if not 1 <= len(name) <= longest or not name.isprintable():
        raise NotAPracticeName(field)
    return name


def _read_span(span: Sequence[str], where: str) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(edge) for edge in span)
    except ValueError:
        raise NotBusinessHours(where) from None
    if opens >= closes or opens.tzinfo or closes.tzinfo:
        raise NotBusinessHours(where)
    return opens, closes


def _read_sid(raw: str, letters: str, field: str) -> str:
    if not _SID.fullmatch(raw) or not raw.startswith(letters):
        raise NotACarrierId(field)
    return raw


def _read_secret(raw: str, field: str) -> str:
    if not _SECRET.fullmatch(raw):
        raise NotACarrierSecret(field)
    return raw


def _read_phone(raw: str, field: str) -> str:
    try:
        return PhoneNumber.parse(raw).e164
    except NotAPhoneNumber:
        raise NotAPhoneNumber(field) from None
