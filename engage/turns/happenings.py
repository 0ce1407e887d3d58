"""What a transcript says befell a person's consent, as a turn. (p).

This room refuses what staff could not record either.
"""

from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from engage.conversation.events import ConsentChanged, Started
from engage.conversation.transcript_format import Befell, TranscriptInvalid
from engage.ids import PatientId, StaffId
from engage.people.consent import PURPOSES, Purpose, Recorded
from engage.turns.checks import ENROLMENT, STILL_YOU
from engage.turns.context import ConsentTold, Turn
from engage.turns.decision import ConsentSaved

CONSENT_VERBS = ("enrolled", "unverified", "recorded")
"""! enrolled, ! unverified (a text waits because nobody was heard), ! recorded opted-in."""


def named(line: Befell) -> str:
    """Return whom a line names, if it names anybody."""
    last = line.rest.split()[-1:] or [""]
    return last[0] if last[0][:1].isupper() else ""


def consent_turn(
    line: Befell, cause: UUID, at: datetime, patient: PatientId | None, staff: StaffId
) -> Turn:
    """Return the turn of something that befell a person's consent."""
    if line.verb != "recorded":
        script = ENROLMENT if line.verb == "enrolled" else STILL_YOU
        return Turn(cause=cause, event=Started(at), patient_id=patient, check=script)
    told = [one for one in line.rest.split() if not one[:1].isupper()]
    if not told or told[0] not in get_args(Recorded):
        raise TranscriptInvalid(line.line, "say what was recorded: opted-in, withdrawn visits, …")
    purpose = next((one for one in told[1:] if one in PURPOSES), None)
    return Turn(
        cause=cause,
        event=ConsentChanged(at, opted_out=told[0] == "opted-out"),
        patient_id=patient,
        staff_id=staff,
        record=ConsentTold(
            kind=cast("Recorded", told[0]),
            purpose=cast("Purpose | None", purpose),
            reason="said so on the phone",
        ),
    )


def consent_word(saved: ConsentSaved) -> str:
    """Spell a line of the ledger."""
    return f"* consent {saved.kind} {saved.purpose or ''}".rstrip()
