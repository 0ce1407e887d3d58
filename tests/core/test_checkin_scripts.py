"""Check-in scripts: complete or refused, and every rule fires on what it says."""

import re
from importlib import resources

import pytest

from engage.checkins.plan import NoSuchThreshold, ThresholdNeeded, refuse_thresholds
from engage.checkins.script import (
    REVIEW,
    CheckInScript,
    Concern,
    ScriptInvalid,
    concern_of,
    conversation_of,
    load_all,
    parse,
    questions_of,
)
from engage.conversation.answers import Chosen, Declined, DidNotKnow, Measured, NotAsked, Understood
from engage.conversation.replies import read_answer
from engage.messaging.segments import count
from engage.messaging.texts import compose, load

SCRIPTS = load_all()
WEIGHT = (resources.files("engage.checkins") / "scripts" / "weight.toml").read_text("utf-8")
CHRONIC = (resources.files("engage.checkins") / "scripts" / "chronic-care.toml").read_text("utf-8")
FRAME = {"practice": "Riverside Family Health Center", "given_name": "Maria Fernanda"}


def test_the_sets_that_ship() -> None:
    """The sets after discharge and for long illness are there, each marked as unreviewed."""
    assert {"post-discharge", "chronic-care", "weight", "blood-sugar", "blood-pressure"} <= set(
        SCRIPTS
    )
    assert {one.review for one in SCRIPTS.values()} == {REVIEW}
    assert {one.status["es"] for one in SCRIPTS.values()} == {"draft"}


@pytest.mark.parametrize("field", ["license", "source", "review", "version", "title"])
def test_what_is_needed_is_needed(field: str) -> None:
    """A script without licence, source or review does not load, and the field is named."""
    without = re.sub(rf"(?ms)^{field} = (\[.*?^\]|.*?)$\n", "", WEIGHT, count=1)

    with pytest.raises(ScriptInvalid) as refused:
        parse(without)
    assert field in refused.value.sentence


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (REVIEW, "validated", "review"),
        ('license = "Apache-2.0', 'license = "" # "', "license"),
        (
            'level = "amber", severity = "routine"',
            'level = "amber", severity = "possible"',
            "amber",
        ),
        ('text.es = "Peor"', 'text.es = " "', "text.es"),
        ('number = 3\ntext.en = "Worse"', 'number = 2\ntext.en = "Worse"', "number"),
        ('name = "weight.low"', 'name = "weight.high"', "twice"),
        ("required = true", "required = true\ndefault = 9999", "default"),
        ("required = true", "required = true\ndefault = 200", "required"),
        ("least = 50", "least = 50\nmore = 1", "more"),
        ('words.en = ["bad"', 'words.en = ["better", "bad"', "better"),
    ],
)
def test_a_contradiction_is_named(old: str, new: str, said: str) -> None:
    """What contradicts itself is refused, and the sentence names it."""
    assert old in WEIGHT
    with pytest.raises(ScriptInvalid) as refused:
        parse(WEIGHT.replace(old, new, 1))
    assert said in refused.value.sentence


def test_a_dependency_must_exist() -> None:
    """A question that depends on an answer nobody offers is refused."""
    with pytest.raises(ScriptInvalid, match="only_after"):
        parse(CHRONIC.replace('options = ["yes"]', 'options = ["maybe"]', 1))


@pytest.mark.parametrize(
    ("script", "item", "option", "concern"),
    [
        ("chronic-care", "checkin.feeling", "worse", ("amber", "routine")),
        ("chronic-care", "checkin.problem", "yes", ("amber", "urgent")),
        ("chronic-care", "checkin.which", "emergency", ("red", "possible")),
        ("chronic-care", "checkin.fall", "yes", ("amber", "urgent")),
        ("post-discharge", "checkin.medicines", "some", ("amber", "routine")),
        ("post-discharge", "checkin.home-services", "no", ("amber", "urgent")),
        ("post-discharge", "checkin.ride", "no", ("amber", "routine")),
        ("post-discharge", "checkin.feeling", "better", None),
        ("post-discharge", "checkin.feeling", "unheard-of", None),
        ("post-discharge", "nothing", "yes", None),
    ],
)
def test_the_rules_of_options(
    script: str, item: str, option: str, concern: tuple[str, str] | None
) -> None:
    """An option is red, amber or neither, as the table of the set says."""
    found = concern_of(SCRIPTS[script], item, Chosen(option), {})

    assert (found and (found.level, found.severity)) == concern


@pytest.mark.parametrize(
    ("script", "item", "numbers", "limits", "rule"),
    [
        ("weight", "checkin.weight", (186.0,), {"weight.high": 185}, "weight.high"),
        ("weight", "checkin.weight", (184.9,), {"weight.high": 185}, None),
        ("weight", "checkin.weight", (400.0,), {}, None),
        ("blood-sugar", "checkin.sugar", (45.0,), {}, "sugar.very-low"),
        ("blood-sugar", "checkin.sugar", (65.0,), {}, "sugar.low"),
        ("blood-sugar", "checkin.sugar", (320.0,), {}, "sugar.very-high"),
        ("blood-sugar", "checkin.sugar", (260.0,), {"sugar.high": 280}, None),
        ("blood-sugar", "checkin.sugar", (210.0,), {"sugar.high": 200}, "sugar.high"),
        ("blood-pressure", "checkin.pressure", (128.0, 121.0), {}, "pressure.lower.very-high"),
        ("blood-pressure", "checkin.pressure", (165.0, 80.0), {}, "pressure.high"),
        ("blood-pressure", "checkin.pressure", (128.0, 77.0), {}, None),
    ],
)
def test_the_persons_own_thresholds_come_first(
    script: str, item: str, numbers: tuple[float, ...], limits: dict[str, float], rule: str | None
) -> None:
    """A plan's threshold replaces the script's; of several that are reached the worst speaks."""
    found = concern_of(SCRIPTS[script], item, Measured(numbers), limits)

    assert (found and found.rule) == (rule and f"{item}/{rule}")


def test_not_saying_is_no_concern() -> None:
    """Declined, unknown and unasked are neither red nor amber."""
    for answer in (Declined(), DidNotKnow(), NotAsked()):
        assert concern_of(SCRIPTS["weight"], "checkin.weight", answer, {"weight.high": 1}) is None


@pytest.mark.parametrize(
    ("limits", "error", "field"),
    [
        ({}, ThresholdNeeded, "/thresholds/weight.high"),
        ({"weight.high": 9000}, NoSuchThreshold, "/thresholds/weight.high"),
        ({"weight.high": 185, "height": 3}, NoSuchThreshold, "/thresholds/height"),
    ],
)
def test_thresholds_that_do_not_fit_are_refused(
    limits: dict[str, float], error: type[ThresholdNeeded], field: str
) -> None:
    """A threshold that is missing, unknown or out of reach names its field."""
    with pytest.raises(error) as refused:
        refuse_thresholds(SCRIPTS["weight"], limits, "/thresholds")
    assert refused.value.field == field


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_texts_are_short_and_options_are_heard(script: CheckInScript, language: str) -> None:
    """A question with the opening has at most three segments (five with accents), and every option is read from its own wording."""  # noqa: E501 - one sentence
    for proxy in (False, True):
        spoken = conversation_of(script, proxy=proxy)
        for item, prompt in zip(script.items, spoken.prompts, strict=True):
            lead = spoken.lead if item is script.items[0] else None
            body = compose(load(), questions_of(script), item.key, language, FRAME, lead)
            assert count(body).segments <= (3 if language == "en" else 5), body
            for option in item.options:
                heard = read_answer(option.text[language], prompt, language)
                assert heard == Understood(Chosen(option.key)), option.text[language]


def test_a_concern_names_its_rule() -> None:
    """The rule names item and option, so that a reader finds it in the file."""
    assert concern_of(SCRIPTS["chronic-care"], "checkin.eating", Chosen("no"), {}) == Concern(
        "amber", "urgent", "checkin.eating/no"
    )
