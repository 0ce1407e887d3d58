"""Teach the linear model what the corpus says.

    python -m tests.reading.model     writes engage/reading/model.json

One logistic regression per label and per urgency, by stochastic gradient descent with AdaGrad, one
reply after the other and all labels of it at once: that is what numpy is for, and nothing that
runs needs it. The same corpus gives the same file. Weights are rounded to eight bits, which is how
they are scored.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
import numpy as np

from engage.reading.answers import Context
from engage.reading.concepts import BY_WORD
from engage.reading.fold import words
from engage.reading.linear import ModelFile, checksum
from engage.reading.observe import observe
from tests.reading.table import Flags, Numbers, Places, Table, tabled

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
"""A reply that a label already gets right to so much teaches it nothing."""
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


LETTERS, PAIRS = 0.45, 0.7
"""Runs of letters, and pairs with a concept, are many and say little each: they count for less than
a word or a concept."""
RAREST = 8.0
"""The logarithm of how seldom a feature is that counts whole."""


def answers(reply: Reply) -> frozenset[str]:
    """Return everything that is so of a reply: its labels and its urgency."""
    return frozenset({*reply.labels, f"u:{reply.urgency}"})


def table_of(seen: Sequence[Example], labels: Sequence[str]) -> Table:
    """Return the examples as numbers, and what is so of each."""
    targets = [[label in answers(one.reply) for label in labels] for one in seen]
    return tabled(
        [one.features for one in seen],
        np.array([one.weight for one in seen], np.float32),
        np.array([one.copied for one in seen]),
        np.array(targets, np.float32),
    )


class Learned(msgspec.Struct, frozen=True):
    """What a part of a table teaches: its features by their places, and a byte for each label."""

    places: Places
    bias: Numbers
    scale: Numbers
    weights: bytes


def learned(table: Table, rows: Places) -> Learned:
    """Return what the given rows of a table teach, rounded to bytes."""
    counts = table.counts(rows[~table.copied[rows]])
    kept = np.flatnonzero(counts >= FEWEST)
    new = np.full(len(table.features), -1)
    new[kept] = np.arange(len(kept))
    values = _values(table, rows, kept, counts[kept])
    bias, weights = _learn(table, rows, new, values)
    weights *= values
    scale = np.maximum(np.abs(weights).max(axis=0, initial=0), 1e-6) / 127
    steps = np.rint(weights / scale).astype(np.int16)
    heavy = (np.abs(steps) > LEAST).any(axis=1)
    return Learned(kept[heavy], bias, scale, (steps[heavy] + 128).astype(np.uint8).tobytes())


def _values(table: Table, rows: Places, kept: Places, counts: Places) -> Numbers:
    """Return how much each feature counts for each label before anything is learned.

    What is rare says more than what is frequent, and what is seen with a label far more or far less
    often than without it says more about the label.
    """
    rare = np.sqrt(np.log(len(rows) / counts) / RAREST)
    rare[table.letters[kept]] *= LETTERS
    rare[table.pairs[kept]] *= PAIRS
    there = table.sums(rows, table.targets)[kept] + 1
    absent = table.sums(rows, 1 - table.targets)[kept] + 1
    told = np.abs(np.log(there / there.sum(axis=0)) - np.log(absent / absent.sum(axis=0)))
    values = rare[:, None] * np.sqrt(0.25 + told)
    return (values * (rare.mean() / values.mean(axis=0))).astype(np.float32)


def _learn(table: Table, rows: Places, new: Places, values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the biases and the weights of all labels; `new` are the places of what is learned."""
    weights = np.zeros_like(values)
    squares = np.full_like(values, 1e-3)
    bias = np.full(values.shape[1], -2.0)
    replies = {row: table.row(row, new) for row in rows.tolist()}
    for epoch in range(EPOCHS):
        # A different order every time, and the same in every run.
        keys = (np.arange(len(rows)) * 2654435761 + epoch * 40503) % 4294967291
        for row in rows[np.argsort(keys)].tolist():
            places, scale = replies[row]
            held, value = weights[places], values[places]
            score = (held * value).sum(axis=0) * scale + bias
            guess = 1 / (1 + np.exp(-np.clip(score, -30, 30)))
            error = (guess - table.targets[row]) * table.weight[row]
            wrong: Flags = np.abs(error) >= SMALL
            if not wrong.any():
                continue
            error = np.where(wrong, error, 0)
            bias -= 0.02 * error
            push = value * (error * scale).astype(np.float32)
            power = squares[places] + push * push
            squares[places] = power
            rests = np.where(wrong, np.float32(KEPT), np.float32(1))
            weights[places] = held * rests - np.float32(RATE) * push / np.sqrt(power)
    return bias, weights


_TABLE: list[Table] = []


def _take(table: Table) -> None:
    """Give a process its table once, not with every part."""
    _TABLE[:] = [table]


def _taught(rows: Places) -> Learned:
    return learned(_TABLE[0], rows)


def fitted(
    seen: Sequence[Example], labels: Sequence[str], parts: Sequence[Sequence[int]], workers: int = 2
) -> list[ModelFile]:
    """Return a model for each part of the examples, which are given by their places."""
    table = table_of(seen, labels)
    rows = [np.array(part, np.int64) for part in parts]
    if workers > 1:
        with ProcessPoolExecutor(workers, initializer=_take, initargs=(table,)) as pool:
            found = list(pool.map(_taught, rows))
    else:
        found = [learned(table, one) for one in rows]
    return [
        packed(table, what, [seen[row].reply for row in part if not seen[row].copied], labels)
        for part, what in zip(parts, found, strict=True)
    ]


def packed(
    table: Table, what: Learned, replies: Sequence[Reply], labels: Sequence[str]
) -> ModelFile:
    """Put what the replies taught in the order of the reader."""
    kept: dict[int, int] = {}
    names = [table.features[place] for place in what.places.tolist()]
    for place, name in enumerate(names):
        # Of two features with the same checksum, the reader could know only one.
        kept.setdefault(checksum(name), place)
    ordered = [kept[key] for key in sorted(kept)]
    size = len(labels)
    rows = b"".join(what.weights[place * size : (place + 1) * size] for place in ordered)
    features = "\n".join(names[place] for place in ordered)
    spelled = " ".join(sorted(known_words(replies) - BY_WORD.keys()))
    digest = hashlib.sha256(f"{labels} {spelled} {features}".encode() + rows)
    return ModelFile(
        version=digest.hexdigest()[:12],
        trained_on=len(replies),
        labels=tuple(labels),
        bias=tuple(round(float(one), 4) for one in what.bias),
        scale=tuple(round(float(one), 8) for one in what.scale),
        thresholds={},
        words=spelled,
        features=features,
        weights=rows,
    )
