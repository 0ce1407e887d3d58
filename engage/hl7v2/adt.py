"""Admissions and discharges: from a message to what it says about a stay. (p).

A01, A03, A08, A11 and A13; every other event is somebody else's. This room refuses a message
without the patient's id, the visit's number or a moment: what can't be ordered can't be applied.
"""

from datetime import datetime
from typing import Literal, TypeAlias, assert_never, cast
from zoneinfo import ZoneInfo

from engage.checkins.visit import (
    Admission,
    CancelAdmission,
    CancelDischarge,
    Discharge,
    Movement,
    Stay,
    Update,
)
from engage.hl7v2.message import Message, Unreadable
from engage.hl7v2.moment import moment

Trigger: TypeAlias = Literal["A01", "A03", "A08", "A11", "A13"]
TRIGGERS: frozenset[str] = frozenset({"A01", "A03", "A08", "A11", "A13"})
LONGEST_ID = 80
_RECORD_NUMBERS = ("MR", "PI", "PT", "")
"""Kinds of an identifier that mean a patient here, the best first; never a licence or an SSN."""


def read(message: Message, zone: ZoneInfo, authority: str) -> Movement | None:
    """Return what a message says of a stay; None for another event, Unreadable for a bad one."""
    kind, trigger = message.event
    if kind != "ADT" or trigger not in TRIGGERS:
        return None
    stay = Stay(
        person=person_of(message, authority),
        number=_number(message),
        facility=message.text("MSH", 4)[:LONGEST_ID],
        event_at=event_moment(message, zone),
        control_id=message.control_id,
    )
    admitted_at = moment(message.text("PV1", 44), zone)
    discharged_at = moment(message.text("PV1", 45), zone)
    which = cast("Trigger", trigger)
    match which:
        case "A01":
            return Admission(stay, admitted_at or stay.event_at)
        case "A03":
            return Discharge(stay, discharged_at or stay.event_at, admitted_at)
        case "A08":
            return Update(stay, admitted_at, discharged_at)
        case "A11":
            return CancelAdmission(stay)
        case "A13":
            return CancelDischarge(stay)
        case _:
            assert_never(which)


def event_moment(message: Message, zone: ZoneInfo) -> datetime:
    """Return from when a message counts: when it was recorded, else when it was sent."""
    at = moment(message.text("EVN", 2), zone) or moment(message.text("MSH", 7), zone)
    if at is None:
        raise Unreadable
    return at


def person_of(message: Message, authority: str) -> str:
    """Return the patient's id that this authority gave; without one, the first record number."""
    found: list[tuple[int, int, str]] = []
    for place in range(1, message.repetitions("PID", 3) + 1):
        value = message.text("PID", 3, repetition=place)
        giver = message.text("PID", 3, 4, repetition=place)
        kind = message.text("PID", 3, 5, repetition=place)
        if not value or (authority and giver.casefold() != authority.casefold()):
            continue
        if kind in _RECORD_NUMBERS:
            found.append((_RECORD_NUMBERS.index(kind), place, value))
        elif authority:
            found.append((len(_RECORD_NUMBERS), place, value))
    if not found or len(min(found)[2]) > LONGEST_ID:
        raise Unreadable
    return min(found)[2]


def _number(message: Message) -> str:
    number = message.text("PV1", 19) or message.text("PID", 18)
    if not 1 <= len(number) <= LONGEST_ID:
        raise Unreadable
    return number
