"""Fold a text to the plain form that every matcher reads (p).

Folding removes what does not change the meaning of a short reply: case, accents, width, typographic
quotes and dashes, invisible characters, extra space. It is for matching only: never show, store or
send a folded text, because `ñ` becomes `n` and `año` is then another word.

It refuses nothing: every `str` folds, lone surrogates and NUL included, in linear time. It does not
correct spelling, read leet digits or join look-alike alphabets; that belongs to a later layer, and
a reader of folded text must not assume it.
"""

import unicodedata
from functools import lru_cache

import msgspec

# Escaped, because they look alike here too: apostrophes, quotation marks.
_LOOK_ALIKES = {
    **dict.fromkeys("`\u00b4\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02bd", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    "\N{MINUS SIGN}": "-",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
}

# Unicode's Default_Ignorable_Code_Point, where the general category does not already say so.
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
_INVISIBLE_RANGES = ((0x2060, 0x206F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))

# No quotation marks: 'I told him "stop texting me"' is one clause, and not a wish.
_CLAUSE_MARKS = frozenset(".,;:!?¿¡()")


class Word(msgspec.Struct, frozen=True):
    """One folded word and where it stands in the text as it was written."""

    text: str
    start: int
    end: int
    opens: bool
    """Whether a clause begins here: first word, or punctuation, a line break or an emoji before."""


def fold(text: str) -> str:
    """Return the plain form of a text; folding twice changes nothing more."""
    return " ".join("".join(map(_folded, text)).split())


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, without punctuation.

    An apostrophe inside a word is dropped, since half of all texters do: "I'm" reads "im".
    """
    return tuple(word.text for word in located_words(text))


def located_words(text: str) -> tuple[Word, ...]:
    """Return the folded words of a text with their places in the original."""
    found: list[Word] = []
    letters: list[str] = []
    start = end = 0
    opens = True
    before = ""
    for index, character in enumerate(text):
        for piece in _folded(character):
            if piece.isalnum():
                if not letters:
                    start = index
                letters.append(piece)
                end = index + 1
            elif piece != "'" and letters:
                found.append(Word("".join(letters), start, end, opens))
                letters, opens = [], False
        opens = opens or (not letters and _ends_clause(character, before))
        before = character
    if letters:
        found.append(Word("".join(letters), start, end, opens))
    return tuple(found)


def _ends_clause(character: str, before: str) -> bool:
    if character in _CLAUSE_MARKS or character in "\n\r\u2013\u2014\u2026":
        return True
    if unicodedata.category(character) == "So":
        return True
    # "no - it hurts" has two clauses, "check-in" has one.
    return character == "-" and before.isspace()


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """Fold one character, to the point where folding again changes nothing."""
    folded = _fold_once(character)
    while (again := "".join(map(_fold_once, folded))) != folded:
        folded = again
    return folded


def _fold_once(character: str) -> str:
    if character in _LOOK_ALIKES:
        # Before the decomposition: an acute accent standing alone would fall apart into a space.
        return _LOOK_ALIKES[character]
    decomposed = unicodedata.normalize("NFKD", character.casefold())
    return "".join(map(_plain, decomposed))


def _plain(character: str) -> str:
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"} or _is_invisible(character):
        return ""
    if character.isspace() or category == "Cs":
        # Half of a broken emoji stands where an emoji stood: between words.
        return " "
    if category == "Cc":
        return ""
    return "-" if category == "Pd" else character


def _is_invisible(character: str) -> bool:
    code = ord(character)
    return character in _INVISIBLE_LETTERS or any(
        low <= code <= high for low, high in _INVISIBLE_RANGES
    )
