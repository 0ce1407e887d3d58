"""Read every independent writer by a model that never saw that writer, and set thresholds by it.

Rows of the house are always trained on and never counted: they were written beside the rules.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec

from engage.reading.linear import Model
from engage.reading.observe import language_of, observe
from engage.reading.reader import Asked, Tier, bare_answer, ruled
from tests.reading.alike import alike
from tests.reading.train import HOUSE, Reply, fitted

DANGER = ("u:emergency", "emergency_medical", "self_harm", "violence")
ALLOWED = {"possible": 0.11, "emergency": 0.037}
"""False alarms among replies that need nobody now: a little less than the label policy allows."""
WRONG_OPT_OUTS = 0.004
LABEL_THRESHOLD = 0.3
SURE, NEVER = 2.0, -1.0


class Blind(msgspec.Struct, frozen=True):
    """A reply read by a model that never saw its writer."""

    reply: Reply
    language: str
    score: float
    """The model's probability of danger; NEVER for a bare answer, which it does not weigh."""
    ruled: Tier
    """What the rules ask for by themselves."""
    opt_out: float

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


def apart(replies: Sequence[Reply], out: Sequence[str]) -> tuple[list[Reply], list[Reply]]:
    """Return what is trained on and what is read: no writer and no near-duplicate in both."""
    held = [reply for reply in replies if reply.writer in out]
    rest = [reply for reply in replies if reply.writer not in out]
    twins = alike([reply.text for reply in rest], [reply.text for reply in held])
    return [reply for place, reply in enumerate(rest) if place not in twins], held


def read_blind(
    replies: Sequence[Reply], workers: int, known: int | None = None, heads: Sequence[str] = DANGER
) -> list[Blind]:
    """Read each writer by a model of the others; `known` limits how many others it learns from."""
    names = writers(replies)
    tasks = [(list(replies), names, place, known, tuple(heads)) for place in range(len(names))]
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            return [one for found in pool.map(_read_one, tasks) for one in found]
    return [one for task in tasks for one in _read_one(task)]


def _read_one(
    task: tuple[list[Reply], tuple[str, ...], int, int | None, tuple[str, ...]],
) -> list[Blind]:
    replies, names, place, known, heads = task
    others = [names[(place + step) % len(names)] for step in range(1, len(names))]
    kept = {*HOUSE, names[place], *others[: len(others) if known is None else known]}
    inside, outside = apart([r for r in replies if r.writer in kept], names[place : place + 1])
    model = Model(fitted(inside, heads, 1))
    found: list[Blind] = []
    for reply in outside:
        seen = observe(reply.text, reply.context, model.known)
        scores = model.scores(seen.features)
        danger = model.danger(scores)
        bare = (
            not any(one.stands for one in seen.findings)
            and bare_answer(seen, Asked(reply.context)) is not None
        )
        found.append(
            Blind(
                reply,
                language_of(seen.words),
                NEVER if bare else danger,
                ruled(seen.findings, danger),
                NEVER if bare else scores.get("opt_out", 0.0),
            )
        )
    return found


def thresholds(blind: Sequence[Blind], labels: Sequence[str]) -> dict[str, float]:
    """Return the thresholds at which strangers' replies give the allowed alarms."""
    found: dict[str, float] = dict.fromkeys(labels, LABEL_THRESHOLD)
    for tier, allowed in ALLOWED.items():
        found |= {
            f"{tier}:{language}": bar for language, bar in level(blind, tier, allowed).items()
        }
    staying = sorted(one.opt_out for one in blind if "opt_out" not in one.reply.labels)
    if staying:
        least = staying[len(staying) - 1 - int(WRONG_OPT_OUTS * len(staying))]
        found["opt_out"] = round(min(max(least, LABEL_THRESHOLD / 3), 0.9), 4)
    return found


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
