"""Reactions that phones spell out, and which of their words are ours: `Liked "If this is ..."` (p).

Phones that cannot show a heart on our text send it back in quotation marks. The words in them are
not the person's: "if this is an emergency, call 911" is no cry for help when we have said it. Known
wordings are passed in, with `{holes}` where a value stood; what fills a hole is kept, since it is
not known to be ours.

The room refuses to take away a word that it cannot find in a known wording, and anything that
stands outside the quotation marks: that is what the person wrote, and it is read as usual.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from engage.reading.fold import fold, located_words, words

_OPENS = '"\u201c\u201e\u00ab'
_CLOSES = '"\u201d\u201c\u00bb'
_SIGN = r"[^\w\s\"]{1,8}"
_LEAD = re.compile(
    r"(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned"
    rf"|reacted (?:with )?{_SIGN} to|{_SIGN} (?:to|a)"
    rf"|removed (?:an? (?:like|heart|dislike|laugh|exclamation|exclamation mark|question mark)"
    rf"|{_SIGN}) from"
    r"|(?:a(?: [^\W\d_]+){1,4} )?(?:ya )?(?:no )?le (?:gusta|gusto|encanta|encanto|dio risa)"
    r"|(?:[^\W\d_]+ ){0,3}(?:se (?:rio|ria|rie) de|enfatizo|destaco|resalto|cuestiono|pregunto por"
    rf"|reacciono con {_SIGN} a|quito (?:[^\W\d_]+ ){{1,5}}(?:de|a)|quito {_SIGN} de))",
)
_LONGEST_LEAD = 60
_LONGEST_FILLING = 8
"""Words that may stand in a hole: the name of a practice, a day and an hour."""
_FEWEST_CUT = 4
"""Words that must be there before the rest of a shortened quotation is taken for ours."""
_HOLE = re.compile(r"\{[a-z_]+\}")

_Wording = tuple[str | None, ...]


def own_words(text: str, known: Iterable[str]) -> str:
    """Return a text with what it quotes of our words blanked out, if it is a reaction to them.

    Everything keeps its place, so that a finding can be shown where it was read. `known` is looked
    at only if the text reads like a reaction at all.
    """
    opened = next((place for place, one in enumerate(text) if one in _OPENS), None)
    if opened is None or opened > _LONGEST_LEAD or not _LEAD.fullmatch(fold(text[:opened])):
        return text
    wordings = _wordings(tuple(known))
    for closed in range(len(text) - 1, opened, -1):
        if text[closed] in _CLOSES:
            quoted = text[opened + 1 : closed]
            ours = _ours(quoted, wordings)
            if ours is not None:
                return text[: opened + 1] + _blanked(quoted, ours) + text[closed:]
    return text


def _blanked(quoted: str, ours: frozenset[int]) -> str:
    kept = list(quoted)
    for place, word in enumerate(located_words(quoted)):
        if place in ours:
            kept[word.start : word.end] = " " * (word.end - word.start)
    return "".join(kept)


def _ours(quoted: str, wordings: Sequence[_Wording]) -> frozenset[int] | None:
    """Return which words of a quotation are ours; None if it is not made of known wordings."""
    said = words(quoted)
    is_cut = fold(quoted).endswith(("...", "\u2026"))
    return _covered(said, 0, wordings, is_cut=is_cut) if said else None


def _covered(
    said: Sequence[str], start: int, wordings: Sequence[_Wording], *, is_cut: bool
) -> frozenset[int] | None:
    """Cover the words from a place on with wordings, one after the other."""
    if start == len(said):
        return frozenset()
    for wording in wordings:
        fewest = min(_FEWEST_CUT, len(wording) - wording.count(None))
        for end, ours in _begun(said, start, wording, 0, is_cut=is_cut):
            if len(ours) < fewest:
                continue
            rest = _covered(said, end, wordings, is_cut=is_cut)
            if rest is not None:
                return ours | rest
    return None


def _begun(
    said: Sequence[str], place: int, wording: _Wording, step: int, *, is_cut: bool
) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield where a wording ends and the places of its own words, for each way it stands here."""
    ours: set[int] = set()
    while step < len(wording) and place < len(said) and (meant := wording[step]) is not None:
        cut = is_cut and place == len(said) - 1 and meant.startswith(said[place])
        if said[place] != meant and not cut:
            return
        ours.add(place)
        place, step = place + 1, step + 1
    if step == len(wording) or (place == len(said) and is_cut):
        yield place, frozenset(ours)
    elif wording[step] is None:
        for start in range(place + 1, min(place + _LONGEST_FILLING, len(said)) + 1):
            for end, rest in _begun(said, start, wording, step + 1, is_cut=is_cut):
                yield end, rest | ours


@lru_cache(maxsize=4)
def _wordings(known: tuple[str, ...]) -> tuple[_Wording, ...]:
    """Return the wordings as words, the longest first, with None for each hole."""
    found = {tuple(_steps(text)) for text in known}
    return tuple(sorted((one for one in found if any(one)), key=lambda one: (-len(one), str(one))))


def _steps(text: str) -> Iterable[str | None]:
    pieces = _HOLE.split(text)
    for place, piece in enumerate(pieces):
        if place:
            yield None
        yield from words(piece)
