"""A ride or a box, outward: where it stands, who drives, and its history; and the list of a day."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from engage.api.restricted.doorway import Restricted
from engage.appointments.ride import (
    Direction,
    Kind,
    Reason,
    Setter,
    Status,
    may_become,
)
from engage.appointments.rides.store import OnTheList, RideKept, RideStep, RideWords
from engage.ids import AppointmentId, NeedId, PatientId, PracticeId, RideId, StaffId


class RideStepOut(Struct, frozen=True, kw_only=True):
    """One step in a ride's history. It is never changed."""

    id: UUID
    at: datetime
    status: Status
    reason: Reason | None
    pickup_at: datetime | None
    return_at: datetime | None
    by: Setter
    by_id: UUID | None
    note: str | None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"RideStepOut(status={self.status!r}, …)"


class RideOut(Struct, frozen=True, kw_only=True):
    """A ride to a visit, or a box that is brought."""

    practice_id: PracticeId
    id: RideId
    kind: Kind
    patient_id: PatientId
    appointment_id: AppointmentId | None
    need_id: NeedId | None
    direction: Direction | None
    status: Status
    reason: Reason | None
    day: Annotated[date, Meta(description="The local day on whose list it stands.")]
    zone: str
    pickup_at: datetime | None
    return_at: Annotated[
        datetime | None, Meta(description="Null: they call when the visit is over.")
    ]
    pickup: Annotated[str | None, Meta(description="Where from, or where it is brought.")]
    dropoff: Annotated[str | None, Meta(description="Where to, if not the visit's place.")]
    note: Annotated[str | None, Meta(description="What whoever drives must know.")]
    broker: Annotated[str | None, Meta(description="Who drives, or sees to it.")]
    confirmation: Annotated[str | None, Meta(description="The number they confirmed with.")]
    requested_by: StaffId
    requested_at: datetime
    changed_at: datetime
    may_become: Annotated[tuple[Status, ...], Meta(description="What you may record now.")]
    version: Annotated[int, Meta(ge=1)]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"RideOut(id={self.id}, status={self.status!r}, …)"


class RideDetail(RideOut, frozen=True, kw_only=True):
    """A ride with its history."""

    history: tuple[RideStepOut, ...]


class ListedRideOut(RideOut, frozen=True, kw_only=True):
    """A ride as it stands on the list of a day."""

    given_name: str
    family_name: str
    phone: str | None
    place: str | None
    address: str | None
    visit_at: datetime | None
    restricted: Restricted = False


def ride_out(kept: RideKept) -> RideOut:
    """Return a ride as it is told in a list."""
    return RideOut(**_fields(kept))


def ride_detail(kept: RideKept, steps: Sequence[RideStep]) -> RideDetail:
    """Return a ride with its history."""
    return RideDetail(
        **_fields(kept),
        history=tuple(
            RideStepOut(
                id=step.id,
                at=step.at,
                status=step.status,
                reason=step.reason,
                pickup_at=step.pickup_at,
                return_at=step.return_at,
                by=step.by,
                by_id=step.by_id,
                note=step.note,
            )
            for step in steps
        ),
    )


def listed_out(one: OnTheList) -> ListedRideOut:
    """Return a ride as it stands on the list of a day."""
    fields = _fields(one.kept)
    if one.restricted:
        fields |= {"reason": None, "need_id": None}
    return ListedRideOut(
        **fields,
        restricted=one.restricted,
        given_name=one.given_name,
        family_name=one.family_name,
        phone=one.phone,
        place=one.place,
        address=one.address,
        visit_at=one.visit_at,
    )


def unsaid(one: OnTheList) -> OnTheList:
    """Return a ride of somebody who is closed to the reader: that there is one, and when."""
    return structs.replace(
        one,
        kept=structs.replace(one.kept, words=RideWords()),
        given_name="",
        family_name="",
        phone=None,
        place=None,
        address=None,
        restricted=True,
    )


HEADINGS = (
    *("pickup", "return", "visit", "kind", "direction", "given_name", "family_name", "phone"),
    *("from", "to", "note", "status", "broker", "confirmation"),
)


_UNSAID = "(restricted record)"


def as_csv(rows: Sequence[OnTheList]) -> bytes:
    """Return the list of a day as a table to print or to send; times by each ride's own clock."""
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerow(HEADINGS)
    for one in rows:
        ride, words = one.kept.ride, one.kept.words
        table.writerow(
            _harmless(cell)
            for cell in (
                _clock(ride.pickup_at, ride.zone),
                _clock(ride.return_at, ride.zone),
                _clock(one.visit_at, ride.zone),
                ride.kind,
                ride.direction or "",
                one.given_name,
                _UNSAID if one.restricted else one.family_name,
                (one.phone or "").removeprefix("+1"),
                words.pickup or "",
                words.dropoff or ", ".join(filter(None, (one.place, one.address))),
                words.note or "",
                ride.status,
                words.broker or "",
                words.confirmation or "",
            )
        )
    return written.getvalue().encode("utf-8")


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _clock(moment: datetime | None, zone: str) -> str:
    return "" if moment is None else f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def _fields(kept: RideKept) -> dict[str, Any]:
    one, words = kept.ride, kept.words
    return {
        "practice_id": one.practice_id,
        "id": one.id,
        "kind": one.kind,
        "patient_id": one.patient_id,
        "appointment_id": one.appointment_id,
        "need_id": one.need_id,
        "direction": one.direction,
        "status": one.status,
        "reason": one.reason,
        "day": one.day,
        "zone": one.zone,
        "pickup_at": one.pickup_at,
        "return_at": one.return_at,
        "pickup": words.pickup,
        "dropoff": words.dropoff,
        "note": words.note,
        "broker": words.broker,
        "confirmation": words.confirmation,
        "requested_by": kept.requested_by,
        "requested_at": one.requested_at,
        "changed_at": one.changed_at,
        "may_become": may_become(one.status, "staff"),
        "version": one.version,
    }
