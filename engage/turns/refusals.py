"""Why a turn that a person asked for can't be taken. (p).

This room refuses reasons of its own making: each is one fact about the record.
"""

from engage.errors import EngageError


class NoSuchInstrument(EngageError):  # noqa: N818 - reads as a sentence
    """There is no instrument of this name."""


class NoPhone(EngageError):  # noqa: N818
    """This patient has no phone to text, or the practice has no number."""


class NoSuchAnswer(EngageError):  # noqa: N818
    """The instrument has no such question or option."""


class ScreeningOver(EngageError):  # noqa: N818
    """This screening has ended."""
