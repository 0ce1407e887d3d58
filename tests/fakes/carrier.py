"""A carrier that answers what it is told to, and remembers what it was asked."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from engage.messaging.carrier import (
    Accepted,
    Account,
    Arrived,
    CarrierSilent,
    Found,
    Outcome,
    Text,
)

SID = "SM" + "a" * 32


class FakeCarrier:
    """Takes every text, unless told otherwise."""

    def __init__(self) -> None:
        """Accept all, find nothing."""
        self.outcome: Outcome = Accepted(SID, 1)
        self.sent: list[Text] = []
        self.taken: list[frozenset[str]] = []
        self.has: Found | None = None
        self.silent = False
        self.came: list[Arrived] = []
        self.blanked: list[str] = []
        self.fetched: list[str] = []
        self.meanwhile: Callable[[Text], Awaitable[None]] | None = None

    async def send(self, account: Account, text: Text) -> Outcome:
        """Remember the text, let something happen, answer."""
        self.sent.append(text)
        if self.meanwhile is not None:
            await self.meanwhile(text)
        return self.outcome

    async def find(
        self,
        account: Account,
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str] = frozenset(),
    ) -> Found | None:
        """Answer what it has, or refuse to."""
        if self.silent:
            raise CarrierSilent
        self.taken.append(taken)
        return self.has

    async def fetch(self, account: Account, sid: str) -> Found | None:
        """Answer what it has."""
        if self.silent:
            raise CarrierSilent
        self.fetched.append(sid)
        return self.has

    async def arrived(self, account: Account, number: str, since: datetime) -> tuple[Arrived, ...]:
        """Answer what came in since."""
        if self.silent:
            raise CarrierSilent
        return tuple(one for one in self.came if one.at >= since and one.text.to == number)

    async def blank(self, account: Account, sid: str) -> bool:
        """Remember what was blanked."""
        if self.silent:
            raise CarrierSilent
        self.blanked.append(sid)
        return True

    async def aclose(self) -> None:
        """Hold nothing."""
