"""A clinic's list of visits is taken: in one transaction, all of it or nothing; twice is once.

Each row is a word of the clinic's own system about the visit of its id, as an SIU message would be:
of each thing the newest word counts. A row that says what stands already changes nothing and leaves
no trace. A rehearsal does all of it and takes it back. This room refuses to text.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from engage.appointments.appointment import Reason, Status
from engage.appointments.day_list import SOURCE, Listed, Row, read_rows, strangers, timed
from engage.appointments.hearing import FromClinic, hear
from engage.appointments.numbers import store as numbers
from engage.appointments.places import store as places
from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.db.vault import Vault
from engage.ids import PatientId, PlaceId, PracticeId, StaffId
from engage.people.csv_import import BadRow, BadRows
from engage.people.merging.store import known_as, survivor
from engage.people.staffing.store import get_practice
from engage.turns.take import Turns

_MAY_BE_ON: frozenset[Status] = frozenset({"proposed", "waitlist", "cancelled"})
"""A list that has a visit like this, and does not say how it stands, says that it is booked."""


class Taken(Struct, frozen=True, kw_only=True):
    """What a list did: every row of it counts once."""

    added: int = 0
    changed: int = 0
    #: They say what stands already, or are older than what stands.
    unchanged: int = 0


class _Names(Struct, frozen=True):
    """What the words of a list mean."""

    people: dict[str, PatientId]
    places: dict[str, tuple[PlaceId, str]]
    zone: str


async def take_day_list(
    work: Work,
    turns: Turns,
    vault: Vault,
    clock: Clock,
    *,
    practice: PracticeId,
    text: str,
    as_of: datetime | None = None,
    by: StaffId | None = None,
) -> Taken:
    """Take a list; BadRows names all that is wrong with it, and then nothing was taken."""
    at = clock.now()
    rows, bad = read_rows(text)
    names = await _names(work, practice, rows)
    bad += strangers(rows, frozenset(names.people), frozenset(names.places))
    listed: list[Listed] = []
    for row in rows:
        there = names.places.get(row.place)
        found = timed(row, names.zone if there is None else there[1], at)
        if isinstance(found, Listed):
            listed.append(found)
        else:
            bad += found
    if bad:
        raise BadRows(bad)
    keys = await vault.keys(practice, work)
    # Everybody first, in one order: two lists at once wait for each other, and nobody for both.
    for person in sorted(set(names.people.values())):
        await turns.before_turn(work, practice, person)
    done: list[str] = []
    for one in listed:
        done.append(await _take(work, turns, keys, one, names, as_of or at, clock, by))
        if not done[-1]:
            bad.append(BadRow(one.row.line, "visit_id: this visit is another patient's"))
    if bad:
        raise BadRows(bad)
    return Taken(
        added=done.count("added"), changed=done.count("changed"), unchanged=done.count("unchanged")
    )


async def _names(work: Work, practice: PracticeId, rows: Sequence[Row]) -> _Names:
    people: dict[str, PatientId] = {}
    for words in sorted({row.person for row in rows}):
        person = await known_as(work, practice, words)
        if person is not None:
            people[words] = person
    there: dict[str, tuple[PlaceId, str]] = {}
    for words in sorted({row.place for row in rows if row.place}):
        found = await places.named(work, practice, words)
        if found is not None:
            there[words] = found
    return _Names(people, there, (await get_practice(work, practice)).time_zone)


async def _take(
    work: Work,
    turns: Turns,
    keys: PracticeKeys,
    one: Listed,
    names: _Names,
    as_of: datetime,
    clock: Clock,
    by: StaffId | None,
) -> str:
    """Take one row; return what it did, or nothing if its visit is somebody else's."""
    row, at, practice = one.row, clock.now(), keys.practice
    person, place = names.people[row.person], names.places.get(row.place)
    known = await numbers.by_numbers(work, keys, "", row.visit_id, sender=None, person=person)
    before = None if known is None else known.visit
    if before is not None and await survivor(work, practice, before.patient_id) != person:
        return ""
    status = row.status or ("booked" if before is None or before.status in _MAY_BE_ON else None)
    if (
        before is not None
        and before.time == one.time
        and status in {None, before.status}
        and (place is None or place[0] == before.place_id)
    ):
        return "unchanged"
    reason: Reason | None = "other" if status == "cancelled" else None
    told = FromClinic(
        patient_id=person,
        placer="",
        filler=row.visit_id,
        said_at=as_of,
        said_by=SOURCE,
        status=status,
        reason=reason,
        starts_at=one.time.starts_at,
        ends_at=one.time.ends_at,
        place=row.place,
        what=row.what,
    )
    change = await hear(work, keys, told, names.zone, fresh_id(clock), at)
    if change is None:
        return ""
    await turns.visit_changed(work, practice, change, by)
    if change.before is None:
        return "added"
    return "changed" if change.changes else "unchanged"
