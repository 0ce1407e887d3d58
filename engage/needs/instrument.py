"""Instruments as data: exact wording, codes, options and licence, one file each. (p).

A standardized tool is content with a version and a source; nothing of it is written in code. This
room refuses an instrument without licence, notice or source, a question without its code, a
language that is not worded throughout, and words that name two options of one item.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from engage.conversation.replies import tokens_of
from engage.conversation.script import Meaning
from engage.errors import EngageError

Status: TypeAlias = Literal["official", "draft"]
SmsPolicy: TypeAlias = Literal["ok", "staff-only", "never"]


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
    recall_months: int
    questionnaire_code: Code
    #: How far the wording of each language can be trusted.
    status: Mapping[str, Status]
    items: tuple[Item, ...] = field(name="item")
    result: Result | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it can be asked in."""
        return tuple(self.status)

    def item(self, key: str) -> Item | None:
        """Return the item of this key, if the instrument has it."""
        return next((item for item in self.items if item.key == key), None)


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
    keys = [item.key for item in instrument.items]
    if len(set(keys)) != len(keys):
        yield "item.key is used twice"
    for item in instrument.items:
        yield from _problems_of(item, instrument.languages)


def _problems_of(item: Item, languages: tuple[str, ...]) -> Iterator[str]:
    if not item.loinc.strip():
        yield f"{item.key}: loinc is empty"
    if len(item.options) <= 1:
        yield f"{item.key}: option needs at least two"
    for name in ("key", "number", "loinc_answer"):
        values = [getattr(option, name) for option in item.options]
        if len(set(values)) != len(values):
            yield f"{item.key}: option.{name} is used twice"
    for where, texts in (
        (item.key, item.text),
        *((f"{item.key}.{option.key}", option.text) for option in item.options),
    ):
        if missing := [one for one in languages if not texts.get(one, "").strip()]:
            yield f"{where}: text.{missing[0]} is missing"
    owners: dict[tuple[str, ...], str] = {}
    for option in item.options:
        for word in words_of(option):
            if owners.setdefault(tokens_of(word), option.key) != option.key:
                yield f"{item.key}.{option.key}: words {word!r} already mean another option"


def words_of(option: ItemOption) -> tuple[str, ...]:
    """Return all the replies that mean an option, in every language, its own wording first."""
    return (*option.text.values(), *(word for words in option.words.values() for word in words))
