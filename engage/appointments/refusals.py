"""How this room refuses. A docstring is what the client reads. (p).

This room refuses to repeat what was sent.
"""

from engage.errors import EngageError
from engage.ids import RideId


class WrongVisitStep(EngageError):  # noqa: N818 - reads as a sentence, as do the next ones
    """A visit can't go there from where it stands."""


class WrongRideStep(EngageError):  # noqa: N818
    """A ride can't go there from where it stands."""


class NotTheirsToTell(EngageError):  # noqa: N818
    """This is for somebody else to say."""


class ReasonNotGiven(EngageError):  # noqa: N818
    """Say why: without a reason this can't be."""


class ReasonNotFitting(EngageError):  # noqa: N818
    """This reason does not belong here."""


class NotATime(EngageError):  # noqa: N818
    """A visit has a start and an end, the end after the start and within a day of it."""


class TooSoon(EngageError):  # noqa: N818
    """This can be said once the time of the visit has come."""


class NotAVisitToRideTo(EngageError):  # noqa: N818
    """A ride is for a visit of the same person that is booked and still to come."""


class PickupNeeded(EngageError):  # noqa: N818
    """Say when they are picked up, in time for the visit; or when it is brought."""


class RideStands(EngageError):  # noqa: N818
    """There is a ride for this way to this visit already."""


class RideNotConfirmed(EngageError):  # noqa: N818
    """Nobody has confirmed a ride or a box in this work; arrange it or call it off, then close."""

    def __init__(self, rides: tuple[RideId, ...]) -> None:
        """Name what would have nobody with it."""
        super().__init__()
        self.rides = rides


class DirectionNeeded(EngageError):  # noqa: N818
    """A ride is for one visit and goes there, back or both; a box that is brought goes nowhere."""


class WaitsAlready(EngageError):  # noqa: N818
    """They are on this waiting list already."""


class NotWaiting(EngageError):  # noqa: N818
    """They do not wait any more: they have a visit now."""


class NotDays(EngageError):  # noqa: N818
    """The days end after they begin, not before today, and within a year."""


class NotHours(EngageError):  # noqa: N818
    """Reminders are at most five, each between 1 and 720 hours before a visit."""


class TimesOverlap(EngageError):  # noqa: N818
    """One of these times overlaps another one of this schedule; none was added."""


class NoSuchSchedule(EngageError):  # noqa: N818
    """The practice has no such schedule in use; add it first."""


class NoTimes(EngageError):  # noqa: N818
    """These days and hours make no time that is still to come."""


class TooManyTimes(EngageError):  # noqa: N818
    """At most five hundred times are added at once; choose fewer days."""


class NotAVideoAddress(EngageError):  # noqa: N818
    """An address of a visit by video is https, without a name or password, of 500 characters."""
