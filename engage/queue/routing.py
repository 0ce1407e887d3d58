"""Who owns an item: always a named, active person, and why in words. (p).

The assigned care manager, else who covers for them, else one of the patient's team, else one of the
practice, else the person responsible for the practice. For routine and urgent work a person counts
who is back by the due time; for crisis and possible only one who is here now. This room refuses to
return nobody.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from engage.conversation.severity import Severity
from engage.ids import StaffId

_ROLE_ORDER = ("care_manager", "supervisor", "practice_admin")


class StaffSeen(Struct, frozen=True):
    """An active member of the practice and what they do there."""

    id: StaffId
    given_name: str
    roles: tuple[str, ...] = ()


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


def owner_for(
    severity: Severity,
    *,
    at: datetime,
    due: datetime,
    manager: StaffId | None,
    team: Sequence[StaffId],
    roster: Roster,
) -> Owner:
    """Choose the owner of an item that is opened at `at` and due at `due`."""
    needed_at = at if severity in ("crisis", "possible") else max(at, due)
    for candidate, why in _in_order(manager, team, roster, needed_at):
        if present(candidate, roster, needed_at):
            return Owner(candidate, why)
    # Everybody is away at that moment: an active person who can be reached beats nobody.
    for candidate, why in _in_order(manager, team, roster, needed_at):
        if _active(candidate, roster):
            return Owner(candidate, f"{why}, though away")
    return Owner(roster.responsible_id, "responsible for the practice")


def _in_order(
    manager: StaffId | None, team: Sequence[StaffId], roster: Roster, when: datetime
) -> Iterator[tuple[StaffId, str]]:
    if manager is not None:
        yield manager, "assigned care manager"
        for cover in covering(manager, roster, when):
            yield cover, "covers for the assigned care manager"
    for member in team:
        yield member, "on the patient's care team"
    for role in _ROLE_ORDER:
        for person in roster.staff:
            if role in person.roles:
                yield person.id, f"{role.replace('_', ' ')} of the practice"
    yield roster.responsible_id, "responsible for the practice"


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
