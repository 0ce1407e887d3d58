"""The port of a way to tell somebody: what leaves, and what can become of it.

What leaves says that one urgent item waits, and where (promise D8): it has no field for a name, a
number or a word of anybody. This room refuses to choose whom to tell.
"""

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from engage.ids import PageId, PracticeId, QueueItemId

Way: TypeAlias = Literal["email", "sms", "push"]
"""What leaves the console. None of them needs another to work."""

ChannelName: TypeAlias = Literal["console"] | Way

WAYS: tuple[Way, ...] = ("email", "sms", "push")


class Notice(Struct, frozen=True):
    """What somebody is told: that this item waits. The practice says whose account may carry it."""

    page_id: PageId
    item_id: QueueItemId
    practice_id: PracticeId


class Trial(Struct, frozen=True):
    """A page that only shows that it comes: whoever gets it says the code."""

    page_id: PageId
    practice_id: PracticeId
    code: str

    def __repr__(self) -> str:
        """Hide the code."""
        return f"Trial(page_id={self.page_id}, …)"


class Opened(Struct, frozen=True):
    """Somebody opened a restricted record. Nothing here says whose, or who."""

    page_id: PageId
    practice_id: PracticeId


Said: TypeAlias = Notice | Trial | Opened


class Told(Struct, frozen=True, tag="told"):
    """It has been taken for delivery."""


class Refused(Struct, frozen=True, tag="refused"):
    """It has not; `why` is a word of our own, never an answer that may quote an address."""

    why: str
    #: Another try may help.
    again: bool = True


class Gone(Struct, frozen=True, tag="gone"):
    """Nobody is behind this address any more: it is not to be called again."""


Outcome: TypeAlias = Told | Refused | Gone


class Channel(Protocol):
    """A way to tell somebody."""

    async def tell(self, address: str, said: Said) -> Outcome:
        """Tell whoever is behind an address. Never raises for what the other side does."""
        ...
