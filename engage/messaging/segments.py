"""Count what a text costs on the air, and tidy it so that it costs less (p).

A text goes out as GSM-7 (160 septets, or 153 in each part of a long one) if every character fits
the GSM 03.38 alphabet, and as UCS-2 (70 code units, or 67) if a single one does not. Carriers bill
and throttle by segment, so the rendered text is what must be counted: names carry accents.

`tidy` refuses to touch a letter: dropping the accent of `clínica` is the author's choice to make.
"""

import re
import unicodedata
from typing import Literal

import msgspec

Encoding = Literal["GSM-7", "UCS-2"]

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
_LIMITS: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
_LAST_OF_BASIC_PLANE = 0xFFFF

_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = frozenset("🏻🏼🏽🏾🏿")

_TIDIED = str.maketrans(
    {
        # Escaped, because they look alike here too: apostrophes, quotes, dashes, bullets, spaces.
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2022\u2023\u25aa\u00b7", "-"),
        **dict.fromkeys("\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006", " "),
        **dict.fromkeys("\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u2028\u2029\u0085", "\n"),
        "…": "...",
        # Invisible: zero-width, soft hyphen, byte order mark, direction marks.
        **dict.fromkeys("\u00ad\u200b\u200c\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"),
        **dict.fromkeys("\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    }
)
# A joiner glues a family of emoji together; anywhere else it is an invisible cost.
_STRAY_JOINER = re.compile("(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d")


class Segments(msgspec.Struct, frozen=True):
    """What a text costs: its encoding, its length in that encoding, and how many segments."""

    encoding: Encoding
    units: int
    """Septets in GSM-7 (an extension character costs two), UTF-16 code units in UCS-2."""
    segments: int
    offenders: tuple[str, ...]
    """The characters, as a reader sees them, that force UCS-2; each once, in order."""


def count(text: str) -> Segments:
    """Count a text as it stands; an empty text is one segment."""
    if _GSM_BASIC.issuperset(text):
        # Nearly every text: each character is one septet, so nothing straddles.
        single, part = _LIMITS["GSM-7"]
        units = len(text)
        return Segments("GSM-7", units, 1 if units <= single else -(-units // part), ())
    offenders = tuple(
        dict.fromkeys(
            seen for seen in _as_seen(text) if not all(_fits_gsm(character) for character in seen)
        )
    )
    encoding: Encoding = "UCS-2" if offenders else "GSM-7"
    costs = [_cost(character, encoding) for character in text]
    return Segments(encoding, sum(costs), _parts(costs, encoding), offenders)


def tidy(text: str) -> str:
    """Replace typographic look-alikes by GSM-7 characters; keep accents, letters and emoji."""
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate(_TIDIED)
    # Once more: what an invisible character kept apart may now compose.
    return unicodedata.normalize("NFC", _STRAY_JOINER.sub("", composed))


def plain(text: str) -> str:
    """Drop the accents that GSM-7 lacks; é, ñ, ü stay, and so does what is no letter."""
    return "".join(
        character if _fits_gsm(character) else _unaccented(character) for character in text
    )


def _unaccented(character: str) -> str:
    base = "".join(
        one for one in unicodedata.normalize("NFD", character) if unicodedata.category(one) != "Mn"
    )
    return base if base and all(_fits_gsm(one) for one in base) else character


def _fits_gsm(character: str) -> bool:
    return character in _GSM_BASIC or character in _GSM_EXTENSION


def _cost(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in _GSM_EXTENSION else 1
    return 2 if ord(character) > _LAST_OF_BASIC_PLANE else 1


def _parts(costs: list[int], encoding: Encoding) -> int:
    single, part = _LIMITS[encoding]
    if sum(costs) <= single:
        return 1
    # ceil(units / part) is wrong: an escape pair or a surrogate pair never straddles two segments.
    segments, filled = 1, 0
    for cost in costs:
        if filled + cost > part:
            segments, filled = segments + 1, 0
        filled += cost
    return segments


def _as_seen(text: str) -> list[str]:
    """Split a text into what a reader sees as single characters: accents and joined emoji kept."""
    seen: list[str] = []
    before = ""
    for character in text:
        joins = (
            _ZERO_WIDTH_JOINER in {before, character}
            or character in _SKIN_TONES
            or unicodedata.category(character) in {"Mn", "Me"}
        )
        if joins and seen and before not in {"\n", "\r"}:
            seen[-1] += character
        else:
            seen.append(character)
        before = character
    return seen
