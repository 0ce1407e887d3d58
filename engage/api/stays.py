"""Stays in hospital: told by somebody of the practice, as a hospital would; and read back."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import FieldError, Unprocessable
from engage.audit import By
from engage.checkins import discharges
from engage.checkins.discharges.store import Status, stays_of
from engage.checkins.visit import AHEAD, CancelDischarge, Discharge, Movement, Stay
from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import PatientId, QueueItemId

AT, WHOSE = "/discharged_at", "/external_id"


class DischargeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stay in hospital that ended, or did not after all."""

    external_id: Annotated[
        str, Meta(min_length=1, max_length=80, description="The hospital's number of the visit.")
    ]
    facility: Annotated[
        str,
        Meta(min_length=1, max_length=80, description="The hospital, as its own messages name it."),
    ]
    discharged_at: Annotated[datetime, Meta(tz=True)]
    admitted_at: Annotated[datetime, Meta(tz=True)] | None = None
    status: Annotated[
        Literal["discharged", "cancelled"],
        Meta(description="`cancelled`: the discharge was taken back; what it began ends."),
    ] = "discharged"


class DischargeOut(Struct, frozen=True, kw_only=True):
    """A stay as it stands. `planned` is still in hospital."""

    id: UUID
    patient_id: PatientId
    external_id: str
    facility: str
    status: Status
    discharged_at: datetime | None
    admitted_at: datetime | None
    version: Annotated[int, Meta(ge=1)]


class CallOut(Struct, frozen=True):
    """The call within two business days, as the work stands."""

    item_id: QueueItemId
    due_at: datetime
    closed_at: datetime | None
    outcome: str | None


class StayOut(DischargeOut, frozen=True, kw_only=True):
    """A stay with the call that it asks for."""

    call: Annotated[CallOut | None, Meta(description="Null: it asks for none.")]


class StayList(Struct, frozen=True):
    """The newest stays, newest first; there is one page of them."""

    items: tuple[StayOut, ...]
    next: None = None


@get(
    "/patients/{patient_id:uuid}/discharges",
    opt=needs("patient.read"),
    operation_id="listDischarges",
    summary="A patient's stays in hospital, and the call after each",
)
async def list_discharges(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> StayList:
    """Return the stays as they stand; that they were looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    person = PatientId(patient_id)
    async with parts.database.work([practice], practice) as work:
        seen = await stays_of(work, practice, person)
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=By.staff(visit.staff_id),
            action="stay.list",
            patients=[person],
        )
    return StayList(
        tuple(
            StayOut(
                id=one.id,
                patient_id=one.patient_id,
                external_id=one.external_id,
                facility=one.facility,
                status=one.status,
                discharged_at=one.discharged_at,
                admitted_at=one.admitted_at,
                version=one.version,
                call=one.call
                and CallOut(
                    one.call.item_id, one.call.due_at, one.call.closed_at, one.call.outcome
                ),
            )
            for one in seen
        )
    )


@post(
    "/patients/{patient_id:uuid}/discharges",
    opt=needs("patient.write"),
    operation_id="recordDischarge",
    summary="Say that a patient was discharged, or was not after all",
    status_code=HTTPStatus.CREATED,
)
async def post_discharge(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[DischargeIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[DischargeOut]:
    """Record it; a recent discharge begins the check-ins and the call within two business days."""
    practice, at = await find(parts.database, visit, "patient", patient_id), parts.clock.now()
    if data.discharged_at > at + AHEAD:
        raise Unprocessable(FieldError(AT, "out-of-range", "Must not lie in the future."))
    cause = fresh_id(parts.clock)
    stay = Stay(
        person="",
        number=data.external_id,
        facility=data.facility,
        event_at=at,
        control_id=f"api/{cause}",
    )

    async def act(work: Work) -> Made:
        movement: Movement = Discharge(stay, data.discharged_at, data.admitted_at)
        if data.status == "cancelled":
            movement = CancelDischarge(stay)
        heard = await discharges.hear(
            work,
            practice,
            movement,
            source="api",
            cause=cause,
            at=at,
            by=By.staff(visit.staff_id),
            patient=PatientId(patient_id),
        )
        if heard.result == "of-another" or heard.id is None or heard.patient_id is None:
            raise Unprocessable(FieldError(WHOSE, "of-another", "This visit is another patient's."))
        out = DischargeOut(
            id=heard.id,
            patient_id=heard.patient_id,
            external_id=data.external_id,
            facility=data.facility,
            status=heard.status,
            discharged_at=heard.discharged_at,
            admitted_at=heard.admitted_at,
            version=heard.version,
        )
        return Made(out, HTTPStatus.CREATED, version=heard.version)

    answer = await once(request, parts, practice, DischargeOut, act)
    parts.bell.ring("checkin")
    return answer
