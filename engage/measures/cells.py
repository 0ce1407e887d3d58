"""Groups of people, and which of them are too few to be shown. (p).

A group of fewer than eleven people is not shown: its figures could be somebody's. Where the whole
stands beside its parts, one hidden part could be worked out from the others, so the next smallest
is hidden too, until what is hidden is no longer small. This room refuses to show a small group,
whoever asks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

FEWEST = 11
"""The smallest group that is shown: the cell size rule of CMS for what leaves its hands."""

By: TypeAlias = Literal["none", "language", "age-band"]
Hidden: TypeAlias = Literal["fewer-than-11-people", "would-show-a-smaller-group"]

UNKNOWN = "unknown"
_BANDS = ((0, "0-17"), (18, "18-44"), (45, "45-64"), (65, "65-74"), (75, "75-84"), (85, "85+"))
BANDS = (*(name for _, name in _BANDS), UNKNOWN)


class Person(Struct, frozen=True, kw_only=True):
    """What of a person a group depends on."""

    id: UUID
    language: str
    #: None: not on record, or not readable.
    born: date | None

    def __repr__(self) -> str:
        """Hide who it is."""
        return f"Person(id={self.id}, …)"


def age_band(born: date | None, on: date) -> str:
    """Return the band of somebody's age on a day; born after it is unknown, as is no date."""
    if born is None or born > on:
        return UNKNOWN
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return [name for least, name in _BANDS if age >= least][-1]


def group_of(person: Person | None, by: By, on: date) -> str | None:
    """Return the group somebody belongs to; None where nobody is told apart."""
    match by:
        case "none":
            return None
        case "language":
            return UNKNOWN if person is None else person.language
        case "age-band":
            return UNKNOWN if person is None else age_band(person.born, on)


def hidden(people: Mapping[str, int]) -> Mapping[str, Hidden]:
    """Say which of the parts of a whole are not shown, and why; people by part.

    A part without anybody hides nothing and is shown.
    """
    small: dict[str, Hidden] = {
        name: "fewer-than-11-people" for name, many in people.items() if 0 < many < FEWEST
    }
    rest = sorted((many, name) for name, many in people.items() if many >= FEWEST)
    for _, name in rest:
        if not small or (len(small) > 1 and sum(people[one] for one in small) >= FEWEST):
            break
        small[name] = "would-show-a-smaller-group"
    return small


def parted(
    people: Sequence[UUID], group: Callable[[UUID], str | None]
) -> Mapping[str, frozenset[UUID]]:
    """Return who belongs to each group; who belongs to none is left out."""
    found: dict[str, set[UUID]] = {}
    for one in people:
        name = group(one)
        if name is not None:
            found.setdefault(name, set()).add(one)
    return {name: frozenset(ids) for name, ids in sorted(found.items())}
