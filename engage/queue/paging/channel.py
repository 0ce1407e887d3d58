"""The port of a way to tell somebody: what leaves, and what can become of it.

What leaves says that one urgent item waits, and where (promise D8): it has no field for a name, a
number or a word of anybody. This room refuses to choose whom to tell.
"""

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from engage.ids import PageId, QueueItemId

ChannelName: TypeAlias = Literal["console", "email"]


class Notice(Struct, frozen=True):
    """What somebody is told: that this item waits."""

    page_id: PageId
    item_id: QueueItemId


class Told(Struct, frozen=True, tag="told"):
    """It has been taken for delivery."""


class Refused(Struct, frozen=True, tag="refused"):
    """It has not; `why` is a word of our own, never an answer that may quote an address."""

    why: str


Outcome: TypeAlias = Told | Refused


class Channel(Protocol):
    """A way to tell somebody."""

    async def tell(self, address: str, notice: Notice) -> Outcome:
        """Tell whoever is behind an address. Never raises for what the other side does."""
        ...
