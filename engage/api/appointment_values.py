"""A visit, outward: where it stands, when and where it is, and its history."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from engage.api.restricted.doorway import Restricted
from engage.appointments.appointment import (
    MOVES,
    Answer,
    Answerer,
    Reason,
    Setter,
    Status,
    may_become,
)
from engage.appointments.store import Act, Kept, Word
from engage.ids import AppointmentId, PatientId, PlaceId, PracticeId, ScheduleId


class WordOut(Struct, frozen=True, kw_only=True):
    """One word about a visit, in the order in which it came. It is never changed."""

    id: UUID
    at: datetime
    act: Act
    applied: Annotated[
        bool, Meta(description="False: older than what was known, so it changed nothing.")
    ]
    status: Status
    starts_at: datetime | None
    ends_at: datetime | None
    place_id: PlaceId | None
    reason: Reason | None
    by: Setter
    by_id: UUID | None
    note: str | None
    answer: Annotated[
        Answer | None, Meta(description="What was said of coming; null: this word is none of that.")
    ]

    def __repr__(self) -> str:
        """Hide the note."""
        return f"WordOut(status={self.status!r}, …)"


class AppointmentOut(Struct, frozen=True, kw_only=True):
    """A visit."""

    practice_id: PracticeId
    id: AppointmentId
    patient_id: PatientId
    status: Status
    reason: Reason | None
    starts_at: datetime | None
    ends_at: datetime | None
    zone: Annotated[str, Meta(description="By this clock the visit is told.")]
    day: Annotated[date | None, Meta(description="The local day of the visit.")]
    place_id: PlaceId | None
    what: Annotated[str | None, Meta(description="What it is for. Never in a text.")]
    from_clinic: Annotated[bool, Meta(description="The clinic's own system tells of it.")]
    answer: Annotated[
        Answer, Meta(description="What the person says of it; a declined visit is not called off.")
    ]
    answered_at: datetime | None
    answered_by: Answerer | None
    schedule_id: Annotated[
        ScheduleId | None, Meta(description="In which book it is, if it is in one of yours.")
    ]
    sequence: Annotated[
        int, Meta(ge=0, description="Higher with every change of time, place or status.")
    ]
    changed_at: datetime
    may_become: Annotated[tuple[Status, ...], Meta(description="What you may record now.")]
    may_move: Annotated[bool, Meta(description="Whether it can be given another time.")]
    version: Annotated[int, Meta(ge=1)]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"AppointmentOut(id={self.id}, status={self.status!r}, …)"


class ListedAppointmentOut(AppointmentOut, frozen=True, kw_only=True):
    """A visit as it stands in a list, with whose it is."""

    given_name: str
    family_name: str
    late: Annotated[bool, Meta(description="They have said that they come late.")]
    unreached: Annotated[
        bool,
        Meta(
            description="It is within a day, nobody has said whether they come, and no reminder of"
            " it has left: call them."
        ),
    ]
    restricted: Restricted = False

    def __repr__(self) -> str:
        """Hide the names and words."""
        return f"ListedAppointmentOut(id={self.id}, status={self.status!r}, …)"


class AppointmentDetail(AppointmentOut, frozen=True, kw_only=True):
    """A visit with its history."""

    history: tuple[WordOut, ...]


def listed_visit(
    kept: Kept, name: tuple[str, str], *, late: bool, unreached: bool, closed: bool
) -> ListedAppointmentOut:
    """Return a visit as it is told in a list; of somebody who is closed, that there is one."""
    fields, (given_name, family_name) = _fields(kept), ("", "") if closed else name
    if closed:
        fields |= {"what": None, "reason": None}
    return ListedAppointmentOut(
        **fields,
        given_name=given_name,
        family_name=family_name,
        late=late,
        unreached=unreached,
        restricted=closed,
    )


def appointment_detail(kept: Kept, words: Sequence[Word]) -> AppointmentDetail:
    """Return a visit with its history."""
    return AppointmentDetail(**_fields(kept), history=tuple(_word(one) for one in words))


def _fields(kept: Kept) -> dict[str, Any]:
    one = kept.visit
    return {
        "practice_id": one.practice_id,
        "id": one.id,
        "patient_id": one.patient_id,
        "status": one.status,
        "reason": one.reason,
        "starts_at": None if one.time is None else one.time.starts_at,
        "ends_at": None if one.time is None else one.time.ends_at,
        "zone": one.zone,
        "day": one.day,
        "place_id": one.place_id,
        "what": kept.what,
        "from_clinic": kept.placer is not None or kept.filler is not None,
        "answer": one.answer,
        "answered_at": one.answered_at,
        "answered_by": one.answered_by,
        "schedule_id": one.schedule_id,
        "sequence": one.sequence,
        "changed_at": one.changed_at,
        "may_become": may_become(one.status, "staff"),
        "may_move": one.status in MOVES,
        "version": one.version,
    }


def _word(one: Word) -> WordOut:
    return WordOut(
        id=one.id,
        at=one.at,
        act=one.act,
        applied=one.applied,
        status=one.status,
        starts_at=None if one.time is None else one.time.starts_at,
        ends_at=None if one.time is None else one.time.ends_at,
        place_id=one.place_id,
        reason=one.reason,
        by=one.by,
        by_id=one.by_id,
        note=one.note,
        answer=one.answer,
    )
