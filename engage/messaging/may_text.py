"""May we text this person now; if not, when; and if never, why not.

Pure (p). One function answers at the last moment before a text leaves and on the patient's page, so
both always agree; the words for the reasons stand in the catalogue. It refuses to know why a text
was wanted: wishes end here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct

from engage.messaging.budget import Limits, Waiting, before, next_room
from engage.messaging.kinds import KINDS, TextKind
from engage.messaging.phone_state import Trouble
from engage.messaging.quiet_hours import Hours, next_open, open_until
from engage.people.consent import CONFIRM_WITHIN, Purpose

__all__ = ["Answer", "Facts", "May", "MayNot", "TextKind", "Timing", "Wait", "barred", "may_text"]

Barred: TypeAlias = Literal[
    "no-phone",
    "patient-inactive",
    "opted-out",
    "declined",
    "phone-dead",
    "phone-landline",
    "phone-doubtful",
]
Delay: TypeAlias = Literal["quiet-hours", "over-budget", "human-talking", "not-verified"]
WhyNot: TypeAlias = Barred | Delay | Literal["stale", "not-shared"]

DELAYED: frozenset[str] = frozenset(
    {"quiet-hours", "over-budget", "human-talking", "not-verified", "stale"}
)
"""Reasons for which a text comes too late; nobody forbade it."""

JUST_WROTE = timedelta(hours=12)
"""For so long after a person's text what we say is an answer to it."""

JUST_NOW = timedelta(minutes=15)
"""For so long after their text an answer may wake nobody: they are awake."""

LAST_MINUTE = timedelta(minutes=1)
"""Nothing sets out so shortly before quiet hours: it would arrive in them."""

LOOK_AGAIN = timedelta(hours=4)
"""How soon it is looked again whether a phone is known to be theirs; an answer comes sooner."""


class Facts(Struct, frozen=True):
    """What allows or forbids texts at any hour, as it stands at this moment."""

    #: The number is one of theirs now: a phone that changed hands gets nothing more.
    has_phone: bool
    #: True as well for a line that is nobody's yet: an unknown sender can be answered.
    patient_active: bool
    opted_out: bool
    #: What they said no to, on whatever phone.
    closed: frozenset[Purpose] = frozenset()
    #: What failed texts taught us of the phone.
    trouble: Trouble | None = None


class Timing(Struct, frozen=True, kw_only=True):
    """What depends on the hour and on what else was sent, as it stands at this moment."""

    at: datetime
    hours: Hours
    limits: Limits = Limits()
    #: When the line's counted texts left, those that may have left included.
    left: tuple[datetime, ...] = ()
    #: The line's other texts that have not left.
    waiting: tuple[Waiting, ...] = ()
    #: When the person wrote last.
    wrote_at: datetime | None = None
    #: Since when, and until when at least, a human talks with them.
    talking: tuple[datetime, datetime] | None = None
    #: Nobody on the phone was heard for so long, or has said who they are, that it may have changed
    #: hands.
    unverified: bool = False


class May(Struct, frozen=True, tag="may"):
    """Yes; and by when the carrier must have delivered it, if any hour matters to it."""

    closes_at: datetime | None = None


class Wait(Struct, frozen=True, tag="wait"):
    """Not yet: ask again at this moment."""

    until: datetime
    reason: Delay


class MayNot(Struct, frozen=True, tag="may-not"):
    """No, and the first of the reasons that would have to change."""

    reason: WhyNot


Answer: TypeAlias = May | Wait | MayNot


def barred(facts: Facts, kind: TextKind) -> MayNot | None:
    """Say what forbids a text of a kind at any hour; None if nothing does."""
    if not facts.has_phone:
        return MayNot("no-phone")
    if not facts.patient_active and kind != "safety":
        # Whoever writes in a crisis reads where help is, a patient of ours or not.
        return MayNot("patient-inactive")
    if facts.opted_out and kind not in {"consent", "safety"}:
        # STOP beats everything but what is said about consent itself, and the one safe text that
        # is attempted for a crisis (promises D6).
        return MayNot("opted-out")
    if facts.trouble is not None and not KINDS[kind].answers:
        # What answers a text from that very phone is tried all the same.
        return MayNot(_AGAINST[facts.trouble])
    if KINDS[kind].purpose in facts.closed:
        return MayNot("declined")
    return None


_AGAINST: dict[Trouble, Barred] = {
    "dead": "phone-dead",
    "landline": "phone-landline",
    "doubtful": "phone-doubtful",
}


def may_text(
    facts: Facts,
    kind: TextKind,
    timing: Timing,
    queued_at: datetime,
    not_after: datetime | None = None,
) -> Answer:
    """Say whether a text of a kind, written at `queued_at`, may go out now.

    At `not_after` what it says is no longer so: it must have arrived by then, or never does.
    """
    forbidden = barred(facts, kind)
    if forbidden is not None:
        return forbidden
    rules, at = KINDS[kind], timing.at
    stale_at = _first(queued_at + rules.shelf_life, not_after and not_after - LAST_MINUTE)
    silent_for = None if timing.wrote_at is None else at - timing.wrote_at
    answering = silent_for is not None and silent_for < JUST_WROTE
    if timing.unverified and rules.verified and not (rules.hours == "answer" and answering):
        return _unverified(at, stale_at)
    if at > stale_at or (facts.opted_out and _too_late(kind, queued_at, at)):
        return MayNot("stale")
    if timing.talking is not None and rules.budgeted:
        since, until = timing.talking
        # What somebody asked for after those words is meant; what was planned is not.
        if at < until and (rules.automatic or queued_at < since):
            return _later(until, "human-talking", stale_at)
    match rules.hours:
        case "any":
            return May(not_after)
        case "answer" if answering:
            return May(not_after)
        case "at-once" if at - queued_at < JUST_NOW or (silent_for or JUST_NOW) < JUST_NOW:
            # It was written in the turn of their text, and bears its moment.
            return May(not_after)
        case "answer" | "at-once" | "window":
            pass
        case _:
            assert_never(rules.hours)
    closes_at = open_until(at, timing.hours)
    if closes_at is None or closes_at - at < LAST_MINUTE:
        opening = next_open(at if closes_at is None else closes_at, timing.hours)
        if opening is None or opening >= stale_at or not rules.budgeted:
            return _later(opening, "quiet-hours", stale_at)
        room = _room(opening, kind, queued_at, timing)
        reason: Delay = "quiet-hours" if room == opening else "over-budget"
        return _later(room, reason, stale_at)
    if rules.budgeted:
        room = _room(at, kind, queued_at, timing)
        if room != at:
            return _later(room, "over-budget", stale_at)
    return May(_first(closes_at, not_after))


def _first(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)


def _unverified(at: datetime, stale_at: datetime) -> Wait | MayNot:
    if at >= stale_at:
        return MayNot("not-verified")
    return Wait(min(at + LOOK_AGAIN, stale_at), "not-verified")


def _too_late(kind: TextKind, queued_at: datetime, at: datetime) -> bool:
    """Say whether a text about a closed line comes too late: what confirms a STOP comes at once."""
    return kind == "consent" and at - queued_at > CONFIRM_WITHIN


def _room(at: datetime, kind: TextKind, queued_at: datetime, timing: Timing) -> datetime | None:
    ahead: Sequence[Waiting] = before(kind, queued_at, timing.waiting)
    return next_room(at, timing.hours, timing.limits, timing.left, ahead)


def _later(until: datetime | None, reason: Delay, stale_at: datetime) -> Wait | MayNot:
    """Wait, or say at once that it will come too late."""
    return MayNot(reason) if until is None or until >= stale_at else Wait(until, reason)
