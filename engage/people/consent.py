"""Consent: what a ledger of events allows, for a line and for a person and a purpose. (p).

Two layers (behaviour 19). The line's is the law's: STOP closes it for everybody on the phone, and
only START from that phone, or staff with a recorded reason, opens it. The person's lies under it:
what they want texts about, purpose by purpose. No event ever opens something in both layers, so
opening a line again can't allow more than was allowed before it closed. Nothing is stored here but
rules: the state is folded from the ledger, which is only ever added to.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.errors import EngageError

Purpose: TypeAlias = Literal["care-texts", "screenings", "check-ins", "visits"]
"""What texts are about: a person's own words with us, questions, check-ins, visits."""

LineKind: TypeAlias = Literal["opted-out", "opted-in", "suspected-opt-out"]
PersonKind: TypeAlias = Literal["granted", "declined", "withdrawn"]
HolderKind: TypeAlias = Literal["asked", "right-person", "wrong-person"]
"""Whether a phone is held by the person we take it for."""
PhoneKind: TypeAlias = Literal["works-again", "overtaken"]
"""What stands in the ledger and changes nothing of consent: a phone that was held to be dead works
again, and a STOP that was found only after the START that followed it."""

Kind: TypeAlias = LineKind | PersonKind | HolderKind | PhoneKind
How: TypeAlias = Literal[
    "keyword",
    "free-form",
    "page",
    "staff",
    "carrier-evidence",
    "enrolment",
    "re-verification",
    "given-to-practice",
    "script",
    "correction",
]
Actor: TypeAlias = Literal["person", "staff", "carrier", "system"]
Scope: TypeAlias = Literal["all", "programme"]

PURPOSES: tuple[Purpose, ...] = ("care-texts", "screenings", "check-ins", "visits")
PERSON_KINDS: frozenset[str] = frozenset({"granted", "declined", "withdrawn"})

VERIFY_AFTER = timedelta(days=90)
"""After so long without a word from a phone it may be somebody else's."""

ASK_AGAIN_AFTER = timedelta(days=14)
"""Nobody is asked more often than this whether they are still themselves, unless staff ask."""

CONFIRM_WITHIN = timedelta(minutes=5)
"""47 CFR 64.1200(a)(12): so soon, the one text that confirms an opt-out is part of it."""

_REOPENS: frozenset[str] = frozenset({"staff", "page", "correction"})
"""How a purpose that was declined or withdrawn is opened: never by giving a number once more, and
never by saying who one is."""


class ReasonNeeded(EngageError):  # noqa: N818 - reads as a sentence: raise ReasonNeeded
    """Say why, in a sentence: it is kept with the record."""


class LineIsOpen(EngageError):  # noqa: N818
    """This phone is not closed to texts: there is nothing to open."""


class LineIsClosed(EngageError):  # noqa: N818
    """This phone is closed to texts already."""


class PurposeNeeded(EngageError):  # noqa: N818
    """Say what the texts are about: care-texts, screenings, check-ins or visits."""


class Wording(Struct, frozen=True):
    """Exactly which words somebody answered to."""

    id: str
    version: str
    language: str


class Step(Struct, frozen=True):
    """What of an event its consequences depend on."""

    kind: str
    how: str
    at: datetime
    #: None is every purpose.
    purpose: Purpose | None = None


class LineStanding(Struct, frozen=True):
    """What a line's events amount to."""

    open: bool = True
    #: When it was closed or opened last, and how.
    since: datetime | None = None
    how: str | None = None
    #: The carrier hints at an opt-out that it does not state.
    suspected: bool = False


class HolderStanding(Struct, frozen=True):
    """Whether a phone is known to be a person's."""

    known: Literal["not-asked", "asked", "right-person", "wrong-person"] = "not-asked"
    since: datetime | None = None


def line_standing(steps: Iterable[Step]) -> LineStanding:
    """Fold a line's events, oldest first."""
    now = LineStanding()
    for step in steps:
        match step.kind:
            case "opted-out" if now.open:
                now = LineStanding(open=False, since=step.at, how=step.how)
            case "opted-in":
                now = LineStanding(since=step.at, how=step.how)
            case "suspected-opt-out" if now.open:
                now = LineStanding(since=now.since, how=now.how, suspected=True)
            case _:
                continue
    return now


def closed_purposes(steps: Iterable[Step]) -> frozenset[Purpose]:
    """Fold a person's events, oldest first, to the purposes that are closed.

    No event at all is no refusal: the number was given to the practice for their care.
    """
    closed: frozenset[Purpose] = frozenset()
    for step in steps:
        about = frozenset(PURPOSES if step.purpose is None else (step.purpose,))
        if step.kind in {"declined", "withdrawn"}:
            closed |= about
        elif step.kind == "granted" and step.how in _REOPENS:
            closed -= about
    return closed


def holder_standing(steps: Iterable[Step]) -> HolderStanding:
    """Fold a person's events on one line, oldest first, to whether it is theirs."""
    now = HolderStanding()
    for step in steps:
        match step.kind:
            case "asked":
                now = HolderStanding("asked", step.at)
            case "right-person":
                now = HolderStanding("right-person", step.at)
            case "wrong-person":
                now = HolderStanding("wrong-person", step.at)
            case _:
                continue
    return now


def allowed(line: Iterable[Step], person: Iterable[Step]) -> frozenset[Purpose]:
    """Return what may be texted about: nothing on a closed line, whatever the person granted."""
    if not line_standing(line).open:
        return frozenset()
    return frozenset(PURPOSES) - closed_purposes(person)


Recorded: TypeAlias = Literal[
    "opted-out",
    "opted-in",
    "granted",
    "declined",
    "withdrawn",
    "right-person",
    "wrong-person",
    "works-again",
]
"""What staff may record."""


def refuse_record(
    kind: Recorded, purpose: Purpose | None, reason: str, *, line_open: bool | None
) -> None:
    """Refuse what staff may not record so. `line_open` is None where there is no line yet.

    A reason always stands with it. A grant names its purpose: nobody grants everything at once.
    """
    if not reason.strip():
        raise ReasonNeeded(_REASON)
    if kind == "granted" and purpose is None:
        raise PurposeNeeded(_PURPOSE)
    if kind == "opted-in" and line_open is not False:
        raise LineIsOpen(_KIND)
    if kind == "opted-out" and line_open is False:
        raise LineIsClosed(_KIND)


_REASON, _PURPOSE, _KIND = "/reason", "/purpose", "/kind"
