"""Reads a number from a reply: a weight, a sugar, a pressure. (p).

"182", "182.4 lbs", "about 182 today", "150 over 92" are numbers; so is "182 and I fell again",
whose second half is handed on. Around the number stand small words and the unit that was asked for,
nothing else: "my son is 12", "gained 3 since", "182 or 183" and another unit are unclear, because
a wrong number kept is worse than one more question. This room refuses to convert units.
"""

import re
import unicodedata

from engage.conversation.answers import Measured, OutOfBounds, Understood
from engage.conversation.script import Measure
from engage.conversation.words import AROUND_NUMBERS, CONNECTORS, FILLERS, POLITE
from engage.reading.fold import fold

_NUMBER = r"\d{1,5}(?:[.,]\d{1,2})?"
_ONE = re.compile(rf"(?<![\w$€£.,/:-])({_NUMBER})(?![\d$€£%])")
_TWO = re.compile(
    rf"(?<![\w$€£.,/:-])({_NUMBER})(?:\s*(?:/|\\|-|over|sobre|con)\s*|\s+)({_NUMBER})(?![\d$€£%])"
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CLAUSE = re.compile(r"[.;!?\n]|,(?!\d)")


def read_number(text: str, measure: Measure) -> Understood | OutOfBounds | None:
    """Return the number a text gives, that it can't be true, or None if it gives no single one."""
    whole = unicodedata.normalize("NFKC", text)
    found = (_TWO if len(measure.parts) > 1 else _ONE).search(whole)
    if found is None or not _small(whole[: found.start()], measure):
        return None
    rest = _rest(whole[found.end() :], measure)
    if rest is None:
        return None
    numbers = tuple(float(part.replace(",", ".")) for part in found.groups())
    if not measure.allows(numbers):
        return OutOfBounds()
    return Understood(Measured(numbers), rest)


def _small(words: str, measure: Measure) -> bool:
    return all(_is_small(word, measure) for word in _words(words))


def _is_small(word: str, measure: Measure) -> bool:
    return word in AROUND_NUMBERS or word in FILLERS or word in POLITE or word in measure.units


def _words(text: str) -> list[str]:
    return [fold(found).replace("'", "") for found in _WORD.findall(fold(text))]


def _rest(after: str, measure: Measure) -> str | None:
    """Return the second thought behind a number, empty if there is none, None if it is unclear."""
    place = 0
    for word in _WORD.finditer(after):
        if _CLAUSE.search(after, place, word.start()):
            break
        if not _is_small(fold(word.group()).replace("'", ""), measure):
            if fold(word.group()) not in CONNECTORS:
                return None
            break
        place = word.end()
    else:
        return ""
    second = after[place:].lstrip(" .,;!?\n\t-")
    if _ONE.match(_without_connectors(second)):
        return None  # "182, 183": which of the two?
    return "" if _small(second, measure) else second.strip()


def _without_connectors(text: str) -> str:
    words = text.split(" ")
    while words and fold(words[0]) in CONNECTORS:
        words.pop(0)
    return " ".join(words)
