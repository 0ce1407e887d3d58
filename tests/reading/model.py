"""Train on the whole corpus, set thresholds on strangers, write engage/reading/model.json.

python -m tests.reading.model
"""

import sys
from collections.abc import Sequence

import msgspec

from engage.reading.linear import ModelFile
from tests.reading.blind import Held, parted, read_blind, thresholds
from tests.reading.train import MODEL, Example, Reply, corpus, examples, fitted, labels_of


def train(
    replies: Sequence[Reply], workers: int = 2, seen: Sequence[Example] = ()
) -> tuple[ModelFile, list[Held]]:
    """Return the model that the replies teach, and those by which its thresholds were set.

    `seen` are the same replies as examples, if somebody has them already.
    """
    labels, seen = labels_of(replies), seen or examples(replies)
    parts = parted(seen)
    whole, *files = fitted(
        seen, labels, [list(range(len(seen))), *(inside for inside, _ in parts)], workers
    )
    held = [Held(file, read) for file, (_, read) in zip(files, parts, strict=True)]
    found = thresholds(read_blind(held), labels)
    file = msgspec.structs.replace(whole, thresholds=found)
    return file, [
        Held(msgspec.structs.replace(one.file, thresholds=found), one.replies) for one in held
    ]


def write(file: ModelFile) -> None:
    """Write the model."""
    MODEL.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=0) + b"\n")


def main() -> None:
    """Train and write."""
    file, _ = train(corpus())
    write(file)
    learned = file.features.count("\n") + 1
    sys.stdout.write(f"{file.trained_on} replies, {learned} features, {len(file.labels)} labels\n")


if __name__ == "__main__":
    main()
