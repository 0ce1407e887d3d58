"""Read every independent writer by a model that never saw that writer, and set thresholds by it.

To keep it in minutes, writers are held out in groups: that is fewer writers to learn from than the
shipped model has. Rows of the house are always trained on and never counted: they were written
beside the rules.
"""

from collections.abc import Container, Mapping, Sequence

import msgspec

from engage.reading.linear import Model, ModelFile
from engage.reading.observe import language_of, observe
from engage.reading.reader import Asked, Tier, bare_answer, ruled, surer_by
from tests.reading.alike import near
from tests.reading.train import HOUSE, Example, Reply, fitted

GROUPS = 5
DANGER = ("u:emergency", "emergency_medical", "self_harm", "violence")
ALLOWED = {"possible": 0.108, "emergency": 0.036}
"""False alarms among replies that need nobody now, by models of fewer writers. The policy allows
0.12 and 0.04: strangers had a tenth more pages than was set, and fewer questions."""
WRONG_OPT_OUTS = 0.0043
LABEL_THRESHOLD = 0.3
LOWEST, HIGHEST = 0.08, 0.7
NEARLY_BEST = 0.005
SURE, NEVER = 2.0, -1.0


class Held(msgspec.Struct, frozen=True):
    """Writers held out, and a model that never saw them or their near-duplicates."""

    file: ModelFile
    replies: list[Reply]


class Blind(msgspec.Struct, frozen=True):
    """A reply read by a model that never saw its writer."""

    reply: Reply
    language: str
    score: float
    """The model's probability of danger by what is asked of it; NEVER for a bare answer."""
    ruled: Tier
    """What the rules ask for by themselves."""
    scores: dict[str, float]
    """What the model gives each label; nothing for a bare answer."""

    def reaches(self, tier: str) -> float:
        """Return the score with what the rules add for a tier."""
        return SURE if self.ruled in {tier, "emergency"} else self.score

    @property
    def calm(self) -> bool:
        """Say whether nobody is needed today."""
        return self.reply.urgency in {"routine", "none"}


def writers(replies: Sequence[Reply]) -> tuple[str, ...]:
    """Return the independent writers."""
    return tuple(sorted({reply.writer for reply in replies} - HOUSE.keys()))


Twins = Mapping[str, frozenset[str]]
"""The ids of the near-duplicates of each reply, by its id."""


def twins_of(seen: Sequence[Example]) -> Twins:
    """Return which replies are near-duplicates: asked once, for all the groups."""
    replies = [one.reply for one in seen if not one.copied]
    found = near([reply.text for reply in replies])
    return {
        reply.id: frozenset(replies[place].id for place in places)
        for reply, places in zip(replies, found, strict=True)
    }


def apart(
    seen: Sequence[Example], out: Sequence[str], kept: Container[str], twins: Twins
) -> tuple[list[int], list[Reply]]:
    """Return the places of what is trained on, and what is read.

    No writer and no near-duplicate is in both; who is neither `out` nor `kept` is in none.
    """
    held = [one.reply for one in seen if one.reply.writer in out and not one.copied]
    left_out = frozenset[str]().union(*(twins[reply.id] for reply in held))
    learned = [
        place
        for place, one in enumerate(seen)
        if one.reply.writer in kept and one.reply.id not in left_out
    ]
    return learned, held


def groups(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the writers in groups, as alike in size as they come."""
    return [tuple(names[place::GROUPS]) for place in range(GROUPS)]


def parted(
    seen: Sequence[Example], known: int | None = None
) -> list[tuple[list[int], list[Reply]]]:
    """Return each group of writers with what it is read by; `known` limits how many others."""
    names = writers([one.reply for one in seen])
    found: list[tuple[list[int], list[Reply]]] = []
    twins = twins_of(seen)
    for out in groups(names):
        others = [name for name in names if name not in out]
        kept = {*HOUSE, *others[: len(others) if known is None else known]}
        found.append(apart(seen, out, kept, twins))
    return found


def held_out(
    seen: Sequence[Example], labels: Sequence[str], workers: int = 2, known: int | None = None
) -> list[Held]:
    """Return a model for each group of writers; `known` limits how many others it learns from."""
    parts = parted(seen, known)
    files = fitted(seen, labels, [inside for inside, _ in parts], workers)
    return [Held(file, held) for file, (_, held) in zip(files, parts, strict=True)]


def read_blind(held: Sequence[Held]) -> list[Blind]:
    """Read each group by its model."""
    return [one for group in held for one in _read_group(group)]


def _read_group(group: Held) -> list[Blind]:
    model = Model(group.file)
    found: list[Blind] = []
    for reply in group.replies:
        seen = observe(reply.text, reply.context, model.known)
        scores = model.scores(seen.features)
        bare = (
            not any(one.stands for one in seen.findings)
            and bare_answer(seen, Asked(reply.context)) is not None
        )
        found.append(
            Blind(
                reply,
                language_of(seen.words),
                NEVER if bare else model.danger(scores) / surer_by(seen),
                ruled(seen.findings),
                {} if bare else scores,
            )
        )
    return found


def thresholds(blind: Sequence[Blind], labels: Sequence[str]) -> dict[str, float]:
    """Return the thresholds at which strangers' replies give the allowed alarms."""
    found: dict[str, float] = {}
    for tier, allowed in ALLOWED.items():
        found |= {
            f"{tier}:{language}": bar for language, bar in level(blind, tier, allowed).items()
        }
    for label in labels:
        found[label] = threshold(blind, label)
    return found


def threshold(blind: Sequence[Blind], label: str) -> float:
    """Return the middle of the thresholds with nearly the best F1; an opt-out must rarely err."""
    scored = sorted(
        ((one.scores[label], label in one.reply.labels) for one in blind if one.scores),
        reverse=True,
    )
    there = sum(so for _, so in scored)
    if label.startswith("u:") or not there:
        return LABEL_THRESHOLD
    if label == "opt_out":
        wrong = [score for score, so in scored if not so]
        return round(max(wrong[int(WRONG_OPT_OUTS * len(wrong))], LOWEST), 4)
    hits, ways = 0, list[tuple[float, float]]()
    for said, (score, so) in enumerate(scored, 1):
        hits += so
        ways.append((2 * hits / (said + there), score))
    best = max(f1 for f1, _ in ways)
    good = [score for f1, score in ways if f1 > best - NEARLY_BEST]
    return round(min(max((good[0] + good[-1]) / 2, LOWEST), HIGHEST), 4)


def level(blind: Sequence[Blind], tier: str, allowed: float) -> dict[str, float]:
    """Return one threshold a language, with equal recall in both and the allowed alarms in all."""
    bars = {"en": 0.5, "es": 0.5}
    calm = [one for one in blind if one.calm]
    grave = {
        language: sorted(
            one.reaches(tier)
            for one in blind
            if one.language == language and one.reply.urgency == "emergency"
        )
        for language in bars
    }
    if not calm or not all(grave.values()):
        return bars
    for missed in range(1000):
        bars = {
            language: round(min(max(found[int(missed / 1000 * len(found))], 0.02), 0.98), 4)
            for language, found in grave.items()
        }
        alarms = sum(one.reaches(tier) >= bars[one.language] for one in calm)
        if alarms <= allowed * len(calm):
            break
    return bars
