"""All words people read by text: a catalogue of sentences, and how a message is put together. (p).

Sentences are data with id, version and, per language, how far they can be trusted. Placeholders are
plain `{names}`, never format strings: what is filled in is not read again. A question's wording is
its instrument's and passes through untouched; around it stands only what the catalogue says.

This room refuses a catalogue whose languages differ in their placeholders or that uses one it does
not declare, and a message with a hole in it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from engage.errors import EngageError

LANGUAGES = ("en", "es")
"""The languages every sentence has."""

FALLBACK = "en"
"""Spoken to a person whose language we do not have."""

Status: TypeAlias = Literal["project", "draft"]

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class CatalogueInvalid(EngageError):  # noqa: N818 - reads as a sentence: raise CatalogueInvalid
    """A sentence of the catalogue is incomplete or contradicts itself."""

    def __init__(self, reason: str) -> None:
        """Take what is wrong, naming text and field."""
        self._reason = reason
        super().__init__()

    @property
    def sentence(self) -> str:
        """What is wrong, naming text and field."""
        return f"The catalogue can't be used: {self._reason}"


class UnknownText(EngageError):  # noqa: N818 - reads as a sentence: raise UnknownText
    """There is no text with this id."""


class ValueMissing(EngageError):  # noqa: N818 - reads as a sentence: raise ValueMissing
    """A text needs a value that was not given."""


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence of the catalogue."""

    id: str
    version: str
    placeholders: tuple[str, ...]
    status: Mapping[str, Status]
    text: Mapping[str, str]
    #: A question of our own, which may be put again.
    asks: bool = False
    #: The wording where `count` is 1.
    one: Mapping[str, str] | None = None


class Choice(Struct, frozen=True):
    """One numbered answer of a question, by language."""

    number: int
    text: Mapping[str, str]


class Question(Struct, frozen=True):
    """A question as its instrument words it, by language."""

    text: Mapping[str, str]
    choices: tuple[Choice, ...]
    #: More than one answer may be given.
    several: bool = False


Catalogue: TypeAlias = Mapping[str, Text]
"""Sentences by id."""


class _File(Struct, forbid_unknown_fields=True):
    text: tuple[Text, ...]


def parse(toml_texts: Iterable[str]) -> Catalogue:
    """Return the catalogue of some files; what is wrong with them is named."""
    catalogue: dict[str, Text] = {}
    for toml_text in toml_texts:
        try:
            found = msgspec.convert(tomllib.loads(toml_text), _File)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
            raise CatalogueInvalid(str(wrong)) from wrong
        for text in found.text:
            for problem in _problems(text):
                raise CatalogueInvalid(problem)
            if text.id in catalogue:
                reason = f"{text.id}: id is used twice"
                raise CatalogueInvalid(reason)
            catalogue[text.id] = text
    return catalogue


@lru_cache(maxsize=1)
def load() -> Catalogue:
    """Return the catalogue that ships with the package."""
    folder = resources.files("engage.messaging") / "texts"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return parse((folder / name).read_text(encoding="utf-8") for name in files)


def render(catalogue: Catalogue, text_id: str, language: str, values: Mapping[str, str]) -> str:
    """Return one sentence with its placeholders filled; values it does not ask for are ignored."""
    text = catalogue.get(text_id)
    if text is None:
        raise UnknownText(text_id)
    if any(name not in values for name in text.placeholders):
        raise ValueMissing(text_id)
    wordings = text.one if text.one is not None and values.get("count") == "1" else text.text
    return _PLACEHOLDER.sub(lambda hole: values[hole[1]], _in(wordings, language))


def ask(question: Question, language: str) -> str:
    """Return a question with its numbered answers on one line; one for a number has none."""
    if not question.choices:
        return _in(question.text, language)
    choices = " ".join(f"{one.number} {_in(one.text, language)}" for one in question.choices)
    return f"{_in(question.text, language)}\n{choices}"


def ask_plainly(question: Question, language: str) -> str:
    """Return a question with each answer on a line of its own: for a second try."""
    choices = (f"{one.number} = {_in(one.text, language)}" for one in question.choices)
    return "\n".join((_in(question.text, language), *choices))


def compose(
    catalogue: Catalogue,
    questions: Mapping[str, Question],
    text_id: str,
    language: str,
    values: Mapping[str, str],
    lead: str | None = None,
) -> str:
    """Return the whole message of a text id: "hvs.worried", "nudge hvs.worried", "thanks".

    A question's key alone asks it; `nudge` and `reask` before a key frame it. `which-one` names the
    question it is about but does not repeat it.
    """
    frame, _, key = text_id.rpartition(" ")
    question = questions.get(key)
    lines = [] if lead is None else [render(catalogue, lead, language, values)]
    match frame:
        case "" if question is None:
            lines.append(render(catalogue, key, language, values))
        case "" if question is not None:
            lines.append(ask(question, language))
        case "nudge" if question is not None:
            lines += [render(catalogue, frame, language, values), ask(question, language)]
        case "reask" if question is not None:
            opens = "reask-several" if question.several else frame
            lines += [render(catalogue, opens, language, values), ask_plainly(question, language)]
        case "nudge" | "reask" if key in catalogue and catalogue[key].asks:
            # A question of our own is a text of the catalogue, its answers included.
            opens = "unread" if frame == "reask" else frame
            lines += [render(catalogue, one, language, values) for one in (opens, key)]
        case "which-one" if question is not None:
            lines.append(render(catalogue, frame, language, values))
        case _:
            raise UnknownText(text_id)
    return "\n".join(lines)


def _in(wordings: Mapping[str, str], language: str) -> str:
    return wordings.get(language) or wordings[FALLBACK]


def _problems(text: Text) -> Iterator[str]:
    if not text.id or " " in text.id:
        yield f"{text.id!r}: id must be one word"
    if not text.version.strip():
        yield f"{text.id}: version is empty"
    if missing := [one for one in LANGUAGES if one not in text.status]:
        yield f"{text.id}: status.{missing[0]} is missing"
    for name, wordings in (("text", text.text), ("one", text.one)):
        if wordings is None:
            continue
        for language in LANGUAGES:
            wording = wordings.get(language, "")
            where = f"{text.id}: {name}.{language}"
            if not wording.strip():
                yield f"{where} is missing"
            used = set(_PLACEHOLDER.findall(wording))
            if unlike := used ^ set(text.placeholders):
                yield f"{where} and placeholders differ in {min(unlike)!r}"
            if set("{}") & set(_PLACEHOLDER.sub("", wording)):
                yield f"{where} has a brace that opens no placeholder"
    if text.one is not None and "count" not in text.placeholders:
        yield f"{text.id}: one needs the placeholder 'count'"
