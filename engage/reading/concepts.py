"""Concepts: words that mean the same, in both languages, under one name (p).

The room refuses hierarchy: a word is in a concept or it is not, and may be in several.
"""

from collections import defaultdict
from importlib import resources

import msgspec

from engage.errors import EngageError
from engage.reading.fold import words


class UnknownConcept(EngageError):  # noqa: N818 - reads as a sentence: raise UnknownConcept
    """A rule names a concept that lexicon/concepts.toml does not have."""


class _Concepts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: dict[str, str]


_FILE = resources.files("engage.reading") / "lexicon" / "concepts.toml"
CONCEPTS: dict[str, tuple[str, ...]] = {
    name: words(listed)
    for name, listed in msgspec.toml.decode(_FILE.read_bytes(), type=_Concepts).words.items()
}
"""Every concept and its words."""


def _by_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, listed in CONCEPTS.items():
        for word in dict.fromkeys(listed):
            found[word].append(name)
    return {word: tuple(names) for word, names in found.items()}


BY_WORD: dict[str, tuple[str, ...]] = _by_word()
"""Every word of a concept and the concepts it is in."""


def spelled_out(phrase: str) -> str:
    """Return a phrase with each @concept replaced by its words, as phrases.py reads them.

    A token may mix both: "@pain/weird" is any word of the concept, or the word weird.
    """
    return " ".join("/".join(map(_choices, token.split("/"))) for token in phrase.split())


def _choices(choice: str) -> str:
    if not choice.startswith("@"):
        return choice
    name = choice[1:]
    if name not in CONCEPTS:
        error = UnknownConcept()
        error.add_note(phrase_note(choice))
        raise error
    return "/".join(CONCEPTS[name])


def phrase_note(choice: str) -> str:
    """Return the note that names a wrong choice; a lexicon line is ours, so it may be named."""
    return f"no such concept: {choice}"
