"""The linear model: a sum of learned weights per label, read from JSON and nothing else (p).

It may only add to what the rules found. It is small enough to read: each weight belongs to one
feature of grams.py and one label, and what weighed most is part of every answer.

All labels are added up at once: the weights of a feature are one whole number, eight bits for each
label in a lane of its own, so that a text costs one addition per feature.
"""

import math
from collections.abc import Sequence
from importlib import resources

import msgspec

from engage.reading.concepts import BY_WORD

_LANE_BYTES = 3
_LANE_BITS = 8 * _LANE_BYTES
_LANE = (1 << _LANE_BITS) - 1
_DANGERS = ("emergency_medical", "self_harm", "violence")
_ZERO = 128
"""A weight of nothing, as a byte. A lane holds 65,000 features; the budget allows far fewer."""


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training writes: weights as bytes in hexadecimal, one byte for each label."""

    version: str
    trained_on: int
    labels: tuple[str, ...]
    bias: tuple[float, ...]
    scale: tuple[float, ...]
    thresholds: dict[str, float]
    words: str
    features: dict[str, str]


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
        self._lanes = {feature: _lanes(row) for feature, row in file.features.items()}

    def scores(self, features: Sequence[str]) -> dict[str, float]:
        """Return the probability of each label."""
        total, seen = 0, 0
        for feature in features:
            lanes = self._lanes.get(feature)
            if lanes is not None:
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
            (((self._lanes[feature] >> (place * _LANE_BITS)) & _LANE) - _ZERO, feature)
            for feature in features
            if feature in self._lanes
        ]
        best = sorted(((w, f) for w, f in weighed if w > 0), key=lambda one: (-one[0], one[1]))
        return tuple(feature for _, feature in best[:count])


def _odds(probability: float) -> float:
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(kept / (1 - kept))


def _lanes(row: str) -> int:
    weights = bytes.fromhex(row)
    spread = bytearray(_LANE_BYTES * len(weights))
    spread[::_LANE_BYTES] = weights
    return int.from_bytes(spread, "little")


def _probability(score: float) -> float:
    if score < -30:  # noqa: PLR2004 - beyond it, the exponential leaves the range of floats
        return 0.0
    return 1 / (1 + math.exp(-score))


def load(raw: bytes) -> Model:
    """Return the model that a JSON file holds."""
    return Model(msgspec.json.decode(raw, type=ModelFile))


def shipped() -> Model:
    """Return the model that this release ships."""
    return load((resources.files("engage.reading") / "model.json").read_bytes())
