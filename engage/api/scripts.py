"""Check-in scripts: what can be asked again and again, and which thresholds each takes."""

from collections.abc import Mapping
from typing import Annotated, Literal

from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.checkins.script import CheckInScript, Item, Level, Threshold, load_all


class ThresholdOut(Struct, frozen=True, kw_only=True):
    """A number at which a human must look."""

    name: Annotated[str, Meta(examples=["weight.high"])]
    when: Literal["at-least", "at-most"]
    level: Level
    unit: str
    default: Annotated[float | None, Meta(description="Where a plan says nothing.")]
    required: Annotated[bool, Meta(description="A plan must say it: each person has their own.")]


class ScriptQuestionOut(Struct, frozen=True, kw_only=True):
    """One question, and the words of its answers."""

    key: str
    text: Mapping[str, str]
    options: Annotated[
        Mapping[str, Mapping[str, str]], Meta(description="By the key of the option, by language.")
    ]


class ScriptOut(Struct, frozen=True, kw_only=True):
    """A set of questions for a check-in plan."""

    id: str
    title: str
    version: str
    review: Annotated[str, Meta(description="How far anybody has validated it.")]
    languages: Mapping[str, Literal["project", "draft"]]
    questions: tuple[ScriptQuestionOut, ...]
    thresholds: tuple[ThresholdOut, ...]


class ScriptList(Struct, frozen=True):
    """All check-in scripts; there is one page of them."""

    items: tuple[ScriptOut, ...]
    next: None = None


@get(
    "/check-in-scripts",
    opt=needs("screening.read"),
    operation_id="listCheckInScripts",
    summary="The questions that a check-in plan can ask",
)
async def list_scripts(visit: NamedDependency[Visit]) -> ScriptList:
    """Return every script with its wording and its thresholds."""
    del visit
    return ScriptList(tuple(_outward(one) for one in load_all().values()))


def _outward(script: CheckInScript) -> ScriptOut:
    return ScriptOut(
        id=script.id,
        title=script.title,
        version=script.version,
        review=script.review,
        languages=script.status,
        questions=tuple(_question(item) for item in script.items),
        thresholds=tuple(_threshold(item, one) for item, one in script.thresholds.values()),
    )


def _question(item: Item) -> ScriptQuestionOut:
    return ScriptQuestionOut(
        key=item.key,
        text=item.text,
        options={option.key: option.text for option in item.options},
    )


def _threshold(item: Item, one: Threshold) -> ThresholdOut:
    return ThresholdOut(
        name=one.name,
        when=one.when,
        level=one.rule.level,
        unit="" if item.measure is None else item.measure.unit,
        default=one.default,
        required=one.required,
    )
