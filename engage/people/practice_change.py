"""What an administrator changes about a practice, read as a whole. (p).

Every field that does not fit is named, not only the first: whoever fills in a form mends all of it
at once. What is left out stays. This room refuses a practice that texts at all hours, which is for
show alone, unless it is one already.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from engage.errors import EngageError
from engage.ids import StaffId
from engage.people.fields import read_language, read_time_zone
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.people.practice import (
    LONGEST_NAME,
    LONGEST_TEXTING_NAME,
    SHOW_TEXTING_HOURS,
    NotTextingHours,
    Practice,
    read_business_hours,
    read_limit,
    read_practice_name,
    read_texting_hours,
)

_PHONE = "/support_phone"
_LANGUAGES = "/languages"
_TEXTING_HOURS = "/texting_hours"


class NotAPractice(EngageError):  # noqa: N818 - reads as a sentence: raise NotAPractice
    """Some fields of the practice do not fit."""

    def __init__(self, faults: tuple[EngageError, ...]) -> None:
        """Take the faults, one per field; each says which in `field`."""
        self.faults = faults
        super().__init__()


class LanguageNeeded(EngageError):  # noqa: N818
    """A practice writes in at least one language."""


class PracticeChange(Struct, frozen=True, kw_only=True):
    """What is to be different; what is None stays."""

    name: str | None = None
    texting_name: str | None = None
    support_phone: str | None = None
    time_zone: str | None = None
    business_hours: Mapping[str, Sequence[Sequence[str]]] | None = None
    languages: tuple[str, ...] | None = None
    texting_hours: str | None = None
    texts_a_day: int | None = None
    texts_a_week: int | None = None
    #: Whether it is an active member is for the store to say.
    responsible_id: StaffId | None = None


def revised(before: Practice, change: PracticeChange) -> Practice:
    """Return a practice after a change; NotAPractice lists every field that does not fit."""
    faults: list[EngageError] = []
    after: dict[str, Any] = {}
    readers: dict[str, Callable[[Any], object]] = {
        "name": lambda said: read_practice_name(said, LONGEST_NAME, "/name"),
        "texting_name": lambda said: read_practice_name(
            said, LONGEST_TEXTING_NAME, "/texting_name"
        ),
        "support_phone": _phone,
        "time_zone": read_time_zone,
        "business_hours": read_business_hours,
        "languages": _languages,
        "texting_hours": lambda said: _texting_hours(said, before),
        "texts_a_day": lambda said: read_limit(said, 1, "/texts_a_day"),
        "texts_a_week": lambda said: read_limit(
            said, change.texts_a_day or before.texts_a_day, "/texts_a_week"
        ),
        "responsible_id": lambda said: said,
    }
    for name, read in readers.items():
        said = getattr(change, name)
        if said is None:
            continue
        try:
            after[name] = read(said)
        except EngageError as fault:
            faults.append(fault)
    if change.texts_a_day is not None and change.texts_a_week is None:
        try:
            read_limit(before.texts_a_week, change.texts_a_day, "/texts_a_day")
        except EngageError as fault:
            faults.append(fault)
    if faults:
        raise NotAPractice(tuple(faults))
    return msgspec.structs.replace(before, **after)


def different(before: Practice, after: Practice) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields in which two states of a practice differ, as they were and as they are."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    names = [name for name in old if name != "version" and old[name] != new[name]]
    return {name: old[name] for name in names}, {name: new[name] for name in names}


def _phone(said: str) -> str:
    try:
        return PhoneNumber.parse(said).e164
    except NotAPhoneNumber:
        raise NotAPhoneNumber(_PHONE) from None


def _languages(said: Sequence[str]) -> tuple[str, ...]:
    if not said:
        raise LanguageNeeded(_LANGUAGES)
    return tuple(dict.fromkeys(read_language(one, _LANGUAGES) for one in said))


def _texting_hours(said: str, before: Practice) -> str:
    if said == SHOW_TEXTING_HOURS != before.texting_hours:
        raise NotTextingHours(_TEXTING_HOURS)
    return read_texting_hours(said)
