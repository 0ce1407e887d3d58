"""What every change of a visit has in common: lock, join a word to those before, save, say so.

Staff, the clinic's own system and the person tell of the same visit; of each thing the newest word
counts, an older one is kept in the history and changes nothing. The rides to a visit and its time
in our book go its way at once. All of it in the caller's transaction, who has locked the person
first. This room refuses to decide and to text.
"""

from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.appointments import reminding, riding, seating, store
from engage.appointments.appointment import Answer, Appointment, Setter
from engage.appointments.heard import Said, Standing, joined
from engage.appointments.places import store as places
from engage.appointments.riding import Expects, RideChanged
from engage.appointments.store import Act, Kept, Word
from engage.audit import ActorKind
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, EngageError, NotFound
from engage.ids import RANDOM_BYTES, AppointmentId, PatientId, uuid7

_PLACE = "/place_id"
_LEAST = timedelta(microseconds=1)
ACTORS: dict[Setter, ActorKind] = {
    "staff": "staff",
    "clinic": "system",
    "patient": "patient",
    "caregiver": "caregiver",
}


class NoSuchPlace(EngageError):  # noqa: N818 - reads as a sentence
    """The practice has no such place; add it first."""


class Teller(Struct, frozen=True):
    """Who says so: in the words of the histories, and who exactly, if it is known."""

    setter: Setter
    id: UUID | None = None


class VisitChanged(Struct, frozen=True, kw_only=True):
    """A visit before and after, and the rides that went its way."""

    #: None for one that was just written down.
    before: Appointment | None
    after: Appointment
    rides: tuple[RideChanged, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is different."""
        return self.before != self.after


async def locked(work: Work, keys: PracticeKeys, visit: AppointmentId, expects: Expects) -> Kept:
    """Lock a visit and return it; Conflict if it is not the version that was expected."""
    known = await store.one(work, keys, visit, lock=True)
    if known is None:
        raise NotFound
    if not expects(known.visit.version):
        raise Conflict
    return known


def empty(
    keys: PracticeKeys,
    visit: AppointmentId,
    patient: PatientId,
    zone: str,
    at: datetime,
    what: str | None,
) -> Kept:
    """Return a visit of which nothing was said yet."""
    return Kept(
        visit=Appointment(
            practice_id=keys.practice,
            id=visit,
            patient_id=patient,
            place_id=None,
            status="proposed",
            time=None,
            zone=zone,
            reason=None,
            changed_at=at,
            version=0,
        ),
        said=Said(),
        what=what,
    )


async def take(  # noqa: PLR0913, PLR0917 - one step: what was, what is said, by whom
    work: Work,
    keys: PracticeKeys,
    before: Appointment | None,
    known: Kept,
    word: Said,
    event: UUID,
    act: Act,
    by: Teller,
    at: datetime,
    *,
    note: str | None = None,
) -> VisitChanged:
    """Join a word to those before it; what it changes is saved, told, and followed by rides."""
    said = joined(known.said, word)
    applies = said != known.said or before is None
    visit = known.visit
    if applies:
        visit = await _as_said(work, keys, known.visit, said, by, at)
        after = replace(known, visit=visit, said=said)
        await (store.add(work, keys, after, at) if before is None else store.save(work, after))
    await add_word(work, keys, visit, word, event, act, by, at, applies=applies, note=note)
    if not applies:
        return VisitChanged(before=before, after=visit)
    await say(work, keys, visit, by, at)
    rides = () if before is None else await riding.follow(work, keys, before, visit, at)
    if before is not None:
        await seating.follow(work, before, visit, at)
    await reminding.expect(work, visit, at)
    return VisitChanged(before=before, after=visit, rides=rides)


async def _as_said(
    work: Work, keys: PracticeKeys, visit: Appointment, said: Said, by: Teller, at: datetime
) -> Appointment:
    stands: Standing = said.stands
    zone = visit.zone
    if said.place_id is not None and said.place_id != visit.place_id:
        found = await places.zone_of(work, keys.practice, said.place_id)
        if found is None:
            raise NoSuchPlace(_PLACE)
        zone = found
    after = replace(
        visit,
        status=stands.status,
        reason=stands.reason,
        time=said.span,
        place_id=said.place_id,
        zone=zone,
        changed_at=at,
        version=visit.version + 1,
    )
    seen = (after.status, after.time, after.place_id)
    if visit.version and seen != (visit.status, visit.time, visit.place_id):
        after = replace(after, sequence=visit.sequence + 1)
    return after if after.time == visit.time else _asked_anew(after, by, at)


def _asked_anew(visit: Appointment, by: Teller, at: datetime) -> Appointment:
    """Return a visit at another time: what was said of the old one does not count for it."""
    match by.setter:
        case "patient" | "caregiver":
            return replace(visit, answer="accepted", answered_at=at, answered_by=by.setter)
        case "staff" | "clinic":
            return replace(visit, answer="needs-action", answered_at=None, answered_by=None)
        case _:
            assert_never(by.setter)


def after_all(said: Said, at: datetime) -> datetime:
    """Return a moment that counts after all that was said: whose clock is ahead does not win."""
    known = [one.by.at for one in (said.standing, said.time, said.place) if one is not None]
    return max((at, *(moment + _LEAST for moment in known)))


async def add_word(  # noqa: PLR0913 - a word has this many parts
    work: Work,
    keys: PracticeKeys,
    visit: Appointment,
    word: Said,
    event: UUID,
    act: Act,
    by: Teller,
    at: datetime,
    *,
    applies: bool,
    note: str | None,
    answer: Answer | None = None,
) -> None:
    """Add a word to the history."""
    said = word.standing.value if word.standing is not None else None
    await store.add_word(
        work,
        keys,
        Word(
            id=event,
            appointment_id=visit.id,
            patient_id=visit.patient_id,
            act=act,
            applied=applies,
            # What was said, where it was said; how the visit stands, where it was not.
            status=visit.status if said is None else said.status,
            time=word.span if word.time is not None else visit.time,
            place_id=word.place_id if word.place is not None else visit.place_id,
            reason=visit.reason if said is None else said.reason,
            at=at,
            by=by.setter,
            by_id=by.id,
            note=note,
            answer=answer,
        ),
    )


async def say(work: Work, keys: PracticeKeys, visit: Appointment, by: Teller, at: datetime) -> None:
    """Tell the feed and the audit of a visit that changed."""
    await feed.add(work, keys.practice, at, "appointment", visit.id, visit.patient_id)
    await audit.record(
        work,
        keys.practice,
        at,
        actor=ACTORS[by.setter],
        actor_id=by.id,
        action=f"appointment.{visit.status}",
        subject="appointment",
        subject_id=visit.id,
        patient_id=visit.patient_id,
    )


def fresh(at: datetime) -> UUID:
    """Return a new id."""
    return uuid7(at, random_bytes(RANDOM_BYTES))
