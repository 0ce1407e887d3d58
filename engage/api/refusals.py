"""The ways in which the API refuses a request. Docstrings are what the client reads.

What a request did wrong is said by place (a JSON pointer, a parameter's name) and by code, never by
repeating the value: problems end up in consoles, logs and screenshots.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from engage.errors import EngageError
from engage.queue.item import AlreadyClaimed

Source: TypeAlias = Literal["body", "query", "header", "path"]


class FieldError(Struct, frozen=True):
    """What is wrong with one part of a request."""

    #: A JSON pointer into the body, or into the parameters by name.
    pointer: str
    code: str
    detail: str
    source: Source = "body"


class InvalidRequest(EngageError):  # noqa: N818 - reads as a sentence, as do the next ones
    """The request does not have the form that is asked for here."""

    def __init__(self, *errors: FieldError) -> None:
        """Take what is wrong, each with its place."""
        super().__init__()
        self.errors = errors


class CutShort(EngageError):  # noqa: N818
    """The connection ended before the body did."""


class MalformedJson(EngageError):  # noqa: N818
    """The body can't be read as JSON."""


class TooDeep(EngageError):  # noqa: N818
    """The body is nested too deeply."""


class DuplicateField(EngageError):  # noqa: N818
    """The body names a field twice."""


class UnreadableText(EngageError):  # noqa: N818
    """The request contains characters that no text can hold."""


class NotJson(EngageError):  # noqa: N818
    """This address takes application/json only."""


class NotAForm(EngageError):  # noqa: N818
    """This address takes application/x-www-form-urlencoded only."""


class TooLarge(EngageError):  # noqa: N818
    """The body is larger than what is taken here."""


class FreshProofNeeded(EngageError):  # noqa: N818
    """Prove again who you are: this asks for a proof that is at most five minutes old."""


class NotSignedIn(EngageError):  # noqa: N818
    """Sign in: a valid bearer token is needed here."""


class NotAllowed(EngageError):  # noqa: N818
    """Your role may not do this."""


class CrossSite(EngageError):  # noqa: N818
    """Our own pages alone may do this with a cookie; say X-Engage-CSRF: 1."""


class BadSignature(EngageError):  # noqa: N818
    """The request is not signed by the carrier."""


class WrongCursor(EngageError):  # noqa: N818
    """The cursor is not one that this list gave you."""


class WrongId(EngageError):  # noqa: N818
    """An id that you choose must be a UUID of version 7, made now or in the last month."""


class IdTaken(EngageError):  # noqa: N818
    """There is already a record with this id."""


class KeyReused(EngageError):  # noqa: N818
    """This Idempotency-Key was already used for another request."""


class StillRunning(EngageError):  # noqa: N818
    """The same request is still being worked on; ask again in a moment."""


class PracticeNeeded(EngageError):  # noqa: N818
    """You work in several practices: say which one this is for."""


class ThreadMoved(EngageError):  # noqa: N818
    """Something happened in this thread since you read it; look again before you write."""


class Unprocessable(EngageError):  # noqa: N818
    """The request is well formed, but names something that can't be."""

    def __init__(self, *errors: FieldError) -> None:
        """Take what is wrong, each with its place."""
        super().__init__()
        self.errors = errors


class OwnProposal(EngageError):  # noqa: N818
    """You proposed this yourself; somebody else has to approve it."""


class TooLate(EngageError):  # noqa: N818
    """It has left already and can't be taken back."""


class MayNotText(EngageError):  # noqa: N818
    """This patient can't be texted now; their texting page says why."""


class ClaimedBy(AlreadyClaimed):
    """Another care manager is already working on this item."""

    def __init__(self, claimed: AlreadyClaimed, name: str | None) -> None:
        """Add the colleague's name to what is known of the claim."""
        super().__init__(claimed.holder, claimed.since)
        self.name = name

    @property
    def code(self) -> str:
        """The code of the claim itself: the name is only more to tell."""
        return "already-claimed"


class AskedTooOften(EngageError):  # noqa: N818
    """This address was asked for too often; ask again in some minutes."""


class SyncTooOld(EngageError):  # noqa: N818
    """What you have is not known here any more; ask for everything."""


class SchemaBehind(EngageError):  # noqa: N818
    """The database does not have the schema that this release expects; run engage migrate."""
