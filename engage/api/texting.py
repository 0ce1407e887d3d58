"""May we text this patient, and if not, why: the same question that the outbox asks last."""

from typing import Literal
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.parts import Parts
from engage.api.practices import practice_of
from engage.errors import NotFound
from engage.ids import PatientId
from engage.messaging.may_text import MayNot, may_text
from engage.messaging.texts import render
from engage.messaging.threads.store import texting_facts


class TextingOut(Struct, frozen=True):
    """May we text this patient now, and if not, why."""

    may: bool
    reason: Literal["no-phone", "patient-inactive", "opted-out"] | None
    words: str


@get(
    "/patients/{patient_id:uuid}/texting",
    opt=needs("patient.read"),
    operation_id="getTexting",
    summary="May we text this patient, and if not, why",
)
async def get_texting(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> TextingOut:
    """Say in words whether a text may go out now; the outbox asks the same function."""
    async with parts.database.work(visit.practices) as work:
        practice = await practice_of(work, visit, "patient", patient_id)
        await work.enter(visit.practices, practice)
        facts = await texting_facts(work, practice, PatientId(patient_id))
        if facts is None:
            raise NotFound
        await audit.record(
            work,
            practice,
            parts.clock.now(),
            actor="staff",
            actor_id=visit.staff_id,
            action="patient.texting",
            subject="patient",
            subject_id=patient_id,
            patient_id=patient_id,
        )
    answer = may_text(facts, "staff")
    reason = answer.reason if isinstance(answer, MayNot) else None
    words = render(parts.catalogue, f"texting.{reason or 'yes'}", "en", {})
    return TextingOut(may=reason is None, reason=reason, words=words)
