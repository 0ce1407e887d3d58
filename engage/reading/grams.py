"""The features of a text that the linear model weighs (p).

Words and pairs of words, the same pairs with concepts in place of words, runs of letters inside
words, concepts and signs and pairs of both anywhere in the text, sizes of numbers, whether it
asks something, the open prompt, and what the rules found. The trainer and the reader call the same
function, so that nothing is learned that is not seen, and nothing seen that was not learned.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from engage.reading.concepts import BY_WORD
from engage.reading.fold import Word

_SHORT_REPLY = 5
_SHORT_CLAUSE = 3
_LONGEST_LETTERS = 20
_MOST_CONCEPTS = 14
"""Concepts of one text that are paired with others: a long text has many, and pairs are squares."""
SIGN = "e:"
"""What the feature of a sign begins with."""
LETTERS, PAIR = "l:", "y:"
"""What a run of letters and a pair with a concept begin with: the trainer counts them for less."""


def grams(
    located: Sequence[Word],
    context: str,
    rules: Iterable[str],
    named: Sequence[str] = (),
    *,
    asking: bool = False,
) -> list[str]:
    """Return the features of a text, each once, in order of first appearance.

    `named` are its signs; `asking` says whether it has a question mark.
    """
    spoken = [word.text for word in located]
    found: dict[str, None] = {f"C:{context}": None}
    found.update(dict.fromkeys(f"R:{rule}" for rule in rules))
    if asking:
        found.update({"m:?": None, f"m:? {context}": None})
    _add_words(found, located, spoken, context)
    _add_clauses(found, located)
    _add_concepts(found, spoken, context)
    _add_signs(found, spoken, named)
    _add_pairs(found, spoken, named)
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
        before = shown
        if place == 0 or (located[place].opens and place < _SHORT_REPLY):
            found[f"1:{context} {word}"] = None
    found[f"b:{before} $"] = None
    if len(spoken) <= _SHORT_REPLY:
        found.update((f"k:{context} {word}", None) for word in spoken)


def _add_clauses(found: dict[str, None], located: Sequence[Word]) -> None:
    """Add each clause of a few words as a whole: "STOP. Wrong house" says STOP."""
    clause: list[str] = []
    for word in located:
        if word.opens:
            _add_clause(found, clause)
            clause = []
        clause.append(word.text)
    _add_clause(found, clause)


def _add_clause(found: dict[str, None], clause: Sequence[str]) -> None:
    if 0 < len(clause) <= _SHORT_CLAUSE:
        found[f"s:{' '.join(clause)}"] = None


def _add_concepts(found: dict[str, None], spoken: Sequence[str], context: str) -> None:
    """Add concepts, after which prompt they stand, and pairs of neighbours told by concept."""
    told = [BY_WORD.get(word, (word,)) for word in spoken]
    for place, names in enumerate(told):
        if spoken[place] in BY_WORD:
            found.update((f"c:{name}", None) for name in names)
            found.update((f"x:{context} {name}", None) for name in names)
        for step, kind in ((1, "p"), (2, "q")):
            if place >= step:
                found.update(
                    (f"{kind}:{one} {name}", None) for one in told[place - step] for name in names
                )


def _add_signs(found: dict[str, None], spoken: Sequence[str], named: Sequence[str]) -> None:
    for word in spoken:
        if word.isdecimal():
            # Only the size of a number says something: 93 and 95 are alike, 95 and 59 are not.
            found[f"v:{word[:1]}{'0' * (len(word) - 1)}"[:8]] = None
    found.update((f"{SIGN}{name}", None) for name in named)
    found.update((f"E:{one} {other}", None) for one, other in combinations(named, 2))


def _add_pairs(found: dict[str, None], spoken: Sequence[str], named: Sequence[str]) -> None:
    """Add pairs of concepts, and of a concept and a sign, wherever they stand."""
    names = dict.fromkeys(name for word in spoken for name in BY_WORD.get(word, ()))
    first = sorted(list(names)[:_MOST_CONCEPTS])
    found.update((f"{PAIR}{one} {other}", None) for one, other in combinations(first, 2))
    found.update((f"{PAIR}{one}+{sign}", None) for one in first for sign in named)


def _add_letters(found: dict[str, None], word: str) -> None:
    if word.isdecimal():
        return
    padded = f" {word[:_LONGEST_LETTERS]} "
    for size in (3, 4, 5):
        for start in range(len(padded) - size + 1):
            found[f"{LETTERS}{padded[start : start + size]}"] = None
