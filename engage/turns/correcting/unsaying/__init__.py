"""What a corrected text had said about consent is unsaid, as far as it may be.

A wish that ended one programme, a "yes, this is me", a "wrong number": each stands in the ledger
under somebody's name, and the correction adds under the name of whoever corrects what undoes it.
This room refuses to open a phone that said STOP, and to decide what counts: people/unsaid.py does.
"""

from datetime import datetime, timedelta
from uuid import UUID

from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import ConsentEventId, PatientId, StaffId, derived
from engage.people.consent import Purpose
from engage.people.consents import store as consents
from engage.people.consents.store import ConsentRow
from engage.people.unsaid import Said, unsaid
from engage.turns.correcting.store import Read
from engage.turns.correcting.unsaying import store

WITHOUT_A_REASON = "The text that said so was somebody else's."
"""Stands in the ledger when whoever corrects gives no reason of their own."""

_BEFORE = timedelta(microseconds=1)
"""What is read again in the same moment is said after what is unsaid."""


async def unsay(
    work: Work,
    keys: PracticeKeys,
    text: Read,
    *,
    correction: UUID,
    by: StaffId,
    reason: str | None,
    at: datetime,
) -> tuple[tuple[PatientId | None, str], ...]:
    """Add to the ledger what undoes a text; return what whose care manager must be told."""
    practice, line = keys.practice, text.line_id
    said = await store.by_text(work, practice, line, text.id)
    told: list[tuple[PatientId | None, str]] = []
    moment = max(at - _BEFORE, text.at + _BEFORE)
    rows: list[ConsentRow] = []

    def add(person: PatientId, kind: str, purpose: Purpose | None = None) -> None:
        rows.append(
            ConsentRow(
                id=ConsentEventId(derived(moment, correction, f"{kind}/{purpose}/{person}")),
                kind=kind,
                how="correction",
                actor="staff",
                at=moment,
                line_id=line,
                patient_id=person,
                purpose=purpose,
                scope="all" if purpose is None else "programme",
                message_id=text.id,
                staff_id=by,
                reason=reason or WITHOUT_A_REASON,
            )
        )

    for person in dict.fromkeys(one for one, _ in said if one is not None):
        ledger = await store.ledger_of(work, practice, person, line)
        owed = unsaid(ledger, text.id)
        for purpose in owed.reopens:
            add(person, "granted", purpose)
        if owed.doubts:
            await store.unverify(work, practice, line, _when(ledger, text.id, "right-person"))
        linked = True
        if owed.relinks:
            ended = _when(ledger, text.id, "wrong-person")
            linked = bool(await store.relink(work, practice, line, ended, moment))
        if owed.doubts or (owed.relinks and linked):
            add(person, "asked")
        if owed.reopens or owed.doubts or owed.relinks:
            told.append((person, "consent-corrected" if linked else "number-not-linked"))
    await consents.add(work, practice, rows, keys)
    closed_at, _ = await consents.line_facts(work, practice, line)
    if closed_at is not None and any(kind == "opted-out" for _, kind in said):
        told.append((text.patient_id, "stop-stays"))
    return tuple(told)


def _when(ledger: list[Said], text: UUID, kind: str) -> datetime:
    return next(
        one.step.at
        for one in reversed(ledger)
        if one.message_id == text and one.step.kind == kind and one.here
    )
