"""The root of all errors and the ones that several rooms share. (p).

An error's docstring is its public message: one error, one meaning, one sentence. The table error to
HTTP status stands in api/problems.py. An error never carries a name, a number or a text.
"""


class EngageError(Exception):
    """Something went wrong in engage."""

    def __init__(self, field: str | None = None) -> None:
        """Remember the JSON pointer of the field at fault, if one is ("/phone")."""
        super().__init__(self.sentence)
        self.field = field

    @property
    def sentence(self) -> str:
        """The public message: the class's docstring, first line."""
        return (type(self).__doc__ or "").strip().splitlines()[0]

    @property
    def code(self) -> str:
        """The stable machine name: the class name in kebab case."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


class NotFound(EngageError):  # noqa: N818 - reads as a sentence: raise NotFound
    """There is nothing here that you may see."""


class Conflict(EngageError):  # noqa: N818
    """The record has changed since you read it."""


class NotDurable(EngageError):  # noqa: N818
    """The text could not be stored; send it again."""


class WrongSetting(EngageError):  # noqa: N818
    """A setting is missing or contradicts another."""

    def __init__(self, sentence: str) -> None:
        """Take the one sentence that names the setting and says what to do."""
        self._sentence = sentence
        super().__init__()

    @property
    def sentence(self) -> str:
        """The sentence given: it names the setting."""
        return self._sentence
