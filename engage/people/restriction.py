"""Restricted records: to whom one is open, by which way; who hears of a broken glass. (p).

What is true of a reader at this moment comes in; nothing of it is kept. This room refuses rank: a
supervisor is somebody like everybody else, and nobody is let in because of a role.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.staff import Role
from engage.reading.fold import fold

Confidentiality: TypeAlias = Literal["R"]
"""FHIR's code for restricted."""

Reason: TypeAlias = Literal["colleague", "colleagues-family", "public-person", "own-wish"]
"""Why a record is restricted: never a word about the person."""

WhyOpened: TypeAlias = Literal["treatment", "emergency", "patient-asked", "oversight", "other"]
"""What somebody may say when they break the glass."""

Opened: TypeAlias = WhyOpened | Literal["crisis"]
"""Why it was broken; `crisis`: by taking work that can't wait."""

Way: TypeAlias = Literal["assigned", "cover", "owner", "paged", "care-team", "break-glass"]

Entry: TypeAlias = Way | Literal["claim", "refused"]
"""How a request came to a restricted record; `claim`: it took work that can't wait."""

HOLDS: Final = timedelta(minutes=60)
"""How long a broken glass lets one person read one record. Settable nowhere."""

WORDS: Final = "/words"


class RestrictedRecord(EngageError):  # noqa: N818 - reads as a sentence, as do the next ones
    """This record is restricted, and not open to you; say why you need it, and it opens."""

    def __init__(self, patient: PatientId) -> None:
        """Take whose record it is: an id, by which its glass can be broken."""
        super().__init__()
        self.patient = patient


class AlreadyOpen(EngageError):  # noqa: N818
    """This record is open to you: there is no glass to break."""


class WordsNeeded(EngageError):  # noqa: N818
    """The reason `other` needs words."""


class OwnOpening(EngageError):  # noqa: N818
    """You opened this yourself; somebody else has to acknowledge it."""


class Glass(Struct, frozen=True):
    """A glass that one person broke for one record."""

    id: UUID
    until_at: datetime


class Standing(Struct, frozen=True, kw_only=True):
    """How somebody stands to a restricted record at a moment."""

    practice_id: PracticeId
    patient_id: PatientId
    assigned: bool = False
    covers: bool = False
    owns: bool = False
    paged: bool = False
    on_team: bool = False
    #: The one they broke last.
    glass: Glass | None = None


def way_in(standing: Standing, at: datetime) -> Way | None:
    """Return by which way a restricted record is open to somebody; None: it is closed to them."""
    related: tuple[tuple[bool, Way], ...] = (
        (standing.assigned, "assigned"),
        (standing.covers, "cover"),
        (standing.owns, "owner"),
        (standing.paged, "paged"),
        (standing.on_team, "care-team"),
    )
    for holds, way in related:
        if holds:
            return way
    glass = standing.glass
    return "break-glass" if glass is not None and at < glass.until_at else None


def refuse_unsaid(reason: WhyOpened, words: str | None) -> None:
    """Raise WordsNeeded if a reason says nothing by itself and nothing was added."""
    if reason == "other" and not (words or "").strip():
        raise WordsNeeded(WORDS)


def said_whole(typed: str, name: str, external_id: str) -> bool:
    """Say whether somebody typed a whole name, or the practice's own id: no less finds it."""
    words = fold(typed.replace(",", " ")).split()
    return words == fold(external_id).split() or sorted(words) == sorted(fold(name).split())


class Colleague(Struct, frozen=True):
    """Somebody who works in the practice now."""

    id: StaffId
    roles: tuple[Role, ...]


def who_is_told(
    people: Sequence[Colleague], responsible: StaffId, by: StaffId
) -> tuple[StaffId, ...]:
    """Return who hears that `by` broke the glass: every supervisor, or else who comes next.

    Never who did it. Nobody, only where nobody else works.
    """
    others = [one for one in people if one.id != by]
    for role in ("supervisor", "practice_admin"):
        found = tuple(one.id for one in others if role in one.roles)
        if found:
            return found
    if any(one.id == responsible for one in others):
        return (responsible,)
    return tuple(one.id for one in others)
