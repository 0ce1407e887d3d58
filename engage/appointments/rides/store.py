"""Rides and their history, and the list of a day as whoever drives needs it. Rows never leave.

Where from and to, who drives and what they confirmed with are sealed on the way in. This room
refuses to decide.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Select, Text, and_, any_, bindparam, insert, or_, select, update
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.appointments.provider import ProviderName
from engage.appointments.ride import KINDS, Kind, Reason, Ride, Setter, Status
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    appointment,
    flag,
    patient,
    phone,
    phone_use,
    place,
    ride,
    ride_event,
)
from engage.ids import AppointmentId, PatientId, PracticeId, QueueItemId, RideId, StaffId
from engage.people.fields import Personal

NOTE = "ride_event.note"
_WORDS = ("pickup", "dropoff", "note", "broker", "confirmation")


class RideWords(Personal, frozen=True, kw_only=True):
    """What is said of a ride in words; all of it is sealed."""

    #: Where they are picked up, or where it is brought.
    pickup: str | None = None
    #: Where to, if it is not the place of the visit.
    dropoff: str | None = None
    #: What whoever drives must know: a wheelchair, a gate code.
    note: str | None = None
    #: Who drives, and the number that they confirmed with.
    broker: str | None = None
    confirmation: str | None = None


class RideKept(Struct, frozen=True, kw_only=True):
    """A ride with its words."""

    ride: Ride
    words: RideWords
    provider: ProviderName
    requested_by: StaffId


class RideStep(Struct, frozen=True, kw_only=True):
    """One step in the history of a ride; never changed."""

    id: UUID
    ride_id: RideId
    patient_id: PatientId
    status: Status
    reason: Reason | None
    pickup_at: datetime | None
    return_at: datetime | None
    at: datetime
    by: Setter
    by_id: UUID | None = None
    note: str | None = None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"RideStep(status={self.status!r}, note=…)"


class OnTheList(Personal, frozen=True, kw_only=True):
    """A ride as it stands on the list of a day: whom, from where, to where, and when."""

    kept: RideKept
    given_name: str
    family_name: str
    phone: str | None
    place: str | None
    address: str | None
    visit_at: datetime | None
    #: Closed to whoever reads the list: then nothing here says whose it is.
    restricted: bool = False


class RidePosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of rides ends."""

    day: date
    id: RideId


_HERE = ride.c.practice_id == bindparam("practice", type_=UuidType())
_texted_phone = (
    select(phone_use.c.phone_id)
    .where(
        phone_use.c.practice_id == ride.c.practice_id,
        phone_use.c.patient_id == ride.c.patient_id,
        phone_use.c.until_at.is_(None),
    )
    .order_by(phone_use.c.from_at.desc(), phone_use.c.id.desc())
    .limit(1)
    .correlate(ride)
    .scalar_subquery()
)
_listed: Select[Any] = (
    select(
        ride,
        patient.c.given_name,
        patient.c.family_name,
        phone.c.id.label("phone_id"),
        phone.c.number_sealed,
        place.c.id.label("place_id"),
        place.c.name.label("place_name"),
        place.c.address_sealed,
        appointment.c.start_at.label("visit_at"),
    )
    .join(
        patient,
        and_(patient.c.practice_id == ride.c.practice_id, patient.c.id == ride.c.patient_id),
    )
    .outerjoin(
        appointment,
        and_(
            appointment.c.practice_id == ride.c.practice_id,
            appointment.c.id == ride.c.appointment_id,
        ),
    )
    .outerjoin(
        place,
        and_(place.c.practice_id == ride.c.practice_id, place.c.id == appointment.c.place_id),
    )
    .outerjoin(phone, and_(phone.c.practice_id == ride.c.practice_id, phone.c.id == _texted_phone))
)

_ADD = Query(
    insert(ride).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in ride.c})
)
_CHANGES = (
    *("status", "reason", "day", "pickup_at", "return_at", "arranged_at", "changed_at", "version"),
    *("note_sealed", "broker_sealed", "confirmation_sealed"),
)
_SAVE = Query(
    update(ride)
    .where(_HERE, ride.c.id == bindparam("one"))
    .values({name: bindparam(f"its_{name}", type_=ride.c[name].type) for name in _CHANGES})
)
_ONE = Query(select(ride).where(_HERE, ride.c.id == bindparam("one")))
_LOCKED = Query(select(ride).where(_HERE, ride.c.id == bindparam("one")).with_for_update())
_OF_VISIT = Query(
    select(ride)
    .where(_HERE, ride.c.appointment_id == bindparam("visit"))
    .order_by(ride.c.id)
    .with_for_update()
)
_OF_VISITS = Query(
    select(ride).where(
        _HERE, ride.c.appointment_id == any_(bindparam("visits", type_=ARRAY(UuidType())))
    )
)
_OF_PATIENT = Query(
    select(ride)
    .where(
        _HERE,
        # A record that was merged into another one is the same person's.
        ride.c.patient_id.in_(
            select(patient.c.id).where(
                patient.c.practice_id == ride.c.practice_id,
                or_(
                    patient.c.id == bindparam("person", type_=UuidType()),
                    patient.c.merged_into == bindparam("person", type_=UuidType()),
                ),
            )
        ),
        ride.c.id < bindparam("before", type_=UuidType()),
        ride.c.kind == any_(bindparam("kinds", type_=ARRAY(Text()))),
    )
    .order_by(ride.c.id.desc())
    .limit(bindparam("most"))
)
_OTHERS_OF_NEED = Query(
    select(ride.c.status).where(
        _HERE, ride.c.need_id == bindparam("need"), ride.c.id != bindparam("one")
    )
)
_WAITING_IN = Query(
    select(ride.c.id)
    .join(
        flag,
        and_(
            flag.c.practice_id == ride.c.practice_id,
            flag.c.source_id == ride.c.id,
            flag.c.withdrawn_at.is_(None),
        ),
    )
    .where(_HERE, flag.c.item_id == bindparam("item"), ride.c.status == "requested")
    .order_by(ride.c.id)
)
_DAY = Query(
    _listed.where(_HERE, ride.c.day == bindparam("on_day"))
    .where(ride.c.id > bindparam("after", type_=UuidType()))
    .order_by(ride.c.id)
    .limit(bindparam("most"))
)
_ADD_STEP = Query(
    insert_or(ride_event)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in ride_event.c})
    .on_conflict_do_nothing()
)
_STEPS = Query(
    select(ride_event)
    .where(
        ride_event.c.practice_id == bindparam("practice"),
        ride_event.c.ride_id == any_(bindparam("some", type_=ARRAY(UuidType()))),
    )
    .order_by(ride_event.c.id)
)


async def add(work: Work, keys: PracticeKeys, new: RideKept) -> None:
    """Add a ride."""
    fixed = {
        f"its_{name}": value
        for name, value in msgspec.structs.asdict(new.ride).items()
        if name not in _CHANGES
    }
    await work.run(
        _ADD,
        its_provider=new.provider,
        its_requested_by=new.requested_by,
        its_pickup_sealed=_seal(keys, new, "pickup"),
        its_dropoff_sealed=_seal(keys, new, "dropoff"),
        **fixed,
        **_changes(keys, new),
    )


async def save(work: Work, keys: PracticeKeys, after: RideKept) -> None:
    """Write where a ride stands."""
    await work.run(_SAVE, practice=keys.practice, one=after.ride.id, **_changes(keys, after))


async def one_of(
    work: Work, keys: PracticeKeys, one: RideId, *, lock: bool = False
) -> RideKept | None:
    """Return a ride; locked, nobody else moves it until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=keys.practice, one=one)
    return None if row is None else _kept(keys, row)


async def of_visit(work: Work, keys: PracticeKeys, visit: AppointmentId) -> tuple[RideKept, ...]:
    """Lock and return the rides that are tied to a visit."""
    rows = await work.rows(_OF_VISIT, practice=keys.practice, visit=visit)
    return tuple(_kept(keys, row) for row in rows)


async def of_visits(
    work: Work, practice: PracticeId, visits: list[AppointmentId]
) -> tuple[Ride, ...]:
    """Return the rides that are tied to some visits."""
    rows = await work.rows(_OF_VISITS, practice=practice, visits=visits)
    return tuple(_ride(row) for row in rows)


async def of_patient(
    work: Work,
    keys: PracticeKeys,
    person: PatientId,
    before: RideId | None,
    most: int,
    *,
    kinds: Collection[Kind] = KINDS,
) -> tuple[RideKept, ...]:
    """Return a page of a person's rides, or of some kinds of them, the newest first."""
    rows = await work.rows(
        _OF_PATIENT,
        kinds=list(kinds),
        practice=keys.practice,
        person=person,
        before=before or UUID(int=2**128 - 1),
        most=most,
    )
    return tuple(_kept(keys, row) for row in rows)


async def others_of_need(work: Work, one: Ride) -> tuple[Status, ...]:
    """Return where the other rides of the same need stand."""
    rows = await work.rows(_OTHERS_OF_NEED, practice=one.practice_id, need=one.need_id, one=one.id)
    return tuple(row["status"] for row in rows)


async def waiting_in(work: Work, practice: PracticeId, item: QueueItemId) -> tuple[RideId, ...]:
    """Return the rides and boxes that a piece of work is there for and nobody has confirmed."""
    rows = await work.rows(_WAITING_IN, practice=practice, item=item)
    return tuple(RideId(row["id"]) for row in rows)


async def of_day(
    work: Work, keys: PracticeKeys, day: date, after: RideId | None, most: int
) -> tuple[OnTheList, ...]:
    """Return a page of the rides and boxes of a local day, in the order they were asked for."""
    rows = await work.rows(
        _DAY, practice=keys.practice, on_day=day, after=after or UUID(int=0), most=most
    )
    return tuple(
        OnTheList(
            kept=_kept(keys, row),
            given_name=row["given_name"],
            family_name=row["family_name"],
            phone=None
            if row["phone_id"] is None
            else keys.open_text("phone.number", row["phone_id"], row["number_sealed"]),
            place=row["place_name"],
            address=None
            if row["place_id"] is None
            else keys.open_text("place.address", row["place_id"], row["address_sealed"]),
            visit_at=row["visit_at"],
        )
        for row in rows
    )


async def add_step(work: Work, keys: PracticeKeys, step: RideStep) -> bool:
    """Add a step to a history; False if it is there already."""
    columns = {
        f"its_{name}": getattr(step, name) for name in RideStep.__struct_fields__ if name != "note"
    }
    sealed = keys.seal_text(NOTE, step.id, step.note) if step.note else None
    return bool(
        await work.run(_ADD_STEP, its_practice_id=keys.practice, its_note_sealed=sealed, **columns)
    )


async def steps(work: Work, keys: PracticeKeys, rides: list[RideId]) -> tuple[RideStep, ...]:
    """Return the histories of some rides, in their order."""
    rows = await work.rows(_STEPS, practice=keys.practice, some=rides)
    return tuple(
        RideStep(
            id=row["id"],
            ride_id=RideId(row["ride_id"]),
            patient_id=PatientId(row["patient_id"]),
            status=row["status"],
            reason=row["reason"],
            pickup_at=row["pickup_at"],
            return_at=row["return_at"],
            at=row["at"],
            by=row["by"],
            by_id=row["by_id"],
            note=None
            if row["note_sealed"] is None
            else keys.open_text(NOTE, row["id"], row["note_sealed"]),
        )
        for row in rows
    )


def _changes(keys: PracticeKeys, kept: RideKept) -> dict[str, Any]:
    changed = {
        f"its_{name}": getattr(kept.ride, name) for name in _CHANGES if not name.endswith("_sealed")
    }
    return changed | {
        f"its_{name}_sealed": _seal(keys, kept, name) for name in ("note", "broker", "confirmation")
    }


def _seal(keys: PracticeKeys, kept: RideKept, name: str) -> bytes | None:
    words = getattr(kept.words, name)
    return keys.seal_text(f"ride.{name}", kept.ride.id, words) if words else None


def _ride(row: Row) -> Ride:
    return Ride(**{name: row[name] for name in Ride.__struct_fields__})


def _kept(keys: PracticeKeys, row: Row) -> RideKept:
    opened = {
        name: keys.open_text(f"ride.{name}", row["id"], row[f"{name}_sealed"])
        for name in _WORDS
        if row[f"{name}_sealed"] is not None
    }
    return RideKept(
        ride=_ride(row),
        words=RideWords(**opened),
        provider=row["provider"],
        requested_by=row["requested_by"],
    )
