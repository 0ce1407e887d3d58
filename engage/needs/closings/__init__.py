"""Whether what was arranged came: asked after some days, or called off, with what it is about.

A ride or a box that is completed is asked about in the caller's transaction; of several in a
fortnight one is, for nobody wants to be asked after every dialysis. This room refuses to ask: time
does, through turns.
"""

from datetime import datetime, timedelta
from uuid import UUID

from engage.db.session import Work
from engage.ids import PatientId, PracticeId, derived
from engage.needs.closing import Closing, Source, over
from engage.needs.closings import store
from engage.needs.referral import ASK_AFTER

SELDOM = timedelta(days=14)
"""So long nobody is asked a second time about rides, or about boxes [our own rule]."""


async def ask_after(
    work: Work,
    practice: PracticeId,
    patient: PatientId,
    domain: str,
    source: Source,
    source_id: UUID,
    at: datetime,
) -> bool:
    """Have a person asked some days from now; False if they are, or were lately, of the like."""
    for known in await store.of_patient(work, practice, patient):
        lately = known.changed_at > at - SELDOM
        # Whoever said that it did not come is asked whether the next one did.
        if known.domain == domain and known.status not in {"called-off", "not-came"} and lately:
            return False
    asks = Closing(
        practice_id=practice,
        id=derived(at, source_id, "closing"),
        patient_id=patient,
        domain=domain,
        source=source,
        source_id=source_id,
        ask_at=at + ASK_AFTER,
        changed_at=at,
    )
    return await store.begin(work, asks)


async def call_off(work: Work, practice: PracticeId, source_id: UUID, at: datetime) -> None:
    """Ask nothing about what turned out not to have been given."""
    for known in await store.of_sources(work, practice, [source_id]):
        if known.status == "waiting":
            await store.save(work, over(known, "called-off", at))
