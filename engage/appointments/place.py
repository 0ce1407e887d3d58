"""Where visits are: a name, an address, a clock, and what to bring. (p).

The address is sealed: beside a person's name it says more than where a building stands. This room
refuses a place without a clock: a time there would be nobody's.
"""

from engage.errors import EngageError
from engage.ids import PlaceId, PracticeId
from engage.people.fields import Personal, read_time_zone

LONGEST_NAME = 120
LONGEST_ADDRESS = 300
LONGEST_BRING = 300


class NotAPlace(EngageError):  # noqa: N818 - reads as a sentence
    """A place has a name and an address, both in printable characters."""


class Place(Personal, frozen=True, kw_only=True):
    """One place."""

    practice_id: PracticeId
    id: PlaceId
    #: As the clinic's own messages name it.
    external_id: str | None
    name: str
    address: str
    zone: str
    bring: str
    version: int = 1


def read_place(
    practice: PracticeId,
    place: PlaceId,
    *,
    external_id: str | None,
    name: str,
    address: str,
    zone: str,
    bring: str,
    version: int = 1,
) -> Place:
    """Return a place from what somebody typed; what does not fit is named."""
    return Place(
        practice_id=practice,
        id=place,
        external_id=(external_id or "").strip() or None,
        name=_line(name, LONGEST_NAME, "/name"),
        address=_line(address, LONGEST_ADDRESS, "/address"),
        zone=_zone(zone),
        bring=_line(bring, LONGEST_BRING, "/bring") if bring.strip() else "",
        version=version,
    )


def _line(raw: str, longest: int, field: str) -> str:
    text = " ".join(raw.split())
    if not 1 <= len(text) <= longest or not text.isprintable():
        raise NotAPlace(field)
    return text


def _zone(raw: str) -> str:
    return read_time_zone(raw, "/zone")
