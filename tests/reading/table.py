"""Replies as numbers: which features each has, in two arrays that a process is handed once."""

from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from engage.reading.grams import LETTERS, PAIR

Numbers = NDArray[np.float64] | NDArray[np.float32]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Table(msgspec.Struct, frozen=True):
    """All examples: of row r, the features are `features[places[starts[r]:starts[r + 1]]]`."""

    features: tuple[str, ...]
    letters: Flags
    """Which features are runs of letters."""
    pairs: Flags
    """Which features are pairs with a concept."""
    starts: Places
    places: Places
    weight: Numbers
    copied: Flags
    targets: Numbers
    """What is so of each row: a column for every label."""

    def counts(self, rows: Places) -> Places:
        """Return how many of the rows have each feature."""
        size = len(self.features)
        found = np.zeros(size, np.int64)
        for row in rows.tolist():
            found[self.places[self.starts[row] : self.starts[row + 1]]] += 1
        return found

    def sums(self, rows: Places, what: Numbers) -> Numbers:
        """Return, by feature, the sum of some columns over the rows that have it."""
        found = np.zeros((len(self.features), what.shape[1]))
        for row in rows.tolist():
            found[self.places[self.starts[row] : self.starts[row + 1]]] += what[row]
        return found

    def row(self, row: int, new: Places) -> tuple[Places, float]:
        """Return the new places of the features of a row, and its scale."""
        old = self.places[self.starts[row] : self.starts[row + 1]]
        kept = new[old]
        return kept[kept >= 0], float(max(len(old), 1) ** -0.5)


def tabled(
    rows: Sequence[Sequence[str]], weight: Numbers, copied: Flags, targets: Numbers
) -> Table:
    """Return rows of names as a table, features in the order of their names."""
    features = tuple(sorted(set(chain.from_iterable(rows))))
    index = {feature: place for place, feature in enumerate(features)}
    lengths = [len(row) for row in rows]
    return Table(
        features=features,
        letters=np.array([feature.startswith(LETTERS) for feature in features], bool),
        pairs=np.array([feature.startswith(PAIR) for feature in features], bool),
        starts=np.cumsum([0, *lengths], dtype=np.int64),
        places=np.fromiter((index[f] for row in rows for f in row), np.int64, sum(lengths)),
        weight=weight,
        copied=copied,
        targets=targets,
    )
