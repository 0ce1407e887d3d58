"""Measured numbers that are a danger by themselves: sugar, oxygen, pulse, pressure, fever (p).

"Sugar is 38" and "118 de azúcar" differ by the number alone, which neither words nor letters show.
The room refuses thresholds of its own: they stand in lexicon/measures.toml, with their reasons.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from importlib import resources

import msgspec

from engage.reading.fold import Word
from engage.reading.redflags import Severity

_BEFORE = 7
_AFTER = 3
_MOST_DIGITS = 3


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One quantity, and the numbers of it that are a danger: in [least, below) or (above, most]."""

    id: str
    severity: Severity
    rationale: str
    rationale_es: str
    names: str
    least: int = 0
    below: int = 0
    above: int = 10_000
    most: int = 10_000
    first_only: bool = False
    """Of two numbers ("120/70"), only the first is this quantity."""

    def is_danger(self, number: int) -> bool:
        """Say whether a number is in the dangerous range."""
        return self.least <= number < self.below or self.above < number <= self.most


class _Measures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviewer: str
    date: date
    measure: tuple[Measure, ...]


class OutOfRange(msgspec.Struct, frozen=True):
    """A dangerous number in a text: `located[place:end]` holds its name and the number."""

    measure: Measure
    place: int
    end: int


MEASURES = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "measures.toml").read_bytes(), type=_Measures
)
_BY_NAME: dict[str, tuple[Measure, ...]] = {
    name: tuple(m for m in MEASURES.measure if name in m.names.split())
    for measure in MEASURES.measure
    for name in measure.names.split()
}
_NOT_A_LEVEL = frozenset(
    [
        "units",
        "unit",
        "mg",
        "ml",
        "pounds",
        "lb",
        "lbs",
        "minutes",
        "min",
        "hours",
        "days",
        "weeks",
        "years",
        "percent",
        "am",
        "pm",
        "unidades",
        "tank",
        "tanks",
        "tanque",
        "tanques",
        "liters",
        "litros",
        "ago",
        "pills",
        "times",
        "kilos",
        "points",
        "dollars",
        "test",
        "tests",
    ]
)


_ANOTHER = frozenset(["wt", "weight", "weigh", "weighed", "peso", "pesa", "scale", "age", "room"])
"""What the number just behind them measures, whatever was named before."""


def dangerous_numbers(located: Sequence[Word]) -> Iterator[OutOfRange]:
    """Yield each dangerous number beside the name of what it measures."""
    for place, word in enumerate(located):
        if not word.text.isascii() or not word.text.isdecimal() or len(word.text) > _MOST_DIGITS:
            continue
        follower = located[place + 1].text if place + 1 < len(located) else ""
        before = located[place - 1].text if place else ""
        if follower in _NOT_A_LEVEL or before in _ANOTHER:
            continue
        number = int(word.text)
        for measure, name in _named_near(located, place):
            if measure.is_danger(number) and not (
                measure.first_only and _is_second(located, place)
            ):
                yield OutOfRange(measure, min(name, place), max(name, place) + 1)


def _named_near(located: Sequence[Word], place: int) -> Iterator[tuple[Measure, int]]:
    seen: set[str] = set()
    nearest = (*range(place - 1, place - 1 - _BEFORE, -1), *range(place + 1, place + 1 + _AFTER))
    for name in nearest:
        if 0 <= name < len(located):
            for measure in _BY_NAME.get(located[name].text, ()):
                if measure.id not in seen:
                    seen.add(measure.id)
                    yield measure, name


def _is_second(located: Sequence[Word], place: int) -> bool:
    return place > 0 and any(
        located[before].text.isdecimal() for before in range(max(place - 2, 0), place)
    )
