"""Takes out of a reply what could say whose it is, before a copy of it is kept to learn from. (p).

Names that the practice knows, numbers of phones, dates, addresses of mail and pages, and long runs
of digits become marks ("[name]", "[number]"). Names that nobody knows stay: that is why a person
looks at every copy before it is approved. This room refuses to promise that nothing is left.
"""

import re
import unicodedata
from collections.abc import Iterable

_MAIL = re.compile(r"\S+@\S+\.\S+")
_PAGE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(r"\b\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})\b")
_PHONE = re.compile(r"\(?(?:\+?\d[\s().-]*){7,}")
# Three digits may be a sugar or a pressure, which is what the reply is about; more are an account,
# a house or a year of birth.
_LONG = re.compile(r"\d{4,}")
_WORD = re.compile(r"[^\W\d_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)?")
_SHORTEST_NAME = 2

NAME, NUMBER, DATE, ADDRESS = "[name]", "[number]", "[date]", "[address]"


def deidentified(text: str, names: Iterable[str]) -> str:
    """Return a reply without the given names, and without what looks like a way to somebody."""
    known = {
        _folded(part)
        for name in names
        for part in _WORD.findall(name)
        if len(part) >= _SHORTEST_NAME
    }
    for pattern, mark in (
        (_MAIL, ADDRESS),
        (_PAGE, ADDRESS),
        (_DATE, DATE),
        (_PHONE, NUMBER + " "),
        (_LONG, NUMBER),
    ):
        text = pattern.sub(mark, text)
    return _WORD.sub(lambda found: _masked(found[0], known), text).strip()


def _masked(word: str, known: set[str]) -> str:
    folded = _folded(word)
    bare = folded.removesuffix("s").rstrip("'\N{RIGHT SINGLE QUOTATION MARK}")
    return NAME if folded in known or bare in known else word


def _folded(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))
