"""Who hears of it when a patient is changed: their conversations, and a phone that is replaced.

Whoever changed a phone may not be who they said, so the old one is told. This room refuses to say
which phone is the new one.
"""

from engage.api.parts import Parts
from engage.clock import fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import MessageId, PhoneId, StaffId
from engage.messaging.codes import queue_phone_changed
from engage.people.patient import Patient


async def tell_conversations(
    parts: Parts, work: Work, before: Patient, after: Patient, *, by: StaffId
) -> None:
    """Let what is being said go on in the new language, or end with the person's care."""
    if (before.status, before.language) == (after.status, after.language):
        return
    await parts.turns.person_changed(
        work,
        after.practice_id,
        after.id,
        active=after.status == "active",
        language=after.language if after.language != before.language else None,
        by=by,
    )


async def tell_old_phone(
    parts: Parts,
    work: Work,
    keys: PracticeKeys,
    before: Patient,
    after: Patient,
    old: PhoneId | None,
) -> None:
    """Queue the text to the phone that a patient was known by, in the transaction of the change."""
    if after.phone == before.phone or old is None:
        return
    text, at = MessageId(fresh_id(parts.clock)), parts.clock.now()
    await queue_phone_changed(work, keys, parts.catalogue, text, old, before.language, at=at)
