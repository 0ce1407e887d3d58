"""What was measured, as values, and the arithmetic on it. No clock and no database here."""

import math
from collections.abc import Sequence
from statistics import median

from msgspec import Struct

PERCENT_99 = 0.99


class Sample(Struct, frozen=True):
    """One level in one round."""

    per_second: float
    p50: float
    p99: float


class Summary(Struct, frozen=True):
    """One level over all rounds: medians, and the range of the rate."""

    per_second: float
    least: float
    most: float
    p50: float
    p99: float


def sample(count: int, seconds: float, milliseconds: Sequence[float]) -> Sample:
    """Return the rate and the percentiles of one round; `milliseconds` are sorted."""
    return Sample(
        count / seconds if seconds else 0.0,
        percentile(milliseconds, 0.5),
        percentile(milliseconds, PERCENT_99),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that so large a share of sorted values does not exceed."""
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def summary(samples: Sequence[Sample]) -> Summary:
    """Return the medians of several rounds."""
    rates = [one.per_second for one in samples]
    return Summary(
        median(rates),
        min(rates),
        max(rates),
        median(one.p50 for one in samples),
        median(one.p99 for one in samples),
    )
