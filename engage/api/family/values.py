"""What a family reads, outward: words that an app can say, and nothing that `shown` left out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from engage.family.errand import Kind as ErrandKind
from engage.family.errand import Status as ErrandStatus
from engage.family.facts import AnswerWord, CheckInWord, NeedWord, RideWord, VisitWord
from engage.ids import PatientId
from engage.people.sharing.grant import Category, Verb
from engage.people.sharing.shown import Shown

T = TypeVar("T")


class Told(Struct, frozen=True, kw_only=True):
    """A value of a family's: it prints as its kind."""

    def __repr__(self) -> str:
        """Hide what is in it."""
        return f"{type(self).__name__}(…)"


class MayOut(Struct, frozen=True):
    """What the caller may, of one category."""

    category: Category
    verbs: tuple[Verb, ...]


class VisitOut(Told, frozen=True, kw_only=True):
    """A visit."""

    id: UUID
    patient_id: PatientId
    starts_at: datetime
    ends_at: datetime | None
    zone: str
    place: str | None
    address: str | None
    bring: Annotated[str | None, Meta(description="What to bring.")]
    status: VisitWord
    answer: AnswerWord
    may_answer: Annotated[bool, Meta(description="Whether you may say now if they come.")]
    what: Annotated[str | None, Meta(description="What it is for; only the person reads it.")]


class FamilyRideOut(Told, frozen=True, kw_only=True):
    """A ride, or a box that is brought."""

    id: UUID
    patient_id: PatientId
    kind: Literal["ride", "food-box"]
    visit_id: UUID | None
    direction: Literal["there", "back", "both"] | None
    day: date
    zone: str
    status: RideWord
    pickup_at: datetime | None
    return_at: datetime | None
    driver: str | None


class FamilyNeedOut(Told, frozen=True, kw_only=True):
    """A need, and how far it got."""

    id: UUID
    patient_id: PatientId
    domain: str
    title: str
    status: NeedWord
    changed_at: datetime


class CheckInSeenOut(Told, frozen=True, kw_only=True):
    """A check-in that was asked."""

    id: UUID
    patient_id: PatientId
    asked_at: datetime
    status: CheckInWord


class WhoOut(Told, frozen=True, kw_only=True):
    """Somebody of the circle."""

    id: UUID
    given_name: str
    me: bool


class TaskOut(Told, frozen=True, kw_only=True):
    """Something to do, a drive, a shared goal."""

    id: UUID
    patient_id: PatientId
    kind: ErrandKind
    title: str
    category: Category
    visit_id: UUID | None
    due_on: date | None
    status: ErrandStatus
    holder: WhoOut | None
    offered_to: WhoOut | None
    made_by: WhoOut | None
    version: Annotated[int, Meta(ge=1)]


class FamilyMessageOut(Told, frozen=True, kw_only=True, rename={"by": "from"}):
    """A message between you and the team."""

    id: UUID
    patient_id: PatientId
    at: datetime
    by: Literal["me", "team"]
    name: Annotated[str | None, Meta(description="Who of the team wrote.")]
    body: str
    state: str


class HelpOut(Struct, frozen=True):
    """Whom to call when it can't wait: shown always, offline too."""

    emergency: str = "911"
    crisis: str = "988"


class TeamOut(Struct, frozen=True, kw_only=True):
    """The team, and when somebody of it reads."""

    name: str
    phone: str
    zone: str
    open_now: bool
    opens_at: Annotated[datetime | None, Meta(description="When closed: when it opens next.")]
    closes_at: Annotated[datetime | None, Meta(description="When open: when it closes.")]
    hours: Annotated[
        dict[str, tuple[tuple[str, str], ...]], Meta(description="By the local clock.")
    ]


HELP = HelpOut()


def told(kind: type[T], shown: Shown) -> T:
    """Return the fields of a record as the value that an app reads."""
    return msgspec.convert(shown, kind, builtin_types=(UUID, datetime, date))


def all_told(kind: type[T], shown: Sequence[Shown]) -> tuple[T, ...]:
    """Return several."""
    return tuple(told(kind, one) for one in shown)
