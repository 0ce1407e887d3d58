"""A referral to an organization: the Gravity task machine, who may set what, and why. (p).

Completed means that the service was given, not that the need is gone: the person is asked. Nobody's
name leaves the practice without a consent to share that somebody recorded. A referral that nobody
answers is nudged, then it is a person's work. This room refuses a refusal without a reason.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.errors import EngageError
from engage.ids import (
    NeedId,
    OrganizationId,
    PatientId,
    PracticeId,
    ReferralId,
    ServiceId,
    StaffId,
)
from engage.needs.need import Act

Status: TypeAlias = Literal[
    "requested",
    "received",
    "accepted",
    "rejected",
    "in-progress",
    "on-hold",
    "cancelled",
    "failed",
    "completed",
]
#: Where it stands with the organization, beside the state of the task.
Business: TypeAlias = Literal["waitlist", "no-capacity", "patient-will-call"]
Setter: TypeAlias = Literal["requester", "target", "patient"]
Way: TypeAlias = Literal[
    # The organization's one-time page.
    "page",
    # A person of the practice speaks with the organization.
    "staff",
    # "I will call them myself": nothing about the person leaves the practice.
    "self",
]
Reason: TypeAlias = Literal[
    "no-capacity",
    "waitlist",
    "not-eligible",
    "outside-area",
    "could-not-reach",
    "patient-declined",
    "patient-moved",
    "duplicate",
    "sent-by-mistake",
    "other",
]

STATUSES: tuple[Status, ...] = (
    "requested", "received", "accepted", "rejected", "in-progress", "on-hold", "cancelled",
    "failed", "completed",
)  # fmt: skip
OVER: frozenset[Status] = frozenset({"rejected", "cancelled", "failed", "completed"})
"""Final. What comes to nothing is tried again as a new referral, so that its story stays whole."""

REASONED: frozenset[Status] = frozenset({"rejected", "cancelled", "on-hold", "failed"})
"""The guide expects a status reason here; we ask for one."""

_TARGET: frozenset[Setter] = frozenset({"target"})
_EITHER: frozenset[Setter] = frozenset({"target", "requester"})
MACHINE: Mapping[tuple[Status, Status], frozenset[Setter]] = {
    ("requested", "received"): _TARGET,
    ("requested", "accepted"): _TARGET,
    ("requested", "rejected"): _TARGET,
    ("requested", "cancelled"): _EITHER,
    ("received", "accepted"): _TARGET,
    ("received", "rejected"): _TARGET,
    ("received", "cancelled"): _EITHER,
    ("accepted", "in-progress"): _TARGET,
    ("accepted", "on-hold"): _TARGET,
    ("accepted", "completed"): _TARGET,
    ("accepted", "failed"): _TARGET,
    ("accepted", "cancelled"): _EITHER,
    ("in-progress", "on-hold"): _TARGET,
    ("on-hold", "in-progress"): _TARGET,
    ("in-progress", "completed"): _TARGET,
    ("in-progress", "failed"): _TARGET,
    ("in-progress", "cancelled"): _EITHER,
    ("on-hold", "completed"): _TARGET,
    ("on-hold", "failed"): _TARGET,
    ("on-hold", "cancelled"): _EITHER,
}
"""From a state to a state, and who may set it (the guide, checking_task_status)."""

REMINDERS = 2
"""So often an organization that does not move is reminded; then it is a person's work to call."""

USUAL_PATIENCE = 3
"""Business days between two of these, unless the practice says otherwise [our own rule]."""

Later: TypeAlias = Callable[[datetime, int], datetime]
"""Says when some business days after a moment are over."""

_CONSENT, _STATUS, _REASON = "/consent", "/status", "/reason"

ASK_AFTER = timedelta(days=3)
"""So long after the service was given the person is asked whether it came (behaviour 26)."""

ASK_ALONE_AFTER = timedelta(days=7)
"""So long who calls the organization themselves is left to do it; then they are asked."""


class NoConsentToShare(EngageError):  # noqa: N818 - reads as a sentence
    """Sharing with an organization needs the person's recorded consent; ask them first."""


class WrongMove(EngageError):  # noqa: N818
    """A referral can't go there from where it stands."""


class NotTheirsToSet(EngageError):  # noqa: N818
    """Only the organization says this; say by whom you were told."""


class ReasonMissing(EngageError):  # noqa: N818
    """This needs a reason."""


class WrongReason(EngageError):  # noqa: N818
    """This reason does not belong to this answer."""


class ConsentToShare(Struct, frozen=True, kw_only=True):
    """What the person allowed to be told to one organization, and who heard it."""

    at: datetime
    how: Literal["verbal", "written"]
    by: StaffId
    #: What may be told beside the first name and what is asked.
    phone: bool = False


class Referral(Struct, frozen=True, kw_only=True):
    """A need put to one organization."""

    practice_id: PracticeId
    id: ReferralId
    need_id: NeedId
    patient_id: PatientId
    organization_id: OrganizationId
    service_id: ServiceId | None
    status: Status
    business: Business | None
    way: Way
    consent: ConsentToShare | None
    requested_at: datetime
    changed_at: datetime
    version: int = 1

    @property
    def over(self) -> bool:
        """Whether its story has ended."""
        return self.status in OVER


class Move(Struct, frozen=True):
    """One step: where to, and why."""

    to: Status
    reason: Reason | None = None
    business: Business | None = None


def refuse_unshared(way: Way, consent: ConsentToShare | None) -> None:
    """Refuse to tell an organization about somebody who has not agreed to it."""
    if way != "self" and consent is None:
        raise NoConsentToShare(_CONSENT)


def check(status: Status, move: Move, by: Setter, *, way: Way = "page", told: bool = False) -> None:
    """Refuse a move that is out of order, somebody else's to make, or without its reason.

    `told` is that the requester heard it from the organization. Who calls for themselves is their
    own target.
    """
    setters = MACHINE.get((status, move.to))
    if setters is None:
        raise WrongMove(_STATUS)
    own = way == "self" and by in {"patient", "requester"}
    if by not in setters and not (own or (told and by == "requester")):
        raise NotTheirsToSet(_STATUS)
    if move.to in REASONED and move.reason is None:
        raise ReasonMissing(_REASON)
    if move.reason is not None and move.to not in REASONED:
        raise WrongReason(_REASON)


Answer: TypeAlias = Literal["accept", "decline", "no-capacity", "waitlist", "complete"]

ANSWERS: Mapping[Answer, tuple[Move, ...]] = {
    "accept": (Move("accepted"),),
    "decline": (Move("rejected", "other"),),
    "no-capacity": (Move("rejected", "no-capacity", "no-capacity"),),
    "waitlist": (Move("accepted"), Move("on-hold", "waitlist", "waitlist")),
    "complete": (Move("accepted"), Move("completed")),
}
"""What an organization's one press means, in moves of the machine."""

DECLINES: tuple[Reason, ...] = ("not-eligible", "outside-area", "could-not-reach", "other")
"""Why an organization may decline, besides having no capacity."""


def moves_of(status: Status, answer: Answer, reason: Reason | None) -> tuple[Move, ...]:
    """Return the moves of an organization's answer from where the referral stands."""
    moves = ANSWERS[answer]
    if answer == "decline":
        if reason is None:
            raise ReasonMissing(_REASON)
        # What was accepted before can't be rejected any more: it failed.
        early = status in {"requested", "received"}
        moves = (Move("rejected" if early else "failed", reason),)
    elif answer == "no-capacity" and status not in {"requested", "received"}:
        moves = (Move("failed", "no-capacity", "no-capacity"),)
    elif reason is not None:
        raise WrongReason(_REASON)
    elif answer == "accept" and status == "on-hold":
        moves = (Move("in-progress"),)
    if status not in {"requested", "received"}:
        moves = tuple(one for one in moves if one.to not in {"accepted", status})
    at = status
    for one in moves:
        check(at, one, "target")
        at = one.to
    if not moves:
        raise WrongMove(_STATUS)
    return moves


def answers_at(status: Status) -> tuple[Answer, ...]:
    """Return what an organization may answer now."""

    def fits(answer: Answer) -> bool:
        try:
            moves_of(status, answer, "other" if answer == "decline" else None)
        except (WrongMove, NotTheirsToSet):
            return False
        return True

    return tuple(answer for answer in ANSWERS if fits(answer))


def need_act(to: Status, others: Iterable[Status]) -> Act | None:
    """Return what a move means for the need, given its other referrals; None if nothing.

    A need falls through when its last way does, not when one of several does.
    """
    match to:
        case "requested":
            return "begin"
        case "completed":
            return "complete"
        case "rejected" | "failed" | "cancelled":
            return None if any(one not in OVER for one in others) else "fall-through"
        case "received" | "accepted" | "in-progress" | "on-hold":
            return None


What: TypeAlias = Literal["remind", "call", "ask-patient"]


class Nudge(Struct, frozen=True):
    """When something is due about a referral, and what."""

    at: datetime
    what: What


def nudge(
    referral: Referral,
    after: datetime,
    later: Later,
    patience: int = USUAL_PATIENCE,
    *,
    reminded: bool = False,
) -> Nudge | None:
    """Return what is next due about a referral after a moment; None if nothing ever is.

    Counted from the last news of it. Who calls for themselves is not chased: they are asked. Whom
    we have just reminded is called in the end, also if every moment for it lies in the past: after
    an outage, or because the practice has less patience now.
    """
    start = referral.changed_at
    if referral.status == "completed" or (referral.way == "self" and not referral.over):
        due = start + (ASK_AFTER if referral.over else ASK_ALONE_AFTER)
        return Nudge(due, "ask-patient") if due > after else None
    if referral.over:
        return None
    for count in range(1, REMINDERS + 1):
        due = later(start, count * patience)
        if due > after:
            # Whom a person of the practice speaks with, a person of the practice calls.
            return Nudge(due, "remind" if referral.way == "page" else "call")
        if referral.way != "page":
            return None
    due = later(start, (REMINDERS + 1) * patience)
    if due <= after and reminded:
        due = later(after, patience)
    return Nudge(due, "call") if due > after else None
