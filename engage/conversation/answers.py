"""What a person's reply to a prompt was. (p).

Unanswered is not no: each way of not saying is a type of its own.
This room refuses to guess; the reading of a text lives in replies.py.
"""

from typing import TypeAlias

from msgspec import Struct


class Chosen(Struct, frozen=True, tag="chosen"):
    """The person chose one of the offered options."""

    #: The key of the option within its prompt.
    option: str


class Declined(Struct, frozen=True, tag="declined"):
    """The person was asked and would rather not say."""


class DidNotKnow(Struct, frozen=True, tag="did-not-know"):
    """The person was asked and does not know."""


class NotAsked(Struct, frozen=True, tag="not-asked"):
    """The question was never put."""


Answer: TypeAlias = Chosen | Declined | DidNotKnow | NotAsked


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


Reading: TypeAlias = Understood | Unclear
