"""What a practice's own rules of escalation must hold. (p).

Rules have no end by their form: after the last step comes the first. What could still go wrong is
that they take too long, or that a night comes in which every step is empty. This room refuses both,
naming the place; the steps themselves are taken by escalation.py.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.queue.escalation import POLICIES, Policy

Severity: TypeAlias = Literal["crisis", "possible"]
SEVERITIES: tuple[Severity, ...] = ("crisis", "possible")

LONGEST_STEP: Mapping[Severity, int] = {"crisis": 60, "possible": 240}
"""Minutes that the people of one step may have."""
EVERYONE_WITHIN: Mapping[Severity, int] = {"crisis": 120, "possible": 480}
"""Minutes after which everybody has been told, if nobody has taken it on."""
LONGEST_LEASE: Mapping[Severity, int] = {"crisis": 60, "possible": 240}
"""Minutes for which somebody has it who took it on."""


class Fault(Struct, frozen=True):
    """What is wrong with rules, and where."""

    pointer: str
    code: str
    detail: str


class Rules(Struct, frozen=True, kw_only=True):
    """A practice's rules; version 0 are those that are shipped."""

    crisis: Policy
    possible: Policy
    version: int = 0

    def of(self, severity: Severity) -> Policy:
        """Return the rules of a severity."""
        return self.crisis if severity == "crisis" else self.possible


SHIPPED = Rules(crisis=POLICIES["crisis"], possible=POLICIES["possible"])


def faults(rules: Rules) -> tuple[Fault, ...]:
    """Return everything that is wrong with rules; none if they can be kept."""
    return tuple(fault for severity in SEVERITIES for fault in _of(severity, rules.of(severity)))


def _of(severity: Severity, policy: Policy) -> Iterator[Fault]:
    longest, everyone, before = LONGEST_STEP[severity], EVERYONE_WITHIN[severity], 0
    reached = False
    for place, step in enumerate(policy.steps):
        if step.minutes > longest:
            yield Fault(
                f"/{severity}/steps/{place}/minutes",
                "too-slow",
                f"The next people are told within {longest} minutes.",
            )
        if step.who == "everyone" and not reached:
            reached = True
            if before > everyone:
                yield Fault(
                    f"/{severity}/steps/{place}/who",
                    "too-late",
                    f"Everyone is told within {everyone} minutes, if nobody takes it on.",
                )
        before += step.minutes
    if not reached:
        yield Fault(
            f"/{severity}/steps",
            "reaches-nobody",
            "One step has to be everyone: there are nights on which the others are nobody.",
        )
    if policy.lease_minutes > LONGEST_LEASE[severity]:
        yield Fault(
            f"/{severity}/lease_minutes",
            "too-slow",
            f"Whoever takes it on has it for {LONGEST_LEASE[severity]} minutes at most.",
        )
