"""Which wordings somebody has signed for a practice, and how each stands.

A signature is for exactly these words: when a release changes a letter, the wording stands there
as changed, and waits again. This room refuses to sign words other than those that were shown, and
words without a reader's name.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.errors import EngageError
from engage.ids import StaffId
from engage.messaging import help_lines
from engage.messaging.segments import count
from engage.turns.reviews import Draft, Review

State: TypeAlias = Literal["draft", "signed", "changed"]
LONGEST_REVIEWER = 120
_REVIEWER = "/reviewer"


class WordsChanged(EngageError):  # noqa: N818 - reads as a sentence: raise WordsChanged
    """These are not the words that are sent now; read them again before you sign."""


class NotAReviewer(EngageError):  # noqa: N818
    """A reviewer has a name and what qualifies them, in 1 to 120 printable characters."""


class Signed(Struct, frozen=True, kw_only=True):
    """A signature as it is kept."""

    id: UUID
    text_id: str
    language: str
    sha256: str
    reviewer: str
    signed_by: StaffId
    signed_at: datetime


class Number(Struct, frozen=True):
    """A number that a wording tells people to call, and when somebody last looked."""

    number: str
    last_checked: date


class Standing(Struct, frozen=True, kw_only=True):
    """A wording and how it stands."""

    draft: Draft
    state: State
    segments: int
    numbers: tuple[Number, ...]
    #: The practice's own signature; of earlier words, if the state is changed.
    signed: Signed | None = None
    #: Signed in the deployment's file.
    review: Review | None = None


def standings(
    drafts: Sequence[Draft], signed: Iterable[Signed], reviews: Iterable[Review]
) -> tuple[Standing, ...]:
    """Return how each wording stands that needs a signature, in the order of the drafts."""
    own = {(one.text_id, one.language): one for one in signed}
    filed = {(one.id, one.language, one.sha256): one for one in reviews}
    return tuple(
        _standing(
            one, own.get((one.id, one.language)), filed.get((one.id, one.language, one.sha256))
        )
        for one in drafts
    )


def _standing(draft: Draft, signed: Signed | None, review: Review | None) -> Standing:
    holds = signed is not None and signed.sha256 == draft.sha256
    state: State = "signed" if holds or review is not None else "draft"
    return Standing(
        draft=draft,
        state="changed" if state == "draft" and signed is not None else state,
        segments=count(draft.words).segments,
        numbers=tuple(
            Number(line.number, line.last_checked)
            for line in help_lines.load()
            if line.number in draft.words
        ),
        signed=signed,
        review=review,
    )


def read_reviewer(raw: str) -> str:
    """Read who has read the words."""
    name = " ".join(raw.split())
    if not 1 <= len(name) <= LONGEST_REVIEWER or not name.isprintable():
        raise NotAReviewer(_REVIEWER)
    return name


def signable(drafts: Iterable[Draft], text_id: str, language: str, sha256: str) -> Draft:
    """Return the wording that is meant; WordsChanged if these are not its words now."""
    for one in drafts:
        if (one.id, one.language, one.sha256) == (text_id, language, sha256):
            return one
    raise WordsChanged
