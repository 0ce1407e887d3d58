"""A risk, and the need that it may become: one table of who may do what when. (p).

A positive answer is a risk. It becomes a need when the person says that they want help, and in no
other way: nothing is arranged for somebody who was not asked. What they decline stays visible and
is not asked about again for a while. Completed means that a service was given; only the person, or
somebody who heard it from them, says that it helped, and a "no" opens the same need again.

Every step keeps who took it, on what ground (an answer, a text, a rule with its version) and when;
words stay in the sealed text. This room refuses to ask, to choose an owner and to arrange.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage.conversation.severity import Severity, highest
from engage.errors import EngageError
from engage.ids import AnswerId, MessageId, NeedId, PatientId, PracticeId, ReferralId

Status: TypeAlias = Literal[
    "risk", "wanted", "in-progress", "completed", "confirmed", "declined", "reopened"
]
Act: TypeAlias = Literal[
    # An answer is a risk.
    "find",
    # The person wants help, or does not.
    "want",
    "decline",
    # Somebody works on it; what they tried came to nothing.
    "begin",
    "fall-through",
    # A service was given; it was what the person needed; it was not.
    "complete",
    "confirm",
    "reopen",
]
Setter: TypeAlias = Literal["patient", "caregiver", "staff", "organization", "system"]

STATUSES: tuple[Status, ...] = (
    "risk", "wanted", "in-progress", "completed", "confirmed", "declined", "reopened",
)  # fmt: skip

OVER: frozenset[Status] = frozenset({"confirmed", "declined"})
"""No more is done; a risk found later begins a new episode."""

QUIET_DAYS = 90
"""So long what was declined is not asked about again [our own rule, no outside authority]."""

MACHINE: Mapping[tuple[Status, Act], Status] = {
    ("risk", "find"): "risk",
    ("risk", "want"): "wanted",
    ("risk", "decline"): "declined",
    ("wanted", "find"): "wanted",
    ("wanted", "want"): "wanted",
    ("wanted", "begin"): "in-progress",
    ("wanted", "complete"): "completed",
    ("wanted", "decline"): "declined",
    ("in-progress", "find"): "in-progress",
    ("in-progress", "want"): "in-progress",
    ("in-progress", "begin"): "in-progress",
    ("in-progress", "fall-through"): "wanted",
    ("in-progress", "complete"): "completed",
    ("in-progress", "decline"): "declined",
    # What is still a risk afterwards was not met.
    ("completed", "find"): "reopened",
    ("completed", "complete"): "completed",
    ("completed", "confirm"): "confirmed",
    ("completed", "reopen"): "reopened",
    ("reopened", "find"): "reopened",
    ("reopened", "want"): "reopened",
    ("reopened", "reopen"): "reopened",
    ("reopened", "begin"): "in-progress",
    ("reopened", "complete"): "completed",
    ("reopened", "decline"): "declined",
    # They changed their mind, or staff opened by hand what had been closed too soon.
    ("declined", "find"): "declined",
    ("declined", "want"): "wanted",
    ("declined", "decline"): "declined",
    ("confirmed", "reopen"): "reopened",
}
"""From a status by an act to a status; what is not here is refused."""

_PERSONAL: frozenset[Setter] = frozenset({"patient", "caregiver", "staff"})
MAY: Mapping[Act, frozenset[Setter]] = {
    "find": frozenset({"patient", "caregiver", "staff", "system"}),
    # A caregiver speaks of the person, not for them: staff ask.
    "want": frozenset({"patient", "staff"}),
    "decline": frozenset({"patient", "staff"}),
    "begin": frozenset({"staff", "patient"}),
    "fall-through": frozenset({"organization", "staff", "patient"}),
    "complete": frozenset({"organization", "staff", "patient"}),
    "confirm": _PERSONAL,
    "reopen": _PERSONAL,
}
"""Who may take a step. An organization never says that somebody wants help, or that it helped."""


class NotWanted(EngageError):  # noqa: N818 - reads as a sentence: raise NotWanted
    """The person has not said that they want help with this; ask them first."""


class WrongStep(EngageError):  # noqa: N818
    """This need can't go there from where it stands."""


class NotTheirsToSay(EngageError):  # noqa: N818
    """This is not theirs to say."""


class Evidence(Struct, frozen=True, kw_only=True):
    """What a step stands on: ids and a rule with its version; no words."""

    rule: str
    rule_version: str
    answer_id: AnswerId | None = None
    message_id: MessageId | None = None


class Need(Struct, frozen=True, kw_only=True):
    """One episode of a need of one person."""

    practice_id: PracticeId
    id: NeedId
    patient_id: PatientId
    domain: str
    #: The first, second... time that this comes up for them.
    episode: int
    status: Status
    severity: Severity
    opened_at: datetime
    changed_at: datetime
    #: What the person wants help with first.
    first: bool = False
    version: int = 1

    @property
    def over(self) -> bool:
        """Whether nothing more is done in this episode."""
        return self.status in OVER


class Taken(Struct, frozen=True, kw_only=True):
    """One step in the history of a need; never changed."""

    id: UUID
    need_id: NeedId
    patient_id: PatientId
    act: Act
    status: Status
    at: datetime
    by: Setter
    by_id: UUID | None = None
    evidence: Evidence | None = None
    referral_id: ReferralId | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        """Hide the reason."""
        return f"Taken(act={self.act!r}, status={self.status!r}, reason=…)"


def step(status: Status, act: Act, by: Setter) -> Status:
    """Return where an act leads; refuse what is out of order, or not this person's to say."""
    if by not in MAY[act]:
        raise NotTheirsToSay
    after = MACHINE.get((status, act))
    if after is None:
        # The commonest mistake has its own sentence: a risk is not a need.
        raise NotWanted if act == "begin" and status in {"risk", "declined"} else WrongStep
    return after


def take(need: Need, act: Act, by: Setter, at: datetime) -> Need:
    """Return a need after an act; the same need if the act changes nothing."""
    after = step(need.status, act, by)
    if after == need.status:
        return need
    return replace(need, status=after, changed_at=at, version=need.version + 1)


def acts(status: Status, by: Setter) -> tuple[Act, ...]:
    """Return the acts that somebody may take now, if they change something."""
    return tuple(
        act
        for (before, act), after in MACHINE.items()
        if before == status and after != before and by in MAY[act]
    )


def newest(episodes: Iterable[Need]) -> Need | None:
    """Return the episode that is open, or the last one; None of none.

    A person whose records were merged may have two that began apart.
    """
    return max(episodes, key=lambda one: (not one.over, one.opened_at, one.episode), default=None)


def episode_for(episodes: Iterable[Need], at: datetime) -> Need | None:
    """Return the episode that a risk found now belongs to; None if it begins a new one.

    Of several the newest. What was declined holds for a while: the risk joins it, is seen there,
    and asks nobody anything.
    """
    last = newest(episodes)
    if last is None or last.status == "confirmed":
        return None
    if last.status == "declined" and at - last.changed_at >= timedelta(days=QUIET_DAYS):
        return None
    return last


def found(need: Need, severity: Severity, at: datetime) -> Need:
    """Return a need after a risk was found in it once more: severity only rises."""
    worse = highest((need.severity, severity))
    if worse == need.severity:
        return need
    return replace(need, severity=worse, changed_at=at, version=need.version + 1)


def is_quiet(need: Need | None, at: datetime) -> bool:
    """Say whether a person is not to be asked about this by text now.

    They have declined it lately, or somebody works on it already: asking again would nag.
    """
    if need is None:
        return False
    if need.status == "declined":
        return at - need.changed_at < timedelta(days=QUIET_DAYS)
    return need.status in {"wanted", "in-progress", "completed", "reopened"}


def next_step(status: Status) -> str:
    """Return what the care manager does next, in words."""
    return _NEXT[status]


_NEXT: Mapping[Status, str] = {
    "risk": "Ask whether they want help with this.",
    "wanted": "Find a service and refer, or help them call.",
    "in-progress": "Wait for the service, or ask it how far it is.",
    "completed": "Ask the person whether what was arranged came.",
    "confirmed": "Nothing: the person has what they needed.",
    "declined": "Nothing: they don't want help now. It stays here if they change their mind.",
    "reopened": "It did not come, or did not help: call, and look for another way.",
}
