"""Mend spelling on top of folding: what people's thumbs and phones do to a word (p).

Look-alike letters of other alphabets, digits in place of letters, stretched letters, emoji,
frequent typos, Spanish written by ear, words run together. Each word keeps its place in the
original text, so that a finding can be shown where it was read.

The room refuses to guess freely: a word that is known stays what it is, and a word nobody knows is
corrected by one letter at most, and only to a word of danger, where a wrong guess costs a glance.
"""

import re
from functools import lru_cache
from importlib import resources

import msgspec

from engage.reading.concepts import BY_WORD
from engage.reading.fold import Word, located_words

_SHORTEST_GUESS = 5
_SHORTEST_PIECE = 3
_LONGEST_WORD = 24
"""A longer run of letters is noise: it is read as it stands and never searched for corrections."""


class _Spelling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: str
    emoji: dict[str, str]
    mend: dict[str, str]


_SPELLING = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "spelling.toml").read_bytes(), type=_Spelling
)
_KEEP = frozenset(_SPELLING.keep.split())
_MEND = {written: tuple(meant.split()) for written, meant in _SPELLING.mend.items()}

# Cyrillic and Greek letters that print like Latin ones. Nobody here texts in those alphabets.
_TWINS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u043a\u043c\u0442\u043d\u0432"
    "\u03b1\u03b5\u03bf\u03c1\u03c5\u03b9\u03ba\u03bd\u03c4\u0131",
    "aeopcyxisjkmthbaeopuikvti",
)
_LEET = str.maketrans("013457", "oieast")
_SIGNS = str.maketrans("@$!", "asi")
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[@$!](?=[^\W\d_])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"([a-z])\1")
_TIMES = re.compile(r"[0-9]+(?:st|nd|rd|th|am|pm|mg|ml|lb|lbs|min|hrs?|wks?|yrs?|yo|x|kg|cm|in|ft)")


def mended(text: str, known: frozenset[str]) -> tuple[Word, ...]:
    """Return the words of a text as they were meant, each with its place in what was written.

    `known` are words of both languages that stay as they are.
    """
    spelled = _BETWEEN_LETTERS.sub(lambda sign: sign.group().translate(_SIGNS), text)
    found: list[Word] = []
    pictures = _pictures(spelled)
    for word in located_words(spelled):
        while pictures and pictures[0].start < word.start:
            found.append(pictures.pop(0))
        pieces = _meant(word.text, known)
        for place, piece in enumerate(pieces):
            found.append(Word(piece, word.start, word.end, word.opens and not place))
    return (*found, *pictures)


def _pictures(text: str) -> list[Word]:
    if text.isascii():
        return []
    return [
        Word(_SPELLING.emoji[character], place, place + 1, opens=True)
        for place, character in enumerate(text)
        if character in _SPELLING.emoji
    ]


def _meant(word: str, known: frozenset[str]) -> tuple[str, ...]:
    word = word.translate(_TWINS)
    if (pieces := _MEND.get(word)) is not None:
        return pieces
    if word in known or word.isdecimal() or len(word) > _LONGEST_WORD or word in _KEEP:
        return (word,)
    return _searched(word, known)


@lru_cache(maxsize=8192)
def _searched(word: str, known: frozenset[str]) -> tuple[str, ...]:
    if any(c.isdecimal() for c in word) and not _TIMES.fullmatch(word):
        plain = word.translate(_LEET)
        if plain in known or plain in BY_WORD or plain in _MEND:
            return _MEND.get(plain, (plain,))
    if _STRETCHED.search(word):
        for keep in (2, 1):
            short = _STRETCHED.sub(lambda run, keep=keep: run.group(1) * keep, word)
            if short in known or short in _MEND:
                return _MEND.get(short, (short,))
        word = _STRETCHED.sub(r"\1", word)
    if (single := _DOUBLED.sub(r"\1", word)) in known:
        return (single,)
    if len(word) >= _SHORTEST_GUESS and word.isascii() and word.isalpha():
        if (heard := _BY_EAR.get(by_ear(word))) is not None:
            return (heard,)
        if (close := _one_letter_off(word)) is not None:
            return (close,)
        if (pieces := _run_together(word, known)) is not None:
            return pieces
    return (word,)


def by_ear(word: str) -> str:
    """Return how a Spanish word sounds where people text it: h is silent, b is v, s is z is c."""
    heard = re.sub(r"m(?=[bv])", "n", word.replace("ch", "\x00"))
    heard = re.sub(r"c(?=[ei])|z", "s", heard)
    heard = heard.replace("qu", "k").replace("c", "k").replace("ll", "y").replace("v", "b")
    heard = re.sub(r"g(?=[ei])|x", "j", heard).replace("h", "").replace("\x00", "ch")
    return re.sub(r"(.)\1", r"\1", heard)


_DANGER = tuple(
    word
    for word, names in BY_WORD.items()
    if len(word) >= _SHORTEST_GUESS and not {"polite", "media", "visit", "text"} >= set(names)
)
_BY_EAR = {by_ear(word): word for word in reversed(_DANGER)}


def _shortened(word: str) -> frozenset[str]:
    return frozenset(word[:place] + word[place + 1 :] for place in range(len(word)))


def _deletions() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word in _DANGER:
        for short in (word, *_shortened(word)):
            found.setdefault(short, []).append(word)
    return {short: tuple(words) for short, words in found.items()}


_NEAR = _deletions()


def _one_letter_off(word: str) -> str | None:
    # One letter missing, too much, wrong or swapped with its neighbour; the first letter is right.
    for short in (word, *sorted(_shortened(word))):
        for meant in _NEAR.get(short, ()):
            if meant[0] == word[0] and _is_one_edit(word, meant):
                return meant
    return None


def _is_one_edit(word: str, meant: str) -> bool:
    if len(word) != len(meant):
        return abs(len(word) - len(meant)) == 1
    wrong = [
        place for place, pair in enumerate(zip(word, meant, strict=True)) if pair[0] != pair[1]
    ]
    if len(wrong) == 1:
        return True
    swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1  # noqa: PLR2004 - two neighbours
    return swapped and word[wrong[0]] == meant[wrong[1]] and word[wrong[1]] == meant[wrong[0]]


def _run_together(word: str, known: frozenset[str]) -> tuple[str, ...] | None:
    for cut in range(_SHORTEST_PIECE, len(word) - _SHORTEST_PIECE + 1):
        first, second = word[:cut], word[cut:]
        if first in known and second in BY_WORD:
            return (first, second)
    return None
