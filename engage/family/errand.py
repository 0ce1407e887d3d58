"""An errand: something to do, a drive, a shared goal; one table of who may take it when. (p).

Whoever may act can claim what is free or was offered to them, and say that it is done; only who
holds it hands it over or gives it back. This room refuses to take something out of somebody's
hands.
"""

from datetime import date, datetime
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from msgspec.structs import replace

from engage.errors import EngageError
from engage.ids import AppointmentId, PatientId, PracticeId
from engage.people.fields import Personal
from engage.people.sharing.grant import Category

Kind: TypeAlias = Literal["to-do", "ride", "goal"]
KINDS: tuple[Kind, ...] = ("to-do", "ride", "goal")
Status: TypeAlias = Literal["open", "claimed", "done"]
Act: TypeAlias = Literal["claim", "decline", "hand-over", "done", "reopen"]

LONGEST_TITLE = 200
_TO = "/to"


class TaskTaken(EngageError):  # noqa: N818 - reads as a sentence
    """Somebody else has this by now; look again."""


class NotTheTitle(EngageError):  # noqa: N818
    """What is to be done has 1 to 200 printable characters."""


class NotInTheCircle(EngageError):  # noqa: N818
    """Only somebody who may act on this can be asked to take it."""


class Errand(Personal, frozen=True, kw_only=True):
    """One thing that somebody around a person does."""

    practice_id: PracticeId
    id: UUID
    patient_id: PatientId
    kind: Kind
    title: str
    appointment_id: AppointmentId | None
    due_on: date | None
    status: Status = "open"
    holder_id: UUID | None = None
    offered_to: UUID | None = None
    made_by: UUID
    made_at: datetime
    changed_at: datetime
    version: int = 1


def category_of(kind: Kind) -> Category:
    """Return to what of a person's record an errand belongs."""
    match kind:
        case "to-do":
            return "visits"
        case "ride":
            return "rides"
        case "goal":
            return "needs"
        case _:
            assert_never(kind)


def read_title(raw: str, field: str = "/title") -> str:
    """Read what is to be done."""
    text = " ".join(raw.split())
    if not 1 <= len(text) <= LONGEST_TITLE or not text.isprintable():
        raise NotTheTitle(field)
    return text


def step(
    before: Errand, act: Act, me: UUID, at: datetime, *, to: UUID | None, here: frozenset[UUID]
) -> Errand:
    """Return an errand after a step of somebody; TaskTaken if it is not theirs to take.

    `here`: who may act on it now; what somebody else still holds who may not, is free.
    """
    holder = before.holder_id if before.holder_id in here else None
    if holder not in {None, me} or (before.status == "done" and act != "reopen"):
        raise TaskTaken
    after = replace(before, changed_at=at, version=before.version + 1)
    match act:
        case "claim":
            if before.offered_to not in {None, me} and before.offered_to in here:
                raise TaskTaken
            return replace(after, status="claimed", holder_id=me, offered_to=None)
        case "decline":
            if me not in {before.offered_to, holder}:
                raise TaskTaken
            return replace(after, status="open", holder_id=None, offered_to=None)
        case "hand-over":
            if to is None or to not in here or to == me:
                raise NotInTheCircle(_TO)
            return replace(after, status="open", holder_id=None, offered_to=to)
        case "done":
            return replace(after, status="done", holder_id=me, offered_to=None)
        case "reopen":
            return replace(after, status="open", holder_id=None, offered_to=None)
        case _:
            assert_never(act)
