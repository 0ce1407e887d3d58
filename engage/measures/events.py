"""What was recorded of one practice's period: the events that measures are made from. (p).

Each is one person's, holds moments and no words, and says None where something did not happen. This
room refuses names, numbers and texts: whom an event is about is an id.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from engage.measures.cells import Person


class Asked(Struct, frozen=True, kw_only=True):
    """Questions that were to be asked by text: a screening or a check-in."""

    person: UUID
    #: When the first text of it left; None if none has.
    left_at: datetime | None
    delivered_at: datetime | None
    replied_at: datetime | None


class Texted(Struct, frozen=True, kw_only=True):
    """Somebody who was sent a text in the period, and when their phone was closed in it."""

    person: UUID
    first_at: datetime
    opted_out_at: datetime | None


class Worked(Struct, frozen=True, kw_only=True):
    """Work that an answer or a person's words opened."""

    person: UUID
    opened_at: datetime
    #: The first reply, call or closing by a person.
    touched_at: datetime | None
    #: When it turned out that nobody had to look: what opened it was another's or taken back.
    withdrawn_at: datetime | None


class Needed(Struct, frozen=True, kw_only=True):
    """A risk that was found, and what its person said of it."""

    person: UUID
    found_at: datetime
    wanted_at: datetime | None
    declined_at: datetime | None
    #: They said that what was arranged came.
    confirmed_at: datetime | None
    #: The first referral, ride or box was asked for.
    arranged_at: datetime | None = None
    #: An organization took it on, or had given what was asked of it.
    taken_on_at: datetime | None = None


class Referred(Struct, frozen=True, kw_only=True):
    """A referral that was requested."""

    person: UUID
    requested_at: datetime
    accepted_at: datetime | None
    completed_at: datetime | None
    #: Rejected, failed or cancelled, with a reason; and without one.
    unresolved_at: datetime | None
    dropped_at: datetime | None


class Screened(Struct, frozen=True, kw_only=True):
    """The questions of one domain, in one screening that was offered."""

    person: UUID
    domain: str
    #: When its first text left, or a person began to ask it.
    offered_at: datetime
    #: When the last of the domain's questions had an answer; None while one has none.
    answered_at: datetime | None
    ended_at: datetime | None


class Judged(Struct, frozen=True, kw_only=True):
    """A screening whose answers settle what its instrument says: at risk, or not."""

    person: UUID
    instrument: str
    version: str
    began_at: datetime
    at_risk: bool


class AskedAgain(Struct, frozen=True, kw_only=True):
    """A risk that an answer was, and what the same question brought when it was asked again."""

    person: UUID
    found_at: datetime
    #: The first answer in the window that says either way, and which; None if there is none.
    again_at: datetime | None
    still: bool


class Visited(Struct, frozen=True, kw_only=True):
    """A visit that stood when its hour came."""

    person: UUID
    starts_at: datetime
    kept_at: datetime | None
    missed_at: datetime | None


class Driven(Struct, frozen=True, kw_only=True):
    """A ride or a box, on the day that it was for."""

    person: UUID
    kind: str
    due_at: datetime
    came_at: datetime | None
    #: It failed, or was called off.
    fell_through_at: datetime | None


class Spent(Struct, frozen=True, kw_only=True):
    """What staff logged for one person in a month, or for one need: whole minutes."""

    person: UUID
    minutes: int
    #: The month is over, the need's loop closed: no more will come.
    over: bool


class Evidence(Struct, frozen=True, kw_only=True):
    """Everything that was recorded of one practice's period."""

    asked: tuple[Asked, ...] = ()
    texted: tuple[Texted, ...] = ()
    worked: tuple[Worked, ...] = ()
    needed: tuple[Needed, ...] = ()
    referred: tuple[Referred, ...] = ()
    screened: tuple[Screened, ...] = ()
    judged: tuple[Judged, ...] = ()
    asked_again: tuple[AskedAgain, ...] = ()
    visited: tuple[Visited, ...] = ()
    driven: tuple[Driven, ...] = ()
    #: By person and month, and by need.
    months: tuple[Spent, ...] = ()
    loops: tuple[Spent, ...] = ()
    people: tuple[Person, ...] = ()
