"""Who owns an item: always a named, active person, and why in words. (p).

The assigned care manager, else who covers for them, else one of the patient's team, else one of the
practice, else the person responsible for the practice. For routine and urgent work a person counts
who is back by the due time; for crisis and possible only one who is here now. Of those, who has a
shift until then and holds less than they should, over all practices they serve, comes first, and
among equals who speaks the patient's language; what nobody has written down is not asked. Nobody
gets work of a practice that they are no member of. This room refuses to return nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Literal, TypeAlias, assert_never
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from engage.conversation.severity import Severity
from engage.ids import StaffId

_ROLE_ORDER = ("care_manager", "supervisor", "practice_admin")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FARTHEST_SHIFT_DAYS = 31

Shifts: TypeAlias = Mapping[str, tuple[tuple[time, time], ...]]
"""Local hours by weekday, "mon" to "sun"."""
_Wish: TypeAlias = Literal["here", "shift", "room"]


class Duty(Struct, frozen=True, kw_only=True):
    """What is written down of somebody's work; what is not is not asked."""

    #: None: at all hours.
    hours: Shifts | None = None
    #: How many open items they should hold; None: any number.
    capacity: int | None = None
    languages: tuple[str, ...] = ()
    #: How many open items they hold in all practices they serve; counted up to their capacity only.
    held: int = 0


class StaffSeen(Struct, frozen=True):
    """An active member of the practice and what they do there."""

    id: StaffId
    given_name: str
    roles: tuple[str, ...] = ()
    duty: Duty | None = None


class CoverSeen(Struct, frozen=True):
    """Who is away from when until when, and who answers for them."""

    absent_id: StaffId
    cover_id: StaffId
    from_at: datetime
    until_at: datetime


class Owner(Struct, frozen=True):
    """The person, and the reason the console shows."""

    staff_id: StaffId
    why: str


class Roster(Struct, frozen=True, kw_only=True):
    """The people of a practice that routing may choose from."""

    staff: tuple[StaffSeen, ...]
    covers: tuple[CoverSeen, ...] = ()
    responsible_id: StaffId
    #: The practice's clock: shifts are told by it.
    zone: str = "UTC"


class _Candidate(Struct, frozen=True):
    id: StaffId
    why: str
    #: Whether they answer for this patient: then neither language nor rank is asked.
    own: bool = False


def asked_elsewhere(staff: Sequence[StaffSeen]) -> tuple[StaffId, ...]:
    """Return of whom what they hold in other practices may decide: who has room left here."""
    return tuple(
        one.id
        for one in staff
        if one.duty is not None
        and one.duty.capacity is not None
        and one.duty.held < one.duty.capacity
    )


def with_elsewhere(
    staff: Sequence[StaffSeen], held: Mapping[StaffId, int]
) -> tuple[StaffSeen, ...]:
    """Return people who hold what they hold here, and what they hold in other practices."""
    return tuple(
        msgspec.structs.replace(
            one, duty=msgspec.structs.replace(one.duty, held=one.duty.held + held[one.id])
        )
        if one.duty is not None and held.get(one.id)
        else one
        for one in staff
    )


def owner_for(
    severity: Severity,
    *,
    at: datetime,
    due: datetime,
    manager: StaffId | None,
    team: Sequence[StaffId],
    roster: Roster,
    language: str | None = None,
) -> Owner:
    """Choose the owner of an item that is opened at `at` and due at `due`.

    `language` is the patient's: it decides between people of whom none answers for the patient.
    """
    grave = severity in ("crisis", "possible")
    needed_at = at if grave else max(at, due)
    people = {member.id: member for member in roster.staff}
    candidates = [
        one for one in _in_order(manager, team, roster, needed_at, language) if one.id in people
    ]
    # A crisis asks nobody how much they have to do.
    wishes: tuple[tuple[_Wish, ...], ...] = (
        *(() if grave else (("here", "shift", "room"),)),
        ("here", "shift"),
        ("here",),
    )
    for wished in wishes:
        for one in candidates:
            if all(_meets(people[one.id], wish, roster, at, needed_at) for wish in wished):
                passed = _passed(one, candidates, people, roster, at, needed_at)
                return Owner(one.id, f"{one.why}{passed}")
    # Nobody is here by then: who is here until then can begin, and is no owner who is away.
    for one in candidates:
        if present(one.id, roster, at):
            return Owner(one.id, f"{one.why}; when it is due nobody is here")
    # Everybody is away: an active person who can be reached beats nobody.
    for one in candidates:
        return Owner(one.id, f"{one.why}, though away")
    return Owner(roster.responsible_id, "responsible for the practice")


def stranded(
    owner: StaffId,
    severity: Severity,
    due: datetime,
    roster: Roster,
    at: datetime,
    *,
    leaving: bool = False,
) -> bool:
    """Say whether open work must go to somebody else now: its owner has left, or is away.

    `leaving`: their leave begins at this moment; then nothing waits until they are back. Work whose
    owner was away when it came, and is back by the due time, stays. So does all of it while there
    is nobody to give it to.
    """
    if not _active(owner, roster):
        return bool(roster.staff)
    now = leaving or severity in ("crisis", "possible")
    return not present(owner, roster, at if now else max(at, due)) and any(
        present(member.id, roster, at) for member in roster.staff
    )


def _meets(
    person: StaffSeen, wish: _Wish, roster: Roster, at: datetime, needed_at: datetime
) -> bool:
    match wish:
        case "here":
            return present(person.id, roster, needed_at)
        case "shift":
            return works_between(person, roster.zone, at, needed_at)
        case "room":
            duty = person.duty
            return duty is None or duty.capacity is None or duty.held < duty.capacity
        case _:
            assert_never(wish)


def _passed(
    chosen: _Candidate,
    candidates: Sequence[_Candidate],
    people: Mapping[StaffId, StaffSeen],
    roster: Roster,
    at: datetime,
    needed_at: datetime,
) -> str:
    """Say in words why somebody who answers for the patient was passed over although here."""
    first = next((one for one in candidates if one.own), None)
    if chosen.own or first is None or not _meets(people[first.id], "here", roster, at, needed_at):
        return ""
    reason = (
        "has as much as they should"
        if _meets(people[first.id], "shift", roster, at, needed_at)
        else "is not at work until then"
    )
    return f"; who comes first ({first.why}) {reason}"


def _in_order(
    manager: StaffId | None,
    team: Sequence[StaffId],
    roster: Roster,
    when: datetime,
    language: str | None,
) -> Iterator[_Candidate]:
    speaking = {
        member.id
        for member in roster.staff
        if language is not None and member.duty is not None and language in member.duty.languages
    }

    def of_equals(people: Sequence[StaffId], why: str) -> Iterator[_Candidate]:
        for person in sorted(people, key=lambda one: one not in speaking):
            spoken = f", speaks their language ({language})" if person in speaking else ""
            yield _Candidate(person, why + spoken)

    if manager is not None:
        yield _Candidate(manager, "assigned care manager", own=True)
        for cover in covering(manager, roster, when):
            yield _Candidate(cover, "covers for the assigned care manager", own=True)
    yield from of_equals(team, "on the patient's care team")
    for role in _ROLE_ORDER:
        holding = [person.id for person in roster.staff if role in person.roles]
        yield from of_equals(holding, f"{role.replace('_', ' ')} of the practice")
    yield _Candidate(roster.responsible_id, "responsible for the practice")


def works_between(person: StaffSeen, zone: str, since: datetime, until: datetime) -> bool:
    """Say whether somebody has a shift between two moments; no hours mean all hours."""
    if person.duty is None or person.duty.hours is None:
        return True
    clock = ZoneInfo(zone)
    # A shift of the night before may reach into the day.
    day = since.astimezone(clock).date() - timedelta(days=1)
    last = min(until.astimezone(clock).date(), day + timedelta(days=_FARTHEST_SHIFT_DAYS))
    while day <= last:
        for starts, ends in person.duty.hours.get(_WEEKDAYS[day.weekday()], ()):
            over = day if starts < ends else day + timedelta(days=1)
            begins = datetime.combine(day, starts, clock)
            if begins <= until and since < datetime.combine(over, ends, clock):
                return True
        day += timedelta(days=1)
    return False


def covering(absent: StaffId, roster: Roster, when: datetime) -> Iterator[StaffId]:
    """Follow the chain of cover; a circle of people covering each other ends it."""
    seen = {absent}
    current: StaffId | None = absent
    while current is not None:
        current = next(
            (
                cover.cover_id
                for cover in roster.covers
                if cover.absent_id == current
                and cover.from_at <= when < cover.until_at
                and cover.cover_id not in seen
            ),
            None,
        )
        if current is not None:
            seen.add(current)
            yield current


def _active(person: StaffId, roster: Roster) -> bool:
    return any(member.id == person for member in roster.staff)


def present(person: StaffId, roster: Roster, when: datetime) -> bool:
    """Say whether somebody works in the practice and is not away."""
    away = any(
        cover.absent_id == person and cover.from_at <= when < cover.until_at
        for cover in roster.covers
    )
    return _active(person, roster) and not away
