"""A hospital stay as its messages tell it, whatever order they come in. (p).

A message is a small stay of its own: it says one or two things, each with the moment from which it
counts. A stay is the join of its messages: of each thing, what was said last. Joining is the same
in any order and as often as one likes, so a lost, late or repeated message can't leave a stay
wrong for longer than it is missing. This room refuses to read a clock: what counts is when the
hospital says that something happened.
"""

from datetime import datetime, timedelta
from typing import Generic, Literal, TypeAlias, TypeVar, assert_never

from msgspec import Struct

from engage.people.fields import Personal

T = TypeVar("T")

Standing: TypeAlias = Literal["admitted", "discharged", "cancelled"]

WINDOW = timedelta(days=30)
"""How long after a discharge the calls and questions about it make sense (transitional care)."""
AHEAD = timedelta(days=1)
"""How far a hospital's clock may be ahead of ours."""


class Stay(Personal, frozen=True, kw_only=True):
    """Whose stay a message is about, which one, and from when it counts."""

    #: The patient's id in the practice's own system.
    person: str
    #: The hospital's number of the visit.
    number: str
    #: With the number it names the stay: two hospitals may count alike.
    facility: str
    event_at: datetime
    #: The sender's own id of the message.
    control_id: str


class Admission(Personal, frozen=True, tag="admission"):
    """Somebody was admitted."""

    stay: Stay
    admitted_at: datetime


class Discharge(Personal, frozen=True, tag="discharge"):
    """Somebody was sent home."""

    stay: Stay
    discharged_at: datetime
    admitted_at: datetime | None = None


class Update(Personal, frozen=True, tag="update"):
    """Something about a stay was corrected; where it stands is not said."""

    stay: Stay
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None


class CancelAdmission(Personal, frozen=True, tag="cancel-admission"):
    """The admission never was."""

    stay: Stay


class CancelDischarge(Personal, frozen=True, tag="cancel-discharge"):
    """They did not go home after all."""

    stay: Stay


Movement: TypeAlias = Admission | Discharge | Update | CancelAdmission | CancelDischarge


class Stamp(Struct, frozen=True, order=True):
    """From when something counts. At one moment what undoes wins, then the sender's own id."""

    at: datetime
    rank: int
    control_id: str


class Kept(Struct, Generic[T], frozen=True):
    """One thing that was said, and from when it counts."""

    value: T
    by: Stamp


class Visit(Struct, frozen=True, kw_only=True):
    """What is known of a stay. Empty at first; `joined` is how it grows."""

    standing: Kept[Standing] | None = None
    admitted_at: Kept[datetime] | None = None
    #: None again once a discharge was taken back.
    discharged_at: Kept[datetime | None] | None = None

    @property
    def home_since(self) -> datetime | None:
        """When they were discharged, if that is how the stay stands."""
        if self.standing is None or self.standing.value != "discharged":
            return None
        said = self.discharged_at.value if self.discharged_at is not None else None
        return said or self.standing.by.at


class Began(Struct, frozen=True):
    """They are home, and were not before: what follows a discharge begins."""

    discharged_at: datetime


class Moved(Struct, frozen=True):
    """They are home since another moment than was said."""

    discharged_at: datetime


class Withdrawn(Struct, frozen=True):
    """They are not home after all: what had begun is taken back, and this is why."""

    reason: Literal["discharge-cancelled", "admission-cancelled", "admitted-again"]


Turned: TypeAlias = Began | Moved | Withdrawn


def told(movement: Movement) -> Visit:
    """Return what one message says, as a stay of its own."""
    said_at, control = movement.stay.event_at, movement.stay.control_id
    match movement:
        case Admission(admitted_at=admitted_at):
            return Visit(
                standing=_said("admitted", said_at, 1, control),
                admitted_at=_kept(admitted_at, said_at, 0, control),
            )
        case Discharge(discharged_at=discharged_at, admitted_at=admitted_at):
            return Visit(
                standing=_said("discharged", said_at, 2, control),
                admitted_at=_kept(admitted_at, said_at, 0, control),
                discharged_at=Kept(discharged_at, Stamp(said_at, 2, control)),
            )
        case Update(admitted_at=admitted_at, discharged_at=discharged_at):
            return Visit(
                admitted_at=_kept(admitted_at, said_at, 0, control),
                discharged_at=None
                if discharged_at is None
                else Kept(discharged_at, Stamp(said_at, 1, control)),
            )
        case CancelDischarge():
            return Visit(
                standing=_said("admitted", said_at, 3, control),
                discharged_at=Kept(None, Stamp(said_at, 3, control)),
            )
        case CancelAdmission():
            return Visit(
                standing=_said("cancelled", said_at, 4, control),
                discharged_at=Kept(None, Stamp(said_at, 4, control)),
            )
        case _:
            assert_never(movement)


def joined(one: Visit, other: Visit) -> Visit:
    """Return what both say together: of each thing, what was said last."""
    return Visit(
        standing=_newest(one.standing, other.standing),
        admitted_at=_newest(one.admitted_at, other.admitted_at),
        discharged_at=_newest(one.discharged_at, other.discharged_at),
    )


def turned(before: Visit, after: Visit) -> Turned | None:
    """Return what a message changed for the people who follow up, if anything."""
    was, now = before.home_since, after.home_since
    if now is not None:
        if was is None:
            return Began(now)
        return None if was == now else Moved(now)
    if was is None or after.standing is None:
        return None
    if after.standing.value == "cancelled":
        return Withdrawn("admission-cancelled")
    undone = after.discharged_at is not None and after.discharged_at.value is None
    return Withdrawn("discharge-cancelled" if undone else "admitted-again")


def follows(discharged_at: datetime, at: datetime) -> bool:
    """Say whether a discharge heard of at `at` is still one to follow up."""
    return at - WINDOW <= discharged_at <= at + AHEAD


def _said(value: Standing, at: datetime, rank: int, control: str) -> Kept[Standing]:
    return Kept(value, Stamp(at, rank, control))


def _kept(value: T | None, at: datetime, rank: int, control: str) -> Kept[T] | None:
    return None if value is None else Kept(value, Stamp(at, rank, control))


def _newest(one: Kept[T] | None, other: Kept[T] | None) -> Kept[T] | None:
    if one is None or other is None:
        return one or other
    # The values too: whoever uses an id twice still leaves one stay, and not two by turns.
    return max(one, other, key=lambda kept: (kept.by, str(kept.value)))
