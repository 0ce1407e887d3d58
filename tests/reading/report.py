"""Print how well the reader reads what it was not trained on.

    python -m tests.reading.report            figures on both halves, misses of the open one
    python -m tests.reading.report --folds 4  figures of the corpus itself, read blind

The locked half was never tuned on: its misses are counted, not shown.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from engage.reading.keywords import FreeFormStop, Stop, carrier_word
from engage.reading.linear import Model
from engage.reading.reader import Asked, Reading, read, shipped_model
from tests.reading.train import Reply, corpus, fitted, fold_of, labels_of

HELDOUT = Path(__file__).parent / "heldout.jsonl"


class Read(msgspec.Struct, frozen=True):
    """A reply and what the reader made of it."""

    reply: Reply
    reading: Reading

    @property
    def attention(self) -> bool:
        """Say whether a human is called before the next business hour."""
        return self.reading.tier != "none"

    @property
    def stops(self) -> bool:
        """Say whether the line closes: the keyword room decides that, not the reader."""
        return isinstance(carrier_word(self.reply.text, None), Stop | FreeFormStop)


def heldout() -> list[Reply]:
    """Return the held-out replies, both halves."""
    return [msgspec.json.decode(row, type=Reply) for row in HELDOUT.read_bytes().splitlines()]


def readings(replies: Sequence[Reply], model: Model) -> list[Read]:
    """Read every reply."""
    return [Read(reply, read(reply.text, Asked(reply.context), model)) for reply in replies]


def share(part: int, whole: int) -> str:
    """Return a share as people compare them."""
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def rate(rows: Sequence[Read], what: Callable[[Read], bool]) -> str:
    """Return the share of rows of which something holds."""
    return share(sum(map(what, rows)), len(rows))


def print_tiers(title: str, rows: Sequence[Read]) -> None:
    """Print recall and false alarms of both tiers."""
    emergencies = [r for r in rows if r.reply.urgency == "emergency"]
    calm = [r for r in rows if r.reply.urgency in {"routine", "none"}]
    nobody = [r for r in rows if r.reply.urgency == "none"]
    urgent = [r for r in rows if r.reply.urgency == "urgent"]
    say(f"{title}: {len(rows)} replies")
    say(f"  attention  recall {rate(emergencies, lambda r: r.attention)}")
    say(f"             false alarms {rate(calm, lambda r: r.attention)}")
    say(f"             of those needing nobody {rate(nobody, lambda r: r.attention)}")
    say(f"             of the urgent {rate(urgent, lambda r: r.attention)}")
    say(f"  page       recall {rate(emergencies, lambda r: r.reading.tier == 'emergency')}")
    say(f"             false pages {rate(calm, lambda r: r.reading.tier == 'emergency')}")
    say(f"  urgency    right {rate(rows, lambda r: r.reading.urgency == r.reply.urgency)}")


def print_labels(rows: Sequence[Read]) -> None:
    """Print precision, recall and F1 of every label."""
    say(f"  {'label':24}{'precision':>10}{'recall':>8}{'F1':>7}{'rows':>6}")
    scores: list[float] = []
    for label in labels_of([r.reply for r in rows]):
        if label.startswith("u:"):
            continue
        both = sum(label in r.reply.labels and label in r.reading.labels for r in rows)
        is_so = sum(label in r.reply.labels for r in rows)
        said = sum(label in r.reading.labels for r in rows)
        f1 = 2 * both / (is_so + said) if is_so + said else 0.0
        scores.append(f1)
        say(f"  {label:24}{both / said if said else 0:10.2f}{both / is_so:8.2f}{f1:7.2f}{is_so:6}")
    say(f"  macro F1 {sum(scores) / len(scores):.3f}")


def print_stops(rows: Sequence[Read]) -> None:
    """Print how free-form opt-outs fare: the reader's label, and the keyword room's verdict."""
    wished = [r for r in rows if "opt_out" in r.reply.labels]
    others = [r for r in rows if "opt_out" not in r.reply.labels]
    say(
        f"  opt-out    keyword room {rate(wished, lambda r: r.stops)}",
    )
    say(f"             wrong {rate(others, lambda r: r.stops)}")
    say(f"             label {rate(wished, lambda r: 'opt_out' in r.reading.labels)}")
    say(f"             wrong label {rate(others, lambda r: 'opt_out' in r.reading.labels)}")


def print_misses(rows: Sequence[Read]) -> None:
    """Print what went wrong, worst first."""
    for r in rows:
        missed = r.reply.urgency == "emergency" and r.reading.tier != "emergency"
        false = r.reply.urgency in {"routine", "none"} and r.attention
        wrong = set(r.reply.labels) != set(r.reading.labels)
        if missed or false or wrong or r.reading.urgency != r.reply.urgency:
            kind = "MISSED" if missed else "FALSE " if false else "labels"
            rules = ",".join(f.rule for f in r.reading.findings if f.stands)
            back = ",".join(f"{f.standing}:{f.rule}" for f in r.reading.findings if not f.stands)
            say(
                f"{kind} {r.reading.tier:9} p={r.reading.probability:.2f} "
                f"{r.reply.lang} {r.reply.context}: {r.reply.text!r} is {'+'.join(r.reply.labels)}"
                f"/{r.reply.urgency}, read {'+'.join(r.reading.labels)}/{r.reading.urgency}"
                f" [{rules}] ({back})"
            )


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def folded(folds: int) -> list[Read]:
    """Read every reply of the corpus with a model that was trained without it or its like.

    Replies that begin with the same three words stay together, so that no near-duplicate helps.
    """
    replies = corpus()
    labels = labels_of(replies)
    found: list[Read] = []
    for fold in range(folds):
        inside = [r for r in replies if fold_of(r, folds) != fold]
        outside = [r for r in replies if fold_of(r, folds) == fold]
        found += readings(
            outside,
            Model(
                msgspec.structs.replace(
                    fitted(inside, labels, 2), thresholds=shipped_model().thresholds
                )
            ),
        )
    return found


def print_all(rows: Sequence[Read]) -> None:
    """Print the whole table of some rows."""
    print_tiers("all", rows)
    for lang in ("en", "es", "mix"):
        print_tiers(lang, [r for r in rows if r.reply.lang == lang])
    print_labels(rows)
    print_stops(rows)


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    if asked.folds:
        rows = folded(asked.folds)
        print_all(rows)
        if asked.misses:
            print_misses(rows)
        return
    rows = readings(heldout(), shipped_model())
    for title, half in (("OPEN HALF", False), ("LOCKED HALF", True)):
        say(f"\n== {title}")
        print_all([r for r in rows if r.reply.locked is half])
    if asked.misses:
        print_misses([r for r in rows if not r.reply.locked])


if __name__ == "__main__":
    main()
