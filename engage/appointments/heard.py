"""What was said of a visit, whoever said it and in whatever order it came. (p).

Of each thing (how it stands, when it is, where) the newest word counts, by the moment of who said
it. Joining is the same in any order and as often as one likes: a lost, late or repeated message of
a clinic leaves the visit right, and an old one undoes nothing that staff have said since. This room
refuses to read a clock.
"""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

from engage.appointments.appointment import MOVES, REASONED, TIMELESS, Reason, Span, Status
from engage.ids import PlaceId

T = TypeVar("T")


class Stamp(Struct, frozen=True, order=True):
    """From when something counts. At one moment what undoes wins, then the sender's own id."""

    at: datetime
    rank: int
    said_by: str


class Kept(Struct, Generic[T], frozen=True):
    """One thing that was said, and from when it counts."""

    value: T
    by: Stamp


class Standing(Struct, frozen=True):
    """How a visit stands, and why."""

    status: Status
    reason: Reason | None = None


class Said(Struct, frozen=True, kw_only=True):
    """All that is known of a visit; empty at first, `joined` is how it grows."""

    standing: Kept[Standing] | None = None
    time: Kept[Span] | None = None
    #: The value is None for somewhere else than before, where we know no place.
    place: Kept[PlaceId | None] | None = None
    #: Of the clinic's own words for the place: a digest, since it is compared and never read.
    where: Kept[str] | None = None

    @property
    def span(self) -> Span | None:
        """When it is, if anybody has said so."""
        return None if self.time is None else self.time.value

    @property
    def place_id(self) -> PlaceId | None:
        """Where it is, if anybody has said so."""
        return None if self.place is None else self.place.value

    @property
    def stands(self) -> Standing:
        """How it stands: what needs a time and has none yet is proposed until one is heard.

        A time alone is a booked visit: the message that booked it was lost, or is late.
        """
        if self.standing is None:
            return Standing("proposed" if self.time is None else "booked")
        said = self.standing.value
        if self.time is None and said.status not in TIMELESS:
            return Standing("proposed")
        return said


_RANK: dict[Status, int] = {"noshow": 2, "cancelled": 3, "entered-in-error": 4}


def stamp(at: datetime, said_by: str, status: Status | None = None) -> Stamp:
    """Return the stamp of a word that was said at a moment."""
    return Stamp(at, _RANK.get(status or "booked", 1), said_by)


def standing(status: Status, reason: Reason | None, by: Stamp) -> Kept[Standing]:
    """Return how a visit stands, as a word; a reason only where one belongs."""
    return Kept(Standing(status, reason if status in REASONED else None), by)


def joined(one: Said, other: Said) -> Said:
    """Return what both say together: of each thing, what was said last."""
    return Said(
        standing=_newest(one.standing, other.standing),
        time=_newest(one.time, other.time),
        place=_newest(one.place, other.place),
        where=_newest(one.where, other.where),
    )


def rebooked(before: Said, time: Kept[Span]) -> Said:
    """Return the word of a move: the time, and that a missed or cancelled visit is booked again."""
    after = MOVES.get(before.stands.status)
    if after is None or after == before.stands.status:
        return Said(time=time)
    return Said(time=time, standing=Kept(Standing(after), time.by))


def _newest(one: Kept[T] | None, other: Kept[T] | None) -> Kept[T] | None:
    if one is None or other is None:
        return one or other
    # The values too: whoever uses an id twice still leaves one visit, and not two by turns.
    return max(one, other, key=lambda kept: (kept.by, str(kept.value)))
