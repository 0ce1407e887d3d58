"""When a practice reminds, what was asked or told about a visit, what a conversation is about. (p).

A number in a text stands for a visit or a time only through what is noted here. This room refuses
words: a note has ids and moments.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.appointments.refusals import NotHours
from engage.ids import AppointmentId, ConversationId, PatientId, PracticeId, SlotId

TalkKind: TypeAlias = Literal["remind", "which", "change", "echo", "offer", "missed", "ride"]
NoticeStatus: TypeAlias = Literal["asked", "told", "skipped"]

MOST_HOURS = 720
MOST_REMINDERS = 5
MOST_PREPARE = 168
MOST_OFFERED_TO = 50
_HOURS = "/hours_before"


class ReminderRule(Struct, frozen=True, kw_only=True):
    """When a practice reminds, and how many people hear of a free time at once."""

    #: Hours before a visit, the longest first.
    hours_before: tuple[int, ...] = (168, 48, 3)
    #: Hours before a visit at which how to get ready is told; 0: not by itself.
    prepare_hours: int = 24
    offer_to: int = 5
    #: 0: what holds where nobody has said anything.
    version: int = 0


class Talk(Struct, frozen=True, kw_only=True):
    """What a conversation about visits is about."""

    practice_id: PracticeId
    conversation_id: ConversationId
    patient_id: PatientId
    kind: TalkKind
    #: In the order of the numbers in its texts.
    appointment_ids: tuple[AppointmentId, ...] = ()
    slot_ids: tuple[SlotId, ...] = ()
    #: The time that somebody asked for in words.
    proposed_at: datetime | None = None
    at: datetime


class Notice(Struct, frozen=True, kw_only=True):
    """What was asked or told about a visit, for the time that it then had."""

    practice_id: PracticeId
    id: UUID
    appointment_id: AppointmentId
    patient_id: PatientId
    #: Hours before, as digits; or "prepare" or "missed".
    step: str
    starts_at: datetime
    status: NoticeStatus
    why: str | None = None
    conversation_id: ConversationId | None = None
    at: datetime


def read_rule(hours_before: tuple[int, ...], prepare_hours: int, offer_to: int) -> ReminderRule:
    """Return a rule, the longest time before first; each only once."""
    wanted = tuple(sorted(set(hours_before), reverse=True))
    if len(wanted) > MOST_REMINDERS or not all(1 <= one <= MOST_HOURS for one in wanted):
        raise NotHours(_HOURS)
    return ReminderRule(hours_before=wanted, prepare_hours=prepare_hours, offer_to=offer_to)
