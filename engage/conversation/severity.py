"""How soon a human must look, and which of two is sooner. (p).

This room refuses due times: what a severity means in hours is the queue's clock.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["routine", "urgent", "possible", "crisis"]

SEVERITIES: tuple[Severity, ...] = ("routine", "urgent", "possible", "crisis")
"""From the least to the most pressing."""


def rank(severity: Severity) -> int:
    """Return the place of a severity in the order: a higher one is more pressing."""
    return SEVERITIES.index(severity)


def highest(severities: Iterable[Severity]) -> Severity:
    """Return the most pressing of some severities; none at all is routine."""
    found: Severity = "routine"
    for severity in severities:
        if rank(severity) > rank(found):
            found = severity
    return found
