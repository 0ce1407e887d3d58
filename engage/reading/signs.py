"""Signs: turns of phrase that are evidence for the linear model, and never a verdict (p).

"On Xarelto", "saving them up", "the doctor said it is nothing": none is a danger or a comfort by
itself, together they are, and few texts have any two of them. Naming them lets the model carry what
it learned of one wording to others, in both languages. The room refuses to raise anything.
"""

from collections.abc import Sequence
from datetime import date
from importlib import resources

import msgspec

from engage.reading.fold import Word
from engage.reading.phrases import Phrase, parse_phrase


class _Signs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviewer: str
    date: date
    calm: frozenset[str]
    """Signs that tell of no danger, of whatever else."""
    sets: dict[str, str]
    """Words that many ways share, by the name they are called by."""
    signs: dict[str, str]


_FILE = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "signs.toml").read_bytes(), type=_Signs
)


CALM = _FILE.calm


def _index() -> dict[str, tuple[tuple[str, Phrase], ...]]:
    found: dict[str, list[tuple[str, Phrase]]] = {}
    for name, ways in _FILE.signs.items():
        for way in ways.split("|"):
            phrase = parse_phrase(_spelled_out(way))
            for word in phrase.first_words:
                found.setdefault(word, []).append((name, phrase))
    return {word: tuple(entries) for word, entries in found.items()}


def _spelled_out(way: str) -> str:
    """Return a way with the words of each set in place of its name."""
    return " ".join("/".join(map(_choices, token.split("/"))) for token in way.split())


def _choices(choice: str) -> str:
    return "/".join(_FILE.sets[choice[1:]].split()) if choice.startswith("@") else choice


_INDEX = _index()


def signs(located: Sequence[Word]) -> tuple[tuple[str, ...], int]:
    """Return the signs of a text, each once, in order of the file, and how many were tried."""
    spoken = [word.text for word in located]
    present = frozenset(spoken)
    seen: set[str] = set()
    tried = 0
    for place, word in enumerate(spoken):
        for name, phrase in _INDEX.get(word, ()):
            if name not in seen:
                tried += 1
                # Most ways end in a word that is nowhere in the text: asked first, it is cheap.
                if not present.isdisjoint(phrase.steps[-1].choices) and phrase.ends(spoken, place):
                    seen.add(name)
    return tuple(name for name in _FILE.signs if name in seen), tried
