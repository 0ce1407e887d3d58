"""Of whom a danger is told: of who writes, or of somebody else (p).

"my mom cant breathe" and "no puede respirar mi esposo" are answered in other words than "i cant
breathe". Third persons are counted against first persons, by the words of lexicon/persons.toml; in
doubt it is told of who writes, whose words fit anybody. This room refuses to say who that other is.
"""

import re
import tomllib
import unicodedata
from importlib import resources

import msgspec

_WORD = re.compile(r"[a-z]+")
_SPEAKS = frozenset({"", "no", "se", "ya"})
"""What follows a Spanish "el" or "la" that is a person."""


class _Persons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviewer: str
    other: frozenset[str]
    article: frozenset[str]
    own: frozenset[str]
    possessive: frozenset[str]
    has_me: frozenset[str]


_FILE = resources.files("engage.reading").joinpath("lexicon/persons.toml")
_PERSONS = msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), _Persons)


def about_another(text: str) -> bool:
    """Say whether what is told is another's: a third person, and no first but in "my mom"."""
    words = _words(text)
    others = own = 0
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word in _PERSONS.possessive:
            own += following not in _PERSONS.other
        elif word == "me":
            own += following in _PERSONS.has_me
        elif word in _PERSONS.own:
            own += 1
        elif word in _PERSONS.other:
            others += word not in _PERSONS.article or following in _SPEAKS
        elif word[-1] == "s" and word[:-1] in _PERSONS.other:
            others += 1  # "dad's face"
    return others > own


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(one for one in folded if one.isalpha() or one.isspace()))
