"""What somebody says of a visit that is to come, as staff heard it: they come, can't, or may.

A declined visit is not called off by it; what follows is turns' to do in the same transaction.
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.appointment_values import AppointmentDetail, appointment_detail
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.appointments import keeping, store
from engage.appointments.appointment import Answerer
from engage.appointments.keeping import Teller
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import AppointmentId
from engage.people.merging.store import survivor


class AppointmentAnswerIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was said of a visit, and by whom."""

    answer: Annotated[
        Literal["accepted", "declined", "tentative"],
        Meta(description="declined does not call the visit off: a person does, or moves it."),
    ]
    by: Annotated[Answerer, Meta(description="Who said so; staff for what you know yourself.")]


@post(
    "/appointments/{appointment_id:uuid}/respond",
    opt=needs("visit.write"),
    operation_id="respondToAppointment",
    summary="Record what somebody says of a visit: they come, can't, or may",
    status_code=HTTPStatus.OK,
)
async def post_answer(
    request: Request[Any, Any, State],
    appointment_id: FromPath[UUID],
    data: JSONBody[AppointmentAnswerIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[AppointmentDetail]:
    """Write down the answer; who wrote it down is recorded beside who gave it."""
    practice = await find(parts.database, visit, "appointment", appointment_id)
    keys, mine = await parts.vault.keys(practice), AppointmentId(appointment_id)

    async def act(work: Work) -> Made:
        known = await store.one(work, keys, mine)
        if known is None:
            raise NotFound
        person = await survivor(work, practice, known.visit.patient_id)
        await parts.turns.before_turn(work, practice, person)
        # Of a caregiver nobody says which one: the history knows the kind.
        ids = {"staff": visit.staff_id, "patient": person, "caregiver": None}
        by, at = Teller(data.by, ids[data.by]), parts.clock.now()
        change = await keeping.answer(
            work, keys, mine, data.answer, by, at, expects=expects(if_match)
        )
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="appointment.respond",
            subject="appointment",
            subject_id=mine,
            patient_id=person,
        )
        await parts.turns.visit_changed(work, practice, change, visit.staff_id)
        kept = await store.one(work, keys, mine)
        if kept is None:
            raise NotFound
        out = appointment_detail(kept, await store.words(work, keys, mine))
        return Made(out, version=out.version)

    answer = await once(request, parts, practice, AppointmentDetail, act)
    parts.bell.ring("outbox")
    return answer
