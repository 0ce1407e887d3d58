"""The reader: from a text to how soon a human must look, what it says, and why (p).

Two readings of the same words are joined, and the graver one counts: rules that a nurse can read
(redflags, measures, within the scope of scope.py) and a linear model trained on this repository's
own corpus. A rule of a crisis pages, whatever the model says; the model may only raise; a reader
that fails says POSSIBLE.

What it refuses: to diagnose, to lower, to close, to answer. It never says "not a crisis": a text
without a finding is a text in which this reader found none. It quotes nothing; an explanation is
made of places, rule ids and short runs of letters, and those belong beside the sealed text.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal

import msgspec

from engage.reading.answers import COMMON, STANDARD, Context, Option, Urgency, answered, index_of
from engage.reading.grams import SIGN
from engage.reading.keywords import FreeFormStop, carrier_word
from engage.reading.linear import Model, shipped
from engage.reading.observe import (
    LONGEST,
    MOST_STEPS,
    Finding,
    Observed,
    language_of,
    observe,
)
from engage.reading.redflags import Kind, Language, RedFlag, Severity
from engage.reading.signs import CALM

Tier = Literal["emergency", "possible", "none"]

_TERMS = 6
_SHORTEST = 3
_FEW = 9
_SURER = 1.6
_URGENCIES: tuple[Urgency, ...] = ("none", "routine", "urgent", "emergency")
_KINDS: dict[str, Kind] = {
    "emergency_medical": "medical",
    "self_harm": "self-harm",
    "violence": "violence",
}
_LABEL_OF: dict[Kind, str] = {kind: label for label, kind in _KINDS.items()}
_PAGES: dict[str, Urgency] = {"emergency_medical": "emergency", "self_harm": "emergency"}
NOTHING = "none_of_these"
_NEEDS = frozenset(
    ["food", "housing", "utilities", "transportation", "caregiver_strain", "help_request"]
)
"""Who states one of these waits for somebody, if only on the next business day."""


class Asked(msgspec.Struct, frozen=True):
    """The open prompt: which kind, and its options if they are not the usual ones."""

    context: Context = "none"
    options: tuple[Option, ...] | None = None


class Reading(msgspec.Struct, frozen=True):
    """What the reader makes of one text."""

    tier: Tier
    urgency: Urgency
    labels: tuple[str, ...]
    kind: Kind | None
    """Whose words answer it; None in the tier "none"."""
    language: Language
    findings: tuple[Finding, ...]
    """What rules found, taken back or not, in the order of the text."""
    terms: tuple[str, ...]
    """The features that weighed most for the tier, for whoever asks why."""
    probability: float
    """The model's estimate that a human is needed now."""
    version: str
    guessed: bool = False
    """No label was sure by its own threshold: the likeliest one stands, and proves nothing."""
    failed: bool = False
    """Nothing was read: the tier is a precaution, and somebody must repair the reader."""


UNASKED = Asked()


@cache
def shipped_model() -> Model:
    """Return the model of this release, read once."""
    return shipped()


def read(
    text: str, asked: Asked = UNASKED, model: Model | None = None, steps: int = MOST_STEPS
) -> Reading:
    """Read one text. It never raises: what cannot be read is POSSIBLE, and says that it failed."""
    try:
        model = model or shipped_model()
        seen = observe(text, asked.context, model.known, steps)
        reading = _read(seen, asked, model)
    except Exception:  # noqa: BLE001 - whatever it is: an unread text must reach a human
        return _unread()
    if isinstance(carrier_word(text, None), FreeFormStop) and "opt_out" not in reading.labels:
        labels = ("opt_out", *(label for label in reading.labels if label != NOTHING))
        reading = msgspec.structs.replace(reading, labels=labels)
    if len(text) > LONGEST and reading.tier == "none":
        # Nobody saw its end.
        return msgspec.structs.replace(reading, tier="possible", urgency="urgent", kind="medical")
    return reading


MODEL_RULE = "model"
FAILED_RULE = "reader-failed"
_SEVERITIES: dict[Tier, Severity] = {"emergency": "crisis", "possible": "possible"}


def dangers(reading: Reading, length: int) -> tuple[RedFlag, ...]:
    """Return a reading as red flags: what rules found, and the model where it alone raises.

    `length` is that of the text, since the model speaks of all of it.
    """
    if reading.tier == "none" or reading.kind is None:
        return ()
    severity = _SEVERITIES[reading.tier]
    found = [
        RedFlag(
            one.rule,
            one.severity,
            one.kind,
            one.language,
            one.start,
            one.end,
        )
        for one in reading.findings
        if one.stands
    ]
    if all(one.severity != severity for one in found):
        rule = FAILED_RULE if reading.failed else MODEL_RULE
        found.append(RedFlag(rule, severity, reading.kind, reading.language, 0, length))
    return tuple(sorted(found, key=lambda one: (one.severity == "possible", one.start, one.rule)))


def _unread() -> Reading:
    return Reading("possible", "urgent", (), "medical", "en", (), (), 0.0, "", failed=True)


def _read(seen: Observed, asked: Asked, model: Model) -> Reading:
    scores = model.scores(seen.features)
    # Of a syllable alone ("se", the rest of a word that was cut) the model knows nothing.
    says = any(len(word.text) >= _SHORTEST for word in seen.words)
    probability = model.danger(scores) if says else 0.0
    language = language_of(seen.words)
    option = None if any(one.stands for one in seen.findings) else bare_answer(seen, asked)
    tier = "none" if option is not None else _tier(seen, probability, language, model)
    urgency = _urgency(scores, tier) if option is None else option.urgency
    labels, guessed = (
        (option.labels, False)
        if option is not None
        else _labels(scores, urgency, asked.context, model)
    )
    kind = _kind(seen.findings, scores) if tier != "none" else None
    if option is None:
        labels = _led(labels, seen, asked)
        if urgency == "none" and not _NEEDS.isdisjoint(labels):
            urgency = "routine"
    if tier == "emergency" and kind is not None and not _KINDS.keys() & set(labels):
        labels = (_LABEL_OF[kind], *(label for label in labels if label != NOTHING))
    return Reading(
        tier=tier,
        urgency=urgency,
        labels=labels,
        kind=kind,
        language=language,
        findings=seen.findings,
        terms=model.heaviest(seen.features, "u:emergency", _TERMS) if tier != "none" else (),
        probability=round(probability, 4),
        version=model.version,
        guessed=guessed,
    )


def ruled(findings: Sequence[Finding]) -> Tier:
    """Return what the rules alone ask for, whatever the model finds."""
    standing = {one.severity for one in findings if one.stands}
    if "crisis" in standing:
        return "emergency"
    return "possible" if "possible" in standing else "none"


def _tier(seen: Observed, probability: float, language: Language, model: Model) -> Tier:
    """Join both readings: the graver one counts."""
    said, surer = ruled(seen.findings), surer_by(seen)
    if said == "emergency" or probability >= surer * model.thresholds[f"emergency:{language}"]:
        return "emergency"
    if said == "possible" or probability >= surer * model.thresholds[f"possible:{language}"]:
        return "possible"
    return "none"


def surer_by(seen: Observed) -> float:
    """Return by how much surer the model must be than usual.

    "She ate well": of a few words in which no rule and no sign of danger finds anything it knows
    little.
    """
    few = len(seen.words) <= _FEW
    told = any(one.stands for one in seen.findings) or any(
        feature.startswith(SIGN) and feature.removeprefix(SIGN) not in CALM
        for feature in seen.features
    )
    return _SURER if few and not told else 1.0


@lru_cache(maxsize=256)
def _ways(options: tuple[Option, ...]) -> dict[tuple[str, ...], Option]:
    return index_of((*options, *COMMON))


def bare_answer(seen: Observed, asked: Asked) -> Option | None:
    """Return the option that the whole reply is, if any: the model does not weigh it."""
    options = STANDARD.get(asked.context, ()) if asked.options is None else asked.options
    return answered([word.text for word in seen.words], _ways(options))


def _urgency(scores: dict[str, float], tier: Tier) -> Urgency:
    if tier == "emergency":
        return "emergency"
    likely = max(_URGENCIES, key=lambda urgency: scores[f"u:{urgency}"])
    if tier == "possible":
        # Fifteen minutes are never less than the same day.
        return "emergency" if likely == "emergency" else "urgent"
    return "urgent" if likely == "emergency" else likely


def _kind(findings: Sequence[Finding], scores: dict[str, float]) -> Kind:
    """Return whose words answer a danger: the surest of both readings."""
    standing = [one for one in findings if one.stands]
    gravest = [one for one in standing if one.severity == "crisis"] or standing
    if gravest:
        return max(gravest, key=lambda one: scores[_LABEL_OF[one.kind]]).kind
    return _KINDS[max(_KINDS, key=lambda label: scores[label])]


def _labels(
    scores: dict[str, float], urgency: Urgency, context: Context, model: Model
) -> tuple[tuple[str, ...], bool]:
    """Return the labels, the surest first, and whether they are only the likeliest."""
    chosen = {
        label: score
        for label, score in scores.items()
        if not label.startswith("u:")
        and label != NOTHING
        and score >= model.thresholds.get(label, 0.5)
        and not (label in _PAGES and urgency != "emergency")
    }
    guessed = not chosen
    if guessed:
        # A wish to opt out is heard where it is sure enough, and is nobody's second guess.
        best = max(
            (label for label in scores if not label.startswith("u:") and label != "opt_out"),
            key=scores.__getitem__,
        )
        if best != NOTHING and not (best in _PAGES and urgency != "emergency"):
            chosen = {best: scores[best]}
    _agree(chosen, context)
    return tuple(sorted(chosen, key=lambda label: (-chosen[label], label))) or (NOTHING,), guessed


_LEADS: frozenset[Context] = frozenset({"appt_confirm", "hvs_food"})
"""Prompts whose numbers mean one thing: how somebody feels is more than a number."""


def _led(labels: tuple[str, ...], seen: Observed, asked: Asked) -> tuple[str, ...]:
    """Hear the option that a reply begins with: "3, the van broke down" says what 3 says.

    "3 days without food" begins with a number too: an option against the rest is not heard.
    """
    led = seen.words[0].text if len(seen.words) > 1 else ""
    options = STANDARD.get(asked.context, ()) if asked.options is None else asked.options
    option = answered((led,), _ways(options)) if led.isdecimal() else None
    if option is None or asked.context not in _LEADS or set(option.labels) <= set(labels):
        return labels
    against = {label for other in options for label in other.labels} - set(option.labels)
    if "food" in against and "food" in labels:
        return labels
    kept = (label for label in labels if label not in {*against, *option.labels, NOTHING})
    return (*kept, *option.labels)


_IMPLIED: dict[Context, tuple[str, str, str]] = {
    "hvs_food": ("food", "yes", "no"),
    "transport": ("transportation", "no", "yes"),
    "appt_confirm": ("appointment_confirm", "yes", "no"),
}
_VISITS = ("appointment_confirm", "appointment_reschedule", "appointment_cancel")


def _agree(chosen: dict[str, float], context: Context) -> None:
    """Make the labels agree: an answer is yes or no, a visit has one fate, and a need answers."""
    fates = sorted(
        (label for label in _VISITS if label in chosen), key=lambda label: -chosen[label]
    )
    for label in fates[1:]:
        del chosen[label]
    need, implied, opposite = _IMPLIED.get(context, ("", "", ""))
    if need in chosen and need != "appointment_confirm":
        chosen[implied] = max(chosen.get(implied, 0.0), chosen[need])
        chosen.pop(opposite, None)
    if "yes" in chosen and "no" in chosen:
        del chosen["yes" if chosen["yes"] < chosen["no"] else "no"]
