"""A parsed HL7 v2 message, read by segment, field, repetition and component. (p).

`hl7` takes a message apart; this module finds the place, and undoes the escapes itself: the
library's own way of that logs what it can't read, and its acknowledgements read the clock. It
refuses what is no message, in words that hold nothing of it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, cast

import hl7  # pyright: ignore[reportMissingTypeStubs] - it ships none
from msgspec import Struct

from engage.errors import EngageError

Node: TypeAlias = "str | Sequence[Node]"

MOST_SEGMENTS: Final = 2000
_HEADER = re.compile(r"MSH([!-/:-@\[-`{-~])([!-/:-@\[-`{-~]{4,5})\1")
_BREAKS = re.compile(r"\r\n?|\n")
_TRIGGER = re.compile(r"[A-Z][A-Z0-9]{2}")

_parse = cast(
    "Callable[[str], Sequence[Sequence[Sequence[Node]]]]",
    hl7.parse,  # pyright: ignore[reportUnknownMemberType] - it has no types
)


class NotAMessage(EngageError):  # noqa: N818 - reads as a sentence: raise NotAMessage
    """This is not an HL7 version 2 message."""


class Unreadable(EngageError):  # noqa: N818
    """A part of the message that is needed is missing or can't be read."""


class Message(Struct, frozen=True):
    """One message, taken apart."""

    segments: tuple[Sequence[Sequence[Node]], ...]
    escape: str
    #: What an escape of one letter stands for.
    escapes: dict[str, str]

    def __repr__(self) -> str:
        """Hide everything."""
        return "Message(…)"

    @property
    def control_id(self) -> str:
        """The sender's own id of the message (MSH-10)."""
        return self.text("MSH", 10)

    @property
    def event(self) -> tuple[str, str]:
        """Message type and trigger, ("ADT", "A03"); empty where it is no machine word."""
        kind = self.text("MSH", 9)
        trigger = self.text("MSH", 9, 2) or self.text("EVN", 1)
        return tuple(word if _TRIGGER.fullmatch(word) else "" for word in (kind, trigger))  # type: ignore[return-value] # two of two

    def text(
        self,
        name: str,
        field: int,
        component: int = 1,
        *,
        repetition: int = 1,
        segment: int = 1,
        part: int = 1,
    ) -> str:
        """Return one place of a message, empty if nothing stands there; all count from 1."""
        named = [one for one in self.segments if one and _leaf(one[0], ()) == name]
        if segment > len(named) or field >= len(named[segment - 1]):
            return ""
        path = (repetition - 1, component - 1, part - 1)
        raw = _leaf(named[segment - 1][field], path).strip()
        return "" if raw == '""' else self._unescaped(raw)

    def repetitions(self, name: str, field: int) -> int:
        """Return how often a field of the first such segment stands there."""
        for one in self.segments:
            if one and _leaf(one[0], ()) == name:
                return len(one[field]) if field < len(one) else 0
        return 0

    def has(self, name: str) -> bool:
        """Say whether there is such a segment."""
        return any(one and _leaf(one[0], ()) == name for one in self.segments)

    def _unescaped(self, text: str) -> str:
        pieces = text.split(self.escape)
        if len(pieces) == 1:
            return text
        # Odd pieces stand between two escape signs; what is no delimiter is formatting.
        return "".join(
            self.escapes.get(piece, "") if place % 2 else piece
            for place, piece in enumerate(pieces)
        )


def read(raw: bytes) -> Message:
    """Take a message apart; NotAMessage if it is none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        # What we read are ids and times in ASCII; a name in another encoding is kept as it came.
        text = raw.decode("latin-1")
    text = _BREAKS.sub("\r", text.lstrip("\ufeff \r\n")).strip("\r")
    found = _HEADER.match(text)
    if found is None or text.count("\r") >= MOST_SEGMENTS:
        raise NotAMessage
    field, others = found[1], found[2]
    if len({field, *others}) != len(others) + 1:
        raise NotAMessage
    component, repetition, escape, part = others[:4]
    try:
        segments = tuple(_parse(text))
    except (hl7.HL7Exception, AssertionError, LookupError, RecursionError, ValueError):
        # Not `from` the error: the library's quotes what it read.
        raise NotAMessage from None
    escapes = {"F": field, "S": component, "R": repetition, "T": part, "E": escape}
    return Message(segments, escape, escapes)


def _leaf(node: Node, path: tuple[int, ...]) -> str:
    """Return what stands at a path; a level that the message left out counts as its first place."""
    for depth, place in enumerate(path):
        if isinstance(node, str):
            return "" if any(path[depth:]) else node
        if place >= len(node):
            return ""
        node = node[place]
    while not isinstance(node, str):
        if not node:
            return ""
        node = node[0]
    return node
