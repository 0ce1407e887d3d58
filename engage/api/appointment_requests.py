"""What a request says of a visit: when and where, or a free time that says both; inward."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from engage.api.ids import Own
from engage.api.refusals import FieldError, InvalidRequest, Unprocessable
from engage.appointments.appointment import Reason, Status, is_moment
from engage.ids import AppointmentId, PatientId, PlaceId, SlotId

LONGEST_WHAT = 120
LONGEST_NOTE = 500
_SAYS_ALL = FieldError(
    "/slot_id", "says-all", "A free time says when and where; leave the others out."
)
_MOMENT = "Must be a moment with its offset: 2026-12-03T10:30:00-07:00."

Moment = Annotated[datetime, Meta(tz=True)]
Note = Annotated[str, Meta(max_length=LONGEST_NOTE, description="Kept sealed, with your name.")]


class NewAppointmentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visit to write down."""

    patient_id: PatientId
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    place_id: PlaceId | None = None
    status: Annotated[
        Status,
        Meta(description="proposed, pending, booked or waitlist; pending and booked at a time."),
    ] = "booked"
    what: Annotated[
        str,
        Meta(max_length=LONGEST_WHAT, description="What it is for.", examples=["dialysis"]),
    ] = ""
    slot_id: Annotated[
        SlotId | None,
        Meta(description="A free time of a schedule: it says when and where, and it is booked."),
    ] = None
    id: Own[AppointmentId | None] = None

    def __repr__(self) -> str:
        """Hide the words."""
        return "NewAppointmentIn(…)"


class AppointmentMoveIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time, and another place if one is named; what was missed is booked anew."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    place_id: PlaceId | None = None
    slot_id: Annotated[
        SlotId | None,
        Meta(description="Or a free time of a schedule, which says when and where."),
    ] = None
    note: Note | None = None

    def __repr__(self) -> str:
        """Hide the note."""
        return "AppointmentMoveIn(…)"


class AppointmentStatusIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a visit stands, or what became of it."""

    status: Status
    reason: Annotated[
        Reason | None,
        Meta(description="Needed for cancelled; for noshow once you know it. Else none."),
    ] = None
    note: Note | None = None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"AppointmentStatusIn(status={self.status!r}, …)"


def moment_of(given: datetime | None, field: str) -> datetime | None:
    """Return a moment of a query; one without an offset is nobody's."""
    if given is not None and not is_moment(given):
        raise InvalidRequest(FieldError(field, "wrong-form", _MOMENT, "query"))
    return given


def check_alone(*others: object) -> None:
    """Refuse another time, place or status beside a free time, which says all of them."""
    if any(others):
        raise Unprocessable(_SAYS_ALL)
