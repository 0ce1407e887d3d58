"""Who waits for a time, and whom a time that became free is offered to first. (p).

Early, late and weekend times go first to those whom they suit, above all to whoever works and
cares; else whoever has waited longest is first. A time is offered to a few people at once and to
the next few some hours later, so the first who answers has it and most never hear of a time that
is gone. This room refuses to offer what is no sooner than what a person has, and to look at a
clock.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments.appointment import TO_COME, Status
from engage.appointments.refusals import NotDays, NotWaiting
from engage.appointments.slot import NOTICE, Slot, Wish, suits
from engage.ids import (
    AppointmentId,
    ConversationId,
    OfferId,
    PatientId,
    PracticeId,
    ScheduleId,
    SlotId,
    WaitingId,
)

WaitingStatus: TypeAlias = Literal["waiting", "won", "left"]
OfferStatus: TypeAlias = Literal["offered", "won", "lost", "declined", "lapsed", "unreachable"]

PACE = timedelta(hours=2)
"""So long the first few have before the next few are asked as well."""

LONGEST = timedelta(days=366)
"""So long somebody waits at the most; then staff ask again."""

_UNTIL = "/until_day"


class Waiting(Struct, frozen=True, kw_only=True):
    """Somebody who would come sooner, or at all, if a time becomes free."""

    practice_id: PracticeId
    id: WaitingId
    patient_id: PatientId
    #: The visit that they have and would like earlier; None: they have none.
    appointment_id: AppointmentId | None
    schedule_id: ScheduleId
    from_day: date
    until_day: date
    status: WaitingStatus = "waiting"
    since: datetime
    changed_at: datetime
    version: int = 1


class Offer(Struct, frozen=True, kw_only=True):
    """One time, offered to one who waits."""

    practice_id: PracticeId
    id: OfferId
    slot_id: SlotId
    waiting_id: WaitingId
    patient_id: PatientId
    #: In which they were told; None: they were not told yet.
    conversation_id: ConversationId | None = None
    status: OfferStatus = "offered"
    at: datetime
    answered_at: datetime | None = None

    @property
    def may_win(self) -> bool:
        """Whether a yes counts: they may think again, but what was lost or won is over."""
        return self.status in {"offered", "declined", "lapsed", "unreachable"}


class Candidate(Struct, frozen=True, kw_only=True):
    """One who waits, with what decides whether and when they are asked."""

    entry: Waiting
    #: The record that is theirs now, if two became one.
    person: PatientId
    wish: Wish = Wish()
    #: How the visit stands that they would like earlier, and when it is.
    visit_status: Status | None = None
    visit_at: datetime | None = None


def check_new(entry: Waiting, today: date) -> None:
    """Refuse to wait for days that are over, turned round, or too far ahead."""
    if not today <= entry.until_day <= today + LONGEST or entry.until_day < entry.from_day:
        raise NotDays(_UNTIL)


def left(entry: Waiting, at: datetime) -> Waiting:
    """Return an entry that waits no more; who has won has a visit instead."""
    if entry.status == "left":
        return entry
    if entry.status == "won":
        raise NotWaiting
    return replace(entry, status="left", changed_at=at, version=entry.version + 1)


def won(entry: Waiting, at: datetime) -> Waiting:
    """Return an entry that has what it waited for."""
    return replace(entry, status="won", changed_at=at, version=entry.version + 1)


def answered(offer: Offer, status: OfferStatus, at: datetime) -> Offer:
    """Return an offer with what became of it."""
    return replace(offer, status=status, answered_at=at)


def is_offered(slot: Slot, at: datetime) -> bool:
    """Say whether a time can be offered round: anybody may have it, and can still get there."""
    return slot.is_open_to(None, at) and slot.starts_at > at + NOTICE


def is_for(one: Candidate, slot: Slot, zone: str) -> bool:
    """Say whether a time is what somebody waits for: on their days, and sooner than what they have.

    Who has been seen, or whose visit was called off, is not asked: staff know what they want now.
    """
    entry = one.entry
    day = slot.starts_at.astimezone(ZoneInfo(zone)).date()
    if entry.status != "waiting" or entry.schedule_id != slot.schedule_id:
        return False
    if not entry.from_day <= day <= entry.until_day:
        return False
    if entry.appointment_id is None:
        return True
    if one.visit_status not in TO_COME:
        return False
    return one.visit_at is None or slot.starts_at < one.visit_at


def order(some: Iterable[Candidate], slot: Slot, zone: str) -> tuple[Candidate, ...]:
    """Return whom a time is for, in the order in which they are asked; each person once."""
    ranked = sorted(
        (one for one in some if is_for(one, slot, zone)),
        key=lambda one: (
            not suits(slot.starts_at, zone, one.wish),
            one.entry.since,
            one.entry.id.bytes,
        ),
    )
    firsts: dict[PatientId, Candidate] = {}
    for one in ranked:
        firsts.setdefault(one.person, one)
    return tuple(firsts.values())


def rests_until(offers: Iterable[Offer], at: datetime) -> datetime | None:
    """Return until when the last few are given time; None if all of them answered, or it is over.

    Who could not be told costs the others no time.
    """
    asked = [one.at for one in offers if one.status == "offered"]
    ends_at = max(asked) + PACE if asked else at
    return ends_at if ends_at > at else None
