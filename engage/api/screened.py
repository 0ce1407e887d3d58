"""The screenings of one person, newest first: what was asked, how it stands, and what it says.

The answers are read one screening at a time. Check-ins have a list of their own.
"""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.ids import PatientId, ScreeningId
from engage.needs.scoring import Verdict
from engage.needs.store import Channel, ScreeningSeen, ScreeningStatus, screenings_of


class ScreeningListed(Struct, frozen=True, kw_only=True):
    """One administration of an instrument, without its answers."""

    id: ScreeningId
    patient_id: PatientId
    instrument: str
    instrument_version: str
    channel: Channel
    status: ScreeningStatus
    #: None until something can be said.
    verdict: Verdict | None
    started_at: datetime
    ended_at: datetime | None


class ScreeningList(Struct, frozen=True):
    """A page of a person's screenings, newest first."""

    items: tuple[ScreeningListed, ...]
    next: str | None


class _After(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: ScreeningId


@get(
    "/patients/{patient_id:uuid}/screenings",
    opt=needs("screening.read"),
    operation_id="listScreenings",
    summary="The screenings of a patient",
)
async def list_screenings(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> ScreeningList:
    """Return a page of screenings; that they were looked at is recorded."""
    practice = await find(parts.database, visit, "patient", patient_id)
    after, person = position_of(cursor, _After), PatientId(patient_id)
    async with parts.database.work([practice], practice) as work:
        rows = await screenings_of(
            work, practice, person, parts.instruments, after and after.id, limit + 1
        )
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.screenings",
            patients=[person],
        )
    shown, last = cut(rows, limit)
    return ScreeningList(
        items=tuple(_listed(one) for one in shown),
        next=None if last is None else cursor_of(_After(last.id)),
    )


def _listed(one: ScreeningSeen) -> ScreeningListed:
    return ScreeningListed(
        **{name: getattr(one, name) for name in ScreeningListed.__struct_fields__}
    )
