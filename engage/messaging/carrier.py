"""The port to a carrier, and the only answers there are to "send this".

An outcome says what may be done next, so the outbox never looks at a code again. The one that
matters most is `Unknown`: the text may or may not have left, and sending it once more is forbidden
until `find` has looked. This room refuses to send twice, to decide whether a text may be sent at
all (the outbox does, at the last moment), and to hold a retry policy of its own.
"""

from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from engage.errors import EngageError
from engage.messaging.carrier_codes import CodeRule, Effect, classify
from engage.messaging.hidden import Hidden
from engage.messaging.webhook_form import InboundText
from engage.people.phone import PhoneNumber

__all__ = [
    "Accepted",
    "Account",
    "Arrived",
    "Carrier",
    "CarrierSilent",
    "CodeRule",
    "Effect",
    "Found",
    "Outcome",
    "Refused",
    "Text",
    "Throttled",
    "Unknown",
    "classify",
]


class CarrierSilent(EngageError):  # noqa: N818 - reads as a sentence: raise CarrierSilent
    """The carrier could not be asked just now."""


class Accepted(Struct, frozen=True, tag="accepted"):
    """The carrier has the text and gave it an id."""

    sid: str
    #: None while the carrier has not counted yet (a messaging service counts later).
    segments: int | None


class Refused(Struct, frozen=True, tag="refused"):
    """The carrier said no: no message exists, and `effect` says what that means."""

    code: int | None
    effect: Effect


class Throttled(Struct, frozen=True, tag="throttled"):
    """Certainly not sent, and nothing is wrong with the text: try again, not sooner than this.

    The carrier is busy, or was never reached. `effect.account` says whether only this text waits.
    """

    after_seconds: int
    code: int | None
    effect: Effect


class Unknown(Struct, frozen=True, tag="unknown"):
    """The request was written and no readable answer came: the text may be on its way."""

    why: Literal["timeout", "reset", "server-error", "unreadable"]


Outcome: TypeAlias = Accepted | Refused | Throttled | Unknown


class Account(Hidden, frozen=True, tag="account"):
    """A practice's account with its carrier."""

    account_sid: str
    #: Webhooks are signed with one of these: the first signs, all verify (rotation).
    auth_tokens: tuple[str, ...]
    api_key: str
    api_secret: str
    messaging_service_sid: str | None = None


class Text(Hidden, frozen=True, tag="text"):
    """One text to send."""

    #: Our opaque id, as it rides in the callback URL: it finds the text when the answer was lost.
    own_id: str
    from_number: str
    to: PhoneNumber
    body: str
    #: Where status reports go. It holds `own_id` and nothing about a person.
    callback_url: str
    #: After this the carrier gives up, so that a text is not delivered in the night.
    validity_seconds: int
    messaging_service_sid: str | None = None


class Found(Struct, frozen=True, tag="found"):
    """A text that the carrier does have."""

    sid: str
    #: In the carrier's word; `delivery.read_report` knows it.
    status: str
    error_code: int | None = None


class Arrived(Hidden, frozen=True, tag="arrived"):
    """A text that came in, as the carrier's list has it; its pictures stay where they are."""

    text: InboundText
    at: datetime


class Carrier(Protocol):
    """What the outbox needs of a carrier. Expected trouble is an `Outcome`, never an exception."""

    async def send(self, account: Account, text: Text) -> Outcome:
        """Hand one text over, once."""
        ...

    async def find(
        self,
        account: Account,
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str] = frozenset(),
    ) -> Found | None:
        """Look for a text whose sending is unknown, among those created in a span of time.

        `taken` holds sids that already belong to other texts: the same words twice to one person
        are two messages. None means the carrier was asked and does not have it; a carrier that
        cannot be asked raises `CarrierSilent`, which is not the same thing.
        """
        ...

    async def fetch(self, account: Account, sid: str) -> Found | None:
        """Ask what became of a text; None if the carrier knows no such sid, else as `find`."""
        ...

    async def arrived(self, account: Account, number: str, since: datetime) -> tuple[Arrived, ...]:
        """Return all that came in for a number since a moment; a silent carrier raises."""
        ...

    async def blank(self, account: Account, sid: str) -> bool:
        """Blank the words of a text at the carrier; False if it will not, else as `find`."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and background work."""
        ...
