"""A visit by video: staff write down its address, and get the opaque link for the person.

The address itself is in no answer, no list and no text. Each time it is written down the links
before it close.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
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
from engage.appointments import links, store
from engage.appointments.telehealth import LONGEST, read_address
from engage.appointments.video import store as video
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import AppointmentId

_KIND = "visit-link"


class TelehealthIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a visit by video takes place."""

    url: Annotated[
        Annotated[str, Meta(max_length=LONGEST)] | None,
        Meta(description="https only; kept sealed. null: not by video."),
    ]

    def __repr__(self) -> str:
        """Hide the address."""
        return "TelehealthIn(…)"


class TelehealthOut(Struct, frozen=True, kw_only=True):
    """The link to a visit by video; it is shown once."""

    appointment_id: AppointmentId
    link: Annotated[
        str | None,
        Meta(description="For the person; it opens 30 minutes before the visit, and ends with it."),
    ]

    def __repr__(self) -> str:
        """Hide the link."""
        return f"TelehealthOut(appointment_id={self.appointment_id}, link=…)"


@post(
    "/appointments/{appointment_id:uuid}/telehealth",
    opt=needs("visit.write"),
    operation_id="setTelehealth",
    summary="Write down where a visit by video takes place",
    status_code=HTTPStatus.OK,
)
async def post_telehealth(
    request: Request[Any, Any, State],
    appointment_id: FromPath[UUID],
    data: JSONBody[TelehealthIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[TelehealthOut]:
    """Seal the address and return an opaque link to it; the links before close."""
    practice = await find(parts.database, visit, "appointment", appointment_id)
    keys, mine = await parts.vault.keys(practice), AppointmentId(appointment_id)
    address = None if data.url is None else read_address(data.url)

    async def act(work: Work) -> Made:
        at = parts.clock.now()
        kept = await store.one(work, keys, mine, lock=True)
        if kept is None:
            raise NotFound
        await video.set_address(work, keys, mine, address)
        await links.revoke(work, _KIND, practice, mine, at)
        link = None
        if address is not None:
            token = await links.make(work, parts.vault, _KIND, practice, mine, at)
            link = links.video_address(parts.settings.public_url, token)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="appointment.video-clear" if address is None else "appointment.video-set",
            subject="appointment",
            subject_id=mine,
            patient_id=kept.visit.patient_id,
        )
        return Made(TelehealthOut(appointment_id=mine, link=link), HTTPStatus.OK)

    return await once(request, parts, practice, TelehealthOut, act)
