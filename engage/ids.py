"""Typed ids, one list, and how an id is made. (p).

Every id is a UUIDv7, so rows sort by birth and the month of a row can be read off its id (that is
how messages, feed and audit are partitioned). This room refuses to read a clock or a source of
randomness: both come in as values. An effect of an event gets a *derived* id: the same event,
decided twice, names the same rows, so a retry writes nothing new.
"""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

AnswerId = NewType("AnswerId", UUID)
AppointmentId = NewType("AppointmentId", UUID)
AssignmentId = NewType("AssignmentId", UUID)
CaregiverId = NewType("CaregiverId", UUID)
CheckInId = NewType("CheckInId", UUID)
CheckInPlanId = NewType("CheckInPlanId", UUID)
ConsentEventId = NewType("ConsentEventId", UUID)
ConversationId = NewType("ConversationId", UUID)
CoverId = NewType("CoverId", UUID)
FlagId = NewType("FlagId", UUID)
GrantId = NewType("GrantId", UUID)
LineId = NewType("LineId", UUID)
MessageId = NewType("MessageId", UUID)
NeedId = NewType("NeedId", UUID)
NumberId = NewType("NumberId", UUID)
OfferId = NewType("OfferId", UUID)
OrganizationId = NewType("OrganizationId", UUID)
PageId = NewType("PageId", UUID)
PatientId = NewType("PatientId", UUID)
PhoneId = NewType("PhoneId", UUID)
PlaceId = NewType("PlaceId", UUID)
PracticeId = NewType("PracticeId", UUID)
QueueItemId = NewType("QueueItemId", UUID)
ReferralId = NewType("ReferralId", UUID)
RideId = NewType("RideId", UUID)
ScheduleId = NewType("ScheduleId", UUID)
ScreeningId = NewType("ScreeningId", UUID)
ServiceId = NewType("ServiceId", UUID)
SlotId = NewType("SlotId", UUID)
StaffId = NewType("StaffId", UUID)
ThreadId = NewType("ThreadId", UUID)
TimerId = NewType("TimerId", UUID)
WaitingId = NewType("WaitingId", UUID)

RANDOM_BYTES = 10
"""How many bytes of randomness `uuid7` uses (74 bits of them survive)."""

_MILLISECONDS_MASK = (1 << 48) - 1


def uuid7(at: datetime, randomness: bytes) -> UUID:
    """Return the UUIDv7 (RFC 9562) of an aware moment and `RANDOM_BYTES` bytes of randomness."""
    milliseconds = int(at.timestamp() * 1000) & _MILLISECONDS_MASK
    tail = int.from_bytes(randomness[:RANDOM_BYTES], "big")
    value = milliseconds << 80
    value |= 0x7 << 76
    value |= (tail >> 68 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= tail & ((1 << 62) - 1)
    return UUID(int=value)


def derived(at: datetime, cause: UUID, label: str) -> UUID:
    """Return the id of an effect: a UUIDv7 at `at` whose tail is a hash of cause and label.

    `cause` is the id of the event (a message, a timer), `label` says which effect of it.
    """
    digest = hashlib.sha256(cause.bytes + label.encode()).digest()
    return uuid7(at, digest)


def born(of: UUID) -> datetime:
    """Return the aware UTC moment inside a UUIDv7, to the millisecond."""
    return datetime.fromtimestamp((of.int >> 80) / 1000, UTC)


def is_uuid7(value: UUID) -> bool:
    """Say whether a client-supplied id has the version and variant we ask for."""
    return value.version == 7 and value.variant == uuid.RFC_4122  # noqa: PLR2004 - the 7 of UUIDv7


def floor_of(moment: datetime) -> UUID:
    """Return the smallest UUIDv7-ordered value of a moment: a partition bound, never a row's id."""
    return UUID(int=(int(moment.timestamp() * 1000) & _MILLISECONDS_MASK) << 80)
