"""Near-duplicates: replies that differ in a word or two, which may not stand on both sides.

Two texts are alike if the Jaccard index of their runs of four letters is above 0.6.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from engage.reading.fold import fold

ALIKE = 0.6
SHARED = 2 * ALIKE / (1 + ALIKE)
"""What two sets of one size share of either, if they are alike."""
RUN = 4


def runs(text: str) -> frozenset[str]:
    """Return the runs of four letters of a text."""
    plain = f" {fold(text)} "
    return frozenset(plain[at : at + RUN] for at in range(max(len(plain) - RUN + 1, 1)))


def near(texts: Sequence[str]) -> list[frozenset[int]]:
    """Return, for every text, the places of its near-duplicates."""
    found = [runs(text) for text in texts]
    often = Counter(run for one in found for run in one)
    by_run: dict[str, list[int]] = defaultdict(list)
    twins: list[set[int]] = [set() for _ in found]
    # From short to long: of two sets that share more than 0.6, the longer one has one of its
    # rarest 0.4 among the rarest quarter of the shorter one.
    for place in sorted(range(len(found)), key=lambda place: len(found[place])):
        one = found[place]
        rarest = sorted(one, key=lambda run: (often[run], run))
        looked = rarest[: len(one) - int(ALIKE * len(one)) + 1]
        for other in {other for run in looked for other in by_run[run]}:
            both = len(found[other])
            if both > ALIKE * len(one):
                shared = len(one & found[other])
                if shared > ALIKE * (len(one) + both - shared):
                    twins[place].add(other)
                    twins[other].add(place)
        for run in rarest[: len(one) - int(SHARED * len(one)) + 1]:
            by_run[run].append(place)
    return [frozenset(one) for one in twins]


def alike(texts: Sequence[str], others: Sequence[str]) -> frozenset[int]:
    """Return the places of the texts that are near-duplicates of one of the others."""
    twins = near([*texts, *others])[: len(texts)]
    return frozenset(place for place, one in enumerate(twins) if max(one, default=0) >= len(texts))
