"""A schedule with free times, people with visits, and who waits: stories of slots begin here."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from engage.appointments import keeping, store
from engage.appointments.appointment import Span
from engage.appointments.keeping import NewVisit
from engage.appointments.place import read_place
from engage.appointments.places import store as places
from engage.appointments.slot import Schedule, Slot
from engage.appointments.slots import store as slots
from engage.appointments.store import Kept
from engage.appointments.waiting import Waiting
from engage.appointments.words import Teller
from engage.clock import Clock, fresh_id
from engage.db.session import Database
from engage.ids import (
    AppointmentId,
    PatientId,
    PlaceId,
    ScheduleId,
    SlotId,
    WaitingId,
)
from tests.fakes.practice import Place

ZONE = "America/Phoenix"
FIRST = datetime(2026, 12, 1, 17, tzinfo=UTC)
"""Ten in the morning there."""
STAFF = Teller("staff")
HALF_AN_HOUR = timedelta(minutes=30)


class Book:
    """One schedule of a practice."""

    def __init__(
        self, database: Database, place: Place, clock: Clock, first: datetime = FIRST
    ) -> None:
        """Stand in a practice; the first time begins then."""
        self.database, self.place, self.clock, self.first = database, place, clock, first
        self.schedule = Schedule(
            practice_id=place.id,
            id=ScheduleId(fresh_id(clock)),
            place_id=PlaceId(fresh_id(clock)),
            name="Dr. Lee",
            zone=ZONE,
        )

    async def open(self, times: int) -> tuple[Slot, ...]:
        """Add the place, the schedule and times every half an hour."""
        practice, at, mine = self.place.id, self.clock.now(), self.schedule
        some = tuple(self.slot(self.first + number * HALF_AN_HOUR) for number in range(times))
        where = read_place(
            practice,
            mine.place_id,
            external_id=None,
            name="North clinic",
            address="1 Main St",
            zone=ZONE,
            bring="",
        )
        async with self.database.work([practice], practice) as work:
            await places.add(work, self.place.keys, where, at)
            await slots.add_schedule(work, mine, at)
            for one in some:
                await slots.add(work, one)
        return some

    def slot(self, starts_at: datetime) -> Slot:
        """Return a free time."""
        return Slot(
            practice_id=self.place.id,
            id=SlotId(fresh_id(self.clock)),
            schedule_id=self.schedule.id,
            starts_at=starts_at,
            ends_at=starts_at + HALF_AN_HOUR,
            status="free",
        )

    async def visit(self, person: PatientId, days: int = 30) -> AppointmentId:
        """Book a visit that is in nobody's book of ours."""
        mine, begins = AppointmentId(fresh_id(self.clock)), self.first + timedelta(days=days)
        new = NewVisit(
            id=mine,
            patient_id=person,
            status="booked",
            time=Span(begins, begins + HALF_AN_HOUR),
            place_id=None,
            what=None,
        )
        async with self.database.work([self.place.id], self.place.id) as work:
            await keeping.book(work, self.place.keys, new, ZONE, STAFF, self.clock.now())
        return mine

    def waits(
        self,
        person: PatientId,
        visit: AppointmentId | None = None,
        until: date = date(2026, 12, 31),
    ) -> Waiting:
        """Return somebody who waits for any day from that of the first time."""
        return Waiting(
            practice_id=self.place.id,
            id=WaitingId(fresh_id(self.clock)),
            patient_id=person,
            appointment_id=visit,
            schedule_id=self.schedule.id,
            from_day=self.first.date() - timedelta(days=1),
            until_day=until,
            since=self.clock.now(),
            changed_at=self.clock.now(),
        )

    async def seen(self, one: UUID) -> Slot:
        """Return a time as it stands."""
        async with self.database.work([self.place.id], self.place.id) as work:
            (found,) = await slots.locked(work, self.place.id, [SlotId(one)])
        return found

    async def kept(self, visit: AppointmentId) -> Kept:
        """Return a visit as it stands."""
        async with self.database.work([self.place.id], self.place.id) as work:
            found = await store.one(work, self.place.keys, visit)
        assert found is not None
        return found
