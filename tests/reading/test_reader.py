"""The reader as a whole: dangers page, label policy, budget, failure (behaviours 18, 36)."""

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.reading.answers import Option
from engage.reading.linear import Model
from engage.reading.lines import answer
from engage.reading.observe import LONGEST, BudgetSpent, observe
from engage.reading.reader import FAILED_RULE, MODEL_RULE, Asked, dangers, read, shipped_model

HERE = Path(__file__).parent
MUST_PASS = tomllib.loads((HERE / "must_pass.toml").read_text(encoding="utf-8"))
EXAMPLES = [msgspec.json.decode(row) for row in (HERE / "examples.jsonl").read_bytes().splitlines()]
PLAIN = [msgspec.json.decode(row) for row in (HERE / "plain.jsonl").read_bytes().splitlines()]
ANYTHING = st.text(st.characters(exclude_categories=()))


class Broken(Model):
    """A model that fails at the first text."""

    def __init__(self) -> None:
        """Know nothing."""
        self.known = frozenset()


@pytest.mark.parametrize(
    ("label", "text"), [(label, text) for label, texts in MUST_PASS.items() for text in texts]
)
def test_an_explicit_danger_pages(label: str, text: str) -> None:
    """Recall is 1.00 over the public list of dangers that are said outright."""
    reading = read(text)

    assert reading.tier == "emergency"
    assert reading.kind == {"medical": "medical", "self_harm": "self-harm"}.get(label, label)


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: row["id"])
def test_the_examples_of_the_policy_call_whom_they_should(row: dict[str, str]) -> None:
    """Emergencies of the sixty examples get attention, and those that need nobody do not."""
    reading = read(row["text"], Asked(row["context"]))  # type: ignore[arg-type] - the file's words

    if row["urgency"] == "emergency":
        assert reading.tier != "none"
    if row["urgency"] == "none":
        assert reading.tier == "none"


@given(ANYTHING)
def test_every_text_is_read(text: str) -> None:
    """No text fails, and every finding lies inside it."""
    reading = read(text)

    assert not reading.failed
    assert reading.labels
    assert all(0 <= one.start < one.end <= len(text) for one in reading.findings)
    assert all(0 <= one.start <= one.end <= len(text) for one in dangers(reading, len(text)))


def test_a_reader_that_fails_says_possible() -> None:
    """Behaviour 36: a failure is a flag with a rule of its own, never silence."""
    reading = read("hello", model=Broken())
    (flag,) = dangers(reading, 5)

    assert (reading.tier, reading.failed) == ("possible", True)
    assert (flag.rule, flag.severity) == (FAILED_RULE, "possible")


def test_a_text_that_costs_too_much_says_possible() -> None:
    """The work of a text is counted, and a text beyond the count goes to a human."""
    assert read("chest " * 200, steps=50).failed
    with pytest.raises(BudgetSpent):
        observe("chest " * 200, "none", frozenset(), 50)


@pytest.mark.parametrize(
    "word", ["chest", "no quiero", "fell can't", "a1b2c3", "xqzw", "🔪", "wont"]
)
def test_the_worst_full_text_is_within_the_budget(word: str) -> None:
    """Sixteen hundred characters of any one word are read to the end."""
    text = (f"{word} " * LONGEST)[:LONGEST]

    assert not read(text).failed


def test_a_text_longer_than_is_read_goes_to_a_human() -> None:
    """What stands behind the last character that was read is nobody's guess."""
    assert read("ok " * LONGEST).tier == "possible"


def test_a_rule_of_a_crisis_pages_whatever_the_model_says() -> None:
    """Severity is only raised: a model that finds nothing takes nothing back."""
    muted = msgspec_model(shipped_model())

    assert muted.scores(["w:chest"])["u:emergency"] == 0.0
    reading = read("i have chest pain", model=muted)
    (flag,) = dangers(reading, 17)
    assert (reading.tier, flag.severity) == ("emergency", "crisis")


@pytest.mark.parametrize(
    "text", ["food poisoning i guess", "he had a seizure as a kid or so", "mi sobredosis de cafe"]
)
def test_an_unclear_way_to_name_a_danger_asks_and_does_not_page(text: str) -> None:
    """What the lexicon marks as unclear is never more than POSSIBLE by itself."""
    assert read(text, model=msgspec_model(shipped_model())).tier != "emergency"


@pytest.mark.parametrize(
    ("context", "text", "label", "is_so"),
    [
        ("appt_confirm", "3, moved in with my son in tulsa", "appointment_cancel", True),
        ("appt_confirm", "2 que sea por la tarde", "appointment_reschedule", True),
        ("hvs_food", "3 we are good with all that", "no", True),
        ("hvs_food", "3 days without any food", "no", False),
    ],
)
def test_a_reply_that_begins_with_an_option_says_it(
    context: str, text: str, label: str, *, is_so: bool
) -> None:
    """The number in front is the answer, unless the rest speaks against it."""
    labels = read(text, Asked(context)).labels  # type: ignore[arg-type] - the table's words

    assert (label in labels) == is_so


def msgspec_model(like: Model) -> Model:
    """Return a model that finds nothing anywhere."""

    class Silent(Model):
        def __init__(self) -> None:
            self.known, self.labels = like.known, like.labels
            self.thresholds, self.version = like.thresholds, "silent"

        def scores(self, features: object) -> dict[str, float]:  # noqa: ARG002 - hears nothing
            return dict.fromkeys(self.labels, 0.0)

        def heaviest(self, features: object, label: str, count: int) -> tuple[str, ...]:  # noqa: ARG002 - hears nothing
            return ()

    return Silent()


def test_what_the_model_alone_raises_is_its_own_rule() -> None:
    """A text without a known phrase still becomes work, under the name of the model."""
    text = "gonna join my wife in heaven tonight, got it all planned"
    reading = read(text)

    assert reading.tier != "none"
    assert MODEL_RULE in {flag.rule for flag in dangers(reading, len(text))}
    assert reading.terms


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("no chest pain", "denied"),
        ("no fever, chills or chest pain", "denied"),
        ("my dad had a heart attack in 2015", "past"),
        ("if i ever have chest pain i will call", "supposed"),
        ("this heat is killing me, im dying to go swimming", "figurative"),
        ("watched a movie about an overdose", "elsewhere"),
        ("the chest pain went away", "resolved"),
    ],
)
def test_a_danger_that_is_not_meant_is_told_but_does_not_page(text: str, standing: str) -> None:
    """Negated, past, supposed, figurative and resolved mentions are no emergencies."""
    reading = read(text)

    assert reading.tier != "emergency"
    if reading.findings:
        assert standing in {one.standing for one in reading.findings}


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain but i cant breathe",
        "had a heart attack last year and my chest hurts now",
        "not sure if im having a heart attack",
        "if this is a stroke what do i do, my face is drooping",
        "lol im having chest pain again",
    ],
)
def test_what_is_said_beside_it_takes_no_danger_back(text: str) -> None:
    """A cue reaches only as far as its own stretch of words."""
    assert read(text).tier == "emergency"


@pytest.mark.parametrize(
    ("context", "text", "labels"),
    [
        ("hvs_food", "2", ("food", "yes")),
        ("hvs_food", "nunca gracias", ("no",)),
        ("transport", "no", ("transportation", "no")),
        ("appt_confirm", "1", ("yes", "appointment_confirm")),
        ("appt_confirm", "cancel", ("appointment_cancel",)),
        ("meds", "sí", ("yes",)),
        ("checkin_feeling", "3", ("symptom_worse",)),
        ("none", "who dis", ("wrong_number",)),
        ("hvs_food", "I'd rather not say", ("none_of_these",)),
    ],
)
def test_a_bare_answer_means_what_its_prompt_says(
    context: str, text: str, labels: tuple[str, ...]
) -> None:
    """A number or a word alone is read by the options of the open prompt."""
    assert read(text, Asked(context)).labels == labels  # type: ignore[arg-type] - the table's words


def test_options_can_be_passed_in() -> None:
    """A prompt of one's own has its own options."""
    red = Option("4|red", ("symptom_worse",), "urgent")
    reading = read("4", Asked("checkin_feeling", (red,)))

    assert (reading.labels, reading.urgency) == (("symptom_worse",), "urgent")


def test_an_explanation_quotes_no_whole_text() -> None:
    """What weighed most is named in short runs, never the sentence."""
    text = "my chest is so tight and heavy that i cannot stand"

    assert all(len(term) < 30 and text not in term for term in read(text).terms)


def test_plain_replies_call_nobody() -> None:
    """Of replies that need nobody and say nothing frightening, 1.5 % may be flagged, none pages."""
    tiers = [read(row["text"], Asked(row["context"])).tier for row in PLAIN]

    assert sum(tier != "none" for tier in tiers) <= 0.015 * len(tiers)
    assert "emergency" not in tiers


def test_a_wish_to_opt_out_is_nobodys_second_guess() -> None:
    """The label stands where the model is sure enough, and never for want of a better one."""

    class Unsure(Model):
        def __init__(self, like: Model) -> None:
            self.known, self.labels = like.known, like.labels
            self.thresholds, self.version = like.thresholds, "unsure"

        def scores(self, features: object) -> dict[str, float]:  # noqa: ARG002 - hears nothing
            return dict.fromkeys(self.labels, 0.0) | {"opt_out": 0.04, "u:none": 0.9}

    assert "opt_out" not in read("so that is that", model=Unsure(shipped_model())).labels


def test_a_line_in_is_a_line_out() -> None:
    """What `engage read` prints has the promised fields and never fails."""
    fine = msgspec.json.decode(answer('{"id": "x1", "text": "chest hurts", "lang": "en"}'))
    broken = msgspec.json.decode(answer("not json"))

    assert fine.keys() >= {"id", "tier", "urgency", "labels", "spans", "rules", "model", "version"}
    assert (fine["id"], fine["tier"], fine["spans"]) == ("x1", "emergency", [[0, 11]])
    assert broken["tier"] == "possible"
