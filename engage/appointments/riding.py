"""Rides are asked for and moved: load, decide, save, say so, in the caller's transaction.

The caller has locked the person first. What follows elsewhere (work, texts, the need) is turns' to
do, from the value that is returned. This room refuses to decide (ride.py does) and to text.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.appointments import store as visits
from engage.appointments.appointment import Appointment
from engage.appointments.local import day_of
from engage.appointments.refusals import RideNotConfirmed
from engage.appointments.ride import (
    Ride,
    Setter,
    Step,
    after_visit,
    check_new,
    check_pickup,
    take,
)
from engage.appointments.rides import store
from engage.appointments.rides.store import RideKept, RideStep, RideWords
from engage.audit import ActorKind
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import Conflict, NotFound
from engage.ids import RANDOM_BYTES, AppointmentId, PracticeId, QueueItemId, RideId, uuid7

Expects: TypeAlias = Callable[[int], bool]
"""Says whether a version is the one that the change was made on."""

_ACTORS: dict[Setter, ActorKind] = {
    "staff": "staff",
    "provider": "system",
    "patient": "patient",
    "caregiver": "caregiver",
    "visit": "system",
}


class Mover(Struct, frozen=True):
    """Who says so: in the words of the histories, and who exactly, if it is known."""

    setter: Setter
    id: UUID | None = None


class RideChanged(Struct, frozen=True, kw_only=True):
    """A ride before and after; before is None for one that was just asked for."""

    before: Ride | None
    after: RideKept

    @property
    def ride(self) -> Ride:
        """The ride as it stands."""
        return self.after.ride


async def ask(
    work: Work,
    keys: PracticeKeys,
    new: RideKept,
    visit: Appointment | None,
    by: Mover,
    at: datetime,
) -> RideChanged:
    """Ask for a ride to a visit, or for a box."""
    others = () if visit is None else await store.of_visits(work, keys.practice, [visit.id])
    check_new(new.ride.kind, new.ride.direction, visit, at, others)
    await store.add(work, keys, new)
    await _tell(work, keys, new, by, at, new.words.note)
    return RideChanged(before=None, after=new)


async def move(  # noqa: PLR0913 - who, what, when, on which version
    work: Work,
    keys: PracticeKeys,
    ride_id: RideId,
    step: Step,
    by: Mover,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
    words: RideWords | None = None,
    note: str | None = None,
) -> RideChanged:
    """Take a ride one step on; `words` are whatever was learned with it."""
    known = await store.one_of(work, keys, ride_id, lock=True)
    if known is None:
        raise NotFound
    if not expects(known.ride.version):
        raise Conflict
    to = known.ride.appointment_id
    check_pickup(known.ride, step, None if to is None else await visit_of(work, keys, to))
    return await _take(work, keys, known, step, by, at, words=words, note=note)


async def visit_of(
    work: Work, keys: PracticeKeys, appointment: AppointmentId
) -> Appointment | None:
    """Return the visit that a ride is for."""
    kept = await visits.one(work, keys, appointment)
    return None if kept is None else kept.visit


async def refuse_unconfirmed(work: Work, practice: PracticeId, item: QueueItemId) -> None:
    """Refuse to close the work in which something is asked for that nobody has confirmed."""
    waiting = await store.waiting_in(work, practice, item)
    if waiting:
        raise RideNotConfirmed(waiting)


async def follow(
    work: Work,
    keys: PracticeKeys,
    before: Appointment,
    after: Appointment,
    at: datetime,
) -> tuple[RideChanged, ...]:
    """Let the rides to a visit go the way of the visit."""
    changed: list[RideChanged] = []
    for known in await store.of_visit(work, keys, after.id):
        step = after_visit(known.ride, before, after)
        if step is not None:
            changed.append(await _take(work, keys, known, step, Mover("visit", after.id), at))
    return tuple(changed)


async def _take(
    work: Work,
    keys: PracticeKeys,
    known: RideKept,
    step: Step,
    by: Mover,
    at: datetime,
    *,
    words: RideWords | None = None,
    note: str | None = None,
) -> RideChanged:
    ride = take(known.ride, step, by.setter, at)
    if step.to == "arranged" and ride.pickup_at is not None:
        ride = replace(ride, day=day_of(ride.pickup_at, ride.zone))
    after = replace(known, ride=ride, words=_learned(known.words, words))
    await store.save(work, keys, after)
    await _tell(work, keys, after, by, at, note)
    return RideChanged(before=known.ride, after=after)


def _learned(known: RideWords, news: RideWords | None) -> RideWords:
    if news is None:
        return known
    return replace(
        known,
        note=news.note or known.note,
        broker=news.broker or known.broker,
        confirmation=news.confirmation or known.confirmation,
    )


async def _tell(
    work: Work, keys: PracticeKeys, now: RideKept, by: Mover, at: datetime, note: str | None
) -> None:
    ride, practice = now.ride, keys.practice
    step = RideStep(
        id=uuid7(at, random_bytes(RANDOM_BYTES)),
        ride_id=ride.id,
        patient_id=ride.patient_id,
        status=ride.status,
        reason=ride.reason,
        pickup_at=ride.pickup_at,
        return_at=ride.return_at,
        at=at,
        by=by.setter,
        by_id=by.id,
        note=note,
    )
    await store.add_step(work, keys, step)
    await feed.add(work, practice, at, "ride", ride.id, ride.patient_id)
    await audit.record(
        work,
        practice,
        at,
        actor=_ACTORS[by.setter],
        actor_id=by.id if by.setter != "visit" else None,
        action=f"{ride.kind}.{ride.status}",
        subject="ride",
        subject_id=ride.id,
        patient_id=ride.patient_id,
    )
