"""A time at which somebody could be seen: free, held for some minutes, taken. (p).

The statuses are FHIR's. A time that is offered is held, so that two people are not shown the same
one; whoever answers later than that may still have it while nobody else took it. Who works and
cares is shown the early, late and weekend times first, and everybody else last. This room refuses
to take what is taken, past or blocked, and to look at a clock.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage.errors import Conflict, EngageError
from engage.ids import AppointmentId, PatientId, PlaceId, PracticeId, ScheduleId, SlotId

Status: TypeAlias = Literal[
    "free", "busy", "busy-unavailable", "busy-tentative", "entered-in-error"
]

HOLD = timedelta(minutes=10)
"""So long what was offered is kept for who was offered it."""

NOTICE = timedelta(hours=2)
"""So long before it begins a time is still offered [our own rule]: people must get there."""

AHEAD = timedelta(days=42)
"""So far ahead times are offered [our own rule]."""

MOST_OFFERED = 3
"""So many times are offered at once: what fits one text and a small screen."""

_EARLY, _LATE = time(9), time(17)
_SATURDAY = 5
_STATUS = "/status"


class SlotGone(Conflict):
    """This time is not free any more."""


class SlotNotFree(EngageError):  # noqa: N818 - reads as a sentence
    """Only a time that is free or blocked can be changed so."""


class Slot(Struct, frozen=True, kw_only=True):
    """One time of a schedule."""

    practice_id: PracticeId
    id: SlotId
    schedule_id: ScheduleId
    starts_at: datetime
    ends_at: datetime
    status: Status
    held_for: PatientId | None = None
    held_until: datetime | None = None
    appointment_id: AppointmentId | None = None
    version: int = 1

    def is_open_to(self, person: PatientId | None, at: datetime) -> bool:
        """Say whether a person may have it now; nobody in particular: whether anybody may."""
        if self.starts_at <= at:
            return False
        if self.status == "busy-tentative":
            return (person is not None and self.held_for == person) or self.has_lapsed(at)
        return self.status == "free"

    def has_lapsed(self, at: datetime) -> bool:
        """Say whether whoever it was held for has had their time."""
        return self.held_until is not None and self.held_until <= at


class Schedule(Struct, frozen=True, kw_only=True):
    """Who sees people, and where."""

    practice_id: PracticeId
    id: ScheduleId
    place_id: PlaceId
    name: str
    #: The place's clock.
    zone: str
    #: How to get ready, by language, in the words that a person reads; empty: nothing.
    prepare_en: str = ""
    prepare_es: str = ""
    active: bool = True
    version: int = 1

    def prepare(self, language: str) -> str:
        """Return how to get ready, in a language; in English where the other has nothing."""
        return (self.prepare_es or self.prepare_en) if language == "es" else self.prepare_en


class Wish(Struct, frozen=True, kw_only=True):
    """Which times suit a person."""

    early: bool = False
    late: bool = False
    weekend: bool = False
    #: Whoever comes along works: early, late and weekend times come first, all of them.
    carer: bool = False


def hold(slot: Slot, person: PatientId, at: datetime) -> Slot:
    """Keep a time for a person whom it is offered to."""
    _check_open(slot, person, at)
    return replace(
        slot,
        status="busy-tentative",
        held_for=person,
        held_until=at + HOLD,
        version=slot.version + 1,
    )


def take(slot: Slot, person: PatientId, visit: AppointmentId, at: datetime) -> Slot:
    """Give a time to a visit; SlotGone if somebody else has it."""
    if slot.appointment_id == visit:
        return slot
    _check_open(slot, person, at)
    return replace(
        slot,
        status="busy",
        held_for=None,
        held_until=None,
        appointment_id=visit,
        version=slot.version + 1,
    )


def free(slot: Slot) -> Slot:
    """Let go of a time; what is blocked or a mistake stays so."""
    if slot.status not in {"busy", "busy-tentative"}:
        return slot
    return replace(
        slot,
        status="free",
        held_for=None,
        held_until=None,
        appointment_id=None,
        version=slot.version + 1,
    )


def block(
    slot: Slot, to: Literal["free", "busy-unavailable", "entered-in-error"], at: datetime
) -> Slot:
    """Take a time that nobody has out of the book, or put it back."""
    if slot.has_lapsed(at):
        slot = free(slot)
    if slot.status in {"busy", "busy-tentative"}:
        raise SlotGone
    if slot.status == "entered-in-error":
        raise SlotNotFree(_STATUS)
    return slot if slot.status == to else replace(slot, status=to, version=slot.version + 1)


def is_unusual(starts_at: datetime, zone: str) -> frozenset[str]:
    """Return which of early, late and weekend a time is, by the clock of its place."""
    local = starts_at.astimezone(ZoneInfo(zone))
    kinds = {
        "early": local.time() < _EARLY,
        "late": local.time() >= _LATE,
        "weekend": local.weekday() >= _SATURDAY,
    }
    return frozenset(name for name, holds in kinds.items() if holds)


def suits(starts_at: datetime, zone: str, wish: Wish) -> bool:
    """Say whether an early, late or weekend time is what somebody asked for."""
    unusual = is_unusual(starts_at, zone)
    return bool(unusual if wish.carer else unusual & _wanted(wish))


def choose(
    slots: Iterable[Slot], zone: str, wish: Wish, most: int = MOST_OFFERED
) -> tuple[Slot, ...]:
    """Return the times to offer: those that suit first, soonest first, one a day while they last.

    Early, late and weekend times are kept for those whom they suit: others see them only where
    nothing else is free.
    """
    ranked = sorted(slots, key=lambda one: (_rank(one, zone, wish), one.starts_at, one.id.bytes))
    chosen: list[Slot] = []
    # By rank, and within a rank one of each day before a second of any.
    for rank in sorted({_rank(one, zone, wish) for one in ranked}):
        alike = [one for one in ranked if _rank(one, zone, wish) == rank]
        chosen += _spread(alike, zone, most - len(chosen))
        if len(chosen) >= most:
            break
    return tuple(sorted(chosen, key=lambda one: (one.starts_at, one.id.bytes)))


def _rank(slot: Slot, zone: str, wish: Wish) -> int:
    if suits(slot.starts_at, zone, wish):
        return 0
    return 2 if is_unusual(slot.starts_at, zone) else 1


def _wanted(wish: Wish) -> frozenset[str]:
    every = {"early": wish.early, "late": wish.late, "weekend": wish.weekend}
    return frozenset(name for name, wanted in every.items() if wanted)


def _spread(slots: Sequence[Slot], zone: str, most: int) -> list[Slot]:
    clock = ZoneInfo(zone)
    days: dict[object, int] = {}
    placed: list[tuple[int, int, Slot]] = []
    for place, one in enumerate(slots):
        day = one.starts_at.astimezone(clock).date()
        placed.append((days.get(day, 0), place, one))
        days[day] = days.get(day, 0) + 1
    placed.sort(key=lambda each: each[:2])
    return [one for _, _, one in placed[: max(most, 0)]]


def _check_open(slot: Slot, person: PatientId, at: datetime) -> None:
    if not slot.is_open_to(person, at):
        raise SlotGone
