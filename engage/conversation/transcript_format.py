"""Transcripts: a conversation as a nurse can read it, to values and back. (p).

One line is one thing. The first sign says what kind:

    title    what the transcript shows           a directive: word, spaces, value
    < system: hvs.worried [1 often, 2 never]     goes out: text ids or a quoted sentence; notes
    > patient: 1                                 comes in, from the patient or who is named
    * flag    food-insecurity routine            any other effect
    ... 24h                                      time passes: m, h or d; due timers fire
    = asking hvs.ran-out                         the state now
    ! duplicate                                  happens to us: the last event again, a failure
    # a remark; also behind a line, after two spaces

`opening + hvs.worried` names the lead of a message too; without it any lead is meant. A bracket of
numbered keys lists options, any other bracket is a note ("for Luis", "to caregiver"). Words that
would not survive as they stand (a line break, a remark sign) are written as a quoted JSON string.

This room refuses to judge: whether a text id exists and an effect happened is the runner's matter.
It accepts only lines it understands, and names the one it does not.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from engage.errors import EngageError

DIRECTIVES = (
    "title",
    "practice",
    "patient",
    "caregiver",
    "staff",
    "screen",
    "plan",
    "visit",
    "slot",
    "at",
)
"""What may be said about the scene. `patient` may be said twice: one phone, two people."""

Unit: TypeAlias = Literal["s", "m", "h", "d"]

_UNITS: dict[str, timedelta] = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_REMARK = re.compile(r"(?:^|\s{2,})#(?:\s|$)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPEECH = re.compile(r"(?P<who>[a-z][a-z0-9-]*):\s*(?P<words>.*)", re.DOTALL)
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_OPTION = re.compile(r"([0-9]+) ([a-z0-9-]+)")
_TEXT_ID = re.compile(r"[a-z][a-z0-9.-]*(?: [a-z][a-z0-9.-]*)*")
FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Between which a transcript plays: nobody is asked how they are for a thousand years."""

_PASSING = re.compile(r"([0-9]{1,6})([smhd])")
_VERB = re.compile(r"(?P<verb>[a-z][a-z-]*)(?:\s+(?P<rest>\S.*))?")


class TranscriptInvalid(EngageError):  # noqa: N818 - reads as a sentence: raise TranscriptInvalid
    """A line of a transcript can't be understood."""

    def __init__(self, line: int, reason: str) -> None:
        """Take the number of the line and what is wrong with it."""
        self.line = line
        self.reason = reason
        super().__init__()

    @property
    def sentence(self) -> str:
        """Which line, and what is wrong with it."""
        return f"line {self.line}: {self.reason}"


class Said(Struct, frozen=True):
    """What all lines share: where they stand and what is remarked behind them."""

    line: int
    remark: str | None = None


class Blank(Said, frozen=True, tag="blank"):
    """An empty line, or a remark alone."""


class Directive(Said, frozen=True, kw_only=True, tag="directive"):
    """Something about the scene."""

    name: str
    value: str


class Outgoing(Said, frozen=True, kw_only=True, tag="outgoing"):
    """A text of ours: by ids (the lead first) or by its whole sentence, never both."""

    texts: tuple[str, ...] = ()
    sentence: str | None = None
    #: Number and key of the options it must offer.
    options: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()


class Incoming(Said, frozen=True, kw_only=True, tag="incoming"):
    """Words of a patient, a caregiver or a care manager."""

    who: str
    words: str


class Effected(Said, frozen=True, kw_only=True, tag="effected"):
    """An effect that is no text."""

    verb: str
    rest: str = ""


class Passed(Said, frozen=True, kw_only=True, tag="passed"):
    """Time passes."""

    amount: int
    unit: Unit

    @property
    def duration(self) -> timedelta:
        """How long; a day is 24 hours, also in the night the clocks change."""
        return self.amount * _UNITS[self.unit]


class Stands(Said, frozen=True, kw_only=True, tag="stands"):
    """The state now."""

    state: str
    #: The live prompt, while asking.
    prompt: str = ""


class Befell(Said, frozen=True, kw_only=True, tag="befell"):
    """Something happened that nobody wrote."""

    verb: str
    rest: str = ""


Line: TypeAlias = Blank | Directive | Outgoing | Incoming | Effected | Passed | Stands | Befell


class Transcript(Struct, frozen=True):
    """A conversation, line by line."""

    lines: tuple[Line, ...]

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of a directive, in order."""
        return tuple(
            line.value for line in self.lines if isinstance(line, Directive) and line.name == name
        )


class PatientLine(Struct, frozen=True):
    """The value of a `patient` directive: "Rosa, es, care manager Dana"."""

    name: str
    language: str
    care_manager: str
    #: What else is said: "same phone", "opted-out".
    notes: tuple[str, ...] = ()


def parse(text: str) -> Transcript:
    """Return the lines of a transcript; the first that can't be understood is named."""
    numbered = enumerate(text.removesuffix("\n").split("\n"), start=1)
    return Transcript(tuple(_line(number, raw) for number, raw in numbered))


def print_transcript(transcript: Transcript) -> str:
    """Return a transcript in its one normal form."""
    return "".join(f"{_printed(line)}\n" for line in transcript.lines)


def parse_patient(directive: Directive) -> PatientLine:
    """Return the person a `patient` directive introduces."""
    parts = [part.strip() for part in directive.value.split(",")]
    match parts:
        case [name, language, manager, *notes] if manager.startswith("care manager "):
            return PatientLine(name, language, manager.removeprefix("care manager "), tuple(notes))
        case _:
            raise TranscriptInvalid(directive.line, 'say "Rosa, es, care manager Dana"')


def parse_at(directive: Directive) -> datetime:
    """Return the aware moment of an `at` directive, in its own zone."""
    try:
        day, clock, zone = directive.value.split()
        local = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M")  # noqa: DTZ007 - next line
        if not FIRST_YEAR <= local.year <= LAST_YEAR:
            raise TranscriptInvalid(
                directive.line, f"a year stands between {FIRST_YEAR} and {LAST_YEAR}"
            )
        return local.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError) as wrong:
        reason = 'say "2031-03-04 10:00 America/Chicago"'
        raise TranscriptInvalid(directive.line, reason) from wrong


def _line(number: int, raw: str) -> Line:
    body, remark = _without_remark(raw)
    if not body:
        return Blank(number, remark)
    sign, _, rest = body.partition(" ")
    rest = rest.strip()
    match sign:
        case "<":
            return _outgoing(number, remark, rest)
        case ">":
            who, words = _speech(number, rest)
            return Incoming(number, remark, who=who, words=words)
        case "*":
            verb, more = _verb(number, rest)
            return Effected(number, remark, verb=verb, rest=more)
        case "!":
            verb, more = _verb(number, rest)
            return Befell(number, remark, verb=verb, rest=more)
        case "...":
            return _passed(number, remark, rest)
        case "=":
            state, prompt = _verb(number, rest)
            return Stands(number, remark, state=state, prompt=prompt)
        case name if name in DIRECTIVES:
            if not rest:
                raise TranscriptInvalid(number, f"{name} needs a value")
            return Directive(number, remark, name=name, value=rest)
        case _:
            raise TranscriptInvalid(number, "neither a sign nor a directive stands first")


def _without_remark(raw: str) -> tuple[str, str | None]:
    """Return a line and the remark behind it; a remark sign inside quotes is none."""
    quoted = [found.span() for found in _QUOTED.finditer(raw)] if _opens_quoted(raw) else []
    for found in _REMARK.finditer(raw):
        if not any(begin < found.start() < end for begin, end in quoted):
            return raw[: found.start()].strip(), raw[found.end() :].strip()
    return raw.strip(), None


def _opens_quoted(raw: str) -> bool:
    speech = _SPEECH.match(raw.strip()[1:].strip()) if raw.strip()[:1] in {"<", ">"} else None
    return speech is not None and speech["words"].startswith('"')


def _speech(number: int, rest: str) -> tuple[str, str]:
    speech = _SPEECH.fullmatch(rest)
    if speech is None:
        raise TranscriptInvalid(number, 'say who speaks: "patient: words"')
    words = speech["words"]
    return speech["who"], _unquoted(number, words) if words.startswith('"') else words


def _unquoted(number: int, quoted: str) -> str:
    try:
        return cast("str", json.loads(quoted))
    except ValueError as wrong:
        raise TranscriptInvalid(number, "the quoted words do not end, or are no words") from wrong


def _verb(number: int, rest: str) -> tuple[str, str]:
    found = _VERB.fullmatch(rest)
    if found is None:
        raise TranscriptInvalid(number, "a word of small letters stands after the sign")
    return found["verb"], found["rest"] or ""


def _passed(number: int, remark: str | None, rest: str) -> Passed:
    found = _PASSING.fullmatch(rest)
    if found is None:
        raise TranscriptInvalid(number, 'say how long: "30m", "24h" or "10d"')
    return Passed(number, remark, amount=int(found[1]), unit=cast("Unit", found[2]))


def _outgoing(number: int, remark: str | None, rest: str) -> Outgoing:
    speech = _SPEECH.fullmatch(rest)
    if speech is None or speech["who"] != "system":
        raise TranscriptInvalid(number, 'what goes out is said by "system:"')
    words = speech["words"]
    quoted = _QUOTED.match(words)
    named = words[quoted.end() :] if quoted else words
    options: list[tuple[int, str]] = []
    notes: list[str] = []
    for bracket in _BRACKET.findall(named):
        found = [_OPTION.fullmatch(part.strip()) for part in bracket.split(",")]
        if all(found):
            options += [(int(option[1]), option[2]) for option in found if option]
        elif bracket.strip():
            notes.append(bracket.strip())
    outside = _BRACKET.sub("", named).strip()
    if quoted:
        if outside:
            raise TranscriptInvalid(number, "a sentence stands alone")
        sentence = _unquoted(number, quoted.group())
        return Outgoing(
            number, remark, sentence=sentence, options=tuple(options), notes=tuple(notes)
        )
    texts = tuple(part.strip() for part in outside.split(" + "))
    if not all(_TEXT_ID.fullmatch(text) for text in texts):
        raise TranscriptInvalid(number, "what goes out is a text id or a quoted sentence")
    return Outgoing(number, remark, texts=texts, options=tuple(options), notes=tuple(notes))


def _printed(line: Line) -> str:
    body = _body(line)
    if line.remark is None:
        return body
    remark = f"# {line.remark}".rstrip()
    return f"{body}  {remark}" if body else remark


def _body(line: Line) -> str:
    match line:
        case Blank():
            return ""
        case Directive(name=name, value=value):
            return f"{name:8} {value}"
        case Outgoing():
            return "< system: " + " ".join(_parts(line))
        case Incoming(who=who, words=words):
            return f"> {who}: {words if _is_plain(words) else _quoted(words)}".rstrip(" ")
        case Effected(verb=verb, rest=rest):
            return f"* {verb:7} {rest}".rstrip()
        case Passed(amount=amount, unit=unit):
            return f"... {amount}{unit}"
        case Stands(state=state, prompt=prompt):
            return f"= {state} {prompt}".rstrip()
        case Befell(verb=verb, rest=rest):
            return f"! {verb} {rest}".rstrip()
        case _:
            assert_never(line)


def _parts(line: Outgoing) -> Iterator[str]:
    yield " + ".join(line.texts) if line.sentence is None else _quoted(line.sentence)
    if line.options:
        yield "[" + ", ".join(f"{number} {key}" for number, key in line.options) + "]"
    yield from (f"[{note}]" for note in line.notes)


def _is_plain(words: str) -> bool:
    return (
        words == words.strip()
        and words.isprintable()
        and not words.startswith('"')
        and _REMARK.search(f" {words}") is None
    )


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=not words.isprintable())
