"""STOP, START and HELP: the words that carriers and the law act on (p).

A whole message that is one of the known words, however it is written, is that word. A clause that
says "please stop texting me", and only that, is an opt-out too: the law asks for any reasonable
wording. Everything short of that ("stop by tuesday", "I quit smoking", "don't text me before
nine") is not for this room: the text goes on and a human reads it.

Three more readings stand here, because they too decide what may be texted: a wish that ends one
programme only, "this is not my number", and the answer of a machine.

The room refuses to weigh STOP against anything. Danger words are read from the same text by
`redflags`, independently: "STOP I want to die" is an opt-out and a crisis. And it refuses to take
YES or SÍ for START: they are answers to half of what we ask, and nobody agrees to more than before
by answering a question.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import groupby
from typing import Literal

import msgspec

from engage.reading.fold import Word, located_words, words
from engage.reading.phrases import Phrase, parse_phrase, parse_phrases

Language = Literal["en", "es"]
Programme = Literal["screenings", "check-ins", "visits"]


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """The opt-out word, whole. It closes the line for everyone on that number."""

    carrier_answers: bool
    """The carrier blocks the number and confirms it; if not, the one confirmation is ours."""
    language: Language | None = None
    """The language of the word; None when only the carrier says so."""
    also_means: Literal["visit"] | None = None
    """What else they may have meant. The texts stop all the same, and a human asks."""


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


class ProgrammeStop(msgspec.Struct, frozen=True):
    """A wish that ends one kind of text and names it; everything else goes on."""

    programme: Programme
    language: Language


class StopSharing(msgspec.Struct, frozen=True):
    """A wish that family sees and hears nothing more; our texts go on."""

    language: Language
    #: The text says nothing else.
    whole: bool


class WrongNumber(msgspec.Struct, frozen=True):
    """Whoever holds the phone is not whom we wrote to."""

    language: Language
    named: str | None = None
    """The given name that was said not to be theirs, folded; None if none was."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: str
    language: Language
    carrier: bool = False
    stretch: bool = False
    also_means: Literal["visit"] | None = None


class _Stranger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sure: dict[Language, tuple[str, ...]]
    likely: dict[Language, tuple[str, ...]]
    who: dict[Language, tuple[str, ...]]
    leads: tuple[str, ...]
    tails: tuple[str, ...]
    unless: frozenset[str]


class _Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stop: tuple[_Entry, ...]
    start: tuple[_Entry, ...]
    help: tuple[_Entry, ...]
    small: frozenset[str]
    polite: tuple[str, ...]
    openers: frozenset[str]
    openers_followed_by: frozenset[str]
    alto_followed_by: frozenset[str]
    wish_leads: tuple[str, ...]
    wish_tails: tuple[str, ...]
    wishes: dict[Language, tuple[str, ...]]
    sharing: dict[Language, tuple[str, ...]]
    programmes: dict[Programme, dict[Language, tuple[str, ...]]]
    wrong_number: _Stranger
    automatic: dict[Language, tuple[str, ...]]


_LEXICON = msgspec.toml.decode(
    (resources.files("engage.reading") / "lexicon" / "carrier_words.toml").read_bytes(),
    type=_Lexicon,
)
_NAME = "xnamex"
"""Stands in phrases and, while they are read, in texts for the name of whom we wrote to."""

_ByLanguage = tuple[tuple[Language, Phrase], ...]

_SMALL_WORDS = _LEXICON.small


class _Phrases:
    """Phrases, each found by a word that it needs: most texts have none of these."""

    def __init__(self, by_language: Mapping[Language, Sequence[str]]) -> None:
        self._found_by: dict[str, list[tuple[int, Language, Phrase]]] = {}
        number = 0
        for language, sources in by_language.items():
            for source in sources:
                phrase = parse_phrase(source.replace("{name}", _NAME))
                # A phrase can't be said without this step, whichever it is.
                telling = (s for s in phrase.steps if s.choices.isdisjoint(_SMALL_WORDS))
                for choice in next(telling, phrase.steps[0]).choices:
                    self._found_by.setdefault(choice, []).append((number, language, phrase))
                number += 1

    def among(self, spoken: Iterable[str]) -> _ByLanguage:
        """Return those that can be in a text, in the order of the lexicon."""
        found = {one for word in spoken for one in self._found_by.get(word, ())}
        return tuple((language, phrase) for _, language, phrase in sorted(found, key=_place))


def _place(one: tuple[int, Language, Phrase]) -> int:
    return one[0]


_POLITE = parse_phrases(_LEXICON.polite)
_LEADS = (*_POLITE, *parse_phrases(_LEXICON.wish_leads))
_TAILS = (*_POLITE, *parse_phrases(_LEXICON.wish_tails))
_WISHES = _Phrases(_LEXICON.wishes)
_PROGRAMMES: dict[Programme, _Phrases] = {
    name: _Phrases(wishes) for name, wishes in _LEXICON.programmes.items()
}
_SHARING = _Phrases(_LEXICON.sharing)
_SURE = _Phrases(_LEXICON.wrong_number.sure)
_LIKELY = _Phrases(_LEXICON.wrong_number.likely)
_WHO = _Phrases(_LEXICON.wrong_number.who)
_STRANGER_LEADS = (*_POLITE, *parse_phrases(_LEXICON.wrong_number.leads))
_STRANGER_TAILS = (*_POLITE, *parse_phrases(_LEXICON.wrong_number.tails))
_AUTOMATIC = _Phrases(_LEXICON.automatic)
_LONGEST_CLAUSE = 24
"""A wish is short; a longer clause says something else as well, and is not worth the reading."""
_AFTER_A_NAME = frozenset(
    {"doesnt", "dont", "here", "is", "isnt", "anymore", "aqui", "sorry", "lives"}
)
"""Words behind a name that are no family name."""


def carrier_word(text: str, opt_out_type: str | None) -> CarrierWord | None:
    """Return what a text says to the carrier, or None if it is an ordinary text.

    `opt_out_type` is the carrier's own finding (Twilio's OptOutType: STOP, START, HELP). Its
    finding and ours are joined; if they differ, an opt-out by either counts, then the carrier's.
    """
    own = _own_reading(text)
    match (opt_out_type or "").strip().upper():
        case "STOP":
            also_means = own.also_means if isinstance(own, Stop) else None
            return Stop(True, own.language if own else None, also_means)  # noqa: FBT003 - as above
        case "START" if not isinstance(own, Stop | FreeFormStop):
            return Start(carrier_answers=True, language=own.language if own else None)
        case "HELP" if not isinstance(own, Stop | FreeFormStop):
            return Help(carrier_answers=True, language=own.language if own else None)
        case _:
            # Also a finding we do not know: the field is the carrier's to extend.
            return own


def programme_stop(text: str) -> ProgrammeStop | None:
    """Return the one programme that a text wishes to end; None if it wishes more, or nothing."""
    for clause in _clauses(located_words(text)):
        for programme, wishes in _PROGRAMMES.items():
            if language := _language_of(clause, wishes, _LEADS, _TAILS):
                return ProgrammeStop(programme, language)
    return None


def stop_sharing(text: str) -> StopSharing | None:
    """Return that nothing is to be shared with family any more, if a text says so."""
    clauses = list(_clauses(located_words(text)))
    for clause in clauses:
        if language := _language_of(clause, _SHARING, _LEADS, _TAILS):
            return StopSharing(language, whole=len(clauses) == 1)
    return None


def wrong_number(
    text: str, given_names: Sequence[str] = (), *, asked_who: bool = False
) -> WrongNumber | None:
    """Return that a text comes from a stranger, if it says so.

    `given_names` are those of the people we write to on the phone; `asked_who`: the text answers
    the question whether they are who we take them for.
    """
    located = located_words(text)
    if any(
        word.text in _LEXICON.wrong_number.unless or (word.text.isdigit() and len(word.text) == 1)
        for word in located
    ):
        return None  # a slip of the finger is about the answer, not about the phone
    names = {part for name in given_names for part in words(name)}
    clauses = [_with_names(clause, names) for clause in _clauses(located)]
    clauses.append(_with_names([word.text for word in located], names))
    language = _first_language(clauses, _SURE)
    if language is None and (asked_who or _first_language(clauses, _WHO)):
        language = _first_language(clauses, _LIKELY)
    if language is None:
        return None
    return WrongNumber(language, next((w.text for w in located if w.text in names), None))


def says_a_machine(text: str) -> bool:
    """Say whether a text was written by a machine on the person's behalf: nothing answers it."""
    spoken = words(text)
    return any(
        phrase.ends(spoken, start)
        for _, phrase in _AUTOMATIC.among(spoken)
        for start in range(len(spoken))
    )


def _first_language(clauses: Sequence[Sequence[str]], phrases: _Phrases) -> Language | None:
    for clause in clauses:
        if language := _language_of(clause, phrases, _STRANGER_LEADS, _STRANGER_TAILS):
            return language
    return None


def _with_names(clause: Sequence[str], names: set[str]) -> Sequence[str]:
    """Return a clause with one mark for each name of a person we write to, family name included."""
    marked = [
        _NAME if word in names else f"{_NAME}s" if word.removesuffix("s") in names else word
        for word in clause
    ]
    once = [word for word, _ in groupby(marked)]
    # "No soy Rosa Alvarez": the family name is not known here, and stands at the end.
    return once[:-1] if len(once) > 1 and once[-2] == _NAME and _is_name(clause[-1]) else once


def _is_name(word: str) -> bool:
    return word.isalpha() and word not in _AFTER_A_NAME


def _own_reading(text: str) -> CarrierWord | None:
    located = located_words(text)
    spoken = _without_repeats(_trimmed([word.text for word in located], _POLITE, _POLITE))
    message = " ".join(spoken) if len(spoken) <= _LONGEST_CLAUSE else ""
    bare = text.strip().casefold()
    if entry := _entry_of(message, _LEXICON.stop):
        return Stop(_carrier_answers(entry, bare), entry.language, entry.also_means)
    if entry := _entry_of(message, _LEXICON.start):
        return Start(_carrier_answers(entry, bare), entry.language)
    if entry := _entry_of(message, _LEXICON.help):
        return Help(_carrier_answers(entry, bare), entry.language)
    if _opens_with_stop(located):
        return FreeFormStop("es" if located[0].text == _ALTO else "en")
    for clause in _clauses(located):
        if language := _language_of(clause, _WISHES, _LEADS, _TAILS):
            return FreeFormStop(language)
    return None


def _entry_of(message: str, entries: tuple[_Entry, ...]) -> _Entry | None:
    letters = message.split()
    if len(letters) > 2 and all(len(letter) == 1 for letter in letters):  # noqa: PLR2004 - no word
        message = "".join(letters)  # "S.T.O.P" is one word, spelled
    held = _let_go(message)
    return next(
        (
            entry
            for entry in entries
            if entry.words == message or (entry.stretch and _let_go(entry.words) == held)
        ),
        None,
    )


def _let_go(message: str) -> str:
    """Return a message with each letter once that was held down: "stoppp" is "stop"."""
    return "".join(letter for letter, _ in groupby(message))


def _carrier_answers(entry: _Entry, bare: str) -> bool:
    # The carrier matches the bare word alone: "STOP." and "stop please" pass it by.
    return entry.carrier and bare == entry.words


_ALTO = "alto"


def _opens_with_stop(located: Sequence[Word]) -> bool:
    if len(located) < 2:  # noqa: PLR2004 - a first and a next
        return False
    opener, follower = located[:2]
    if opener.text == _ALTO:
        return not follower.opens and follower.text in _LEXICON.alto_followed_by
    if opener.text not in _LEXICON.openers:
        return False
    return follower.opens or follower.text in _LEXICON.openers_followed_by


def _language_of(
    clause: Sequence[str],
    phrases: _Phrases,
    leads: Sequence[Phrase],
    tails: Sequence[Phrase],
) -> Language | None:
    """Return the language of the phrase that is all a clause says; None if it is none of them."""
    possible = () if len(clause) > _LONGEST_CLAUSE else phrases.among(clause)
    if not possible:
        return None
    # Leads may be cut too far ("can you" leaves nothing of "unsubscribe"), so each cut is tried.
    for remainder in _cuts(clause, leads):
        core = _trimmed(remainder, (), tails)
        for language, phrase in possible:
            if phrase.is_whole(core) or phrase.is_whole(remainder):
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
