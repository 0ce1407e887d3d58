"""What somebody hears who calls the number that texts: both languages, and help first. (p).

A call is answered by words alone. Nothing is asked, no key does anything, nobody is connected and
nothing is recorded, so this says 911 and 988 before it says who speaks for the practice. Sentences
are the catalogue's; how a language says a time of day is grammar and stands here.

It refuses to say anything about a person: it is told about none.
"""

from collections.abc import Sequence
from datetime import time
from typing import Final, TypeAlias
from xml.etree import ElementTree as ET

from msgspec import Struct

from engage.messaging.texts import Catalogue, render

MEDIA_TYPE: Final = "text/xml"
SPOKEN: Final = (("en", "en-US"), ("es", "es-US"))
"""The catalogue's languages, as the carrier's voices are called."""

Spans: TypeAlias = Sequence[tuple[time, time]]

_AMERICAN_DIGITS = 10
_NOON, _EVENING = 12, 19


class Office(Struct, frozen=True):
    """What a caller is told of a practice."""

    name: str
    #: In E.164.
    phone: str
    #: When it is open on the day of the call, in its own zone; none if it is not.
    today: Spans


def twiml(catalogue: Catalogue, office: Office | None) -> bytes:
    """Return the answer to a call; without an office it says what holds of every practice."""
    response = ET.Element("Response")
    for language, voice in SPOKEN:
        said = ET.SubElement(response, "Say", {"language": voice})
        # Printable characters only (people.practice), so that there is none that XML can't hold.
        said.text = " ".join(_sentences(catalogue, office, language))
    return ET.tostring(response, encoding="utf-8", xml_declaration=True)


def digits(phone: str) -> str:
    """Return a number to be spoken digit by digit, in groups with a pause between them."""
    bare = phone.removeprefix("+")
    local = bare.removeprefix("1")
    if len(local) == _AMERICAN_DIGITS:
        return ", ".join(" ".join(part) for part in (local[:3], local[3:6], local[6:]))
    return " ".join(bare)


def hours(spans: Spans, language: str) -> str:
    """Return opening hours in words: "9 AM to noon and 1:30 PM to 5 PM"."""
    if language == "es":
        return " y ".join(f"de {_hora(opens)} a {_hora(closes)}" for opens, closes in spans)
    return " and ".join(f"{_clock(opens)} to {_clock(closes)}" for opens, closes in spans)


def _sentences(catalogue: Catalogue, office: Office | None, language: str) -> list[str]:
    ids = ["voice.any-line", "voice.emergency"]
    values: dict[str, str] = {}
    if office is not None:
        ids = ["voice.line", "voice.emergency", "voice.reach"]
        ids.append("voice.open" if office.today else "voice.closed")
        values = {
            "practice": office.name,
            "phone": digits(office.phone),
            "hours": hours(office.today, language),
        }
    return [render(catalogue, one, language, values) for one in ids]


def _figures(at: time) -> str:
    hour = at.hour % 12 or 12
    return f"{hour}:{at.minute:02}" if at.minute else str(hour)


def _clock(at: time) -> str:
    if (at.hour, at.minute) in ((0, 0), (_NOON, 0)):
        return "noon" if at.hour else "midnight"
    return f"{_figures(at)} {'AM' if at.hour < _NOON else 'PM'}"


def _hora(at: time) -> str:
    article = "la" if at.hour % 12 == 1 else "las"
    if at.hour == _NOON:
        part = "de la tarde" if at.minute else "del mediodía"
    elif at.hour == 0 or at.hour >= _EVENING:
        part = "de la noche"
    else:
        part = "de la mañana" if at.hour < _NOON else "de la tarde"
    return f"{article} {_figures(at)} {part}"
