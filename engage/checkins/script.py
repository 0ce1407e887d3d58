"""Check-in scripts as data: questions, and which answers are red or amber, one file each. (p).

None of them is a validated tool, and every file says so. A threshold of a number belongs to the
person's own plan; what stands in a file is only where a plan says nothing, and one that is required
has no such value. This room refuses a script without licence, source or review, a red rule that is
routine, a language that is not worded throughout, and a threshold that nobody could ever reach.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias, assert_never

import msgspec
from msgspec import Struct, field

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    Measured,
    NotAsked,
)
from engage.conversation.script import Bounds, Meaning, Measure, Option, Prompt, Script
from engage.conversation.severity import Severity, rank
from engage.conversation.tokens import tokens_of
from engage.errors import EngageError
from engage.messaging.copies import ASKED_OF_CAREGIVER
from engage.messaging.texts import Choice, Question
from engage.reading.fold import fold

REVIEW = "not validated; clinician review"
"""What every script says of itself until somebody who may has signed it off."""

PROXY = ASKED_OF_CAREGIVER
"""Behind a script's id: the same questions, put to a caregiver about the person."""

Status: TypeAlias = Literal["project", "draft"]
Level: TypeAlias = Literal["red", "amber"]
Limits: TypeAlias = Mapping[str, float]
"""Thresholds by name, "weight.high", as a plan sets them."""

_SEVERITIES: Mapping[Level, tuple[Severity, ...]] = {
    "red": ("urgent", "possible"),
    "amber": ("routine", "urgent"),
}


class ScriptInvalid(EngageError):  # noqa: N818 - reads as a sentence: raise ScriptInvalid
    """A check-in script is incomplete or contradicts itself."""

    def __init__(self, reason: str) -> None:
        """Take what is wrong, naming the field."""
        self._reason = reason
        super().__init__()

    @property
    def sentence(self) -> str:
        """What is wrong, naming the field."""
        return f"The check-in script can't be used: {self._reason}"


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """What an answer means for the care team: how soon a human must look."""

    level: Level
    severity: Severity


class ItemOption(Struct, frozen=True, forbid_unknown_fields=True):
    """One allowed answer."""

    key: str
    number: int
    #: Wording by language.
    text: Mapping[str, str]
    #: Further replies that mean it, by language.
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    rule: Rule | None = None
    meaning: Meaning | None = None
    #: The social need that it is a risk of; then it is that need's work.
    domain: str | None = None


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """One number of a measurement, and between what it can be true."""

    least: float
    most: float


class Threshold(Struct, frozen=True, forbid_unknown_fields=True):
    """A number at which a human must look."""

    name: str
    when: Literal["at-least", "at-most"]
    rule: Rule
    #: Which number of the measurement, from 0.
    part: int = 0
    #: Where the plan says nothing; none at all is never reached.
    default: float | None = None
    #: The plan must say it.
    required: bool = False


class MeasureAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """The number that is asked for."""

    unit: str
    #: Names of the unit that a reply may carry.
    units: tuple[str, ...]
    parts: tuple[Part, ...] = field(name="part")
    thresholds: tuple[Threshold, ...] = field(name="threshold")


class OnlyAfter(Struct, frozen=True, forbid_unknown_fields=True):
    """The answers of an earlier question after which this one is asked."""

    item: str
    options: tuple[str, ...]


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One question."""

    key: str
    text: Mapping[str, str]
    options: tuple[ItemOption, ...] = field(name="option", default=())
    measure: MeasureAsked | None = None
    only_after: OnlyAfter | None = None

    def option(self, key: str) -> ItemOption | None:
        """Return the option of this key, if the question offers it."""
        return next((option for option in self.options if option.key == key), None)


class CheckInScript(Struct, frozen=True, forbid_unknown_fields=True):
    """A set of questions that is asked again and again."""

    id: str
    title: str
    version: str
    review: str
    source: tuple[str, ...]
    license: str
    #: The kind of text it is.
    kind: Literal["discharge", "check-in"]
    status: Mapping[str, Status]
    items: tuple[Item, ...] = field(name="item")
    nudge_after_hours: int = 24
    silence_after_hours: int = 24
    #: The social needs that the reader's labels are risks of, while this is asked.
    words: Mapping[str, str] = field(default_factory=dict[str, str])

    def item(self, key: str) -> Item | None:
        """Return the question of this key, if the script has it."""
        return next((item for item in self.items if item.key == key), None)

    @property
    def thresholds(self) -> Mapping[str, tuple[Item, Threshold]]:
        """Every threshold by name, with its question."""
        return {
            one.name: (item, one)
            for item in self.items
            for one in (item.measure.thresholds if item.measure else ())
        }


class Concern(Struct, frozen=True):
    """An answer that a human must look at."""

    level: Level
    severity: Severity
    #: Which rule says so, unique within the script: "checkin.problem/yes", "…/weight.high".
    rule: str
    #: The social need that it is a risk of.
    domain: str | None = None


def parse(toml_text: str) -> CheckInScript:
    """Return the script a file describes; what is wrong with it is named by field."""
    try:
        script = msgspec.convert(tomllib.loads(toml_text), CheckInScript)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise ScriptInvalid(str(wrong)) from wrong
    for problem in _problems(script):
        raise ScriptInvalid(problem)
    try:
        conversation_of(script)
    except ValueError as wrong:
        raise ScriptInvalid(str(wrong)) from wrong
    return script


@lru_cache(maxsize=1)
def load_all() -> Mapping[str, CheckInScript]:
    """Return the scripts that ship with the package, by id."""
    folder = resources.files("engage.checkins") / "scripts"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    scripts = [parse((folder / name).read_text(encoding="utf-8")) for name in files]
    known: dict[str, Question] = {}
    for script in scripts:
        for key, question in questions_of(script).items():
            # Answers are compared over time by their key: one key is one question.
            if known.setdefault(key, question) != question:
                reason = f"{script.id}: {key} is worded otherwise in another script"
                raise ScriptInvalid(reason)
    return {script.id: script for script in scripts}


def concern_of(script: CheckInScript, item: str, answer: Answer, limits: Limits) -> Concern | None:
    """Return what a rule says of one answer, by the plan's own thresholds; None: nothing."""
    asked = script.item(item)
    if asked is None:
        return None
    match answer:
        case Chosen(option):
            found = asked.option(option)
            if found is None or found.rule is None:
                return None
            rule = found.rule
            return Concern(rule.level, rule.severity, f"{item}/{option}", found.domain)
        case Measured(numbers):
            reached = (
                one
                for one in (asked.measure.thresholds if asked.measure else ())
                if one.part < len(numbers) and _reached(one, numbers[one.part], limits)
            )
            worst = max(reached, key=lambda one: rank(one.rule.severity), default=None)
            if worst is None:
                return None
            return Concern(worst.rule.level, worst.rule.severity, f"{item}/{worst.name}")
        case ChosenSeveral() | Declined() | DidNotKnow() | NotAsked():
            # No check-in takes several options at once.
            return None
        case _:
            assert_never(answer)


def conversation_of(script: CheckInScript, *, proxy: bool = False) -> Script:
    """Return the prompts of a script, in order, with every reply that counts."""
    return Script(
        script.id + PROXY if proxy else script.id,
        script.version,
        tuple(_prompt(item) for item in script.items),
        lead="check-in.opening.caregiver" if proxy else "check-in.opening",
        closing="check-in.thanks.caregiver" if proxy else "check-in.thanks",
        nudge_after_hours=script.nudge_after_hours,
        silence_after_hours=script.silence_after_hours,
    )


def conversations_of(script: CheckInScript) -> tuple[Script, Script]:
    """Return the prompts as they are put to the person, and to a caregiver."""
    return conversation_of(script), conversation_of(script, proxy=True)


def questions_of(script: CheckInScript) -> Mapping[str, Question]:
    """Return the wording of a script's questions, by item key, for messaging to send."""
    return {
        item.key: Question(
            item.text, tuple(Choice(option.number, option.text) for option in item.options)
        )
        for item in script.items
    }


def is_proxy(script_id: str) -> bool:
    """Say whether a conversation puts its questions to a caregiver."""
    return script_id.endswith(PROXY)


def own_id(script_id: str) -> str:
    """Return a script's id without the sign of who is asked."""
    return script_id.removesuffix(PROXY)


def _reached(one: Threshold, number: float, limits: Limits) -> bool:
    limit = limits.get(one.name, one.default)
    if limit is None:
        return False
    return number >= limit if one.when == "at-least" else number <= limit


def _prompt(item: Item) -> Prompt:
    options = (
        Option(
            option.key,
            option.number,
            tuple(map(fold, words_of(option))),
            option.meaning,
            # What may be an emergency is followed by a human, and by no further question.
            stops=option.rule is not None and option.rule.severity == "possible",
        )
        for option in item.options
    )
    measure = item.measure and Measure(
        tuple(Bounds(part.least, part.most) for part in item.measure.parts),
        tuple(map(fold, item.measure.units)),
    )
    after = item.only_after and (item.only_after.item, item.only_after.options)
    return Prompt(item.key, tuple(options), measure=measure, only_after=after)


def words_of(option: ItemOption) -> tuple[str, ...]:
    """Return all the replies that mean an option, in every language, its own wording first."""
    return (*option.text.values(), *(word for words in option.words.values() for word in words))


def _problems(script: CheckInScript) -> Iterator[str]:
    for name in ("id", "title", "version", "license"):
        if not str(getattr(script, name)).strip():
            yield f"{name} is empty"
    if not any(line.strip() for line in script.source):
        yield "source is empty"
    if script.review != REVIEW:
        yield f"review must say {REVIEW!r}"
    if PROXY in script.id:
        yield f"id may not hold {PROXY!r}"
    if not script.status:
        yield "status names no language"
    for item in script.items:
        yield from _problems_of(item, script)
    names = [t.name for i in script.items if i.measure for t in i.measure.thresholds]
    if len(set(names)) != len(names):
        yield "item.measure.threshold.name is used twice"


def _problems_of(item: Item, script: CheckInScript) -> Iterator[str]:
    if (item.measure is None) == (not item.options):
        yield f"{item.key}: it needs options or a measure, and not both"
    for where, texts in (
        (item.key, item.text),
        *((f"{item.key}.{option.key}", option.text) for option in item.options),
    ):
        if missing := [one for one in script.status if not texts.get(one, "").strip()]:
            yield f"{where}: text.{missing[0]} is missing"
    owners: dict[tuple[str, ...], str] = {}
    for option in item.options:
        yield from _problems_of_rule(f"{item.key}.{option.key}", option.rule)
        if option.domain is not None and option.rule is None:
            yield f"{item.key}.{option.key}: what is a risk needs a rule"
        for word in words_of(option):
            if owners.setdefault(tokens_of(word), option.key) != option.key:
                yield f"{item.key}.{option.key}: words {word!r} already mean another option"
    if item.only_after is not None:
        earlier = script.item(item.only_after.item)
        known = {option.key for option in earlier.options} if earlier else set[str]()
        if not item.only_after.options or not known.issuperset(item.only_after.options):
            yield f"{item.key}: only_after names no such answer"
    for one in item.measure.thresholds if item.measure else ():
        yield from _problems_of_threshold(item, one)


def _problems_of_threshold(item: Item, one: Threshold) -> Iterator[str]:
    where = f"{item.key}.{one.name}"
    yield from _problems_of_rule(where, one.rule)
    parts = item.measure.parts if item.measure else ()
    if not 0 <= one.part < len(parts):
        yield f"{where}: part is none of its numbers"
    elif one.default is not None and not is_reachable(item, one, one.default):
        yield f"{where}: default can't be true"
    if one.required and one.default is not None:
        yield f"{where}: what is required has no default"


def is_reachable(item: Item, one: Threshold, limit: float) -> bool:
    """Say whether a limit lies where the number itself may."""
    if item.measure is None or one.part >= len(item.measure.parts):
        return False
    part = item.measure.parts[one.part]
    return part.least <= limit <= part.most


def _problems_of_rule(where: str, rule: Rule | None) -> Iterator[str]:
    if rule is not None and rule.severity not in _SEVERITIES[rule.level]:
        yield f"{where}: {rule.level} can't be {rule.severity}"
