"""Instruments as data: exact wording, codes, options and licence, one file each. (p).

A standardized tool is content with a version and a source; nothing of it is written in code. This
room refuses an instrument without licence, notice, source or version, a question without its code,
a language that is not worded throughout, words that name two options of one item, and a panel's
code on anything but the whole panel.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from engage.conversation.script import Meaning
from engage.conversation.severity import Severity
from engage.conversation.tokens import tokens_of
from engage.errors import EngageError

Status: TypeAlias = Literal["official", "draft"]
SmsPolicy: TypeAlias = Literal["ok", "staff-only", "never"]


LOINC = "http://loinc.org"
PANELS: Mapping[str, frozenset[str]] = {
    "88121-9": frozenset({"88122-7", "88123-5"}),
    "55757-9": frozenset({"44250-9", "44255-8"}),
}
"""What the panels ask that we give whole. Less than that, or another panel, has a code of our own:
the AHC tool (96777-8) is never given whole here, since its safety questions are never texted."""


PRIVATE_ITEMS = frozenset({"95614-4", "95615-1", "95616-9", "95617-7", "95618-5", "44260-8"})
"""HITS and its total, and item 9 of the PHQ-9: asked in private, whatever a file says."""

PRIVATE_DOMAINS = frozenset({"interpersonal-safety", "self-harm"})


class InstrumentInvalid(EngageError):  # noqa: N818 - reads as a sentence: raise InstrumentInvalid
    """An instrument file is incomplete or contradicts itself."""

    def __init__(self, reason: str) -> None:
        """Take what is wrong, naming the field."""
        self._reason = reason
        super().__init__()

    @property
    def sentence(self) -> str:
        """What is wrong, naming the field."""
        return f"The instrument can't be used: {self._reason}"


class Code(Struct, frozen=True, forbid_unknown_fields=True):
    """A code and whose it is."""

    system: str
    code: str


class ItemOption(Struct, frozen=True, forbid_unknown_fields=True):
    """One allowed answer."""

    key: str
    number: int
    loinc_answer: str
    #: Exact wording by language.
    text: Mapping[str, str]
    #: Further replies that mean it, by language.
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    #: Whether it is a risk; None where the authors say neither.
    risk: bool | None = None
    #: How soon somebody must look at the risk.
    severity: Severity = "routine"
    #: The need that it is a risk of, where it is not the item's.
    domain: str | None = None
    #: What it counts in the instrument's total.
    score: int | None = None
    #: A person follows it up, whatever the total.
    follow_up: bool = False
    #: Contradicts every other option: "none of the above".
    alone: bool = False
    meaning: Meaning | None = None


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One question."""

    key: str
    #: The FHIR Questionnaire's linkId.
    link_id: str
    loinc: str
    #: Exact wording by language.
    text: Mapping[str, str]
    options: tuple[ItemOption, ...] = field(name="option")
    #: What the instrument says after the question: "Choose all that apply".
    instruction: Mapping[str, str] = field(default_factory=dict[str, str])
    #: More than one option may be chosen.
    several: bool = False
    #: The need that its risks are about, where it is not the instrument's.
    domain: str | None = None
    #: Safety, abuse, drugs: not for a phone that others read too.
    sensitive: bool = False

    def option(self, key: str) -> ItemOption | None:
        """Return the option of this key, if the item offers it."""
        return next((option for option in self.options if option.key == key), None)


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """The codes of the derived verdict, where the tool has them."""

    loinc: str
    at_risk: str
    no_risk: str


class Total(Struct, frozen=True, forbid_unknown_fields=True):
    """The sum of the options' scores, and from where on a human must look."""

    cut_off: int
    #: Why a human must look, as a flag says it.
    reason: str
    severity: Severity
    #: The code of the sum, where the tool has one.
    loinc: str | None = None


class Instrument(Struct, frozen=True, forbid_unknown_fields=True):
    """A standardized tool."""

    id: str
    title: str
    version: str
    source: tuple[str, ...]
    license: str
    notice: str
    domain: str
    sms_policy: SmsPolicy
    #: How far back it asks.
    recall: str
    questionnaire_code: Code
    #: How far the wording of each language can be trusted.
    status: Mapping[str, Status]
    items: tuple[Item, ...] = field(name="item")
    result: Result | None = None
    total: Total | None = None
    #: What the instrument says before each question, by language.
    stem: Mapping[str, str] = field(default_factory=dict[str, str])
    #: The text id after the last answer.
    closing: str = "thanks"
    #: Asked by text only while somebody is there to read the answers on the same business day.
    same_day_reader: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it can be asked in."""
        return tuple(self.status)

    def item(self, key: str) -> Item | None:
        """Return the item of this key, if the instrument has it."""
        return next((item for item in self.items if item.key == key), None)

    def wording(self, item: Item) -> Mapping[str, str]:
        """Return the whole question by language: the stem, the item, the instruction."""
        return {
            language: " ".join(
                part
                for part in (
                    self.stem.get(language),
                    item.text[language],
                    item.instruction.get(language),
                )
                if part
            )
            for language in self.languages
        }


def with_cut_off(
    instruments: Mapping[str, Instrument], name: str, cut_off: int
) -> Mapping[str, Instrument]:
    """Return the instruments with another cut-off of one total; an impossible one is refused."""
    tool = instruments[name]
    if tool.total is None:
        reason = f"{name} has no total"
        raise InstrumentInvalid(reason)
    changed = replace(tool, total=replace(tool.total, cut_off=cut_off))
    for problem in _problems(changed):
        raise InstrumentInvalid(problem)
    return {**instruments, name: changed}


def parse(toml_text: str) -> Instrument:
    """Return the instrument a file describes; what is wrong with it is named by field."""
    try:
        instrument = msgspec.convert(tomllib.loads(toml_text), Instrument)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise InstrumentInvalid(str(wrong)) from wrong
    for problem in _problems(instrument):
        raise InstrumentInvalid(problem)
    return instrument


@lru_cache(maxsize=1)
def load_all() -> Mapping[str, Instrument]:
    """Return the instruments that ship with the package, by id."""
    folder = resources.files("engage.needs") / "instruments"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    instruments = [parse((folder / name).read_text(encoding="utf-8")) for name in files]
    return {instrument.id: instrument for instrument in instruments}


def _problems(instrument: Instrument) -> Iterator[str]:
    for name in ("id", "title", "version", "license", "notice", "domain"):
        if not str(getattr(instrument, name)).strip():
            yield f"{name} is empty"
    if not any(line.strip() for line in instrument.source):
        yield "source is empty"
    if not instrument.status:
        yield "status names no language"
    if not instrument.items:
        yield "item is missing"
    if instrument.sms_policy != "never" and _is_private(instrument):
        yield "sms_policy must be never: violence and self-harm are not asked on a phone"
    keys = [item.key for item in instrument.items]
    if len(set(keys)) != len(keys):
        yield "item.key is used twice"
    if instrument.stem:
        yield from _unworded("stem", instrument.stem, instrument.languages)
    for item in instrument.items:
        yield from _problems_of(item, instrument.languages)
    yield from _problems_of_total(instrument)
    code = instrument.questionnaire_code
    asked = frozenset(item.loinc for item in instrument.items)
    if code.system == LOINC and PANELS.get(code.code) != asked:
        yield "questionnaire_code is a panel's, and this is not that panel"


def _is_private(instrument: Instrument) -> bool:
    asked = {item.loinc.strip() for item in instrument.items}
    total = {instrument.total.loinc} if instrument.total else set[str | None]()
    about = {instrument.domain, *(item.domain for item in instrument.items)}
    return bool((asked | total) & PRIVATE_ITEMS or about & PRIVATE_DOMAINS)


def _problems_of_total(instrument: Instrument) -> Iterator[str]:
    scores = [[option.score for option in item.options] for item in instrument.items]
    if instrument.total is None:
        if any(score is not None for options in scores for score in options):
            yield "total is missing, and options have a score"
        return
    if any(item.several for item in instrument.items):
        yield "total can't be counted where several options may be chosen"
    known = [[score for score in options if score is not None] for options in scores]
    if [len(options) for options in scores] != [len(options) for options in known]:
        yield "option.score is missing, and there is a total"
    elif not sum(map(min, known)) < instrument.total.cut_off <= sum(map(max, known)):
        yield "total.cut_off would be reached by every answer, or by none"


def _unworded(where: str, texts: Mapping[str, str], languages: tuple[str, ...]) -> Iterator[str]:
    if missing := [one for one in languages if not texts.get(one, "").strip()]:
        yield f"{where}.{missing[0]} is missing"


def _problems_of(item: Item, languages: tuple[str, ...]) -> Iterator[str]:
    if not item.loinc.strip():
        yield f"{item.key}: loinc is empty"
    if len(item.options) <= 1:
        yield f"{item.key}: option needs at least two"
    if not item.several and any(option.alone for option in item.options):
        yield f"{item.key}: option.alone is set, but several is not"
    if item.several and all(option.alone for option in item.options):
        yield f"{item.key}: option.alone is set everywhere"
    if item.instruction:
        yield from _unworded(f"{item.key}: instruction", item.instruction, languages)
    for name in ("key", "number", "loinc_answer"):
        values = [getattr(option, name) for option in item.options]
        if len(set(values)) != len(values):
            yield f"{item.key}: option.{name} is used twice"
    for where, texts in (
        (item.key, item.text),
        *((f"{item.key}.{option.key}", option.text) for option in item.options),
    ):
        yield from _unworded(f"{where}: text", texts, languages)
    owners: dict[tuple[str, ...], str] = {}
    for option in item.options:
        for word in words_of(option):
            if owners.setdefault(tokens_of(word), option.key) != option.key:
                yield f"{item.key}.{option.key}: words {word!r} already mean another option"


def words_of(option: ItemOption) -> tuple[str, ...]:
    """Return all the replies that mean an option, in every language, its own wording first."""
    return (*option.text.values(), *(word for words in option.words.values() for word in words))
