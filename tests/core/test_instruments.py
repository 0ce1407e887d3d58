"""Instruments: exact wording, pinned codes, licences, and what a file may not be."""

import re
from importlib import resources

import pytest

from engage.conversation.script import Script
from engage.messaging.texts import LANGUAGES
from engage.needs.instrument import Instrument, InstrumentInvalid, load_all, parse
from engage.needs.screening import NotByText, questions_of, script_of

INSTRUMENTS = tuple(load_all().values())
TOML = (
    resources.files("engage.needs")
    .joinpath("instruments", "hunger-vital-sign.toml")
    .read_text(encoding="utf-8")
)
FREQUENCY = (
    ("often", 1, "LA28397-0", "Often true", True),
    ("sometimes", 2, "LA6729-3", "Sometimes true", True),
    ("never", 3, "LA28398-8", "Never true", False),
    ("unsure", 4, "LA15775-2", "Don't know/refused", None),
)
PINNED = {
    "hvs.worried": (
        "88122-7",
        (
            "Within the past 12 months we worried whether our food would run out before we got "
            "money to buy more"
        ),
        FREQUENCY,
    ),
    "hvs.ran-out": (
        "88123-5",
        (
            "Within the past 12 months the food we bought just didn't last and we didn't have "
            "money to get more"
        ),
        FREQUENCY,
    ),
    "ahc.transportation": (
        "93030-5",
        (
            "In the past 12 months, has lack of reliable transportation kept you from medical "
            "appointments, meetings, work or from getting things needed for daily living?"
        ),
        (("yes", 1, "LA33-6", "Yes", True), ("no", 2, "LA32-8", "No", False)),
    ),
}


def loinc_check_digit(number: str) -> int:
    """Return the check digit that belongs to the number of a LOINC code."""
    doubled = (
        int(digit) * 2 if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(number))
    )
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def test_wording_and_codes_are_pinned() -> None:
    """Questions, answers and codes are the instruments' own, to the letter."""
    shipped = {
        item.key: (
            item.loinc,
            item.text["en"],
            tuple(
                (option.key, option.number, option.loinc_answer, option.text["en"], option.risk)
                for option in item.options
            ),
        )
        for instrument in INSTRUMENTS
        for item in instrument.items
    }

    assert shipped == PINNED


def test_questionnaire_codes_are_pinned() -> None:
    """The Hunger Vital Sign has its panel's code; one AHC item alone never has 96777-8."""
    codes = {
        one.id: (one.questionnaire_code.system, one.questionnaire_code.code) for one in INSTRUMENTS
    }

    assert codes == {
        "hunger-vital-sign": ("http://loinc.org", "88121-9"),
        "ahc-transportation": ("urn:engage:questionnaire", "ahc-transportation"),
    }


def test_result_codes_are_pinned() -> None:
    """Only the Hunger Vital Sign has a coded verdict."""
    result = load_all()["hunger-vital-sign"].result

    assert result is not None
    assert (result.loinc, result.at_risk, result.no_risk) == ("88124-3", "LA19952-3", "LA19983-8")
    assert load_all()["ahc-transportation"].result is None


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.id)
def test_question_codes_pass_their_check_digit(instrument: Instrument) -> None:
    """No LOINC code of a question has a slipped digit."""
    for item in instrument.items:
        number, digit = item.loinc.split("-")

        assert loinc_check_digit(number) == int(digit)
        assert item.link_id == f"/{item.loinc}"


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.id)
def test_every_instrument_has_licence_notice_and_source(instrument: Instrument) -> None:
    """An instrument without licence is not shipped; LOINC's notice travels with its codes."""
    assert instrument.license.strip()
    assert "LOINC" in instrument.notice
    assert all(line.strip() for line in instrument.source)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.id)
def test_every_instrument_speaks_both_languages(instrument: Instrument) -> None:
    """Both languages are worded, and Spanish stays a draft until a translator has reviewed it."""
    assert set(instrument.languages) == set(LANGUAGES)
    assert instrument.status["en"] == "official"
    assert instrument.status["es"] == "draft"


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.id)
def test_an_instrument_becomes_a_script(instrument: Instrument) -> None:
    """A screening asks the items in order, with their numbers, and nothing else."""
    script = script_of(instrument)

    assert (script.id, script.version) == (instrument.id, instrument.version)
    assert [prompt.key for prompt in script.prompts] == [item.key for item in instrument.items]
    for prompt, item in zip(script.prompts, instrument.items, strict=True):
        assert [(one.key, one.number) for one in prompt.options] == [
            (one.key, one.number) for one in item.options
        ]
    assert set(questions_of(instrument)) == {item.key for item in instrument.items}
    assert isinstance(script, Script)


@pytest.mark.parametrize(
    ("pattern", "replacement", "named"),
    [
        (r"license = .*", 'license = " "', "license"),
        (r"license = .*", "", "license"),
        (r"notice = .*", 'notice = ""', "notice"),
        (r"source = \[[^\]]*\]", "source = []", "source"),
        (r"loinc = \"88122-7\"", 'loinc = ""', "loinc"),
        (r"text.es = \"A veces\"", "", "text.es"),
        (r"text.en = \"Often true\"", "", "text.en"),
        (r"number = 2", "number = 1", "option.number"),
        (r"number = 2", 'number = "2"', "number"),
        (r'key = "hvs.ran-out"', 'key = "hvs.worried"', "item.key"),
        (r'words.en = \["sometimes"', 'words.en = ["often"', "words 'often'"),
        (r"risk = true", "risky = true", "risky"),
        (r'meaning = "combined-unsure"', 'meaning = "perhaps"', "meaning"),
        (r'sms_policy = "ok"', 'sms_policy = "sure"', "sms_policy"),
        (r"id = ", "id ", "line"),
    ],
)
def test_a_broken_file_names_its_field(pattern: str, replacement: str, named: str) -> None:
    """An incomplete or contradictory file is refused by the name of the field at fault."""
    broken = re.sub(pattern, replacement, TOML, count=1)

    with pytest.raises(InstrumentInvalid, match=re.escape(named)) as refused:
        parse(broken)

    assert named in refused.value.sentence


def test_an_instrument_without_questions_is_refused() -> None:
    """A file with no items or no languages is no instrument."""
    head = TOML.split("[[item]]")[0]
    no_language = head.replace('en = "official"', "").replace('es = "draft"', "")

    for text, named in ((f"item = []\n{head}", "item"), (f"item = []\n{no_language}", "status")):
        with pytest.raises(InstrumentInvalid, match=named):
            parse(text)


def test_one_option_is_no_choice() -> None:
    """A question offers at least two answers."""
    only = TOML.split("[[item.option]]")

    with pytest.raises(InstrumentInvalid, match="at least two"):
        parse("[[item.option]]".join(only[:2]))


def test_what_may_not_be_texted_has_no_script() -> None:
    """An instrument for a private talk never becomes a text conversation."""
    with pytest.raises(NotByText):
        script_of(parse(TOML.replace('sms_policy = "ok"', 'sms_policy = "never"')))
