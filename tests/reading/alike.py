"""Near-duplicates: replies that differ in a word or two, which may not stand on both sides.

Two texts are alike if the Jaccard index of their runs of four letters is above 0.6.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from engage.reading.fold import fold

ALIKE = 0.6
RUN = 4


def runs(text: str) -> frozenset[str]:
    """Return the runs of four letters of a text."""
    plain = f" {fold(text)} "
    return frozenset(plain[at : at + RUN] for at in range(max(len(plain) - RUN + 1, 1)))


def alike(texts: Sequence[str], others: Sequence[str]) -> frozenset[int]:
    """Return the places of the texts that are near-duplicates of one of the others."""
    ours, theirs = [runs(text) for text in texts], [runs(text) for text in others]
    often = Counter(run for found in (*ours, *theirs) for run in found)

    def rarest(found: frozenset[str]) -> list[str]:
        # Two sets that share more than 0.6 share one of the rarest 0.4 of either.
        ordered = sorted(found, key=lambda run: (often[run], run))
        return ordered[: len(ordered) - int(ALIKE * len(ordered)) + 1]

    by_run: dict[str, list[int]] = defaultdict(list)
    for place, found in enumerate(theirs):
        for run in rarest(found):
            by_run[run].append(place)
    twins: set[int] = set()
    for place, found in enumerate(ours):
        near = {other for run in rarest(found) for other in by_run.get(run, ())}
        if any(len(found & theirs[other]) > ALIKE * len(found | theirs[other]) for other in near):
            twins.add(place)
    return frozenset(twins)
