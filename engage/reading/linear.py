"""The linear model: a sum of learned weights per label, read from JSON and nothing else (p).

It may only add to what the rules found. It is small enough to read: each weight belongs to one
feature of grams.py and one label, and what weighed most is part of every answer.

All labels are added up at once: the weights of a feature are one whole number, eight bits for each
label in a lane of its own, so that a text costs one addition per feature. Features are known by a
checksum, in one sorted array beside one array of weights: a hundred thousand names as objects would
cost more memory than everything else in the reader.
"""

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from zlib import crc32

import msgspec

from engage.reading.concepts import BY_WORD

_LANE_BYTES = 3
_LANE_BITS = 8 * _LANE_BYTES
_LANE = (1 << _LANE_BITS) - 1
_DANGERS = ("emergency_medical", "self_harm", "violence")
_NO_KEY = 2**32 - 1
"""Behind the last key: greater than any other. A feature with this checksum is not learned."""
_NAMES = re.compile(r"[^\n]+")
_STEP_BITS = 16
_ZERO = 128
"""A weight of nothing, as a byte. A lane holds 65,000 features; the budget allows far fewer."""


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training writes: the features, and a byte for each of their labels, in that order."""

    version: str
    trained_on: int
    labels: tuple[str, ...]
    bias: tuple[float, ...]
    scale: tuple[float, ...]
    thresholds: dict[str, float]
    words: str
    features: str
    """One a line, in the order of their checksums; no two have the same."""
    weights: bytes


class Model:
    """A model ready to score."""

    def __init__(self, file: ModelFile) -> None:
        """Lay the weights of every feature side by side."""
        self.version = file.version
        self.trained_on = file.trained_on
        self.labels = file.labels
        self.thresholds = file.thresholds
        self.known = frozenset(file.words.split()).union(BY_WORD)
        self._bias = file.bias
        self._scale = file.scale
        # One name at a time: all of them at once would be the most memory this process ever holds.
        names = (name[0] for name in _NAMES.finditer(file.features))
        self._keys = array("I", map(checksum, names))
        self._starts = _starts(self._keys)
        self._keys.append(_NO_KEY)
        self._row = _LANE_BYTES * len(file.labels)
        lanes = bytearray(_LANE_BYTES * len(file.weights))
        lanes[::_LANE_BYTES] = file.weights
        self._lanes = lanes

    def scores(self, features: Sequence[str]) -> dict[str, float]:
        """Return the probability of each label."""
        total, seen = 0, 0
        for _, lanes in self._known(features):
            total += lanes
            seen += 1
        length = math.sqrt(max(len(features), 1))
        found: dict[str, float] = {}
        for place, label in enumerate(self.labels):
            weight = ((total >> (place * _LANE_BITS)) & _LANE) - seen * _ZERO
            found[label] = _probability(weight * self._scale[place] / length + self._bias[place])
        return found

    def danger(self, scores: dict[str, float]) -> float:
        """Return the probability that a human is needed now.

        Halfway between two opinions: how urgent it sounds, and whether any danger is in it.
        """
        calm = 1.0
        for kind in _DANGERS:
            calm *= 1 - scores.get(kind, 0.0)
        return _probability((_odds(scores["u:emergency"]) + _odds(1 - calm)) / 2)

    def heaviest(self, features: Sequence[str], label: str, count: int) -> tuple[str, ...]:
        """Return the features that spoke most for a label."""
        place = self.labels.index(label)
        weighed = [
            (((lanes >> (place * _LANE_BITS)) & _LANE) - _ZERO, feature)
            for feature, lanes in self._known(features)
        ]
        best = sorted(((w, f) for w, f in weighed if w > 0), key=lambda one: (-one[0], one[1]))
        return tuple(feature for _, feature in best[:count])

    def _known(self, features: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield the features that were learned, with their weights side by side."""
        keys, starts, lanes, row = self._keys, self._starts, self._lanes, self._row
        for feature in features:
            key = checksum(feature)
            place = starts[key >> _STEP_BITS]
            while keys[place] < key:
                place += 1
            if keys[place] == key != _NO_KEY:
                yield feature, int.from_bytes(lanes[place * row : (place + 1) * row], "little")


def checksum(feature: str) -> int:
    """Return what a feature is known by."""
    return crc32(feature.encode("utf-8", "replace"))


def _starts(keys: Sequence[int]) -> "array[int]":
    """Return where the keys of each step begin: checksums are spread evenly, one or two a step."""
    starts = array("I")
    for place, key in enumerate(keys):
        while len(starts) <= key >> _STEP_BITS:
            starts.append(place)
    while len(starts) <= _NO_KEY >> _STEP_BITS:
        starts.append(len(keys))
    return starts


def _odds(probability: float) -> float:
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(kept / (1 - kept))


def _probability(score: float) -> float:
    if score < -30:  # noqa: PLR2004 - beyond it, the exponential leaves the range of floats
        return 0.0
    return 1 / (1 + math.exp(-score))


def load(raw: bytes) -> Model:
    """Return the model that a JSON file holds."""
    file = msgspec.json.decode(raw, type=ModelFile)
    # Six megabytes that nobody needs any more, before the most memory this process ever holds.
    del raw
    return Model(file)


def shipped() -> Model:
    """Return the model that this release ships."""
    return load((resources.files("engage.reading") / "model.json").read_bytes())
