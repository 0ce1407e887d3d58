"""Train on the whole corpus, set thresholds on strangers, write engage/reading/model.json.

python -m tests.reading.model
"""

import sys
from collections.abc import Sequence

import msgspec

from engage.reading.linear import ModelFile
from tests.reading.blind import DANGER, read_blind, thresholds
from tests.reading.train import MODEL, Reply, corpus, fitted, labels_of


def train(replies: Sequence[Reply], workers: int = 2) -> ModelFile:
    """Return the model that the replies teach, with thresholds set by writers held out."""
    labels = labels_of(replies)
    blind = read_blind(replies, workers, heads=(*DANGER, "opt_out"))
    file = fitted(replies, labels, workers)
    return msgspec.structs.replace(file, thresholds=thresholds(blind, labels))


def main() -> None:
    """Write the model."""
    replies = corpus()
    model = train(replies)
    MODEL.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=0) + b"\n")
    sys.stdout.write(
        f"{len(replies)} replies, {len(model.features)} features, {len(model.labels)} labels\n"
    )


if __name__ == "__main__":
    main()
