"""Visits are booked, moved, concluded and heard of: load, decide, save, say so.

All of it in the caller's transaction, who has locked the person first. Staff and the clinic's own
system tell of the same visit; of each thing the newest word counts, an older one is kept in the
history and changes nothing. The rides to a visit go its way at once. What follows elsewhere is
turns' to do, from the value that is returned. This room refuses to decide and to text.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.appointments import riding, seating, store
from engage.appointments.appointment import (
    Answer,
    Appointment,
    Reason,
    Setter,
    Span,
    Status,
    answered,
    check,
    check_new,
    moved,
)
from engage.appointments.heard import Kept as Heard
from engage.appointments.heard import Said, Stamp, Standing, joined, rebooked, stamp, standing
from engage.appointments.places import store as places
from engage.appointments.refusals import NotTheirsToTell
from engage.appointments.riding import Expects, RideChanged
from engage.appointments.store import Act, Kept, Word
from engage.audit import ActorKind
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, EngageError, NotFound
from engage.ids import (
    RANDOM_BYTES,
    AppointmentId,
    PatientId,
    PlaceId,
    ScheduleId,
    derived,
    uuid7,
)
from engage.people.merging.store import survivor

USUAL_LENGTH = timedelta(minutes=30)
"""Of a visit whose end the clinic does not say."""

CLOCKS_DIFFER = timedelta(days=1)
"""So far ahead of ours a clinic's clock may be: a zone that somebody forgot to set, and more."""

_PLACE, _ANSWER = "/place_id", "/answer"
_LEAST = timedelta(microseconds=1)
_ACTORS: dict[Setter, ActorKind] = {
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


class NewVisit(Struct, frozen=True, kw_only=True):
    """A visit to write down."""

    id: AppointmentId
    patient_id: PatientId
    status: Status
    time: Span | None
    place_id: PlaceId | None
    what: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"NewVisit(id={self.id}, …)"


class FromClinic(Struct, frozen=True, kw_only=True):
    """What a scheduling system says of a visit; None is nothing said."""

    patient_id: PatientId
    placer: str
    filler: str
    said_at: datetime
    said_by: str
    status: Status | None = None
    reason: Reason | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    #: In the clinic's own words.
    place: str = ""

    def __repr__(self) -> str:
        """Hide the words."""
        return f"FromClinic(status={self.status!r}, …)"


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


async def book(
    work: Work, keys: PracticeKeys, new: NewVisit, zone: str, by: Teller, at: datetime
) -> VisitChanged:
    """Write down a visit; `zone` is the practice's, for a visit without a place."""
    check_new(new.status, new.time)
    event = _fresh(at)
    word = Said(
        standing=standing(new.status, None, stamp(at, str(event), new.status)),
        time=None if new.time is None else Heard(new.time, stamp(at, str(event))),
        place=None if new.place_id is None else Heard(new.place_id, stamp(at, str(event))),
    )
    empty = _empty(keys, new.id, new.patient_id, zone, at, new.what)
    return await _take(work, keys, None, empty, word, event, "create", by, at)


async def move(  # noqa: PLR0913 - which, to when and where, by whom, on which version
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    time: Span,
    place_id: PlaceId | None,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
    note: str | None = None,
) -> VisitChanged:
    """Give a visit another time, and another place if one is named."""
    known = await locked(work, keys, visit, expects)
    moved(known.visit, by.setter)
    return await give_time(work, keys, known, time, place_id, None, by, at, note=note)


async def give_time(  # noqa: PLR0913 - which, to when and where, as what, by whom
    work: Work,
    keys: PracticeKeys,
    known: Kept,
    time: Span,
    place_id: PlaceId | None,
    becomes: Status | None,
    by: Teller,
    at: datetime,
    *,
    schedule: ScheduleId | None = None,
    note: str | None = None,
) -> VisitChanged:
    """Give a visit that is locked another time; `becomes` is how it stands then, if not as ever."""
    before, event = known.visit, _fresh(at)
    by_now = stamp(_after(known.said, at), str(event))
    word = rebooked(known.said, Heard(time, by_now))
    if becomes is not None and becomes != known.said.stands.status:
        word = replace(word, standing=standing(becomes, None, by_now))
    known = replace(known, visit=replace(known.visit, schedule_id=schedule))
    if place_id is not None:
        word = replace(word, place=Heard(place_id, by_now))
    return await _take(work, keys, before, known, word, event, "move", by, at, note=note)


async def answer(
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    said: Answer,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
) -> VisitChanged:
    """Write down what somebody says of a visit: they come, or can't. It is not called off by it."""
    known = await locked(work, keys, visit, expects)
    who = by.setter
    if who == "clinic":
        raise NotTheirsToTell(_ANSWER)
    after = answered(known.visit, said, who, at)
    await store.save(work, replace(known, visit=after))
    event = _fresh(at)
    await _add_word(
        work, keys, after, Said(), event, "answer", by, at, applies=True, note=None, answer=said
    )
    await _say(work, keys, after, by, at)
    return VisitChanged(before=known.visit, after=after)


async def conclude(  # noqa: PLR0913 - which, how and why, by whom, on which version
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    to: Status,
    reason: Reason | None,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
    note: str | None = None,
) -> VisitChanged:
    """Say how a visit stands: booked, arrived, fulfilled, missed, called off."""
    known = await locked(work, keys, visit, expects)
    check(known.visit, to, by.setter, reason, at)
    event = _fresh(at)
    by_now = stamp(_after(known.said, at), str(event), to)
    word = Said(standing=standing(to, reason, by_now))
    return await _take(work, keys, known.visit, known, word, event, "status", by, at, note=note)


async def hear(
    work: Work, keys: PracticeKeys, told: FromClinic, zone: str, cause: UUID, at: datetime
) -> VisitChanged | None:
    """Take what a scheduling system said; None if its visit is somebody else's."""
    known = await store.by_numbers(work, keys, told.placer, told.filler)
    if known is not None and not await _is_theirs(work, keys, known.visit, told.patient_id):
        return None
    before = None if known is None else known.visit
    if known is None:
        fresh = AppointmentId(derived(at, cause, "visit"))
        known = _empty(keys, fresh, told.patient_id, zone, at, None)
    placer = known.placer
    if placer is None and told.placer and await store.is_free(work, keys, told.placer):
        placer = told.placer
    heard = replace(known, placer=placer, filler=known.filler or told.filler or None)
    if before is not None and heard != known:
        # Kept even if the rest of the message is old news: the next one may bear this id only.
        await store.save(work, heard)
    # Whose clock is wrong by years would be right until then.
    said_at = told.said_at if told.said_at - at <= CLOCKS_DIFFER else at
    by = stamp(said_at, told.said_by, told.status)
    time = None
    if told.starts_at is not None:
        ends_at = told.ends_at or told.starts_at + USUAL_LENGTH
        time = Heard(Span(told.starts_at, ends_at), by)
    place, where = await _place_of(work, keys, known.said, told.place, by)
    word = Said(
        standing=None if told.status is None else standing(told.status, told.reason, by),
        time=time,
        place=place,
        where=where,
    )
    event = derived(at, cause, "word")
    return await _take(work, keys, before, heard, word, event, "hear", Teller("clinic"), at)


async def _place_of(
    work: Work, keys: PracticeKeys, said: Said, words: str, by: Stamp
) -> tuple[Heard[PlaceId | None] | None, Heard[str] | None]:
    """Return where a clinic's words say it is, and the words, to be compared with the next ones.

    Words that name no place of ours leave it as it is, unless they are other ones than before: then
    it is elsewhere, and nobody is driven to where it was.
    """
    if not words:
        return None, None
    where = Heard(sha256(words.encode()).hexdigest()[:32], by)
    found = await places.named(work, keys.practice, words)
    if found is not None:
        return Heard(found[0], by), where
    is_elsewhere = said.where is not None and said.where.value != where.value
    return (Heard(None, by) if is_elsewhere else None), where


async def _is_theirs(work: Work, keys: PracticeKeys, visit: Appointment, person: PatientId) -> bool:
    """Say whether a visit is a person's, or was before two records of theirs became one."""
    return (
        visit.patient_id == person
        or await survivor(work, keys.practice, visit.patient_id) == person
    )


def _empty(
    keys: PracticeKeys,
    visit: AppointmentId,
    patient: PatientId,
    zone: str,
    at: datetime,
    what: str | None,
) -> Kept:
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


async def _take(  # noqa: PLR0913, PLR0917 - one step: what was, what is said, by whom
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
    said = joined(known.said, word)
    applies = said != known.said or before is None
    visit = known.visit
    if applies:
        visit = await _as_said(work, keys, known.visit, said, by, at)
        after = replace(known, visit=visit, said=said)
        await (store.add(work, keys, after, at) if before is None else store.save(work, after))
    await _add_word(work, keys, visit, word, event, act, by, at, applies=applies, note=note)
    if not applies:
        return VisitChanged(before=before, after=visit)
    await _say(work, keys, visit, by, at)
    rides = () if before is None else await riding.follow(work, keys, before, visit, at)
    if before is not None:
        await seating.follow(work, before, visit, at)
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


async def locked(work: Work, keys: PracticeKeys, visit: AppointmentId, expects: Expects) -> Kept:
    """Lock a visit and return it; Conflict if it is not the version that was expected."""
    known = await store.one(work, keys, visit, lock=True)
    if known is None:
        raise NotFound
    if not expects(known.visit.version):
        raise Conflict
    return known


def _after(said: Said, at: datetime) -> datetime:
    """Return a moment that counts after all that was said: whose clock is ahead does not win."""
    known = [one.by.at for one in (said.standing, said.time, said.place) if one is not None]
    return max((at, *(moment + _LEAST for moment in known)))


async def _add_word(  # noqa: PLR0913 - a word has this many parts
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


async def _say(
    work: Work, keys: PracticeKeys, visit: Appointment, by: Teller, at: datetime
) -> None:
    await feed.add(work, keys.practice, at, "appointment", visit.id, visit.patient_id)
    await audit.record(
        work,
        keys.practice,
        at,
        actor=_ACTORS[by.setter],
        actor_id=by.id,
        action=f"appointment.{visit.status}",
        subject="appointment",
        subject_id=visit.id,
        patient_id=visit.patient_id,
    )


def _fresh(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
