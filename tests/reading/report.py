"""Print how well the reader reads people it has never read.

    python -m tests.reading.report            train, write the model, and say what strangers get
    python -m tests.reading.report --misses   and every reply that went wrong
    python -m tests.reading.report --curve    and how the figures move with the number of writers

Each independent writer is read by a model that was trained on others (and on the house's rows,
which were written beside the rules and are never counted). To keep it in minutes, writers are held
out in five groups: that is a fifth fewer writers to learn from than the shipped model has.
"""

import argparse
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from engage.reading.keywords import FreeFormStop, Stop, carrier_word
from engage.reading.linear import Model
from engage.reading.lines import Line
from engage.reading.reader import Asked, Reading, read
from tests.reading.blind import (
    ALLOWED,
    DANGER,
    GROUPS,
    Held,
    held_out,
    level,
    read_blind,
    writers,
)
from tests.reading.model import train, write
from tests.reading.train import Example, Reply, corpus, examples, labels_of

HERE = Path(__file__).parent
DANGERS = ("emergency_medical", "violence", "self_harm")
HELDOUT = HERE / "heldout.jsonl"
"""The first author's own held-out set: it flatters, and is printed last, as a warning."""
PLAIN = HERE / "plain.jsonl"
"""Plain replies that need nobody. Their author also wrote the plain rows of the corpus."""
LENGTHS = ((1, 9), (10, 13), (14, 18), (19, 99))
"""In words: writers tell emergencies at length and calm things shortly; people need not."""


class Read(msgspec.Struct, frozen=True):
    """A reply and what the reader made of it."""

    reply: Reply
    reading: Reading

    @property
    def attention(self) -> bool:
        """Say whether a human is called before the next business hour."""
        return self.reading.tier != "none"

    @property
    def page(self) -> bool:
        """Say whether a human is paged."""
        return self.reading.tier == "emergency"

    @property
    def stops(self) -> bool:
        """Say whether the line closes: the keyword room decides that, not the reader."""
        return isinstance(carrier_word(self.reply.text, None), Stop | FreeFormStop)


def share(part: int, whole: int) -> str:
    """Return a share as people compare them."""
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def rate(rows: Sequence[Read], what: Callable[[Read], bool]) -> str:
    """Return the share of rows of which something holds."""
    return share(sum(map(what, rows)), len(rows))


def print_tiers(title: str, rows: Sequence[Read]) -> None:
    """Print recall and false alarms of both tiers."""
    grave = [r for r in rows if r.reply.urgency == "emergency"]
    calm = [r for r in rows if r.reply.urgency in {"routine", "none"}]
    urgent = [r for r in rows if r.reply.urgency == "urgent"]
    say(
        f"{title:8}{len(rows):5}  attention {rate(grave, lambda r: r.attention):18}"
        f"alarms {rate(calm, lambda r: r.attention):18}page {rate(grave, lambda r: r.page):18}"
        f"alarms {rate(calm, lambda r: r.page):18}urgent seen {rate(urgent, lambda r: r.attention)}"
    )


def print_labels(rows: Sequence[Read]) -> None:
    """Print precision, recall and F1 of every label."""
    say(f"\n{'label':24}{'precision':>10}{'recall':>8}{'F1':>7}{'rows':>6}")
    scores: list[float] = []
    for label in labels_of([r.reply for r in rows]):
        if label.startswith("u:"):
            continue
        both = sum(label in r.reply.labels and label in r.reading.labels for r in rows)
        is_so = sum(label in r.reply.labels for r in rows)
        said = sum(label in r.reading.labels for r in rows)
        f1 = 2 * both / (is_so + said) if is_so + said else 0.0
        scores.append(f1)
        say(f"{label:24}{both / said if said else 0:10.2f}{both / is_so:8.2f}{f1:7.2f}{is_so:6}")
    say(f"macro F1 {sum(scores) / max(len(scores), 1):.3f}")
    say(f"urgency right {rate(rows, lambda r: r.reading.urgency == r.reply.urgency)}")


def print_stops(rows: Sequence[Read]) -> None:
    """Print how free-form opt-outs fare: the reader's label, and the keyword room's verdict."""
    wished = [r for r in rows if "opt_out" in r.reply.labels]
    others = [r for r in rows if "opt_out" not in r.reply.labels]
    for name, found in (
        ("label", lambda r: "opt_out" in r.reading.labels),
        ("keyword room", lambda r: r.stops),
        ("either", lambda r: r.stops or "opt_out" in r.reading.labels),
    ):
        say(f"opt-out, {name}: found {rate(wished, found)}, wrong {rate(others, found)}")


def print_calibration(rows: Sequence[Read]) -> None:
    """Print how often a danger stands behind a probability of danger; urgent rows count as none."""
    say("\nprobability   rows   dangers")
    for low in range(0, 100, 10):
        inside = [r for r in rows if low <= min(r.reading.probability, 0.999) * 100 < low + 10]
        say(
            f"{low / 100:.1f} to {low / 100 + 0.1:.1f}  {len(inside):6}   "
            f"{rate(inside, lambda r: r.reply.urgency == 'emergency')}"
        )


def print_misses(rows: Sequence[Read]) -> None:
    """Print what went wrong."""
    for r in rows:
        missed = r.reply.urgency == "emergency" and not r.page
        false = r.reply.urgency in {"routine", "none"} and r.attention
        wrong = set(r.reply.labels) != set(r.reading.labels)
        if missed or false or wrong:
            kind = "MISSED" if missed else "FALSE " if false else "labels"
            rules = ",".join(f"{f.standing}:{f.rule}" for f in r.reading.findings)
            say(
                f"{kind} {r.reading.tier:9} p={r.reading.probability:.2f} "
                f"{r.reply.lang} {r.reply.context}: {r.reply.text!r} is {'+'.join(r.reply.labels)}"
                f"/{r.reply.urgency}, read {'+'.join(r.reading.labels)}/{r.reading.urgency} "
                f"({rules})"
            )


def print_curve(replies: Sequence[Reply], seen: Sequence[Example], held: Sequence[Held]) -> None:
    """Print recall at the allowed alarms by how many independent writers were learned from.

    `held` are the groups read by models of all the others.
    """
    names = writers(replies)
    most = len(names) - len(names) // GROUPS
    say("\nwriters learned from, beside the house: recall at the allowed alarms")
    for known in sorted({0, most // 2, most}):
        blind = read_blind(held if known == most else held_out(seen, DANGER, known=known))
        grave = [one for one in blind if one.reply.urgency == "emergency"]
        said: list[str] = []
        for tier, allowed in ALLOWED.items():
            bars = level(blind, tier, allowed)
            found = sum(one.reaches(tier) >= bars[one.language] for one in grave)
            said.append(f"{tier} {share(found, len(grave))} at {allowed}")
        say(f"{known:3}  {', '.join(said)}")


def print_plain(model: Model) -> None:
    """Print how many plain replies call somebody, and which."""
    asked = [msgspec.json.decode(row, type=Line) for row in PLAIN.read_bytes().splitlines()]
    found = [(one, read(one.text, Asked(one.context), model)) for one in asked]
    wrong = [(one, reading) for one, reading in found if reading.tier != "none"]
    say(f"plain: {share(len(wrong), len(found))} {[one.text for one, _ in wrong]}")


def print_must_pass(model: Model) -> None:
    """Print how many of the dangers that are said outright page: all, or CI is red."""
    lists = tomllib.loads((HERE / "must_pass.toml").read_text(encoding="utf-8"))
    rows = [read(text, model=model) for texts in lists.values() for text in texts]
    say(f"must pass: {share(sum(row.tier == 'emergency' for row in rows), len(rows))}")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def strangers(held: Sequence[Held]) -> list[Read]:
    """Read every independent writer by a model of others."""
    models = [(Model(one.file), one.replies) for one in held]
    return [
        Read(reply, read(reply.text, Asked(reply.context), model))
        for model, replies in models
        for reply in replies
    ]


def main() -> None:
    """Train, and print the tables that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--curve", action="store_true")
    asked = parser.parse_args()
    replies, began = corpus(), time.monotonic()
    seen = examples(replies)
    file, held = train(replies, seen=seen)
    write(file)
    say(f"trained on {len(replies)} replies in {time.monotonic() - began:.0f} s")
    rows, model = strangers(held), Model(file)
    say(f"{len(rows)} replies of {len(writers(replies))} writers, each held out\n")
    print_tiers("all", rows)
    for lang in sorted(Counter(r.reply.lang for r in rows)):
        print_tiers(lang, [r for r in rows if r.reply.lang == lang])
    for name in writers(replies):
        print_tiers(name, [r for r in rows if r.reply.writer == name])
    for least, most in LENGTHS:
        inside = [r for r in rows if least <= len(r.reply.text.split()) <= most]
        print_tiers(f"{least}-{most}", inside)
    for label in DANGERS:
        print_tiers(label[:7], [r for r in rows if label in r.reply.labels])
    own = [msgspec.json.decode(row, type=Reply) for row in HELDOUT.read_bytes().splitlines()]
    print_tiers("own", [Read(r, read(r.text, Asked(r.context), model)) for r in own])
    print_must_pass(model)
    print_plain(model)
    print_labels(rows)
    print_stops(rows)
    print_calibration(rows)
    if asked.curve:
        print_curve(replies, seen, held)
    if asked.misses:
        print_misses(rows)
    say(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
