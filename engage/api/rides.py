"""Rides to visits and boxes that are brought: asked for, arranged by telephone, and what became.

Whoever arranges records who drives and what they confirmed with; the person reads by text when
somebody will come, and when they will not. The list of a day is in ride_days.py.
"""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.appointment_requests import LONGEST_NOTE, Moment, Note
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.api.ride_days import in_range, looked_at
from engage.api.ride_values import RideDetail, RideOut, ride_detail, ride_out
from engage.appointments import riding
from engage.appointments.appointment import Appointment
from engage.appointments.refusals import NotAVisitToRideTo, PickupNeeded
from engage.appointments.ride import Direction, Kind, Reason, Ride, Status, Step
from engage.appointments.rides import store
from engage.appointments.rides.store import RideKept, RideWords
from engage.appointments.riding import Mover
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import AppointmentId, NeedId, PatientId, RideId
from engage.people.merging.store import survivor
from engage.people.staffing.store import get_practice
from engage.people.store import MergedRecord
from engage.turns.visiting import DOMAINS, need_for

LONGEST_WHERE = 300
LONGEST_BROKER = 120
_ID, _VISIT, _DAY = "/id", "/appointment_id", "/day"

Where = Annotated[str, Meta(max_length=LONGEST_WHERE)]
Broker = Annotated[str, Meta(max_length=LONGEST_BROKER)]


class NewRideIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ride to ask for, or a box."""

    patient_id: PatientId
    kind: Kind = "ride"
    appointment_id: Annotated[
        AppointmentId | None, Meta(description="The visit: needed for a ride.")
    ] = None
    direction: Annotated[Direction | None, Meta(description="Needed for a ride.")] = None
    day: Annotated[
        date | None, Meta(description="For a box without a visit: when it is wanted.")
    ] = None
    pickup: Annotated[Where, Meta(description="Where from, or where it is brought.")] = ""
    dropoff: Annotated[Where, Meta(description="Where to, if not the visit's place.")] = ""
    note: Annotated[
        str,
        Meta(max_length=LONGEST_NOTE, description="What whoever drives must know: a wheelchair."),
    ] = ""
    id: Own[RideId | None] = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"NewRideIn(kind={self.kind!r}, …)"


class RideStatusIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a ride has got to."""

    status: Status
    reason: Annotated[Reason | None, Meta(description="Needed for failed and cancelled.")] = None
    pickup_at: Annotated[Moment | None, Meta(description="Needed for arranged.")] = None
    return_at: Moment | None = None
    broker: Broker = ""
    confirmation: Broker = ""
    note: Note | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"RideStatusIn(status={self.status!r}, …)"


class RideList(Struct, frozen=True):
    """A page of a person's rides and boxes, the newest first."""

    items: tuple[RideOut, ...]
    next: str | None


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: RideId


@get(
    "/patients/{patient_id:uuid}/rides",
    opt=needs("visit.read"),
    operation_id="listRides",
    summary="A patient's rides and boxes, the newest first",
)
async def list_rides(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> RideList:
    """Return a page of rides; that they were looked at is recorded."""
    before, person = position_of(cursor, _Before), PatientId(patient_id)
    practice = await find(parts.database, visit, "patient", patient_id)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        rows = await store.of_patient(work, keys, person, before and before.id, limit + 1)
        await looked_at(work, parts, visit, practice, [person])
    shown, last = cut(rows, limit)
    return RideList(
        items=tuple(ride_out(one) for one in shown),
        next=None if last is None else cursor_of(_Before(last.ride.id)),
    )


@get(
    "/rides/{ride_id:uuid}",
    opt=needs("visit.read"),
    operation_id="getRide",
    summary="Read a ride and its history",
)
async def get_ride(
    ride_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[RideDetail]:
    """Return a ride; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "ride", ride_id)
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> Made:
        out = await _load(work, keys, RideId(ride_id))
        await looked_at(work, parts, visit, practice, [out.patient_id])
        return Made(out, version=out.version)

    return made(await in_turn(parts, act, practice), RideDetail)


@post(
    "/rides",
    opt=needs("visit.write"),
    operation_id="askForRide",
    summary="Ask for a ride to a visit, or for a food box",
    status_code=HTTPStatus.CREATED,
)
async def post_ride(
    request: Request[Any, Any, State],
    data: JSONBody[NewRideIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[RideDetail]:
    """Ask for it; until somebody has confirmed it, it is a care manager's work."""
    practice = await find(parts.database, visit, "patient", data.patient_id)
    keys, mine = await parts.vault.keys(practice), RideId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await survivor(work, practice, data.patient_id) != data.patient_id:
            raise MergedRecord
        await parts.turns.before_turn(work, practice, data.patient_id)
        if await store.one_of(work, keys, mine) is not None:
            raise IdTaken(_ID)
        to = await _visit_of(work, keys, data)
        need = await need_for(work, practice, data.patient_id, DOMAINS[data.kind])
        new = RideKept(
            ride=Ride(
                practice_id=practice,
                id=mine,
                kind=data.kind,
                patient_id=data.patient_id,
                appointment_id=data.appointment_id,
                need_id=None if need is None else NeedId(need),
                direction=data.direction,
                status="requested",
                reason=None,
                day=_day_of(data, to),
                zone=to.zone if to else (await get_practice(work, practice)).time_zone,
                pickup_at=None,
                return_at=None,
                requested_at=parts.clock.now(),
                arranged_at=None,
                changed_at=parts.clock.now(),
            ),
            words=RideWords(
                pickup=data.pickup.strip() or None,
                dropoff=data.dropoff.strip() or None,
                note=data.note.strip() or None,
            ),
            provider="manual",
            requested_by=visit.staff_id,
        )
        by = Mover("staff", visit.staff_id)
        change = await riding.ask(work, keys, new, to, by, parts.clock.now())
        await parts.turns.ride_changed(work, practice, change, visit.staff_id)
        out = await _load(work, keys, mine)
        return Made(out, HTTPStatus.CREATED, f"/v1/rides/{mine}", out.version)

    return await once(request, parts, practice, RideDetail, act)


@post(
    "/rides/{ride_id:uuid}/status",
    opt=needs("visit.write"),
    operation_id="changeRide",
    summary="Record where a ride has got to",
    status_code=HTTPStatus.OK,
)
async def post_ride_status(
    request: Request[Any, Any, State],
    ride_id: FromPath[UUID],
    data: JSONBody[RideStatusIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[RideDetail]:
    """Move a ride on; when somebody will come, and when they will not, the person is told."""
    practice = await find(parts.database, visit, "ride", ride_id)
    keys, mine = await parts.vault.keys(practice), RideId(ride_id)

    async def act(work: Work) -> Made:
        known = await store.one_of(work, keys, mine)
        if known is None:
            raise NotFound
        # Lines and patients come before rides.
        person = await survivor(work, practice, known.ride.patient_id)
        await parts.turns.before_turn(work, practice, person)
        change = await riding.move(
            work,
            keys,
            mine,
            Step(
                to=data.status,
                reason=data.reason,
                pickup_at=data.pickup_at,
                return_at=data.return_at,
            ),
            Mover("staff", visit.staff_id),
            parts.clock.now(),
            expects=expects(if_match),
            words=RideWords(
                broker=data.broker.strip() or None, confirmation=data.confirmation.strip() or None
            ),
            note=data.note,
        )
        await parts.turns.ride_changed(work, practice, change, visit.staff_id)
        out = await _load(work, keys, mine)
        return Made(out, version=out.version)

    answer = await once(request, parts, practice, RideDetail, act)
    parts.bell.ring("outbox")
    return answer


async def _visit_of(work: Work, keys: PracticeKeys, data: NewRideIn) -> Appointment | None:
    if data.appointment_id is None:
        return None
    to = await riding.visit_of(work, keys, data.appointment_id)
    if to is None or await survivor(work, keys.practice, to.patient_id) != data.patient_id:
        raise NotAVisitToRideTo(_VISIT)
    return to


def _day_of(data: NewRideIn, to: Appointment | None) -> date:
    # Whoever rides is on the list of the day of the visit; a box may be wanted on another one.
    day = to.day if to is not None and data.kind == "ride" else data.day
    if day is None and to is not None:
        day = to.day
    if day is None:
        raise PickupNeeded(_DAY)
    return in_range(day, "body")


async def _load(work: Work, keys: PracticeKeys, mine: RideId) -> RideDetail:
    kept = await store.one_of(work, keys, mine)
    if kept is None:
        raise NotFound
    return ride_detail(kept, await store.steps(work, keys, [mine]))
