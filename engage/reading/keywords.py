"""STOP, START and HELP: the words that carriers and the law act on (p).

A whole message that is one of the known words, however it is written, is that word. A clause that
says "please stop texting me", and only that, is an opt-out too: the law asks for any reasonable
wording. Everything short of that ("stop by tuesday", "I quit smoking", "don't text me before
nine") is not for this room: the text goes on and a human reads it.

The room refuses to weigh STOP against anything. Danger words are read from the same text by
`redflags`, independently: "STOP I want to die" is an opt-out and a crisis. And it refuses to take
YES or SÍ for START: they are answers to half of what we ask, and nobody agrees to more than before
by answering a question.
"""

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Literal

import msgspec

from engage.reading.fold import Word, located_words
from engage.reading.phrases import Phrase, parse_phrase, parse_phrases

Language = Literal["en", "es"]


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """The opt-out word, whole. It closes the line for everyone on that number."""

    carrier_answers: bool
    """The carrier blocks the number and confirms it; if not, the one confirmation is ours."""
    language: Language | None = None
    """The language of the word; None when only the carrier says so."""


class FreeFormStop(msgspec.Struct, frozen=True, tag="free-form-stop"):
    """An opt-out in the person's own words. As binding as STOP, but no carrier knows of it."""

    language: Language


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The word that re-opens a closed line, to no more than before.

    On a line that is open it means nothing: a carrier may be set to report YES as START, and then
    the text is an answer and must be read as one.
    """

    carrier_answers: bool
    language: Language | None = None


class Help(msgspec.Struct, frozen=True, tag="help"):
    """The word that asks for the required information; it may be a cry, so a human sees it too."""

    carrier_answers: bool
    language: Language | None = None


CarrierWord = Stop | FreeFormStop | Start | Help


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: str
    language: Language
    carrier: bool = False


class _Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stop: tuple[_Entry, ...]
    start: tuple[_Entry, ...]
    help: tuple[_Entry, ...]
    polite: tuple[str, ...]
    openers: frozenset[str]
    openers_followed_by: frozenset[str]
    wish_leads: tuple[str, ...]
    wish_tails: tuple[str, ...]
    wishes: dict[Language, tuple[str, ...]]


_LEXICON = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "carrier_words.toml").read_bytes(),
    type=_Lexicon,
)
_POLITE = parse_phrases(_LEXICON.polite)
_LEADS = (*_POLITE, *parse_phrases(_LEXICON.wish_leads))
_TAILS = (*_POLITE, *parse_phrases(_LEXICON.wish_tails))
_WISHES: tuple[tuple[Language, Phrase], ...] = tuple(
    (language, parse_phrase(source))
    for language, sources in _LEXICON.wishes.items()
    for source in sources
)
_LONGEST_CLAUSE = 24
"""A wish is short; a longer clause says something else as well, and is not worth the reading."""


def carrier_word(text: str, opt_out_type: str | None) -> CarrierWord | None:
    """Return what a text says to the carrier, or None if it is an ordinary text.

    `opt_out_type` is the carrier's own finding (Twilio's OptOutType: STOP, START, HELP). Its
    finding and ours are joined; if they differ, an opt-out by either counts, then the carrier's.
    """
    own = _own_reading(text)
    match (opt_out_type or "").strip().upper():
        case "STOP":
            return Stop(carrier_answers=True, language=own.language if own else None)
        case "START" if not isinstance(own, Stop | FreeFormStop):
            return Start(carrier_answers=True, language=own.language if own else None)
        case "HELP" if not isinstance(own, Stop | FreeFormStop):
            return Help(carrier_answers=True, language=own.language if own else None)
        case _:
            # Also a finding we do not know: the field is the carrier's to extend.
            return own


def _own_reading(text: str) -> CarrierWord | None:
    located = located_words(text)
    spoken = _without_repeats(_trimmed([word.text for word in located], _POLITE, _POLITE))
    message = " ".join(spoken) if len(spoken) <= _LONGEST_CLAUSE else ""
    bare = text.strip().casefold()
    if entry := _entry_of(message, _LEXICON.stop):
        return Stop(_carrier_answers(entry, bare), entry.language)
    if entry := _entry_of(message, _LEXICON.start):
        return Start(_carrier_answers(entry, bare), entry.language)
    if entry := _entry_of(message, _LEXICON.help):
        return Help(_carrier_answers(entry, bare), entry.language)
    if _opens_with_stop(located):
        return FreeFormStop("en")
    for clause in _clauses(located):
        if language := _language_of_wish(clause):
            return FreeFormStop(language)
    return None


def _entry_of(message: str, entries: tuple[_Entry, ...]) -> _Entry | None:
    return next((entry for entry in entries if entry.words == message), None)


def _carrier_answers(entry: _Entry, bare: str) -> bool:
    # The carrier matches the bare word alone: "STOP." and "stop please" pass it by.
    return entry.carrier and bare == entry.words


def _opens_with_stop(located: Sequence[Word]) -> bool:
    if len(located) < 2 or located[0].text not in _LEXICON.openers:  # noqa: PLR2004 - a first and a next
        return False
    follower = located[1]
    return follower.opens or follower.text in _LEXICON.openers_followed_by


def _language_of_wish(clause: Sequence[str]) -> Language | None:
    if len(clause) > _LONGEST_CLAUSE:
        return None
    # Leads may be cut too far ("can you" leaves nothing of "unsubscribe"), so each cut is tried.
    for remainder in _cuts(clause, _LEADS):
        core = _trimmed(remainder, (), _TAILS)
        for language, wish in _WISHES:
            if wish.is_whole(core) or wish.is_whole(remainder):
                return language
    return None


def _clauses(located: Sequence[Word]) -> Iterator[list[str]]:
    clause: list[str] = []
    for word in located:
        if word.opens and clause:
            yield clause
            clause = []
        clause.append(word.text)
    if clause:
        yield clause


def _cuts(spoken: Sequence[str], leads: Sequence[Phrase]) -> Iterator[Sequence[str]]:
    """Yield the words, then the words without one more lead each time."""
    yield spoken
    while cut := max((max(lead.ends(spoken, 0), default=0) for lead in leads), default=0):
        spoken = spoken[cut:]
        yield spoken


def _trimmed(
    spoken: Sequence[str], leads: Sequence[Phrase], tails: Sequence[Phrase]
) -> Sequence[str]:
    """Return the words without leads in front and tails at the end, however many there are."""
    start, end = 0, len(spoken)
    while cut := max((max(lead.ends(spoken, start), default=0) for lead in leads), default=0):
        start = cut
    while cut := max((_length_at_end(tail, spoken, start, end) for tail in tails), default=0):
        end -= cut
    return spoken[start:end]


def _length_at_end(tail: Phrase, spoken: Sequence[str], start: int, end: int) -> int:
    length = len(tail.steps)
    begins = end - length
    return length if begins >= start and end in tail.ends(spoken, begins) else 0


def _without_repeats(spoken: Sequence[str]) -> Sequence[str]:
    # "stop stop stop" is one word said three times.
    return spoken[:1] if len(spoken) > 1 and len(set(spoken)) == 1 else spoken
