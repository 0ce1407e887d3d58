"""Who sees to rides: a port, and the first behind it, a person with a telephone. (p).

A provider is asked once a ride has been requested, and says what follows. The manual one answers
that a member of staff calls the broker: they record its name and the number that it confirmed with.
One that is reached over a network answers `Queued` and is asked by a loop after the commit, never
inside a transaction. This room refuses to promise a ride that nobody has confirmed.
"""

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from engage.appointments.ride import Ride


class ByPhone(Struct, frozen=True, tag="by-phone"):
    """A member of staff calls: it is their work."""


class Queued(Struct, frozen=True, tag="queued"):
    """A loop asks them after the commit."""

    loop: str


Asked: TypeAlias = ByPhone | Queued
ProviderName: TypeAlias = Literal["manual"]


class Provider(Protocol):
    """Sees to rides."""

    @property
    def name(self) -> ProviderName:
        """As the ride's record names it."""
        ...

    def asked(self, ride: Ride) -> Asked:
        """Say what follows from a request."""
        ...


class Manual:
    """A member of staff and a telephone."""

    name: ProviderName = "manual"

    def asked(self, ride: Ride) -> Asked:
        """Give every request to a person."""
        del ride
        return ByPhone()
