"""Teach the linear model what the corpus says.

    python -m tests.reading.model     writes engage/reading/model.json

One logistic regression per label and per urgency, by stochastic gradient descent with AdaGrad, in
plain Python: nobody needs a numerics package to retrain a safety model, and the same corpus gives
the same file byte for byte. Weights are rounded to eight bits, which is how they are scored.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import sqrt
from pathlib import Path

import msgspec

from engage.reading.answers import Context
from engage.reading.concepts import BY_WORD
from engage.reading.fold import words
from engage.reading.linear import ModelFile, checksum
from engage.reading.observe import observe

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "engage" / "reading" / "corpus"
MODEL = ROOT / "engage" / "reading" / "model.json"

URGENCIES = ("none", "routine", "urgent", "emergency")
EPOCHS = 7
RATE = 0.5
SHRINK = 0.0004
FEWEST = 2
"""Replies that must have a feature before it is learned; a misspelled copy is no second reply."""
NEAR = 0.6
KEPT = 1 - RATE * SHRINK
SMALL = 0.015
REST = 3
"""A reply that a label already gets right to `SMALL` teaches nothing and rests for some epochs."""
LEAST = 2
"""A feature that moves no label by more than so many steps of 127 is left out."""
AUTHOR = "a"
"""Who wrote the first replies, beside the rules and in templates: what they teach counts less."""
HOUSE = {AUTHOR: 0.4, "b": 1.0}
"""Who wrote while looking at rules or misses, and what a row of theirs weighs: never counted."""


class Reply(msgspec.Struct, frozen=True):
    """One labelled reply."""

    id: str
    text: str
    lang: str
    context: Context
    labels: tuple[str, ...]
    urgency: str
    note: str = ""
    scenario: str = ""
    any_context: bool = False
    writer: str = AUTHOR
    locked: bool = False


class Example(msgspec.Struct, frozen=True):
    """A reply as its features, and what it weighs."""

    reply: Reply
    features: tuple[str, ...]
    weight: float
    copied: bool = False
    """Misspelled here, for more of the same."""


def corpus() -> list[Reply]:
    """Return every reply of the corpus, in the order of the files."""
    return [
        msgspec.json.decode(line, type=Reply)
        for file in sorted(CORPUS.glob("*.jsonl"))
        for line in file.read_bytes().splitlines()
    ]


def known_words(replies: Iterable[Reply]) -> frozenset[str]:
    """Return the words that are spelled as they should be: several replies have them."""
    seen = Counter(word for reply in replies for word in set(words(reply.text)))
    often = {word for word, count in seen.items() if count >= FEWEST and not word.isdecimal()}
    return frozenset(often).union(BY_WORD)


def noisy(reply: Reply, turn: int) -> str | None:
    """Return one reply in two as a thumb in a hurry writes it; None for others and short ones."""
    digest = hashlib.sha256(f"{turn} {reply.id} {reply.text}".encode()).digest()
    if len(reply.text) < 9 or digest[4] % 2:
        return None
    spot = 1 + int.from_bytes(digest[1:3]) % (len(reply.text) - 3)
    text = reply.text
    match digest[0] % 4:
        case 0:
            return text[:spot] + text[spot + 1 :]
        case 1:
            return text[:spot] + text[spot + 1] + text[spot] + text[spot + 2 :]
        case 2:
            return text[:spot] + text[spot] + text[spot:]
        case _:
            spoken = text.split()
            drop = 1 + digest[3] % max(len(spoken) - 1, 1)
            return " ".join(spoken[:drop] + spoken[drop + 1 :]) if len(spoken) > 4 else None


def examples(replies: Sequence[Reply]) -> list[Example]:
    """Return the replies as examples; an independent writer's also misspelled, some, for less."""
    known = known_words(replies)
    found: list[Example] = []
    for reply in replies:
        features = observe(reply.text, reply.context, known).features
        found.append(Example(reply, features, HOUSE.get(reply.writer, 1.0)))
        if reply.writer != AUTHOR and (text := noisy(reply, 1)) is not None:
            features = observe(text, reply.context, known).features
            found.append(Example(reply, features, NEAR, copied=True))
    return found


def labels_of(replies: Iterable[Reply]) -> tuple[str, ...]:
    """Return every label that occurs, and the urgencies."""
    return (
        *sorted({label for reply in replies for label in reply.labels}),
        *(f"u:{urgency}" for urgency in URGENCIES),
    )


class Row(msgspec.Struct, frozen=True):
    """An example as numbers: places of its features, runs of letters apart from the others."""

    plain: list[int]
    letters: list[int]
    scale: float
    weight: float


Rows = list[Row]
LETTERS = 0.45
"""Runs of letters are many and say little each: they count for less than a word or a concept."""


def learn(rows: Rows, targets: list[bool], size: int) -> tuple[float, list[float]]:
    """Return the bias and the weights of one label."""
    weights, squares = [0.0] * size, [1e-3] * size
    bias = -2.0
    order, rests = list(range(len(rows))), [0] * len(rows)
    for epoch in range(EPOCHS):
        # A different order every time, and the same in every run.
        order.sort(key=lambda row, epoch=epoch: (row * 2654435761 + epoch * 40503) % 4294967291)
        for row in order:
            if rests[row]:
                rests[row] -= 1
                continue
            one = rows[row]
            score = sum(map(weights.__getitem__, one.plain)) + LETTERS * sum(
                map(weights.__getitem__, one.letters)
            )
            guess = _probability(score * one.scale + bias)
            error = (guess - targets[row]) * one.weight
            if -SMALL < error < SMALL:
                rests[row] = REST
                continue
            bias -= 0.02 * error
            for features, value in ((one.plain, 1.0), (one.letters, LETTERS)):
                step = error * one.scale * value
                power = step * step
                push = RATE * step
                for feature in features:
                    squares[feature] += power
                    weights[feature] = KEPT * weights[feature] - push / sqrt(squares[feature])
    return bias, weights


def _probability(score: float) -> float:
    return 1 / (1 + math.exp(-max(min(score, 30), -30)))


_ROWS: Rows = []


def _take(rows: Rows) -> None:
    """Give a process its rows once, not with every label."""
    _ROWS[:] = rows


def _learn(task: tuple[list[bool], int]) -> tuple[float, list[float]]:
    return learn(_ROWS, *task)


def fitted(seen: Sequence[Example], labels: Sequence[str], workers: int = 2) -> ModelFile:
    """Return the weights that the examples teach."""
    replies = [one.reply for one in seen if not one.copied]
    counts = Counter(feature for one in seen if not one.copied for feature in one.features)
    features = sorted(feature for feature, count in counts.items() if count >= FEWEST)
    index = {feature: place for place, feature in enumerate(features)}
    rows = [row_of(one, index) for one in seen]
    tasks = [([label in answers(one.reply) for one in seen], len(features)) for label in labels]
    if workers > 1:
        with ProcessPoolExecutor(workers, initializer=_take, initargs=(rows,)) as pool:
            learned = list(pool.map(_learn, tasks))
    else:
        learned = [learn(rows, *task) for task in tasks]
    return packed(replies, labels, features, known_words(replies), learned)


def answers(reply: Reply) -> frozenset[str]:
    """Return everything that is so of a reply: its labels and its urgency."""
    return frozenset({*reply.labels, f"u:{reply.urgency}"})


def row_of(one: Example, index: dict[str, int]) -> Row:
    """Return an example as numbers."""
    present = [feature for feature in one.features if feature in index]
    return Row(
        plain=[index[feature] for feature in present if not feature.startswith("l:")],
        letters=[index[feature] for feature in present if feature.startswith("l:")],
        scale=1 / math.sqrt(max(len(one.features), 1)),
        weight=one.weight,
    )


def packed(
    replies: Sequence[Reply],
    labels: Sequence[str],
    features: Sequence[str],
    known: frozenset[str],
    learned: Sequence[tuple[float, list[float]]],
) -> ModelFile:
    """Round the weights to bytes and leave out the features that weigh nothing."""
    worth = [LETTERS if feature.startswith("l:") else 1.0 for feature in features]
    learned = [
        (bias, [weight * value for weight, value in zip(weights, worth, strict=True)])
        for bias, weights in learned
    ]
    scales = [max(1e-6, *map(abs, weights)) / 127 for _, weights in learned]
    kept: dict[int, tuple[str, bytes]] = {}
    for place, feature in enumerate(features):
        row = bytes(
            128 + round(weights[place] / scale)
            for (_, weights), scale in zip(learned, scales, strict=True)
        )
        if any(abs(byte - 128) > LEAST for byte in row):
            # Of two features with the same checksum, the reader could know only one.
            kept.setdefault(checksum(feature), (feature, row))
    ordered = [kept[key] for key in sorted(kept)]
    names, rows = "\n".join(name for name, _ in ordered), b"".join(row for _, row in ordered)
    words = " ".join(sorted(known - BY_WORD.keys()))
    return ModelFile(
        version=hashlib.sha256(f"{labels} {words} {names}".encode() + rows).hexdigest()[:12],
        trained_on=len(replies),
        labels=tuple(labels),
        bias=tuple(round(bias, 4) for bias, _ in learned),
        scale=tuple(round(scale, 8) for scale in scales),
        thresholds={},
        words=words,
        features=names,
        weights=rows,
    )
