"""Instruments: exact wording, pinned codes, licences, and what a file may not be."""

import re
from importlib import resources
from pathlib import Path

import pytest

from engage.conversation.script import Script
from engage.messaging.texts import LANGUAGES, UnknownText, load
from engage.needs.instrument import Instrument, InstrumentInvalid, load_all, parse, with_cut_off
from engage.needs.screening import NotByText, questions_of, script_of
from engage.turns.library import Library

INSTRUMENTS = tuple(load_all().values())
TEXTED = tuple(one for one in INSTRUMENTS if one.sms_policy == "ok")
SAFETY = parse((Path(__file__).parents[1] / "data" / "site-safety.toml").read_text("utf-8"))
"""HITS as a site would load it, with other words."""
NEVER = (*(one for one in INSTRUMENTS if one.sms_policy == "never"), SAFETY)
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
STEM = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
DAYS = (
    ("not-at-all", 1, "LA6568-5", "Not at all", None),
    ("several-days", 2, "LA6569-3", "Several days", None),
    ("more-than-half", 3, "LA6570-1", "More than half the days", None),
    ("nearly-every-day", 4, "LA6571-9", "Nearly every day", None),
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
    "ahc.living-situation": (
        "71802-3",
        "What is your living situation today?",
        (
            ("steady", 1, "LA31993-1", "I have a steady place to live", False),
            (
                *("worried", 2, "LA31994-9"),
                ("I have a place to live today, but I am worried about losing it in the future"),
                True,
            ),
            (
                *("no-steady-place", 3, "LA31995-6"),
                (
                    "I do not have a steady place to live (I am temporarily staying with others, "
                    "in a hotel, in a shelter, living outside on the street, on a beach, in a "
                    "car, abandoned building, bus or train station, or in a park)"
                ),
                True,
            ),
        ),
    ),
    "ahc.housing-problems": (
        "96778-6",
        (
            "Think about the place you live. Do you have problems with any of the following? "
            "Choose all that apply"
        ),
        (
            ("pests", 1, "LA31996-4", "Pests such as bugs, ants, or mice", True),
            ("mold", 2, "LA28580-1", "Mold", True),
            ("lead", 3, "LA31997-2", "Lead paint or pipes", True),
            ("no-heat", 4, "LA31998-0", "Lack of heat", True),
            ("stove", 5, "LA31999-8", "Oven or stove not working", True),
            ("smoke-detectors", 6, "LA32000-4", "Smoke detectors missing or not working", True),
            ("leaks", 7, "LA32001-2", "Water leaks", True),
            ("none", 8, "LA9-3", "None of the above", False),
        ),
    ),
    "ahc.utilities": (
        "96779-4",
        (
            "In the past 12 months has the electric, gas, oil, or water company threatened to "
            "shut off services in your home?"
        ),
        (
            ("yes", 1, "LA33-6", "Yes", True),
            ("no", 2, "LA32-8", "No", False),
            ("shut-off", 3, "LA32002-0", "Already shut off", True),
        ),
    ),
    "phq.interest": ("44250-9", f"{STEM} Little interest or pleasure in doing things?", DAYS),
    "phq.down": ("44255-8", f"{STEM} Feeling down, depressed, or hopeless?", DAYS),
    "phq.better-off-dead": (
        "44260-8",
        (f"{STEM} Thoughts that you would be better off dead, or of hurting yourself in some way"),
        DAYS,
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
            instrument.wording(item)["en"],
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
        "phq-2": ("http://loinc.org", "55757-9"),
        **{
            one: ("urn:engage:questionnaire", one)
            for one in (
                *("ahc-living-situation", "ahc-transportation", "ahc-utilities"),
                "phq-9-item-9",
            )
        },
    }


@pytest.mark.parametrize("panel", ["96777-8", "55757-9", "44249-1"])
def test_a_part_never_bears_the_code_of_the_whole(panel: str) -> None:
    """A file with a panel's code that does not ask exactly that panel is refused."""
    with pytest.raises(InstrumentInvalid, match="panel"):
        parse(TOML.replace('code = "88121-9"', f'code = "{panel}"'))


def test_totals_are_pinned() -> None:
    """Scores begin where the authors begin, and the cut-offs are theirs."""
    totals = {
        one.id: (one.total.loinc, one.total.cut_off, one.total.reason, one.total.severity)
        for one in INSTRUMENTS
        if one.total
    }

    assert totals == {
        "phq-2": ("55758-7", 3, "depression-screen", "urgent"),
        "phq-9-item-9": (None, 1, "self-harm-screen", "possible"),
    }
    for one in INSTRUMENTS:
        for item in one.items if one.total else ():
            scores = [option.score for option in item.options]
            assert scores == list(range(len(scores)))


def test_a_cut_off_is_the_sites_own() -> None:
    """The PHQ-2 may flag from two points on; a cut-off that nobody or everybody reaches may not."""
    changed = with_cut_off(load_all(), "phq-2", 2)["phq-2"].total

    assert changed is not None
    assert changed.cut_off == 2
    for name, impossible in (("phq-2", 0), ("phq-2", 7), ("hunger-vital-sign", 1)):
        with pytest.raises(InstrumentInvalid):
            with_cut_off(load_all(), name, impossible)


def test_a_total_counts_every_option_once() -> None:
    """A score without a total, or a total without all scores, is a slip and refused."""
    folder = resources.files("engage.needs").joinpath("instruments")
    summed = folder.joinpath("phq-2.toml").read_text("utf-8")
    several = folder.joinpath("ahc-living-situation.toml").read_text("utf-8")

    for text, named in (
        (summed.replace("score = 3\n", "", 1), "option.score"),
        (re.sub(r"\[total\][^\[]*", "", summed), "total is missing"),
        (summed.replace('stem.es = "', 'stem.ht = "'), "stem.es"),
        (several.replace("several = true\n", ""), "option.alone"),
        (several.replace("instruction.es", "instruction.ht"), "instruction.es"),
    ):
        with pytest.raises(InstrumentInvalid, match=named):
            parse(text)


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


@pytest.mark.parametrize("instrument", TEXTED, ids=lambda one: one.id)
def test_every_instrument_speaks_both_languages(instrument: Instrument) -> None:
    """Both languages are worded, and Spanish stays a draft until a translator has reviewed it."""
    assert set(instrument.languages) == set(LANGUAGES)
    assert instrument.status["en"] == "official"
    # The Spanish PHQ is its authors' own.
    assert instrument.status["es"] == ("official" if instrument.id == "phq-2" else "draft")


@pytest.mark.parametrize("instrument", TEXTED, ids=lambda one: one.id)
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
        (r"version = .*", 'version = ""', "version"),
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


def test_violence_and_self_harm_are_never_texted() -> None:
    """No script, no question and no word of HITS or of PHQ-9 item 9 can reach a phone."""
    library = Library.of({**load_all(), SAFETY.id: SAFETY}, load())
    assert {one.id for one in NEVER} == {"ahc-safety-hits", "phq-9-item-9"}

    for one in NEVER:
        for make in (script_of, questions_of):
            with pytest.raises(NotByText):
                make(one)
        keys = {item.key for item in one.items}
        assert all(item.sensitive for item in one.items)
        assert one.id not in library.scripts
        assert not keys & library.questions.keys()
        for script in library.scripts.values():
            assert not keys & {prompt.key for prompt in script.prompts}
        for key in keys:
            for text_id in (key, f"nudge {key}", f"reask {key}", f"which-one {key}"):
                with pytest.raises(UnknownText):
                    library.words(text_id, "en", {"practice": "P"})


@pytest.mark.parametrize("policy", ["ok", "staff-only"])
@pytest.mark.parametrize("disguise", [(), ("domain",), ("loinc",)])
def test_no_file_makes_them_texts(policy: str, disguise: tuple[str, ...]) -> None:
    """A file of HITS or of item 9 that says it may be texted is refused, under any other name."""
    item_9 = resources.files("engage.needs").joinpath("instruments", "phq-9-item-9.toml")
    site = Path(__file__).parents[1] / "data" / "site-safety.toml"

    for text in (item_9.read_text("utf-8"), site.read_text("utf-8")):
        dropped = text.replace('sms_policy = "never"', f'sms_policy = "{policy}"')
        dropped = re.sub(r'^id = ".*"$', 'id = "mood"', dropped, flags=re.MULTILINE)
        if "domain" in disguise:
            dropped = re.sub(r'^domain = ".*"$', 'domain = "mood"', dropped, flags=re.MULTILINE)
        if "loinc" in disguise:
            dropped = re.sub(r'^loinc = "(\d)', r'loinc = "1\1', dropped, flags=re.MULTILINE)
        with pytest.raises(InstrumentInvalid, match="sms_policy must be never"):
            parse(dropped)


def test_how_somebody_feels_is_for_their_own_eyes() -> None:
    """The PHQ-2 is never asked on a shared phone, and its closing names 988."""
    tool = load_all()["phq-2"]
    closing = Library.shipped().words(tool.closing, "en", {"care_manager": "Dana"})

    assert all(item.sensitive for item in tool.items)
    assert "988" in closing
