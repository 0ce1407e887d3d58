"""A patient's text that asks to invite somebody of theirs, read word by word. (p).

"Add my daughter 602-555-0147", "agregar a mi hija Ana Delgado al 602 555 0147": one of a few
beginnings, one person of a few, a name in capitals or none, one number, and nothing else. This room
refuses to guess: what says anything more is read by a person.
"""

import re
from importlib import resources
from typing import Literal

import msgspec

from engage.reading.fold import Word, located_words
from engage.reading.phrases import Phrase, parse_phrases

Language = Literal["en", "es"]

LONGEST_NAME, LONGEST_WORD = 3, 24
"""Of so many words, each so long, a name may be."""


class Wish(msgspec.Struct, frozen=True):
    """Whom somebody wants invited."""

    #: Who they are to them, as they said it: one of the lexicon's words.
    relation: str
    language: Language
    #: The number as it was written.
    number: str
    #: The name as it was written; empty: none was said.
    name: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Hide the number and the name."""
        return f"Wish(relation={self.relation!r}, …)"


class _Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    begins: tuple[str, ...]
    polite: tuple[str, ...]
    my: tuple[str, ...]
    links: tuple[str, ...]
    no_names: tuple[str, ...]
    people: dict[Language, tuple[str, ...]]


_LEXICON = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "inviting.toml").read_bytes(), type=_Lexicon
)
_BEGINS = parse_phrases(_LEXICON.begins)
_POLITE = parse_phrases(_LEXICON.polite)
_LINKS = parse_phrases(_LEXICON.links)
_NO_NAMES = frozenset(_LEXICON.no_names)
RELATIONS: dict[str, Language] = {
    one: language for language, people in _LEXICON.people.items() for one in people
}
"""The words for people, each with its language."""

_NUMBER = re.compile(
    r"(?<![\d+])(?:\+?1[ .\-]?)?\(?([2-9]\d{2})\)?[ .\-]?([2-9]\d{2})[ .\-]?(\d{4})(?!\d)"
)


def wish_of(text: str) -> Wish | None:
    """Return whom a text asks to invite, if that is all it says."""
    found = list(_NUMBER.finditer(text))
    if len(found) != 1:
        return None
    number = found[0]
    before, after = text[: number.start()], text[number.end() :]
    if re.search(r"\d", before + after):
        return None
    if _without(_POLITE, located_words(after), most=2):
        return None
    spoken = _without(_POLITE, located_words(before), most=2)
    spoken = _after_a_beginning(spoken)
    if len(spoken) < 2 or spoken[0].text not in _LEXICON.my:  # noqa: PLR2004 - "my" and who
        return None
    relation, rest = spoken[1].text, _without_links(spoken[2:])
    language = RELATIONS.get(relation)
    if language is None or (spoken[0].text == "my") != (language == "en"):
        return None
    name = tuple(before[one.start : one.end] for one in rest)
    told = {one.text for one in rest}
    if len(name) > LONGEST_NAME or told & _NO_NAMES or not all(map(_is_name, name)):
        return None
    return Wish(relation, language, "-".join(number.groups()), name)


def _is_name(word: str) -> bool:
    # In a text all in capitals nothing tells a name from any other word.
    shouted = len(word) > 1 and word.isupper()
    return word[:1].isupper() and not shouted and word.isalpha() and len(word) <= LONGEST_WORD


def _after_a_beginning(spoken: tuple[Word, ...]) -> tuple[Word, ...]:
    plain = [one.text for one in spoken]
    ends = [end for phrase in _BEGINS for end in phrase.ends(plain, 0)]
    return spoken[max(ends) :] if ends else ()


def _without(phrases: tuple[Phrase, ...], spoken: tuple[Word, ...], most: int) -> tuple[Word, ...]:
    """Return the words without so many of some phrases in front."""
    for _ in range(most):
        plain = [one.text for one in spoken]
        ends = [end for phrase in phrases for end in phrase.ends(plain, 0)]
        spoken = spoken[max(ends, default=0) :]
    return spoken


def _without_links(spoken: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the words without what leads from a person to their number."""
    plain = [one.text for one in spoken]
    cut = max(
        (
            len(spoken) - start
            for phrase in _LINKS
            for start in range(len(spoken))
            if len(spoken) in phrase.ends(plain, start)
        ),
        default=0,
    )
    return spoken[: len(spoken) - cut]
