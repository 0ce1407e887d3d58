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
    signs: dict[str, str]


_FILE = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "signs.toml").read_bytes(), type=_Signs
)


def _index() -> dict[str, tuple[tuple[str, Phrase], ...]]:
    found: dict[str, list[tuple[str, Phrase]]] = {}
    for name, ways in _FILE.signs.items():
        for way in ways.split("|"):
            phrase = parse_phrase(way)
            for word in phrase.first_words:
                found.setdefault(word, []).append((name, phrase))
    return {word: tuple(entries) for word, entries in found.items()}


_INDEX = _index()


def signs(located: Sequence[Word]) -> tuple[tuple[str, ...], int]:
    """Return the signs of a text, each once, in order of the file, and how many were tried."""
    spoken = [word.text for word in located]
    seen: set[str] = set()
    tried = 0
    for place, word in enumerate(spoken):
        for name, phrase in _INDEX.get(word, ()):
            if name not in seen:
                tried += 1
                if phrase.ends(spoken, place):
                    seen.add(name)
    return tuple(name for name in _FILE.signs if name in seen), tried
