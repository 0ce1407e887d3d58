"""The features of a text that the linear model weighs (p).

Words and pairs of words, runs of letters inside words, concepts that stand near each other, the
open prompt, and what the rules found. The trainer and the reader call the same function, so that
nothing is learned that is not seen, and nothing seen that was not learned.
"""

from collections.abc import Iterable, Sequence

from engage.reading.concepts import BY_WORD
from engage.reading.fold import Word

_SHORT_REPLY = 5
_NEAR = 5
"""How many concept words apart two concepts still speak of the same thing."""
_LONGEST_LETTERS = 20


def grams(located: Sequence[Word], context: str, rules: Iterable[str]) -> list[str]:
    """Return the features of a text, each once, in order of first appearance."""
    spoken = [word.text for word in located]
    found: dict[str, None] = {f"C:{context}": None}
    found.update(dict.fromkeys(f"R:{rule}" for rule in rules))
    _add_words(found, located, spoken, context)
    _add_concepts(found, located)
    for word in dict.fromkeys(spoken):
        _add_letters(found, word)
    return list(found)


def _add_words(
    found: dict[str, None], located: Sequence[Word], spoken: Sequence[str], context: str
) -> None:
    before = "^"
    for place, word in enumerate(spoken):
        shown = "#" if word.isdecimal() else word
        found[f"w:{shown}"] = None
        found[f"b:{before} {shown}"] = None
        if place >= 1:
            found[f"s:{spoken[place - 2] if place > 1 else '^'} _ {shown}"] = None
        before = shown
        if place == 0 or (located[place].opens and place < _SHORT_REPLY):
            found[f"1:{context} {word}"] = None
    found[f"b:{before} $"] = None
    if len(spoken) <= _SHORT_REPLY:
        found.update((f"k:{context} {word}", None) for word in spoken)
    found[f"n:{min(len(spoken), 12) // 3}"] = None


def _add_concepts(found: dict[str, None], located: Sequence[Word]) -> None:
    recent: list[tuple[str, ...]] = []
    for word in located:
        named = BY_WORD.get(word.text)
        if named is None:
            continue
        for name in named:
            found[f"c:{name}"] = None
            for reach, earlier in enumerate(recent[-_NEAR:][::-1]):
                for other in earlier:
                    found[f"p:{other} {name}"] = None
                    if reach == 0:
                        found[f"q:{other} {name}"] = None
        recent.append(named)


def _add_letters(found: dict[str, None], word: str) -> None:
    if word.isdecimal():
        return
    padded = f" {word[:_LONGEST_LETTERS]} "
    for size in (3, 4, 5):
        for start in range(len(padded) - size + 1):
            found[f"l:{padded[start : start + size]}"] = None
