"""What the API needs from the rest of the house, as one value that wiring builds once.

Each part is a port: the API says what it asks for, and never makes anything itself.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from engage.clock import Clock
from engage.db.presence import Presence
from engage.db.session import Database
from engage.db.vault import Vault
from engage.feed import Feed
from engage.ids import MessageId, PracticeId
from engage.messaging.doors import Doors
from engage.messaging.spool.spool import Spool
from engage.messaging.texts import Catalogue
from engage.messaging.webhook_form import StatusReport
from engage.needs.instrument import Instrument
from engage.people.signing.organisation import Issuer
from engage.queue.paging.channel import Channel, Way
from engage.settings import Settings
from engage.turns.canary import Canaries
from engage.turns.take import Bell, Turns

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Posts a body to a URL and returns the HTTP status, or 0 if nobody answered."""


class Reports(Protocol):
    """Takes what the carrier says became of a text; the outbox does."""

    async def report(
        self, practice: PracticeId, message_id: MessageId, report: StatusReport
    ) -> object:
        """Record a status report and let the text's delivery move on."""
        ...


class Spooling(Struct, frozen=True):
    """What keeps the carrier's requests while the database is away, and who knows that it is."""

    spool: Spool
    presence: Presence

    def __repr__(self) -> str:
        """Hide where it lies."""
        return "Spooling(…)"


class Parts(Struct, frozen=True, kw_only=True):
    """Everything a route may use."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    turns: Turns
    doors: Doors
    outbox: Reports
    feed: Feed
    instruments: Mapping[str, Instrument]
    catalogue: Catalogue
    bell: Bell
    #: By which ways people can be paged here: for test pages alone, the worker sends the real ones.
    channels: Mapping[Way, Channel] = msgspec.field(default_factory=dict[Way, Channel])
    #: How the simulated carrier posts to our own webhooks; None with a real carrier.
    post: Post | None = None
    #: None where nothing is promised while the database is away: then a webhook says 503.
    spooling: Spooling | None = None
    #: Takes our own texts that prove the way in; without it they are let go.
    canaries: Canaries | None = None
    #: The organisation's own sign-in; None where staff have none.
    issuer: Issuer | None = None

    def __repr__(self) -> str:
        """Hide keys and addresses."""
        return "Parts(…)"
