"""What a transcript says befell a person, beside their texts, as a turn. (p).

This room refuses what staff could not record either.
"""

from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from engage.checkins.script import own_id
from engage.conversation.answers import Answer, Declined, as_one
from engage.conversation.events import AnswerEntered, ConsentChanged, Started
from engage.conversation.states import Asking
from engage.conversation.transcript_format import Befell, TranscriptInvalid
from engage.ids import PatientId, StaffId
from engage.people.consent import PURPOSES, Purpose, Recorded
from engage.turns.checks import ENROLMENT, STILL_YOU
from engage.turns.coming import Whether
from engage.turns.context import ConsentTold, OnPage, ScreeningAsked, Turn, TurnContext
from engage.turns.decision import ConsentSaved
from engage.turns.needing import is_need

CONSENT_VERBS = ("enrolled", "unverified", "recorded")
"""! enrolled, ! unverified (a text waits because nobody was heard), ! recorded opted-in."""


ASKED_VERBS = ("arranged", "tapped")
"""! arranged food-insecurity (some days ago: the question is due), ! tapped often (on the page)."""


def asked_turn(
    line: Befell, cause: UUID, at: datetime, patient: PatientId, seen: TurnContext
) -> Turn:
    """Return the turn that asks whether something came, or of a tap on the one-time page."""
    words = line.rest.split()
    if line.verb == "arranged":
        if not words or not is_need(words[0]):
            raise TranscriptInvalid(line.line, "say for which need: arranged food-insecurity")
        whether = Whether(words[0], again="again" in words[1:], by_hand="by-hand" in words[1:])
        return Turn(cause=cause, event=Started(at), patient_id=patient, whether=whether)
    live = next(
        (
            one
            for one in seen.conversations
            if one.patient_id == patient and isinstance(one.state, Asking)
        ),
        None,
    )
    if live is None or not isinstance(live.state, Asking) or not words:
        raise TranscriptInvalid(line.line, "nothing is asked that could be tapped on")
    said: Answer = Declined() if words == ["declined"] else as_one(words[0].split(","))
    asked = None
    if live.screening_id is not None:
        asked = ScreeningAsked(
            live.screening_id, patient, own_id(live.script), "sms", live.language
        )
    return Turn(
        cause=cause,
        event=AnswerEntered(at, live.state.prompt, said),
        patient_id=patient,
        screening=asked,
        conversation_id=live.id if asked is None else None,
        page=OnPage(),
    )


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
