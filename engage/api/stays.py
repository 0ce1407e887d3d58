"""Discharges that somebody of the practice heard of: the same effect as a hospital's message."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import FieldError, Unprocessable
from engage.audit import By
from engage.checkins import discharges
from engage.checkins.discharges.store import Status
from engage.checkins.visit import AHEAD, CancelDischarge, Discharge, Movement, Stay
from engage.clock import fresh_id
from engage.db.session import Work
from engage.ids import PatientId

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
