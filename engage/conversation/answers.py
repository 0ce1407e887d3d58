"""What a person's reply to a prompt was. (p).

Unanswered is not no: each way of not saying is a type of its own.
This room refuses to guess; the reading of a text lives in replies.py.
"""

import re
from collections.abc import Iterable
from typing import Self, TypeAlias, assert_never

from msgspec import Struct

_SPELLED = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?(?:/[0-9]{1,5}(?:\.[0-9]{1,3})?)?")


class Chosen(Struct, frozen=True, tag="chosen"):
    """The person chose one of the offered options."""

    #: The key of the option within its prompt.
    option: str


class ChosenSeveral(Struct, frozen=True, tag="chosen-several"):
    """The person chose two or more options of a prompt that takes several; one alone is Chosen."""

    #: Their keys, in the order in which the prompt offers them.
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is not several."""
        if len(self.options) <= 1 or len(set(self.options)) != len(self.options):
            message = "several options are at least two, each once"
            raise ValueError(message)

    @property
    def spelled(self) -> str:
        """As it is kept and shown: "pests,mold"."""
        return ",".join(self.options)


class Measured(Struct, frozen=True, tag="measured"):
    """The person gave a number, or two that belong together (a pressure)."""

    numbers: tuple[float, ...]

    @property
    def spelled(self) -> str:
        """As it is kept and shown: "182.4", "150/92"."""
        return "/".join(f"{number:g}" for number in self.numbers)

    @classmethod
    def of(cls, spelled: str) -> Self:
        """Return the answer of its spelling; ValueError if it is none."""
        if not _SPELLED.fullmatch(spelled):
            raise ValueError("not a measured number")  # noqa: EM101, TRY003 - never shown
        return cls(tuple(float(part) for part in spelled.split("/")))


class Declined(Struct, frozen=True, tag="declined"):
    """The person was asked and would rather not say."""


class DidNotKnow(Struct, frozen=True, tag="did-not-know"):
    """The person was asked and does not know."""


class NotAsked(Struct, frozen=True, tag="not-asked"):
    """The question was never put."""


Answer: TypeAlias = Chosen | ChosenSeveral | Measured | Declined | DidNotKnow | NotAsked


def answer_of(kind: str, option: str | None) -> Answer:
    """Return an answer from how it is kept: its kind, and what was chosen or measured."""
    match kind, option:
        case "chosen", str(keys) if "," in keys:
            return ChosenSeveral(tuple(keys.split(",")))
        case "chosen", str(key):
            return Chosen(key)
        case "measured", str(spelled):
            return Measured.of(spelled)
        case "declined", _:
            return Declined()
        case "did-not-know", _:
            return DidNotKnow()
        case _:
            return NotAsked()


def as_one(keys: Iterable[str]) -> Answer:
    """Return the answer that chose these options; none at all is a question never put."""
    match tuple(dict.fromkeys(keys)):
        case ():
            return NotAsked()
        case (one,):
            return Chosen(one)
        case several:
            return ChosenSeveral(several)


def chosen_in(answer: Answer | None) -> tuple[str, ...]:
    """Return the keys of the options that were chosen; none for any other answer."""
    match answer:
        case Chosen(option):
            return (option,)
        case ChosenSeveral(options):
            return options
        case Measured() | Declined() | DidNotKnow() | NotAsked() | None:
            return ()
        case _:
            assert_never(answer)


class Understood(Struct, frozen=True, tag="understood"):
    """The text answers the prompt; what it says besides is in `rest`."""

    answer: Answer
    #: What the answer does not cover, in the person's own words; empty if nothing.
    rest: str = ""

    def __repr__(self) -> str:
        """Show the answer, never the person's words."""
        return f"Understood({self.answer!r}, rest={'…' if self.rest else ''})"


class Unclear(Struct, frozen=True, tag="unclear"):
    """The text can't be taken for one answer without guessing."""


class OutOfBounds(Struct, frozen=True, tag="out-of-bounds"):
    """The text is a number that nobody could have measured: a slip, or a broken meter."""


Reading: TypeAlias = Understood | Unclear | OutOfBounds
